/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A session for a test program that is about the screen: options.h and ui/keys.h both have an
 * `enum command`, so no file can have both.
 */
#ifndef PAGERVIEW_TESTS_OPEN_WORDS_H
#define PAGERVIEW_TESTS_OPEN_WORDS_H

#include "../error.h"
#include "../model/live.h"

/*
 * The target that the words of a command line ask for: WORDS[0] is a program's name and the next
 * one a subcommand. One at a time. The caller's, for live_close(); NULL with ERROR.
 */
struct live *open_words(int count, char **words, struct error *error);

#endif
