/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A command begins at _start on a fresh stack with its text in memory, and ends with a system
 * call: nothing is kept between commands but the TA's own memory. The text is cut into words once;
 * what the words mean is each command's affair.
 */
#include "ta.h"

void _start(const char *text, size_t len) __attribute__((noreturn));

/* Pages of a section that commands may write: the TA's own variables and its live stack lie beyond.
 */
#define STACK_LIVE_PAGES 2u

static bool text_is(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return *a == *b;
}

static unsigned int writable_pages(const struct ta_section *section)
{
	if (text_is(section->name, "data"))
		return TA_DATA_PAGES;
	if (text_is(section->name, "bss"))
		return TA_BSS_PAGES;
	if (text_is(section->name, "stack"))
		return section->pages - STACK_LIVE_PAGES;
	return section->pages;
}

static unsigned int verifiable_pages(const struct ta_section *section)
{
	if (text_is(section->name, "rodata"))
		return TA_RODATA_PAGES;
	if (text_is(section->name, "relro"))
		return TA_RELRO_PAGES;
	return writable_pages(section);
}

/* SECTION FIRST COUNT [SEED] [ORIGIN]: the section and its range, which lies in [ORIGIN, ORIGIN +
 * PAGES). */
static bool range_take(const struct ta_words *words, unsigned int origin_word,
		       struct ta_section *section, unsigned int *first, unsigned int *count)
{
	uint64_t from = ta_number(words, 2), pages = ta_number(words, 3);

	if (!ta_section_find(words->words[1], section))
		return false;
	section->origin = (unsigned int)ta_number(words, origin_word);
	if (from < section->origin || from - section->origin >= section->pages || !pages ||
	    pages > section->pages - (from - section->origin))
		return false;
	*first = (unsigned int)from;
	*count = (unsigned int)pages;
	return true;
}

#define NO_RANGE "no such section, or not so many pages"

/* Reading what the file says is checked too, where it is known. */
static int64_t touch(const struct ta_words *words)
{
	struct ta_section section;
	unsigned int first, count;

	if (!range_take(words, 4, &section, &first, &count))
		return ta_fail(NO_RANGE);
	for (unsigned int page = first; page < first + count; page++) {
		bool known = (text_is(section.name, "rodata") && page < TA_RODATA_PAGES) ||
			     (text_is(section.name, "relro") && page < TA_RELRO_PAGES);

		if (known && !ta_page_verify(&section, 0, page, 0, TA_PAGE_WORDS))
			return -1;
		(void)*(volatile uint64_t *)(section.base +
					     (size_t)(page - section.origin) * TA_PAGE_WORDS);
	}
	return 0;
}

/* SECTION STEP [ORIGIN]: every STEP-th page only, for objects with very many. */
static int64_t sweep(const struct ta_words *words)
{
	uint64_t step = ta_number(words, 2);
	struct ta_section section;

	if (!step || !ta_section_find(words->words[1], &section))
		return ta_fail(NO_RANGE);
	for (uint64_t page = 0; page < section.pages; page += step)
		(void)*(volatile uint64_t *)(section.base + page * TA_PAGE_WORDS);
	return 0;
}

static int64_t write(const struct ta_words *words)
{
	struct ta_section section;
	unsigned int first, count;

	if (!range_take(words, 5, &section, &first, &count))
		return ta_fail(NO_RANGE);
	if (first + count > section.origin + writable_pages(&section))
		return ta_fail("these pages are in use by the TA itself");
	for (unsigned int page = first; page < first + count; page++)
		ta_page_write(&section, ta_number(words, 4), page, 0, TA_PAGE_WORDS);
	return 0;
}

static int64_t verify(const struct ta_words *words)
{
	struct ta_section section;
	unsigned int first, count;

	if (!range_take(words, 5, &section, &first, &count))
		return ta_fail(NO_RANGE);
	if (first + count > section.origin + verifiable_pages(&section))
		return ta_fail("what these pages hold is not known");
	for (unsigned int page = first; page < first + count; page++)
		if (!ta_page_verify(&section, ta_number(words, 4), page, 0, TA_PAGE_WORDS))
			return -1;
	return 0;
}

static int64_t exec(const struct ta_words *words)
{
	uint64_t first = ta_number(words, 1), count = ta_number(words, 2);

	if (first >= TA_TEXT_PAGES || !count || count > TA_TEXT_PAGES - first)
		return ta_fail("text has 8 pages to call");
	for (uint64_t page = first; page < first + count; page++)
		if (!ta_page_exec((unsigned int)page))
			return ta_fail("a page of text did not compute what it should");
	return 0;
}

static const struct ta_command common_commands[] = {
	{"touch", 3, touch}, {"write", 4, write},    {"verify", 4, verify}, {"sweep", 2, sweep},
	{"exec", 2, exec},   {"churn", 2, ta_churn}, {NULL, 0, NULL},
};

static void words_cut(const char *text, size_t len, struct ta_words *words)
{
	size_t at = 0;

	words->count = 0;
	while (at < len && words->count < TA_MAX_WORDS) {
		char *word = words->words[words->count];
		size_t used = 0;

		while (at < len && text[at] == ' ')
			at++;
		for (; at < len && text[at] != ' '; at++)
			if (used < TA_WORD_LEN - 1)
				word[used++] = text[at];
		word[used] = '\0';
		words->count += used > 0;
	}
}

/* Does COMMANDS know the command? Then *RESULT is what it answered. */
static bool command_run(const struct ta_command *commands, const struct ta_words *words,
			int64_t *result)
{
	for (; commands->name; commands++) {
		if (!text_is(commands->name, words->words[0]))
			continue;
		*result = words->count > commands->min_words ? commands->run(words)
							     : ta_fail("too few words");
		return true;
	}
	return false;
}

void _start(const char *text, size_t len)
{
	struct ta_words words;
	int64_t result;

	words_cut(text, len, &words);
	if (!words.count || (!command_run(ta_own_commands, &words, &result) &&
			     !command_run(common_commands, &words, &result)))
		result = ta_fail("no such command");
	ta_return(result);
}
