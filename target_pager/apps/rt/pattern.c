/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a page should hold. A written page is a mix of seed, page and place, so that neither an old
 * version of a page nor another page passes for it.
 */
#include "ta.h"

extern const uint64_t ta_text_pages[], ta_rodata_pages[];

static bool name_is(const char *name, const char *wanted)
{
	while (*name && *name == *wanted) {
		name++;
		wanted++;
	}
	return *name == *wanted;
}

/* Word N of the section, as pages.S has it; 0 in what is zero on first use. */
static uint64_t loaded_word(const struct ta_section *section, uint64_t n)
{
	if (name_is(section->name, "rodata"))
		return TA_RODATA_MARK + n;
	if (name_is(section->name, "data"))
		return TA_DATA_MARK + n;
	if (!name_is(section->name, "relro"))
		return 0;
	return n % TA_RELRO_STEP ? TA_RELRO_MARK + n : (uint64_t)&ta_rodata_pages[n];
}

uint64_t ta_pattern(const struct ta_section *section, uint64_t seed, unsigned int page,
		    unsigned int index)
{
	uint64_t n = (uint64_t)page * TA_PAGE_WORDS + index;

	if (!seed)
		return loaded_word(section, n);
	n = (n + 1) * 0x9e3779b97f4a7c15u ^ seed * 0xd1b54a32d192ed03u;
	return (n ^ n >> 29) * 0xbf58476d1ce4e5b9u;
}

static uint64_t *page_words(const struct ta_section *section, unsigned int page)
{
	return section->base + (size_t)(page - section->origin) * TA_PAGE_WORDS;
}

void ta_page_write(const struct ta_section *section, uint64_t seed, unsigned int page,
		   unsigned int first, unsigned int count)
{
	volatile uint64_t *words = page_words(section, page);

	for (unsigned int i = first; i < first + count; i++)
		words[i] = ta_pattern(section, seed, page, i);
}

static void report(const struct ta_section *section, unsigned int page, unsigned int index,
		   uint64_t found, uint64_t wanted)
{
	struct ta_line line = {.used = 0};

	ta_line_text(&line, section->name);
	ta_line_text(&line, " page ");
	ta_line_number(&line, page);
	ta_line_text(&line, " word ");
	ta_line_number(&line, index);
	ta_line_text(&line, " is ");
	ta_line_hex(&line, found);
	ta_line_text(&line, ", should be ");
	ta_line_hex(&line, wanted);
	ta_line_log(&line);
}

bool ta_page_verify(const struct ta_section *section, uint64_t seed, unsigned int page,
		    unsigned int first, unsigned int count)
{
	const volatile uint64_t *words = page_words(section, page);

	for (unsigned int i = first; i < first + count; i++) {
		uint64_t wanted = ta_pattern(section, seed, page, i), found = words[i];

		if (found != wanted) {
			report(section, page, i, found, wanted);
			return false;
		}
	}
	return true;
}

bool ta_page_exec(unsigned int page)
{
	uint64_t (*function)(uint64_t) =
		(uint64_t(*)(uint64_t))(ta_text_pages + (size_t)page * TA_PAGE_WORDS);

	return function(1000 + page) == (1000u + page) * 31 + page;
}
