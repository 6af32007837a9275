/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The page is plain HTML with its style inside and no script. A figure is as wide as it is: on a
 * narrow screen it scrolls by itself, on paper it shrinks to the sheet. Each <article> is a lesson,
 * so that `make lessons` can put many into one page.
 */
#include "handout.h"

#include <inttypes.h>

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
	"@media print{body{max-width:none}article{break-before:page}section{break-inside:avoid}"
	"figure{overflow:visible;border:0}figure svg{max-width:100%;max-height:20cm;height:auto}}\n"
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

static bool write_step(FILE *out, const struct lesson *lesson, uint32_t index,
		       const struct snapshot *now, const struct snapshot *before,
		       struct error *error)
{
	const struct lesson_step *step = &lesson->steps[index];
	struct figure *figure = figure_create(now, error);

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
	figure_write_svg(figure, now, out);
	fputs("</figure>\n</section>\n", out);
	figure_destroy(figure);
	return !ferror(out) || error_set(error, EXIT_USAGE, "the output cannot be written");
}

static bool write_steps(FILE *out, const struct lesson *lesson, struct live *live,
			struct error *error)
{
	struct snapshot *before = NULL, *now = NULL;
	bool ok = true;

	for (uint32_t i = 0; ok && i < lesson->num_steps; i++) {
		ok = live_step(live, error) && live_refresh(live, &now, error) &&
		     write_step(out, lesson, i, now, before, error);
		snapshot_destroy(before);
		before = now;
		now = NULL;
	}
	snapshot_destroy(before);
	return ok;
}

int handout_run(const struct options *options, int abort_fd, FILE *out, struct error *error)
{
	struct options held = *options;
	struct lesson *lesson = lesson_read(options->source_arg, error);
	struct live *live = NULL;

	held.hold = true;
	if (lesson)
		live = session_open(&held, abort_fd, error);
	if (live) {
		fputs(head, out);
		fputs("<article>\n", out);
		write_element(out, "h2", lesson->title);
		write_steps(out, lesson, live, error);
		fputs("</article>\n</body></html>\n", out);
	}
	live_close(live);
	lesson_destroy(lesson);
	return EXIT_CLEAN;
}
