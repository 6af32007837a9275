/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Three columns are filled from top to bottom. Objects come in the order in which the left column
 * first refers to them, and pages in the order of their objects, which keeps most links short and
 * uncrossed. Free pages are many and
 * alike, so they are one box at the end. The arrays are sized before anything is placed: the
 * snapshot says how many there are.
 */
#include "figure.h"

#include <stdlib.h>
#include <string.h>

#include "../model/arena.h"

#define GUTTER 10u /* cells between columns, for the links */
#define MARGIN 2u

#define PAGE_BYTES  4096u
#define FREE_RANGES 12u /* ranges of free pages told one by one */

struct builder {
	const struct snapshot *snapshot;
	struct figure *figure;
	uint32_t *fobj_box, *pmem_box; /* box of each object, NONE while it has none */
	uint32_t *fobj_order, num_ordered;
	bool failed; /* memory is out */
};

uint32_t figure_row_y(const struct figure_box *box, uint32_t row)
{
	return box->y + 1 + (row == NONE ? 0 : row + 1);
}

const char *figure_kind_name(enum figure_kind kind)
{
	static const char *const names[] = {"context", "file", "holder", "fobj", "pmem", "free"};

	return names[kind];
}

static void *take(struct builder *builder, size_t count, size_t size)
{
	void *array = arena_alloc_array(builder->figure->arena, count ? count : 1, size);

	builder->failed |= !array;
	return array;
}

static struct figure_box *add_box(struct builder *builder, enum figure_kind kind, uint32_t index,
				  uint64_t id, uint32_t max_rows)
{
	struct figure_box *box = &builder->figure->boxes[builder->figure->num_boxes++];

	box->kind = kind;
	box->index = index;
	box->id = id;
	box->title = "";
	box->rows = take(builder, max_rows, sizeof(*box->rows));
	return box;
}

static uint32_t box_number(const struct builder *builder, const struct figure_box *box)
{
	return (uint32_t)(box - builder->figure->boxes);
}

#define PRINT(builder, ...) printed(builder, arena_printf((builder)->figure->arena, __VA_ARGS__))

static const char *printed(struct builder *builder, const char *text)
{
	builder->failed |= !text;
	return text ? text : "";
}

static void add_row(struct builder *builder, struct figure_box *box, uint64_t id, const char *text)
{
	if (builder->failed)
		return;
	box->rows[box->num_rows].id = id;
	box->rows[box->num_rows++].text = text;
}

static void add_link(struct builder *builder, const char *kind, uint32_t from, uint32_t from_row,
		     uint32_t to, uint32_t to_row)
{
	if (from == NONE || to == NONE)
		return;
	builder->figure->links[builder->figure->num_links++] =
		(struct figure_link){kind, from, from_row, to, to_row};
}

/* ---- what stands in the boxes ---- */

static const char *prot_text(uint8_t prot)
{
	static const char *const texts[] = {"---", "r--", "-w-", "rw-", "--x", "r-x", "-wx", "rwx"};

	return texts[prot & 7];
}

static void order_fobj(struct builder *builder, uint32_t fobj)
{
	if (fobj == NONE || builder->fobj_box[fobj] != NONE)
		return;
	builder->fobj_box[fobj] = 0; /* seen; its box comes later */
	builder->fobj_order[builder->num_ordered++] = fobj;
}

static int longest_name(const struct snapshot *snapshot, const struct snap_context *context)
{
	size_t longest = 0;

	for (uint32_t i = 0; i < context->num_areas; i++) {
		size_t length = strlen(snapshot->areas[context->areas[i]].name);

		longest = length > longest ? length : longest;
	}
	return (int)longest;
}

static void add_context(struct builder *builder, uint32_t index)
{
	const struct snap_context *context = &builder->snapshot->contexts[index];
	struct figure_box *box =
		add_box(builder, FIGURE_CONTEXT, index, context->id, context->num_areas);
	int width = longest_name(builder->snapshot, context);

	box->title = PRINT(builder, "%s  %s", context->name, context->state);
	for (uint32_t i = 0; i < context->num_areas && !builder->failed; i++) {
		const struct snap_area *area = &builder->snapshot->areas[context->areas[i]];

		add_row(builder, box, area->id,
			PRINT(builder, "%-*s 0x%09llx %5u page%s %s", width, area->name,
			      (unsigned long long)area->base, area->pages,
			      area->pages == 1 ? " " : "s", prot_text(area->prot)));
		order_fobj(builder, area->fobj);
	}
}

static void add_file(struct builder *builder, uint32_t index)
{
	const struct snap_file *file = &builder->snapshot->files[index];
	struct figure_box *box = add_box(builder, FIGURE_FILE, index, file->id, file->num_slices);

	box->title = PRINT(builder, "tag %.8s  refs %lld", file->tag, (long long)file->refcount);
	for (uint32_t i = 0; i < file->num_slices && !builder->failed; i++) {
		const struct snap_slice *slice = &file->slices[i];

		add_row(builder, box, slice->id,
			PRINT(builder, "slice at page %u, %u page%s", slice->page_offset,
			      slice->pages, slice->pages == 1 ? "" : "s"));
		order_fobj(builder, slice->fobj);
	}
}

static bool is_own_box(const struct snap_holder *holder)
{
	return strcmp(holder->kind, "area") && strcmp(holder->kind, "slice") &&
	       strcmp(holder->kind, "fobj");
}

/* What has no name of its own goes by that of the context that lists it. */
static bool has_own_name(const struct snapshot *snapshot, const struct snap_holder *holder)
{
	bool own = true;

	for (uint32_t i = 0; i < snapshot->num_contexts && own; i++)
		own = strcmp(snapshot->contexts[i].name, holder->name) != 0;
	return own;
}

static const char *holder_title(struct builder *builder, const struct snap_holder *holder)
{
	if (!holder->name[0])
		return PRINT(builder, "%s 0x%llx", holder->kind, (unsigned long long)holder->id);
	return has_own_name(builder->snapshot, holder)
		       ? PRINT(builder, "%s", holder->name)
		       : PRINT(builder, "%s of %s", holder->kind, holder->name);
}

static void add_holders(struct builder *builder, uint32_t fobj)
{
	const struct snap_fobj *object = &builder->snapshot->fobjs[fobj];

	for (uint32_t i = 0; i < object->num_holders && !builder->failed; i++) {
		const struct snap_holder *holder = &object->holders[i];
		struct figure_box *box;

		if (!is_own_box(holder))
			continue;
		/* Its index leads to the fobj it holds, for the link. */
		box = add_box(builder, FIGURE_HOLDER, fobj, holder->id, 0);
		box->title = holder_title(builder, holder);
		order_fobj(builder, fobj);
	}
}

static void add_fobj(struct builder *builder, uint32_t index)
{
	const struct snap_fobj *fobj = &builder->snapshot->fobjs[index];
	struct figure_box *box = add_box(builder, FIGURE_FOBJ, index, fobj->id, fobj->num_resident);

	builder->fobj_box[index] = box_number(builder, box);
	if (fobj->name[0])
		box->title =
			PRINT(builder, "%s  %s  %u page%s  refs %lld", fobj->name, fobj->kind,
			      fobj->pages, fobj->pages == 1 ? "" : "s", (long long)fobj->refcount);
	else
		box->title = PRINT(builder, "0x%llx  %s  %u page%s  refs %lld",
				   (unsigned long long)fobj->id, fobj->kind, fobj->pages,
				   fobj->pages == 1 ? "" : "s", (long long)fobj->refcount);
	for (uint32_t i = 0; i < fobj->num_resident && !builder->failed; i++)
		add_row(builder, box, 0, PRINT(builder, "page %u", fobj->resident[i]));
}

static bool is_free(const struct snap_pmem *pmem)
{
	return pmem->state == PMEM_STATE_FREE && pmem->num_owners == 0;
}

static void add_pmem(struct builder *builder, uint32_t index)
{
	const struct snap_pmem *pmem = &builder->snapshot->pmems[index];
	struct figure_box *box = add_box(builder, FIGURE_PMEM, index, pmem->id, pmem->num_owners);

	builder->pmem_box[index] = box_number(builder, box);
	box->title = PRINT(builder, "0x%llx %s%s",
			   (unsigned long long)(pmem->pa_known ? pmem->pa : pmem->id),
			   pmem_state_name(pmem->state), pmem->hidden ? " hidden" : "");
	for (uint32_t i = 0; i < pmem->num_owners && !builder->failed; i++) {
		const struct snap_owner *owner = &pmem->owners[i];
		const struct snap_area *area = &builder->snapshot->areas[owner->area];
		const char *context = owner->context == NONE
					      ? "?"
					      : builder->snapshot->contexts[owner->context].name;

		const char *pte = owner->pte_known ? prot_text(owner->pte) : "???";

		add_row(builder, box, 0,
			area->name[0] ? PRINT(builder, "%s %s %s", context, area->name, pte)
				      : PRINT(builder, "%s 0x%llx %s", context,
					      (unsigned long long)owner->va, pte));
	}
}

static int compare_addresses(const void *a, const void *b)
{
	uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

	return left < right ? -1 : left > right;
}

/* The addresses of the free pages, sorted, into PAS; how many of them are known. */
static uint32_t list_free(const struct snapshot *snapshot, uint64_t *pas, uint32_t *num_free)
{
	uint32_t known = 0;

	*num_free = 0;
	for (uint32_t i = 0; i < snapshot->num_pmems; i++) {
		if (!is_free(&snapshot->pmems[i]))
			continue;
		++*num_free;
		if (snapshot->pmems[i].pa_known)
			pas[known++] = snapshot->pmems[i].pa;
	}
	qsort(pas, known, sizeof(*pas), compare_addresses);
	return known;
}

static void add_free_rows(struct builder *builder, struct figure_box *box, const uint64_t *pas,
			  uint32_t count)
{
	for (uint32_t first = 0, next; first < count && !builder->failed; first = next) {
		next = first + 1;
		while (next < count && pas[next] - pas[next - 1] == PAGE_BYTES)
			next++;
		if (box->num_rows + 1 == FREE_RANGES && next < count) {
			add_row(builder, box, 0, PRINT(builder, "and %u elsewhere", count - first));
			return;
		}
		if (next - first == 1)
			add_row(builder, box, 0,
				PRINT(builder, "0x%llx", (unsigned long long)pas[first]));
		else
			add_row(builder, box, 0,
				PRINT(builder, "0x%llx to 0x%llx: %u",
				      (unsigned long long)pas[first],
				      (unsigned long long)pas[next - 1], next - first));
	}
}

/* One box for every free page there is. */
static void add_free(struct builder *builder)
{
	uint64_t *pas = take(builder, builder->snapshot->num_pmems, sizeof(*pas));
	struct figure_box *box;
	uint32_t known, num_free;

	if (builder->failed)
		return;
	known = list_free(builder->snapshot, pas, &num_free);
	if (num_free == 0)
		return;
	box = add_box(builder, FIGURE_FREE, NONE, 0, FREE_RANGES);
	box->title = PRINT(builder, "%u free page%s", num_free, num_free == 1 ? "" : "s");
	add_free_rows(builder, box, pas, known);
}

/* ---- the columns ---- */

static uint32_t text_cells(const char *text)
{
	uint32_t cells = 0;

	for (; *text; text++)
		cells += ((unsigned char)*text & 0xc0) != 0x80;
	return cells;
}

static uint32_t box_width(const struct figure_box *box)
{
	uint32_t width = text_cells(box->title);

	for (uint32_t i = 0; i < box->num_rows; i++) {
		uint32_t cells = text_cells(box->rows[i].text);

		width = cells > width ? cells : width;
	}
	return width + 4;
}

static uint32_t column_width(const struct figure *figure, uint32_t first, uint32_t last)
{
	uint32_t width = 0;

	for (uint32_t i = first; i < last; i++) {
		uint32_t wanted = box_width(&figure->boxes[i]);

		width = wanted > width ? wanted : width;
	}
	return width;
}

/* The line of the first box that one of [FIRST, LAST) links to; 0: it links to none. */
static uint32_t first_target_y(const struct figure *figure, uint32_t box)
{
	uint32_t y = 0;

	for (uint32_t i = 0; i < figure->num_links; i++) {
		const struct figure_link *link = &figure->links[i];
		uint32_t target = figure->boxes[link->to].y;

		if (link->from == box && figure->boxes[link->to].kind != figure->boxes[box].kind)
			y = !y || target < y ? target : y;
	}
	return y;
}

/*
 * Stack boxes [FIRST, LAST) at column X, all as wide as the widest, each beside the first box that
 * it links to or below; the x after them. The column to the right is placed already.
 */
static uint32_t place_column(struct figure *figure, uint32_t first, uint32_t last, uint32_t x)
{
	uint32_t width = column_width(figure, first, last), y = MARGIN;

	for (uint32_t i = first; i < last; i++) {
		struct figure_box *box = &figure->boxes[i];
		uint32_t wanted = first_target_y(figure, i);

		box->x = x;
		box->y = wanted > y ? wanted : y;
		box->width = width;
		box->height = box->num_rows + 3;
		y = box->y + box->height; /* its last line is the gap */
	}
	figure->height = y + MARGIN > figure->height ? y + MARGIN : figure->height;
	return x + width;
}

/* Does FILE have a slice that CONTEXT maps? Then it stands right below it. */
static bool context_uses_file(const struct snapshot *snapshot, uint32_t context, uint32_t file)
{
	for (uint32_t i = 0; i < snapshot->files[file].num_holders; i++)
		if (snapshot->files[file].holders[i].id == snapshot->contexts[context].id)
			return true;
	return false;
}

static void add_left_column(struct builder *builder)
{
	const struct snapshot *snapshot = builder->snapshot;
	bool *placed = take(builder, snapshot->num_files, sizeof(*placed));

	for (uint32_t i = 0; i < snapshot->num_contexts && !builder->failed; i++) {
		add_context(builder, i);
		for (uint32_t j = 0; j < snapshot->num_files && !builder->failed; j++) {
			if (placed[j] || !context_uses_file(snapshot, i, j))
				continue;
			placed[j] = true;
			add_file(builder, j);
		}
	}
	for (uint32_t i = 0; i < snapshot->num_files && !builder->failed; i++)
		if (!placed[i])
			add_file(builder, i);
	for (uint32_t i = 0; i < snapshot->num_fobjs; i++)
		add_holders(builder, i);
}

static void add_middle_column(struct builder *builder)
{
	for (uint32_t i = 0; i < builder->snapshot->num_fobjs; i++)
		order_fobj(builder, i);
	for (uint32_t i = 0; i < builder->num_ordered; i++)
		add_fobj(builder, builder->fobj_order[i]);
}

/* The pmem that holds PAGE of FOBJ, or NONE. */
static uint32_t find_pmem(const struct snapshot *snapshot, uint32_t fobj, uint32_t page)
{
	for (uint32_t i = 0; i < snapshot->num_pmems; i++)
		if (snapshot->pmems[i].fobj == fobj && snapshot->pmems[i].page == page)
			return i;
	return NONE;
}

static void add_right_column(struct builder *builder)
{
	const struct snapshot *snapshot = builder->snapshot;

	for (uint32_t i = 0; i < builder->num_ordered; i++) {
		const struct snap_fobj *fobj = &snapshot->fobjs[builder->fobj_order[i]];

		for (uint32_t j = 0; j < fobj->num_resident; j++) {
			uint32_t pmem =
				find_pmem(snapshot, builder->fobj_order[i], fobj->resident[j]);

			if (pmem != NONE && builder->pmem_box[pmem] == NONE)
				add_pmem(builder, pmem);
		}
	}
	for (uint32_t i = 0; i < snapshot->num_pmems; i++)
		if (builder->pmem_box[i] == NONE && !is_free(&snapshot->pmems[i]))
			add_pmem(builder, i);
	add_free(builder);
}

/* ---- links ---- */

static void link_left(struct builder *builder, const struct figure_box *box)
{
	const struct snapshot *snapshot = builder->snapshot;
	uint32_t from = box_number(builder, box);

	if (box->kind == FIGURE_HOLDER) {
		add_link(builder, "holder", from, NONE, builder->fobj_box[box->index], NONE);
		return;
	}
	for (uint32_t i = 0; i < box->num_rows; i++) {
		bool context = box->kind == FIGURE_CONTEXT;
		uint32_t fobj =
			context ? snapshot->areas[snapshot->contexts[box->index].areas[i]].fobj
				: snapshot->files[box->index].slices[i].fobj;

		if (fobj != NONE)
			add_link(builder, context ? "area" : "slice", from, i,
				 builder->fobj_box[fobj], NONE);
	}
}

static void link_fobj(struct builder *builder, const struct figure_box *box)
{
	const struct snap_fobj *fobj = &builder->snapshot->fobjs[box->index];
	uint32_t number = box_number(builder, box);

	for (uint32_t i = 0; i < box->num_rows; i++) {
		uint32_t pmem = find_pmem(builder->snapshot, box->index, fobj->resident[i]);

		if (pmem != NONE)
			add_link(builder, "page", number, i, builder->pmem_box[pmem], NONE);
	}
	for (uint32_t i = 0; i < fobj->num_holders; i++) {
		uint32_t holder =
			strcmp(fobj->holders[i].kind, "fobj")
				? NONE
				: snapshot_find_fobj(builder->snapshot, fobj->holders[i].id);

		if (holder != NONE)
			add_link(builder, "source", builder->fobj_box[holder], NONE, number, NONE);
	}
}

static void link_boxes(struct builder *builder)
{
	for (uint32_t i = 0; i < builder->figure->num_boxes; i++) {
		const struct figure_box *box = &builder->figure->boxes[i];

		if (box->kind == FIGURE_FOBJ)
			link_fobj(builder, box);
		else if (box->kind != FIGURE_PMEM && box->kind != FIGURE_FREE)
			link_left(builder, box);
	}
}

/* ---- the whole ---- */

static bool size_arrays(struct builder *builder)
{
	const struct snapshot *snapshot = builder->snapshot;
	size_t boxes, links = snapshot->num_areas, holders = 0;

	for (uint32_t i = 0; i < snapshot->num_fobjs; i++) {
		holders += snapshot->fobjs[i].num_holders;
		links += snapshot->fobjs[i].num_resident;
	}
	for (uint32_t i = 0; i < snapshot->num_files; i++)
		links += snapshot->files[i].num_slices;
	for (uint32_t i = 0; i < snapshot->num_contexts; i++)
		links += snapshot->contexts[i].num_areas;
	boxes = (size_t)snapshot->num_contexts + snapshot->num_files + holders +
		snapshot->num_fobjs + snapshot->num_pmems + 1;
	builder->figure->boxes = take(builder, boxes, sizeof(struct figure_box));
	builder->figure->links = take(builder, links + holders, sizeof(struct figure_link));
	builder->fobj_order = take(builder, snapshot->num_fobjs, sizeof(uint32_t));
	builder->fobj_box = take(builder, snapshot->num_fobjs, sizeof(uint32_t));
	builder->pmem_box = take(builder, snapshot->num_pmems, sizeof(uint32_t));
	if (builder->failed)
		return false;
	memset(builder->fobj_box, 0xff, snapshot->num_fobjs * sizeof(uint32_t));
	memset(builder->pmem_box, 0xff, snapshot->num_pmems * sizeof(uint32_t));
	return true;
}

/* From right to left, so that each box can stand beside what it links to. */
static void place_columns(struct figure *figure, uint32_t left, uint32_t middle)
{
	uint32_t middle_x = MARGIN + column_width(figure, 0, left) + GUTTER;
	uint32_t right_x = middle_x + column_width(figure, left, middle) + GUTTER;

	figure->width = place_column(figure, middle, figure->num_boxes, right_x) + MARGIN;
	place_column(figure, left, middle, middle_x);
	place_column(figure, 0, left, MARGIN);
}

static void build(struct builder *builder)
{
	struct figure *figure = builder->figure;
	uint32_t left, middle;

	if (!size_arrays(builder))
		return;
	add_left_column(builder);
	left = figure->num_boxes;
	add_middle_column(builder);
	middle = figure->num_boxes;
	add_right_column(builder);
	if (builder->failed)
		return;
	link_boxes(builder);
	place_columns(figure, left, middle);
}

struct figure *figure_create(const struct snapshot *snapshot, struct error *error)
{
	struct arena *arena = arena_create();
	struct builder builder = {.snapshot = snapshot};

	builder.figure = arena ? arena_alloc(arena, sizeof(*builder.figure)) : NULL;
	if (builder.figure) {
		builder.figure->arena = arena;
		build(&builder);
	}
	if (!builder.figure || builder.failed) {
		arena_destroy(arena);
		error_set(error, EXIT_PARTIAL, "out of memory for the figure");
		return NULL;
	}
	return builder.figure;
}

void figure_destroy(struct figure *figure)
{
	if (figure)
		arena_destroy(figure->arena);
}
