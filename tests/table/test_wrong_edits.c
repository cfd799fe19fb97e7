/* SPDX-License-Identifier: Apache-2.0 */
/* Each row of rows.h: the edit is made, and the first diagnostic is the one that it provokes. */
#include "dictc/dictc.h"
#include "tests/table/rows.h"

#include <regex.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define TEXT_ROOM ((size_t)64 * 1024)

struct source {
	const char *name;
	const char *file;
	char text[TEXT_ROOM];
	size_t size;
};

static struct source good = { "good", "good.dia", "", 0 };
static struct source base = { "base", "base.dia", "", 0 };
static struct source others[] = {
	{ "liar", "liar.dia", "@id 1\n@name other\n@prefix other\n", 0 },
	{ "broken", "broken.dia", "@name broken\n@prefix broken\n", 0 },
	{ "clash", "clash.dia",
	  "@id 1\n@name clash\n@prefix clash\n@document D\n@avp_types\n"
	  "\tOrigin-Host 264 OctetString M V 1\n",
	  0 },
};

static bool load(void *context, const char *name, const char **file, struct dm_bytes *text)
{
	struct source *found = NULL;

	(void)context;
	if (!strcmp(name, base.name))
		found = &base;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		if (!strcmp(name, others[i].name))
			found = &others[i];
	}
	if (!found)
		return false;
	*file = found->file;
	*text = dm_bytes_text(found->text);
	return true;
}

static void read_source(struct source *source, const char *path)
{
	FILE *file = fopen(path, "rb");

	if (!file)
		fail_msg("%s: cannot be read", path);
	source->size = fread(source->text, 1, sizeof(source->text) - 1, file);
	source->text[source->size] = '\0';
	fclose(file);
	assert_true(source->size > 0 && source->size < sizeof(source->text) - 1);
}

/* `text` with the only occurrence of `find` replaced. */
static void apply(char text[TEXT_ROOM], const struct edit *edit)
{
	static char result[TEXT_ROOM];
	char *at = strstr(text, edit->find);
	int size;

	if (!at)
		fail_msg("not in good.dia: %s", edit->find);
	if (strstr(at + 1, edit->find))
		fail_msg("more than once in good.dia: %s", edit->find);
	size = snprintf(result, sizeof(result), "%.*s%s%s", (int)(at - text), text, edit->replace,
	                at + strlen(edit->find));
	assert_true(size > 0 && (size_t)size < sizeof(result));
	memcpy(text, result, (size_t)size + 1);
}

static bool matches(const char *diagnostic, const char *expect)
{
	regex_t regex;
	char pattern[1024];
	bool found;

	/* A row for another file than good.dia names it. */
	snprintf(pattern, sizeof(pattern), "^(good.dia:)?(%s)", expect);
	assert_int_equal(regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB), 0);
	found = regexec(&regex, diagnostic, 0, NULL, 0) == 0;
	regfree(&regex);
	return found;
}

static void wrong_edit(void **state)
{
	static char text[TEXT_ROOM];
	const struct row *row = *state;
	struct dictc *dictc = dictc_new(load, NULL);
	const char *first;

	assert_non_null(dictc);
	memcpy(text, good.text, good.size + 1);
	for (size_t i = 0; i < EDITS_LIMIT && row->edits[i].find; i++)
		apply(text, &row->edits[i]);
	if (dictc_compile(dictc, good.file, dm_bytes_text(text)))
		fail_msg("the edit is taken as good");
	assert_true(dictc_diagnostic_count(dictc) > 0);
	first = dictc_diagnostic(dictc, 0);
	if (!matches(first, row->expect))
		fail_msg("expected: %s\nfound: %s", row->expect, first);
	dictc_free(dictc);
}

/* Without an edit there is nothing to say: else every row above would pass for a wrong reason. */
static void good_is_good(void **state)
{
	struct dictc *dictc = dictc_new(load, NULL);
	const struct dictc_grammar *grammar;

	(void)state;
	grammar = dictc_compile(dictc, good.file, dm_bytes_text(good.text));
	if (!grammar)
		fail_msg("%s", dictc_diagnostic(dictc, 0));
	assert_string_equal(dictc_grammar_name(grammar), "good");
	assert_int_equal(dictc_diagnostic_count(dictc), 0);
	dictc_free(dictc);
}

/* One run reports faults of several lines and blocks. */
static void several_at_once(void **state)
{
	static char text[TEXT_ROOM];
	struct dictc *dictc = dictc_new(load, NULL);

	(void)state;
	memcpy(text, good.text, good.size + 1);
	apply(text, &(struct edit){ "UTF8String ", "UTF8Sting " });
	apply(text, &(struct edit){ "REQ, PXY >", "REQ, PXX >" });
	apply(text, &(struct edit){ "GTA  code ", "GTA  cod  " });
	assert_null(dictc_compile(dictc, good.file, dm_bytes_text(text)));
	assert_int_equal(dictc_diagnostic_count(dictc), 3);
	assert_true(matches(dictc_diagnostic(dictc, 1), "34:64: "));
	assert_true(matches(dictc_diagnostic(dictc, 2), "83:7: "));
	dictc_free(dictc);
}

/* However much is wrong, the number of diagnostics has a limit. */
static void many_are_cut(void **state)
{
	static char text[TEXT_ROOM];
	struct dictc *dictc = dictc_new(NULL, NULL);

	(void)state;
	memset(text, '#', 10000);
	text[10000] = '\0';
	assert_null(dictc_compile(dictc, "many.dia", dm_bytes_text(text)));
	assert_int_equal(dictc_diagnostic_count(dictc), 50);
	dictc_free(dictc);
}

static void too_large(void **state)
{
	size_t size = DICTC_SOURCE_LIMIT + 1;
	char *text = calloc(1, size);
	struct dictc *dictc = dictc_new(NULL, NULL);

	(void)state;
	assert_non_null(text);
	memset(text, ' ', size);
	assert_null(dictc_compile(dictc, "large.dia", dm_bytes_of(text, size)));
	assert_string_equal(dictc_diagnostic(dictc, 0),
	                    "large.dia:1:1: a grammar of 262145 octets; at most 262144");
	dictc_free(dictc);
	free(text);
}

static void nothing_at_all(void **state)
{
	struct dictc *dictc = dictc_new(NULL, NULL);

	(void)state;
	assert_null(dictc_compile(dictc, "empty.dia", dm_bytes_of(NULL, 0)));
	assert_string_equal(dictc_diagnostic(dictc, 0), "empty.dia:1:1: the grammar has no @id");
	dictc_free(dictc);
}

int main(int count, char **arguments)
{
	static const struct CMUnitTest others_of_the_table[] = {
		cmocka_unit_test(good_is_good),   cmocka_unit_test(several_at_once),
		cmocka_unit_test(many_are_cut),   cmocka_unit_test(too_large),
		cmocka_unit_test(nothing_at_all),
	};
	static struct CMUnitTest tests[sizeof(rows) / sizeof(rows[0]) + 5];
	size_t test_count = 0;

	if (count != 3) {
		fprintf(stderr, "usage: %s GOOD.dia BASE.dia\n", arguments[0]);
		return 2;
	}
	read_source(&good, arguments[1]);
	read_source(&base, arguments[2]);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		tests[test_count++] = (struct CMUnitTest){ rows[i].name, wrong_edit, NULL, NULL,
			                                   (void *)(uintptr_t)&rows[i] };
	memcpy(tests + test_count, others_of_the_table, sizeof(others_of_the_table));
	return _cmocka_run_group_tests("wrong edits", tests, sizeof(tests) / sizeof(tests[0]), NULL,
	                               NULL);
}
