/* SPDX-License-Identifier: Apache-2.0 */
#include "diameter/route/duplicates.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define WINDOW  (240 * DM_SECOND)
#define LARGEST 4096

static struct dm_request_key key_of(const char *host, uint32_t end_to_end_id)
{
	return (struct dm_request_key){ .origin_host = dm_bytes_text(host),
		                        .session_id = DM_BYTES_LITERAL("s;1;1"),
		                        .end_to_end_id = end_to_end_id,
		                        .command_code = 271 };
}

/* A request is seen, worked on and answered. */
static void serve(struct dm_duplicates *duplicates, const struct dm_request_key *key,
                  const char *answer, dm_time now)
{
	struct dm_first first;

	assert_null(dm_duplicates_find(duplicates, key, now));
	dm_duplicates_begin(duplicates, &first, key);
	assert_ptr_equal(dm_duplicates_find(duplicates, key, now), &first);
	dm_duplicates_answer(duplicates, &first, dm_bytes_text(answer), now);
}

static void check(const struct dm_duplicates *duplicates, const struct dm_request_key *key,
                  const char *answer, dm_time now)
{
	const struct dm_first *first = dm_duplicates_find(duplicates, key, now);

	if (!answer) {
		assert_null(first);
		return;
	}
	assert_non_null(first);
	assert_true(first->answered);
	assert_true(dm_bytes_equal(first->answer, dm_bytes_text(answer)));
}

static void FO08_the_same_answer(void **context)
{
	struct dm_request_key key = key_of("a.example.net", 1);
	struct dm_request_key folded = key_of("A.EXAMPLE.net", 1);
	struct dm_duplicates duplicates;

	(void)context;
	dm_duplicates_init(&duplicates, 1, WINDOW, 1 << 20, LARGEST);
	serve(&duplicates, &key, "yes", 0);
	check(&duplicates, &key, "yes", DM_SECOND);
	check(&duplicates, &folded, "yes", DM_SECOND);
	dm_duplicates_fini(&duplicates);
}

static void FO10_another_request(void **context)
{
	struct dm_request_key key = key_of("a.example.net", 1);
	struct dm_request_key other;
	struct dm_duplicates duplicates;

	(void)context;
	dm_duplicates_init(&duplicates, 1, WINDOW, 1 << 20, LARGEST);
	serve(&duplicates, &key, "yes", 0);
	other = key_of("b.example.net", 1);
	check(&duplicates, &other, NULL, 0);
	other = key_of("a.example.net", 2);
	check(&duplicates, &other, NULL, 0);
	other = key;
	other.session_id = DM_BYTES_LITERAL("s;1;2");
	check(&duplicates, &other, NULL, 0);
	other = key;
	other.command_code = 272;
	check(&duplicates, &other, NULL, 0);
	other = key;
	other.application_id = 4;
	check(&duplicates, &other, NULL, 0);
	dm_duplicates_fini(&duplicates);
}

static void FO11_after_the_window(void **context)
{
	struct dm_request_key key = key_of("a.example.net", 1);
	struct dm_duplicates duplicates;

	(void)context;
	dm_duplicates_init(&duplicates, 1, WINDOW, 1 << 20, LARGEST);
	serve(&duplicates, &key, "first", 0);
	check(&duplicates, &key, "first", WINDOW - 1);
	check(&duplicates, &key, NULL, WINDOW);
	serve(&duplicates, &key, "second", WINDOW);
	check(&duplicates, &key, "second", WINDOW + 1);
	dm_duplicates_fini(&duplicates);
}

/* The limit of octets holds, the newest answers are there, the oldest went first. */
static void the_oldest_go_first(void **context)
{
	struct dm_duplicates duplicates;
	char answer[2000];
	struct dm_request_key key;
	uint32_t kept = 0;

	(void)context;
	memset(answer, 'x', sizeof(answer) - 1);
	answer[sizeof(answer) - 1] = '\0';
	dm_duplicates_init(&duplicates, 1, WINDOW, 1 << 20, LARGEST);
	for (uint32_t i = 0; i < 5000; i++) {
		key = key_of("a.example.net", i);
		serve(&duplicates, &key, answer, 0);
	}
	for (uint32_t i = 0; i < 5000; i++) {
		key = key_of("a.example.net", i);
		kept += dm_duplicates_find(&duplicates, &key, 0) != NULL;
	}
	assert_true(kept > 300 && kept * sizeof(answer) < 1 << 20);
	for (uint32_t i = 5000 - kept; i < 5000; i++) {
		key = key_of("a.example.net", i);
		check(&duplicates, &key, answer, 0);
	}
	assert_int_equal(duplicates.firsts.count, kept);
	dm_duplicates_fini(&duplicates);
}

static void nothing_is_kept_without_room(void **context)
{
	struct dm_request_key key = key_of("a.example.net", 1);
	struct dm_duplicates duplicates;
	struct dm_first first;

	(void)context;
	dm_duplicates_init(&duplicates, 1, WINDOW, 1, LARGEST);
	dm_duplicates_begin(&duplicates, &first, &key);
	check(&duplicates, &key, NULL, 0);
	dm_duplicates_answer(&duplicates, &first, DM_BYTES_LITERAL("yes"), 0);
	check(&duplicates, &key, NULL, 0);
	dm_duplicates_fini(&duplicates);
}

static void one_given_up_is_new_again(void **context)
{
	struct dm_request_key key = key_of("a.example.net", 1);
	struct dm_duplicates duplicates;
	struct dm_first first;

	(void)context;
	dm_duplicates_init(&duplicates, 1, WINDOW, 1 << 20, LARGEST);
	dm_duplicates_begin(&duplicates, &first, &key);
	dm_duplicates_drop(&duplicates, &first);
	serve(&duplicates, &key, "yes", 0);
	dm_duplicates_fini(&duplicates);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(FO08_the_same_answer),
		cmocka_unit_test(FO10_another_request),
		cmocka_unit_test(FO11_after_the_window),
		cmocka_unit_test(the_oldest_go_first),
		cmocka_unit_test(nothing_is_kept_without_room),
		cmocka_unit_test(one_given_up_is_new_again),
	};

	return cmocka_run_group_tests_name("duplicates", tests, NULL, NULL);
}
