/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values as people read them.
 */
#include "avp.h"
#include "dict/base.dia.h"
#include "fault.h"
#include "plan.h"
#include "value.h"
#include "walk.h"

#include <arpa/inet.h>

#define SECONDS_A_DAY 86400

void dm_avp_name_text(const struct dm_avp *avp, const struct dm_raw_avp *raw, struct dm_text *out)
{
	if (avp) {
		dm_text_add(out, "%s", avp->name);
		return;
	}
	dm_text_add(out, "AVP %u", raw->code);
	if (raw->flags & DM_AVP_FLAG_V)
		dm_text_add(out, " of vendor %u", raw->vendor);
}

static void show_hex(struct dm_bytes data, struct dm_text *out)
{
	dm_text_add(out, "0x");
	dm_text_hex(out, data);
}

static void show_address(const uint8_t *octets, int family, struct dm_text *out)
{
	char room[INET6_ADDRSTRLEN];

	if (inet_ntop(family, octets, room, sizeof(room)))
		dm_text_add(out, "%s", room);
}

/* ---- OctetString: the sizes that addresses and prefixes have on the wire ---- */

/* Text, or names between a few binary octets, such as the labels of RFC 1035. */
static bool is_mostly_text(struct dm_bytes data)
{
	size_t printable = 0;

	for (size_t i = 0; i < data.size; i++)
		printable += data.at[i] >= 0x20 && data.at[i] <= 0x7e;
	return printable && printable >= data.size * 2 / 3;
}

/* An address with its prefix length: 18 octets begin with a reserved 0 (RADIUS form), 17 do not. */
static bool show_prefix(struct dm_bytes data, struct dm_text *out)
{
	size_t at = data.size - 17;

	if (data.size == 18 && data.at[0] != 0)
		return false;
	if (data.at[at] > 128)
		return false;
	show_address(data.at + at + 1, AF_INET6, out);
	dm_text_add(out, "/%u", data.at[at]);
	return true;
}

static bool show_fixed_size(const struct dm_avp *avp, struct dm_bytes data, struct dm_text *out)
{
	if (data.size != avp->fixed_size)
		return false;
	switch (data.size) {
	case 4:
		show_address(data.at, AF_INET, out);
		return true;
	case 16:
		show_address(data.at, AF_INET6, out);
		return true;
	case 17:
	case 18:
		return show_prefix(data, out);
	default:
		return false;
	}
}

static void show_octets(const struct dm_avp *avp, struct dm_bytes data, struct dm_text *out)
{
	if (show_fixed_size(avp, data, out))
		return;
	if (!is_mostly_text(data)) {
		show_hex(data, out);
		return;
	}
	dm_text_add(out, "\"");
	dm_text_octets(out, data);
	dm_text_add(out, "\"");
}

/* ---- numbers ---- */

static void show_enumerated(const struct dm_avp *avp, int32_t number, struct dm_text *out)
{
	dm_text_add(out, "%d", number);
	for (uint16_t i = 0; i < avp->value_count; i++) {
		if (avp->values[i].value == number)
			dm_text_add(out, " %s", avp->values[i].name);
	}
}

static void show_unsigned(const struct dm_dictionary *dictionary, const struct dm_avp *avp,
                          uint32_t number, struct dm_text *out)
{
	const struct dm_known_avp *known = dm_dictionary_known_as(dictionary, avp);
	const char *name = NULL;

	dm_text_add(out, "%u", number);
	if (known && known->names_application)
		name = dm_dictionary_application_name(dictionary, number);
	if (avp->code == DM_AVP_RESULT_CODE && !avp->vendor)
		name = dm_result_code_name(number);
	if (name)
		dm_text_add(out, " %s", name);
}

/* The civil date of a day counted from 1970-01-01 (days of a 400-year era, years from March). */
static void show_date(int64_t day, struct dm_text *out)
{
	int64_t shifted = day + 719468;
	int64_t era = shifted / 146097;
	int64_t of_era = shifted - era * 146097;
	int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
	int64_t month = (5 * of_year + 2) / 153;
	int64_t of_month = of_year - (153 * month + 2) / 5 + 1;
	bool next_year = month >= 10;

	dm_text_add(out, "%04d-%02d-%02d", (int)(year + era * 400 + next_year),
	            (int)(next_year ? month - 9 : month + 3), (int)of_month);
}

static void show_time(int64_t seconds, struct dm_text *out)
{
	int64_t day = seconds / SECONDS_A_DAY;
	int64_t of_day = seconds % SECONDS_A_DAY;

	if (of_day < 0) {
		day--;
		of_day += SECONDS_A_DAY;
	}
	show_date(day, out);
	dm_text_add(out, "T%02d:%02d:%02dZ", (int)(of_day / 3600), (int)(of_day / 60 % 60),
	            (int)(of_day % 60));
}

static void show_value(const struct dm_dictionary *dictionary, const struct dm_avp *avp,
                       const union dm_value *value, struct dm_text *out)
{
	switch (avp->type) {
	case DM_TYPE_INTEGER32:
		dm_text_add(out, "%d", value->integer32);
		break;
	case DM_TYPE_INTEGER64:
		dm_text_add(out, "%lld", (long long)value->integer64);
		break;
	case DM_TYPE_UNSIGNED32:
		show_unsigned(dictionary, avp, value->unsigned32, out);
		break;
	case DM_TYPE_UNSIGNED64:
		dm_text_add(out, "%llu", (unsigned long long)value->unsigned64);
		break;
	case DM_TYPE_FLOAT32:
		dm_text_add(out, "%.9g", (double)value->float32);
		break;
	case DM_TYPE_FLOAT64:
		dm_text_add(out, "%.17g", value->float64);
		break;
	case DM_TYPE_ENUMERATED:
		show_enumerated(avp, value->integer32, out);
		break;
	case DM_TYPE_TIME:
		show_time(value->integer64, out);
		break;
	case DM_TYPE_ADDRESS:
		show_address(value->address.octets.at,
		             value->address.family == DM_ADDRESS_IPV4 ? AF_INET : AF_INET6, out);
		break;
	case DM_TYPE_OCTET_STRING:
		show_octets(avp, value->octets, out);
		break;
	default:
		dm_text_octets(out, value->octets);
	}
}

void dm_value_text(const struct dm_dictionary *dictionary, const struct dm_avp *avp,
                   struct dm_bytes data, struct dm_text *out)
{
	union dm_value value;
	struct dm_verdict verdict;

	if (avp && avp->secret) {
		dm_text_add(out, "<secret, %zu octets>", data.size);
		return;
	}
	if (!avp) {
		show_hex(data, out);
		return;
	}
	/* Not as octets: there may be a secret inside. */
	if (avp->type == DM_TYPE_GROUPED) {
		dm_text_add(out, "<%zu octets of AVPs>", data.size);
		return;
	}
	verdict = dm_value_read(avp, data, false, &value);
	/* An unknown number or odd text can be shown; what does not fit its type is octets. */
	if (verdict.result_code == DM_RESULT_DIAMETER_INVALID_AVP_LENGTH ||
	    (verdict.result_code && avp->type == DM_TYPE_ADDRESS))
		show_hex(data, out);
	else
		show_value(dictionary, avp, &value, out);
	if (verdict.result_code)
		dm_text_add(out, " (%s)", verdict.why);
}
