/* SPDX-License-Identifier: BSD-2-Clause */
#include "types.h"

const char *status_name(enum status status)
{
	switch (status) {
#define X(name, value, text)                                                                       \
	case name:                                                                                 \
		return text;
		STATUS_LIST(X)
#undef X
	}
	return "unknown result";
}
