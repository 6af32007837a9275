/* SPDX-License-Identifier: BSD-2-Clause */
#include "counters.h"

struct pager_counters pager_counters;
