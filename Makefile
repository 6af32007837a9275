# SPDX-License-Identifier: BSD-2-Clause
# make         the viewer and the target
# make run     install what is missing, build, open the viewer on the `share` scenario
# make lesson N=1, make lessons   likewise, one lesson on the screen; all of them as a page
# make check   install what is missing, build, every test; the last line is "N passed, N failed"
#              (make check SUITES='layers scenarios' runs some)
# make bench   install what is missing, build, the measurements
# make install the programs, man page and completions (DESTDIR, PREFIX)
BUILD := build
# One spelling: what was noted of headers under another would be passed over.
override BUILD := $(patsubst $(CURDIR)/%,%,$(BUILD))
all:

# One word per file while building; `make V=1` shows the commands.
ifndef V
.SILENT:
say = $(info   $(@:$(BUILD)/%=%))
endif

# What the goals need of the machine. Those that people type install it, the others say what is missing.
GOALS      := $(or $(MAKECMDGOALS),all)
INSTALLING := $(filter run lesson lessons check bench,$(GOALS))
NEEDS      := $(if $(filter-out clean,$(GOALS)),build) \
              $(if $(INSTALLING),run) $(if $(filter check bench tests clang,$(GOALS)),check)
MISSING    := $(if $(strip $(NEEDS)),$(shell .ci/install-deps missing $(NEEDS)))

ifneq ($(strip $(MISSING)),)
ifeq ($(INSTALLING),)
$(error $(shell .ci/install-deps explain $(NEEDS) 2>&1))
endif
$(filter-out clean,$(GOALS)): packages
	@$(MAKE) --no-print-directory $@
packages:
	@.ci/install-deps install $(NEEDS)
.PHONY: packages
else ifneq ($(strip $(NEEDS)),)
include target_pager/target.mk
include pagerview/viewer.mk
include target_pager/tests/tests.mk
include pagerview/tests/tests.mk
include gdbscripts/gdb.mk
include pagerview/install.mk

all: viewer target

run: all
	$(BUILD)/pagerview tui --run fixtures/scenarios/share.scn --loop --pace 1500
# make lesson N=5    that lesson on the screen, step by step
# make lessons       all of them as one page, BUILD/lessons.html
LESSON := $(or $(N),1)
LESSON_FILE := $(firstword $(wildcard fixtures/lessons/$(LESSON)-*.scn fixtures/lessons/0$(LESSON)-*.scn))
LESSON_NEXT = $(shell expr $(LESSON) + 1 2>/dev/null)
lesson: all
	@[ -n "$(LESSON_FILE)" ] || { echo "there is no lesson $(LESSON): N is one of" \
		$(patsubst 0%,%,$(foreach f,$(wildcard fixtures/lessons/*-*.scn),$(firstword $(subst -, ,$(notdir $f))))); exit 1; }
	@$(BUILD)/pagerview tui --run $(LESSON_FILE) --lesson
	@[ -z "$(wildcard fixtures/lessons/$(LESSON_NEXT)-*.scn fixtures/lessons/0$(LESSON_NEXT)-*.scn)" ] || \
		echo "next: make lesson N=$(LESSON_NEXT)"
lessons: all
	@fixtures/lessons/make-page $(BUILD)/pagerview $(BUILD)/lessons.html
check:
	@MAKE="$(MAKE)" .ci/run-tests $(BUILD) $(foreach suite,$(SUITES),'$(suite)')
tests:
clang:
endif

clean:
	rm -rf $(BUILD)
.PHONY: all run lesson lessons check bench tests clang clean viewer target
