/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/base/check.h"

#include "cli/demo/ladder.h"
#include "cli/json_sort.h"
#include "tests/unit/cli/capture.h"

#include <string.h>

static const struct hw_column columns[] = {
	{ "name", "name", HW_SHOW_PLAIN },
	{ "place.city", "city", HW_SHOW_PLAIN },
	{ "since", "since", HW_SHOW_TIME },
	{ NULL, NULL, HW_SHOW_PLAIN },
};

static void a_table_has_a_line_per_row(void **state)
{
	json_t *rows = json_pack("[{s:s, s:{s:s}, s:I}, {s:s}]", "name", "alice", "place", "city",
	                         "Z\xc3\xbcrich", "since", (json_int_t)1700000000, "name", "bo");
	struct capture capture;

	(void)state;
	capture_begin(&capture);
	hw_output_table(&capture.out, rows, columns, "nobody");
	assert_string_equal(capture_end(&capture), "name   city    since\n"
	                                           "alice  Z\xc3\xbcrich  2023-11-14 22:13:20Z\n"
	                                           "bo     -       -\n");
	free(capture.text);
	json_decref(rows);
}

static void an_empty_table_is_a_sentence(void **state)
{
	json_t *rows = json_array();
	struct capture capture;

	(void)state;
	capture_begin(&capture);
	hw_output_table(&capture.out, rows, columns, "nobody");
	assert_string_equal(capture_end(&capture), "nobody\n");
	free(capture.text);
	json_decref(rows);
}

static void facts_leave_out_what_is_not_known(void **state)
{
	json_t *object = json_pack("{s:s, s:n}", "name", "alice", "since");
	struct capture capture;

	(void)state;
	capture_begin(&capture);
	hw_output_facts(&capture.out, object, columns);
	assert_string_equal(capture_end(&capture), "name   alice\n");
	free(capture.text);
	json_decref(object);
}

static const char *shown(json_t *value, enum hw_show show)
{
	static char text[64];

	hw_output_value(value, show, text, sizeof(text));
	json_decref(value);
	return text;
}

static void values_become_text(void **state)
{
	(void)state;
	assert_string_equal(shown(json_true(), HW_SHOW_PLAIN), "yes");
	assert_string_equal(shown(json_integer(-3), HW_SHOW_PLAIN), "-3");
	assert_string_equal(shown(json_null(), HW_SHOW_PLAIN), "-");
	assert_string_equal(shown(json_pack("[s, s]", "a", "b"), HW_SHOW_PLAIN), "a, b");
	assert_string_equal(shown(json_array(), HW_SHOW_PLAIN), "-");
	assert_string_equal(shown(json_integer(90), HW_SHOW_SECONDS), "90 s");
	assert_string_equal(shown(json_integer(600), HW_SHOW_SECONDS), "10 min");
	assert_string_equal(shown(json_integer(7800), HW_SHOW_SECONDS), "2 h 10 min");
	assert_string_equal(shown(json_integer(0), HW_SHOW_TIME), "-");
}

static void a_peer_cannot_steer_the_terminal(void **state)
{
	(void)state;
	assert_string_equal(shown(json_string("x\033[2Jy\n"), HW_SHOW_PLAIN), "x\\x1b[2Jy\\x0a");
}

static void colours_only_when_asked_for(void **state)
{
	struct capture capture;

	(void)state;
	capture_begin(&capture);
	hw_output_print(&capture.out, HW_RED, "a");
	capture.out.colours = true;
	hw_output_print(&capture.out, HW_RED, "b");
	hw_output_print(&capture.out, HW_PLAIN, "c");
	assert_string_equal(capture_end(&capture), "a\033[31mb\033[0mc");
	free(capture.text);
}

static void lists_are_sorted_and_equals_stay(void **state)
{
	json_t *rows = json_pack("[{s:s, s:i}, {s:s, s:i}, {s:s, s:i}, {s:i}]", "k", "b", "n", 1,
	                         "k", "a", "n", 2, "k", "b", "n", 0, "n", 3);
	json_t *by_text = hw_json_sorted(rows, "k"), *by_number = hw_json_sorted(rows, "n");
	json_t *other = json_pack("{s:i}", "n", 1), *same = hw_json_sorted(other, "n");

	(void)state;
	assert_ptr_equal(json_array_get(by_text, 0), json_array_get(rows, 3));
	assert_ptr_equal(json_array_get(by_text, 1), json_array_get(rows, 1));
	assert_ptr_equal(json_array_get(by_text, 2), json_array_get(rows, 0));
	assert_ptr_equal(json_array_get(by_text, 3), json_array_get(rows, 2));
	assert_ptr_equal(json_array_get(by_number, 0), json_array_get(rows, 2));
	assert_ptr_equal(json_array_get(by_number, 3), json_array_get(rows, 3));
	assert_int_equal(json_array_size(by_text), 4);
	assert_ptr_equal(same, other);
	json_decref(rows);
	json_decref(by_text);
	json_decref(by_number);
	json_decref(other);
	json_decref(same);
}

/* ---- the ladder ---- */

static struct hw_ladder ladder(void)
{
	return (struct hw_ladder){ .names = { "nas1", "proxy", "home" }, .count = 3 };
}

static char *drawn(struct hw_ladder *ladder, json_t *event, bool unicode, bool *known)
{
	struct capture capture;

	capture_begin(&capture);
	capture.out.unicode = unicode;
	*known = hw_ladder_event(ladder, event, &capture.out);
	(void)capture_end(&capture);
	json_decref(event);
	return capture.text;
}

static void assert_drawn(struct hw_ladder *ladder, json_t *event, bool unicode, const char *wanted)
{
	bool known;
	char *text = drawn(ladder, event, unicode, &known);

	assert_true(known);
	assert_string_equal(text, wanted);
	free(text);
}

static void the_head_names_the_nodes(void **state)
{
	struct hw_ladder nodes = ladder();
	struct capture capture;

	(void)state;
	capture_begin(&capture);
	hw_ladder_head(&nodes, &capture.out);
	assert_string_equal(capture_end(&capture), "      ms   nas1        proxy       home\n");
	free(capture.text);
}

static void an_arrow_to_the_right(void **state)
{
	struct hw_ladder nodes = ladder();

	(void)state;
	assert_drawn(&nodes,
	             json_pack("{s:f, s:s, s:s, s:s, s:[s]}", "ms", 1.5, "from", "nas1", "to",
	                       "proxy", "label", "MBR", "notes", "User-Name alice"),
	             false,
	             "    1.50     |----MBR--->|           |\n"
	             "             | User-Name alice       |\n");
}

static void an_arrow_to_the_left_over_a_lifeline(void **state)
{
	struct hw_ladder nodes = ladder();

	(void)state;
	assert_drawn(&nodes,
	             json_pack("{s:f, s:s, s:s, s:s}", "ms", 12.0, "from", "home", "to", "nas1",
	                       "label", "MBA"),
	             true, "   12.00     │◀─────────MBA──────────│\n");
}

static void what_is_gone_has_no_lifeline(void **state)
{
	struct hw_ladder nodes = ladder();

	(void)state;
	assert_drawn(&nodes,
	             json_pack("{s:f, s:s, s:s, s:b}", "ms", 2.0, "at", "proxy", "label", "killed",
	                       "gone", 1),
	             false, "    2.00     |           x killed    |\n");
	assert_drawn(&nodes,
	             json_pack("{s:f, s:s, s:s, s:s}", "ms", 3.0, "from", "nas1", "to", "home",
	                       "label", "X"),
	             false, "    3.00     |-----------X---------->|\n");
	assert_drawn(
		&nodes,
		json_pack("{s:f, s:s, s:s, s:[s]}", "ms", 4.0, "at", "nas1", "label", "y", "notes",
	                  "z"),
		false,
		"    4.00     x y                     |\n             | z                     |\n");
}

static void a_long_note_moves_left_and_stays_inside(void **state)
{
	struct hw_ladder nodes = ladder();
	bool known;
	char *text =
		drawn(&nodes,
	              json_pack("{s:f, s:s, s:s, s:s, s:[s]}", "ms", 0.0, "from", "proxy", "to",
	                        "home", "label", "MHR", "notes", "MIP6-Home-Address 2001:db8::5"),
	              false, &known);

	(void)state;
	assert_true(known);
	assert_string_equal(strchr(text, '\n') + 1,
	                    "             | MIP6-Home-Address 2001:db8::5\n");
	free(text);
}

static void a_node_that_is_not_there_is_said(void **state)
{
	struct hw_ladder nodes = ladder();
	bool known;
	char *text = drawn(&nodes,
	                   json_pack("{s:f, s:s, s:s, s:s}", "ms", 0.0, "from", "nas9", "to",
	                             "home", "label", "X"),
	                   false, &known);

	(void)state;
	assert_false(known);
	assert_string_equal(text, "");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_table_has_a_line_per_row),
		cmocka_unit_test(an_empty_table_is_a_sentence),
		cmocka_unit_test(facts_leave_out_what_is_not_known),
		cmocka_unit_test(values_become_text),
		cmocka_unit_test(a_peer_cannot_steer_the_terminal),
		cmocka_unit_test(colours_only_when_asked_for),
		cmocka_unit_test(lists_are_sorted_and_equals_stay),
		cmocka_unit_test(the_head_names_the_nodes),
		cmocka_unit_test(an_arrow_to_the_right),
		cmocka_unit_test(an_arrow_to_the_left_over_a_lifeline),
		cmocka_unit_test(what_is_gone_has_no_lifeline),
		cmocka_unit_test(a_long_note_moves_left_and_stays_inside),
		cmocka_unit_test(a_node_that_is_not_there_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
