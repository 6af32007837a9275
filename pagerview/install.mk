# SPDX-License-Identifier: BSD-2-Clause
# make install [DESTDIR=] [PREFIX=/usr/local]: the viewer with its profiles, man page and
# completions; the target with its TAs, scenarios and launcher; the gdb commands.
PREFIX     ?= /usr/local
INSTALL_TO  = $(DESTDIR)$(PREFIX)
SCENARIOS  := $(wildcard fixtures/scenarios/*.scn)

install: all
	install -d $(INSTALL_TO)/bin $(INSTALL_TO)/share/man/man1 \
		$(INSTALL_TO)/share/bash-completion/completions $(INSTALL_TO)/share/zsh/site-functions \
		$(INSTALL_TO)/share/pagerview/profiles $(INSTALL_TO)/share/pagerview/scenarios \
		$(INSTALL_TO)/libexec/pagerview/apps $(INSTALL_TO)/share/pagerview/gdbscripts/pagergdb
	install -m 755 $(BUILD)/pagerview $(INSTALL_TO)/bin/
	install -m 644 pagerview/profile/*.json $(INSTALL_TO)/share/pagerview/profiles/
	install -m 644 $(SCENARIOS) $(INSTALL_TO)/share/pagerview/scenarios/
	install -m 755 $(BUILD)/run_target $(INSTALL_TO)/libexec/pagerview/
	install -m 644 $(BUILD)/target_pager.elf $(INSTALL_TO)/libexec/pagerview/
	install -m 644 $(BUILD)/apps/*.elf $(INSTALL_TO)/libexec/pagerview/apps/
	install -m 644 gdbscripts/pager.py $(INSTALL_TO)/share/pagerview/gdbscripts/
	install -m 644 gdbscripts/pagergdb/*.py $(INSTALL_TO)/share/pagerview/gdbscripts/pagergdb/
	$(BUILD)/pagerview manual man >$(INSTALL_TO)/share/man/man1/pagerview.1
	$(BUILD)/pagerview manual bash >$(INSTALL_TO)/share/bash-completion/completions/pagerview
	$(BUILD)/pagerview manual zsh >$(INSTALL_TO)/share/zsh/site-functions/_pagerview
.PHONY: install
