/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From the names of scripts to the objects of a snapshot, and what there is to count of them. A
 * context is called "INSTANCE TA" there, its areas by their sections, a shared object by its own
 * name; a file has no name, so it is the one that its instance's context holds. A library's file is
 * held, too: which is the instance's own is told by the slice behind its section `text`.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lesson.h"

#define OBJECT_NOTHING ((struct lesson_object){LESSON_NOTHING, NONE})

/* ---- names ---- */

static uint32_t find_context(const struct snapshot *snapshot, const char *instance, size_t len)
{
	for (uint32_t i = 0; i < snapshot->num_contexts; i++) {
		const char *name = snapshot->contexts[i].name;

		if (strncmp(name, instance, len) == 0 && (name[len] == 0 || name[len] == ' '))
			return i;
	}
	return NONE;
}

static uint32_t find_section(const struct snapshot *snapshot, uint32_t context, const char *name)
{
	const struct snap_context *in = &snapshot->contexts[context];

	for (uint32_t i = 0; i < in->num_areas; i++) {
		if (strcmp(snapshot->areas[in->areas[i]].name, name) == 0)
			return snapshot->areas[in->areas[i]].fobj;
	}
	return NONE;
}

static bool file_has_fobj(const struct snap_file *file, uint32_t fobj)
{
	for (uint32_t i = 0; i < file->num_slices; i++) {
		if (file->slices[i].fobj == fobj)
			return true;
	}
	return false;
}

/* The file of the instance: PREFIX is "" for its own, "libbank." for that of the library. */
static uint32_t find_file(const struct snapshot *snapshot, uint32_t context, const char *prefix)
{
	char text[80];
	uint32_t fobj;

	snprintf(text, sizeof(text), "%stext", prefix);
	fobj = find_section(snapshot, context, text);
	if (fobj == NONE)
		return NONE;
	for (uint32_t i = 0; i < snapshot->num_files; i++) {
		if (file_has_fobj(&snapshot->files[i], fobj))
			return i;
	}
	return NONE;
}

/* "A.text", "A.file", "T.libbank.text": DOT is the first one. */
static struct lesson_object find_in_instance(const struct snapshot *snapshot, const char *name,
					     const char *dot)
{
	uint32_t context = find_context(snapshot, name, (size_t)(dot - name)), index;
	const char *section = dot + 1;
	size_t len = strlen(section);
	char prefix[64];

	if (context == NONE)
		return OBJECT_NOTHING;
	if (strcmp(section, "file") == 0 || (len > 5 && strcmp(section + len - 5, ".file") == 0)) {
		snprintf(prefix, sizeof(prefix), "%.*s", (int)(len - 4), section);
		index = find_file(snapshot, context, prefix);
		return index == NONE ? OBJECT_NOTHING : (struct lesson_object){LESSON_FILE, index};
	}
	index = find_section(snapshot, context, section);
	return index == NONE ? OBJECT_NOTHING : (struct lesson_object){LESSON_FOBJ, index};
}

static struct lesson_object find_now(const struct snapshot *snapshot, const char *name)
{
	const char *dot = strchr(name, '.');
	uint32_t context;

	if (!name[0])
		return OBJECT_NOTHING;
	for (uint32_t i = 0; i < snapshot->num_fobjs; i++) {
		if (strcmp(snapshot->fobjs[i].name, name) == 0)
			return (struct lesson_object){LESSON_FOBJ, i};
	}
	if (dot)
		return find_in_instance(snapshot, name, dot);
	for (uint32_t i = 0; i < snapshot->num_areas; i++) {
		if (strcmp(snapshot->areas[i].name, name) == 0 && snapshot->areas[i].fobj != NONE)
			return (struct lesson_object){LESSON_FOBJ, snapshot->areas[i].fobj};
	}
	context = find_context(snapshot, name, strlen(name));
	return context == NONE ? OBJECT_NOTHING : (struct lesson_object){LESSON_CONTEXT, context};
}

/* The same object in SNAPSHOT: an address may have been used again, so its name or tag must fit. */
static struct lesson_object find_again(const struct snapshot *snapshot,
				       const struct snapshot *before, struct lesson_object object)
{
	if (object.kind == LESSON_FOBJ) {
		const struct snap_fobj *was = &before->fobjs[object.index];
		uint32_t index = snapshot_find_fobj(snapshot, was->id);

		if (index != NONE && strcmp(snapshot->fobjs[index].name, was->name) == 0)
			return (struct lesson_object){LESSON_FOBJ, index};
	}
	for (uint32_t i = 0; object.kind == LESSON_FILE && i < snapshot->num_files; i++) {
		if (snapshot->files[i].id == before->files[object.index].id &&
		    strcmp(snapshot->files[i].tag, before->files[object.index].tag) == 0)
			return (struct lesson_object){LESSON_FILE, i};
	}
	return OBJECT_NOTHING;
}

struct lesson_object lesson_find(const struct snapshot *snapshot, const struct snapshot *before,
				 const char *name)
{
	struct lesson_object object = find_now(snapshot, name);

	if (object.kind == LESSON_NOTHING && before)
		object = find_again(snapshot, before, find_now(before, name));
	return object;
}

/* ---- counts ---- */

static bool covers(const struct snap_area *area, uint32_t fobj, uint32_t page)
{
	return area->fobj == fobj && page >= area->fobj_page &&
	       page - area->fobj_page < area->pages;
}

static int64_t count_owners(const struct snapshot *snapshot, uint32_t fobj, uint32_t page)
{
	int64_t count = 0;

	for (uint32_t i = 0; i < snapshot->num_areas; i++)
		count += covers(&snapshot->areas[i], fobj, page);
	return count;
}

static bool is_resident(const struct snap_fobj *fobj, uint32_t page)
{
	for (uint32_t i = 0; i < fobj->num_resident; i++) {
		if (fobj->resident[i] == page)
			return true;
	}
	return false;
}

/*
 * The page of the step's object that was in memory in BEFORE and is not in NOW, the one that was
 * oldest there after skipping SKIP such; NONE when there is none. An object that is gone has no
 * page in memory.
 */
static uint32_t page_that_left(const struct lesson_step *step, const struct snapshot *now,
			       const struct snapshot *before, uint32_t skip)
{
	struct lesson_object was = before ? find_now(before, step->object.text) : OBJECT_NOTHING;
	struct lesson_object is = lesson_find(now, before, step->object.text);

	for (uint32_t i = 0; was.kind == LESSON_FOBJ && i < before->num_pmems; i++) {
		const struct snap_pmem *pmem = &before->pmems[i];

		if (pmem->fobj != was.index ||
		    (is.kind == LESSON_FOBJ && is_resident(&now->fobjs[is.index], pmem->page)))
			continue;
		if (skip-- == 0)
			return pmem->page;
	}
	return NONE;
}

static bool first_that_left(const struct lesson_step *step, const struct snapshot *now,
			    const struct snapshot *before, int64_t *page)
{
	uint32_t first = page_that_left(step, now, before, 0);

	*page = first;
	return first != NONE;
}

bool lesson_accepts(const struct lesson_step *step, const struct snapshot *snapshot,
		    const struct snapshot *before, int64_t guess)
{
	int64_t count;
	uint32_t page;

	if (step->measure != LESSON_LEAVES)
		return lesson_answer(step, snapshot, before, &count) && count == guess;
	for (uint32_t i = 0; (page = page_that_left(step, snapshot, before, i)) != NONE; i++) {
		if (page == guess)
			return true;
	}
	return false;
}

bool lesson_answer(const struct lesson_step *step, const struct snapshot *snapshot,
		   const struct snapshot *before, int64_t *count)
{
	struct lesson_object object = lesson_find(snapshot, before, step->object.text);

	*count = 0;
	if (step->measure == LESSON_LEAVES)
		return first_that_left(step, snapshot, before, count);
	if (object.kind == LESSON_NOTHING) {
		enum lesson_kind was =
			before ? find_now(before, step->object.text).kind : LESSON_NOTHING;

		return was == LESSON_FOBJ || was == LESSON_FILE;
	}
	if (object.kind == LESSON_FILE && step->measure == LESSON_REFS) {
		*count = snapshot->files[object.index].refcount;
		return true;
	}
	if (object.kind != LESSON_FOBJ || snapshot->fobjs[object.index].unreadable)
		return false;
	*count = step->measure == LESSON_REFS ? snapshot->fobjs[object.index].refcount
		 : step->measure == LESSON_OWNERS
			 ? count_owners(snapshot, object.index, step->object.page)
			 : (int64_t)snapshot->fobjs[object.index].num_resident;
	return true;
}

/* ---- sentences ---- */

struct sentence {
	char *text;
	size_t size, length;
	unsigned int items;
};

__attribute__((format(printf, 2, 3))) static void add(struct sentence *sentence, const char *format,
						      ...)
{
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(sentence->text + sentence->length, sentence->size - sentence->length,
			format, args);
	va_end(args);
	sentence->length += len < 0 ? 0 : (size_t)len;
	if (sentence->length >= sentence->size)
		sentence->length = sentence->size - 1;
}

static void add_item(struct sentence *sentence, const char *kind, const char *name)
{
	add(sentence, "%s%s%s%s", sentence->items++ ? ", " : "", kind, *kind ? " " : "", name);
}

static void add_holders(struct sentence *sentence, const struct snap_holder *holders,
			uint32_t count, int64_t surplus)
{
	add(sentence, count ? "held by " : "held by nobody who can be named");
	for (uint32_t i = 0; i < count; i++)
		add_item(sentence, holders[i].kind, holders[i].name);
	if (surplus > 0)
		add(sentence, "; %" PRId64 " more than it has holders", surplus);
	else if (surplus < 0)
		add(sentence, "; %" PRId64 " fewer than it has holders", -surplus);
}

static void add_owners(struct sentence *sentence, const struct snapshot *snapshot, uint32_t fobj,
		       uint32_t page)
{
	add(sentence, count_owners(snapshot, fobj, page) ? "in the areas " : "no area covers it");
	for (uint32_t i = 0; i < snapshot->num_areas; i++) {
		const struct snap_area *area = &snapshot->areas[i];
		const char *context =
			area->context == NONE ? "?" : snapshot->contexts[area->context].name;
		char name[80];

		if (!covers(area, fobj, page))
			continue;
		snprintf(name, sizeof(name), "%.*s.%.40s", (int)strcspn(context, " "), context,
			 area->name);
		add_item(sentence, "", name);
	}
}

static void add_resident(struct sentence *sentence, const struct snap_fobj *fobj)
{
	add(sentence, "of %" PRIu32 " pages, in memory: %s", fobj->pages,
	    fobj->num_resident ? "" : "none");
	for (uint32_t i = 0; i < fobj->num_resident; i++) {
		char page[16];

		snprintf(page, sizeof(page), "%" PRIu32, fobj->resident[i]);
		add_item(sentence, "", page);
	}
}

static void add_left(struct sentence *sentence, const struct lesson_step *step,
		     const struct snapshot *now, const struct snapshot *before)
{
	uint32_t page;

	for (uint32_t i = 0; (page = page_that_left(step, now, before, i)) != NONE; i++) {
		char text[16];

		snprintf(text, sizeof(text), "%" PRIu32, page);
		add_item(sentence, "", text);
	}
	add(sentence, " of %s left memory", step->object.text);
}

/* Why there is no answer. */
static void add_nothing(struct sentence *sentence, const struct lesson_step *step,
			struct lesson_object object)
{
	if (step->measure == LESSON_LEAVES)
		add(sentence, "no page of %s left memory", step->object.text);
	else if (object.kind == LESSON_NOTHING)
		add(sentence, "nothing is called %s", step->object.text);
	else if (object.kind == LESSON_FOBJ)
		add(sentence, "%s cannot be read", step->object.text);
	else
		add(sentence, "%s is no object with pages", step->object.text);
}

void lesson_explain(const struct lesson_step *step, const struct snapshot *snapshot,
		    const struct snapshot *before, char *text, size_t size)
{
	struct lesson_object object = lesson_find(snapshot, before, step->object.text);
	struct sentence sentence = {.text = text, .size = size};
	int64_t count;

	text[0] = 0;
	if (!lesson_answer(step, snapshot, before, &count)) {
		add_nothing(&sentence, step, object);
	} else if (step->measure == LESSON_LEAVES) {
		add_left(&sentence, step, snapshot, before);
	} else if (object.kind == LESSON_NOTHING) {
		add(&sentence, "%s is gone: freed with its last reference", step->object.text);
	} else if (object.kind == LESSON_FILE) {
		const struct snap_file *file = &snapshot->files[object.index];

		add_holders(&sentence, file->holders, file->num_holders, file->surplus);
	} else if (step->measure == LESSON_REFS) {
		const struct snap_fobj *fobj = &snapshot->fobjs[object.index];

		add_holders(&sentence, fobj->holders, fobj->num_holders, fobj->surplus);
	} else if (step->measure == LESSON_OWNERS) {
		add_owners(&sentence, snapshot, object.index, step->object.page);
	} else {
		add_resident(&sentence, &snapshot->fobjs[object.index]);
	}
}
