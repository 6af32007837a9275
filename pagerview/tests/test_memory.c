/* SPDX-License-Identifier: BSD-2-Clause */
/* Backends of struct memory: their common front, the stub's, the walk's, a dump's. */
#include <elf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "fake_stub.h"
#include "memory/backends.h"
#include "memory/regimes.h"
#include "memory/source.h"
#include "memory/world.h"

/* ---- physical memory made here: 1 MiB, the second half unreadable ---- */

#define RAM_BASE 0x40000000u
#define RAM_SIZE (1u << 20)

static unsigned char ram[RAM_SIZE];

static bool ram_read_physical(struct memory *memory, struct memory_request *requests, size_t count,
			      struct error *error)
{
	(void)error;
	memory->stats.trips++;
	for (size_t i = 0; i < count; i++) {
		uint64_t from = requests[i].addr - RAM_BASE;

		memory->stats.packets++;
		requests[i].ok = from < RAM_SIZE / 2 && requests[i].len <= RAM_SIZE / 2 - from;
		if (requests[i].ok)
			memcpy(requests[i].to, ram + from, requests[i].len);
	}
	return true;
}

static bool ram_read(struct memory *memory, struct memory_request *requests, size_t count,
		     struct error *error)
{
	return ram_read_physical(memory, requests, count, error);
}

static void ram_destroy(struct memory *memory)
{
	free(memory);
}

static struct memory *ram_create(void)
{
	static const struct memory_ops ops = {
		.read = ram_read, .read_physical = ram_read_physical, .destroy = ram_destroy};
	struct memory *memory = calloc(1, sizeof(*memory));

	memory->ops = &ops;
	return memory;
}

/* ---- the front ---- */

static void senseless_requests_fail_alone(void **state)
{
	struct memory *memory = ram_create();
	struct error error = {0};
	char bytes[4][8];
	struct memory_request requests[] = {
		{.addr = RAM_BASE, .len = 8, .to = bytes[0], .ok = false},
		{.addr = RAM_BASE, .len = 0, .to = bytes[1], .ok = true},
		{.addr = RAM_BASE, .len = MEMORY_MAX_REQUEST + 1, .to = bytes[1], .ok = true},
		{.addr = UINT64_MAX - 3, .len = 8, .to = bytes[2], .ok = true},
		{.addr = RAM_BASE, .len = 8, .to = NULL, .ok = true},
		{.addr = RAM_BASE + 8, .len = 8, .to = bytes[3], .ok = false},
	};

	(void)state;
	assert_true(memory_read(memory, requests, 6, &error));
	for (size_t i = 0; i < 6; i++)
		assert_int_equal(requests[i].ok, i == 0 || i == 5);
	memory_destroy(memory);
}

static void one_range_or_an_error(void **state)
{
	struct memory *memory = ram_create();
	struct error error = {0};
	char bytes[8];

	(void)state;
	assert_true(memory_read_at(memory, RAM_BASE, bytes, 8, &error));
	assert_false(memory_read_at(memory, RAM_BASE + RAM_SIZE / 2 - 4, bytes, 8, &error));
	assert_int_equal(error.status, EXIT_PARTIAL);
	assert_string_equal(error.text, "target memory at 0x4007fffc (8 bytes) cannot be read");
	memory_destroy(memory);
	memory_destroy(NULL);
}

static void proofs(void **state)
{
	struct memory *memory = ram_create();
	struct error error = {0};
	unsigned char known[1000];

	(void)state;
	for (size_t i = 0; i < RAM_SIZE; i++)
		ram[i] = (unsigned char)(i * 13 + i / 253);
	memcpy(known, ram + 100, sizeof(known));
	assert_true(memory_prove(memory, RAM_BASE + 100, known, sizeof(known), &error));
	assert_false(memory_prove(memory, RAM_BASE + 100, known, 0, &error));
	assert_false(memory_prove(memory, RAM_BASE + RAM_SIZE - 1, known, 1, &error));
	known[999]++;
	assert_false(memory_prove(memory, RAM_BASE + 100, known, sizeof(known), &error));
	memory_destroy(memory);
}

/* ---- the walk ---- */

#define ROOT   (RAM_BASE + 0x1000u)
#define LEVEL2 (RAM_BASE + 0x2000u)
#define LEVEL3 (RAM_BASE + 0x3000u)
#define VA     0xffffff8000000000ull

static void put64(uint64_t table, unsigned int index, uint64_t value)
{
	memcpy(ram + (table - RAM_BASE) + 8 * index, &value, 8);
}

/* 39 bits; pages 0..63 of VA lie in RAM from page 16 on in reverse order. */
static struct memory *walk_create(void)
{
	struct pagewalk walk;

	for (size_t i = 0; i < RAM_SIZE; i++)
		ram[i] = (unsigned char)(i * 13 + i / 253);
	memset(ram + 0x1000, 0, 0x3000);
	put64(ROOT, 0, LEVEL2 | 3);
	put64(LEVEL2, 0, LEVEL3 | 3);
	for (unsigned int i = 0; i < 64; i++)
		put64(LEVEL3, i, (RAM_BASE + 4096 * (16 + 63 - i)) | 0x703);
	assert_true(pagewalk_from_aarch64(&walk, 1, 25 | 25 << 16 | 2ull << 30, 0, ROOT));
	return memory_walk_create(ram_create(), &walk);
}

static const unsigned char *expected(uint64_t va)
{
	return ram + 4096 * (16 + 63 - (va - VA) / 4096) + va % 4096;
}

static void pages_are_found_one_by_one(void **state)
{
	struct memory *memory = walk_create();
	struct error error = {0};
	static unsigned char bytes[64 * 4096];

	(void)state;
	assert_true(memory_read_at(memory, VA + 100, bytes, sizeof(bytes) - 100, &error));
	for (uint64_t va = VA + 100; va < VA + sizeof(bytes); va += 50)
		assert_int_equal(bytes[va - VA - 100], *expected(va));
	/* Two rounds for tables below the root, one for it, one for the data. */
	assert_int_equal(memory->stats.trips, 4);
	assert_false(memory_read_at(memory, VA + 63 * 4096 + 4090, bytes, 10, &error));
	memory_destroy(memory);
}

static void what_is_not_mapped_fails_alone(void **state)
{
	struct memory *memory = walk_create();
	struct error error = {0};
	char bytes[4][8];
	struct memory_request requests[] = {
		{.addr = VA + 64 * 4096, .len = 8, .to = bytes[0]},
		{.addr = VA + 8, .len = 8, .to = bytes[1]},
		{.addr = 0x1000, .len = 8, .to = bytes[2]},
		{.addr = VA + 2 * 4096, .len = 8, .to = bytes[3]},
	};

	(void)state;
	put64(LEVEL3, 2, (RAM_BASE + RAM_SIZE / 2) | 0x703); /* mapped, but unreadable */
	assert_true(memory_read(memory, requests, 4, &error));
	assert_false(requests[0].ok);
	assert_true(requests[1].ok);
	assert_false(requests[2].ok);
	assert_false(requests[3].ok);
	assert_memory_equal(bytes[1], expected(VA + 8), 8);
	memory_destroy(memory);
}

static void unchanged_tables_cost_no_trip(void **state)
{
	struct memory *memory = walk_create();
	struct error error = {0};
	char bytes[8];

	(void)state;
	assert_true(memory_read_at(memory, VA + 8, bytes, 8, &error));
	memory_stats_reset(memory);
	assert_true(memory_read_at(memory, VA + 4096, bytes, 8, &error));
	assert_int_equal(memory->stats.trips, 1);
	assert_int_equal(memory->stats.packets, 1);
	/* After a refresh: the three tables again, and the data, in one burst. */
	memory_refresh(memory);
	memory_stats_reset(memory);
	assert_true(memory_read_at(memory, VA + 4096, bytes, 8, &error));
	assert_int_equal(memory->stats.trips, 1);
	assert_int_equal(memory->stats.packets, 4);
	memory_destroy(memory);
}

static void changed_tables_are_walked_again(void **state)
{
	struct memory *memory = walk_create();
	struct error error = {0};
	char bytes[8];

	(void)state;
	assert_true(memory_read_at(memory, VA + 8, bytes, 8, &error));
	put64(LEVEL3, 0, (RAM_BASE + 4096 * 100) | 0x703);
	memory_refresh(memory);
	assert_true(memory_read_at(memory, VA + 8, bytes, 8, &error));
	assert_memory_equal(bytes, ram + 4096 * 100 + 8, 8);
	/* Gone, and a whole level moved. */
	put64(LEVEL3, 0, 0);
	memory_refresh(memory);
	assert_false(memory_read_at(memory, VA + 8, bytes, 8, &error));
	put64(RAM_BASE + 0x9000, 0, (RAM_BASE + 4096 * 101) | 0x703);
	put64(LEVEL2, 0, (RAM_BASE + 0x9000) | 3);
	memory_refresh(memory);
	error = (struct error){0};
	assert_true(memory_read_at(memory, VA + 8, bytes, 8, &error));
	assert_memory_equal(bytes, ram + 4096 * 101 + 8, 8);
	/* Back to nothing readable, and to something again. */
	put64(ROOT, 0, (RAM_BASE + RAM_SIZE) | 3);
	memory_refresh(memory);
	assert_false(memory_read_at(memory, VA + 8, bytes, 8, &error));
	put64(ROOT, 0, LEVEL2 | 3);
	memory_refresh(memory);
	error = (struct error){0};
	assert_true(memory_read_at(memory, VA + 8, bytes, 8, &error));
	memory_destroy(memory);
}

#define MANY 40

/* Page I of VA as its entry says now; NULL: not mapped. */
static const unsigned char *entry_leads_to(unsigned int i)
{
	uint64_t entry;

	memcpy(&entry, ram + (LEVEL3 - RAM_BASE) + 8 * i, sizeof(entry));
	return entry & 1 ? ram + ((entry & 0xfffffff000) - RAM_BASE) : NULL;
}

static void assert_all_right(struct memory *memory, struct memory_request *requests)
{
	struct error error = {0};

	assert_true(memory_read(memory, requests, MANY, &error));
	for (unsigned int i = 0; i < MANY; i++) {
		const unsigned char *wanted = entry_leads_to(i);

		assert_int_equal(requests[i].ok, wanted != NULL);
		if (wanted)
			assert_memory_equal(requests[i].to, wanted + 8, requests[i].len);
	}
}

/*
 * The same large reading again and again, while entries come, change and go: another reading may
 * have seen the change first. Then, at rest, it is one burst.
 */
static void large_readings_follow_the_tables(void **state)
{
	struct memory *memory = walk_create();
	struct memory_request requests[MANY];
	static unsigned char bytes[MANY][16];
	struct error ignored = {0};
	unsigned int seed = 1;

	(void)state;
	for (unsigned int i = 0; i < MANY; i++)
		requests[i] = (struct memory_request){
			.addr = VA + 4096 * i + 8, .len = sizeof(bytes[i]), .to = bytes[i]};
	for (unsigned int round = 0; round < 2000; round++) {
		unsigned int dice = (unsigned int)rand_r(&seed) % 8;
		uint64_t page = RAM_BASE + 4096 * (16 + (uint64_t)rand_r(&seed) % 64);

		if (dice < 3)
			put64(LEVEL3, (unsigned int)rand_r(&seed) % MANY, dice ? page | 0x703 : 0);
		memory_refresh(memory);
		if (dice > 1 && dice < 5)
			memory_read_at(memory, VA + 4096 * MANY, bytes[0], 8, &ignored);
		assert_all_right(memory, requests);
	}
	memory_refresh(memory);
	memory_stats_reset(memory);
	assert_all_right(memory, requests);
	assert_int_equal(memory->stats.trips, 1);
	memory_destroy(memory);
}

static void translations(void **state)
{
	struct memory *memory = walk_create();
	struct pagewalk_page page;

	(void)state;
	assert_true(memory_walk_translate(memory, VA + 5 * 4096 + 77, &page));
	assert_int_equal(page.pa, RAM_BASE + 4096 * (16 + 58));
	assert_false(memory_walk_translate(memory, VA + 64 * 4096, &page));
	memory_destroy(memory);
}

/* ---- the stub ---- */

static const struct fake_config qemu = {.qemu = true, .was_running = true, .packet_size = 4096};

static struct rsp_client *connect_well(struct fake_stub *stub)
{
	const struct rsp_config config = {.address = fake_stub_address(stub), .abort_fd = -1};
	struct error error = {0};
	struct rsp_client *client = rsp_connect(&config, &error);

	if (!client)
		fail_msg("%s", error.text);
	return client;
}

static void neighbours_are_read_together(void **state)
{
	struct fake_stub *stub = fake_stub_begin(&qemu);
	struct rsp_client *client = connect_well(stub);
	struct memory *memory = memory_stub_create(client);
	struct error error = {0};
	char bytes[64][24];
	struct memory_request requests[64];

	(void)state;
	/* In no order, some overlapping. */
	for (size_t i = 0; i < 64; i++)
		requests[i] = (struct memory_request){
			.addr = FAKE_BASE + i * 37 % 64 * 20, .len = 24, .to = bytes[i]};
	assert_true(memory_read(memory, requests, 64, &error));
	for (size_t i = 0; i < 64; i++) {
		assert_true(requests[i].ok);
		assert_memory_equal(bytes[i],
				    fake_stub_memory(stub) + (requests[i].addr - FAKE_BASE), 24);
	}
	assert_int_equal(memory->stats.trips, 1);
	assert_in_range(memory->stats.packets, 1, 3); /* one, and what sets it up */
	memory_destroy(memory);
	rsp_close(client);
	fake_stub_end(stub);
}

static void a_bad_neighbour_does_no_harm(void **state)
{
	struct fake_stub *stub = fake_stub_begin(&qemu);
	struct rsp_client *client = connect_well(stub);
	struct memory *memory = memory_stub_create(client);
	struct error error = {0};
	const uint64_t end = FAKE_BASE + FAKE_SIZE;
	char bytes[3][16];
	struct memory_request requests[] = {
		{.addr = end - 64, .len = 16, .to = bytes[0]},
		{.addr = end - 8, .len = 16, .to = bytes[1]}, /* reaches beyond */
		{.addr = end - 40, .len = 16, .to = bytes[2]},
	};

	(void)state;
	assert_true(memory_read(memory, requests, 3, &error));
	assert_true(requests[0].ok);
	assert_false(requests[1].ok);
	assert_true(requests[2].ok);
	assert_memory_equal(bytes[2], fake_stub_memory(stub) + FAKE_SIZE - 40, 16);
	memory_destroy(memory);
	rsp_close(client);
	fake_stub_end(stub);
}

static void a_running_target_is_stopped_for_a_read(void **state)
{
	struct fake_stub *stub = fake_stub_begin(&qemu);
	struct rsp_client *client = connect_well(stub);
	struct memory *memory = memory_stub_create(client);
	struct error error = {0};
	struct fake_seen seen;
	char bytes[16];

	(void)state;
	assert_true(rsp_resume(client, &error));
	assert_true(memory_read_at(memory, FAKE_BASE, bytes, 16, &error));
	assert_true(rsp_is_running(client));
	memory_destroy(memory);
	rsp_close(client);
	seen = fake_stub_end(stub);
	assert_true(seen.running);
	assert_int_equal(seen.stops, 1);
}

/* ---- the choice ---- */

static struct source *source_of(struct fake_stub *stub, enum source_way way)
{
	const struct source_config config = {
		.rsp = {.address = fake_stub_address(stub), .abort_fd = -1}, .way = way};
	struct error error = {0};
	struct source *source = source_open(&config, &error);

	if (!source)
		fail_msg("%s", error.text);
	return source;
}

static void the_way_is_told_with_its_reason(void **state)
{
	struct fake_stub *stub = fake_stub_begin(&qemu);
	struct source *source = source_of(stub, SOURCE_AUTO);
	struct error error = {0};
	struct source_proof proof = {
		.addr = FAKE_BASE + 64, .bytes = fake_stub_memory(stub) + 64, .len = 64};
	char bytes[16];

	(void)state;
	/* This stub's registers tell of no table that could be walked. */
	assert_true(source_settle(source, &proof, 1, &error));
	assert_int_equal(source_way(source), SOURCE_STUB);
	assert_string_equal(source_name(source), "stub");
	assert_non_null(strstr(source_sentence(source), "the stopped CPU's view"));
	assert_non_null(strstr(source_sentence(source), "not local: QEMU's monitor tells no RAM"));
	assert_false(source_is_live(source));
	assert_true(memory_read_at(source_memory(source), FAKE_BASE, bytes, 16, &error));
	source_close(source);
	fake_stub_end(stub);
}

static void what_is_not_this_elf_is_refused(void **state)
{
	struct fake_stub *stub = fake_stub_begin(&qemu);
	struct source *source = source_of(stub, SOURCE_AUTO);
	struct error error = {0};
	struct source_proof wrong = {
		.addr = FAKE_BASE + 64, .bytes = "no such thing here", .len = 18};
	struct source_proof nowhere = {.addr = 0x1000, .bytes = "x", .len = 1};

	(void)state;
	assert_false(source_settle(source, &wrong, 1, &error));
	assert_int_equal(error.status, EXIT_LAYOUT);
	assert_non_null(strstr(error.text, "0x40000040 is not what the ELF has there"));
	assert_null(source_memory(source));
	error = (struct error){0};
	assert_false(source_settle(source, &nowhere, 1, &error));
	assert_int_equal(error.status, EXIT_LAYOUT);
	assert_non_null(strstr(error.text, "0x1000 cannot be read"));
	source_close(source);
	fake_stub_end(stub);
}

static void local_by_force_is_an_error(void **state)
{
	struct fake_config config = qemu;
	struct fake_stub *stub;
	struct source *source;
	struct error error = {0};
	struct source_proof proof = {.addr = FAKE_BASE};

	(void)state;
	config.qemu = false;
	config.acks = true;
	stub = fake_stub_begin(&config);
	source = source_of(stub, SOURCE_LOCAL);
	proof.bytes = fake_stub_memory(stub);
	proof.len = 16;
	assert_false(source_settle(source, &proof, 1, &error));
	assert_int_equal(error.status, EXIT_CONNECTION);
	assert_non_null(strstr(error.text, "cannot be read locally: the stub is not QEMU's"));
	source_close(source);
	assert_true(fake_stub_end(stub).running);
}

static void pauses_are_measured_and_undone(void **state)
{
	struct fake_stub *stub = fake_stub_begin(&qemu);
	struct source *source = source_of(stub, SOURCE_STUB);
	struct error error = {0};
	struct fake_seen seen;
	uint64_t us;

	(void)state;
	/* It stands anyway: no pause of ours, and it goes on standing. */
	assert_true(source_pause_begin(source, &error));
	assert_true(source_pause_end(source, &us, &error));
	assert_int_equal(us, 0);
	assert_false(rsp_is_running(source_client(source)));
	assert_true(rsp_resume(source_client(source), &error));
	assert_true(source_pause_begin(source, &error));
	assert_false(rsp_is_running(source_client(source)));
	assert_true(source_pause_end(source, &us, &error));
	assert_true(us > 0);
	assert_true(rsp_is_running(source_client(source)));
	source_close(source);
	seen = fake_stub_end(stub);
	assert_true(seen.running);
	assert_int_equal(seen.stops, 1);
}

/* ---- a dump ---- */

static char dump_path[64];

static void dump_write(uint64_t file_size, size_t written)
{
	struct {
		Elf64_Ehdr header;
		Elf64_Phdr load;
	} dump = {
		.header = {.e_type = ET_CORE,
			   .e_machine = EM_AARCH64,
			   .e_version = EV_CURRENT,
			   .e_phoff = sizeof(Elf64_Ehdr),
			   .e_ehsize = sizeof(Elf64_Ehdr),
			   .e_phentsize = sizeof(Elf64_Phdr),
			   .e_phnum = 1},
		.load = {.p_type = PT_LOAD,
			 .p_offset = sizeof(dump),
			 .p_paddr = RAM_BASE,
			 .p_filesz = file_size,
			 .p_memsz = file_size},
	};
	int fd;
	FILE *file;

	memcpy(dump.header.e_ident, ELFMAG, SELFMAG);
	dump.header.e_ident[EI_CLASS] = ELFCLASS64;
	dump.header.e_ident[EI_DATA] = ELFDATA2LSB;
	dump.header.e_ident[EI_VERSION] = EV_CURRENT;
	strcpy(dump_path, P_tmpdir "/dump.XXXXXX");
	fd = mkstemp(dump_path);
	assert_true(fd >= 0);
	file = fdopen(fd, "w");
	assert_int_equal(fwrite(&dump, sizeof(dump), 1, file), 1);
	assert_int_equal(fwrite(ram, 1, written, file), written);
	fclose(file);
}

static void dumps_are_read_by_physical_address(void **state)
{
	struct error error = {0};
	struct memory *memory;
	char bytes[2][16];
	struct memory_request requests[] = {
		{.addr = RAM_BASE + 100, .len = 16, .to = bytes[0]},
		{.addr = RAM_BASE + 65536 - 8, .len = 16, .to = bytes[1]},
	};

	(void)state;
	dump_write(1ull << 40, 65536); /* promises more than there is */
	memory = memory_core_create(dump_path, &error);
	assert_non_null(memory);
	assert_true(memory_read_physical(memory, requests, 2, &error));
	assert_true(requests[0].ok);
	assert_memory_equal(bytes[0], ram + 100, 16);
	assert_false(requests[1].ok);
	assert_true(memory_read(memory, requests, 1, &error));
	assert_false(requests[0].ok); /* no virtual addresses without tables */
	memory_destroy(memory);
	unlink(dump_path);
}

/* Whoever writes it again, or moves it, cuts it under us. */
static void a_dump_that_is_cut_is_told(void **state)
{
	struct error error = {0};
	struct memory *memory;
	char bytes[16];
	struct memory_request there = {.addr = RAM_BASE + 100, .len = 16, .to = bytes};
	struct memory_request gone = {.addr = RAM_BASE + RAM_SIZE - 16, .len = 16, .to = bytes};

	(void)state;
	dump_write(RAM_SIZE, RAM_SIZE);
	memory = memory_core_create(dump_path, &error);
	assert_non_null(memory);
	assert_int_equal(truncate(dump_path, 4096), 0);
	assert_true(memory_read_physical(memory, &there, 1, &error));
	assert_true(there.ok);
	assert_memory_equal(bytes, ram + 100, 16);
	assert_false(memory_read_physical(memory, &gone, 1, &error));
	assert_false(gone.ok);
	assert_int_equal(error.status, EXIT_CONNECTION);
	assert_non_null(strstr(error.text, "has become shorter"));
	memory_destroy(memory);
	unlink(dump_path);
}

/* No register is known: the tables are found by what they map. */
static void a_dump_finds_its_tables(void **state)
{
	struct error error = {0};
	struct source_config config = {.way = SOURCE_AUTO};
	struct source *source;
	struct source_proof proof = {.addr = VA + 5 * 4096 + 100, .len = 200};
	unsigned char bytes[300];

	(void)state;
	memory_destroy(walk_create());
	proof.bytes = expected(proof.addr);
	dump_write(RAM_SIZE, RAM_SIZE);
	config.core_path = dump_path;
	source = source_open(&config, &error);
	assert_non_null(source);
	assert_null(source_client(source));
	if (!source_settle(source, &proof, 1, &error))
		fail_msg("%s", error.text);
	assert_string_equal(source_name(source), "core");
	assert_true(memory_read_at(source_memory(source), VA + 7 * 4096, bytes, 300, &error));
	assert_memory_equal(bytes, expected(VA + 7 * 4096), 300);
	/* With bytes that are nowhere mapped there, it is no dump of this ELF. */
	proof.bytes = "not in this dump at all";
	proof.len = 20;
	assert_false(source_settle(source, &proof, 1, &error));
	assert_int_equal(error.status, EXIT_LAYOUT);
	assert_non_null(strstr(error.text, "no translation tables"));
	source_close(source);
	unlink(dump_path);
}

static bool ram_next_page(const struct memory *memory, uint64_t *pa)
{
	(void)memory;
	*pa = *pa == UINT64_MAX ? RAM_BASE : *pa + 4096;
	return *pa < RAM_BASE + RAM_SIZE / 2;
}

/* It may be gigabytes that are searched, while the target stands. */
static void a_search_reads_much_at_once_and_ends_where_it_finds(void **state)
{
	static const struct memory_ops ops = {.read = ram_read,
					      .read_physical = ram_read_physical,
					      .destroy = ram_destroy,
					      .next_page = ram_next_page};
	struct regimes found = {.count = 0};
	struct memory *memory;
	uint64_t pa = UINT64_MAX;

	(void)state;
	memory_destroy(walk_create());
	memory = ram_create();
	memory->ops = &ops;
	assert_true(regimes_search(&found, memory, &pa, VA + 100, expected(VA + 100), 64));
	assert_int_equal(pa, ROOT);
	assert_int_equal(found.count, 1);
	assert_int_equal(found.list[0].half[1].root, ROOT);
	assert_true(memory->stats.trips <= 2); /* the tables lie in what was read first */
	memset(ram, 0, RAM_SIZE);
	memory_stats_reset(memory);
	pa = UINT64_MAX;
	assert_false(regimes_search(&found, memory, &pa, VA + 100, "not there", 9));
	assert_int_equal(memory->stats.trips, 8); /* for 128 pages */
	memory_destroy(memory);
}

static void what_is_no_dump_is_refused(void **state)
{
	struct error error = {0};

	(void)state;
	assert_null(memory_core_create("/dev/null", &error));
	assert_int_equal(error.status, EXIT_USAGE);
	error = (struct error){0};
	assert_null(memory_core_create("/proc/self/exe", &error));
	error = (struct error){0};
	dump_write(0, 0);
	assert_null(memory_core_create(dump_path, &error));
	assert_non_null(strstr(error.text, "no ELF core dump"));
	unlink(dump_path);
}

/* ---- at EL3 ---- */

static void el3_shows_what_else_is_hidden(void **state)
{
	const struct fake_config config = {.qemu = true, .at_el3 = true};
	struct fake_stub *stub = fake_stub_begin(&config);
	const struct rsp_config how = {
		.address = fake_stub_address(stub), .timeout_ms = 5000, .abort_fd = -1};
	struct error error = {0};
	struct rsp_client *client = rsp_connect(&how, &error);
	unsigned char bytes[100], far[8];
	struct memory_request requests[] = {
		{.addr = FAKE_BASE + 16, .len = sizeof(bytes), .to = bytes},
		{.addr = FAKE_BASE + FAKE_SIZE, .len = sizeof(far), .to = far},
	};
	struct rsp_read plain = {.addr = FAKE_BASE + 16, .len = sizeof(bytes), .to = bytes};
	struct memory *memory;
	struct fake_seen seen;

	(void)state;
	assert_non_null(client);
	assert_true(rsp_read_memory(client, &plain, 1, false, &error));
	assert_false(plain.ok);
	memory = memory_el3_create(client);
	assert_true(memory_read_physical(memory, requests, 2, &error));
	assert_true(requests[0].ok);
	assert_false(requests[1].ok);
	assert_memory_equal(bytes, fake_stub_memory(stub) + 16, sizeof(bytes));
	assert_true(memory_read(memory, requests, 1, &error));
	assert_false(requests[0].ok);
	memory_destroy(memory);
	rsp_close(client);
	seen = fake_stub_end(stub);
	assert_int_equal(seen.settings, 2);
	assert_int_equal(seen.status, 0x600003c5); /* as it was */
}

/* ---- worlds ---- */

static void worlds_are_told_from_registers(void **state)
{
	static const struct {
		uint32_t status;
		bool has_scr;
		uint32_t scr;
		const char *name;
	} cases[] = {
		{0x600003c5, true, 0x430, "S-EL1"},
		{0x3c0, true, 0x430, "S-EL0"},
		{0x600003c5, true, 0x431, "NS-EL1"},
		{0x3c9, true, 0x431, "NS-EL2"},
		{0x3cd, true, 0x430, "EL3"},
		{0x3cd, true, 0x431, "EL3"},
		{0x600003c5, false, 0, "EL1"},
		{0x1f3, true, 0x200, "S-EL1"},
		{0x60070013, true, 0x205, "NS-EL1"},
		{0x80000010, true, 0x200, "S-EL0"},
		{0x1d6, true, 0x205, "EL3"},
		{0x1da, true, 0x205, "NS-EL2"},
		{0x1d1, false, 0, "EL1"},
	};
	struct worlds worlds = {.count = 0};
	char name[WORLD_LEN], text[160], little[8];

	(void)state;
	worlds_text(&worlds, text, sizeof(text));
	assert_string_equal(text, "none");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		world_name(name, cases[i].status, cases[i].has_scr, cases[i].scr);
		assert_string_equal(name, cases[i].name);
		worlds_add(&worlds, name);
	}
	worlds_text(&worlds, text, sizeof(text));
	assert_string_equal(text, "S-EL1 (2 times), S-EL0 (2 times), NS-EL1 (2 times), NS-EL2 (2 "
				  "times), EL3 (3 times), EL1 (2 times)");
	worlds_text(&worlds, little, sizeof(little));
	assert_int_equal(strlen(little), sizeof(little) - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(senseless_requests_fail_alone),
		cmocka_unit_test(one_range_or_an_error),
		cmocka_unit_test(proofs),
		cmocka_unit_test(pages_are_found_one_by_one),
		cmocka_unit_test(what_is_not_mapped_fails_alone),
		cmocka_unit_test(unchanged_tables_cost_no_trip),
		cmocka_unit_test(changed_tables_are_walked_again),
		cmocka_unit_test(large_readings_follow_the_tables),
		cmocka_unit_test(translations),
		cmocka_unit_test(neighbours_are_read_together),
		cmocka_unit_test(a_bad_neighbour_does_no_harm),
		cmocka_unit_test(a_running_target_is_stopped_for_a_read),
		cmocka_unit_test(the_way_is_told_with_its_reason),
		cmocka_unit_test(what_is_not_this_elf_is_refused),
		cmocka_unit_test(local_by_force_is_an_error),
		cmocka_unit_test(pauses_are_measured_and_undone),
		cmocka_unit_test(dumps_are_read_by_physical_address),
		cmocka_unit_test(a_dump_that_is_cut_is_told),
		cmocka_unit_test(a_dump_finds_its_tables),
		cmocka_unit_test(a_search_reads_much_at_once_and_ends_where_it_finds),
		cmocka_unit_test(what_is_no_dump_is_refused),
		cmocka_unit_test(el3_shows_what_else_is_hidden),
		cmocka_unit_test(worlds_are_told_from_registers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
