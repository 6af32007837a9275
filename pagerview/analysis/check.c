/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One function per rule, one table of them. A rule looks at whole lists; what is compared pairwise
 * is sorted first, so a snapshot of ten thousand pages costs no more than its sorting.
 */
#include "check.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../model/arena.h"

#define MAX_FINDINGS 1000u /* more are counted in a last one */
#define PAGE_SIZE    4096u
#define MOST_PAGES   (1u << 20) /* of one object: 4 GiB, all that a 32-bit TA can see */

struct check {
	struct snapshot *snapshot;
	const char *confidence; /* of what is reported now, unless the snapshot is torn */
	uint32_t max, dropped;
	bool out_of_memory;
};

__attribute__((format(printf, 5, 6))) static void report(struct check *check, const char *rule,
							 const char *kind, uint64_t id,
							 const char *format, ...)
{
	struct snapshot *snapshot = check->snapshot;
	bool torn = snapshot->capture.consistency == CONSISTENCY_TORN;
	struct snap_finding *finding;
	char text[400];
	va_list args;

	if (snapshot->num_findings == MAX_FINDINGS) {
		check->dropped++;
		return;
	}
	if (snapshot->num_findings == check->max) {
		uint32_t max = check->max ? check->max * 2 : 16;
		struct snap_finding *more =
			arena_alloc_array(snapshot->arena, max + 1, sizeof(*more));

		if (!more) {
			check->out_of_memory = true;
			return;
		}
		if (check->max)
			memcpy(more, snapshot->findings, check->max * sizeof(*more));
		snapshot->findings = more;
		check->max = max;
	}
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	finding = &snapshot->findings[snapshot->num_findings++];
	finding->rule = rule;
	finding->severity = "error";
	finding->object = arena_printf(snapshot->arena, "%s 0x%" PRIx64, kind, id);
	finding->message = arena_strndup(snapshot->arena, text, sizeof(text));
	finding->confidence = check->confidence;
	if (torn)
		check_mark_in_flight(finding);
	if (!finding->object || !finding->message)
		check->out_of_memory = true;
}

/* ---- references ---- */

/* "2 areas, 1 slice" of a list of holders, by kind. */
static void sum_holders(const struct snap_holder *holders, uint32_t count, char *text, size_t len)
{
	text[0] = 0;
	for (uint32_t i = 0; i < count; i++) {
		uint32_t same = 0;
		bool first = true;

		for (uint32_t n = 0; n < count; n++) {
			bool equal = strcmp(holders[n].kind, holders[i].kind) == 0;

			same += equal;
			first = first && !(equal && n < i);
		}
		if (first && strlen(text) + 40 < len)
			snprintf(text + strlen(text), len - strlen(text), "%s%" PRIu32 " %.20s%s",
				 text[0] ? ", " : "", same, holders[i].kind, same == 1 ? "" : "s");
		if (i > 256)
			break; /* kinds are few: whoever comes later is one of these */
	}
	if (!text[0])
		snprintf(text, len, "none");
}

/*
 * "; no pointer to it is left" or "; 3 pointers to it: stack of thread B+0x8, ..."; "": no scan.
 * What could not be read may hold one: then it is only possible that there is none.
 */
static void tell_pointers(struct check *check, const struct snap_pointers *pointers, char *text,
			  size_t len)
{
	uint64_t unscanned = check->snapshot->capture.unscanned;

	text[0] = 0;
	if (!pointers)
		return;
	if (pointers->count || unscanned)
		check->confidence = "possible";
	if (!pointers->count && unscanned) {
		snprintf(text, len,
			 "; no pointer to it was found, but %" PRIu64 " KiB could not be searched",
			 (unscanned + 1023) / 1024);
		return;
	}
	if (!pointers->count) {
		snprintf(text, len, "; no pointer to it is left");
		return;
	}
	snprintf(text, len, "; %" PRIu32 " pointer%s to it:", pointers->count,
		 pointers->count == 1 ? "" : "s");
	for (uint32_t i = 0; i < pointers->num_places && i < 2; i++)
		snprintf(text + strlen(text), len - strlen(text), "%s %.60s", i ? "," : "",
			 pointers->places[i]);
	if (pointers->count > 2)
		snprintf(text + strlen(text), len - strlen(text), " ...");
}

/*
 * A surplus is possibly somebody's whom nobody names, as long as a pointer is left; without one it
 * is a leak. A deficit needs no pointer: those who hold too much are named.
 */
static void report_count(struct check *check, const char *kind, uint64_t id, const char *name,
			 int64_t refcount, const struct snap_holder *holders, uint32_t count,
			 int64_t surplus)
{
	const struct snap_pointers *pointers;
	char sum[200], left[180];

	if (check->snapshot->num_findings == MAX_FINDINGS) { /* no words for what is only counted */
		check->dropped++;
		return;
	}
	pointers = surplus > 0 ? snapshot_find_pointers(check->snapshot, id) : NULL;
	sum_holders(holders, count, sum, sizeof(sum));
	tell_pointers(check, pointers, left, sizeof(left));
	report(check, surplus > 0 ? "refcount-surplus" : "refcount-deficit", kind, id,
	       "%.60s: refcount %" PRId64 ", but %" PRIu32 " holder%s (%s): %" PRId64 " too %s%s",
	       name, refcount, count, count == 1 ? "" : "s", sum, surplus > 0 ? surplus : -surplus,
	       surplus > 0 ? "many" : "few", left);
	check->confidence = "definite";
}

/* What the heap still holds, and no list leads to. */
static void check_lost(struct check *check)
{
	const struct snapshot *snapshot = check->snapshot;

	for (uint32_t i = 0; i < snapshot->num_lost; i++) {
		const struct snap_lost *lost = &snapshot->lost[i];
		const struct snap_pointers *pointers = snapshot_find_pointers(snapshot, lost->id);
		char left[180];

		tell_pointers(check, pointers, left, sizeof(left));
		report(check, "unreachable", "fobj", lost->id,
		       "%.60s%s%.30s, %" PRIu32 " page%s, refcount %" PRId64
		       ": in the heap, but in no list%s",
		       lost->name, lost->name[0] ? ": " : "", lost->kind, lost->pages,
		       lost->pages == 1 ? "" : "s", lost->refcount, left);
		check->confidence = "definite";
	}
}

/* Where a kernel gives its fobjs no names: what it is. */
static const char *fobj_label(const struct snap_fobj *fobj, char *text, size_t len)
{
	if (fobj->name[0])
		return fobj->name;
	snprintf(text, len, "%.20s%s%" PRIu32 " page%s", fobj->kind, fobj->kind[0] ? " of " : "",
		 fobj->pages, fobj->pages == 1 ? "" : "s");
	return text;
}

static void check_counts(struct check *check)
{
	const struct snapshot *snapshot = check->snapshot;
	char label[60];

	for (uint32_t i = 0; i < snapshot->num_fobjs; i++) {
		const struct snap_fobj *fobj = &snapshot->fobjs[i];

		if (fobj->surplus)
			report_count(check, "fobj", fobj->id,
				     fobj_label(fobj, label, sizeof(label)), fobj->refcount,
				     fobj->holders, fobj->num_holders, fobj->surplus);
	}
	for (uint32_t i = 0; i < snapshot->num_files; i++) {
		const struct snap_file *file = &snapshot->files[i];

		if (file->surplus)
			report_count(check, "file", file->id, file->tag, file->refcount,
				     file->holders, file->num_holders, file->surplus);
	}
}

/* Somebody points at what is not there any more: by name who does. */
static void report_freed(struct check *check, const char *kind, uint64_t id,
			 const struct snap_holder *holders, uint32_t count)
{
	char more[40] = "";

	if (count > 1)
		snprintf(more, sizeof(more), " and %" PRIu32 " more", count - 1);
	report(check, "dangling", kind, id,
	       "freed, it is in no list of %ss, but %.20s %.60s%s %s it", kind,
	       count ? holders[0].kind : "something", count ? holders[0].name : "", more,
	       count > 1 ? "hold" : "holds");
}

static void check_dead(struct check *check)
{
	const struct snapshot *snapshot = check->snapshot;
	char label[60];

	for (uint32_t i = 0; i < snapshot->num_fobjs; i++) {
		const struct snap_fobj *fobj = &snapshot->fobjs[i];

		if (fobj->unlisted)
			report_freed(check, "fobj", fobj->id, fobj->holders, fobj->num_holders);
		if (!fobj->unreadable && fobj->refcount <= 0)
			report(check, "dead-but-listed", "fobj", fobj->id,
			       "%.60s: refcount %" PRId64 ", and still reachable",
			       fobj_label(fobj, label, sizeof(label)), fobj->refcount);
	}
	for (uint32_t i = 0; i < snapshot->num_files; i++) {
		const struct snap_file *file = &snapshot->files[i];

		if (file->unlisted)
			report_freed(check, "file", file->id, file->holders, file->num_holders);
		else if (file->refcount <= 0)
			report(check, "dead-but-listed", "file", file->id,
			       "%.16s: refcount %" PRId64 ", and still listed", file->tag,
			       file->refcount);
	}
}

/* A length that is none of a real object's: memory went bad, or the ELF is another one. */
static void check_sizes(struct check *check)
{
	const struct snapshot *snapshot = check->snapshot;

	for (uint32_t i = 0; i < snapshot->num_fobjs; i++) {
		const struct snap_fobj *fobj = &snapshot->fobjs[i];

		if (!fobj->unreadable && fobj->pages > MOST_PAGES)
			report(check, "fobj-size", "fobj", fobj->id,
			       "has %" PRIu32 " pages: no pager's store backs so many",
			       fobj->pages);
	}
}

/* ---- areas ---- */

static int compare_area(const void *a, const void *b)
{
	const struct snap_area *x = *(const struct snap_area *const *)a;
	const struct snap_area *y = *(const struct snap_area *const *)b;

	if (x->context != y->context)
		return x->context < y->context ? -1 : 1;
	return x->base < y->base ? -1 : x->base > y->base;
}

static void check_overlap(struct check *check)
{
	const struct snapshot *snapshot = check->snapshot;
	const struct snap_area **sorted =
		calloc(snapshot->num_areas + 1, sizeof(const struct snap_area *));

	if (!sorted) {
		check->out_of_memory = true;
		return;
	}
	for (uint32_t i = 0; i < snapshot->num_areas; i++)
		sorted[i] = &snapshot->areas[i];
	qsort(sorted, snapshot->num_areas, sizeof(sorted[0]), compare_area);
	for (uint32_t i = 1; i < snapshot->num_areas; i++) {
		const struct snap_area *low = sorted[i - 1], *high = sorted[i];

		if (low->context == high->context && low->context != NONE &&
		    high->base - low->base < (uint64_t)low->pages * PAGE_SIZE)
			report(check, "areas-overlap", "area", high->id,
			       "begins at 0x%" PRIx64 ", inside area 0x%" PRIx64 " of %" PRIu32
			       " pages from 0x%" PRIx64,
			       high->base, low->id, low->pages, low->base);
	}
	free(sorted);
}

/* Where a list is kept by address, whoever looks an area up stops at the first that lies behind. */
static void check_order(struct check *check)
{
	const struct snapshot *snapshot = check->snapshot;

	for (uint32_t i = 0; i < snapshot->num_contexts; i++) {
		const struct snap_context *context = &snapshot->contexts[i];

		for (uint32_t n = 1; context->sorted && n < context->num_areas; n++) {
			const struct snap_area *low = &snapshot->areas[context->areas[n - 1]];
			const struct snap_area *high = &snapshot->areas[context->areas[n]];

			if (high->base < low->base)
				report(check, "area-order", "area", high->id,
				       "begins at 0x%" PRIx64 ", but follows area 0x%" PRIx64
				       " at 0x%" PRIx64 " in the list of %.60s",
				       high->base, low->id, low->base, context->name);
		}
	}
}

/* The target's own count of a list's nodes against the nodes. */
static void check_lengths(struct check *check)
{
	const struct snapshot *snapshot = check->snapshot;

	for (uint32_t i = 0; i < snapshot->num_lists; i++) {
		const struct snap_list *list = &snapshot->lists[i];

		if (list->nodes != list->counted)
			report(check, "list-length", "list", list->id,
			       "%.60s: %" PRIu64 " nodes, but its count says %" PRIu64, list->name,
			       list->nodes, list->counted);
	}
}

static void check_areas(struct check *check)
{
	const struct snapshot *snapshot = check->snapshot;

	for (uint32_t i = 0; i < snapshot->num_areas; i++) {
		const struct snap_area *area = &snapshot->areas[i];
		const struct snap_fobj *fobj =
			area->fobj == NONE ? NULL : &snapshot->fobjs[area->fobj];

		if (area->not_in_context)
			report(check, "area-lists", "area", area->id,
			       "its fobj lists it, no context does");
		if (area->not_in_fobj && fobj)
			report(check, "area-lists", "area", area->id,
			       "maps fobj 0x%" PRIx64 ", which does not list it", fobj->id);
		if (fobj && !fobj->unreadable &&
		    (uint64_t)area->fobj_page + area->pages > fobj->pages)
			report(check, "area-range", "area", area->id,
			       "maps pages %" PRIu32 " to %" PRIu64 " of a fobj of %" PRIu32,
			       area->fobj_page, (uint64_t)area->fobj_page + area->pages,
			       fobj->pages);
		if (area->prot & PROT_W && area->prot & PROT_X)
			report(check, "write-and-execute", "area", area->id,
			       "is writable and executable");
	}
	check_overlap(check);
	check_order(check);
}

/* ---- pages ---- */

static int compare_place(const void *a, const void *b)
{
	const struct snap_pmem *x = *(const struct snap_pmem *const *)a;
	const struct snap_pmem *y = *(const struct snap_pmem *const *)b;

	if (x->fobj != y->fobj)
		return x->fobj < y->fobj ? -1 : 1;
	return x->page < y->page ? -1 : x->page > y->page;
}

static void check_one_pmem(struct check *check)
{
	const struct snapshot *snapshot = check->snapshot;
	const struct snap_pmem **sorted =
		calloc(snapshot->num_pmems + 1, sizeof(const struct snap_pmem *));

	if (!sorted) {
		check->out_of_memory = true;
		return;
	}
	for (uint32_t i = 0; i < snapshot->num_pmems; i++)
		sorted[i] = &snapshot->pmems[i];
	qsort(sorted, snapshot->num_pmems, sizeof(sorted[0]), compare_place);
	for (uint32_t i = 1; i < snapshot->num_pmems; i++) {
		const struct snap_pmem *one = sorted[i - 1], *two = sorted[i];

		if (one->fobj != NONE && compare_place(&one, &two) == 0)
			report(check, "one-pmem", "pmem", two->id,
			       "holds page %" PRIu32 " of fobj 0x%" PRIx64
			       ", and so does pmem 0x%" PRIx64,
			       two->page, snapshot->fobjs[two->fobj].id, one->id);
	}
	free(sorted);
}

static void check_owner(struct check *check, const struct snap_pmem *pmem,
			const struct snap_owner *owner)
{
	const struct snap_area *area = &check->snapshot->areas[owner->area];

	if (!owner->pte_known || owner->pte_pa == 0)
		return;
	if (pmem->pa_known && owner->pte_pa != pmem->pa) {
		report(check, "mapped-elsewhere", "pmem", pmem->id,
		       "area 0x%" PRIx64 " maps 0x%" PRIx64 " at 0x%" PRIx64
		       ", but the page is at 0x%" PRIx64,
		       area->id, owner->pte_pa, owner->va, pmem->pa);
		return;
	}
	if (pmem->hidden)
		report(check, "hidden-but-mapped", "pmem", pmem->id,
		       "is hidden, but mapped at 0x%" PRIx64 " through area 0x%" PRIx64, owner->va,
		       area->id);
	if (pmem->state == PMEM_STATE_CLEAN && owner->pte & PROT_W)
		report(check, "clean-but-writable", "pmem", pmem->id,
		       "is clean, but writable at 0x%" PRIx64 " through area 0x%" PRIx64, owner->va,
		       area->id);
	if (owner->pte & ~area->prot)
		report(check, "beyond-protection", "area", area->id,
		       "0x%" PRIx64 " may do more than the area allows", owner->va);
}

static void check_pages(struct check *check)
{
	const struct snapshot *snapshot = check->snapshot;

	for (uint32_t i = 0; i < snapshot->num_pmems; i++) {
		const struct snap_pmem *pmem = &snapshot->pmems[i];
		const struct snap_fobj *fobj =
			pmem->fobj == NONE ? NULL : &snapshot->fobjs[pmem->fobj];

		if (fobj && pmem->state == PMEM_STATE_FREE)
			report(check, "free-but-used", "pmem", pmem->id,
			       "is free, but holds page %" PRIu32 " of fobj 0x%" PRIx64, pmem->page,
			       fobj->id);
		if (!fobj && pmem->state != PMEM_STATE_FREE)
			report(check, "used-but-empty", "pmem", pmem->id, "is %s, but of no fobj",
			       pmem_state_name(pmem->state));
		if (fobj && !fobj->unreadable && pmem->page >= fobj->pages)
			report(check, "page-range", "pmem", pmem->id,
			       "holds page %" PRIu32 " of fobj 0x%" PRIx64 ", which has %" PRIu32,
			       pmem->page, fobj->id, fobj->pages);
		for (uint32_t n = 0; n < pmem->num_owners; n++)
			check_owner(check, pmem, &pmem->owners[n]);
	}
	check_one_pmem(check);
}

/* ---- tables ---- */

static const char *context_label(const struct snapshot *snapshot, uint32_t context)
{
	return context == NONE ? "no context" : snapshot->contexts[context].name;
}

/* What the tables hold, from their side: nobody may see a page of the pool but its owners. */
static void check_tables(struct check *check)
{
	const struct snapshot *snapshot = check->snapshot;

	for (uint32_t i = 0; i < snapshot->num_tables; i++) {
		const struct snap_table *table = &snapshot->tables[i];

		if (table->used != table->entries)
			report(check, "table-count", "table", table->id,
			       "of %.60s, from 0x%" PRIx64 ": says %" PRIu32
			       " entries are used, but %" PRIu32 " are valid",
			       context_label(snapshot, table->context), table->base, table->used,
			       table->entries);
	}
	for (uint32_t i = 0; i < snapshot->num_strays; i++) {
		const struct snap_stray *stray = &snapshot->strays[i];

		report(check, "stray-mapping", "table", stray->table,
		       "%.60s maps the page at 0x%" PRIx64 " at 0x%" PRIx64 " (%c%c%c),"
		       " but no area of it covers that page there",
		       context_label(snapshot, stray->context), stray->pa, stray->va,
		       stray->pte & PROT_R ? 'r' : '-', stray->pte & PROT_W ? 'w' : '-',
		       stray->pte & PROT_X ? 'x' : '-');
	}
}

/* ---- files ---- */

static void check_slice(struct check *check, const struct snap_file *file, uint32_t n)
{
	const struct snapshot *snapshot = check->snapshot;
	const struct snap_slice *slice = &file->slices[n];
	const struct snap_fobj *fobj = slice->fobj == NONE ? NULL : &snapshot->fobjs[slice->fobj];

	if (!fobj) {
		report(check, "slice", "file", file->id, "slice %" PRIu32 " has no fobj", n);
		return;
	}
	if (!fobj->unreadable && (!slice->pages || slice->page_offset > UINT32_MAX - slice->pages))
		report(check, "slice-range", "file", file->id,
		       "slice %" PRIu32 " is pages %" PRIu32 " to %" PRIu64 " of it", n,
		       slice->page_offset, (uint64_t)slice->page_offset + slice->pages);
	for (uint32_t other = 0; other < n; other++) {
		const struct snap_slice *low = &file->slices[other];

		if (slice->page_offset < (uint64_t)low->page_offset + low->pages &&
		    low->page_offset < (uint64_t)slice->page_offset + slice->pages)
			report(check, "slices-overlap", "file", file->id,
			       "slices %" PRIu32 " and %" PRIu32 " overlap at page %" PRIu32, other,
			       n, slice->page_offset);
	}
}

/* The first slice that holds it, or NULL. */
static const struct snap_holder *find_slice(const struct snap_fobj *fobj)
{
	for (uint32_t i = 0; i < fobj->num_holders; i++) {
		if (strcmp(fobj->holders[i].kind, "slice") == 0)
			return &fobj->holders[i];
	}
	return NULL;
}

/* What two TAs share must not be writable by either (rule 4). */
static void check_writable_slices(struct check *check)
{
	const struct snapshot *snapshot = check->snapshot;
	const struct snap_holder **shares =
		calloc((size_t)snapshot->num_fobjs + 1, sizeof(const struct snap_holder *));

	if (!shares) {
		check->out_of_memory = true;
		return;
	}
	for (uint32_t i = 0; i < snapshot->num_fobjs; i++)
		shares[i] = find_slice(&snapshot->fobjs[i]);
	for (uint32_t i = 0; i < snapshot->num_areas; i++) {
		const struct snap_area *area = &snapshot->areas[i];

		if (area->fobj != NONE && area->prot & PROT_W && shares[area->fobj])
			report(check, "writable-slice", "area", area->id,
			       "may write fobj 0x%" PRIx64 ", which %s shares",
			       snapshot->fobjs[area->fobj].id, shares[area->fobj]->name);
	}
	free(shares);
}

static void check_files(struct check *check)
{
	check_writable_slices(check);
	for (uint32_t i = 0; i < check->snapshot->num_files; i++) {
		const struct snap_file *file = &check->snapshot->files[i];

		/* A file has a handful of slices; thousands are garbage, and told as such once. */
		if (file->num_slices > 256) {
			report(check, "slice", "file", file->id, "has %" PRIu32 " slices",
			       file->num_slices);
			continue;
		}
		for (uint32_t n = 0; n < file->num_slices; n++)
			check_slice(check, file, n);
	}
}

bool check_fill(struct snapshot *snapshot)
{
	struct check check = {.snapshot = snapshot, .confidence = "definite"};

	snapshot->findings = NULL;
	snapshot->num_findings = 0;
	check_counts(&check);
	check_dead(&check);
	check_lost(&check);
	check_sizes(&check);
	check_areas(&check);
	check_pages(&check);
	check_lengths(&check);
	check_tables(&check);
	check_files(&check);
	if (check.dropped && !check.out_of_memory) {
		struct snap_finding *last = &snapshot->findings[MAX_FINDINGS - 1];

		last->message = arena_printf(snapshot->arena, "%s; and %" PRIu32 " more findings",
					     last->message, check.dropped);
		check.out_of_memory = !last->message;
	}
	return !check.out_of_memory;
}

/* ---- in flight ---- */

bool check_may_be_in_flight(const struct snap_finding *finding)
{
	static const char *const rules[] = {"refcount-surplus", "refcount-deficit", "area-lists",
					    "dead-but-listed",  "unreachable",      "dangling"};

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		if (strcmp(finding->rule, rules[i]) == 0)
			return true;
	}
	return false;
}

void check_mark_in_flight(struct snap_finding *finding)
{
	finding->severity = "note";
	finding->confidence = "in-flight";
}

bool check_is_in_flight(const struct snap_finding *finding)
{
	return strcmp(finding->confidence, "in-flight") == 0;
}

uint32_t check_count(const struct snapshot *snapshot)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < snapshot->num_findings; i++)
		count += !check_is_in_flight(&snapshot->findings[i]);
	return count;
}

bool check_refill(struct snapshot *snapshot)
{
	const struct snap_finding *old = snapshot->findings;
	uint32_t num_old = snapshot->num_findings;

	if (!check_fill(snapshot))
		return false;
	for (uint32_t i = 0; i < snapshot->num_findings && !snapshot->capture.has_generation; i++) {
		struct snap_finding *finding = &snapshot->findings[i];

		if (!check_may_be_in_flight(finding))
			continue;
		check_mark_in_flight(finding);
		for (uint32_t n = 0; n < num_old; n++) {
			if (strcmp(old[n].rule, finding->rule) != 0 ||
			    strcmp(old[n].object, finding->object) != 0)
				continue;
			finding->severity = old[n].severity;
			finding->confidence = old[n].confidence;
		}
	}
	return true;
}
