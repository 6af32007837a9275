/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The text is written straight out, not built as a tree first: numbers of 64 bits stay exact, and
 * a snapshot of ten thousand pages takes no second copy. One object a line keeps it readable and
 * lets line-wise tools compare two of them.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"

void json_write_string(const char *text, FILE *out)
{
	fputc('"', out);
	for (; text && *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == '"' || c == '\\')
			fprintf(out, "\\%c", c);
		else if (c < ' ' || c == 0x7f)
			fprintf(out, "\\u%04x", c);
		else
			fputc(c, out);
	}
	fputc('"', out);
}

static void put_key(FILE *out, const char *key)
{
	fprintf(out, ", \"%s\": ", key);
}

static void put_text(FILE *out, const char *key, const char *text)
{
	put_key(out, key);
	json_write_string(text, out);
}

static void put_number(FILE *out, const char *key, int64_t number)
{
	put_key(out, key);
	fprintf(out, "%" PRId64, number);
}

static void put_hex(FILE *out, const char *key, uint64_t number)
{
	put_key(out, key);
	fprintf(out, "\"0x%" PRIx64 "\"", number);
}

/* An object that something points at, or null. */
static void put_reference(FILE *out, const char *key, bool there, uint64_t id)
{
	if (there) {
		put_hex(out, key, id);
		return;
	}
	put_key(out, key);
	fputs("null", out);
}

static const char *prot_text(uint8_t prot, char text[4])
{
	text[0] = prot & PROT_R ? 'r' : '-';
	text[1] = prot & PROT_W ? 'w' : '-';
	text[2] = prot & PROT_X ? 'x' : '-';
	text[3] = 0;
	return text;
}

static void begin_list(FILE *out, const char *name)
{
	fprintf(out, ",\n  \"%s\": [", name);
}

static void begin_item(FILE *out, uint32_t index, uint64_t id)
{
	fprintf(out, "%s\n    { \"id\": \"0x%" PRIx64 "\"", index ? "," : "", id);
}

static void end_list(FILE *out, uint32_t count)
{
	fputs(count ? "\n  ]" : "]", out);
}

static void write_capture(const struct capture *capture, FILE *out)
{
	fputs("  \"capture\": { \"elf\": ", out);
	json_write_string(capture->elf, out);
	put_text(out, "build_id", capture->build_id);
	put_text(out, "profile", capture->profile);
	put_hex(out, "slide", capture->slide);
	put_text(out, "source", capture->source);
	put_text(out, "consistency", consistency_name(capture->consistency));
	put_text(out, "why", capture->why);
	put_reference(out, "stop_pc", capture->stop_pc != 0, capture->stop_pc);
	put_number(out, "pause_us", (int64_t)capture->pause_us);
	put_number(out, "packets", (int64_t)capture->packets);
	put_number(out, "bytes", (int64_t)capture->bytes);
	fprintf(out, ", \"time\": %.6f", capture->time);
	put_key(out, "generation");
	if (capture->has_generation)
		fprintf(out, "%" PRIu64, capture->generation);
	else
		fputs("null", out);
	if (capture->scanned)
		put_number(out, "scanned", (int64_t)capture->scanned);
	if (capture->unscanned)
		put_number(out, "unscanned", (int64_t)capture->unscanned);
	fputs(" }", out);
}

static const char *context_kind_name(enum context_kind kind)
{
	return kind == CONTEXT_CORE ? "core" : kind == CONTEXT_PSEUDO ? "pseudo" : "user";
}

static void write_contexts(const struct snapshot *snapshot, FILE *out)
{
	begin_list(out, "contexts");
	for (uint32_t i = 0; i < snapshot->num_contexts; i++) {
		const struct snap_context *context = &snapshot->contexts[i];

		begin_item(out, i, context->id);
		put_text(out, "name", context->name);
		put_text(out, "kind", context_kind_name(context->kind));
		put_number(out, "asid", context->asid);
		put_text(out, "state", context->state);
		put_number(out, "faults", (int64_t)context->faults);
		if (context->sorted)
			fputs(", \"sorted\": true", out);
		fputs(", \"areas\": [", out);
		for (uint32_t n = 0; n < context->num_areas; n++)
			fprintf(out, "%s\"0x%" PRIx64 "\"", n ? ", " : "",
				snapshot->areas[context->areas[n]].id);
		fputs("] }", out);
	}
	end_list(out, snapshot->num_contexts);
}

static void write_areas(const struct snapshot *snapshot, FILE *out)
{
	char prot[4];

	begin_list(out, "areas");
	for (uint32_t i = 0; i < snapshot->num_areas; i++) {
		const struct snap_area *area = &snapshot->areas[i];

		begin_item(out, i, area->id);
		put_text(out, "name", area->name);
		put_reference(out, "context", area->context != NONE,
			      area->context != NONE ? snapshot->contexts[area->context].id : 0);
		put_hex(out, "base", area->base);
		put_number(out, "pages", area->pages);
		put_reference(out, "fobj", area->fobj != NONE,
			      area->fobj != NONE ? snapshot->fobjs[area->fobj].id : 0);
		put_number(out, "fobj_page", area->fobj_page);
		put_text(out, "type", area->type);
		put_text(out, "prot", prot_text(area->prot, prot));
		if (area->not_in_context)
			fputs(", \"not_in_context\": true", out);
		if (area->not_in_fobj)
			fputs(", \"not_in_fobj\": true", out);
		fputs(" }", out);
	}
	end_list(out, snapshot->num_areas);
}

static void write_holders(const struct snap_holder *holders, uint32_t count, FILE *out)
{
	fputs(", \"holders\": [", out);
	for (uint32_t i = 0; i < count; i++) {
		fprintf(out, "%s{ \"kind\": ", i ? ", " : "");
		json_write_string(holders[i].kind, out);
		put_hex(out, "id", holders[i].id);
		put_text(out, "name", holders[i].name);
		fputs(" }", out);
	}
	fputs("]", out);
}

static void write_fobjs(const struct snapshot *snapshot, FILE *out)
{
	begin_list(out, "fobjs");
	for (uint32_t i = 0; i < snapshot->num_fobjs; i++) {
		const struct snap_fobj *fobj = &snapshot->fobjs[i];

		begin_item(out, i, fobj->id);
		put_text(out, "name", fobj->name);
		put_text(out, "kind", fobj->kind);
		put_number(out, "pages", fobj->pages);
		put_number(out, "refcount", fobj->refcount);
		fputs(", \"resident\": [", out);
		for (uint32_t n = 0; n < fobj->num_resident; n++)
			fprintf(out, "%s%" PRIu32, n ? ", " : "", fobj->resident[n]);
		fputs("]", out);
		write_holders(fobj->holders, fobj->num_holders, out);
		put_number(out, "surplus", fobj->surplus);
		put_number(out, "evictions", (int64_t)fobj->evictions);
		if (fobj->unlisted)
			fputs(", \"unlisted\": true", out);
		if (fobj->unreadable)
			fputs(", \"unreadable\": true", out);
		fputs(" }", out);
	}
	end_list(out, snapshot->num_fobjs);
}

static void write_owner(const struct snapshot *snapshot, const struct snap_owner *owner,
			uint32_t index, FILE *out)
{
	char prot[4];

	fprintf(out, "%s{ \"area\": \"0x%" PRIx64 "\"", index ? ", " : "",
		snapshot->areas[owner->area].id);
	put_reference(out, "context", owner->context != NONE,
		      owner->context != NONE ? snapshot->contexts[owner->context].id : 0);
	put_hex(out, "va", owner->va);
	put_key(out, "pte");
	if (owner->pte_known)
		fprintf(out, "\"%s\"", prot_text(owner->pte, prot));
	else
		fputs("null", out);
	if (owner->pte_pa)
		put_hex(out, "pte_pa", owner->pte_pa);
	fputs(" }", out);
}

static void write_pmems(const struct snapshot *snapshot, FILE *out)
{
	begin_list(out, "pmems");
	for (uint32_t i = 0; i < snapshot->num_pmems; i++) {
		const struct snap_pmem *pmem = &snapshot->pmems[i];

		begin_item(out, i, pmem->id);
		put_reference(out, "pa", pmem->pa_known, pmem->pa);
		put_reference(out, "fobj", pmem->fobj != NONE,
			      pmem->fobj != NONE ? snapshot->fobjs[pmem->fobj].id : 0);
		put_number(out, "page", pmem->page);
		put_text(out, "state", pmem_state_name(pmem->state));
		put_key(out, "hidden");
		fputs(pmem->hidden ? "true" : "false", out);
		fputs(", \"owners\": [", out);
		for (uint32_t n = 0; n < pmem->num_owners; n++)
			write_owner(snapshot, &pmem->owners[n], n, out);
		fputs("] }", out);
	}
	end_list(out, snapshot->num_pmems);
}

static void write_files(const struct snapshot *snapshot, FILE *out)
{
	begin_list(out, "files");
	for (uint32_t i = 0; i < snapshot->num_files; i++) {
		const struct snap_file *file = &snapshot->files[i];

		begin_item(out, i, file->id);
		put_text(out, "tag", file->tag);
		put_number(out, "refcount", file->refcount);
		write_holders(file->holders, file->num_holders, out);
		put_number(out, "surplus", file->surplus);
		fputs(", \"slices\": [", out);
		for (uint32_t n = 0; n < file->num_slices; n++) {
			const struct snap_slice *slice = &file->slices[n];

			fprintf(out, "%s{ \"id\": \"0x%" PRIx64 "\"", n ? ", " : "", slice->id);
			put_reference(out, "fobj", slice->fobj != NONE,
				      slice->fobj != NONE ? snapshot->fobjs[slice->fobj].id : 0);
			put_number(out, "page_offset", slice->page_offset);
			put_number(out, "pages", slice->pages);
			put_number(out, "refcount", slice->refcount);
			fputs(" }", out);
		}
		fputs(file->unlisted ? "], \"unlisted\": true }" : "] }", out);
	}
	end_list(out, snapshot->num_files);
}

static void write_counters(const struct snapshot *snapshot, FILE *out)
{
	fputs(",\n  \"counters\": {", out);
	for (uint32_t i = 0; i < snapshot->num_counters; i++) {
		fputs(i ? ", " : " ", out);
		json_write_string(snapshot->counters[i].name, out);
		fprintf(out, ": %" PRIu64, snapshot->counters[i].value);
	}
	fputs(" }", out);
}

static bool has_levels(const struct snapshot *snapshot)
{
	for (uint32_t i = 0; i < snapshot->num_counters; i++)
		if (snapshot->counters[i].is_level)
			return true;
	return false;
}

static void write_levels(const struct snapshot *snapshot, FILE *out)
{
	const char *between = "";

	if (!has_levels(snapshot))
		return;
	fputs(",\n  \"levels\": [", out);
	for (uint32_t i = 0; i < snapshot->num_counters; i++) {
		if (!snapshot->counters[i].is_level)
			continue;
		fputs(between, out);
		json_write_string(snapshot->counters[i].name, out);
		between = ", ";
	}
	fputs("]", out);
}

static void write_findings(const struct snapshot *snapshot, FILE *out)
{
	begin_list(out, "findings");
	for (uint32_t i = 0; i < snapshot->num_findings; i++) {
		const struct snap_finding *finding = &snapshot->findings[i];

		fprintf(out, "%s\n    { \"rule\": ", i ? "," : "");
		json_write_string(finding->rule, out);
		put_text(out, "severity", finding->severity);
		put_text(out, "object", finding->object);
		put_text(out, "message", finding->message);
		put_text(out, "confidence", finding->confidence);
		fputs(" }", out);
	}
	end_list(out, snapshot->num_findings);
}

static void write_cut(const struct snapshot *snapshot, FILE *out)
{
	if (snapshot->num_cut == 0)
		return;
	begin_list(out, "cut");
	for (uint32_t i = 0; i < snapshot->num_cut; i++) {
		fputs(i ? ",\n    " : "\n    ", out);
		json_write_string(snapshot->cut[i], out);
	}
	end_list(out, snapshot->num_cut);
}

/* Readers of JSON keep 53 bits of a number: a larger one is null. */
static void put_exact(FILE *out, const char *key, uint64_t number)
{
	put_key(out, key);
	if (number > MOST_COUNTED)
		fputs("null", out);
	else
		fprintf(out, "%" PRIu64, number);
}

static void write_event(const struct snap_event *event, uint32_t index, FILE *out)
{
	fprintf(out, "%s\n    { \"seq\": %" PRIu64, index ? "," : "", event->seq);
	put_exact(out, "time", event->time);
	put_number(out, "cpu", event->cpu);
	put_text(out, "kind", event->kind);
	put_reference(out, "context", event->context != 0, event->context);
	put_reference(out, "object", event->object != 0, event->object);
	put_exact(out, "page", event->page);
	put_reference(out, "va", event->va != 0, event->va);
	put_reference(out, "caller", event->caller != 0, event->caller);
	put_text(out, "where", event->where);
	put_text(out, "path", event->path);
	put_exact(out, "detail", event->detail);
	fputs(" }", out);
}

static bool has_events(const struct snapshot *snapshot)
{
	return snapshot->num_events || snapshot->events_lost || snapshot->events_head;
}

static void write_events(const struct snapshot *snapshot, FILE *out)
{
	if (!has_events(snapshot))
		return;
	fprintf(out, ",\n  \"events_head\": %" PRIu64, snapshot->events_head);
	fprintf(out, ",\n  \"events_lost\": %" PRIu64, snapshot->events_lost);
	begin_list(out, "events");
	for (uint32_t i = 0; i < snapshot->num_events; i++)
		write_event(&snapshot->events[i], i, out);
	end_list(out, snapshot->num_events);
}

/* What a scan saw; nothing where there was none. */
static void write_scan(const struct snapshot *snapshot, FILE *out)
{
	if (!snapshot->capture.scanned)
		return;
	begin_list(out, "pointers");
	for (uint32_t i = 0; i < snapshot->num_pointers; i++) {
		const struct snap_pointers *pointers = &snapshot->pointers[i];

		begin_item(out, i, pointers->object);
		put_number(out, "count", pointers->count);
		fputs(", \"places\": [", out);
		for (uint32_t n = 0; n < pointers->num_places; n++) {
			fputs(n ? ", " : "", out);
			json_write_string(pointers->places[n], out);
		}
		fputs("] }", out);
	}
	end_list(out, snapshot->num_pointers);
	begin_list(out, "lost");
	for (uint32_t i = 0; i < snapshot->num_lost; i++) {
		const struct snap_lost *lost = &snapshot->lost[i];

		begin_item(out, i, lost->id);
		put_text(out, "name", lost->name);
		put_text(out, "kind", lost->kind);
		put_number(out, "pages", lost->pages);
		put_number(out, "refcount", lost->refcount);
		fputs(" }", out);
	}
	end_list(out, snapshot->num_lost);
}

static void write_lists(const struct snapshot *snapshot, FILE *out)
{
	if (!snapshot->num_lists)
		return;
	begin_list(out, "lists");
	for (uint32_t i = 0; i < snapshot->num_lists; i++) {
		const struct snap_list *list = &snapshot->lists[i];

		begin_item(out, i, list->id);
		put_text(out, "name", list->name);
		put_number(out, "nodes", (int64_t)list->nodes);
		put_number(out, "counted", (int64_t)list->counted);
		fputs(" }", out);
	}
	end_list(out, snapshot->num_lists);
}

static void write_tables(const struct snapshot *snapshot, FILE *out)
{
	char prot[4];

	if (!snapshot->num_tables)
		return;
	begin_list(out, "tables");
	for (uint32_t i = 0; i < snapshot->num_tables; i++) {
		const struct snap_table *table = &snapshot->tables[i];

		begin_item(out, i, table->id);
		put_reference(out, "context", table->context != NONE,
			      table->context != NONE ? snapshot->contexts[table->context].id : 0);
		put_hex(out, "base", table->base);
		put_number(out, "used", table->used);
		put_number(out, "entries", table->entries);
		fputs(" }", out);
	}
	end_list(out, snapshot->num_tables);
	begin_list(out, "strays");
	for (uint32_t i = 0; i < snapshot->num_strays; i++) {
		const struct snap_stray *stray = &snapshot->strays[i];

		begin_item(out, i, stray->table);
		put_reference(out, "context", stray->context != NONE,
			      stray->context != NONE ? snapshot->contexts[stray->context].id : 0);
		put_hex(out, "va", stray->va);
		put_hex(out, "pa", stray->pa);
		put_text(out, "pte", prot_text(stray->pte, prot));
		fputs(" }", out);
	}
	end_list(out, snapshot->num_strays);
}

static void write_objects(const struct snapshot *snapshot, FILE *out)
{
	write_contexts(snapshot, out);
	write_areas(snapshot, out);
	write_fobjs(snapshot, out);
	write_pmems(snapshot, out);
	write_files(snapshot, out);
}

bool json_write_state(const struct snapshot *snapshot, FILE *out)
{
	write_objects(snapshot, out);
	return fflush(out) == 0 && !ferror(out);
}

char *json_state_text(const struct snapshot *snapshot)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	bool ok = out && json_write_state(snapshot, out);

	if (out && fclose(out) == 0 && ok)
		return text;
	free(text);
	return NULL;
}

static const char *schema_of(const struct snapshot *snapshot)
{
	if (has_levels(snapshot) || snapshot->capture.unscanned)
		return JSON_SCHEMA_LEVELS;
	if (snapshot->capture.scanned || snapshot->num_tables || snapshot->num_lists)
		return JSON_SCHEMA_SCAN;
	return has_events(snapshot) ? JSON_SCHEMA_EVENTS : JSON_SCHEMA;
}

bool json_write(const struct snapshot *snapshot, FILE *out)
{
	fprintf(out, "{\n  \"schema\": \"%s\",\n", schema_of(snapshot));
	write_capture(&snapshot->capture, out);
	write_objects(snapshot, out);
	write_counters(snapshot, out);
	write_levels(snapshot, out);
	write_lists(snapshot, out);
	write_tables(snapshot, out);
	write_scan(snapshot, out);
	write_findings(snapshot, out);
	write_cut(snapshot, out);
	write_events(snapshot, out);
	fputs("\n}\n", out);
	return fflush(out) == 0 && !ferror(out);
}

bool json_write_findings(const struct snapshot *snapshot, FILE *out)
{
	fprintf(out, "{\n  \"schema\": \"%s\"", JSON_SCHEMA);
	write_findings(snapshot, out);
	fputs("\n}\n", out);
	return fflush(out) == 0 && !ferror(out);
}

bool json_write_diff(const struct diff *diff, FILE *out)
{
	fprintf(out, "{\n  \"schema\": \"%s\"", JSON_SCHEMA);
	begin_list(out, "changes");
	for (uint32_t i = 0; i < diff->num_changes; i++) {
		const struct diff_change *change = &diff->changes[i];

		fprintf(out, "%s\n    { \"change\": \"%s\"", i ? "," : "",
			change->sign == '+'   ? "new"
			: change->sign == '-' ? "gone"
					      : "changed");
		put_text(out, "kind", change->kind);
		put_hex(out, "id", change->id);
		put_text(out, "name", change->name);
		put_text(out, "what", change->text);
		fputs(" }", out);
	}
	end_list(out, diff->num_changes);
	fputs("\n}\n", out);
	return fflush(out) == 0 && !ferror(out);
}
