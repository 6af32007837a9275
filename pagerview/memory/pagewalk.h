/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Translation tables of the Arm architectures, walked by us: AArch64 with the 4 KiB granule, and
 * AArch32 with long (LPAE) or short descriptors. Pure functions over registers and a way to read
 * physical memory. Stage 1 only; permissions are decoded, never enforced.
 */
#ifndef PAGERVIEW_PAGEWALK_H
#define PAGERVIEW_PAGEWALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum pagewalk_format {
	PAGEWALK_IDENTITY, /* the MMU is off */
	PAGEWALK_AARCH64,
	PAGEWALK_LPAE,
	PAGEWALK_SHORT,
};

/* One translation regime: which table serves which addresses. */
struct pagewalk {
	enum pagewalk_format format;
	struct {
		uint64_t root;        /* physical address of the first table */
		unsigned int va_bits; /* size of the range it serves; 0: it serves none */
		bool ignores_top;     /* the top byte of an address means nothing */
		bool off;             /* walks are disabled: all of it is unmapped */
	} half[2];                    /* TTBR0: low addresses, TTBR1: high ones */
};

/*
 * From the registers as a stub gives them. False when the MMU uses what is not known here: another
 * granule than 4 KiB. SCTLR's bit 0 off gives PAGEWALK_IDENTITY.
 */
bool pagewalk_from_aarch64(struct pagewalk *walk, uint64_t sctlr, uint64_t tcr, uint64_t ttbr0,
			   uint64_t ttbr1);
bool pagewalk_from_aarch32(struct pagewalk *walk, uint32_t sctlr, uint32_t ttbcr, uint64_t ttbr0,
			   uint64_t ttbr1);

/* LEN bytes (4 or 8, aligned) of physical memory. */
typedef bool (*pagewalk_read)(void *context, uint64_t pa, void *to, size_t len);

enum pagewalk_result {
	PAGEWALK_MAPPED,
	PAGEWALK_UNMAPPED,
	PAGEWALK_UNREADABLE, /* a table could not be read */
};

struct pagewalk_page {
	uint64_t va, pa;     /* where the page or block begins */
	uint64_t size;       /* bytes: 4 KiB, 2 MiB, 1 GiB ... */
	uint64_t descriptor; /* as it stands in the table */
	bool user;           /* accessible at EL0 */
	bool writable;       /* at some level */
	bool executable;     /* at EL0 where user, else at EL1 */
};

enum pagewalk_result pagewalk_translate(const struct pagewalk *walk, pagewalk_read read,
					void *context, uint64_t va, struct pagewalk_page *page);

#endif
