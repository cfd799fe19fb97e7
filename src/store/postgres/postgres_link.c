/* SPDX-License-Identifier: Apache-2.0 */
#include "postgres_link.h"

#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#define BYTEA 17
#define INT8  20
#define INT4  23
#define INT2  21

/* ---- errors ---- */

struct state_error {
	const char *state; /* SQLSTATE, or its beginning */
	int error;
};

/* The first that fits. */
static const struct state_error state_errors[] = {
	{ "23505", -EEXIST },   { "23503", -ENOENT }, { "22012", -ESTALE },   { "23", -EINVAL },
	{ "22", -EINVAL },      { "40", -EBUSY },     { "55P03", -EBUSY },    { "57014", -EBUSY },
	{ "53100", -ENOSPC },   { "53200", -ENOMEM }, { "25006", -ENOTCONN }, { "57P", -ENOTCONN },
	{ "25P03", -ENOTCONN }, { "08", -ENOTCONN },  { "42501", -EACCES },
};

static int errno_of(const char *state)
{
	for (size_t i = 0; i < sizeof(state_errors) / sizeof(*state_errors); i++) {
		const struct state_error *one = &state_errors[i];

		if (strncmp(state, one->state, strlen(one->state)) == 0)
			return one->error;
	}
	return -EIO;
}

bool store_is_passing(int error)
{
	return error == -EBUSY;
}

/* The first line: the others quote values and statements. */
static void say(struct store_link *link, const char *doing, const char *words)
{
	struct dm_text text;

	dm_text_init(&text, link->trouble, sizeof(link->trouble));
	dm_text_add(&text, "%s: ", doing);
	dm_text_octets(&text, dm_bytes_of(words, strcspn(words, "\n")));
}

static int broken(struct store_link *link, const char *doing, const char *words)
{
	say(link, doing, words);
	return -ENOTCONN;
}

int store_link_judge(struct store_link *link, const PGresult *result, const char *doing)
{
	const char *state, *words;

	switch (PQresultStatus(result)) {
	case PGRES_COMMAND_OK:
	case PGRES_TUPLES_OK:
	case PGRES_PIPELINE_SYNC:
		return 0;
	default:
		break;
	}
	state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
	words = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
	if (!state || PQstatus(link->handle) == CONNECTION_BAD)
		return broken(link, doing, words ? words : "the connection is lost");
	if (errno_of(state) == -ESTALE)
		words = "a session has another version, or the server another incarnation";
	say(link, doing, words ? words : state);
	return errno_of(state);
}

/* ---- connecting ---- */

static const char *const settings[] = {
	"SET client_min_messages TO warning",
	"SET lock_timeout TO '2s'",
	"SET idle_in_transaction_session_timeout TO '10s'",
};

/* What is no error is nobody's business; and standard error is not ours to write to. */
static void pass_over(void *context, const PGresult *notice)
{
	(void)context;
	(void)notice;
}

int store_link_open(struct store_link *link)
{
	/* What the connection string says comes later, and wins. */
	const char *const names[] = {
		"connect_timeout",      "keepalives_idle",  "keepalives_interval",
		"keepalives_count",     "tcp_user_timeout", "application_name",
		"target_session_attrs", "dbname",           NULL
	};
	const char *const values[] = { "2",
		                       "5",
		                       "2",
		                       "3",
		                       "5000",
		                       "homeward",
		                       link->read_only ? "any" : "read-write",
		                       link->url,
		                       NULL };

	store_link_close(link);
	link->handle = PQconnectdbParams(names, values, 1);
	if (PQstatus(link->handle) != CONNECTION_OK) {
		broken(link, "cannot connect to the database", PQerrorMessage(link->handle));
		store_link_close(link);
		return -ENOTCONN;
	}
	PQsetNoticeReceiver(link->handle, pass_over, NULL);
	for (size_t i = 0; i < sizeof(settings) / sizeof(*settings); i++)
		PQclear(PQexec(link->handle, settings[i])); /* an engine may not know one */
	PQsetnonblocking(link->handle, 1);
	return 0;
}

void store_link_close(struct store_link *link)
{
	PQfinish(link->handle);
	link->handle = NULL;
}

/* ---- waiting ---- */

/* One step of traffic; what is not written yet is written beside. */
static int pump(struct store_link *link, int64_t until)
{
	int unsent = PQflush(link->handle);
	struct pollfd wait = { .fd = PQsocket(link->handle), .events = POLLIN };
	int64_t left = until - store_milliseconds();

	if (unsent < 0)
		return broken(link, "cannot send", PQerrorMessage(link->handle));
	if (unsent)
		wait.events |= POLLOUT;
	if (left <= 0 || poll(&wait, 1, (int)left) == 0)
		return broken(link, "cannot go on", "the database does not answer");
	if ((wait.revents & ~POLLOUT) && !PQconsumeInput(link->handle))
		return broken(link, "cannot receive", PQerrorMessage(link->handle));
	return 0;
}

int store_link_next(struct store_link *link, PGresult **out)
{
	int64_t until = store_milliseconds() + link->patience;
	int error = 0;

	*out = NULL;
	while (!error && (PQflush(link->handle) > 0 || PQisBusy(link->handle)))
		error = pump(link, until);
	if (!error)
		*out = PQgetResult(link->handle);
	return error;
}

/* ---- parameters ---- */

struct parameters {
	const char *values[STORE_COLUMNS];
	int sizes[STORE_COLUMNS];
	int formats[STORE_COLUMNS];
	Oid types[STORE_COLUMNS];
	uint64_t numbers[STORE_COLUMNS];
	int count;
};

static void set(struct parameters *to, size_t i, const struct store_value *value)
{
	to->formats[i] = 1;
	to->types[i] = value->kind == STORE_NUMBER ? INT8 : BYTEA;
	to->values[i] = NULL;
	to->sizes[i] = 0;
	if (value->kind == STORE_NUMBER) {
		to->numbers[i] = htobe64((uint64_t)value->number);
		to->values[i] = (const char *)&to->numbers[i];
		to->sizes[i] = sizeof(to->numbers[i]);
	} else if (value->kind == STORE_OCTETS) {
		to->values[i] = value->octets.size ? (const char *)value->octets.at : "";
		to->sizes[i] = (int)value->octets.size;
	}
}

static void parameters_of(struct parameters *to, const struct store_row *row)
{
	to->count = row ? (int)row->count : 0;
	for (int i = 0; i < to->count; i++)
		set(to, (size_t)i, &row->values[i]);
}

int store_link_send(struct store_link *link, const char *name, const struct store_row *row)
{
	struct parameters give;

	parameters_of(&give, row);
	if (PQsendQueryPrepared(link->handle, name, give.count, give.values, give.sizes,
	                        give.formats, 1))
		return 0;
	return broken(link, "cannot send", PQerrorMessage(link->handle));
}

int store_link_send_text(struct store_link *link, const char *sql)
{
	if (PQsendQueryParams(link->handle, sql, 0, NULL, NULL, NULL, NULL, 1))
		return 0;
	return broken(link, "cannot send", PQerrorMessage(link->handle));
}

/* ---- one statement ---- */

/* The last result of a command, judged; the others are dropped. */
static int answer(struct store_link *link, PGresult **out)
{
	PGresult *result, *last = NULL;
	int error = store_link_next(link, &result);
	int worst = 0;

	while (!error && result) {
		int judged = store_link_judge(link, result, "the database refuses");

		worst = worst ? worst : judged;
		PQclear(last);
		last = result;
		error = store_link_next(link, &result);
	}
	if (!error && !worst && out)
		*out = last;
	else
		PQclear(last);
	return error ? error : worst;
}

int store_link_run(struct store_link *link, const char *sql, const struct store_row *row,
                   PGresult **out)
{
	struct parameters give;

	if (out)
		*out = NULL;
	if (!link->handle)
		return broken(link, "cannot ask", "there is no connection to the database");
	parameters_of(&give, row);
	if (!PQsendQueryParams(link->handle, sql, give.count, give.types, give.values, give.sizes,
	                       give.formats, 1))
		return broken(link, "cannot send", PQerrorMessage(link->handle));
	return answer(link, out);
}

int store_link_script(struct store_link *link, const char *sql)
{
	if (!link->handle)
		return broken(link, "cannot ask", "there is no connection to the database");
	if (!PQsendQuery(link->handle, sql))
		return broken(link, "cannot send", PQerrorMessage(link->handle));
	return answer(link, NULL);
}

/* ---- rows ---- */

static int64_t number_of(const char *at, int size)
{
	uint64_t wide;
	uint32_t middle;
	uint16_t narrow;

	if (size == sizeof(wide)) {
		memcpy(&wide, at, sizeof(wide));
		return (int64_t)be64toh(wide);
	}
	if (size == sizeof(middle)) {
		memcpy(&middle, at, sizeof(middle));
		return (int32_t)ntohl(middle);
	}
	memcpy(&narrow, at, sizeof(narrow));
	return (int16_t)ntohs(narrow);
}

static bool is_number(Oid type)
{
	return type == INT8 || type == INT4 || type == INT2;
}

void store_result_row(const PGresult *result, int at, struct store_row *row)
{
	int columns = PQnfields(result);

	row->count = columns < STORE_COLUMNS ? (size_t)columns : STORE_COLUMNS;
	for (int i = 0; i < (int)row->count; i++) {
		struct store_value *value = &row->values[i];
		const char *octets = PQgetvalue(result, at, i);
		int size = PQgetlength(result, at, i);

		*value = (struct store_value){ .kind = STORE_NULL };
		if (PQgetisnull(result, at, i))
			continue;
		if (is_number(PQftype(result, i))) {
			value->kind = STORE_NUMBER;
			value->number = number_of(octets, size);
		} else {
			value->kind = STORE_OCTETS;
			value->octets = dm_bytes_of(octets, (size_t)size);
		}
	}
}

bool store_replace_words(char *text, size_t room, const char *from, const char *to)
{
	size_t from_size = strlen(from), to_size = strlen(to), size = strlen(text);
	char *at = strstr(text, from);

	while (at) {
		size_t behind = size - (size_t)(at - text) - from_size;

		if (size - from_size + to_size >= room)
			return false;
		memmove(at + to_size, at + from_size, behind + 1);
		memcpy(at, to, to_size);
		size = size - from_size + to_size;
		at = strstr(at + to_size, from);
	}
	return true;
}
