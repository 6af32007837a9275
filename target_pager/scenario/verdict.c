/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Theory of operation: a leak shows in two ways, as an object the core still lists and as an
 * account (heap, pages, tables, store) that is not what it was. Both are printed: the first names
 * the culprit, the second catches what is on no list.
 */
#include <inttypes.h>
#include <stdio.h>

#include "../core/check.h"
#include "../core/heap.h"
#include "../core/log.h"
#include "../core/pager.h"
#include "../core/store.h"
#include "run.h"

void baseline_take(struct run_baseline *baseline)
{
	pager_lock();
	*baseline = (struct run_baseline){
		.heap_bytes = heap_bytes_used(),
		.free_pages = pmem_counts.free,
		.free_tables = table_free_count,
		.store_pages = store_region.free_pages,
		.secure_pages = secure_region.free_pages,
		.bad_puts = fobj_bad_puts,
	};
	pager_unlock();
}

static const char *kind_name(enum fobj_kind kind)
{
	static const char *const names[] = {
		[FOBJ_RO] = "ro",           [FOBJ_RO_RELOC] = "ro with relocations",
		[FOBJ_RW] = "rw",           [FOBJ_LOCKED] = "locked",
		[FOBJ_UNPAGED] = "unpaged",
	};

	return names[kind];
}

/*
 * Printed with the lock held: a scenario's last words may take their time, and nothing else runs
 * that would wait.
 */
static unsigned int objects_left(void)
{
	const struct context *context;
	const struct file *file;
	const struct fobj *fobj;
	unsigned int count = 0;

	TAILQ_FOREACH (context, &context_list, link) {
		log_line("left over: context %s (%s)", context->name, context->ta);
		count++;
	}
	TAILQ_FOREACH (file, &file_list, link) {
		log_line("left over: file %02x%02x%02x%02x (%u slices) refs %u, holders %u",
			 file->tag[0], file->tag[1], file->tag[2], file->tag[3], file->num_slices,
			 file->refc.val, check_file_holders(file));
		count++;
	}
	TAILQ_FOREACH (fobj, &fobj_list, link) {
		log_line("left over: fobj %s (%s, %u page%s) refs %u, holders %u", fobj->name,
			 kind_name(fobj->ops->kind), fobj->num_pages,
			 fobj->num_pages == 1 ? "" : "s", fobj->refc.val, check_fobj_holders(fobj));
		count++;
	}
	return count;
}

static unsigned int compare(const char *what, size_t before, size_t after)
{
	if (before == after)
		return 0;
	if (before > after)
		log_line("missing: %lu %s", (unsigned long)(before - after), what);
	else
		log_line("too many: %lu %s", (unsigned long)(after - before), what);
	return 1;
}

unsigned int baseline_compare(const struct run_baseline *baseline)
{
	struct run_baseline now;
	unsigned int count;

	baseline_take(&now);
	pager_lock();
	count = objects_left();
	pager_unlock();
	count += compare("bytes of heap in use", baseline->heap_bytes, now.heap_bytes);
	count += compare("free pages", baseline->free_pages, now.free_pages);
	count += compare("free translation tables", baseline->free_tables, now.free_tables);
	count += compare("free store pages", baseline->store_pages, now.store_pages);
	count += compare("free secure pages", baseline->secure_pages, now.secure_pages);
	count += compare("puts of an object that nobody held", baseline->bad_puts, now.bad_puts);
	return count;
}

static void finding_print(void *arg, const char *rule, const char *object, const void *address,
			  const char *text)
{
	(void)arg;
	log_line("finding: %s: %s (%p): %s", rule, object, address, text);
}

unsigned int findings_print(void)
{
	unsigned int count;

	pager_lock();
	count = check_all(finding_print, NULL);
	pager_unlock();
	return count;
}

/* Append to TEXT of LEN bytes; what does not fit is cut. */
static void append(char *text, size_t len, size_t *used, const char *name, uint64_t value,
		   const char *format)
{
	int n = snprintf(text + *used, len - *used, format, name, value);

	if (n > 0)
		*used = *used + (size_t)n < len ? *used + (size_t)n : len - 1;
}

/* The kinds of fault that happened: "loaded 40 shared 3". */
static uint64_t faults_print(char *text, size_t len)
{
	uint64_t total = 0;
	size_t used = 0;

	text[0] = '\0';
#define X(name, counter)                                                                           \
	total += pager_counters.faults.counter;                                                    \
	if (pager_counters.faults.counter)                                                         \
		append(text, len, &used, #counter, pager_counters.faults.counter,                  \
		       used ? " %s %" PRIu64 : "%s %" PRIu64);
	FAULT_LIST(X)
#undef X
	return total;
}

void counters_print(const char *verdict)
{
	char faults[200], rest[200];
	uint64_t total = faults_print(faults, sizeof(faults));
	size_t used = 0;

#define X(name) append(rest, sizeof(rest), &used, #name, pager_counters.name, ", %s %" PRIu64);
	PAGER_COUNTER_LIST(X)
#undef X
	for (char *p = rest; *p; p++) /* zero_fills and the like: words for people */
		if (*p == '_')
			*p = ' ';
	for (char *p = faults; *p; p++)
		if (*p == '_')
			*p = '-';
	log_line("verdict: %s; faults %" PRIu64 " (%s)%s", verdict, total, faults, rest);
}
