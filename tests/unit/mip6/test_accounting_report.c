/* SPDX-License-Identifier: Apache-2.0 */
/* What the report says of records: joined, summed up, and what is missing. */
#include "check.h"

#include "mip6/home_server/accounting_report.h"

#include <errno.h>

#define START   2
#define INTERIM 3
#define STOP    4
#define NOW     10000

/* The lines of the last report, as far as a test looks. */
struct told {
	struct mip6_report *report;
	struct mip6_report_line lines[8];
	struct mip6_report_part parts[8][8];
	size_t count;
};

static int open_report(void **state)
{
	static struct told told;

	told = (struct told){ .report = mip6_report_new(0) };
	*state = &told;
	return told.report ? 0 : -1;
}

static int close_report(void **state)
{
	mip6_report_free(((struct told *)*state)->report);
	return 0;
}

static struct store_accounting record_of(const char *session_id, const char *multi, uint8_t type,
                                         uint32_t number, int64_t at)
{
	return (struct store_accounting){
		.session_id = dm_bytes_text(session_id),
		.acct_multi_session_id = dm_bytes_text(multi),
		.record_type = type,
		.record_number = number,
		.accounted = STORE_ACCOUNTED_ACCESS,
		.received = at + 1,
		.event_time = at,
		.origin_host = LITERAL("nas1.example"),
		.origin_realm = LITERAL("example"),
		.user_name = LITERAL("alice@example"),
	};
}

static void add(struct told *told, const struct store_accounting *record)
{
	assert_int_equal(mip6_report_add(record, told->report), 0);
}

static void tell(struct told *told, const char *session_id, uint8_t type, uint32_t number,
                 int64_t at)
{
	const struct store_accounting record = record_of(session_id, "m", type, number, at);

	add(told, &record);
}

static int keep(const struct mip6_report_line *line, void *context)
{
	struct told *told = context;

	assert_in_range(told->count, 0, 7);
	assert_in_range(line->part_count, 1, 8);
	memcpy(told->parts[told->count], line->parts, line->part_count * sizeof(*line->parts));
	told->lines[told->count] = *line;
	told->lines[told->count].parts = told->parts[told->count];
	told->count++;
	return 0;
}

static const struct mip6_report_line *look(struct told *told)
{
	const struct mip6_report_filter all = { .since = 0 };

	told->count = 0;
	assert_int_equal(mip6_report_each(told->report, &all, NOW, keep, told), 0);
	return told->lines;
}

static void AC14_what_has_one_multi_session_is_one_line(void **state)
{
	struct told *told = *state;
	struct store_accounting agent = record_of("ha;1", "m", START, 0, 110);
	const struct mip6_report_line *line;

	agent.accounted = STORE_ACCOUNTED_HOME_AGENT;
	agent.origin_host = LITERAL("ha1.example");
	agent.home_address = prefix_of("2001:db8::5");
	agent.usage = (struct store_usage){ .told = STORE_TOLD_INPUT_OCTETS, .input_octets = 99 };
	tell(told, "nas2;1", STOP, 1, 300);
	tell(told, "nas2;1", START, 0, 200);
	tell(told, "nas1;1", START, 0, 100);
	tell(told, "nas1;1", STOP, 1, 220);
	add(told, &agent);
	agent.record_type = STOP;
	agent.record_number = 1;
	agent.event_time = 310;
	add(told, &agent);
	line = look(told);
	assert_int_equal(told->count, 1);
	assert_octets(line->user_name, LITERAL("alice@example"));
	assert_octets(line->home_agent, LITERAL("ha1.example"));
	assert_prefix(line->home_address, "2001:db8::5/128");
	assert_int_equal(line->begin, 100);
	assert_int_equal(line->end, 310);
	assert_int_equal(line->records, 6);
	assert_int_equal(line->gaps, 0);
	assert_int_equal(line->part_count, 3);
	assert_octets(line->parts[0].session_id, LITERAL("nas1;1"));
	assert_octets(line->parts[2].session_id, LITERAL("nas2;1"));
	assert_int_equal(line->access.told, 0); /* the home agent's octets are not the NAS's */
	assert_int_equal(line->home_agents.input_octets, 99);
}

static void without_a_multi_session_each_is_alone(void **state)
{
	struct told *told = *state;
	const struct store_accounting one = record_of("m", "", START, 0, 5);
	const struct store_accounting other = record_of("other", "", START, 0, 4);

	add(told, &one);
	add(told, &other);
	tell(told, "nas1;1", START, 0, 3); /* of a multi session whose name is a session's */
	look(told);
	assert_int_equal(told->count, 3);
	assert_octets(told->lines[1].parts[0].session_id, LITERAL("other"));
}

static void AC02_numbers_that_never_came_are_counted(void **state)
{
	struct told *told = *state;

	tell(told, "s", START, 0, 100);
	tell(told, "s", INTERIM, 3, 130);
	tell(told, "s", STOP, 4, 140);
	look(told);
	assert_int_equal(told->lines[0].gaps, MIP6_GAP_MISSING);
	assert_int_equal(told->lines[0].parts[0].missing, 2);
	tell(told, "s", INTERIM, 2, 120); /* late, but there */
	tell(told, "s", INTERIM, 1, 110);
	assert_int_equal(look(told)->gaps, 0);
	assert_int_equal(told->lines[0].end, 140);
}

static void AC03_a_stop_without_start_is_told(void **state)
{
	struct told *told = *state;

	tell(told, "s", STOP, 7, 100);
	assert_int_equal(look(told)->gaps, MIP6_GAP_NO_START);
}

static void AC04_what_is_silent_for_twice_its_interval_is_idle(void **state)
{
	struct told *told = *state;
	struct store_accounting record = record_of("s", "m", START, 0, NOW - 201);

	record.interim_interval = 100;
	add(told, &record);
	assert_int_equal(look(told)->gaps, MIP6_GAP_NO_STOP); /* received just 200 s ago */
	told->report = (mip6_report_free(told->report), mip6_report_new(0));
	record.received--;
	add(told, &record);
	assert_int_equal(look(told)->gaps, MIP6_GAP_NO_STOP | MIP6_GAP_IDLE);
	tell(told, "s", STOP, 1, NOW);
	assert_int_equal(look(told)->gaps, 0);
}

static void AC13_a_stop_of_the_session_closes_all_sub_sessions(void **state)
{
	struct told *told = *state;
	struct store_accounting sub = record_of("s", "m", START, 0, 100);

	sub.has_sub_session = true;
	sub.usage = (struct store_usage){ .told = STORE_TOLD_OUTPUT_OCTETS, .output_octets = 10 };
	for (uint32_t i = 0; i < 2; i++) {
		sub.sub_session = i;
		sub.record_number = i;
		add(told, &sub);
	}
	sub.record_number = 2;
	sub.record_type = STOP;
	sub.usage.output_octets = 30;
	add(told, &sub);
	assert_int_equal(look(told)->gaps, MIP6_GAP_NO_STOP); /* the other one goes on */
	assert_int_equal(told->lines[0].access.output_octets, 40);
	assert_int_equal(told->lines[0].parts[0].sub_sessions, 2);
	tell(told, "s", STOP, 3, 200);
	assert_int_equal(look(told)->gaps, 0);
}

static void counts_grow_within_a_session_and_add_up_over_sessions(void **state)
{
	struct told *told = *state;
	struct store_accounting record = record_of("a", "m", INTERIM, 1, 100);

	record.usage =
		(struct store_usage){ .told = STORE_TOLD_INPUT_OCTETS | STORE_TOLD_SESSION_TIME,
		                      .input_octets = 50,
		                      .session_time = 9 };
	add(told, &record);
	record.record_number = 2;
	record.usage.input_octets = 70;
	add(told, &record);
	record.session_id = LITERAL("b");
	add(told, &record);
	assert_int_equal(look(told)->access.input_octets, 140);
	assert_int_equal(told->lines[0].access.told,
	                 STORE_TOLD_INPUT_OCTETS | STORE_TOLD_SESSION_TIME);
}

/* The same Session-Id begins again: it is not over. */
static void a_start_behind_a_stop_goes_on(void **state)
{
	struct told *told = *state;

	tell(told, "s", START, 0, 100);
	tell(told, "s", STOP, 1, 110);
	tell(told, "s", START, 2, 120);
	assert_int_equal(look(told)->gaps, MIP6_GAP_NO_STOP);
	assert_int_equal(told->lines[0].end, 0);
}

static void filters_choose_whole_lines(void **state)
{
	struct told *told = *state;
	const struct mip6_report_filter filters[] = {
		{ .user_name = LITERAL("alice@example") },
		{ .user_name = LITERAL("ALICE@example") },
		{ .agent = LITERAL("NAS1.example") },
		{ .agent = LITERAL("nas2.example") },
		{ .since = 300 },
		{ .since = 301 },
	};

	tell(told, "a", START, 0, 100);
	tell(told, "b", START, 0, 300);
	for (size_t i = 0; i < 6; i++) {
		told->count = 0;
		assert_int_equal(mip6_report_each(told->report, &filters[i], NOW, keep, told), 0);
		assert_int_equal(told->count, i % 2 == 0);
		if (told->count)
			assert_int_equal(told->lines[0].begin, 100);
	}
}

static void there_is_a_limit(void **state)
{
	struct told *told = *state;
	const struct store_accounting record = record_of("s", "m", START, 0, 1);

	told->report = (mip6_report_free(told->report), mip6_report_new(1));
	add(told, &record);
	assert_int_equal(mip6_report_add(&record, told->report), -EFBIG);
}

#define REPORT_TEST(name) cmocka_unit_test_setup_teardown(name, open_report, close_report)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		REPORT_TEST(AC14_what_has_one_multi_session_is_one_line),
		REPORT_TEST(without_a_multi_session_each_is_alone),
		REPORT_TEST(AC02_numbers_that_never_came_are_counted),
		REPORT_TEST(AC03_a_stop_without_start_is_told),
		REPORT_TEST(AC04_what_is_silent_for_twice_its_interval_is_idle),
		REPORT_TEST(AC13_a_stop_of_the_session_closes_all_sub_sessions),
		REPORT_TEST(counts_grow_within_a_session_and_add_up_over_sessions),
		REPORT_TEST(a_start_behind_a_stop_goes_on),
		REPORT_TEST(filters_choose_whole_lines),
		REPORT_TEST(there_is_a_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
