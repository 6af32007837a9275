/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Backwards, in a stub that replays. QEMU aborts when it is asked to while it does not, so every
 * single time the stub is first asked whether it can: a recording may end in between.
 */
#include <string.h>

#include "client_private.h"

bool rsp_can_reverse(struct rsp_client *client)
{
	struct error ignored = {0};
	char answer[ANSWER_MAX];

	return client_is_ready(client, &ignored) &&
	       client_ask(client, "qSupported", answer, false, &ignored) &&
	       strstr(answer, "ReverseStep+") && strstr(answer, "ReverseContinue+");
}

bool rsp_reverse_continue(struct rsp_client *client, struct error *error)
{
	if (!client_is_ready(client, error))
		return false;
	if (!rsp_can_reverse(client))
		return error_set(error, EXIT_CONNECTION,
				 "%s does not replay a recording: it cannot go backwards",
				 client->address);
	link_collect(&client->link);
	client_note_go(client); /* whether or not the sending succeeds */
	return link_send_packet(&client->link, "bc", error);
}
