/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The loader over the real TAs (from $BUILD/apps): what is shared and what is not, and then the
 * same files damaged at random, thousands of times: each is refused or loaded, and afterwards
 * nothing is left. Programs are never run here.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "context.h"
#include "elf_image.h"
#include "heap.h"
#include "loader.h"
#include "sim.h"

#define DAMAGED_LOADS 20000u
#define MANY          3000u /* relocations, and symbols */

struct image {
	uint8_t *bytes;
	size_t len;
};

static struct image read_ta(const char *name)
{
	const char *build = getenv("BUILD");
	struct image image;
	char path[512];
	FILE *file;

	snprintf(path, sizeof(path), "%s/apps/%s.elf", build ? build : "build", name);
	file = fopen(path, "rb");
	if (!file)
		fail_msg("%s: not there: run 'make target' first", path);
	fseek(file, 0, SEEK_END);
	image.len = (size_t)ftell(file);
	rewind(file);
	image.bytes = malloc(image.len);
	assert_non_null(image.bytes);
	assert_int_equal(fread(image.bytes, 1, image.len, file), image.len);
	fclose(file);
	return image;
}

static void start(void)
{
	sim_start((struct sim_size){.pool = 16, .tables = 64, .store = 4096, .secure = 16});
}

static struct context *open_ta(const char *name, const char *ta, uint64_t seed)
{
	struct context *context;
	char why[128] = "";

	if (context_open(name, ta, seed, &context, why, sizeof(why)) != OK)
		fail_msg("%s: %s", ta, why);
	return context;
}

static const struct fobj *section(const struct context *context, const char *name)
{
	const struct area *area = area_find_name(&context->vm, name);

	if (!area)
		fail_msg("%s has no %s", context->name, name);
	return area->fobj;
}

static void instances_share_text_and_rodata(void **state)
{
	struct image greeter = read_ta("greeter");
	struct context *a, *b;

	(void)state;
	start();
	sim_store_ta(0, "greeter", greeter.bytes, greeter.len);
	a = open_ta("A", "greeter", 1);
	b = open_ta("B", "greeter", 2);
	sim_check();
	assert_ptr_equal(section(a, "text"), section(b, "text"));
	assert_ptr_equal(section(a, "rodata"), section(b, "rodata"));
	assert_ptr_not_equal(section(a, "relro"), section(b, "relro"));
	assert_ptr_not_equal(section(a, "data"), section(b, "data"));
	assert_ptr_not_equal(section(a, "bss"), section(b, "bss"));
	assert_ptr_equal(a->files[0], b->files[0]);
	assert_int_equal(a->files[0]->refc.val, 2);
	assert_int_not_equal(a->entry, b->entry);
	assert_int_equal(pmem_counts.free, pmem_counts.total); /* loading takes no page */
	context_close(a, false);
	assert_int_equal(b->files[0]->refc.val, 1);
	context_close(b, false);
	sim_stop();
	free(greeter.bytes);
}

static void relocated_words_hold_this_instance_addresses(void **state)
{
	struct image greeter = read_ta("greeter");
	struct elf_image image;
	const char *why;
	struct context *a;
	unsigned int checked = 0;

	(void)state;
	start();
	sim_store_ta(0, "greeter", greeter.bytes, greeter.len);
	assert_int_equal(elf_image_parse(greeter.bytes, greeter.len, &image, &why), OK);
	a = open_ta("A", "greeter", 77);
	for (size_t i = 0; i < elf_image_num_relocs(&image); i++) {
		uint64_t base = a->entry - image.entry, word = 0;
		struct elf_reloc reloc;

		assert_true(elf_image_reloc(&image, i, &reloc));
		if (reloc.type != R_AARCH64_RELATIVE)
			continue;
		for (unsigned int byte = 0; byte < 8; byte++) {
			uint8_t value = 0;

			sim_read(a, base + reloc.offset + byte, &value);
			word |= (uint64_t)value << (8 * byte);
		}
		assert_int_equal(word, base + reloc.addend);
		checked++;
	}
	assert_true(checked > 0);
	context_close(a, false);
	sim_stop();
	free(greeter.bytes);
}

/* A word to be relocated must be among the contents that a section has at all. */
static void relocation_of_what_has_no_contents_is_refused(void **state)
{
	struct image greeter = read_ta("greeter");
	struct elf_image image;
	struct context *context;
	char why[128] = "";
	const char *reason;
	Elf64_Rela *rela;

	(void)state;
	start();
	assert_int_equal(elf_image_parse(greeter.bytes, greeter.len, &image, &reason), OK);
	rela = (Elf64_Rela *)elf_image_at(&image, image.rela, sizeof(*rela));
	assert_non_null(rela);
	for (unsigned int i = 0; i < image.num_segments; i++)
		if (image.segments[i].prot & PROT_WRITE && !image.segments[i].file_size)
			rela->r_offset = image.segments[i].vaddr;
	sim_store_ta(0, "greeter", greeter.bytes, greeter.len);
	assert_int_equal(context_open("A", "greeter", 1, &context, why, sizeof(why)), ERR_BAD_ELF);
	assert_non_null(strstr(why, "without contents"));
	sim_stop();
	free(greeter.bytes);
}

/* A file of one segment in which COUNT relocations name a symbol that is the last of COUNT. */
struct many {
	Elf64_Ehdr header;
	Elf64_Phdr segments[2];
	Elf64_Dyn dynamic[7];
	uint32_t hash[2];
	char strings[8];
	Elf64_Sym symbols[MANY];
	Elf64_Rela relocs[MANY];
};

static void make_many(struct many *many)
{
	const uint64_t size = sizeof(*many);

	memset(many, 0, sizeof(*many));
	memcpy(many->header.e_ident, "\177ELF\2\1", 6);
	many->header.e_type = ET_DYN;
	many->header.e_machine = EM_AARCH64;
	many->header.e_phoff = offsetof(struct many, segments);
	many->header.e_phentsize = sizeof(Elf64_Phdr);
	many->header.e_phnum = 2;
	many->segments[0] = (Elf64_Phdr){
		.p_type = PT_LOAD, .p_flags = PF_R | PF_W, .p_filesz = size, .p_memsz = size};
	many->segments[1] = (Elf64_Phdr){.p_type = PT_DYNAMIC,
					 .p_offset = offsetof(struct many, dynamic),
					 .p_filesz = sizeof(many->dynamic)};
	many->dynamic[0] = (Elf64_Dyn){DT_RELA, {offsetof(struct many, relocs)}};
	many->dynamic[1] = (Elf64_Dyn){DT_RELASZ, {sizeof(many->relocs)}};
	many->dynamic[2] = (Elf64_Dyn){DT_SYMTAB, {offsetof(struct many, symbols)}};
	many->dynamic[3] = (Elf64_Dyn){DT_STRTAB, {offsetof(struct many, strings)}};
	many->dynamic[4] = (Elf64_Dyn){DT_STRSZ, {sizeof(many->strings)}};
	many->dynamic[5] = (Elf64_Dyn){DT_HASH, {offsetof(struct many, hash)}};
	many->hash[1] = MANY;
	memcpy(many->strings, "\0a\0b", 5);
	for (unsigned int i = 0; i < MANY; i++) {
		many->symbols[i].st_name = i > 1 && i < MANY - 1 ? 3 : 1;
		many->symbols[i].st_shndx = i > 1;
		many->relocs[i] = (Elf64_Rela){.r_offset = offsetof(struct many, relocs),
					       .r_info = ELF64_R_INFO(1, R_AARCH64_ABS64)};
	}
}

/* Every look-up goes through all symbols: a file must not keep the core busy for ever. */
static void more_lookups_than_anyone_needs_are_refused(void **state)
{
	static struct many many;
	struct context *context;
	char why[128] = "";

	(void)state;
	start();
	make_many(&many);
	sim_store_ta(0, "many", &many, sizeof(many));
	assert_int_equal(context_open("A", "many", 1, &context, why, sizeof(why)), ERR_BAD_ELF);
	assert_non_null(strstr(why, "too many"));
	sim_stop();
}

static void two_tas_share_a_library(void **state)
{
	struct image ledger = read_ta("ledger"), teller = read_ta("teller"),
		     bank = read_ta("libbank");
	struct context *a, *b;

	(void)state;
	start();
	sim_store_ta(0, "ledger", ledger.bytes, ledger.len);
	sim_store_ta(1, "libbank", bank.bytes, bank.len);
	a = open_ta("A", "ledger", 1);
	sim_store_ta(0, "teller", teller.bytes, teller.len);
	b = open_ta("B", "teller", 2);
	sim_check();
	assert_ptr_equal(section(a, "libbank.text"), section(b, "libbank.text"));
	assert_ptr_not_equal(section(a, "text"), section(b, "text"));
	assert_ptr_equal(a->files[1], b->files[1]);
	sim_store_ta(1, NULL, NULL, 0);
	context_close(a, false);
	context_close(b, false);
	sim_stop();
	free(ledger.bytes);
	free(teller.bytes);
	free(bank.bytes);
}

static void failing_allocations_leave_nothing(void **state)
{
	struct image ledger = read_ta("ledger"), bank = read_ta("libbank");
	struct context *context;
	unsigned int failures = 0;
	size_t heap;
	char why[128];

	(void)state;
	start();
	sim_store_ta(0, "ledger", ledger.bytes, ledger.len);
	sim_store_ta(1, "libbank", bank.bytes, bank.len);
	heap = heap_bytes_used();
	for (unsigned int n = 1;; n++) {
		enum status status;

		heap_fail_after(n);
		status = context_open("A", "ledger", 1, &context, why, sizeof(why));
		heap_fail_after(0);
		if (status == OK)
			break;
		failures++;
		assert_int_equal(status, ERR_NO_MEMORY);
		assert_int_equal(heap_bytes_used(), heap);
		assert_true(TAILQ_EMPTY(&file_list) && TAILQ_EMPTY(&context_list));
		sim_check();
	}
	assert_true(failures > 20);
	context_close(context, false);
	sim_store_ta(1, NULL, NULL, 0);
	sim_stop();
	free(ledger.bytes);
	free(bank.bytes);
}

/* Headers and the dynamic section are what the loader believes; most of the damage goes there. */
static void damage(struct image *image)
{
	unsigned int count = 1 + sim_random(4);

	for (unsigned int i = 0; i < count; i++) {
		size_t range = sim_random(3) ? 1024 : image->len;
		size_t at = sim_random((uint32_t)(range < image->len ? range : image->len));

		image->bytes[at] = sim_random(2)
					   ? (uint8_t)sim_random(256)
					   : image->bytes[at] ^ (uint8_t)(1u << sim_random(8));
	}
}

static void damaged_files_harm_nothing(void **state)
{
	struct image ledger = read_ta("ledger"), bank = read_ta("libbank"), copy;
	unsigned int refused = 0;
	size_t heap;

	(void)state;
	start();
	sim_store_ta(1, "libbank", bank.bytes, bank.len);
	heap = heap_bytes_used();
	for (unsigned int i = 0; i < DAMAGED_LOADS; i++) {
		struct context *context;
		char why[128] = "";

		/* A block of just its size, so that a read beyond it is caught. */
		copy.len = sim_random(4) ? ledger.len : sim_random((uint32_t)ledger.len);
		copy.bytes = malloc(copy.len + !copy.len);
		assert_non_null(copy.bytes);
		memcpy(copy.bytes, ledger.bytes, copy.len);
		if (copy.len)
			damage(&copy);
		sim_store_ta(0, "ledger", copy.bytes, copy.len);
		if (context_open("A", "ledger", i, &context, why, sizeof(why)) == OK) {
			context_close(context, false);
		} else {
			refused++;
			assert_true(strlen(why) > 0);
		}
		assert_int_equal(heap_bytes_used(), heap);
		if (i % 64 == 0)
			sim_check();
		free(copy.bytes);
	}
	assert_true(refused > DAMAGED_LOADS / 10 && refused < DAMAGED_LOADS);
	sim_store_ta(1, NULL, NULL, 0);
	sim_stop();
	free(ledger.bytes);
	free(bank.bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(instances_share_text_and_rodata),
		cmocka_unit_test(relocated_words_hold_this_instance_addresses),
		cmocka_unit_test(relocation_of_what_has_no_contents_is_refused),
		cmocka_unit_test(more_lookups_than_anyone_needs_are_refused),
		cmocka_unit_test(two_tas_share_a_library),
		cmocka_unit_test(failing_allocations_leave_nothing),
		cmocka_unit_test(damaged_files_harm_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
