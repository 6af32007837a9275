/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The stub's plain names of a 32-bit CPU are the non-secure bank; the secure one has "_S". Where
 * the control register is not told, the MMU is taken to be on: a proof follows anyway.
 */
#include "regimes.h"

#include <string.h>

#define MAX_CPUS 64

void regimes_add(struct regimes *regimes, const struct pagewalk *walk)
{
	for (size_t i = 0; i < regimes->count; i++)
		if (!memcmp(&regimes->list[i], walk, sizeof(*walk)))
			return;
	if (regimes->count < REGIMES_MAX)
		regimes->list[regimes->count++] = *walk;
}

static void add_aarch64(struct regimes *regimes, const struct rsp_register *reg)
{
	struct pagewalk walk;
	uint64_t sctlr = reg[0].ok ? reg[0].value : 1;

	memset(&walk, 0, sizeof(walk)); /* compared with its padding */
	if (reg[1].ok && reg[2].ok && reg[3].ok &&
	    pagewalk_from_aarch64(&walk, sctlr, reg[1].value, reg[2].value, reg[3].value))
		regimes_add(regimes, &walk);
}

static void add_aarch32(struct regimes *regimes, const struct rsp_register *reg)
{
	struct pagewalk walk;
	uint32_t sctlr = reg[0].ok ? (uint32_t)reg[0].value : 1;

	memset(&walk, 0, sizeof(walk));
	if (reg[1].ok && reg[2].ok && reg[3].ok &&
	    pagewalk_from_aarch32(&walk, sctlr, (uint32_t)reg[1].value, reg[2].value, reg[3].value))
		regimes_add(regimes, &walk);
}

static bool add_cpu(struct regimes *regimes, struct rsp_client *client, const char *thread,
		    struct error *error)
{
	struct rsp_register reg[] = {
		{.name = "SCTLR_EL1"}, {.name = "TCR_EL1"}, {.name = "TTBR0_EL1"},
		{.name = "TTBR1_EL1"}, {.name = "SCTLR_S"}, {.name = "TTBCR_S"},
		{.name = "TTBR0_S"},   {.name = "TTBR1_S"}, {.name = "SCTLR"},
		{.name = "TTBCR"},     {.name = "TTBR0"},   {.name = "TTBR1"},
	};

	if (!rsp_read_registers(client, thread, reg, sizeof(reg) / sizeof(reg[0]), error))
		return false;
	add_aarch64(regimes, reg);
	if (!reg[1].ok) {
		add_aarch32(regimes, reg + 4);
		add_aarch32(regimes, reg + 8);
	}
	return true;
}

bool regimes_read(struct regimes *regimes, struct rsp_client *client, struct error *error)
{
	char ids[MAX_CPUS][RSP_THREAD_LEN];
	size_t count;

	/* The one that stopped is the likeliest. */
	if (!add_cpu(regimes, client, NULL, error))
		return false;
	count = rsp_threads(client, ids, MAX_CPUS, error);
	if (!count)
		return false;
	for (size_t i = 0; i < count; i++)
		if (!add_cpu(regimes, client, ids[i], error))
			return false;
	return true;
}

#define WINDOW_PAGES 16u

/* Pages that lie side by side, read at once: a search looks at each several times. */
struct window {
	struct memory *memory;
	uint64_t pa;
	size_t len; /* bytes that are there */
	unsigned char bytes[WINDOW_PAGES * 4096u];
};

static bool physical_read(struct memory *memory, uint64_t pa, void *to, size_t len)
{
	struct memory_request request = {.addr = pa, .len = len, .to = to};
	struct error ignored = {0};

	return memory_read_physical(memory, &request, 1, &ignored) && request.ok;
}

static bool table_read(void *context, uint64_t pa, void *to, size_t len)
{
	struct window *window = context;
	uint64_t offset = pa - window->pa;

	if (offset >= window->len || len > window->len - offset)
		return physical_read(window->memory, pa, to, len);
	memcpy(to, window->bytes + offset, len);
	return true;
}

/* PA and what follows it without a gap; nothing where that cannot be read in one piece. */
static void window_move(struct window *window, uint64_t pa)
{
	uint64_t last = pa, next = pa;
	size_t len = 4096;

	while (len < sizeof(window->bytes) &&
	       window->memory->ops->next_page(window->memory, &next) && next - last == 4096) {
		last = next;
		len += 4096;
	}
	window->pa = pa;
	window->len = physical_read(window->memory, pa, window->bytes, len) ? len : 0;
}

/* Does WALK lead from VA to these bytes? */
static bool walk_leads_to(const struct pagewalk *walk, struct window *window, uint64_t va,
			  const void *bytes, size_t len)
{
	struct pagewalk_page page;
	unsigned char have[64];

	if (pagewalk_translate(walk, table_read, window, va, &page) != PAGEWALK_MAPPED)
		return false;
	if (len > sizeof(have))
		len = sizeof(have);
	if (len > page.size - (va - page.va))
		len = (size_t)(page.size - (va - page.va));
	return table_read(window, page.pa + (va - page.va), have, len) && !memcmp(have, bytes, len);
}

/* The page at PA as a first table of every shape that there is. */
static bool add_shapes(struct regimes *regimes, struct window *window, uint64_t pa, uint64_t va,
		       const void *bytes, size_t len)
{
	static const struct {
		enum pagewalk_format format;
		unsigned int va_bits;
	} shapes[] = {
		{PAGEWALK_AARCH64, 48}, {PAGEWALK_AARCH64, 39}, {PAGEWALK_AARCH64, 42},
		{PAGEWALK_AARCH64, 32}, {PAGEWALK_LPAE, 32},    {PAGEWALK_SHORT, 32},
	};
	bool wide = va >> 32, found = false;

	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		struct pagewalk walk;

		if (wide ? shapes[i].va_bits == 32
			 : shapes[i].format == PAGEWALK_SHORT && pa & 0x3fff)
			continue;
		memset(&walk, 0, sizeof(walk));
		walk.format = shapes[i].format;
		walk.half[va >> 55 & 1].root = pa;
		walk.half[va >> 55 & 1].va_bits = shapes[i].va_bits;
		if (!walk_leads_to(&walk, window, va, bytes, len))
			continue;
		regimes_add(regimes, &walk);
		found = true;
	}
	return found;
}

bool regimes_search(struct regimes *regimes, struct memory *memory, uint64_t *pa, uint64_t va,
		    const void *bytes, size_t len)
{
	struct window window = {.memory = memory, .len = 0};
	bool found = false;

	while (!found && memory->ops->next_page && memory->ops->next_page(memory, pa)) {
		if (*pa - window.pa >= window.len)
			window_move(&window, *pa);
		found = add_shapes(regimes, &window, *pa, va, bytes, len);
	}
	return found;
}
