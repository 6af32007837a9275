/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A world of the core on this host, for readers that speak with another stub than QEMU's: two
 * spaces share an object of four pages, of which one is dirty and mapped by both, one is clean and
 * mapped by A. It says `ready` and goes on through the pager until somebody ends it: an object of
 * one page is made, mapped, written and given back again and again.
 */
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "../sim.h"
#include "handle.h"
#include "vm.h"

#define BASE  0x10000000UL
#define OTHER 0x20000000UL

/* A new object under the name of a handle, so that every reference has its holder at all times. */
static struct handle *make(const char *name, unsigned int pages)
{
	struct handle *handle;

	pager_lock();
	handle = handle_new(HANDLE_SHM, name, fobj_rw_new(name, pages), NULL);
	pager_unlock();
	if (!handle)
		_exit(1);
	return handle;
}

static void drop(struct handle *handle)
{
	pager_lock();
	handle_drop(handle);
	pager_unlock();
}

static void map(struct context *context, struct fobj *fobj, unsigned int prot, vaddr_t base)
{
	if (vm_map(context, fobj, 0, fobj->num_pages, prot, base, fobj->name, NULL) != OK)
		_exit(1);
}

int main(void)
{
	struct context *a, *b;
	struct handle *shared;
	uint8_t byte;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	sim_start(SIM_DEFAULT_SIZE);
	a = sim_context("A");
	b = sim_context("B");
	shared = make("S", 4);
	map(a, shared->fobj, PROT_READ | PROT_WRITE, BASE);
	map(b, shared->fobj, PROT_READ, BASE);
	drop(shared);
	sim_write(a, BASE, 42);
	sim_read(b, BASE, &byte);
	sim_read(a, BASE + PAGE_SIZE, &byte);
	puts("ready");
	fflush(stdout);
	for (;;) {
		struct handle *busy = make("busy", 1);

		map(a, busy->fobj, PROT_READ | PROT_WRITE, OTHER);
		sim_write(a, OTHER, 1);
		vm_unmap(a, OTHER, 1);
		drop(busy);
		usleep(1000);
	}
}
