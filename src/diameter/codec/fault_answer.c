/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The answer to a faulty request (RFC 6733 7.2, 6.2). It is written from the plan of the answer's
 * grammar: each line is either ours to fill, or repeated from the request, or left out. When one
 * that is required can be neither, the answer-message is written instead.
 */
#include "avp.h"
#include "dict/base.dia.h"
#include "message.h"
#include "plan.h"
#include "raw.h"
#include "value.h"

#include <errno.h>

/* So many AVPs of a request are read once for all lines of the grammar; with more of them, it is
 * read anew for each. */
#define INDEX_LIMIT 32

struct request_avp {
	uint32_t code;
	uint32_t vendor;
	struct dm_bytes whole;
};

struct fault_answer {
	const struct dm_identity *identity;
	struct dm_bytes request;
	const struct request_avp *avps; /* NULL: too many */
	size_t avp_count;
	struct dm_header header; /* of the request */
	const struct dm_fault *fault;
	struct dm_bytes reporting_host;
	struct dm_writer *out;
};

static void write_number(const struct fault_answer *answer, const struct dm_known_avp *known,
                         uint32_t number)
{
	(void)dm_value_write(known, &number, answer->out);
}

/* An empty value is not written. */
static void write_octets(const struct fault_answer *answer, const struct dm_known_avp *known,
                         struct dm_bytes octets)
{
	struct dm_raw_avp avp = {
		.code = known->code,
		.vendor = known->vendor,
		.flags = known->flags,
		.data = octets,
	};

	if (octets.size)
		dm_avp_write(answer->out, &avp);
}

static bool index_request(struct fault_answer *answer, struct request_avp room[INDEX_LIMIT])
{
	struct dm_cursor cursor = dm_raw_avps(answer->request);
	struct dm_raw_avp avp;
	struct dm_bytes whole;
	size_t count = 0;

	while (dm_raw_next(&cursor, &avp, &whole)) {
		if (count == INDEX_LIMIT)
			return false;
		room[count++] = (struct request_avp){ avp.code, avp.vendor, whole };
	}
	answer->avps = room;
	answer->avp_count = count;
	return true;
}

static size_t repeat_indexed(const struct fault_answer *answer, const struct dm_known_avp *known,
                             size_t most)
{
	size_t count = 0;

	for (size_t i = 0; i < answer->avp_count && count < most; i++) {
		const struct request_avp *avp = &answer->avps[i];

		if (avp->code != known->code || avp->vendor != known->vendor)
			continue;
		dm_writer_bytes(answer->out, avp->whole);
		count++;
	}
	return count;
}

static size_t repeat_searched(const struct fault_answer *answer, const struct dm_known_avp *known,
                              size_t most)
{
	struct dm_cursor cursor = dm_raw_avps(answer->request);
	struct dm_raw_avp avp;
	struct dm_bytes whole;
	size_t count = 0;

	while (count < most && dm_raw_next(&cursor, &avp, &whole)) {
		if (avp.code != known->code || avp.vendor != known->vendor)
			continue;
		dm_writer_bytes(answer->out, whole);
		count++;
	}
	return count;
}

/* Copies the AVPs of this definition as they are: every one, or the first. */
static size_t repeat(const struct fault_answer *answer, const struct dm_known_avp *known,
                     size_t most)
{
	if (answer->avps)
		return repeat_indexed(answer, known, most);
	return repeat_searched(answer, known, most);
}

/* What the answer must have and does not come from us, such as Auth-Request-Type: repeated when the
 * request has it in good shape. The AVPs of CER, DWR and DPR speak of their sender alone. */
static bool repeat_required(const struct fault_answer *answer, const struct dm_known_avp *known,
                            bool proxiable)
{
	struct dm_raw_avp avp;
	union dm_value unused;

	if (!proxiable || !dm_raw_find(answer->request, known->code, known->vendor, &avp))
		return false;
	if (!known->plan && dm_value_read(known->avp, avp.data, true, &unused).result_code)
		return false;
	return repeat(answer, known, 1) == 1;
}

/* The application is the header's (RFC 6733 3), unless that says no more than "base". */
static bool write_application(const struct fault_answer *answer, const struct dm_known_avp *known,
                              bool proxiable)
{
	if (!proxiable || !answer->header.application_id)
		return repeat_required(answer, known, proxiable);
	write_number(answer, known, answer->header.application_id);
	return true;
}

/* One line of the grammar. False when it is required and cannot be had. */
static bool write_line(const struct fault_answer *answer, const struct dm_plan_field *field,
                       bool proxiable)
{
	const struct dm_known_avp *known = field->known;

	switch (known->vendor ? 0 : known->code) {
	case DM_AVP_SESSION_ID:
		return repeat(answer, known, 1) >= field->min;
	case DM_AVP_PROXY_INFO:
		repeat(answer, known, SIZE_MAX);
		return true;
	case DM_AVP_ORIGIN_HOST:
		write_octets(answer, known, answer->identity->origin_host);
		return true;
	case DM_AVP_ORIGIN_REALM:
		write_octets(answer, known, answer->identity->origin_realm);
		return true;
	case DM_AVP_RESULT_CODE:
		write_number(answer, known, answer->fault->result_code);
		return true;
	case DM_AVP_ORIGIN_STATE_ID:
		if (answer->identity->origin_state_id)
			write_number(answer, known, answer->identity->origin_state_id);
		return true;
	case DM_AVP_ERROR_MESSAGE:
		write_octets(answer, known, dm_bytes_text(answer->fault->sentence));
		return true;
	case DM_AVP_ERROR_REPORTING_HOST:
		write_octets(answer, known, answer->reporting_host);
		return true;
	case DM_AVP_FAILED_AVP:
		write_octets(answer, known, answer->fault->failed_avp);
		return true;
	case DM_AVP_AUTH_APPLICATION_ID:
	case DM_AVP_ACCT_APPLICATION_ID:
		return field->min == 0 || write_application(answer, known, proxiable);
	default:
		return field->min == 0 || repeat_required(answer, known, proxiable);
	}
}

static struct dm_header answer_header(const struct fault_answer *answer, bool error)
{
	struct dm_header header = answer->header;

	header.version = 1;
	header.flags &= DM_FLAG_P;
	if (error)
		header.flags |= DM_FLAG_E;
	return header;
}

/* 0, -EMSGSIZE, or -ENODATA when the grammar cannot be satisfied; then nothing is written. */
static int write_answer(const struct fault_answer *answer, const struct dm_command_entry *entry)
{
	const struct dm_plan *plan = dm_entry_plan(entry);
	struct dm_header header = answer_header(answer, entry->command->error);
	struct dm_writer *out = answer->out;
	size_t start = out->size;

	dm_header_write(out, &header);
	for (uint16_t i = 0; i < plan->count; i++) {
		if (plan->fields[i].max == 0 ||
		    write_line(answer, &plan->fields[i], entry->command->proxiable))
			continue;
		out->size = start;
		return -ENODATA;
	}
	if (out->failed || out->size - start > DM_AVP_LENGTH_LIMIT) {
		out->size = start;
		return -EMSGSIZE;
	}
	dm_writer_patch(out, start + 1, out->size - start, 3);
	return 0;
}

/* RFC 6733 7.1.3: protocol errors have the E bit. A request whose header is at fault is answered
 * so too: its grammar is not to be trusted. */
static bool wants_error_bit(uint32_t result_code)
{
	return result_code / 1000 == 3 || result_code == DM_RESULT_DIAMETER_UNSUPPORTED_VERSION ||
	       result_code == DM_RESULT_DIAMETER_INVALID_BIT_IN_HEADER ||
	       result_code == DM_RESULT_DIAMETER_INVALID_MESSAGE_LENGTH;
}

int dm_encode_fault(const struct dm_dictionary *dictionary, const struct dm_identity *identity,
                    struct dm_bytes request, const struct dm_fault *fault,
                    struct dm_bytes reporting_host, struct dm_writer *out)
{
	struct fault_answer answer = {
		.identity = identity,
		.request = request,
		.header = dm_header_read(request),
		.fault = fault,
		.reporting_host = reporting_host,
		.out = out,
	};
	const struct dm_command_entry *entry = dm_dictionary_command(
		dictionary, answer.header.application_id, answer.header.command_code, false);
	struct request_avp avps[INDEX_LIMIT];
	int error = -ENODATA;

	(void)index_request(&answer, avps); /* without it every line searches */
	if (entry && !wants_error_bit(fault->result_code))
		error = write_answer(&answer, entry);
	if (error != -ENODATA)
		return error;
	entry = dm_dictionary_answer_message(dictionary);
	return entry ? write_answer(&answer, entry) : -ENOENT;
}
