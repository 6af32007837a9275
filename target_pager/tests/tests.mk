# SPDX-License-Identifier: BSD-2-Clause
# Host tests of the core: the same C files under ASan and UBSan. Every tests/test_*.c is a program;
# every other .c beside it, and the parser of scenarios, joins the core in an archive, so a test links what it
# uses and may put its own in the place of any of it.
CORE_TEST_CFLAGS := -std=gnu11 -O1 -g -D_GNU_SOURCE -Wall -Wextra -Werror -Wmissing-prototypes -Wshadow \
                    -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all \
                    -iquote target_pager -iquote target_pager/core -MMD -MP
CORE_TEST_MAINS  := $(wildcard target_pager/tests/test_*.c)
# core/thread.c stays out: it switches stacks; the simulator's threads never run.
CORE_TEST_SRCS   := $(filter-out %/thread.c,$(wildcard target_pager/core/*.c)) \
                    target_pager/scenario/parse.c target_pager/scenario/rules.c \
                    $(filter-out $(CORE_TEST_MAINS),$(wildcard target_pager/tests/*.c))
CORE_TEST_OBJS   := $(CORE_TEST_SRCS:%.c=$(BUILD)/asan/%.o)
CORE_TESTS       := $(CORE_TEST_MAINS:%.c=$(BUILD)/asan/%)

$(BUILD)/asan/target_pager/%.o: target_pager/%.c
	@mkdir -p $(@D)$(say)
	$(CC) $(CORE_TEST_CFLAGS) -c $< -o $@
$(BUILD)/asan/libcore.a: $(CORE_TEST_OBJS)
	@rm -f $@
	$(AR) rcs $@ $^
$(CORE_TESTS): %: %.o $(BUILD)/asan/libcore.a
	$(CC) $(CORE_TEST_CFLAGS) $^ -lcmocka -lbearssl -lnettle -o $@
tests: $(CORE_TESTS)
-include $(CORE_TEST_OBJS:.o=.d) $(CORE_TESTS:=.d)

# The core as a program that a debugger of this host may look into.
HOST_WORLD := $(BUILD)/tests/host_world
$(HOST_WORLD): $(BUILD)/asan/target_pager/tests/host/world.o $(BUILD)/asan/libcore.a
	@mkdir -p $(@D)$(say)
	$(CC) $(CORE_TEST_CFLAGS) -no-pie $^ -lcmocka -lbearssl -lnettle -o $@
tests: $(HOST_WORLD)
-include $(BUILD)/asan/target_pager/tests/host/world.d

# clang's warnings, on the same files for this host.
CORE_CLANG_OBJS  := $(patsubst %.c,$(BUILD)/clang/%.o,$(CORE_TEST_SRCS) $(CORE_TEST_MAINS))
$(BUILD)/clang/target_pager/%.o: target_pager/%.c
	@mkdir -p $(@D)$(say)
	clang $(filter-out -g -fsanitize% -fno-sanitize%,$(CORE_TEST_CFLAGS)) -c $< -o $@
clang: $(CORE_CLANG_OBJS)
-include $(CORE_CLANG_OBJS:.o=.d)

# A freestanding program for QEMU: the core's cryptography with the library the target links.
SEAL_ARM64_SRCS := target_pager/core/seal.c target_pager/arch/aarch64/nettle_support.c \
                   $(wildcard target_pager/tests/arm64/*.[cS])
$(BUILD)/tests/seal_arm64.elf: $(SEAL_ARM64_SRCS) target_pager/tests/arm64/link.ld \
                               target_pager/core/seal.h | $(CRYPTO_DEPS)
	@mkdir -p $(@D)$(say)
	aarch64-linux-gnu-gcc --specs=picolibc.specs -std=gnu11 -O2 -g -Wall -Wextra -Werror -Wmissing-prototypes \
		-mgeneral-regs-only -mno-outline-atomics -iquote target_pager $(CRYPTO_CFLAGS) -nostartfiles -static \
		-T target_pager/tests/arm64/link.ld $(SEAL_ARM64_SRCS) $(CRYPTO_LIBS) $(BEARSSL_LIBS) -o $@
tests: $(BUILD)/tests/seal_arm64.elf

# The target's own objects by clang, for its warnings.
clang-target: | $(CRYPTO_DEPS)
	$(MAKE) --no-print-directory BUILD=$(BUILD)/clang ARM64_DIR=$(ARM64_DIR) \
		TARGET_CC="clang --target=aarch64-linux-gnu" target-objects
clang: clang-target
.PHONY: clang-target
