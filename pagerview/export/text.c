/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Plain lines. An address may mean several things at once (a page's physical address and a TA's
 * virtual one): each meaning is printed, with its name in front.
 */
#include "text.h"

#include <inttypes.h>
#include <string.h>

#define PAGE_SIZE 4096u

bool text_write_findings(const struct snapshot *snapshot, FILE *out)
{
	for (uint32_t i = 0; i < snapshot->num_findings; i++) {
		const struct snap_finding *finding = &snapshot->findings[i];

		fprintf(out, "%s %s %s: %s (%s)\n", finding->severity, finding->rule,
			finding->object, finding->message, finding->confidence);
	}
	return fflush(out) == 0 && !ferror(out);
}

/* " NAME" behind what has one: not every kernel gives its objects names. */
static void write_name(const char *name, FILE *out)
{
	if (name[0])
		fprintf(out, " %s", name);
}

static void write_fobj_name(const struct snapshot *snapshot, uint32_t fobj, FILE *out)
{
	if (fobj == NONE) {
		fputs("no fobj", out);
		return;
	}
	fprintf(out, "fobj 0x%" PRIx64, snapshot->fobjs[fobj].id);
	write_name(snapshot->fobjs[fobj].name, out);
}

static void write_area_name(const struct snap_area *area, FILE *out)
{
	fprintf(out, "area 0x%" PRIx64, area->id);
	write_name(area->name, out);
}

static const char *context_label(const struct snapshot *snapshot, uint32_t context)
{
	return context == NONE ? "no context" : snapshot->contexts[context].name;
}

static void write_pmem(const struct snapshot *snapshot, const struct snap_pmem *pmem, FILE *out)
{
	fprintf(out, "pmem 0x%" PRIx64, pmem->id);
	if (pmem->pa_known)
		fprintf(out, ", physical 0x%" PRIx64, pmem->pa);
	fprintf(out, ", %s%s", pmem_state_name(pmem->state), pmem->hidden ? ", hidden" : "");
	if (pmem->fobj != NONE) {
		fprintf(out, ": page %" PRIu32 " of ", pmem->page);
		write_fobj_name(snapshot, pmem->fobj, out);
	}
	fputc('\n', out);
	for (uint32_t i = 0; i < pmem->num_owners; i++) {
		const struct snap_owner *owner = &pmem->owners[i];

		fprintf(out, "  owner %s: ", context_label(snapshot, owner->context));
		write_area_name(&snapshot->areas[owner->area], out);
		fprintf(out, ", at 0x%" PRIx64 " ", owner->va);
		if (owner->pte_known)
			fprintf(out, "%c%c%c\n", owner->pte & PROT_R ? 'r' : '-',
				owner->pte & PROT_W ? 'w' : '-', owner->pte & PROT_X ? 'x' : '-');
		else
			fputs("not known\n", out);
	}
}

static void write_holders(const struct snap_holder *holders, uint32_t count, FILE *out)
{
	for (uint32_t i = 0; i < count; i++)
		fprintf(out, "  holder %s 0x%" PRIx64 " %s\n", holders[i].kind, holders[i].id,
			holders[i].name);
}

static bool write_objects(const struct snapshot *snapshot, uint64_t addr, FILE *out)
{
	bool found = false;

	for (uint32_t i = 0; i < snapshot->num_fobjs; i++) {
		const struct snap_fobj *fobj = &snapshot->fobjs[i];

		if (fobj->id != addr)
			continue;
		found = true;
		write_fobj_name(snapshot, i, out);
		fprintf(out,
			": %s, %" PRIu32 " pages, %" PRIu32 " resident, refcount %" PRId64
			", surplus %" PRId64 "\n",
			fobj->kind, fobj->pages, fobj->num_resident, fobj->refcount, fobj->surplus);
		write_holders(fobj->holders, fobj->num_holders, out);
	}
	for (uint32_t i = 0; i < snapshot->num_files; i++) {
		const struct snap_file *file = &snapshot->files[i];

		if (file->id != addr)
			continue;
		found = true;
		fprintf(out,
			"file 0x%" PRIx64 " %.16s: %" PRIu32 " slices, refcount %" PRId64
			", surplus %" PRId64 "\n",
			file->id, file->tag, file->num_slices, file->refcount, file->surplus);
		write_holders(file->holders, file->num_holders, out);
	}
	return found;
}

/* The page that holds this area's page at ADDR, if it is resident. */
static const struct snap_pmem *resident_page(const struct snapshot *snapshot,
					     const struct snap_area *area, uint64_t addr)
{
	uint64_t page = area->fobj_page + (addr - area->base) / PAGE_SIZE;

	for (uint32_t i = 0; area->fobj != NONE && i < snapshot->num_pmems; i++) {
		if (snapshot->pmems[i].fobj == area->fobj && snapshot->pmems[i].page == page)
			return &snapshot->pmems[i];
	}
	return NULL;
}

static bool write_areas(const struct snapshot *snapshot, uint64_t addr, FILE *out)
{
	bool found = false;

	for (uint32_t i = 0; i < snapshot->num_areas; i++) {
		const struct snap_area *area = &snapshot->areas[i];
		bool inside =
			addr >= area->base && addr - area->base < (uint64_t)area->pages * PAGE_SIZE;
		const struct snap_pmem *pmem;

		if (area->id != addr && !inside)
			continue;
		found = true;
		write_area_name(area, out);
		fprintf(out, " of %s: 0x%" PRIx64 ", %" PRIu32 " pages of ",
			context_label(snapshot, area->context), area->base, area->pages);
		write_fobj_name(snapshot, area->fobj, out);
		fprintf(out, " from page %" PRIu32 "\n", area->fobj_page);
		if (!inside)
			continue;
		pmem = resident_page(snapshot, area, addr);
		if (pmem)
			write_pmem(snapshot, pmem, out);
		else
			fputs("  its page is not resident\n", out);
	}
	return found;
}

bool text_write_owners(const struct snapshot *snapshot, uint64_t addr, FILE *out, bool *found)
{
	*found = write_objects(snapshot, addr, out);
	for (uint32_t i = 0; i < snapshot->num_pmems; i++) {
		const struct snap_pmem *pmem = &snapshot->pmems[i];

		if (pmem->id == addr ||
		    (pmem->pa_known && addr >= pmem->pa && addr - pmem->pa < PAGE_SIZE)) {
			write_pmem(snapshot, pmem, out);
			*found = true;
		}
	}
	if (write_areas(snapshot, addr, out))
		*found = true;
	return fflush(out) == 0 && !ferror(out);
}

bool text_write_diff(const struct diff *diff, FILE *out)
{
	for (uint32_t i = 0; i < diff->num_changes; i++) {
		const struct diff_change *change = &diff->changes[i];

		fprintf(out, "%c %s 0x%" PRIx64 "%s%s%s%s\n", change->sign, change->kind,
			change->id, change->name[0] ? " " : "", change->name,
			change->text[0] ? ": " : "", change->text);
	}
	return fflush(out) == 0 && !ferror(out);
}

/* ---- events ---- */

/* What `detail` and the rest of an event mean to its kind. */
static void event_about(const struct snap_event *event, char *text, size_t len)
{
	bool counts = strcmp(event->kind, "get") == 0 || strcmp(event->kind, "put") == 0;

	if (counts)
		snprintf(text, len, "refs %" PRIu64, event->detail);
	else if (strcmp(event->kind, "new") == 0 || strcmp(event->kind, "free") == 0)
		snprintf(text, len, "pages %" PRIu64, event->detail);
	else if (strcmp(event->kind, "step") == 0)
		snprintf(text, len, "%" PRIu64, event->detail);
	else if (event->va)
		snprintf(text, len, "at 0x%" PRIx64, event->va);
	else
		text[0] = 0;
}

bool text_write_event(const struct snap_event *event, text_namer *namer, void *arg, FILE *out)
{
	const char *name = event->object ? namer(arg, event->object) : "";
	char object[64] = "", about[64];

	if (event->object && name[0])
		snprintf(object, sizeof(object), "%.40s", name);
	else if (event->object)
		snprintf(object, sizeof(object), "0x%" PRIx64, event->object);
	if (event->page != NO_EVENT_PAGE)
		snprintf(object + strlen(object), sizeof(object) - strlen(object), "[%" PRIu64 "]",
			 event->page);
	event_about(event, about, sizeof(about));
	fprintf(out, "%8" PRIu64 " cpu%" PRIu32 " %-7s %-18s %-16s", event->seq, event->cpu,
		event->kind[0] ? event->kind : "?", object, about);
	if (event->where[0])
		fprintf(out, " %s%s%s", event->where, event->path[0] ? " < " : "", event->path);
	fputc('\n', out);
	return !ferror(out);
}
