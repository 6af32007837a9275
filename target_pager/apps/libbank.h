/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * libbank: a library that two TAs use. They share its text and rodata page by page; its data is
 * each instance's own, so each has a bank of its own.
 */
#ifndef APPS_LIBBANK_H
#define APPS_LIBBANK_H

#include <stdint.h>

/* Pay AMOUNT in; the new balance. */
uint64_t bank_deposit(uint64_t amount);
/* Interest on AMOUNT after YEARS at the library's rates: each year's is in another page of rodata.
 */
uint64_t bank_interest(uint64_t amount, unsigned int years);
/* Sum of all deposits as the library's journal has them; equals the balance. */
uint64_t bank_audit(void);

#define BANK_YEARS 4u

#endif
