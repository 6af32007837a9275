# SPDX-License-Identifier: BSD-2-Clause
# Tests of the viewer: every test_*.c is a cmocka program, linked to the viewer's archive and to
# every other .c beside it, all under ASan and UBSan; every check_*.sh runs on the built viewer.
VIEWER_TEST_CFLAGS := $(VIEWER_CFLAGS) -O1 -fno-omit-frame-pointer -fsanitize=address,undefined \
                      -fno-sanitize-recover=all -iquote pagerview
comma              := ,
VIEWER_TEST_MAINS  := $(wildcard pagerview/tests/test_*.c)
VIEWER_BENCH_MAINS := $(wildcard pagerview/tests/bench_*.c pagerview/tests/soak_*.c)
VIEWER_TEST_SRCS   := $(VIEWER_SRCS) $(filter-out $(VIEWER_TEST_MAINS) $(VIEWER_BENCH_MAINS),\
                        $(wildcard pagerview/tests/*.c))
VIEWER_TEST_OBJS   := $(VIEWER_TEST_SRCS:%.c=$(BUILD)/asan/%.o)
VIEWER_TESTS       := $(VIEWER_TEST_MAINS:%.c=$(BUILD)/asan/%)

$(BUILD)/asan/pagerview/%.o: pagerview/%.c
	@mkdir -p $(@D)$(say)
	$(CC) $(VIEWER_TEST_CFLAGS) -c $< -o $@
$(BUILD)/asan/libpagerview.a: $(VIEWER_TEST_OBJS)
	@rm -f $@
	$(AR) rcs $@ $^
# In these every allocation of ours can be made to fail.
$(filter %/test_failures %/test_failures_target,$(VIEWER_TESTS)): TEST_WRAPS := $(patsubst %,-Wl$(comma)--wrap=%,\
	malloc calloc realloc reallocarray strdup strndup open_memstream)
$(VIEWER_TESTS): %: %.o $(BUILD)/asan/libpagerview.a
	$(CC) $(VIEWER_TEST_CFLAGS) $(TEST_WRAPS) $^ -lcmocka $(VIEWER_LIBS) -o $@
# What has threads, with all it needs, under ThreadSanitizer.
VIEWER_TSAN_CFLAGS := $(filter-out -fsanitize% -fno-sanitize%,$(VIEWER_TEST_CFLAGS)) -fsanitize=thread
VIEWER_TSAN_OBJS   := $(patsubst %.c,$(BUILD)/tsan/%.o,pagerview/error.c pagerview/ui/feed.c \
                        pagerview/ui/scene.c pagerview/ui/text.c pagerview/tests/test_feed.c pagerview/tests/ui_fixture.c \
                        $(wildcard pagerview/model/*.c pagerview/export/*.c pagerview/analysis/*.c))
$(BUILD)/tsan/pagerview/%.o: pagerview/%.c
	@mkdir -p $(@D)$(say)
	$(CC) $(VIEWER_TSAN_CFLAGS) -c $< -o $@
$(BUILD)/tsan/test_feed: $(VIEWER_TSAN_OBJS)
	$(CC) $(VIEWER_TSAN_CFLAGS) $^ -lcmocka $(VIEWER_LIBS) -o $@
tests: $(BUILD)/tsan/test_feed
-include $(VIEWER_TSAN_OBJS:.o=.d)
# No tests by themselves: scripts run them on their targets, from where the viewer lies.
VIEWER_SOAKS := $(patsubst pagerview/tests/%.c,$(BUILD)/%,$(wildcard pagerview/tests/soak_*.c))
$(VIEWER_SOAKS): $(BUILD)/%: $(VIEWER_OUT)/pagerview/tests/%.o \
		$(VIEWER_OUT)/pagerview/tests/open_words.o $(BUILD)/libpagerview.a
	$(VIEWER_CC) $(VIEWER_CFLAGS) $^ $(VIEWER_LIBS) -o $@
tests: $(VIEWER_TESTS) $(VIEWER_SOAKS)
-include $(VIEWER_TEST_OBJS:.o=.d) $(VIEWER_TESTS:=.d) $(VIEWER_BENCH_MAINS:%.c=$(VIEWER_OUT)/%.d)

# Measurements, built as the viewer is.
$(VIEWER_OUT)/bench_screen: $(VIEWER_OUT)/pagerview/tests/bench_screen.o \
		$(VIEWER_OUT)/pagerview/tests/ui_fixture.o $(BUILD)/libpagerview.a
	$(VIEWER_CC) $(VIEWER_CFLAGS) $^ $(VIEWER_LIBS) -o $@
$(BUILD)/bench_reader: $(VIEWER_OUT)/pagerview/tests/bench_reader.o $(BUILD)/libpagerview.a
	$(VIEWER_CC) $(VIEWER_CFLAGS) $^ $(VIEWER_LIBS) -o $@
bench-screen: $(VIEWER_OUT)/bench_screen
	$<
bench-reader: $(BUILD)/bench_reader
	pagerview/tests/bench_reader.sh $(BUILD)
$(VIEWER_OUT)/bench_scan: $(VIEWER_OUT)/pagerview/tests/bench_scan.o $(BUILD)/libpagerview.a
	$(VIEWER_CC) $(VIEWER_CFLAGS) $^ $(VIEWER_LIBS) -o $@
$(BUILD)/bench_first: $(VIEWER_OUT)/pagerview/tests/bench_first.o
	$(VIEWER_CC) $(VIEWER_CFLAGS) $^ -lutil -o $@
bench-first: $(BUILD)/bench_first viewer target
	pagerview/tests/bench_first.sh $(BUILD)
bench-scan: $(VIEWER_OUT)/bench_scan $(BUILD)/target_pager.elf viewer
	$< $(BUILD)/target_pager.elf $(BUILD)/profiles/target_pager.json
$(VIEWER_OUT)/bench_ledger: $(VIEWER_OUT)/pagerview/tests/bench_ledger.o $(BUILD)/libpagerview.a
	$(VIEWER_CC) $(VIEWER_CFLAGS) $^ $(VIEWER_LIBS) -o $@
bench-ledger: $(VIEWER_OUT)/bench_ledger
	$<
# Beside the viewer, where it finds the target.
$(BUILD)/bench_watch: $(VIEWER_OUT)/pagerview/tests/bench_watch.o $(BUILD)/libpagerview.a
	$(VIEWER_CC) $(VIEWER_CFLAGS) $^ $(VIEWER_LIBS) -o $@
bench-hunt: $(BUILD)/bench_watch viewer target
	pagerview/tests/bench_hunt.sh $(BUILD)
bench: bench-screen bench-first bench-reader bench-scan bench-ledger bench-hunt
.PHONY: bench bench-screen bench-first bench-reader bench-scan bench-ledger bench-hunt

# The whole viewer once more by clang, for its warnings.
VIEWER_CLANG_OBJS  := $(patsubst %.c,$(BUILD)/clang/%.o,$(VIEWER_TEST_SRCS) $(VIEWER_TEST_MAINS) $(VIEWER_BENCH_MAINS) \
                        $(wildcard pagerview/main.c))
$(BUILD)/clang/pagerview/%.o: pagerview/%.c
	@mkdir -p $(@D)$(say)
	clang $(filter-out -g -fsanitize% -fno-sanitize%,$(VIEWER_TEST_CFLAGS)) -c $< -o $@
clang: $(VIEWER_CLANG_OBJS)
-include $(VIEWER_CLANG_OBJS:.o=.d)
