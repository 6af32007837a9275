/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The thread waits for bytes of the client and for commands of the test (a pipe), so nothing here
 * sleeps. It frames packets by itself rather than with the viewer's codec, so that a mistake there
 * is not made twice.
 */
#include "fake_stub.h"

#include <assert.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define MAX_BREAKS 8

static const char target_xml[] =
	"<?xml version=\"1.0\"?><!-- <reg name=\"no\" bitsize=\"64\"/> --><target>"
	"<xi:include href=\"core.xml\"/><xi:include href=\"system.xml\"/></target>";
static const char core_xml[] = "<feature name=\"core\"><reg name=\"x0\" bitsize=\"64\"/>"
			       "<reg name=\"sp\" bitsize=\"64\" type=\"data_ptr\"/>"
			       "<reg name=\"pc\" bitsize=\"64\"/>"
			       "<reg name=\"cpsr\" bitsize=\"32\"/></feature>";
static const char system_xml[] = "<feature name=\"system\">"
				 "<reg name=\"TTBR1_EL1\" bitsize=\"64\" regnum=\"68\"/>"
				 "<reg name='VBAR' bitsize='64' regnum='70'/></feature>";

static const char system_with_tables_xml[] =
	"<feature name=\"system\">"
	"<reg name=\"TTBR1_EL1\" bitsize=\"64\" regnum=\"68\"/>"
	"<reg name=\"TTBR0_EL1\" bitsize=\"64\" regnum=\"69\"/>"
	"<reg name=\"TCR_EL1\" bitsize=\"64\" regnum=\"71\"/></feature>";

struct fake_stub {
	struct fake_config config;
	struct fake_seen seen;
	char folder[64], path[96], address[104];
	int listener, connection, commands[2];
	pthread_t thread;
	unsigned char memory[FAKE_SIZE];
	unsigned char got[1 << 16];
	size_t got_len;
	bool unacknowledged; /* an answer is out that has no '+' yet */
	char last[1 << 16];  /* the last answer, framed */
	size_t last_len;
	struct {
		unsigned int type;
		uint64_t addr;
	} breaks[MAX_BREAKS];
	bool on_break, on_watch;
	size_t next_hit; /* where in `breaks` the next hit is looked for */
	uint64_t pc;
	unsigned int thread_round;
	bool quit;
};

static void send_all(struct fake_stub *stub, const char *bytes, size_t len)
{
	size_t step = stub->config.fragments ? 1 : len;

	for (size_t done = 0; done < len; done += step)
		if (send(stub->connection, bytes + done, step, MSG_NOSIGNAL) <= 0)
			return;
}

static bool fault_is_due(struct fake_stub *stub, enum fake_fault fault)
{
	if (stub->config.fault != fault || stub->seen.requests < stub->config.fault_at)
		return false;
	if (stub->config.fault_count && !--stub->config.fault_count)
		stub->config.fault = FAKE_OK;
	return true;
}

/* A busy host: nothing happens for a while. */
static void dawdle(struct fake_stub *stub, char on)
{
	unsigned int ms = stub->config.late_ms;

	if (!ms || on != stub->config.late_on)
		return;
	stub->config.late_ms = 0;
	nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000L}, NULL);
}

static size_t frame(const char *body, char *to)
{
	unsigned char sum = 0;

	for (const char *c = body; *c; c++)
		sum += (unsigned char)*c;
	return (size_t)sprintf(to, "$%s#%02x", body, sum);
}

static void hang_up(struct fake_stub *stub)
{
	close(stub->connection);
	stub->connection = -1;
	stub->got_len = 0;
}

static void send_last(struct fake_stub *stub)
{
	char *sum = &stub->last[stub->last_len - 1], right = *sum;

	if (fault_is_due(stub, FAKE_BAD_CHECKSUM))
		*sum = right == '0' ? '1' : '0';
	send_all(stub, stub->last, stub->last_len);
	*sum = right;
}

static void answer(struct fake_stub *stub, const char *body)
{
	static const char oversized[4096] = {[0 ... 4094] = '0'};

	stub->last_len = frame(body, stub->last);
	stub->unacknowledged = true;
	if (fault_is_due(stub, FAKE_SILENT))
		return;
	if (fault_is_due(stub, FAKE_CLOSES)) {
		hang_up(stub);
		return;
	}
	if (fault_is_due(stub, FAKE_CLOSES_INSIDE)) {
		send_all(stub, stub->last, stub->last_len / 2);
		hang_up(stub);
		return;
	}
	if (fault_is_due(stub, FAKE_OVERSIZED)) {
		send_all(stub, "$", 1);
		for (int i = 0; i < 1024 && stub->connection >= 0; i++)
			send_all(stub, oversized, 4095);
		return;
	}
	if (fault_is_due(stub, FAKE_NONSENSE)) {
		send_all(stub, "$no answer#8d", 13);
		return;
	}
	if (fault_is_due(stub, FAKE_PRINTS))
		send_all(stub, "$O68690a#bd", 11);
	if (fault_is_due(stub, FAKE_NOTIFIES))
		send_all(stub, "%Stop:T05thread:1;#b7\r\nnoise", 28);
	send_last(stub);
}

static void stop(struct fake_stub *stub, const char *reason)
{
	stub->seen.running = false;
	answer(stub, reason);
}

static void put_register(unsigned int bytes, uint64_t number, char *to)
{
	for (unsigned int i = 0; i < bytes; i++)
		sprintf(to + 2 * i, "%02x", (unsigned int)(number >> 8 * i & 255));
}

static void put_hex(const unsigned char *bytes, size_t len, char *to)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < len; i++) {
		*to++ = digits[bytes[i] >> 4];
		*to++ = digits[bytes[i] & 15];
	}
	*to = '\0';
}

static uint64_t register_value(const struct fake_stub *stub, unsigned int number)
{
	switch (number) {
	case 2:
		return stub->pc;
	case 3:
		return stub->seen.settings ? stub->seen.status : 0x600003c5;
	case 68:
	case 69:
		return stub->config.tables ? stub->config.tables : 0x41000000;
	case 70:
		return FAKE_PC & ~0xfffull;
	case 71: /* 39 bits and 4 KiB pages for either half */
		return 25 | 25 << 16 | 2ull << 30;
	default:
		return 0x1111111111111111ull * number;
	}
}

static void serve_register(struct fake_stub *stub, const char *request)
{
	unsigned int number = (unsigned int)strtoul(request + 1, NULL, 16);
	char hex[20] = "";

	if (stub->config.lacks_p) {
		answer(stub, "");
		return;
	}
	put_register(number == 3 ? 4 : 8, register_value(stub, number), hex);
	answer(stub, number <= 3 || (number >= 68 && number <= 71) ? hex : "E45");
}

static void serve_all_registers(struct fake_stub *stub)
{
	static const unsigned int numbers[] = {0, 1, 2, 3, 68, 70};
	char hex[256] = "";

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		put_register(numbers[i] == 3 ? 4 : 8, register_value(stub, numbers[i]),
			     hex + strlen(hex));
	answer(stub, hex);
}

/* "P3=cd030060": `cpsr` alone can be set. */
static void serve_setting(struct fake_stub *stub, const char *request)
{
	unsigned int byte[4];

	if (sscanf(request, "P3=%2x%2x%2x%2x", &byte[0], &byte[1], &byte[2], &byte[3]) != 4) {
		answer(stub, "E45");
		return;
	}
	stub->seen.status = byte[0] | byte[1] << 8 | byte[2] << 16 | byte[3] << 24;
	stub->seen.settings++;
	answer(stub, "OK");
}

static bool read_memory(struct fake_stub *stub, uint64_t addr, void *to, size_t len)
{
	if (stub->config.read)
		return stub->config.read(stub->config.target, addr, stub->seen.physical, to, len);
	if (addr < FAKE_BASE || addr + len > FAKE_BASE + FAKE_SIZE)
		return false;
	memcpy(to, stub->memory + (addr - FAKE_BASE), len);
	return true;
}

static void serve_memory(struct fake_stub *stub, const char *request)
{
	unsigned char bytes[1 << 13];
	unsigned long long addr, len;
	char hex[1 << 14] = "";

	if (sscanf(request, "m%llx,%llx", &addr, &len) != 2 || len >= sizeof(bytes) ||
	    (stub->config.at_el3 && (register_value(stub, 3) & 0x1f) != 0xd) ||
	    !read_memory(stub, addr, bytes, len)) {
		answer(stub, "E14");
		return;
	}
	if (fault_is_due(stub, FAKE_SHORT))
		len /= 2;
	put_hex(bytes, len, hex);
	answer(stub, hex);
}

static void serve_document(struct fake_stub *stub, const char *request)
{
	const struct {
		const char *name, *text;
	} documents[] = {{"target.xml", target_xml},
			 {"core.xml", core_xml},
			 {"system.xml", stub->config.tables ? system_with_tables_xml : system_xml}};
	const char *name = request + strlen("qXfer:features:read:");

	for (size_t i = 0; i < 3; i++) {
		size_t name_len = strlen(documents[i].name), len = strlen(documents[i].text);
		unsigned int from, most;
		char piece[256];

		if (strncmp(name, documents[i].name, name_len) ||
		    sscanf(name + name_len, ":%x,%x", &from, &most) != 2)
			continue;
		if (from > len)
			from = (unsigned int)len;
		if (most > 100)
			most = 100; /* in pieces, whatever was asked for */
		snprintf(piece, sizeof(piece), "%c%.*s", from + most < len ? 'm' : 'l', (int)most,
			 documents[i].text + from);
		answer(stub, piece);
		return;
	}
	answer(stub, "E00");
}

/* QEMU takes it for the first word of a client: what the last one left behind goes. */
static void serve_why(struct fake_stub *stub)
{
	if (stub->config.qemu) {
		memset(stub->breaks, 0, sizeof(stub->breaks));
		stub->seen.breakpoints = 0;
	}
	answer(stub, stub->config.qemu ? "T05thread:p01.01;" : "S05");
}

static bool monitor_of_target(struct fake_stub *stub, const char *request)
{
	char command[200] = "", text[2000] = "", packet[2 * sizeof(text) + 2] = "O";
	unsigned int byte;

	request += strlen("qRcmd,");
	for (size_t i = 0; i + 1 < sizeof(command) && sscanf(request + 2 * i, "%2x", &byte) == 1;
	     i++)
		command[i] = (char)byte;
	if (!stub->config.monitor(stub->config.target, command, text, sizeof(text)))
		return false;
	put_hex((const unsigned char *)text, strlen(text), packet + 1);
	if (text[0])
		answer(stub, packet);
	answer(stub, "OK");
	return true;
}

static void serve_monitor(struct fake_stub *stub, const char *request)
{
	static const char hello[] = "O68656c6c6f2c20", world[] = "O776f726c640a";

	if (!stub->config.qemu) {
		answer(stub, "");
		return;
	}
	if (stub->config.monitor && monitor_of_target(stub, request))
		return;
	if (strstr(request, "696e666f2076657273696f6e")) /* info version */
		answer(stub, "O372e322e32320a");
	else if (strstr(request, "696e666f20737461747573")) /* info status */
		answer(stub, "O564d207374617475733a20706175736564202870726c290a");
	else {
		answer(stub, hello);
		answer(stub, world);
	}
	answer(stub, "OK");
}

static bool break_is_underfoot(const struct fake_stub *stub)
{
	for (size_t i = 0; i < MAX_BREAKS; i++)
		if (stub->breaks[i].addr && ((stub->on_break && stub->breaks[i].type < 2) ||
					     (stub->on_watch && stub->breaks[i].type >= 2)))
			return true;
	return false;
}

static void serve_break(struct fake_stub *stub, const char *request)
{
	unsigned int type = (unsigned int)(request[1] - '0');
	uint64_t addr = strtoull(request + 3, NULL, 16);

	for (size_t i = 0; i < MAX_BREAKS; i++) {
		bool same = stub->breaks[i].addr == addr && stub->breaks[i].type == type;

		if (request[0] == 'z' ? !same : stub->breaks[i].addr != 0)
			continue;
		stub->breaks[i].addr = request[0] == 'z' ? 0 : addr;
		stub->breaks[i].type = type;
		stub->seen.breakpoints += request[0] == 'z' ? -1u : 1;
		answer(stub, "OK");
		return;
	}
	answer(stub, "E22");
}

/* The next one that is in place, in turn, so that each is come to. */
static void hit(struct fake_stub *stub)
{
	char text[80];

	for (size_t n = 0; n < MAX_BREAKS && stub->seen.running; n++) {
		size_t i = (stub->next_hit + n) % MAX_BREAKS;

		if (!stub->breaks[i].addr)
			continue;
		stub->next_hit = i + 1;
		stub->on_watch = stub->breaks[i].type >= 2;
		stub->on_break = !stub->on_watch;
		if (stub->on_break)
			stub->pc = stub->breaks[i].addr;
		snprintf(text, sizeof(text),
			 stub->on_watch ? "T05thread:%s;watch:%llx;" : "T05thread:%s;",
			 stub->config.qemu ? "p01.02" : "2",
			 (unsigned long long)stub->breaks[i].addr);
		stop(stub, text);
	}
}

static void serve_go(struct fake_stub *stub, bool step)
{
	if (fault_is_due(stub, FAKE_CLOSES_AT_GO)) {
		hang_up(stub);
		return;
	}
	if (fault_is_due(stub, FAKE_REFUSES_GO) || fault_is_due(stub, FAKE_CANNOT_GO)) {
		answer(stub, stub->config.fault == FAKE_REFUSES_GO ? "E.it is locked" : "");
		return;
	}
	if (break_is_underfoot(stub))
		stub->seen.stepped_with_break = true;
	stub->on_break = stub->on_watch = false;
	stub->unacknowledged = false;
	if (!step) {
		stub->seen.running = true;
		if (stub->config.hits)
			hit(stub);
		return;
	}
	stub->seen.steps++;
	stub->pc += 4;
	answer(stub, stub->config.qemu ? "T05thread:p01.01;" : "T05thread:1;");
}

static void serve_supported(struct fake_stub *stub)
{
	char text[256] = "";

	if (stub->config.packet_size)
		sprintf(text, "PacketSize=%x;", stub->config.packet_size);
	strcat(text, "qXfer:features:read+;vContSupported+");
	if (stub->config.qemu)
		strcat(text, ";multiprocess+");
	if (stub->config.offers_no_ack)
		strcat(text, ";QStartNoAckMode+");
	if (stub->config.reverses)
		strcat(text, ";ReverseStep+;ReverseContinue+");
	answer(stub, text);
}

static void serve_detach(struct fake_stub *stub, const char *request)
{
	if (stub->config.qemu && strcmp(request, "D;1")) {
		answer(stub, "E22");
		return;
	}
	stub->seen.detached = true;
	stub->seen.running = true;
	answer(stub, "OK");
}

static bool begins(const char *text, const char *prefix)
{
	return !strncmp(text, prefix, strlen(prefix));
}

static void serve(struct fake_stub *stub, const char *request)
{
	stub->seen.requests++;
	dawdle(stub, request[0]);
	if (fault_is_due(stub, FAKE_NACKS)) {
		send_all(stub, "-", 1);
		return;
	}
	send_all(stub, "+", 1);
	if (begins(request, "qSupported"))
		serve_supported(stub);
	else if (begins(request, "QStartNoAckMode")) {
		answer(stub, "OK");
		stub->config.acks = false;
	} else if (begins(request, "qqemu.PhyMemMode"))
		answer(stub, stub->config.qemu ? "0" : "");
	else if (begins(request, "Qqemu.PhyMemMode:")) {
		stub->seen.physical = request[17] == '1';
		answer(stub, "OK");
	} else if (begins(request, "?"))
		serve_why(stub);
	else if (begins(request, "vCont?"))
		answer(stub, "vCont;c;C;s;S");
	else if (begins(request, "vCont;s") || !strcmp(request, "s"))
		serve_go(stub, true);
	else if (begins(request, "vCont;c") || !strcmp(request, "c"))
		serve_go(stub, false);
	else if (begins(request, "H"))
		answer(stub, "OK");
	else if (begins(request, "qfThreadInfo")) {
		stub->thread_round = 0;
		answer(stub, "mp01.01");
	} else if (begins(request, "qsThreadInfo"))
		answer(stub, stub->thread_round++ ? "l" : "mp01.02,p01.03");
	else if (begins(request, "qXfer:features:read:"))
		serve_document(stub, request);
	else if (begins(request, "qRcmd,"))
		serve_monitor(stub, request);
	else if (request[0] == 'm')
		serve_memory(stub, request);
	else if (request[0] == 'p')
		serve_register(stub, request);
	else if (request[0] == 'P')
		serve_setting(stub, request);
	else if (request[0] == 'g')
		serve_all_registers(stub);
	else if (request[0] == 'Z' || request[0] == 'z')
		serve_break(stub, request);
	else if (request[0] == 'D')
		serve_detach(stub, request);
	else
		answer(stub, "");
	dawdle(stub, (char)(request[0] | FAKE_LATE_AFTER));
}

/* One byte or packet at the head of what was received; its length, 0: not whole yet. */
static size_t take_one(struct fake_stub *stub)
{
	unsigned char first = stub->got[0], *end;
	char request[4096];
	size_t len;

	if (stub->seen.running) {
		if (first == 3 && stub->config.fault == FAKE_HANGS)
			return 1;
		if (stub->config.qemu || first == 3) {
			dawdle(stub, 3);
			stub->seen.stops++;
			stop(stub, stub->config.qemu ? "T02thread:p01.01;" : "T02thread:1;");
		}
		return 1;
	}
	if (first == '+')
		stub->unacknowledged = false;
	if (first == '-')
		send_last(stub);
	if (first != '$')
		return 1;
	end = memchr(stub->got, '#', stub->got_len);
	if (!end || end + 2 >= stub->got + stub->got_len)
		return 0;
	if (stub->config.acks && stub->unacknowledged)
		stub->seen.parallel_without_ack = true;
	len = (size_t)(end - stub->got) - 1;
	assert(len < sizeof(request));
	memcpy(request, stub->got + 1, len);
	request[len] = '\0';
	if (fault_is_due(stub, FAKE_SET_RUNNING)) {
		/* The '$' is what stops it, and is eaten; the rest is noise. */
		stub->seen.running = true;
		return 0;
	}
	serve(stub, request);
	return len + 4;
}

static void take_bytes(struct fake_stub *stub)
{
	ssize_t n = recv(stub->connection, stub->got + stub->got_len,
			 sizeof(stub->got) - stub->got_len, 0);
	unsigned int before = stub->seen.requests;
	size_t used;

	if (n <= 0) {
		hang_up(stub);
		return;
	}
	stub->got_len += (size_t)n;
	while (stub->connection >= 0 && stub->got_len) {
		used = take_one(stub);
		if (!used && !stub->seen.running)
			break;
		if (stub->connection < 0)
			return;
		memmove(stub->got, stub->got + used, stub->got_len - used);
		stub->got_len -= used;
	}
	if (stub->seen.requests - before > stub->seen.max_ahead)
		stub->seen.max_ahead = stub->seen.requests - before;
}

static void take_connection(struct fake_stub *stub)
{
	static const char banner[] = "SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n";

	stub->connection = accept(stub->listener, NULL, NULL);
	stub->seen.requests = 0;
	stub->seen.detached = false;
	stub->unacknowledged = false;
	if (stub->config.fault == FAKE_BANNER)
		send_all(stub, banner, sizeof(banner) - 1);
	if (stub->config.qemu && stub->seen.running)
		stop(stub, "T02thread:p01.01;");
	if (!stub->seen.connections++ && stub->config.was_running && !stub->config.qemu)
		stub->seen.running = false;
}

static void take_command(struct fake_stub *stub)
{
	char command;

	if (read(stub->commands[0], &command, 1) != 1 || command == 'q') {
		stub->quit = true;
		return;
	}
	if (command == 'x') {
		answer(stub, "W00");
		hang_up(stub);
		return;
	}
	hit(stub);
}

static void *stub_run(void *context)
{
	struct fake_stub *stub = context;

	while (!stub->quit) {
		struct pollfd polled[3] = {
			{.fd = stub->commands[0], .events = POLLIN},
			{.fd = stub->connection, .events = POLLIN},
			{.fd = stub->connection < 0 ? stub->listener : -1, .events = POLLIN}};

		poll(polled, 3, -1);
		/* QEMU looks whether anyone is there before it reads what was sent. */
		if (stub->config.qemu && polled[1].revents & POLLHUP)
			hang_up(stub);
		/* What the client has sent comes before what the test wants done. */
		else if (polled[1].revents)
			take_bytes(stub);
		else if (polled[2].revents)
			take_connection(stub);
		else if (polled[0].revents)
			take_command(stub);
	}
	return NULL;
}

struct fake_stub *fake_stub_begin(const struct fake_config *config)
{
	struct fake_stub *stub = calloc(1, sizeof(*stub));
	struct sockaddr_un addr = {.sun_family = AF_UNIX};

	assert(stub);
	stub->config = *config;
	stub->connection = -1;
	stub->pc = FAKE_PC;
	stub->seen.running = config->was_running;
	for (size_t i = 0; i < FAKE_SIZE; i++)
		stub->memory[i] = (unsigned char)(i * 7 + i / 251);
	strcpy(stub->folder, P_tmpdir "/fake_stub.XXXXXX");
	if (!mkdtemp(stub->folder))
		abort();
	snprintf(stub->path, sizeof(stub->path), "%s/gdb", stub->folder);
	snprintf(stub->address, sizeof(stub->address), "unix:%s", stub->path);
	strcpy(addr.sun_path, stub->path);
	stub->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(stub->listener, (struct sockaddr *)&addr, sizeof(addr)) ||
	    listen(stub->listener, 4) || pipe(stub->commands) ||
	    pthread_create(&stub->thread, NULL, stub_run, stub))
		abort();
	return stub;
}

const char *fake_stub_address(const struct fake_stub *stub)
{
	return stub->address;
}

const unsigned char *fake_stub_memory(const struct fake_stub *stub)
{
	return stub->memory;
}

static void command(struct fake_stub *stub, char letter)
{
	if (write(stub->commands[1], &letter, 1) != 1)
		abort();
}

void fake_stub_hit(struct fake_stub *stub)
{
	command(stub, 'h');
}

void fake_stub_exit_target(struct fake_stub *stub)
{
	command(stub, 'x');
}

struct fake_seen fake_stub_end(struct fake_stub *stub)
{
	struct fake_seen seen;

	command(stub, 'q');
	pthread_join(stub->thread, NULL);
	seen = stub->seen;
	if (stub->connection >= 0)
		close(stub->connection);
	close(stub->listener);
	close(stub->commands[0]);
	close(stub->commands[1]);
	unlink(stub->path);
	rmdir(stub->folder);
	free(stub);
	return seen;
}
