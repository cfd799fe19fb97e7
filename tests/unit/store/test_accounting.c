/* SPDX-License-Identifier: Apache-2.0 */
/* Accounting records: once by Session-Id and number, kept by the hour; accounts and what is owed.
 */
#include "tests/unit/store/fixture.h"

#include <errno.h>

static const struct store_usage usage = {
	.told = STORE_TOLD_SESSION_TIME | STORE_TOLD_OUTPUT_OCTETS,
	.session_time = UINT32_MAX,
	.input_octets = 1,
	.output_octets = UINT64_MAX,
	.input_packets = 3,
	.output_packets = (uint64_t)1 << 40,
};

static struct store_change put_record(const char *session_id, uint32_t number, uint32_t hour)
{
	struct store_change change = { .kind = STORE_PUT_ACCOUNTING };

	change.accounting = (struct store_accounting){
		.hour = hour,
		.session_id = dm_bytes_text(session_id),
		.record_number = number,
		.record_type = 2,
		.accounted = STORE_ACCOUNTED_HOME_AGENT,
		.received = (int64_t)hour * 3600 + 5,
		.event_time = (int64_t)hour * 3600 + 4,
		.origin_host = DM_BYTES_LITERAL("ha1.home.example"),
		.origin_realm = DM_BYTES_LITERAL("home.example"),
		.user_name = DM_BYTES_LITERAL("alice@home.example"),
		.acct_multi_session_id = DM_BYTES_LITERAL("aaa.home.example;9;9"),
		.has_sub_session = true,
		.sub_session = UINT64_MAX,
		.interim_interval = 600,
		.home_address = address_of(7),
		.usage = usage,
	};
	return change;
}

static struct store_account account_of(const char *session_id)
{
	return (struct store_account){
		.session_id = dm_bytes_text(session_id),
		.owner = STORE_ACCOUNTED_ACCESS,
		.user_name = DM_BYTES_LITERAL("alice@home.example"),
		.acct_multi_session_id = DM_BYTES_LITERAL("aaa.home.example;9;9"),
		.server_host = DM_BYTES_LITERAL("aaa.home.example"),
		.server_realm = DM_BYTES_LITERAL("home.example"),
		.home_address = address_of(8),
		.started = 1700000000,
		.next_number = 17,
		.interim_interval = 60,
		.realtime = 3,
		.usage = usage,
	};
}

static void assert_usage(const struct store_usage *found)
{
	assert_int_equal(found->told, usage.told);
	assert_int_equal(found->session_time, usage.session_time);
	assert_true(found->input_octets == usage.input_octets);
	assert_true(found->output_octets == usage.output_octets);
	assert_true(found->input_packets == usage.input_packets);
	assert_true(found->output_packets == usage.output_packets);
}

static int one_record(const struct store_accounting *found, void *context)
{
	const struct store_accounting *expected = context;

	assert_int_equal(found->hour, expected->hour);
	assert_bytes_equal(found->session_id, expected->session_id);
	assert_int_equal(found->record_number, expected->record_number);
	assert_int_equal(found->record_type, expected->record_type);
	assert_int_equal(found->accounted, expected->accounted);
	assert_int_equal(found->received, expected->received);
	assert_int_equal(found->event_time, expected->event_time);
	assert_bytes_equal(found->origin_host, expected->origin_host);
	assert_bytes_equal(found->origin_realm, expected->origin_realm);
	assert_bytes_equal(found->user_name, expected->user_name);
	assert_bytes_equal(found->acct_multi_session_id, expected->acct_multi_session_id);
	assert_true(found->has_sub_session);
	assert_true(found->sub_session == expected->sub_session);
	assert_int_equal(found->interim_interval, expected->interim_interval);
	assert_memory_equal(&found->home_address, &expected->home_address, 17);
	assert_usage(&found->usage);
	return 0;
}

static void a_record_comes_back_after_a_restart(void **state)
{
	struct store_change change = put_record("ha1;1;1", 4, 472222);
	struct store *store = open_store(*state);

	assert_int_equal(commit(store, &change, 1), 0);
	store_close(store);
	store = open_store(*state);
	assert_int_equal(store_each_accounting(store, one_record, &change.accounting), 0);
	store_close(store);
}

struct numbers {
	uint32_t at[8];
	size_t count;
};

static int add_number(const struct store_accounting *found, void *context)
{
	struct numbers *numbers = context;

	assert_in_range(numbers->count, 0, 7);
	numbers->at[numbers->count++] = found->record_number;
	return 0;
}

static struct numbers numbers_in(struct store *store)
{
	struct numbers numbers = { .count = 0 };

	assert_int_equal(store_each_accounting(store, add_number, &numbers), 0);
	return numbers;
}

/* Also hours later, and beside others in one transaction: the first one stays. */
static void AC05_a_second_of_the_same_number_changes_nothing(void **state)
{
	struct store_change first = put_record("ha1;1;1", 0, 10);
	struct store_change second[] = { put_record("ha1;1;1", 0, 90),
		                         put_record("ha1;1;1", 1, 90) };
	struct store *store = open_store(*state);

	second[0].accounting.record_type = 4;
	assert_int_equal(commit(store, &first, 1), 0);
	assert_int_equal(commit(store, second, 2), 0);
	assert_int_equal(numbers_in(store).count, 2);
	first.kind = STORE_DELETE_ACCOUNTING;
	first.accounting.hour = 89; /* the first came in hour 10 */
	assert_int_equal(commit(store, &first, 1), 0);
	assert_int_equal(numbers_in(store).count, 1);
	assert_int_equal(numbers_in(store).at[0], 1);
	store_close(store);
}

static void records_are_read_by_the_hour_and_go_by_the_hour(void **state)
{
	struct store_change changes[] = {
		put_record("b;1", 3, 30), put_record("c;1", 1, 10), put_record("a;1", 4, 40),
		put_record("a;1", 2, 20), put_record("a;2", 5, 40),
	};
	struct store_change old = { .kind = STORE_DELETE_ACCOUNTING, .accounting.hour = 30 };
	struct store *store = open_store(*state);
	struct numbers numbers;

	assert_int_equal(commit(store, changes, 5), 0);
	numbers = numbers_in(store);
	assert_int_equal(numbers.count, 5);
	for (uint32_t i = 0; i < 5; i++)
		assert_int_equal(numbers.at[i], i + 1);
	assert_int_equal(commit(store, &old, 1), 0);
	numbers = numbers_in(store);
	assert_int_equal(numbers.count, 2);
	assert_int_equal(numbers.at[0], 4);
	assert_int_equal(numbers.at[1], 5);
	assert_sound(store);
	store_close(store);
}

static void assert_account(const struct store_account *found, const struct store_account *expected)
{
	assert_bytes_equal(found->session_id, expected->session_id);
	assert_int_equal(found->owner, expected->owner);
	assert_bytes_equal(found->user_name, expected->user_name);
	assert_bytes_equal(found->acct_multi_session_id, expected->acct_multi_session_id);
	assert_bytes_equal(found->server_host, expected->server_host);
	assert_bytes_equal(found->server_realm, expected->server_realm);
	assert_memory_equal(&found->home_address, &expected->home_address, 17);
	assert_int_equal(found->started, expected->started);
	assert_int_equal(found->next_number, expected->next_number);
	assert_int_equal(found->interim_interval, expected->interim_interval);
	assert_int_equal(found->realtime, expected->realtime);
	assert_usage(&found->usage);
}

static int one_account(const struct store_account *found, void *context)
{
	assert_account(found, context);
	return 1;
}

static int one_owed(const struct store_owed *found, void *context)
{
	const struct store_owed *expected = context;

	assert_true(found->id == expected->id);
	assert_int_equal(found->record_type, expected->record_type);
	assert_int_equal(found->record_number, expected->record_number);
	assert_int_equal(found->event_time, expected->event_time);
	assert_account(&found->account, &expected->account);
	return 1;
}

static void accounts_and_debts_come_back_until_they_go(void **state)
{
	struct store_change changes[] = { { .kind = STORE_PUT_ACCOUNT },
		                          { .kind = STORE_PUT_OWED } };
	struct store *store = open_store(*state);

	changes[0].account = account_of("nas1;1;1");
	changes[1].owed = (struct store_owed){
		.id = (uint64_t)1 << 60 | 5,
		.record_type = 3,
		.record_number = 16,
		.event_time = 1700000009,
		.account = account_of("nas1;1;2"),
	};
	assert_int_equal(commit(store, changes, 2), 0);
	store_close(store);
	store = open_store(*state);
	assert_int_equal(store_each_account(store, one_account, &changes[0].account), 1);
	assert_int_equal(store_each_owed(store, one_owed, &changes[1].owed), 1);
	changes[1].owed.record_number = 99; /* a newer one takes its place */
	assert_int_equal(commit(store, changes, 2), 0);
	assert_int_equal(store_each_owed(store, one_owed, &changes[1].owed), 1);
	changes[0].kind = STORE_DELETE_ACCOUNT;
	changes[1].kind = STORE_DELETE_OWED;
	assert_int_equal(commit(store, changes, 2), 0);
	assert_int_equal(store_each_account(store, one_account, NULL), 0);
	assert_int_equal(store_each_owed(store, one_owed, NULL), 0);
	store_close(store);
}

#define STORE_TEST(name) cmocka_unit_test_setup_teardown(name, make_directory, remove_directory)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		STORE_TEST(a_record_comes_back_after_a_restart),
		STORE_TEST(AC05_a_second_of_the_same_number_changes_nothing),
		STORE_TEST(records_are_read_by_the_hour_and_go_by_the_hour),
		STORE_TEST(accounts_and_debts_come_back_until_they_go),
	};

	return RUN_TESTS(tests, 0);
}
