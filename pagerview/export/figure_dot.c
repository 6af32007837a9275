/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The figure for Graphviz: a record per box with a port per row, an edge per link. Graphviz does
 * its own layout; the order of nodes is the figure's.
 */
#include "figure.h"

static void write_escaped(FILE *out, const char *text)
{
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == '"' || c == '\\' || c == '{' || c == '}' || c == '|' || c == '<' ||
		    c == '>' || c == ' ')
			fputc('\\', out);
		fputc(c >= ' ' && c != 0x7f ? c : '?', out);
	}
}

static void write_box(FILE *out, const struct figure *figure, uint32_t number)
{
	const struct figure_box *box = &figure->boxes[number];

	fprintf(out, "  n%u [class=\"%s\" id=\"0x%llx\" label=\"<title> ", number,
		figure_kind_name(box->kind), (unsigned long long)box->id);
	write_escaped(out, box->title);
	for (uint32_t i = 0; i < box->num_rows; i++) {
		fprintf(out, "|<r%u> ", i);
		write_escaped(out, box->rows[i].text);
	}
	fputs("\"];\n", out);
}

static void write_port(FILE *out, uint32_t number, uint32_t row)
{
	if (row == NONE)
		fprintf(out, "n%u:title", number);
	else
		fprintf(out, "n%u:r%u", number, row);
}

bool figure_write_dot(const struct figure *figure, const struct snapshot *snapshot, FILE *out)
{
	fputs("digraph pager {\n  rankdir=LR;\n  node [shape=record fontname=\"monospace\"];\n",
	      out);
	fprintf(out, "  label=\"%s\";\n", consistency_name(snapshot->capture.consistency));
	for (uint32_t i = 0; i < figure->num_boxes; i++)
		write_box(out, figure, i);
	for (uint32_t i = 0; i < figure->num_links; i++) {
		const struct figure_link *link = &figure->links[i];

		fputs("  ", out);
		write_port(out, link->from, link->from_row);
		fputs(" -> ", out);
		write_port(out, link->to, link->to_row);
		fprintf(out, " [class=\"%s\"];\n", link->kind);
	}
	fputs("}\n", out);
	return !ferror(out) && fflush(out) == 0;
}
