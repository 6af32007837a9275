/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The copy of a page in the store, found as the profile says: by the object's operations, which
 * tell the larger object that it sits in, which tells its place. Every value is the target's: an
 * address that cannot be read is an answer, too.
 */
#include <inttypes.h>
#include <string.h>

#include "session_private.h"

/* A number of the layout's at ADDR, through the pointers on its way. */
static bool read_field(struct session *session, const struct layout_field *field, uint64_t addr,
		       uint64_t *value)
{
	struct memory *memory = source_memory(session->source);
	struct error ignored = {0};
	uint64_t pointer;

	for (unsigned int i = 0; i < field->num_hops; i++) {
		pointer = 0;
		if (!memory_read_at(memory, addr + field->offset[i], &pointer,
				    session->layout->pointer_size, &ignored) ||
		    !pointer)
			return false;
		addr = pointer;
	}
	*value = 0;
	return field->size <= sizeof(*value) &&
	       memory_read_at(memory, addr + field->offset[field->num_hops], value, field->size,
			      &ignored);
}

static const struct layout_store *find_store(struct session *session, uint64_t fobj)
{
	const struct layout *layout = session->layout;
	uint64_t ops;

	if (!fobj || !layout->store_ops.present ||
	    !read_field(session, &layout->store_ops, fobj, &ops))
		return NULL;
	for (unsigned int i = 0; i < layout->num_stores; i++)
		if (layout->stores[i].ops + session->slide == ops)
			return &layout->stores[i];
	return NULL;
}

/* Never saved where it says so: then the store's page is nobody's. */
static bool was_saved(struct session *session, const struct layout_store *store, uint64_t fobj,
		      uint64_t place, uint32_t page)
{
	uint64_t from = store->is_index ? store->saved_symbol + session->slide : fobj;
	struct layout_field saved = store->saved;
	uint64_t number;

	if (!saved.present || !store->saved_size || !saved.num_hops)
		return true;
	saved.offset[saved.num_hops] += ((store->is_index ? place : 0) + page) * store->saved_size;
	return !read_field(session, &saved, from, &number) || number != 0;
}

bool session_read_stored(struct session *session, uint64_t fobj, uint32_t page, uint8_t *to,
			 struct error *error)
{
	const struct layout_store *store = find_store(session, fobj);
	struct memory *memory = source_memory(session->source);
	struct memory_request request = {.len = LIVE_PAGE, .to = to};
	uint64_t place, base = 0;

	if (!store)
		return error_set(error, EXIT_PARTIAL,
				 "no copy in the store: the page is free, its object keeps none of "
				 "its own, or the profile does not say where");
	if (!read_field(session, &store->place, fobj, &place) ||
	    (store->is_index &&
	     !read_field(session, &store->base.field, store->base.symbol + session->slide, &base)))
		return error_set(error, EXIT_PARTIAL, "where its store is cannot be read");
	if (!was_saved(session, store, fobj, place, page))
		return error_set(error, EXIT_PARTIAL,
				 "this page was never saved: there is no copy of it in the store");
	request.addr =
		(store->is_index ? base + place * LIVE_PAGE : place) + page * (uint64_t)LIVE_PAGE;
	if (!(store->physical ? memory_read_physical(memory, &request, 1, error)
			      : memory_read(memory, &request, 1, error)))
		return false;
	return request.ok ||
	       error_set(error, EXIT_PARTIAL, "the store's page at 0x%" PRIx64 " cannot be read",
			 request.addr);
}
