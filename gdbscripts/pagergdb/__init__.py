# SPDX-License-Identifier: BSD-2-Clause
"""The pager's lists from within gdb. pager.py beside this folder loads it; README.md tells how."""
