# SPDX-License-Identifier: BSD-2-Clause
# make         the viewer and the target
# make run     install what is missing, build, open the viewer on the `share` scenario
# make check   every test; the last line is "N passed, N failed"
BUILD := build
all:
include target_pager/target.mk
include pagerview/viewer.mk
all: viewer target
clean:
	rm -rf $(BUILD)
.PHONY: all clean viewer target
