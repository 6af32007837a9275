/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where a kernel was loaded, when that is not where it was linked (`--slide auto`): finds the
 * distance, and the translation tables to read through where no CPU has them in its registers.
 * Believes nothing that it has not seen confirmed by bytes of the ELF.
 */
#ifndef PAGERVIEW_SESSION_SLIDE_H
#define PAGERVIEW_SESSION_SLIDE_H

#include "error.h"
#include "memory/source.h"
#include "profile/layout.h"

/* Bytes of the ELF that must be found in memory. Addresses as linked. */
#define MAX_PROOFS 4
struct proofs {
	struct source_proof list[MAX_PROOFS];
	size_t count;
};
void proofs_make(struct proofs *proofs, const struct layout *layout);

/*
 * The slide into *SLIDE; the target stands still, and does again afterwards: for TIMEOUT_S seconds
 * it may run in between, with 0 it stays where it is. Tables that are found on the way are made
 * known to SOURCE, which WAY is wanted for. 0 for a layout that says nothing of it. False with
 * ERROR (EXIT_LAYOUT): not found; EXIT_CONNECTION: the target is gone, or interrupted.
 */
bool slide_find(const struct layout *layout, const struct proofs *proofs, struct source *source,
		enum source_way way, double timeout_s, uint64_t *slide, struct error *error);

/*
 * Does the CPU that stopped see this kernel's code at ADDR (as loaded)? Another world or process
 * can have other code at the same address. True where the ELF has no code there to compare with.
 */
bool slide_code_seen(const struct layout *layout, struct rsp_client *client, uint64_t slide,
		     uint64_t addr);

#endif
