/* SPDX-License-Identifier: BSD-2-Clause */
#include "open_words.h"

#include "../options.h"
#include "../session.h"

struct live *open_words(int count, char **words, struct error *error)
{
	static struct options options; /* the session looks at them as long as it is open */

	if (!options_parse(count, words, &options, error))
		return NULL;
	return session_open(&options, -1, error);
}
