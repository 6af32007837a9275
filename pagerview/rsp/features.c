/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Registers are numbered in the order in which they stand in the documents, includes followed where
 * they stand, unless a register gives its number; then counting goes on from there.
 */
#include "features.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct text {
	const char *at, *end;
};

/* Where NEEDLE begins in TEXT, or its end. */
static const char *text_find(struct text text, const char *needle)
{
	const char *found = memmem(text.at, (size_t)(text.end - text.at), needle, strlen(needle));

	return found ? found : text.end;
}

/* The inside of the next tag; comments are skipped. False: no more. */
static bool text_next_tag(struct text *text, struct text *tag)
{
	for (;;) {
		const char *open = memchr(text->at, '<', (size_t)(text->end - text->at));

		if (!open)
			return false;
		text->at = open;
		if (text->end - open >= 4 && !memcmp(open, "<!--", 4)) {
			text->at = text_find((struct text){open + 4, text->end}, "-->");
			continue;
		}
		tag->at = open + 1;
		tag->end = text_find((struct text){open, text->end}, ">");
		text->at = tag->end;
		return true;
	}
}

static bool tag_is(struct text tag, const char *name)
{
	size_t len = strlen(name);

	return (size_t)(tag.end - tag.at) > len && !memcmp(tag.at, name, len) &&
	       strchr(" \t\r\n", tag.at[len]);
}

/* The value of attribute NAME into VALUE; false: not there, or too long. */
static bool tag_attribute(struct text tag, const char *name, char *value, size_t room)
{
	char wanted[32];
	struct text rest = tag;
	size_t len;

	snprintf(wanted, sizeof(wanted), "%s=", name);
	for (;;) {
		const char *found = text_find(rest, wanted), *close;

		if (found == rest.end)
			return false;
		rest.at = found + strlen(wanted);
		if (!strchr(" \t\r\n", found[-1]) || rest.at == rest.end ||
		    (*rest.at != '"' && *rest.at != '\''))
			continue;
		close = memchr(rest.at + 1, *rest.at, (size_t)(rest.end - rest.at - 1));
		if (!close)
			return false;
		len = (size_t)(close - rest.at - 1);
		if (len >= room)
			return false;
		memcpy(value, rest.at + 1, len);
		value[len] = '\0';
		return true;
	}
}

static bool register_add(struct features *features, struct text tag)
{
	struct features_register *added;
	char name[FEATURES_NAME_LEN], number[16], bits[16];

	if (!tag_attribute(tag, "name", name, sizeof(name)) ||
	    features->count == FEATURES_MAX_REGISTERS)
		return true;
	if (!(features->count & (features->count - 1))) {
		size_t room = features->count ? 2 * features->count : 1;

		added = realloc(features->registers, room * sizeof(*added));
		features->no_memory = !added;
		if (!added)
			return false;
		features->registers = added;
	}
	if (tag_attribute(tag, "regnum", number, sizeof(number)))
		features->next_number = (uint32_t)strtoul(number, NULL, 10);
	if (!tag_attribute(tag, "bitsize", bits, sizeof(bits)))
		snprintf(bits, sizeof(bits), "0");
	added = &features->registers[features->count++];
	*added = (struct features_register){.number = features->next_number++,
					    .bytes = (uint32_t)(strtoul(bits, NULL, 10) % 65536) /
						     8};
	snprintf(added->name, sizeof(added->name), "%s", name);
	return true;
}

bool features_read(struct features *features, const char *name, features_fetch fetch, void *context)
{
	size_t len;
	char *document;
	struct text text, tag;
	bool done = true;

	/* A document that includes itself ends here too. */
	if (++features->documents > FEATURES_MAX_DOCUMENTS)
		return true;
	document = fetch(context, name, &len);
	if (!document)
		return false;
	text = (struct text){document, document + len};
	while (done && text_next_tag(&text, &tag)) {
		char href[128];

		if (tag_is(tag, "reg"))
			done = register_add(features, tag);
		else if (tag_is(tag, "xi:include") &&
			 tag_attribute(tag, "href", href, sizeof(href)))
			done = features_read(features, href, fetch, context);
	}
	free(document);
	return done;
}

static int compare_numbers(const void *a, const void *b)
{
	const struct features_register *left = a, *right = b;

	return left->number < right->number ? -1 : left->number > right->number;
}

void features_finish(struct features *features)
{
	uint32_t offset = 0;

	if (features->count)
		qsort(features->registers, features->count, sizeof(*features->registers),
		      compare_numbers);
	for (size_t i = 0; i < features->count; i++) {
		features->registers[i].offset = offset;
		offset += features->registers[i].bytes;
	}
}

void features_free(struct features *features)
{
	free(features->registers);
	*features = (struct features){0};
}

static const struct features_register *find_exactly(const struct features *features,
						    const char *name, size_t len)
{
	for (size_t i = 0; i < features->count; i++) {
		const char *known = features->registers[i].name;

		if (strlen(known) == len && !strncasecmp(known, name, len))
			return &features->registers[i];
	}
	return NULL;
}

const struct features_register *features_find(const struct features *features, const char *name)
{
	size_t len = strlen(name);
	const struct features_register *found = find_exactly(features, name, len);

	/* QEMU lists some registers that both states share without a suffix: VBAR, SCTLR. */
	if (!found && len > 4 && !strcasecmp(name + len - 4, "_EL1"))
		found = find_exactly(features, name, len - 4);
	if (!found && !strcasecmp(name, "pc")) /* a core built for an x86-64 host */
		found = find_exactly(features, "rip", 3);
	return found;
}
