/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The part of a layout that says where to scan for pointers, a profile's "scan". Only layout.c's.
 */
#ifndef PAGERVIEW_LAYOUT_SCAN_H
#define PAGERVIEW_LAYOUT_SCAN_H

#include <cjson/cJSON.h>

#include "layout.h"

/*
 * Work ITEM (NULL: the profile has none) out into layout->scan. What the ELF does not have is left
 * out, and told to REPORT if there is one; without a single range there is no scan. False with
 * ERROR (EXIT_LAYOUT): ITEM is malformed.
 */
bool layout_scan_resolve(struct layout *layout, const cJSON *item, FILE *report,
			 struct error *error);

#endif
