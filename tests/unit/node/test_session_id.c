/* SPDX-License-Identifier: Apache-2.0 */
#include "diameter/session/session_id.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define WALL_CLOCK 1700000000

static const char *next(struct dm_session_ids *ids, const char *optional)
{
	static char room[128];
	struct dm_text text;

	dm_text_init(&text, room, sizeof(room));
	dm_session_ids_next(ids, DM_BYTES_LITERAL("nas.example.org"), dm_bytes_text(optional),
	                    &text);
	return room;
}

static void SE02_form(void **context)
{
	struct dm_session_ids ids;

	(void)context;
	dm_session_ids_init(&ids, WALL_CLOCK);
	assert_string_equal(next(&ids, ""), "nas.example.org;1700000000;0");
	assert_string_equal(next(&ids, ""), "nas.example.org;1700000000;1");
	assert_string_equal(next(&ids, "port 7"), "nas.example.org;1700000000;2;port 7");
}

/* The low half overflows into the high one; the halves are one number. */
static void SE02_never_twice(void **context)
{
	struct dm_session_ids ids;

	(void)context;
	dm_session_ids_init(&ids, WALL_CLOCK);
	ids.next += UINT32_MAX;
	assert_string_equal(next(&ids, ""), "nas.example.org;1700000000;4294967295");
	assert_string_equal(next(&ids, ""), "nas.example.org;1700000001;0");
}

/* HD17: a run of a million requests and a restart a second later meet only by the 20 random bits.
 */
static void HD17_end_to_end_starts_with_the_time(void **context)
{
	(void)context;
	assert_int_equal(dm_end_to_end_first(0x12345678, 0xffffffffffabcdef), 0x678bcdef);
	assert_int_equal(dm_end_to_end_first(WALL_CLOCK + 1, 0) -
	                         dm_end_to_end_first(WALL_CLOCK, 0),
	                 1 << 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(SE02_form),
		cmocka_unit_test(SE02_never_twice),
		cmocka_unit_test(HD17_end_to_end_starts_with_the_time),
	};

	return cmocka_run_group_tests_name("session ids", tests, NULL, NULL);
}
