/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which put answers which get? The target does not say, but its code does: what a file takes it
 * gives back, as area.c does for areas; so calls are grouped by the file they stand in. Files that
 * put what they never got give back the reference an object is made with (a loader, the owner of a
 * handle): they and the making are one group, the makers. Which files these are is learned from
 * the lives of all other objects, from those that ended well first of all. What kind of holder
 * stands for which group is learned likewise, from the objects whose counts agree.
 *
 * Then, group by group: gets less puts less living holders is what is wrong with it, and its sign
 * says what. Beside that, each event says what the count was afterwards: a get that did not raise
 * it is found by that alone.
 *
 * Of the gets (or puts) of a wrong group those come first that stand at a line which no right
 * object ever came by, where there are enough of them: what only wrong objects went through is what
 * made them wrong. Without that, two gets of one call are told apart by nothing: both are named.
 */
#include "balance.h"

#include <stdlib.h>
#include <string.h>

#include "../model/arena.h"

#define MAX_GROUPS 256
#define MAX_KINDS  16
#define MAKERS     0 /* the group of what makes and hands over */

struct group {
	char file[48];
	uint32_t balanced, unbalanced; /* lives that ended well */
	uint64_t gets, puts;           /* in all lives */
};

struct kind {
	const char *name; /* of holders */
	uint32_t group;
};

struct work {
	const struct reflog *log;
	const struct snapshot *before, *snapshot;
	const struct reflog_life *life;
	bool is_file;
	struct group groups[MAX_GROUPS];
	uint32_t num_groups;
	uint32_t *site_group; /* by site of the log */
	bool *site_strange;   /* by site: no right object came by it, though others of its group */
	struct kind kinds[MAX_KINDS];
	uint32_t num_kinds;
	struct balance *balance;
};

/* What the snapshot says of an object. */
struct account {
	bool found, freed; /* FREED: holders point at it, and it is not there any more */
	int64_t refcount, surplus;
	const struct snap_holder *holders;
	uint32_t num_holders;
};

static struct account account_of(const struct snapshot *snapshot, bool is_file, uint64_t id)
{
	uint32_t index = is_file ? NONE : snapshot_find_fobj(snapshot, id);

	if (index != NONE) {
		const struct snap_fobj *fobj = &snapshot->fobjs[index];

		return (struct account){true,          fobj->unlisted, fobj->refcount,
					fobj->surplus, fobj->holders,  fobj->num_holders};
	}
	for (uint32_t i = 0; is_file && i < snapshot->num_files; i++) {
		const struct snap_file *file = &snapshot->files[i];

		if (file->id == id)
			return (struct account){true,          file->unlisted, file->refcount,
						file->surplus, file->holders,  file->num_holders};
	}
	return (struct account){0};
}

static bool life_is_file(const struct reflog_life *life)
{
	return strcmp(life->kind, "file") == 0;
}

/* Another object of the sort, of which all is known and which ended well or agrees with its
 * holders.
 */
static bool is_right(const struct work *work, const struct reflog_life *life)
{
	struct account account;

	if (!life->born || life == work->life || life_is_file(life) != work->is_file)
		return false;
	if (life->freed)
		return true;
	account = account_of(work->snapshot, work->is_file, life->id);
	return account.found && account.surplus == 0;
}

/* ---- groups ---- */

/* "area.c" of "area_add (area.c:67)"; without a file the function's own name. */
static void file_of(const char *where, char file[48])
{
	const char *begin = strrchr(where, '(');
	size_t len;

	begin = begin ? begin + 1 : where;
	len = strcspn(begin, ":)");
	if (len > 47)
		len = 47;
	memcpy(file, begin, len);
	file[len] = 0;
}

static uint32_t group_find(struct work *work, const char *where)
{
	char file[48];

	file_of(where, file);
	for (uint32_t i = 1; i < work->num_groups; i++) {
		if (strcmp(work->groups[i].file, file) == 0)
			return i;
	}
	if (work->num_groups == MAX_GROUPS)
		return MAKERS;
	memcpy(work->groups[work->num_groups].file, file, sizeof(file));
	return work->num_groups++;
}

static uint32_t event_group(const struct work *work, const struct reflog_event *event)
{
	return event->is_new ? MAKERS : work->site_group[event->site];
}

/* Gets less puts of a life, by group. */
static void life_net(const struct work *work, const struct reflog_life *life,
		     int64_t net[MAX_GROUPS])
{
	memset(net, 0, MAX_GROUPS * sizeof(*net));
	for (uint32_t i = 0; i < life->num_events; i++)
		net[event_group(work, &life->events[i])] += life->events[i].sign;
}

static void learn_life(struct work *work, const struct reflog_life *life)
{
	bool present[MAX_GROUPS] = {false};
	int64_t net[MAX_GROUPS];

	life_net(work, life, net);
	for (uint32_t i = 0; i < life->num_events; i++) {
		struct group *group = &work->groups[event_group(work, &life->events[i])];

		present[group - work->groups] = true;
		if (life->events[i].sign > 0)
			group->gets++;
		else
			group->puts++;
	}
	for (uint32_t g = 1; g < work->num_groups && life->born && life->freed; g++) {
		work->groups[g].balanced += present[g] && net[g] == 0;
		work->groups[g].unbalanced += present[g] && net[g] != 0;
	}
}

static bool hands_over(const struct group *group)
{
	if (group->balanced || group->unbalanced)
		return group->unbalanced > group->balanced;
	return group->puts > group->gets;
}

static void learn_groups(struct work *work)
{
	bool maker[MAX_GROUPS] = {false};

	work->num_groups = 1;
	for (uint32_t i = 0; i < work->log->num_sites; i++)
		work->site_group[i] = group_find(work, work->log->sites[i].where);
	for (uint32_t i = 0; i < work->log->num_lives; i++) {
		if (&work->log->lives[i] != work->life &&
		    life_is_file(&work->log->lives[i]) == work->is_file)
			learn_life(work, &work->log->lives[i]);
	}
	/* What nobody else showed, the object itself must. */
	for (uint32_t i = 0; i < work->life->num_events; i++) {
		const struct reflog_event *event = &work->life->events[i];
		struct group *group = &work->groups[event_group(work, event)];

		if (!group->balanced && !group->unbalanced) {
			group->gets += event->sign > 0;
			group->puts += event->sign < 0;
		}
	}
	for (uint32_t g = 1; g < work->num_groups; g++)
		maker[g] = hands_over(&work->groups[g]);
	for (uint32_t i = 0; i < work->log->num_sites; i++) {
		if (maker[work->site_group[i]])
			work->site_group[i] = MAKERS;
	}
}

/* ---- strange places ---- */

static void note_right_life(const struct work *work, const struct reflog_life *life,
			    bool group_gets[MAX_GROUPS], bool group_puts[MAX_GROUPS],
			    bool *site_seen)
{
	for (uint32_t i = 0; i < life->num_events; i++) {
		const struct reflog_event *event = &life->events[i];

		site_seen[event->site] = true;
		(event->sign > 0 ? group_gets : group_puts)[event_group(work, event)] = true;
	}
}

/* The same line, by whatever way: right objects may have come there by another one. */
static bool place_seen(const struct work *work, uint32_t site, const bool *site_seen)
{
	const struct reflog *log = work->log;

	for (uint32_t i = 0; i < log->num_sites; i++) {
		if (site_seen[i] && strcmp(log->sites[i].where, log->sites[site].where) == 0)
			return true;
	}
	return false;
}

static bool learn_strange(struct work *work)
{
	const struct reflog_life *life = work->life;
	bool gets[MAX_GROUPS] = {false}, puts[MAX_GROUPS] = {false};
	bool *site_seen = calloc(work->log->num_sites + 1, sizeof(*site_seen));

	if (!site_seen)
		return false;
	for (uint32_t i = 0; i < work->log->num_lives; i++) {
		if (is_right(work, &work->log->lives[i]))
			note_right_life(work, &work->log->lives[i], gets, puts, site_seen);
	}
	for (uint32_t i = 0; i < life->num_events; i++) {
		const struct reflog_event *event = &life->events[i];

		if ((event->sign > 0 ? gets : puts)[event_group(work, event)] && !event->is_new &&
		    !place_seen(work, event->site, site_seen))
			work->site_strange[event->site] = true;
	}
	free(site_seen);
	return true;
}

/* ---- holders ---- */

static uint32_t kind_find(struct work *work, const char *name)
{
	for (uint32_t i = 0; i < work->num_kinds; i++) {
		if (strcmp(work->kinds[i].name, name) == 0)
			return i;
	}
	if (work->num_kinds == MAX_KINDS)
		return 0;
	work->kinds[work->num_kinds] = (struct kind){name, MAKERS};
	/* To begin with: holders of kind "area" are area.c's business. */
	for (uint32_t g = 1; g < work->num_groups; g++) {
		size_t len = strlen(name);

		if (strncmp(work->groups[g].file, name, len) == 0 &&
		    work->groups[g].file[len] == '.' && !hands_over(&work->groups[g]))
			work->kinds[work->num_kinds].group = g;
	}
	return work->num_kinds++;
}

/* BY is -1 for the holders of the moment that is judged, +1 for those of before the log. */
static void add_holders(struct work *work, const struct account *account, int by,
			int64_t net[MAX_GROUPS])
{
	for (uint32_t i = 0; i < account->num_holders; i++)
		net[work->kinds[kind_find(work, account->holders[i].kind)].group] += by;
}

/* How badly the kinds' groups explain the objects whose counts agree. */
static uint64_t misfit(struct work *work)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < work->log->num_lives; i++) {
		const struct reflog_life *life = &work->log->lives[i];
		struct account account;
		int64_t net[MAX_GROUPS];

		if (life->freed || !is_right(work, life))
			continue;
		account = account_of(work->snapshot, work->is_file, life->id);
		life_net(work, life, net);
		add_holders(work, &account, -1, net);
		for (uint32_t g = 0; g < work->num_groups; g++)
			sum += (uint64_t)(net[g] < 0 ? -net[g] : net[g]);
	}
	return sum;
}

/* One kind after the other is moved to the group that fits best, as long as that helps. */
static void learn_kinds(struct work *work)
{
	uint64_t best = misfit(work);
	bool better = true;

	for (int turn = 0; better && best && turn < 4; turn++) {
		better = false;
		for (uint32_t k = 0; k < work->num_kinds; k++) {
			uint32_t kept = work->kinds[k].group;

			for (uint32_t g = 0; g < work->num_groups; g++) {
				uint64_t sum;

				work->kinds[k].group = g;
				sum = misfit(work);
				if (sum < best) {
					best = sum;
					kept = g;
					better = true;
				}
			}
			work->kinds[k].group = kept;
		}
	}
}

/* ---- one object ---- */

/* By what event I moved the count beyond its sign; 0 where nothing is known. */
static int64_t false_by(const struct reflog_life *life, uint32_t i)
{
	const struct reflog_event *event = &life->events[i];

	if (i == 0 || event->is_new)
		return 0;
	return (int64_t)event->count - (int64_t)life->events[i - 1].count - event->sign;
}

/* Two puts in a row from the same place, with nothing of the whole pager's between them. */
static bool is_double(const struct reflog_life *life, uint32_t i)
{
	const struct reflog_event *event = &life->events[i], *before = event - 1;

	return i > 0 && event->sign < 0 && before->sign < 0 && before->site == event->site &&
	       before->seq + 1 == event->seq;
}

/*
 * Of one group, WRONG of its events are culprits: the latest gets that have no put, each put having
 * answered the earliest get; or puts, those that double the one before first, else the latest.
 */
static void accuse(const struct work *work, uint32_t group, int64_t wrong,
		   enum balance_state *states)
{
	const struct reflog_life *life = work->life;
	int sign = wrong > 0 ? 1 : -1;

	for (int turn = 0; turn < 2; turn++) {
		for (uint32_t i = life->num_events; i-- > 0 && wrong;) {
			if (event_group(work, &life->events[i]) != group ||
			    life->events[i].sign != sign || states[i] == BALANCE_CULPRIT ||
			    (sign > 0 && states[i] != BALANCE_OPEN) ||
			    (turn == 0 && sign < 0 && !is_double(life, i)))
				continue;
			states[i] = BALANCE_CULPRIT;
			wrong -= sign;
		}
	}
}

static bool is_strange(const struct work *work, uint32_t group, int sign,
		       const struct reflog_event *event)
{
	return event->sign == sign && work->site_strange[event->site] &&
	       event_group(work, event) == group;
}

/* The same, from the strange ones alone. False, and nobody is accused: they are too few. */
static bool accuse_strange(const struct work *work, uint32_t group, int64_t wrong,
			   enum balance_state *states)
{
	const struct reflog_life *life = work->life;
	int sign = wrong > 0 ? 1 : -1;
	int64_t strange = 0;

	for (uint32_t i = 0; i < life->num_events; i++)
		strange += is_strange(work, group, sign, &life->events[i]);
	if (strange < llabs(wrong))
		return false;
	for (uint32_t i = life->num_events; i-- > 0 && wrong;) {
		if (!is_strange(work, group, sign, &life->events[i]))
			continue;
		states[i] = BALANCE_CULPRIT;
		wrong -= sign;
	}
	return true;
}

/* Puts answer gets of their group, the earliest first; makes a pair of both. */
static void pair_up(const struct work *work, enum balance_state *states)
{
	const struct reflog_life *life = work->life;
	uint32_t next[MAX_GROUPS] = {0};

	for (uint32_t i = 0; i < life->num_events; i++) {
		uint32_t group = event_group(work, &life->events[i]), get = next[group];

		if (life->events[i].sign > 0 || states[i] == BALANCE_CULPRIT)
			continue;
		while (get < i && (life->events[get].sign < 0 || states[get] != BALANCE_OPEN ||
				   event_group(work, &life->events[get]) != group))
			get++;
		next[group] = get;
		if (get == i)
			continue;
		states[get] = states[i] = BALANCE_PAIRED;
		work->balance->num_pairs++;
	}
}

static void add_row(struct balance *balance, const struct reflog *log,
		    const struct reflog_event *event, enum balance_state state)
{
	const struct reflog_site *site = &log->sites[event->site];
	struct balance_row *row;

	for (uint32_t i = 0; i < balance->num_rows; i++) {
		row = &balance->rows[i];
		if (row->state == state && row->sign == event->sign && row->where == site->where &&
		    row->path == site->path && row->is_new == event->is_new) {
			row->times++;
			row->seq = event->seq;
			return;
		}
	}
	balance->rows[balance->num_rows++] = (struct balance_row){
		state, event->sign, event->is_new, site->where, site->path, 1, event->seq};
}

/* The count is not what its last event left: somebody changed it without one. By how much. */
static int64_t add_unseen(struct work *work, const struct account *account)
{
	const struct reflog_life *life = work->life;
	struct balance *balance = work->balance;
	int64_t unseen;

	if (!account->found || !life->num_events || account->freed)
		return 0;
	unseen = account->refcount - (int64_t)life->events[life->num_events - 1].count;
	if (unseen)
		balance->rows[balance->num_rows++] =
			(struct balance_row){.state = BALANCE_FALSE,
					     .sign = unseen > 0 ? 1 : -1,
					     .where = "a store that is no event",
					     .path = "",
					     .times = (uint32_t)llabs(unseen)};
	return unseen;
}

static int compare_rows(const void *a, const void *b)
{
	const struct balance_row *x = a, *y = b;

	if (x->state != y->state)
		return x->state < y->state ? -1 : 1;
	return x->seq > y->seq ? -1 : x->seq < y->seq;
}

static size_t function_len(const char *where)
{
	return strcspn(where, " (");
}

/*
 * Another get of the same function by the same way, where nothing but their order made the culprit
 * one and not the other: a reader is told of both.
 */
static void find_rival(struct work *work)
{
	struct balance *balance = work->balance;
	const struct balance_row *row = balance->rows;
	size_t len = balance->num_rows ? function_len(row->where) : 0;

	balance->rival = "";
	if (!balance->num_rows || row->state != BALANCE_CULPRIT || row->sign < 0 || row->is_new)
		return;
	for (uint32_t i = 0; i < work->life->num_events; i++) {
		const struct reflog_event *event = &work->life->events[i];
		const struct reflog_site *site = &work->log->sites[event->site];

		if (site->where == row->where && work->site_strange[event->site]) {
			balance->rival = ""; /* it is more than their order */
			return;
		}
		if (event->sign > 0 && !event->is_new && strcmp(site->where, row->where) &&
		    strcmp(site->path, row->path) == 0 && function_len(site->where) == len &&
		    strncmp(site->where, row->where, len) == 0)
			balance->rival = site->where;
	}
}

/* Where what is got like the first culprit is put in other lives. False: out of memory. */
static bool find_partner(struct work *work)
{
	struct balance *balance = work->balance;
	const struct balance_row *row = balance->rows;
	uint32_t *times, best = 0, group = MAKERS;

	balance->partner = "";
	if (!balance->num_rows || row->state != BALANCE_CULPRIT || row->sign < 0)
		return true;
	times = calloc(work->log->num_sites + 1, sizeof(*times));
	if (!times)
		return false;
	for (uint32_t i = 0; i < work->log->num_sites && !row->is_new; i++) {
		if (work->log->sites[i].where == row->where &&
		    work->log->sites[i].path == row->path)
			group = work->site_group[i];
	}
	for (uint32_t l = 0; l < work->log->num_lives; l++) {
		const struct reflog_life *life = &work->log->lives[l];

		for (uint32_t i = 0; i < life->num_events; i++) {
			const struct reflog_event *event = &life->events[i];

			if (life_is_file(life) == work->is_file && event->sign < 0 &&
			    event_group(work, event) == group && ++times[event->site] > best) {
				best = times[event->site];
				balance->partner = work->log->sites[event->site].where;
			}
		}
	}
	free(times);
	return true;
}

/*
 * The groups' errors whose sign is SURPLUS's, the largest first, until it is explained; only by
 * what is strange, or by all. What is left of it; what is explained is taken out of NET.
 */
static int64_t accuse_groups(struct work *work, int64_t net[MAX_GROUPS], int64_t surplus,
			     bool strange, enum balance_state *states)
{
	bool tried[MAX_GROUPS] = {false};

	while (surplus) {
		uint32_t worst = MAX_GROUPS;
		int64_t wrong;

		for (uint32_t g = 0; g < work->num_groups; g++) {
			if (!tried[g] && (net[g] > 0) == (surplus > 0) && net[g] &&
			    (worst == MAX_GROUPS || llabs(net[g]) > llabs(net[worst])))
				worst = g;
		}
		if (worst == MAX_GROUPS)
			break;
		tried[worst] = true;
		wrong = llabs(net[worst]) < llabs(surplus) ? net[worst] : surplus;
		if (strange && !accuse_strange(work, worst, wrong, states))
			continue;
		if (!strange)
			accuse(work, worst, wrong, states);
		surplus -= wrong;
		net[worst] -= wrong;
	}
	return surplus;
}

static bool judge(struct work *work, const struct account *account)
{
	const struct reflog_life *life = work->life;
	struct balance *balance = work->balance;
	enum balance_state *states = calloc(life->num_events + 1, sizeof(*states));
	int64_t net[MAX_GROUPS], surplus = balance->surplus;

	balance->rows =
		arena_alloc_array(balance->arena, life->num_events + 2, sizeof(*balance->rows));
	if (!states || !balance->rows) {
		free(states);
		return false;
	}
	life_net(work, life, net);
	add_holders(work, account, -1, net);
	if (work->before) {
		struct account before = account_of(work->before, work->is_file, life->id);

		add_holders(work, &before, 1, net);
	}
	for (uint32_t i = 0; i < life->num_events; i++)
		states[i] = BALANCE_OPEN;
	for (uint32_t i = 0; i < life->num_events; i++) {
		if (false_by(life, i)) {
			states[i] = BALANCE_FALSE;
			surplus -= false_by(life, i);
		}
	}
	surplus -= add_unseen(work, account);
	surplus = accuse_groups(work, net, surplus, true, states);
	if (surplus < 0)
		accuse_groups(work, net, surplus, false, states);
	pair_up(work, states);
	if (surplus > 0)
		accuse_groups(work, net, surplus, false, states);
	for (uint32_t i = 0; i < life->num_events; i++)
		add_row(balance, work->log, &life->events[i], states[i]);
	qsort(balance->rows, balance->num_rows, sizeof(*balance->rows), compare_rows);
	find_rival(work);
	free(states);
	return find_partner(work);
}

static bool fill(struct work *work, uint64_t id)
{
	struct account account = account_of(work->snapshot, work->is_file, id);
	struct balance *balance = work->balance;

	/* What lies where an object was is not its count: it has none, and its holders hold
	 * nothing.
	 */
	if (work->life->freed || account.freed) {
		account.freed = true;
		account.refcount = 0;
		account.surplus = -(int64_t)account.num_holders;
	}
	balance->id = id;
	balance->name = work->life->name;
	balance->kind = work->life->kind;
	balance->refcount = account.refcount;
	balance->num_holders = account.num_holders;
	balance->surplus = account.surplus;
	if (work->before)
		balance->surplus -= account_of(work->before, work->is_file, id).surplus;
	balance->gone = account.freed;
	balance->incomplete = !work->life->born && !work->before;
	balance->num_events = work->life->num_events;
	learn_groups(work);
	learn_kinds(work);
	return learn_strange(work) && judge(work, &account);
}

struct balance *balance_create(const struct reflog *log, const struct snapshot *before,
			       const struct snapshot *snapshot, uint64_t id)
{
	struct arena *arena = arena_create();
	struct work *work = calloc(1, sizeof(*work));
	struct balance *balance = NULL;
	bool ok = false;

	if (work && arena) {
		work->log = log;
		work->before = before;
		work->snapshot = snapshot;
		work->life = reflog_find(log, id);
		work->is_file = work->life && life_is_file(work->life);
		work->site_group = calloc(log->num_sites + 1, sizeof(*work->site_group));
		work->site_strange = calloc(log->num_sites + 1, sizeof(*work->site_strange));
		balance = work->balance = arena_alloc(arena, sizeof(*balance));
	}
	if (balance && work->life && work->site_group && work->site_strange) {
		balance->arena = arena;
		ok = fill(work, id);
	}
	if (work) {
		free(work->site_group);
		free(work->site_strange);
	}
	free(work);
	if (ok)
		return balance;
	arena_destroy(arena);
	return NULL;
}

void balance_destroy(struct balance *balance)
{
	if (balance)
		arena_destroy(balance->arena);
}
