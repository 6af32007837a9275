/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Theory of operation: each page that churn writes has a seed noted on the stack, so a page can be
 * verified at any later round and all are at the end. Pages of shared objects are written by
 * several TAs at once: each has a slot of words in every page that is its own alone. Between
 * writes, rodata and relro are compared, pages of text called, and vector registers held across
 * reads that may fault.
 */
#include "ta.h"

#define MAX_TARGETS 8u
#define MAX_PAGES   192u /* of all targets; more are left alone: the seeds must fit the stack */
#define SLOT_WORDS  16u
#define MAX_SLOTS   (TA_PAGE_WORDS / SLOT_WORDS)

struct target {
	struct ta_section section;
	unsigned int page, pages;  /* the part of the section that is churned */
	unsigned int first, words; /* words of each page that are ours */
	unsigned int seeds;        /* where its pages' seeds are */
};

struct churn {
	uint64_t random;
	unsigned int num_targets, num_pages;
	struct target targets[MAX_TARGETS];
	char names[MAX_TARGETS][TA_WORD_LEN];
	uint32_t seeds[MAX_PAGES]; /* 0: not written yet */
};

/* splitmix64: repeatable, and good enough to mix. */
static uint64_t next_random(struct churn *churn)
{
	uint64_t x = churn->random += 0x9e3779b97f4a7c15u;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
	x = (x ^ x >> 27) * 0x94d049bb133111ebu;
	return x ^ x >> 31;
}

static unsigned int random_below(struct churn *churn, unsigned int limit)
{
	return (unsigned int)(next_random(churn) % limit);
}

/* Churn PAGES pages of SECTION from PAGE on, as far as there is room for their seeds. */
static bool target_add(struct churn *churn, const char *name, unsigned int page, unsigned int pages)
{
	struct target *target = &churn->targets[churn->num_targets];

	if (churn->num_targets == MAX_TARGETS || !ta_section_find(name, &target->section))
		return false;
	if (page >= target->section.pages || pages > target->section.pages - page)
		return false;
	if (pages > MAX_PAGES - churn->num_pages)
		pages = MAX_PAGES - churn->num_pages;
	if (!pages)
		return true;
	target->page = page;
	target->pages = pages;
	target->first = 0;
	target->words = TA_PAGE_WORDS;
	target->seeds = churn->num_pages;
	churn->num_pages += pages;
	churn->num_targets++;
	return true;
}

/* NAME:PAGE:COUNT:SLOT */
static bool target_add_shared(struct churn *churn, const char *word)
{
	char *name = churn->names[churn->num_targets % MAX_TARGETS];
	unsigned int numbers[3] = {0, 0, 0}, at = 0;
	size_t len = 0;

	for (; *word && *word != ':' && len < TA_WORD_LEN - 1; word++)
		name[len++] = *word;
	name[len] = '\0';
	for (; *word; word++) {
		if (*word == ':' && at < 3)
			at++;
		else if (*word >= '0' && *word <= '9' && at)
			numbers[at - 1] = numbers[at - 1] * 10 + (unsigned int)(*word - '0');
		else
			return false;
	}
	if (at != 3 || numbers[2] >= MAX_SLOTS || !target_add(churn, name, numbers[0], numbers[1]))
		return false;
	churn->targets[churn->num_targets - 1].first = numbers[2] * SLOT_WORDS;
	churn->targets[churn->num_targets - 1].words = SLOT_WORDS;
	return true;
}

static bool page_verify(const struct churn *churn, const struct target *target, unsigned int page)
{
	uint32_t seed = churn->seeds[target->seeds + page];

	return !seed || ta_page_verify(&target->section, seed, target->page + page, target->first,
				       target->words);
}

static bool do_write(struct churn *churn)
{
	struct target *target = &churn->targets[random_below(churn, churn->num_targets)];
	unsigned int page = random_below(churn, target->pages);
	uint32_t seed = (uint32_t)next_random(churn) | 1;

	ta_page_write(&target->section, seed, target->page + page, target->first, target->words);
	churn->seeds[target->seeds + page] = seed;
	return true;
}

static bool do_verify(struct churn *churn)
{
	const struct target *target = &churn->targets[random_below(churn, churn->num_targets)];

	return page_verify(churn, target, random_below(churn, target->pages));
}

static bool do_constant(struct churn *churn, const char *name, unsigned int pages)
{
	struct ta_section section;

	return ta_section_find(name, &section) &&
	       ta_page_verify(&section, 0, random_below(churn, pages), 0, TA_PAGE_WORDS);
}

static bool do_rodata(struct churn *churn)
{
	return do_constant(churn, "rodata", TA_RODATA_PAGES);
}

static bool do_relro(struct churn *churn)
{
	return do_constant(churn, "relro", TA_RELRO_PAGES);
}

static bool do_exec(struct churn *churn)
{
	return ta_page_exec(random_below(churn, TA_TEXT_PAGES));
}

#define HELD_READS 4u

static bool do_simd(struct churn *churn)
{
	const void *addresses[HELD_READS];
	uint64_t in[64], out[64];

	for (unsigned int i = 0; i < 64; i++)
		in[i] = next_random(churn);
	for (unsigned int i = 0; i < HELD_READS; i++) {
		const struct target *target =
			&churn->targets[random_below(churn, churn->num_targets)];
		unsigned int page = target->page + random_below(churn, target->pages);

		addresses[i] = target->section.base + (size_t)page * TA_PAGE_WORDS;
	}
	ta_simd_hold(in, addresses, HELD_READS, out);
	for (unsigned int i = 0; i < 64; i++)
		if (in[i] != out[i])
			return false;
	return true;
}

static bool do_yield(struct churn *churn)
{
	(void)churn;
	ta_yield();
	return true;
}

/* The mix; its numbers are how often. */
static const struct {
	unsigned int weight;
	const char *name;
	bool (*run)(struct churn *churn);
} mix[] = {
	{6, "write", do_write}, {6, "verify", do_verify}, {2, "rodata", do_rodata},
	{2, "relro", do_relro}, {3, "exec", do_exec},     {2, "vector registers", do_simd},
	{1, "yield", do_yield},
};
#define MIX_COUNT (sizeof(mix) / sizeof(mix[0]))

static const char *round_run(struct churn *churn)
{
	unsigned int total = 0, pick;
	size_t i;

	for (i = 0; i < MIX_COUNT; i++)
		total += mix[i].weight;
	pick = random_below(churn, total);
	for (i = 0; pick >= mix[i].weight; i++)
		pick -= mix[i].weight;
	return mix[i].run(churn) ? NULL : mix[i].name;
}

static bool verify_all(const struct churn *churn)
{
	for (unsigned int i = 0; i < churn->num_targets; i++)
		for (unsigned int page = 0; page < churn->targets[i].pages; page++)
			if (!page_verify(churn, &churn->targets[i], page))
				return false;
	return true;
}

/* The upper half of the stack is for what runs now. */
#define STACK_CHURN_PAGES 4u

int64_t ta_churn(const struct ta_words *words)
{
	uint64_t rounds = ta_number(words, 1);
	struct churn churn = {.random = ta_number(words, 2)};
	const char *failed = NULL;

	if (!target_add(&churn, "data", 0, TA_DATA_PAGES) ||
	    !target_add(&churn, "bss", 0, TA_BSS_PAGES) ||
	    !target_add(&churn, "stack", 0, STACK_CHURN_PAGES))
		return ta_fail("churn: a section is missing");
	for (unsigned int i = 3; i < words->count; i++)
		if (!target_add_shared(&churn, words->words[i]))
			return ta_fail("churn: no such shared object");
	for (uint64_t i = 0; i < rounds && !failed; i++)
		failed = round_run(&churn);
	if (!failed && !verify_all(&churn))
		failed = "the last look";
	if (failed) {
		struct ta_line line = {.used = 0};

		ta_line_text(&line, "churn: failed at ");
		ta_line_text(&line, failed);
		ta_line_log(&line);
		return -1;
	}
	return 0;
}
