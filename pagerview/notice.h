/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a command waits for, told on a terminal when it takes longer than one waits without a word.
 * A line on standard error that is gone again afterwards; nothing at all where that is no terminal.
 */
#ifndef PAGERVIEW_NOTICE_H
#define PAGERVIEW_NOTICE_H

struct options;
struct notice;

/* From now on COMMAND's target is waited for. NULL: there is nobody to tell, or no memory. */
struct notice *notice_begin(const struct options *options);
/* The wait is over. NULL is allowed. */
void notice_end(struct notice *notice);

#endif
