/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Moments are looked at as they come, each once, and only counts are kept of them; so a run may be
 * as long as it likes. Another rule looks at those again that the history still has.
 *
 * Which objects are new is asked of one moment at a time, against a sorted list of what there was
 * at the first point. The same address with another name is another object.
 */
#include "rounds.h"

#include <stdlib.h>
#include <string.h>

#define LOOK_AT_ONCE 16 /* moments of a recording: some milliseconds */

const struct round_rule_info round_rules[NUM_ROUND_RULES] = {
#define X(id, key, what) {key, what},
	ROUND_RULES(X)
#undef X
};

struct round_key {
	uint64_t id, what;
};

bool rounds_init(struct rounds *rounds)
{
	memset(rounds, 0, sizeof(*rounds));
	rounds->growth = growth_create();
	return rounds->growth != NULL;
}

static void forget(struct rounds *rounds)
{
	growth_clear(rounds->growth);
	moment_put(rounds->first);
	moment_put(rounds->before);
	free(rounds->keys);
	rounds->first = rounds->before = NULL;
	rounds->keys = NULL;
	rounds->num_keys = rounds->shown = 0;
	rounds->due = rounds->short_past = false;
	rounds->seen = rounds->looked_at = rounds->look_to = 0;
	rounds->version++;
}

void rounds_deinit(struct rounds *rounds)
{
	if (rounds->growth)
		forget(rounds);
	growth_destroy(rounds->growth);
	free(rounds->news);
	memset(rounds, 0, sizeof(*rounds));
}

/* --- Kinds of events ------------------------------------------------------------------------ */

static uint32_t kind_bit(struct rounds *rounds, const char *kind)
{
	unsigned i = 0;

	while (i < rounds->num_kinds && strcmp(rounds->kinds[i], kind) != 0)
		i++;
	if (i == ROUND_KINDS || !*kind || strlen(kind) >= sizeof(rounds->kinds[0]))
		return 0;
	if (i == rounds->num_kinds)
		memcpy(rounds->kinds[rounds->num_kinds++], kind, strlen(kind) + 1);
	return UINT32_C(1) << i;
}

uint32_t rounds_kinds(struct rounds *rounds, const struct snapshot *snapshot)
{
	uint32_t kinds = rounds->pending;

	for (uint32_t i = 0; i < snapshot->num_events; i++)
		kinds |= kind_bit(rounds, snapshot->events[i].kind);
	rounds->pending = 0;
	return kinds;
}

void rounds_happened(struct rounds *rounds, const char *kind)
{
	rounds->pending |= kind_bit(rounds, kind);
}

/* --- Which moments -------------------------------------------------------------------------- */

/* A context of A that is not in B. */
static bool one_less(const struct snapshot *a, const struct snapshot *b)
{
	for (uint32_t i = 0; i < a->num_contexts; i++) {
		uint32_t other = snapshot_find_context(b, a->contexts[i].id);

		if (other == NONE || strcmp(a->contexts[i].name, b->contexts[other].name) != 0)
			return true;
	}
	return false;
}

bool rounds_is_marked(const struct rounds *rounds, const struct moment *moment)
{
	for (unsigned i = 0; i < rounds->num_marks; i++)
		if (rounds->marks[i] == moment->number)
			return true;
	return false;
}

static bool at_step(const struct moment *before, const struct moment *moment)
{
	uint32_t step = moment->snapshot->capture.step;

	return step && (!before || before->snapshot->capture.step != step);
}

static bool is_point(struct rounds *rounds, const struct moment *moment)
{
	const struct moment *before = rounds->before;

	switch (rounds->rule) {
	case ROUND_CLOSE:
		return before && one_less(before->snapshot, moment->snapshot);
	case ROUND_OPEN:
		return before && one_less(moment->snapshot, before->snapshot);
	case ROUND_STEP:
		return at_step(before, moment) || (moment->happened & kind_bit(rounds, "step"));
	case ROUND_EVENT:
		return moment->happened & kind_bit(rounds, rounds->event);
	case ROUND_REFRESH:
		return !before || !history_same(before->snapshot, moment->snapshot);
	default:
		return false;
	}
}

static int compare_keys(const void *a, const void *b)
{
	const struct round_key *x = a, *y = b;

	if (x->id != y->id)
		return x->id < y->id ? -1 : 1;
	return x->what < y->what ? -1 : x->what > y->what;
}

static void keep_keys(struct rounds *rounds, const struct snapshot *snapshot);

void rounds_add(struct rounds *rounds, struct moment *moment)
{
	bool point = is_point(rounds, moment), marked = rounds_is_marked(rounds, moment);
	bool exact = moment->snapshot->capture.consistency == CONSISTENCY_EXACT;

	if (exact) {
		moment_get(moment);
		moment_put(rounds->before); /* what is torn is nothing to compare with */
		rounds->before = moment;
	}
	rounds->seen++;
	rounds->version++;
	if (!exact)
		rounds->due |= point || marked;
	if (!exact || !(point || marked || rounds->due))
		return;
	rounds->due = false;
	growth_add(rounds->growth, moment->snapshot, moment->number);
	if (rounds->first)
		return;
	rounds->first = moment_get(moment);
	keep_keys(rounds, moment->snapshot);
}

void rounds_rebuild(struct rounds *rounds, const struct history *history)
{
	forget(rounds);
	if (history->deck) {
		rounds->look_to = history->count;
		return;
	}
	rounds->short_past = history->dropped > 0;
	for (uint32_t i = 0; i < history->count; i++)
		rounds_add(rounds, history_at(history, i));
}

void rounds_look(struct rounds *rounds, const struct history *history)
{
	for (int i = 0; i < LOOK_AT_ONCE && rounds->looked_at < rounds->look_to; i++) {
		struct moment *moment = history_at(history, rounds->looked_at++);

		if (!moment) /* one that cannot be read: whoever comes to it is told */
			continue;
		moment->happened = rounds_kinds(rounds, moment->snapshot);
		rounds_add(rounds, moment);
	}
}

void rounds_show(struct rounds *rounds, const struct moment *moment)
{
	const struct growth *growth = rounds->growth;
	uint32_t shown = growth->num_points;

	while (shown && moment && growth->labels[shown - 1] > moment->number)
		shown--;
	rounds->version += rounds->shown != shown;
	rounds->shown = shown;
}

bool rounds_mark(struct rounds *rounds, const struct moment *moment)
{
	for (unsigned i = 0; i < rounds->num_marks; i++) {
		if (rounds->marks[i] == moment->number) {
			rounds->marks[i] = rounds->marks[--rounds->num_marks];
			return true;
		}
	}
	if (rounds->num_marks == ROUND_MARKS)
		return false;
	rounds->marks[rounds->num_marks++] = moment->number;
	return true;
}

/* --- What is new ---------------------------------------------------------------------------- */

/* One thing that is counted, in up to two rows. */
struct thing {
	const char *total, *sort; /* of the row of all of them; NULL: it is in none */
	const char *kind;         /* of the row of those with such a name; NULL: none */
	const char *name;
	uint64_t id;
	struct ref ref;
};
typedef void thing_fn(void *arg, const struct thing *thing);

static void each_handle(const struct snap_holder *holders, uint32_t count, struct ref of,
			thing_fn *fn, void *arg)
{
	for (uint32_t i = 0; i < count; i++)
		if (growth_is_handle(&holders[i]))
			fn(arg, &(struct thing){"handles", holders[i].kind, NULL, holders[i].name,
						holders[i].id, of});
}

static void each_file(const struct snapshot *snapshot, thing_fn *fn, void *arg)
{
	for (uint32_t i = 0; i < snapshot->num_files; i++) {
		const struct snap_file *file = &snapshot->files[i];
		struct ref ref = {OBJECT_FILE, file->id, 0};

		fn(arg, &(struct thing){"file", "", NULL, file->tag, file->id, ref});
		each_handle(file->holders, file->num_holders, ref, fn, arg);
		for (uint32_t s = 0; s < file->num_slices; s++)
			fn(arg, &(struct thing){"slices", "", NULL, file->tag, file->slices[s].id,
						(struct ref){OBJECT_SLICE, file->id, s}});
	}
}

static void each_page(const struct snapshot *snapshot, thing_fn *fn, void *arg)
{
	for (uint32_t i = 0; i < snapshot->num_pmems; i++) {
		const struct snap_pmem *pmem = &snapshot->pmems[i];

		if (pmem->state != PMEM_STATE_FREE)
			fn(arg, &(struct thing){"pages", pmem_state_name(pmem->state), NULL, "",
						pmem->id, (struct ref){OBJECT_PMEM, pmem->id, 0}});
	}
}

static struct ref context_ref(const struct snapshot *snapshot, uint32_t context)
{
	if (context >= snapshot->num_contexts)
		return REF_NONE;
	return (struct ref){OBJECT_CONTEXT, snapshot->contexts[context].id, 0};
}

static void each_thing(const struct snapshot *snapshot, thing_fn *fn, void *arg)
{
	for (uint32_t i = 0; i < snapshot->num_contexts; i++) {
		const struct snap_context *context = &snapshot->contexts[i];

		fn(arg, &(struct thing){"contexts", "", "context", context->name, context->id,
					context_ref(snapshot, i)});
	}
	for (uint32_t i = 0; i < snapshot->num_areas; i++) {
		const struct snap_area *area = &snapshot->areas[i];

		fn(arg, &(struct thing){"areas", "", "area", area->name, area->id,
					(struct ref){OBJECT_AREA, area->id, 0}});
	}
	for (uint32_t i = 0; i < snapshot->num_fobjs; i++) {
		const struct snap_fobj *fobj = &snapshot->fobjs[i];
		struct ref ref = {OBJECT_FOBJ, fobj->id, 0};

		fn(arg, &(struct thing){"fobjs", fobj->kind, "fobj", fobj->name, fobj->id, ref});
		each_handle(fobj->holders, fobj->num_holders, ref, fn, arg);
	}
	each_file(snapshot, fn, arg);
	each_page(snapshot, fn, arg);
	for (uint32_t i = 0; i < snapshot->num_lost; i++)
		fn(arg, &(struct thing){"in no list", "", NULL, snapshot->lost[i].name,
					snapshot->lost[i].id,
					(struct ref){OBJECT_FOBJ, snapshot->lost[i].id, 0}});
	for (uint32_t i = 0; i < snapshot->num_tables; i++)
		fn(arg, &(struct thing){"tables", "", NULL, "", snapshot->tables[i].id,
					context_ref(snapshot, snapshot->tables[i].context)});
}

static uint64_t hash(uint64_t value, const char *text)
{
	while (*text)
		value = (value ^ (unsigned char)*text++) * UINT64_C(0x100000001b3);
	return (value ^ 0x2f) * UINT64_C(0x100000001b3);
}

static struct round_key key_of(const struct thing *thing)
{
	uint64_t what = hash(hash(hash(UINT64_C(0xcbf29ce484222325), thing->total), thing->sort),
			     thing->name);

	return (struct round_key){thing->id, what};
}

static void count_thing(void *arg, const struct thing *thing)
{
	(void)thing;
	++*(uint32_t *)arg;
}

static void add_key(void *arg, const struct thing *thing)
{
	struct rounds *rounds = arg;

	rounds->keys[rounds->num_keys++] = key_of(thing);
}

/* Without memory for them nothing is new, which is said of no object wrongly. */
static void keep_keys(struct rounds *rounds, const struct snapshot *snapshot)
{
	uint32_t count = 0;

	each_thing(snapshot, count_thing, &count);
	rounds->keys = calloc(count + 1ull, sizeof(*rounds->keys));
	rounds->num_keys = 0;
	if (!rounds->keys)
		return;
	each_thing(snapshot, add_key, rounds);
	qsort(rounds->keys, rounds->num_keys, sizeof(*rounds->keys), compare_keys);
}

static void add_news(struct rounds *rounds, uint32_t row, const struct thing *thing)
{
	if (row != NONE)
		rounds->news[rounds->num_news++] =
			(struct round_news){row, thing->ref, thing->name};
}

static void find_new(void *arg, const struct thing *thing)
{
	struct rounds *rounds = arg;
	struct round_key key = key_of(thing);
	char pattern[64];

	if (bsearch(&key, rounds->keys, rounds->num_keys, sizeof(key), compare_keys))
		return;
	add_news(rounds, growth_find(rounds->growth, thing->total, thing->sort), thing);
	if (!thing->kind)
		return;
	growth_pattern(thing->kind, thing->name, pattern);
	add_news(rounds, growth_find(rounds->growth, thing->kind, pattern), thing);
}

static int compare_news(const void *a, const void *b)
{
	const struct round_news *x = a, *y = b;

	if (x->row != y->row)
		return x->row < y->row ? -1 : 1;
	if (x->ref.id != y->ref.id)
		return x->ref.id < y->ref.id ? -1 : 1;
	return x->ref.sub < y->ref.sub ? -1 : x->ref.sub > y->ref.sub;
}

void rounds_find_news(struct rounds *rounds, const struct scene *scene)
{
	uint32_t count = 0;

	if (rounds->news && rounds->news_of == scene->serial && rounds->news_at == rounds->version)
		return;
	each_thing(scene->snapshot, count_thing, &count);
	free(rounds->news);
	rounds->news = calloc(2ull * count + 1, sizeof(*rounds->news));
	rounds->num_news = 0;
	rounds->news_of = scene->serial;
	rounds->news_at = rounds->version;
	if (!rounds->news || !rounds->keys || !rounds->shown)
		return;
	each_thing(scene->snapshot, find_new, rounds);
	qsort(rounds->news, rounds->num_news, sizeof(*rounds->news), compare_news);
}
