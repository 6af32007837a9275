# SPDX-License-Identifier: BSD-2-Clause
# What gdb loads with the target's ELF, if its user trusts the folder (gdbscripts/README.md).
GDB_AUTOLOAD := $(BUILD)/target_pager.elf-gdb.py

target: $(GDB_AUTOLOAD)
$(GDB_AUTOLOAD): gdbscripts/gdb.mk
	@mkdir -p $(@D)$(say)
	printf 'import runpy\nrunpy.run_path("%s")\n' '$(abspath gdbscripts/pager.py)' >$@
