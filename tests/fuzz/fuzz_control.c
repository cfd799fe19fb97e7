/* SPDX-License-Identifier: Apache-2.0 */
/* A line of the control socket: any octets give a request or a sentence, never neither. */
#include "daemon/request.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	hw_request_setup();
	return 0;
}

static void expect(bool true_thing, const char *what)
{
	if (true_thing)
		return;
	fprintf(stderr, "not so: %s\n", what);
	abort();
}

/* What a handler relies on without looking. */
static void check_request(const struct hw_request *request)
{
	expect(request->command < HW_COMMAND_COUNT, "a known command");
	expect(hw_command_name(request->command) != NULL, "a command with a name");
	for (size_t i = 0; i < request->subscriber_count; i++) {
		const struct store_subscriber *subscriber = &request->subscribers[i];

		expect(subscriber->user_name.size > 0, "a subscriber with a name");
		/* None: the one that is there is kept. */
		expect(subscriber->root_key.size == 0 || subscriber->root_key.size >= 16,
		       "a long root key");
		expect(subscriber->root_key.size <= DM_SECRET_ROOM, "a root key with room");
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hw_request request;
	struct dm_text why;
	char room[256];

	dm_text_init(&why, room, sizeof(room));
	if (hw_request_read(dm_bytes_of(data, size), &request, &why))
		check_request(&request);
	else
		expect(why.size > 0 && dm_bytes_is_utf8(dm_bytes_of(why.at, why.size)),
		       "a refusal with a sentence");
	hw_request_fini(&request);
	return 0;
}
