/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The line that begins with "blame:" is for scripts too: object, sign and number, what, by whom.
 */
#include "balance_text.h"

#include <inttypes.h>

static const char *event_word(const struct balance_row *row)
{
	return row->is_new ? "new" : row->sign > 0 ? "get" : "put";
}

static void write_object(const struct balance *balance, FILE *out)
{
	if (balance->name[0])
		fputs(balance->name, out);
	else
		fprintf(out, "0x%" PRIx64, balance->id);
}

static void write_path(const struct balance_row *row, FILE *out)
{
	fprintf(out, "%s%s%s", row->where[0] ? row->where : "(caller unknown)",
		row->path[0] ? " < " : "", row->path);
}

/* What a culprit did, as a phrase. */
static const char *deed(const struct balance_row *row)
{
	if (row->state == BALANCE_FALSE && !row->seq)
		return "the count was changed by";
	if (row->state == BALANCE_FALSE)
		return row->sign > 0 ? "a get that did not count, by"
				     : "a put that did not count, by";
	return row->sign > 0 ? "never put: got by" : "put without a reference: by";
}

static void write_answer(const struct balance *balance, const struct balance_row *row, FILE *out)
{
	/* A get that counts for nothing is one too few, a put that does not one too many. */
	int sign = row->state == BALANCE_FALSE && row->seq ? -row->sign : row->sign;

	fputs("blame: ", out);
	write_object(balance, out);
	fprintf(out, ": %+" PRId64 ": %s ", (int64_t)sign * row->times, deed(row));
	write_path(row, out);
	if (row == balance->rows && balance->rival[0])
		fprintf(out, "; or by %s, which counts do not tell from it", balance->rival);
	if (row->state == BALANCE_CULPRIT && row->sign > 0 && balance->partner[0])
		fprintf(out, "; missing is a put as by %s", balance->partner);
	fputc('\n', out);
}

static const char *row_mark(const struct balance_row *row)
{
	switch (row->state) {
	case BALANCE_CULPRIT:
		return "no partner";
	case BALANCE_FALSE:
		return "did not count";
	case BALANCE_OPEN:
		return row->sign > 0 ? "held" : "got earlier";
	default:
		return "paired";
	}
}

static void write_row(const struct balance_row *row, FILE *out)
{
	fprintf(out, "    %-13s %+5" PRId64 " %s  ", row_mark(row),
		(int64_t)row->sign * (int64_t)row->times, event_word(row));
	write_path(row, out);
	fputc('\n', out);
}

bool text_write_balance(const struct balance *balance, FILE *out)
{
	bool answered = false;

	for (uint32_t i = 0; i < balance->num_rows; i++) {
		if (balance->rows[i].state <= BALANCE_FALSE) {
			write_answer(balance, &balance->rows[i], out);
			answered = true;
		}
	}
	if (!answered && balance->surplus) {
		fputs("blame: ", out);
		write_object(balance, out);
		fprintf(out, ": %+" PRId64 ": its events do not tell who\n", balance->surplus);
	}
	fprintf(out,
		"  0x%" PRIx64 " %s: %s%" PRId64 " reference%s, %" PRIu32 " holder%s; %" PRIu32
		" event%s, %" PRIu32 " pair%s\n",
		balance->id, balance->kind[0] ? balance->kind : "object",
		balance->gone ? "gone, " : "", balance->refcount, balance->refcount == 1 ? "" : "s",
		balance->num_holders, balance->num_holders == 1 ? "" : "s", balance->num_events,
		balance->num_events == 1 ? "" : "s", balance->num_pairs,
		balance->num_pairs == 1 ? "" : "s");
	if (balance->incomplete)
		fputs("    its beginning is not among the events: what is said may be wrong\n",
		      out);
	for (uint32_t i = 0; i < balance->num_rows; i++) {
		if (balance->rows[i].state != BALANCE_PAIRED)
			write_row(&balance->rows[i], out);
	}
	return !ferror(out);
}
