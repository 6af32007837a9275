# SPDX-License-Identifier: BSD-2-Clause
# The TAs and libraries: $(BUILD)/apps/NAME.elf is what the target's untrusted world stores under
# NAME, $(BUILD)/apps/NAME.debug the same with symbols and DWARF for a debugger.
APPS_DIR   := target_pager/apps
TA_CC      ?= aarch64-linux-gnu-gcc
TA_OBJCOPY ?= aarch64-linux-gnu-objcopy

APP_NAMES     := greeter counter producer consumer hostile
APP_BANK      := teller ledger
APP_LIBRARIES := libbank
APP_ALL       := $(APP_NAMES) $(APP_BANK) $(APP_LIBRARIES)
TA_ELFS       := $(APP_ALL:%=$(BUILD)/apps/%.elf)

TA_CFLAGS := -std=gnu11 -O2 -g -ffreestanding -fno-stack-protector -fno-builtin -fpie \
	-fvisibility=hidden -ffunction-sections -mno-outline-atomics -fno-tree-loop-distribute-patterns \
	-Wall -Wextra -Werror -Wmissing-prototypes -Wshadow -ffile-prefix-map=$(CURDIR)/=
TA_LDFLAGS := -nostdlib -Wl,-T,$(APPS_DIR)/ta.ld -Wl,-z,now -Wl,-z,relro -Wl,--hash-style=sysv \
	-Wl,--build-id=none -Wl,-z,max-page-size=4096

TA_RT_OBJS := $(patsubst %,$(BUILD)/apps/rt/%.o,churn.c commands.c pages.S pattern.c simd.S syscall.c text.c)
TA_HEADERS := $(wildcard $(APPS_DIR)/*.h $(APPS_DIR)/rt/*.h) target_pager/core/syscall_abi.h

apps: $(TA_ELFS)
.PHONY: apps

$(BUILD)/apps/%.o: $(APPS_DIR)/% $(TA_HEADERS) $(APPS_DIR)/apps.mk
	@mkdir -p $(@D)$(say)
	$(TA_CC) $(TA_CFLAGS) -c -o $@ $<

# A library's functions can be seen from outside, and it is not linked with the TAs' runtime.
$(BUILD)/apps/lib%.debug: $(APPS_DIR)/lib%.c $(TA_HEADERS) $(APPS_DIR)/ta.ld $(APPS_DIR)/apps.mk
	@mkdir -p $(@D)$(say)
	$(TA_CC) $(filter-out -fpie -fvisibility=hidden,$(TA_CFLAGS)) -fPIC -shared $(TA_LDFLAGS) \
		-Wl,-soname,lib$* -Wl,-Bsymbolic -Wl,-e,0 -o $@ $<

$(APP_NAMES:%=$(BUILD)/apps/%.debug): $(BUILD)/apps/%.debug: $(BUILD)/apps/%.c.o $(TA_RT_OBJS) $(APPS_DIR)/ta.ld
	$(TA_CC) -static-pie $(TA_LDFLAGS) -o $@ $< $(TA_RT_OBJS)

$(APP_BANK:%=$(BUILD)/apps/%.debug): $(BUILD)/apps/%.debug: $(BUILD)/apps/%.c.o $(TA_RT_OBJS) $(BUILD)/apps/libbank.debug $(APPS_DIR)/ta.ld
	$(TA_CC) -pie $(TA_LDFLAGS) -Wl,--no-dynamic-linker -o $@ $< $(TA_RT_OBJS) $(BUILD)/apps/libbank.debug

$(TA_ELFS): $(BUILD)/apps/%.elf: $(BUILD)/apps/%.debug
	$(TA_OBJCOPY) --strip-all $< $@
