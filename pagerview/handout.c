/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The page is plain HTML with its style inside and no script. A figure is as wide as it is: on a
 * narrow screen it scrolls by itself; on paper it shrinks to the sheet's width, and one that is too
 * tall is cut into sheets. Each <article> is a lesson,
 * so that `make lessons` can put many into one page.
 */
#include "handout.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "export/figure.h"
#include "lesson/lesson.h"
#include "session.h"

static const char head[] =
	"<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
	"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
	"<title>Lessons of shared, paged memory</title>\n<style>\n"
	"body{font:16px/1.5 sans-serif;color:#1a1a1a;background:#fff;max-width:75rem;"
	"margin:0 auto;padding:0 1rem}\n"
	"figure{margin:.5rem 0 1.5rem;overflow-x:auto;border:1px solid #ccc}\n"
	"figure svg{display:block}\n"
	"details{margin:.5rem 0;padding:.25rem .75rem;background:#f2f6fb}\n"
	"summary{cursor:pointer;font-weight:bold}\n"
	"@media screen{figure svg.sheet{display:none}}\n"
	"@page{margin:8mm}\n"
	"@media print{body{max-width:none;padding:0}article+article{break-before:page}"
	"section,figure svg{break-inside:avoid}h2,h3,p{break-after:avoid}"
	"figure{margin:0;overflow:visible;border:0}figure svg{max-width:100%;height:auto}"
	"figure svg.tall{position:absolute;width:0;height:0}}\n"
	"</style></head><body>\n";

static void write_text(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '&')
			fputs("&amp;", out);
		else if (*text == '<')
			fputs("&lt;", out);
		else if (*text == '>')
			fputs("&gt;", out);
		else
			fputc(*text, out);
	}
}

static void write_element(FILE *out, const char *name, const char *text)
{
	fprintf(out, "<%s>", name);
	write_text(out, text);
	fprintf(out, "</%s>\n", name);
}

static void write_answer(FILE *out, const struct lesson_step *step, const struct snapshot *now,
			 const struct snapshot *before)
{
	char why[600];
	int64_t count;

	fputs("<details>", out);
	write_element(out, "summary", step->question);
	lesson_explain(step, now, before, why, sizeof(why));
	if (lesson_answer(step, now, before, &count))
		fprintf(out, "<p><b class=\"answer\">%" PRId64 "</b>: ", count);
	else
		fputs("<p>There is no answer in the target: ", out);
	write_text(out, why);
	fputs(".</p>", out);
	fputs("</details>\n", out);
}

static bool write_step(FILE *out, const struct lesson *lesson, const char *id, uint32_t index,
		       const struct snapshot *now, const struct snapshot *before,
		       struct error *error)
{
	const struct lesson_step *step = &lesson->steps[index];
	struct figure *figure = figure_create(now, error);
	char name[96];

	if (!figure)
		return false;
	fprintf(out, "<section>\n<h3>Step %u of %u</h3>\n", index + 1, lesson->num_steps);
	write_element(out, "p", step->narration);
	if (step->question[0])
		write_answer(out, step, now, before);
	if (now->capture.consistency != CONSISTENCY_EXACT) {
		fprintf(out, "<p class=\"torn\">This picture is %s, not of one moment: ",
			consistency_name(now->capture.consistency));
		write_text(out, now->capture.why);
		fputs(".</p>\n", out);
	}
	fputs("<figure>\n", out);
	snprintf(name, sizeof(name), "%s-%u", id, index + 1);
	figure_write_sheets(figure, now, name, out);
	fputs("</figure>\n</section>\n", out);
	figure_destroy(figure);
	return !ferror(out) || error_set(error, EXIT_USAGE, "the output cannot be written");
}

/* ID is the lesson's name as an id of HTML: a letter, then letters, digits and '-'. */
static bool write_steps(FILE *out, const struct lesson *lesson, const char *id, struct live *live,
			struct error *error)
{
	struct snapshot *before = NULL, *now = NULL;
	bool ok = true;

	for (uint32_t i = 0; ok && i < lesson->num_steps; i++) {
		ok = live_step(live, error) && live_refresh(live, &now, error) &&
		     write_step(out, lesson, id, i, now, before, error);
		snapshot_destroy(before);
		before = now;
		now = NULL;
	}
	snapshot_destroy(before);
	return ok;
}

/* What identifies the lesson within a page of many: its file's name. */
static void make_id(const char *path, char id[64])
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	size_t len = (size_t)snprintf(id, 64, "lesson-%.*s", (int)strcspn(name, "."), name);

	for (size_t i = 0; i < len && i < 63; i++) {
		if (!isalnum((unsigned char)id[i]))
			id[i] = '-';
	}
}

int handout_run(const struct options *options, int abort_fd, FILE *out, struct error *error)
{
	struct options held = *options;
	struct lesson *lesson = lesson_read(options->source_arg, error);
	struct live *live = NULL;
	char id[64];

	held.hold = true;
	if (lesson)
		live = session_open(&held, abort_fd, error);
	if (live) {
		fputs(head, out);
		make_id(options->source_arg, id);
		fprintf(out, "<article id=\"%s\">\n", id);
		write_element(out, "h2", lesson->title);
		write_steps(out, lesson, id, live, error);
		fputs("</article>\n</body></html>\n", out);
	}
	live_close(live);
	lesson_destroy(lesson);
	return EXIT_CLEAN;
}
