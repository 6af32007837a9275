/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Types and members. A dwarf_type is a DIE with qualifiers and typedefs peeled off; it is made once
 * and kept. Every chain that a file could close into a circle (typedefs, anonymous members, arrays
 * of arrays) is followed a bounded number of times.
 */
#include <dwarf.h>
#include <stdlib.h>
#include <string.h>

#include "dwarf_private.h"

#define MAX_PEEL       64
#define MAX_NESTING    16
#define MAX_MEMBERS    65536
#define MAX_DIMENSIONS 16

static bool tag_is_qualifier(int tag)
{
	return tag == DW_TAG_const_type || tag == DW_TAG_volatile_type || tag == DW_TAG_typedef ||
	       tag == DW_TAG_restrict_type || tag == DW_TAG_atomic_type ||
	       tag == DW_TAG_packed_type;
}

static bool attribute_number(Dwarf_Die *die, unsigned int name, uint64_t *value)
{
	Dwarf_Attribute attribute;
	Dwarf_Word word;

	if (!dwarf_attr_integrate(die, name, &attribute) || dwarf_formudata(&attribute, &word))
		return false;
	*value = word;
	return true;
}

static bool attribute_flag(Dwarf_Die *die, unsigned int name)
{
	Dwarf_Attribute attribute;
	bool flag = false;

	return dwarf_attr_integrate(die, name, &attribute) && !dwarf_formflag(&attribute, &flag) &&
	       flag;
}

static bool attribute_die(Dwarf_Die *die, unsigned int name, Dwarf_Die *to)
{
	Dwarf_Attribute attribute;

	return dwarf_attr_integrate(die, name, &attribute) && dwarf_formref_die(&attribute, to);
}

bool die_address(Dwarf_Die *die, uint64_t *addr)
{
	Dwarf_Attribute attribute, of_operation;
	Dwarf_Op *operations;
	size_t count;

	if (!dwarf_attr_integrate(die, DW_AT_location, &attribute) ||
	    dwarf_getlocation(&attribute, &operations, &count) || count != 1)
		return false;
	if (operations[0].atom == DW_OP_addr) {
		*addr = operations[0].number;
		return true;
	}
	/* DWARF 5: an index into the table of addresses. */
	return operations[0].atom == DW_OP_addrx &&
	       !dwarf_getlocation_attr(&attribute, operations, &of_operation) &&
	       !dwarf_formaddr(&of_operation, addr);
}

static struct dwarf_type *type_make(struct dwarf_info *info, Dwarf_Die *die, unsigned int dimension)
{
	Dwarf_Off offset = dwarf_dieoffset(die);
	struct dwarf_type **bucket = &info->types[(offset * 31 + dimension) % TYPE_BUCKETS];
	struct dwarf_type *type;

	for (type = *bucket; type; type = type->next)
		if (type->die.addr == die->addr && type->dimension == dimension)
			return type;
	type = info_keep(info, sizeof(*type));
	if (!type)
		return NULL;
	*type = (struct dwarf_type){.info = info,
				    .die = *die,
				    .tag = dwarf_tag(die),
				    .dimension = dimension,
				    .next = *bucket};
	return *bucket = type;
}

static bool tag_is_struct(int tag)
{
	return tag == DW_TAG_structure_type || tag == DW_TAG_union_type || tag == DW_TAG_class_type;
}

/*
 * A unit that only declares a struct means the one that another completes: the type unit that it
 * names by signature, or the unit that has one of that name.
 */
static void die_complete(struct dwarf_info *info, Dwarf_Die *die)
{
	int tag = dwarf_tag(die);
	const struct name_entry *entry;
	const char *name;
	Dwarf_Die complete;

	if (!tag_is_struct(tag) && tag != DW_TAG_enumeration_type)
		return;
	if (attribute_die(die, DW_AT_signature, &complete)) {
		*die = complete;
		return;
	}
	if (!attribute_flag(die, DW_AT_declaration))
		return;
	name = dwarf_diename(die);
	entry = name ? names_find(info, name, tag_is_struct(tag) ? NAME_STRUCT : NAME_ENUM, NULL)
		     : NULL;
	if (entry)
		*die = entry->die;
}

const struct dwarf_type *type_of_die(struct dwarf_info *info, Dwarf_Die *die)
{
	Dwarf_Die at = *die;

	for (int i = 0; tag_is_qualifier(dwarf_tag(&at)); i++) {
		Dwarf_Die next;

		if (i == MAX_PEEL || !attribute_die(&at, DW_AT_type, &next))
			return NULL;
		at = next;
	}
	if (dwarf_tag(&at) == DW_TAG_invalid)
		return NULL;
	die_complete(info, &at);
	return type_make(info, &at, 0);
}

const struct dwarf_type *type_of_attribute(struct dwarf_info *info, Dwarf_Die *die)
{
	Dwarf_Die type;

	return attribute_die(die, DW_AT_type, &type) ? type_of_die(info, &type) : NULL;
}

const struct dwarf_type *dwarf_info_type(struct dwarf_info *info, const char *name)
{
	static const enum name_kind kinds[] = {NAME_STRUCT, NAME_ENUM, NAME_TYPEDEF};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		const struct name_entry *entry = names_find(info, name, kinds[i], NULL);
		const struct dwarf_type *type;
		Dwarf_Die die;

		if (!entry)
			continue;
		die = entry->die;
		type = type_of_die(info, &die);
		if (type && !attribute_flag((Dwarf_Die *)&type->die, DW_AT_declaration))
			return type;
	}
	return NULL;
}

/* libdw takes no const; it does not change what it is given either. */
static Dwarf_Die type_die(const struct dwarf_type *type)
{
	return type->die;
}

static uint64_t type_encoding(const struct dwarf_type *type)
{
	Dwarf_Die die = type_die(type);
	uint64_t encoding = 0;

	attribute_number(&die, DW_AT_encoding, &encoding);
	return encoding;
}

enum dwarf_kind dwarf_type_kind(const struct dwarf_type *type)
{
	switch (type->tag) {
	case DW_TAG_base_type:
		switch (type_encoding(type)) {
		case DW_ATE_boolean:
		case DW_ATE_signed:
		case DW_ATE_signed_char:
		case DW_ATE_unsigned:
		case DW_ATE_unsigned_char:
		case DW_ATE_UTF:
			return DWARF_KIND_INTEGER;
		default:
			return DWARF_KIND_OTHER;
		}
	case DW_TAG_enumeration_type:
		return DWARF_KIND_ENUM;
	case DW_TAG_pointer_type:
		return DWARF_KIND_POINTER;
	case DW_TAG_structure_type:
	case DW_TAG_union_type:
	case DW_TAG_class_type:
		return DWARF_KIND_STRUCT;
	case DW_TAG_array_type:
		return DWARF_KIND_ARRAY;
	case DW_TAG_subroutine_type:
	case DW_TAG_subprogram:
		return DWARF_KIND_FUNCTION;
	default:
		return DWARF_KIND_OTHER;
	}
}

const char *dwarf_type_name(const struct dwarf_type *type)
{
	Dwarf_Die die = type_die(type);
	const char *name = dwarf_diename(&die);

	return name ? name : "";
}

/* Elements of the dimensions that are left; 0 for a flexible array. DIMS, if any, takes each. */
static unsigned int array_dimensions(const struct dwarf_type *type, uint64_t dims[MAX_DIMENSIONS])
{
	Dwarf_Die array = type_die(type), die;
	unsigned int seen = 0, count = 0;

	if (dwarf_child(&array, &die))
		return 0;
	do {
		uint64_t elements = 0, upper;

		if (dwarf_tag(&die) != DW_TAG_subrange_type || seen++ < type->dimension)
			continue;
		if (!attribute_number(&die, DW_AT_count, &elements) &&
		    attribute_number(&die, DW_AT_upper_bound, &upper))
			elements = upper + 1; /* GCC writes [0] as an upper bound of -1 */
		dims[count++] = elements;
	} while (count < MAX_DIMENSIONS && seen < MAX_MEMBERS && !dwarf_siblingof(&die, &die));
	return count;
}

static uint64_t multiply(uint64_t a, uint64_t b)
{
	uint64_t product;

	return __builtin_mul_overflow(a, b, &product) ? 0 : product;
}

uint64_t dwarf_type_count(const struct dwarf_type *type)
{
	uint64_t dims[MAX_DIMENSIONS], count = 1;
	unsigned int n;

	if (type->tag != DW_TAG_array_type)
		return 0;
	n = array_dimensions(type, dims);
	for (unsigned int i = 0; i < n; i++)
		count = multiply(count, dims[i]);
	return n ? count : 0;
}

const struct dwarf_type *dwarf_type_target(const struct dwarf_type *type)
{
	Dwarf_Die die = type_die(type);

	if (type->tag != DW_TAG_pointer_type && type->tag != DW_TAG_array_type)
		return NULL;
	return type_of_attribute(type->info, &die);
}

static uint64_t type_size(const struct dwarf_type *type, int depth)
{
	Dwarf_Die die = type_die(type);
	const struct dwarf_type *element;
	uint64_t size;

	if (!type->dimension && attribute_number(&die, DW_AT_byte_size, &size))
		return size;
	if (type->tag == DW_TAG_pointer_type)
		return type->info->pointer_size;
	if (type->tag == DW_TAG_enumeration_type)
		element = type_of_attribute(type->info, &die);
	else
		element = type->tag == DW_TAG_array_type ? dwarf_type_target(type) : NULL;
	if (!element || depth == MAX_NESTING)
		return 0;
	size = type_size(element, depth + 1);
	return type->tag == DW_TAG_array_type ? multiply(size, dwarf_type_count(type)) : size;
}

uint64_t dwarf_type_size(const struct dwarf_type *type)
{
	return type_size(type, 0);
}

bool dwarf_type_is_signed(const struct dwarf_type *type)
{
	for (int i = 0; i < MAX_PEEL && type; i++) {
		Dwarf_Die die = type_die(type);
		uint64_t encoding = type_encoding(type);

		if (encoding)
			return encoding == DW_ATE_signed || encoding == DW_ATE_signed_char;
		if (type->tag != DW_TAG_enumeration_type)
			return false;
		type = type_of_attribute(type->info, &die);
	}
	return false;
}

/* Where a member begins; false when the file says so in a way that is not a constant. */
static bool member_location(Dwarf_Die *die, uint64_t *offset)
{
	Dwarf_Attribute attribute;
	Dwarf_Op *operations;
	size_t count;

	*offset = 0;
	if (!dwarf_attr_integrate(die, DW_AT_data_member_location, &attribute))
		return true; /* of a union, or a bit-field */
	if (attribute_number(die, DW_AT_data_member_location, offset))
		return true;
	if (dwarf_getlocation(&attribute, &operations, &count) || count != 1 ||
	    operations[0].atom != DW_OP_plus_uconst)
		return false;
	*offset = operations[0].number;
	return true;
}

/*
 * A bit-field becomes the unit of its declared type that holds it, or, where it lies across two of
 * them, the bytes it touches.
 */
static void member_set_bits(Dwarf_Die *die, struct dwarf_member *member)
{
	uint64_t bits, unit = member->size ? member->size : 1, first, storage = unit;

	if (!attribute_number(die, DW_AT_bit_size, &bits) || !bits || bits > 64)
		return;
	if (attribute_number(die, DW_AT_data_bit_offset, &first)) {
		first += member->offset * 8;
	} else if (attribute_number(die, DW_AT_bit_offset, &first)) {
		/* The old form counts from the most significant bit of the storage. */
		attribute_number(die, DW_AT_byte_size, &storage);
		if (first + bits > storage * 8)
			return;
		first = member->offset * 8 + storage * 8 - first - bits;
	} else {
		first = member->offset * 8;
	}
	member->offset = first / (8 * unit) * unit;
	if (first + bits > (member->offset + unit) * 8) {
		member->offset = first / 8;
		member->size = (first % 8 + bits + 7) / 8;
	}
	member->bit_offset = (unsigned int)(first - member->offset * 8);
	member->bit_size = (unsigned int)bits;
}

static bool member_fill(const struct dwarf_type *type, Dwarf_Die *die, uint64_t base,
			struct dwarf_member *member)
{
	uint64_t offset;

	*member = (struct dwarf_member){.type = type_of_attribute(type->info, die)};
	if (!member->type || !member_location(die, &offset))
		return false;
	member->size = dwarf_type_size(member->type);
	member->offset = offset;
	member_set_bits(die, member);
	member->offset += base;
	return true;
}

static bool member_find(const struct dwarf_type *type, const char *name, size_t len, uint64_t base,
			int depth, struct dwarf_member *member);

/* A member without a name lends its own members to the outer struct. */
static bool member_find_inside(const struct dwarf_type *type, Dwarf_Die *die, const char *name,
			       size_t len, uint64_t base, int depth, struct dwarf_member *member)
{
	struct dwarf_member inner;

	return depth < MAX_NESTING && member_fill(type, die, base, &inner) &&
	       dwarf_type_kind(inner.type) == DWARF_KIND_STRUCT &&
	       member_find(inner.type, name, len, inner.offset, depth + 1, member);
}

static bool member_find(const struct dwarf_type *type, const char *name, size_t len, uint64_t base,
			int depth, struct dwarf_member *member)
{
	Dwarf_Die outer = type_die(type), die;
	int seen = 0;

	if (!tag_is_struct(type->tag) || dwarf_child(&outer, &die))
		return false;
	do {
		const char *own;

		if (dwarf_tag(&die) != DW_TAG_member)
			continue;
		own = dwarf_diename(&die);
		if (own && *own) {
			if (!strncmp(own, name, len) && !own[len])
				return member_fill(type, &die, base, member);
		} else if (member_find_inside(type, &die, name, len, base, depth, member)) {
			return true;
		}
	} while (++seen < MAX_MEMBERS && !dwarf_siblingof(&die, &die));
	return false;
}

/* "[3]" of an array; a flexible array and an index beyond the end are the caller's to judge. */
static bool member_index(struct dwarf_member *member, uint64_t index)
{
	const struct dwarf_type *array = member->type;
	uint64_t dims[MAX_DIMENSIONS], stride;
	unsigned int count;

	if (array->tag != DW_TAG_array_type)
		return false;
	count = array_dimensions(array, dims);
	if (!count || (dims[0] && index >= dims[0]))
		return false;
	if (count > 1) {
		Dwarf_Die die = type_die(array);

		member->type = type_make(array->info, &die, array->dimension + 1);
	} else {
		member->type = dwarf_type_target(array);
	}
	if (!member->type)
		return false;
	stride = dwarf_type_size(member->type);
	member->offset += multiply(index, stride);
	member->size = stride;
	member->bit_size = member->bit_offset = 0;
	return true;
}

/* One "name" or "[index]" of a path; PATH moves behind it. */
static bool path_step(const char **path, bool first, struct dwarf_member *member)
{
	const char *at = *path;
	struct dwarf_member found;
	size_t len;
	char *end;

	if (*at == '[') {
		uint64_t index = strtoull(at + 1, &end, 0);

		*path = end + 1;
		return at[1] >= '0' && at[1] <= '9' && *end == ']' && member_index(member, index);
	}
	if (*at == '.' && !first)
		at++;
	else if (!first)
		return false;
	len = strcspn(at, ".[");
	*path = at + len;
	if (!len || !member_find(member->type, at, len, member->offset, 0, &found))
		return false;
	*member = found;
	return true;
}

bool dwarf_type_member(const struct dwarf_type *type, const char *path, struct dwarf_member *member)
{
	struct dwarf_member at = {.size = dwarf_type_size(type), .type = type};
	bool first = true;

	if (!*path)
		return false;
	for (; *path; first = false)
		if (!path_step(&path, first, &at))
			return false;
	*member = at;
	return true;
}

/* Both compilers write a signed form for what is negative; the fixed sizes are unsigned. */
static bool enumerator_value(Dwarf_Die *die, int64_t *value)
{
	Dwarf_Attribute attribute;
	Dwarf_Sword number;
	Dwarf_Word word;

	if (!dwarf_attr(die, DW_AT_const_value, &attribute))
		return false;
	switch (dwarf_whatform(&attribute)) {
	case DW_FORM_data1:
	case DW_FORM_data2:
	case DW_FORM_data4:
	case DW_FORM_udata:
		if (dwarf_formudata(&attribute, &word))
			return false;
		*value = (int64_t)word;
		return true;
	default:
		if (dwarf_formsdata(&attribute, &number))
			return false;
		*value = number;
		return true;
	}
}

const char *dwarf_type_enumerator(const struct dwarf_type *type, int64_t value)
{
	Dwarf_Die outer = type_die(type), die;
	int seen = 0;

	if (type->tag != DW_TAG_enumeration_type || dwarf_child(&outer, &die))
		return NULL;
	do {
		const char *name = dwarf_diename(&die);
		int64_t number;

		if (dwarf_tag(&die) == DW_TAG_enumerator && name &&
		    enumerator_value(&die, &number) && number == value)
			return name;
	} while (++seen < MAX_MEMBERS && !dwarf_siblingof(&die, &die));
	return NULL;
}

bool dwarf_info_enumerator(struct dwarf_info *info, const char *name, int64_t *value)
{
	const struct name_entry *entry = names_find(info, name, NAME_ENUMERATOR, NULL);
	Dwarf_Die die;

	if (!entry)
		return false;
	die = entry->die;
	return enumerator_value(&die, value);
}
