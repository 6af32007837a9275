/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Functions of the C library that picolibc builds with SIMD registers, built without them, and the
 * memory it asks its system for. The linker takes these before it looks into the library. What is
 * not here and still uses SIMD at EL1 traps (simd.c), so nothing is missed silently.
 */
#define _GNU_SOURCE /* strchrnul() */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "local.h"
#include "platform/virt/memory_map.h"

#define ZVA_MIN         256 /* bytes; below, looking up the block's size costs more than it gains */
#define DCZID_DZP       (1u << 4)
#define DCZID_BYTES(id) (4ul << ((id)&0xf))

/* ---- strings ---- */

/* Zero as much of [AT, END) as whole blocks allow; how far it got. */
static char *zero_blocks(char *at, char *end)
{
	uint64_t id = SYSREG_READ(dczid_el0);
	uint64_t block = DCZID_BYTES(id);

	if ((id & DCZID_DZP) || (uint64_t)at % block != 0)
		return at;
	for (; (uint64_t)(end - at) >= block; at += block)
		__asm__ volatile("dc zva, %0" : : "r"(at) : "memory");
	return at;
}

/* The compiler must not make a call to memset() out of it: target.mk says so. */
void *memset(void *bytes, int value, size_t len)
{
	char *at = bytes, *end = at + len;
	uint64_t word = 0x0101010101010101ul * (unsigned char)value;

	if (value == 0 && len >= ZVA_MIN)
		at = zero_blocks(at, end);
	for (; at < end && (uint64_t)at % 8 != 0; at++)
		*at = (char)value;
	for (; end - at >= 16; at += 16)
		__asm__ volatile("stp %1, %1, [%0]" : : "r"(at), "r"(word) : "memory");
	for (; at < end; at++)
		*at = (char)value;
	return bytes;
}

/* Copies of whole pages are on the fault path; the library's goes byte by byte. */
void *memcpy(void *restrict to, const void *restrict from, size_t len)
{
	char *out = to;
	const char *in = from;

	for (; len >= 64; len -= 64, in += 64, out += 64) {
		uint64_t a, b, c, d, e, f, g, h;

		__asm__ volatile("ldp %0, %1, [%8]\n\tldp %2, %3, [%8, #16]\n\t"
				 "ldp %4, %5, [%8, #32]\n\tldp %6, %7, [%8, #48]\n\t"
				 "stp %0, %1, [%9]\n\tstp %2, %3, [%9, #16]\n\t"
				 "stp %4, %5, [%9, #32]\n\tstp %6, %7, [%9, #48]"
				 : "=&r"(a), "=&r"(b), "=&r"(c), "=&r"(d), "=&r"(e), "=&r"(f),
				   "=&r"(g), "=&r"(h)
				 : "r"(in), "r"(out)
				 : "memory");
	}
	for (; len >= 8; len -= 8, in += 8, out += 8) {
		uint64_t word;

		__asm__ volatile("ldr %0, [%1]\n\tstr %0, [%2]"
				 : "=&r"(word)
				 : "r"(in), "r"(out)
				 : "memory");
	}
	for (; len > 0; len--)
		*out++ = *in++;
	return to;
}

void *memchr(const void *bytes, int value, size_t len)
{
	const unsigned char *at = bytes;

	for (; len > 0; len--, at++)
		if (*at == (unsigned char)value)
			return (void *)at;
	return NULL;
}

char *strchrnul(const char *text, int value)
{
	while (*text && *text != (char)value)
		text++;
	return (char *)text;
}

char *strchr(const char *text, int value)
{
	char *at = strchrnul(text, value);

	return *at == (char)value ? at : NULL;
}

char *strstr(const char *text, const char *part)
{
	size_t len = strlen(part);

	for (; strncmp(text, part, len) != 0; text++)
		if (!*text)
			return NULL;
	return (char *)text;
}

/* ---- formatted text ---- */

/* A stream into a buffer; FILE is first so that the stream's address is ours. */
struct buffer_stream {
	FILE file;
	char *at;
	size_t left; /* room, the terminating zero not counted */
};

static int buffer_put(char c, FILE *file)
{
	struct buffer_stream *stream = (struct buffer_stream *)file;

	if (stream->left > 0) {
		*stream->at++ = c;
		stream->left--;
	}
	return (unsigned char)c;
}

int vsnprintf(char *buffer, size_t size, const char *format, va_list args)
{
	struct buffer_stream stream = {
		.file = FDEV_SETUP_STREAM(buffer_put, NULL, NULL, _FDEV_SETUP_WRITE),
		.at = buffer,
		.left = size ? size - 1 : 0,
	};
	int wanted = vfprintf(&stream.file, format, args);

	if (size > 0)
		*stream.at = 0;
	return wanted;
}

int snprintf(char *buffer, size_t size, const char *format, ...)
{
	va_list args;
	int wanted;

	va_start(args, format);
	wanted = vsnprintf(buffer, size, format, args);
	va_end(args);
	return wanted;
}

/* ---- memory for malloc(), under the heap's lock ---- */

static size_t heap_used;

void *sbrk(ptrdiff_t bytes)
{
	char *at = (char *)phys_to_virt(HEAP_BASE) + heap_used;

	if (bytes < 0 ? (size_t)-bytes > heap_used : (size_t)bytes > HEAP_SIZE - heap_used)
		return (void *)-1;
	heap_used += (size_t)bytes;
	return at;
}
