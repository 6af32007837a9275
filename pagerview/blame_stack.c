/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where a target stands, in words, and where a count lies: what both the watch and the way back
 * need. The functions that only count (get, put, refcount_inc ...) are passed over: whoever called
 * them did it.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "blame_private.h"
#include "collect_events.h"
#include "dwarf/unwind.h"
#include "memory/source.h"
#include "model/arena.h"
#include "profile/layout.h"
#include "rsp/client.h"

#define MAX_FRAMES 10

bool blame_read(const struct session_parts *parts, uint64_t addr, unsigned int size,
		uint64_t *value, struct error *error)
{
	struct memory_request request = {.addr = addr, .len = size, .to = value};

	*value = 0;
	return size <= 8 && memory_read(source_memory(parts->source), &request, 1, error) &&
	       request.ok;
}

/* For the stack, which ends where it cannot be read. */
static bool read_number(void *arg, uint64_t addr, unsigned int size, uint64_t *value)
{
	struct error ignored = {0};

	return blame_read(arg, addr, size, value, &ignored);
}

static bool read_registers(const struct session_parts *parts, struct unwind_regs *regs,
			   struct error *error)
{
	bool is_64 = dwarf_info_pointer_size(parts->dwarf) == 8;
	unsigned int general = is_64 ? 31 : 13;
	struct rsp_register wanted[UNWIND_REGISTERS + 1] = {0};
	char names[UNWIND_REGISTERS][24];
	size_t count = 0;

	for (; count < general; count++) {
		snprintf(names[count], sizeof(names[count]), "%c%zu", is_64 ? 'x' : 'r', count);
		wanted[count].name = names[count];
	}
	wanted[count++].name = "sp";
	if (!is_64)
		wanted[count++].name = "lr";
	wanted[count].name = "pc";
	if (!rsp_read_registers(parts->client, NULL, wanted, count + 1, error))
		return false;
	memset(regs, 0, sizeof(*regs));
	for (size_t i = 0; i < count; i++)
		regs->value[i] = wanted[i].value;
	regs->pc = wanted[count].value;
	return true;
}

/* The word KEY is the whole of NAME, or one end of it. */
static bool has_word(const char *name, const char *key)
{
	size_t len = strlen(name), key_len = strlen(key);

	return strcmp(name, key) == 0 || (len > key_len + 1 && name[len - key_len - 1] == '_' &&
					  strcmp(name + len - key_len, key) == 0);
}

/* A function that only counts. */
static bool is_plumbing(const char *name)
{
	static const char *const words[] = {"get", "put", "inc", "dec", "take", "unlock"};
	bool found = strncmp(name, "refc", 4) == 0 || strncmp(name, "atomic", 6) == 0;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		found = found || has_word(name, words[i]);
	return found;
}

/*
 * Where ADDR is, in words. A function that only counts may be inlined: then the line that calls it
 * is meant; or others may be inlined in it, which did more. False: it only counts, and its caller
 * is to be told instead.
 */
static bool name_place(struct dwarf_info *dwarf, uint64_t addr, char *text, size_t len)
{
	const struct dwarf_symbol *symbol = dwarf_info_symbol_at(dwarf, addr, NULL);
	bool only_counts = symbol && is_plumbing(symbol->name);
	const char *function;
	char line[80];

	if (symbol &&
	    dwarf_info_line_outside(dwarf, addr, is_plumbing, &function, line, sizeof(line))) {
		only_counts = only_counts && !function;
		snprintf(text, len, "%.60s (%s)",
			 function && is_plumbing(symbol->name) ? function : symbol->name, line);
	} else {
		event_symbolise(dwarf, addr, text, len);
	}
	return !only_counts;
}

bool blame_stack(const struct session_parts *parts, struct arena *arena, const char **where,
		 const char **path, struct error *error)
{
	uint64_t frames[MAX_FRAMES];
	struct unwind_regs regs;
	char text[500] = "";
	size_t count, first = 0;

	if (!read_registers(parts, &regs, error))
		return false;
	dwarf_info_was_short(parts->dwarf);
	count = unwind(parts->dwarf, &regs, parts->slide, read_number, (void *)parts, frames,
		       MAX_FRAMES);
	*where = "";
	for (size_t i = 0; i < count; i++) {
		/* The place itself may be a function's first instruction; the others are calls. */
		uint64_t addr = frames[i] - parts->slide - (i > 0);
		char one[160];

		if (!name_place(parts->dwarf, addr, one, sizeof(one)) && i == first &&
		    i + 1 < count) {
			first++;
			continue;
		}
		if (i == first)
			*where = arena_strndup(arena, one, sizeof(one));
		else if (strlen(text) + strlen(one) + 4 < sizeof(text))
			snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s",
				 text[0] ? " < " : "", one);
	}
	*path = arena_strndup(arena, text, sizeof(text));
	return (*where && *path && !dwarf_info_was_short(parts->dwarf)) ||
	       error_set(error, EXIT_PARTIAL, "out of memory");
}

bool blame_place(const struct session_parts *parts, bool is_file, uint64_t id, uint64_t *place,
		 unsigned int *size, struct error *error)
{
	const struct layout_object *object =
		&parts->layout->objects[is_file ? OBJECT_FILE : OBJECT_FOBJ];
	const struct layout_field *field = &object->fields[ROLE_REFCOUNT];

	if (!field->present || field->num_hops || field->bit_size || field->size > 8)
		return error_set(error, EXIT_LAYOUT, "the count of a %s is no number of its own",
				 object->name);
	*place = id + field->offset[0];
	*size = (unsigned int)field->size;
	return true;
}
