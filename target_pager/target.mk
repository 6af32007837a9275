# SPDX-License-Identifier: BSD-2-Clause
# The target: build/target_pager.elf and its TAs under build/apps/.
target:
