# SPDX-License-Identifier: BSD-2-Clause
# The target: $(BUILD)/target_pager.elf, its disassembly and symbols beside it, its TAs under
# $(BUILD)/apps/, and $(BUILD)/run_target to start it.
TARGET_CC      ?= aarch64-linux-gnu-gcc
TARGET_BINUTIL ?= aarch64-linux-gnu-
TARGET_VERSION ?= 0.1
PICOLIBC       ?= /usr/lib/picolibc/aarch64-linux-gnu
TARGET_ELF     := $(BUILD)/target_pager.elf
TARGET_OUT     := $(BUILD)/target_pager

-include target_pager/crypto.mk
-include target_pager/apps/apps.mk

TARGET_SRC := $(wildcard target_pager/core/*.c target_pager/scenario/*.c \
	target_pager/arch/aarch64/*.c target_pager/arch/aarch64/*.S target_pager/platform/virt/*.c)
TARGET_OBJ := $(patsubst target_pager/%,$(TARGET_OUT)/%.o,$(TARGET_SRC))

# -mgeneral-regs-only: SIMD registers are the TA's (arch/aarch64/simd.c). -fno-omit-frame-pointer
# and DWARF 5: the ELF is what a debugger knows of us. The C library is picolibc's and no other.
TARGET_WARN  := -Wall -Wextra -Werror -Wmissing-prototypes -Wshadow
TARGET_FLAGS := -std=gnu11 -O2 -gdwarf-5 -march=armv8-a -mgeneral-regs-only \
	-fno-omit-frame-pointer -fno-pic -fno-stack-protector -mno-outline-atomics \
	-fno-asynchronous-unwind-tables -fno-unwind-tables $(TARGET_WARN) \
	-nostdinc -isystem $(shell $(firstword $(TARGET_CC)) -print-file-name=include) \
	-isystem $(PICOLIBC)/include -Itarget_pager \
	-DTARGET_VERSION='"$(TARGET_VERSION)"' $(CRYPTO_CFLAGS)

# Runs with the MMU off, where unaligned accesses fault.
$(TARGET_OUT)/arch/aarch64/boot_map.c.o: TARGET_FLAGS += -mstrict-align
# Defines the functions that the compiler would make its loops into.
$(TARGET_OUT)/arch/aarch64/libc.c.o: TARGET_FLAGS += -fno-builtin

target: $(TARGET_ELF) $(BUILD)/target_pager.dis $(BUILD)/target_pager.sym $(BUILD)/run_target \
	$(TA_ELFS)
target-objects: $(TARGET_OBJ)

$(TARGET_OUT)/%.c.o: target_pager/%.c target_pager/target.mk | $(CRYPTO_DEPS)
	@mkdir -p $(@D)$(say)
	$(TARGET_CC) $(TARGET_FLAGS) -MMD -MP -c -o $@ $<
$(TARGET_OUT)/%.S.o: target_pager/%.S target_pager/target.mk
	@mkdir -p $(@D)$(say)
	$(TARGET_CC) -gdwarf-5 -Itarget_pager -MMD -MP -c -o $@ $<
$(TARGET_OUT)/target.ld: target_pager/platform/virt/target.ld target_pager/target.mk
	@mkdir -p $(@D)$(say)
	$(TARGET_CC) -E -P -x c -D__ASSEMBLER__ -Itarget_pager -MMD -MP -MT $@ -MF $@.d -o $@ $<

# $(call link_target,OBJECTS): link them to $@.
# vfprintf without floating point: the library's other one uses SIMD registers.
link_target = $(TARGET_BINUTIL)ld -nostdlib -static -z max-page-size=4096 -z noexecstack --build-id \
	--fatal-warnings --defsym=vfprintf=__i_vfprintf -T $(TARGET_OUT)/target.ld -o $@ \
	$(1) --start-group $(CRYPTO_LIBS) $(PICOLIBC)/lib/libc.a \
	$(shell $(TARGET_BINUTIL)gcc -print-libgcc-file-name) --end-group
$(TARGET_ELF): $(TARGET_OBJ) $(TARGET_OUT)/target.ld $(CRYPTO_LIBS)
	$(call link_target,$(TARGET_OBJ))
$(BUILD)/target_pager.dis: $(TARGET_ELF)
	$(TARGET_BINUTIL)objdump -d $< >$@
$(BUILD)/target_pager.sym: $(TARGET_ELF)
	$(TARGET_BINUTIL)nm -n $< >$@
$(BUILD)/run_target: target_pager/platform/virt/run
	@mkdir -p $(@D)$(say)
	install -m 755 $< $@

# The machine layer under test: the same objects, another scenario_main().
MACHINE_TEST_OBJ := $(patsubst target_pager/%,$(TARGET_OUT)/%.o,$(wildcard target_pager/tests/machine/*.[cS]))
$(BUILD)/tests/machine.elf: $(filter-out $(TARGET_OUT)/scenario/%,$(TARGET_OBJ)) $(MACHINE_TEST_OBJ) \
		$(TARGET_OUT)/target.ld $(CRYPTO_LIBS)
	@mkdir -p $(@D)$(say)
	$(call link_target,$(filter %.o,$^))
tests: $(BUILD)/tests/machine.elf $(BUILD)/run_target

-include $(TARGET_OBJ:.o=.d) $(MACHINE_TEST_OBJ:.o=.d) $(TARGET_OUT)/target.ld.d
.PHONY: target target-objects
-include target_pager/bench/bench.mk
