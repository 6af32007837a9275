/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Loading a TA: parse its file and its library's, give each an address, then map segment by
 * segment:
 *   read-only, not relocated  shared by all instances through the file's slices
 *   read-only, relocated      an object of this instance that reads through such a slice
 *   read-write                an object of this instance; its first contents are sealed in the
 *                             store at once, so that loading takes no page of the pool
 * A file is looked up and registered under one hold of the pager lock, so two loaders of one TA
 * cannot both register it (OP-TEE #3105 tells what happens otherwise). While it is at work the
 * context, already listed, is the holder of all that is mapped.
 */
#include "loader.h"

#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "elf_image.h"
#include "heap.h"
#include "pager.h"
#include "seal.h"
#include "vm.h"

#define MAX_MODULES 2u           /* the TA and one library */
#define LOAD_BASE   0x10000000UL /* the lowest load address */
#define LOAD_SLOT   (2UL << 20)  /* load addresses differ by this: each its own leaf table */
#define LOAD_SLOTS  256u

/*
 * Symbols that the relocations of one file may be compared with, all in all. Loading goes on under
 * the pager lock, and a look-up goes through every symbol: a hostile file must not make it endless.
 */
#define MAX_COMPARISONS (1u << 18)

struct module {
	char name[NAME_LEN];
	struct elf_image image;
	struct hash tag;
	vaddr_t base;
	struct file *file; /* the context's reference */
};

struct load {
	struct context *context;
	struct module modules[MAX_MODULES];
	unsigned int num_modules;
	char *why;
	size_t why_len;
};

static enum status fail(struct load *load, enum status status, const char *name, const char *text)
{
	snprintf(load->why, load->why_len, "%s: %s", name, text);
	return status;
}

/* ---- files and addresses ---- */

static enum status add_module(struct load *load, const char *name)
{
	struct module *module = &load->modules[load->num_modules];
	const char *why;
	const void *bytes;
	size_t len;

	bytes = ta_storage_find(name, &len);
	if (!bytes)
		return fail(load, ERR_NOT_FOUND, name, "no such TA or library");
	if (elf_image_parse(bytes, len, &module->image, &why) != OK)
		return fail(load, ERR_BAD_ELF, name, why);
	strncpy(module->name, name, NAME_LEN - 1);
	hash_bytes(bytes, len, &module->tag);
	load->num_modules++;
	return OK;
}

static enum status add_modules(struct load *load)
{
	const struct elf_image *image = &load->modules[0].image;
	enum status status = add_module(load, load->context->ta);
	const char *library;

	if (status != OK || !image->has_needed)
		return status;
	library = elf_image_string(image, image->needed);
	if (!library || strlen(library) >= NAME_LEN)
		return fail(load, ERR_BAD_ELF, load->context->ta, "its library's name is damaged");
	status = add_module(load, library);
	if (status == OK && load->modules[1].image.has_needed)
		return fail(load, ERR_BAD_ELF, library, "a library that needs another library");
	return status;
}

static vaddr_t slot_after(vaddr_t end)
{
	return (end + LOAD_SLOT) & ~(LOAD_SLOT - 1);
}

/* Each instance gets addresses of its own, so that a shared page is seen at different ones. */
static vaddr_t place_modules(struct load *load)
{
	vaddr_t base = LOAD_BASE + (load->context->rng % LOAD_SLOTS) * LOAD_SLOT;

	for (unsigned int i = 0; i < load->num_modules; i++) {
		load->modules[i].base = base;
		base = slot_after(base + load->modules[i].image.num_pages * PAGE_SIZE);
	}
	return base;
}

/* ---- relocations ---- */

static bool find_symbol(const struct load *load, const struct module *module, uint32_t index,
			uint64_t *value)
{
	bool defined;
	uint64_t vaddr;
	const char *name = elf_image_symbol(&module->image, index, &defined, &vaddr);

	if (!name)
		return false;
	if (defined) {
		*value = module->base + vaddr;
		return true;
	}
	for (unsigned int i = 0; i < load->num_modules; i++) {
		if (!elf_image_lookup(&load->modules[i].image, name, &vaddr))
			continue;
		*value = load->modules[i].base + vaddr;
		return true;
	}
	return false;
}

static bool reloc_value(const struct load *load, const struct module *module,
			const struct elf_reloc *reloc, uint64_t *value)
{
	switch (reloc->type) {
	case R_AARCH64_RELATIVE:
		*value = module->base + reloc->addend;
		return true;
	case R_AARCH64_ABS64:
	case R_AARCH64_GLOB_DAT:
	case R_AARCH64_JUMP_SLOT:
		if (!find_symbol(load, module, reloc->symbol, value))
			return false;
		*value += reloc->addend;
		return true;
	default:
		return false;
	}
}

/* What is wrong with the place of RELOC, or NULL. */
static const char *misplaced(const struct module *module, const struct elf_reloc *reloc)
{
	const struct elf_segment *segment = elf_image_segment(&module->image, reloc->offset);

	if (!segment || !(segment->relro || segment->prot & PROT_WRITE) ||
	    reloc->offset % sizeof(uint64_t))
		return "relocation of a read-only section";
	if (reloc->offset - segment->vaddr + sizeof(uint64_t) > segment->file_size)
		return "relocation of a section without contents";
	return NULL;
}

/* Does MODULE want more looked up than MAX_COMPARISONS allow? */
static bool too_many_lookups(const struct load *load, const struct module *module)
{
	size_t count = elf_image_num_relocs(&module->image), lookups = 0;
	uint64_t symbols = 0;
	struct elf_reloc reloc;

	for (unsigned int i = 0; i < load->num_modules; i++)
		symbols += elf_image_num_symbols(&load->modules[i].image);
	for (size_t i = 0; i < count && elf_image_reloc(&module->image, i, &reloc); i++)
		lookups += reloc.type != R_AARCH64_RELATIVE;
	return symbols && lookups > MAX_COMPARISONS / symbols;
}

/* Every relocation is of a kind we know and of a word that a file has and may be changed. */
static enum status check_relocs(struct load *load, const struct module *module)
{
	size_t count = elf_image_num_relocs(&module->image);
	struct elf_reloc reloc;
	const char *why;
	uint64_t value;

	if (too_many_lookups(load, module))
		return fail(load, ERR_BAD_ELF, module->name, "too many relocations to symbols");
	for (size_t i = 0; i < count; i++) {
		if (!elf_image_reloc(&module->image, i, &reloc))
			return fail(load, ERR_BAD_ELF, module->name, "relocations out of bounds");
		why = misplaced(module, &reloc);
		if (why)
			return fail(load, ERR_BAD_ELF, module->name, why);
		if (!reloc_value(load, module, &reloc, &value))
			return fail(load, ERR_BAD_ELF, module->name, "relocation to nothing known");
	}
	return OK;
}

static int compare_relocs(const void *a, const void *b)
{
	const struct reloc *left = a, *right = b;

	return left->offset < right->offset ? -1 : left->offset > right->offset;
}

/* The relocations of SEGMENT, sorted, on the heap; *COUNT of them. NULL: out of heap. */
static struct reloc *collect_relocs(const struct load *load, const struct module *module,
				    const struct elf_segment *segment, size_t *count)
{
	size_t total = elf_image_num_relocs(&module->image);
	struct reloc *relocs = heap_alloc_array(total + 1, sizeof(*relocs));
	struct elf_reloc reloc;

	*count = 0;
	for (size_t i = 0; relocs && i < total; i++) {
		if (!elf_image_reloc(&module->image, i, &reloc) ||
		    elf_image_segment(&module->image, reloc.offset) != segment)
			continue;
		relocs[*count].offset = reloc.offset - segment->vaddr;
		reloc_value(load, module, &reloc, &relocs[*count].value);
		++*count;
	}
	if (relocs)
		qsort(relocs, *count, sizeof(*relocs), compare_relocs);
	return relocs;
}

/* ---- files and their slices ---- */

static const char *section_name(const struct elf_segment *segment)
{
	if (segment->relro)
		return "relro";
	if (segment->prot & PROT_EXEC)
		return "text";
	if (segment->prot & PROT_WRITE)
		return segment->file_size ? "data" : "bss";
	return "rodata";
}

static bool segment_is_shared(const struct elf_segment *segment)
{
	return !(segment->prot & PROT_WRITE);
}

static struct fobj *new_slice_fobj(const struct module *module, const struct elf_segment *segment)
{
	uint8_t *bytes = heap_alloc_array(segment->num_pages, PAGE_SIZE);
	char name[2 * NAME_LEN];
	struct fobj *fobj;

	if (!bytes)
		return NULL;
	memcpy(bytes, segment->bytes, segment->file_size);
	snprintf(name, sizeof(name), "%s.%s", module->name, section_name(segment));
	fobj = fobj_ro_new(name, bytes, segment->num_pages);
	heap_free(bytes);
	return fobj;
}

static struct file *register_file(const struct module *module)
{
	struct file_slice slices[ELF_MAX_SEGMENTS];
	struct file *file = NULL;
	unsigned int count = 0;

	for (unsigned int i = 0; i < module->image.num_segments; i++) {
		const struct elf_segment *segment = &module->image.segments[i];

		if (!segment_is_shared(segment))
			continue;
		slices[count].page_offset = (unsigned int)(segment->vaddr >> PAGE_SHIFT);
		slices[count].fobj = new_slice_fobj(module, segment);
		if (!slices[count].fobj)
			goto out;
		count++;
	}
	file = file_new(module->tag.bytes, HASH_LEN, slices, count);
out:
	/* The file holds its own references now; these were the makers'. */
	while (count)
		fobj_put(slices[--count].fobj);
	return file;
}

/* Find MODULE's file by its tag or register it; the context holds it from now on. */
static enum status open_file(struct load *load, unsigned int index)
{
	struct module *module = &load->modules[index];

	module->file = file_get_by_tag(module->tag.bytes, HASH_LEN);
	if (!module->file)
		module->file = register_file(module);
	if (!module->file)
		return fail(load, ERR_NO_MEMORY, module->name,
			    "no memory to register its sections");
	load->context->files[index] = module->file;
	return OK;
}

/* ---- segments ---- */

/* Library sections carry the library's name: "libbank.text". */
static void area_name(const struct load *load, const struct module *module,
		      const struct elf_segment *segment, char *name, size_t len)
{
	bool library = module != &load->modules[0];

	snprintf(name, len, "%s%s%s", library ? module->name : "", library ? "." : "",
		 section_name(segment));
}

/* The object's name: whose it is, then its area's. */
static void instance_fobj_name(const struct load *load, const struct module *module,
			       const struct elf_segment *segment, char *name, size_t len)
{
	char area[2 * NAME_LEN];

	area_name(load, module, segment, area, sizeof(area));
	snprintf(name, len, "%s.%s", load->context->name, area);
}

static struct fobj *relocated_fobj(const struct load *load, const struct module *module,
				   const struct elf_segment *segment, struct fobj *source)
{
	char name[3 * NAME_LEN];
	struct reloc *relocs;
	struct fobj *fobj;
	size_t count;

	relocs = collect_relocs(load, module, segment, &count);
	if (!relocs)
		return NULL;
	instance_fobj_name(load, module, segment, name, sizeof(name));
	fobj = fobj_ro_reloc_new(name, source, relocs, count);
	if (!fobj)
		heap_free(relocs);
	return fobj;
}

/* Seal the first contents of a read-write segment, relocated, into its store. */
static enum status store_contents(const struct load *load, const struct module *module,
				  const struct elf_segment *segment, struct fobj *fobj)
{
	unsigned int pages = (unsigned int)((segment->file_size + PAGE_MASK) >> PAGE_SHIFT);
	uint8_t *bytes = heap_alloc_array(pages + 1, PAGE_SIZE);
	size_t count = 0;
	struct reloc *relocs = bytes ? collect_relocs(load, module, segment, &count) : NULL;

	if (!relocs) {
		heap_free(bytes);
		return ERR_NO_MEMORY;
	}
	memcpy(bytes, segment->bytes, segment->file_size);
	for (size_t i = 0; i < count; i++)
		memcpy(bytes + relocs[i].offset, &relocs[i].value, sizeof(uint64_t));
	for (unsigned int page = 0; page < pages; page++)
		fobj->ops->save(fobj, page, bytes + page * PAGE_SIZE);
	heap_free(relocs);
	heap_free(bytes);
	return OK;
}

static struct fobj *private_fobj(const struct load *load, const struct module *module,
				 const struct elf_segment *segment)
{
	char name[3 * NAME_LEN];
	struct fobj *fobj;

	instance_fobj_name(load, module, segment, name, sizeof(name));
	fobj = fobj_rw_new(name, segment->num_pages);
	if (fobj && segment->file_size && store_contents(load, module, segment, fobj) != OK) {
		fobj_put(fobj);
		return NULL;
	}
	return fobj;
}

/* The fobj behind SEGMENT with one reference for the caller, or NULL. */
static struct fobj *segment_fobj(const struct load *load, const struct module *module,
				 const struct elf_segment *segment)
{
	struct file_slice *slice;

	if (!segment_is_shared(segment))
		return private_fobj(load, module, segment);
	slice = file_find_slice(module->file, (unsigned int)(segment->vaddr >> PAGE_SHIFT));
	if (!slice || !fobj_is_alive(slice->fobj))
		return NULL;
	if (segment->relro)
		return relocated_fobj(load, module, segment, slice->fobj);
	return fobj_get(slice->fobj);
}

static enum status map_segment(struct load *load, const struct module *module,
			       const struct elf_segment *segment)
{
	struct fobj *fobj = segment_fobj(load, module, segment);
	char name[2 * NAME_LEN];
	enum status status;

	if (!fobj)
		return fail(load, ERR_NO_MEMORY, module->name, "no memory for a section");
	area_name(load, module, segment, name, sizeof(name));
	status = area_add(&load->context->vm, fobj, 0, module->base + segment->vaddr,
			  segment->num_pages, segment->prot, name, NULL);
	/* The area holds its own reference; the one from the making has done its work. */
	fobj_put(fobj);
	return status == OK ? OK : fail(load, status, name, status_name(status));
}

static enum status map_module(struct load *load, unsigned int index)
{
	const struct module *module = &load->modules[index];
	enum status status = check_relocs(load, module);

	pager_lock();
	if (status == OK)
		status = open_file(load, index);
	for (unsigned int i = 0; status == OK && i < module->image.num_segments; i++)
		status = map_segment(load, module, &module->image.segments[i]);
	pager_unlock();
	return status;
}

static enum status map_stack(struct load *load, vaddr_t from)
{
	struct context *context = load->context;
	char name[2 * NAME_LEN];
	struct fobj *fobj;
	enum status status = ERR_NO_MEMORY;

	snprintf(name, sizeof(name), "%s.stack", context->name);
	pager_lock();
	fobj = fobj_rw_new(name, STACK_PAGES);
	if (fobj)
		status = area_add(&context->vm, fobj, 0, from, STACK_PAGES, PROT_READ | PROT_WRITE,
				  "stack", NULL);
	fobj_put(fobj);
	pager_unlock();
	context->stack_top = from + STACK_PAGES * PAGE_SIZE;
	return status == OK ? OK : fail(load, status, name, status_name(status));
}

enum status loader_load(struct context *context, char *why, size_t why_len)
{
	struct load *load = heap_alloc(sizeof(*load));
	enum status status;
	vaddr_t stack = 0;

	if (!load) {
		snprintf(why, why_len, "%s", status_name(ERR_NO_MEMORY));
		return ERR_NO_MEMORY;
	}
	load->context = context;
	load->why = why;
	load->why_len = why_len;
	status = add_modules(load);
	if (status == OK)
		stack = place_modules(load);
	for (unsigned int i = 0; status == OK && i < load->num_modules; i++)
		status = map_module(load, i);
	if (status == OK)
		status = map_stack(load, stack);
	context->entry = load->modules[0].base + load->modules[0].image.entry;
	heap_free(load);
	return status;
}
