/* SPDX-License-Identifier: Apache-2.0 */
#include "bad.h"

#include "diameter/codec/raw.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#define FLAG_V 0x80
#define FLAG_M 0x40

/* ---- AVPs from text ---- */

static const struct bad_avp *named(const char *name, size_t size)
{
	for (const struct bad_avp *avp = bad_avps; avp->name; avp++)
		if (strlen(avp->name) == size && strncmp(avp->name, name, size) == 0)
			return avp;
	return NULL;
}

/* An AVP as it is to be written. */
struct spelt {
	uint32_t code, vendor;
	uint8_t flags;
	long length; /* that it claims; -1: the true one */
};

static const char *read_head(const char *text, struct spelt *out)
{
	size_t size = strcspn(text, "!~='{ }");
	const struct bad_avp *avp = named(text, size);
	char *end = NULL;

	*out = (struct spelt){ .length = -1 };
	if (avp) {
		out->code = avp->code;
		out->vendor = avp->vendor;
		end = (char *)(uintptr_t)text + size;
	} else {
		out->code = (uint32_t)strtoul(text, &end, 10);
		if (end == text)
			fail_msg("no AVP is called %.*s", (int)size, text);
		if (*end == '/')
			out->vendor = (uint32_t)strtoul(end + 1, &end, 10);
	}
	out->flags = out->vendor ? FLAG_V | FLAG_M : FLAG_M;
	if (*end == '!')
		out->flags = (uint8_t)strtoul(end + 1, &end, 16);
	if (*end == '~')
		out->length = strtol(end + 1, &end, 10);
	return end;
}

static const char *write_hex(const char *text, struct dm_writer *out)
{
	unsigned digits = 0, octet = 0;

	for (; isxdigit((unsigned char)*text) || *text == '_'; text++) {
		if (*text == '_')
			continue;
		octet = octet << 4 |
		        (unsigned)(*text <= '9' ? *text - '0' : (*text | 0x20) - 'a' + 10);
		if (++digits % 2 == 0)
			dm_writer_u8(out, (uint8_t)octet);
	}
	assert_int_equal(digits % 2, 0);
	return text;
}

static const char *write_avps(const char *text, struct dm_writer *out);

static const char *write_data(const char *text, struct dm_writer *out)
{
	size_t size;

	switch (*text) {
	case '=':
		return write_hex(text + 1, out);
	case '\'':
		size = strcspn(text + 1, "'");
		dm_writer_bytes(out, dm_bytes_of(text + 1, size));
		return text + size + 2;
	case '{':
		text = write_avps(text + 1, out);
		assert_int_equal(*text, '}');
		return text + 1;
	default:
		return text;
	}
}

static const char *write_one(const char *text, struct dm_writer *out)
{
	size_t start = out->size;
	struct spelt avp;
	size_t length;

	text = read_head(text, &avp);
	dm_writer_u32(out, avp.code);
	dm_writer_u8(out, avp.flags);
	dm_writer_u24(out, 0);
	if (avp.flags & FLAG_V)
		dm_writer_u32(out, avp.vendor);
	text = write_data(text, out);
	length = avp.length >= 0 ? (size_t)avp.length : out->size - start;
	dm_writer_patch(out, start + 5, length, 3);
	dm_writer_zeros(out, (4 - (out->size - start) % 4) % 4);
	return text;
}

static const char *write_avps(const char *text, struct dm_writer *out)
{
	while (*text && *text != '}') {
		text = *text == ' ' ? text + 1 : write_one(text, out);
		assert_false(out->failed);
	}
	return text;
}

struct dm_bytes bad_octets(struct play *play, const char *avps)
{
	struct dm_bytes kept;
	struct dm_writer out;

	dm_writer_init(&out, 65536);
	assert_int_equal(*write_avps(avps, &out), '\0');
	kept = play_kept(play, dm_writer_written(&out));
	dm_writer_fini(&out);
	return kept;
}

/* ---- messages ---- */

static const struct bad_value *value_of(const char *name)
{
	for (const struct bad_value *value = bad_values; value->name; value++)
		if (strcmp(value->name, name) == 0)
			return value;
	return NULL;
}

static bool is(const struct bad_avp *avp, const char *row, const char *after)
{
	size_t size = strlen(avp->name);

	return row && strncmp(row, avp->name, size) == 0 && strchr(after, row[size]) != NULL;
}

/* The AVP as a good message has it. A NAS is told of no key. */
static void good(const struct bad_avp *avp, enum bad_command command, char *text, size_t room)
{
	const char *value = value_of(avp->name)->good;

	if (avp->type == BAD_GROUP && command == BAD_MBA && avp->vendor)
		value = "{MIP6-SA-Protocol=00000001}";
	snprintf(text, room, "%s%s", avp->name, value);
}

static void write_avp(const struct bad_avp *avp, enum bad_command command,
                      struct dm_bytes session_id, const struct bad_row *row, struct dm_writer *out)
{
	char text[512];

	if (is(avp, row->lack, ""))
		return;
	good(avp, command, text, sizeof(text));
	if (is(avp, row->instead, "!~='{"))
		snprintf(text, sizeof(text), "%s", row->instead);
	else if (strcmp(avp->name, "Session-Id") == 0)
		snprintf(text, sizeof(text), "Session-Id'%.*s'", (int)session_id.size,
		         (const char *)session_id.at);
	write_avps(text, out);
}

static char first_of(const struct bad_avp *avp, enum bad_command command)
{
	return avp->occurs[4 * command];
}

/* May occur: 0-1, 0+, 1, 1+. */
static bool allowed(const struct bad_avp *avp, enum bad_command command)
{
	return first_of(avp, command) == '1' || strchr("-+", avp->occurs[4 * command + 1]);
}

static bool once_at_most(const struct bad_avp *avp, enum bad_command command)
{
	const char *occurs = avp->occurs + 4 * command;

	return occurs[0] == '1' ? occurs[1] != '+' : occurs[1] == '-';
}

struct dm_bytes bad_message(struct play *play, enum bad_command command, struct dm_bytes session_id,
                            const struct bad_row *row)
{
	static const uint32_t codes[] = { 16777214, 16777214, 16777215, 16777215 };
	bool request = command == BAD_MBR || command == BAD_MHR;
	struct dm_bytes kept;
	struct dm_writer out;

	dm_writer_init(&out, 65536);
	dm_writer_u8(&out, 1);
	dm_writer_u24(&out, 0);
	dm_writer_u8(&out, request ? 0xc0 : 0x40);
	dm_writer_u24(&out, codes[command]);
	dm_writer_u32(&out, 33554438);
	dm_writer_u32(&out, 1);
	dm_writer_u32(&out, 2);
	for (const struct bad_avp *avp = bad_avps; avp->occurs; avp++)
		if (allowed(avp, command))
			write_avp(avp, command, session_id, row, &out);
	if (row->also)
		write_avps(row->also, &out);
	dm_writer_patch(&out, 1, out.size, 3);
	kept = play_kept(play, dm_writer_written(&out));
	dm_writer_fini(&out);
	return kept;
}

/* ---- what the grammar forbids ---- */

struct walk {
	enum bad_command command;
	void (*look)(void *context, const struct bad_row *row);
	void *context;
	const struct bad_avp *avp;
	size_t rows;
};

static void give(struct walk *walk, struct bad_row row)
{
	char what[128];

	snprintf(what, sizeof(what), "%s %s", walk->avp->name, row.what);
	row.what = what;
	walk->rows++;
	walk->look(walk->context, &row);
}

/* RFC 6733 7.1.5: an AVP of this definition, zero-filled, of the least length. */
static void missing(struct walk *walk)
{
	static const char zeros[] = "000000000000000000000000000000000000";
	const struct bad_avp *avp = walk->avp;
	size_t octets = avp->type == BAD_IDENTITY ? 1 : avp->size;
	char text[256];

	if (first_of(avp, walk->command) != '1')
		return;
	if (avp->type == BAD_GROUP)
		snprintf(text, sizeof(text), "%s{MIP6-SA-Protocol=00000000}", avp->name);
	else
		snprintf(text, sizeof(text), "%s=%.*s", avp->name, (int)(2 * octets), zeros);
	give(walk, (struct bad_row){ "is missing", avp->name, NULL, NULL, 5005, text });
}

static void repeated(struct walk *walk)
{
	char text[512];

	good(walk->avp, walk->command, text, sizeof(text));
	if (once_at_most(walk->avp, walk->command))
		give(walk, (struct bad_row){ "comes twice", NULL, NULL, text, 5009, NULL });
	else if (!allowed(walk->avp, walk->command))
		give(walk, (struct bad_row){ "is not allowed", NULL, NULL, text, 5008, NULL });
}

static void wrong_length(struct walk *walk)
{
	static const char octets[] = "2001200120012001200120012001200120012001200120012001";
	const struct bad_avp *avp = walk->avp;
	char text[256];

	for (unsigned size = 0; avp->size && size < avp->size + 5; size++) {
		if (size == avp->size)
			continue;
		snprintf(text, sizeof(text), "%s=%.*s", avp->name, (int)(2 * size), octets);
		give(walk, (struct bad_row){ "has another length", NULL, text, NULL, 5014, NULL });
	}
}

static void wrong_text(struct walk *walk)
{
	/* no such octet, a lone continuation, cut, overlong, a surrogate, beyond Unicode */
	static const char *const no_utf8[] = { "ff",     "80",     "c3",       "c080",
		                               "e08080", "eda080", "f4908080", "61fe62" };
	static const char *const no_identity[] = { "", "00", "612062", "c3a4", "612e2e62", "2e61" };
	bool utf8 = walk->avp->type == BAD_TEXT;
	size_t count = utf8 ? 8 : 6;
	char text[256];

	for (size_t i = 0; i < count; i++) {
		snprintf(text, sizeof(text), "%s=%s", walk->avp->name,
		         utf8 ? no_utf8[i] : no_identity[i]);
		give(walk, (struct bad_row){ utf8 ? "is no UTF-8" : "is no DiameterIdentity", NULL,
		                             text, NULL, 5004, NULL });
	}
}

static void wrong_value(struct walk *walk)
{
	const char *unlisted = value_of(walk->avp->name)->unlisted;
	char text[256];

	if (walk->avp->type == BAD_TEXT || walk->avp->type == BAD_IDENTITY)
		wrong_text(walk);
	if (!unlisted)
		return;
	snprintf(text, sizeof(text), "%s%s", walk->avp->name, unlisted);
	give(walk, (struct bad_row){ "is not listed", NULL, text, NULL, 5004, NULL });
	snprintf(text, sizeof(text), "%s=ffffffff", walk->avp->name);
	give(walk, (struct bad_row){ "is not listed", NULL, text, NULL, 5004, NULL });
}

/* RFC 6733 4.1: of an unknown vendor it is another AVP, and M says that it must be understood. */
static void wrong_vendor(struct walk *walk)
{
	char text[512];

	snprintf(text, sizeof(text), "%u/99999%s", walk->avp->code,
	         value_of(walk->avp->name)->good);
	give(walk, (struct bad_row){ "is another vendor's", NULL, NULL, text, 5001, NULL });
}

void bad_each(enum bad_command command, void (*look)(void *context, const struct bad_row *row),
              void *context)
{
	struct walk walk = { .command = command, .look = look, .context = context };

	for (walk.avp = bad_avps; walk.avp->occurs; walk.avp++) {
		missing(&walk);
		repeated(&walk);
		wrong_vendor(&walk);
		if (!allowed(walk.avp, command))
			continue;
		wrong_length(&walk);
		wrong_value(&walk);
	}
	assert_true(walk.rows > 100); /* the tables have been walked through */
}

/* ---- in and out ---- */

/* What repeats a broken AVP of the request (Session-Id, Proxy-Info) is not sound itself. */
static struct dm_bytes refusal(struct play_role *of, struct dm_bytes request,
                               const struct dm_fault *fault)
{
	const struct dm_identity identity = { dm_bytes_text(of->host), dm_bytes_text(of->realm),
		                              1 };
	struct dm_bytes kept;
	struct dm_writer out;

	dm_writer_init(&out, 65536);
	assert_int_equal(dm_encode_fault(of->play->dictionary, &identity, request, fault,
	                                 (struct dm_bytes){ 0 }, &out),
	                 0);
	kept = play_kept(of->play, dm_writer_written(&out));
	dm_writer_fini(&out);
	return kept;
}

struct bad_given bad_give(struct play_role *to, struct dm_bytes wire)
{
	struct play_request request = { 0 };
	const struct play_answer *answer;
	struct dm_fault fault = { 0 };
	struct bad_given given = { 0 };

	assert_int_equal(dm_decode(to->play->dictionary, NULL, wire, &to->play->arena,
	                           &request.message, &fault),
	                 0);
	if (fault.result_code) {
		given.answer = refusal(to, wire, &fault);
		return given;
	}
	request.command = request.message.entry->command;
	given.transaction = play_give_request(to, &request);
	answer = play_answered(to->play, given.transaction);
	if (answer)
		given.answer = answer->message.wire;
	return given;
}

struct dm_fault bad_reply(struct play_request *request, struct dm_bytes wire)
{
	struct play *play = request->from->play;
	struct dm_fault fault = { 0 };
	struct dm_message message;

	assert_int_equal(dm_decode(play->dictionary, NULL, wire, &play->arena, &message, &fault),
	                 0);
	play_give_answer(request, message.body ? &message : NULL, &fault);
	return fault;
}

static void hex(struct dm_bytes octets, char *text)
{
	*text = '\0';
	for (size_t i = 0; i < octets.size && i < 250; i++)
		snprintf(text + 2 * i, 3, "%02x", octets.at[i]);
}

static void differ(const struct bad_row *row, struct dm_bytes found, struct dm_bytes expected)
{
	char is_text[512], should_text[512];

	hex(found, is_text);
	hex(expected, should_text);
	fail_msg("%s: Failed-AVP holds %s, not %s", row->what, is_text, should_text);
}

static const char *failed_text(const struct bad_row *row)
{
	if (row->failed)
		return row->failed;
	return row->instead ? row->instead : row->also;
}

void bad_refused(struct play *play, struct dm_bytes answer, const struct bad_row *row)
{
	struct dm_bytes expected = bad_octets(play, failed_text(row));
	struct dm_raw_avp avp = { 0 };

	if (!dm_raw_find(answer, 268, 0, &avp))
		fail_msg("%s: no answer", row->what);
	if (dm_load_u32(avp.data.at) != row->result_code)
		fail_msg("%s: %u, not %u", row->what, dm_load_u32(avp.data.at), row->result_code);
	if (!dm_raw_find(answer, 281, 0, &avp))
		fail_msg("%s: no Error-Message", row->what);
	avp = (struct dm_raw_avp){ 0 };
	if (dm_raw_find(answer, 279, 0, &avp) != (expected.size > 0) ||
	    !dm_bytes_equal(avp.data, expected))
		differ(row, avp.data, expected);
}
