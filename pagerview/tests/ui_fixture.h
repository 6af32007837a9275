/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Snapshots for the tests of the screen, built in memory: two instances of a greeter that share
 * their text and read-only data by a file, a counter, and a shared object; a pool in which some of
 * it is. MOMENT moves it on: pages are evicted, loaded, written, hidden.
 */
#ifndef PAGERVIEW_TESTS_UI_FIXTURE_H
#define PAGERVIEW_TESTS_UI_FIXTURE_H

#include <stdint.h>

#include "../model/snapshot.h"

#define FIXTURE_TAG_GREETER "5f0a1c77e2b94d3386f1c0de5f0a1c77e2b94d3386f1c0de00112233aabbccdd"
#define FIXTURE_TAG_COUNTER "c0ffee7777e2b94d3386f1c0de5f0a1c77e2b94d3386f1c0de00112233aabbcc"

/* Never NULL: a test without memory is no test. Every seventh moment is torn. */
struct snapshot *fixture_snapshot(unsigned moment);

/* Addresses of the fixture's objects, in the order of its tables. */
uint64_t fixture_area_id(uint32_t area);
uint64_t fixture_fobj_id(uint32_t fobj);
uint64_t fixture_file_id(uint32_t file);

/* COUNT pages, and as many areas in one context, each page owned by one: for measuring. */
struct snapshot *fixture_large(uint32_t count);

#endif
