# SPDX-License-Identifier: BSD-2-Clause
# The viewer: every .c below pagerview/ but the tests becomes one static archive and one program,
# so a test links just what it uses.
PKGS          := ncursesw libdw libelf libcjson
VIEWER_CC     ?= $(CC)
VIEWER_CFLAGS := -std=gnu11 -O2 -g -D_GNU_SOURCE -Wall -Wextra -Werror -Wmissing-prototypes \
                 -Wstrict-prototypes -Wshadow -Wvla $(shell pkg-config --cflags $(PKGS)) -MMD -MP
VIEWER_LIBS   := $(shell pkg-config --libs $(PKGS))
VIEWER_SRCS   := $(filter-out pagerview/main.c pagerview/tests/%,$(wildcard pagerview/*.c pagerview/*/*.c))
VIEWER_OUT    := $(BUILD)/viewer
VIEWER_OBJS   := $(VIEWER_SRCS:%.c=$(VIEWER_OUT)/%.o)
PROFILES      := $(wildcard pagerview/profile/*.json)

$(VIEWER_OUT)/pagerview/%.o: pagerview/%.c
	@mkdir -p $(@D)$(say)
	$(VIEWER_CC) $(VIEWER_CFLAGS) -c $< -o $@
$(BUILD)/libpagerview.a: $(VIEWER_OBJS)
	@rm -f $@
	$(AR) rcs $@ $^
$(BUILD)/pagerview: $(VIEWER_OUT)/pagerview/main.o $(BUILD)/libpagerview.a
	$(VIEWER_CC) $(VIEWER_CFLAGS) $^ $(VIEWER_LIBS) -o $@
# The profiles lie beside the program, where it looks for them.
$(BUILD)/profiles/%.json: pagerview/profile/%.json
	@mkdir -p $(@D)$(say)
	cp $< $@
viewer: $(BUILD)/pagerview $(PROFILES:pagerview/profile/%=$(BUILD)/profiles/%)
-include $(VIEWER_OBJS:.o=.d) $(VIEWER_OUT)/pagerview/main.d
