/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Each function begins a page of text, and each year's rate a page of rodata, so that their use
 * can be told apart page by page. The rates are reached through pointers, which are relocated.
 */
#include "libbank.h"

#define PAGE    4096
#define TEXT(n) __attribute__((section(".text.pages." #n), aligned(PAGE)))
#define JOURNAL 1024u /* deposits that are kept: two pages of bss */

struct rate {
	_Alignas(PAGE) uint64_t percent;
	uint64_t unused[PAGE / 8 - 1];
};

static const struct rate rates[BANK_YEARS] = {{3, {0}}, {5, {0}}, {7, {0}}, {11, {0}}};
static const struct rate *const years[BANK_YEARS] = {&rates[0], &rates[1], &rates[2], &rates[3]};

/* Starts with what the bank's founder paid in; not zero, so it lies in data. */
static uint64_t balance = 100;
static uint64_t journal[JOURNAL];
static unsigned int deposits;

TEXT(0) uint64_t bank_deposit(uint64_t amount)
{
	journal[deposits++ % JOURNAL] += amount;
	return balance += amount;
}

TEXT(1) uint64_t bank_interest(uint64_t amount, unsigned int count)
{
	const struct rate *const volatile *year = years;

	for (unsigned int i = 0; i < count && i < BANK_YEARS; i++)
		amount += amount * year[i]->percent / 100;
	return amount;
}

TEXT(2) uint64_t bank_audit(void)
{
	uint64_t sum = 100;

	for (unsigned int i = 0; i < JOURNAL; i++)
		sum += journal[i];
	return sum;
}
