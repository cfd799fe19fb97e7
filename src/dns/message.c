/* SPDX-License-Identifier: Apache-2.0 */
#include "dns/message.h"

#include <errno.h>
#include <libknot/libknot.h>
#include <openssl/sha.h>

#define ADDRESS_SIZE 16

/* ---- names ---- */

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool dns_marker(struct dm_bytes owner, struct dm_bytes fqdn, struct dm_text *out)
{
	uint8_t input[512 + 256], sum[SHA256_DIGEST_LENGTH];
	size_t size = owner.size + 1 + fqdn.size;

	if (size > sizeof(input) || owner.size == 0)
		return false;
	memcpy(input, owner.at, owner.size);
	input[owner.size] = '\0';
	for (size_t i = 0; i < fqdn.size; i++)
		input[owner.size + 1 + i] = (uint8_t)lower((char)fqdn.at[i]);
	if (!SHA256(input, size, sum))
		return false;
	dm_text_add(out, "homeward-owner=");
	dm_text_hex(out, dm_bytes_of(sum, sizeof(sum)));
	return !out->cut;
}

void dns_reverse_name(const uint8_t address[16], struct dm_text *out)
{
	for (size_t i = ADDRESS_SIZE; i-- > 0;)
		dm_text_add(out, "%x.%x.", address[i] & 0xf, address[i] >> 4);
	dm_text_add(out, "ip6.arpa");
}

static bool is_below(struct dm_bytes name, struct dm_bytes zone)
{
	if (!dm_bytes_ends_with_folded(name, zone))
		return false;
	return name.size == zone.size || name.at[name.size - zone.size - 1] == '.';
}

int dns_zone_of(const struct dm_bytes *zones, size_t count, struct dm_bytes name)
{
	int best = -1;

	for (size_t i = 0; i < count; i++) {
		if (is_below(name, zones[i]) && (best < 0 || zones[i].size > zones[best].size))
			best = (int)i;
	}
	return best;
}

static bool read_name(struct dm_bytes dotted, knot_dname_storage_t out)
{
	char text[256];

	if (dotted.size == 0 || dotted.size >= sizeof(text))
		return false;
	memcpy(text, dotted.at, dotted.size);
	text[dotted.size] = '\0';
	return knot_dname_from_str(out, text, sizeof(knot_dname_storage_t)) != NULL;
}

/* ---- records ---- */

/* A message in the making; the first error stays. */
struct making {
	knot_pkt_t *packet;
	const struct dns_change *change;
	uint32_t ttl;
	knot_dname_storage_t zone, name, reverse;
	uint8_t marker[1 + DNS_MARKER_ROOM]; /* one character-string: its length, the text */
	uint16_t marker_size;
	int error;
};

static void begin(struct making *making, knot_section_t section)
{
	if (!making->error && knot_pkt_begin(making->packet, section))
		making->error = -ENOMEM;
}

static void put(struct making *making, const uint8_t *owner, uint16_t type, uint16_t class,
                uint32_t ttl, struct dm_bytes data)
{
	knot_rrset_t *record;

	if (making->error)
		return;
	making->error = -ENOMEM;
	record = knot_rrset_new(owner, type, class, ttl, NULL);
	if (!record)
		return;
	/* The packet has the octets now; the record itself is not looked at again. */
	if (knot_rrset_add_rdata(record, data.at ? data.at : (const uint8_t *)"",
	                         (uint16_t)data.size, NULL) == KNOT_EOK &&
	    knot_pkt_put(making->packet, KNOT_COMPR_HINT_NONE, record, KNOT_PF_NOTRUNC) == KNOT_EOK)
		making->error = 0;
	knot_rrset_free(record, NULL);
}

static struct dm_bytes nothing(void)
{
	return (struct dm_bytes){ 0 };
}

static struct dm_bytes marker_of(const struct making *making)
{
	return dm_bytes_of(making->marker, making->marker_size);
}

static struct dm_bytes address_of(const struct making *making)
{
	return dm_bytes_of(making->change->address, ADDRESS_SIZE);
}

/* ---- prerequisites, RFC 2136 2.4 ---- */

static void require_no_name(struct making *making)
{
	put(making, making->name, KNOT_RRTYPE_ANY, KNOT_CLASS_NONE, 0, nothing());
}

static void require_no_set(struct making *making, uint16_t type)
{
	put(making, making->name, type, KNOT_CLASS_NONE, 0, nothing());
}

static void require_equal(struct making *making, uint16_t type, struct dm_bytes data)
{
	put(making, making->name, type, KNOT_CLASS_IN, 0, data);
}

/* ---- updates, RFC 2136 2.5 ---- */

static void add(struct making *making, const uint8_t *owner, uint16_t type, struct dm_bytes data)
{
	put(making, owner, type, KNOT_CLASS_IN, making->ttl, data);
}

static void delete_set(struct making *making, const uint8_t *owner, uint16_t type)
{
	put(making, owner, type, KNOT_CLASS_ANY, 0, nothing());
}

static void delete_one(struct making *making, const uint8_t *owner, uint16_t type,
                       struct dm_bytes data)
{
	put(making, owner, type, KNOT_CLASS_NONE, 0, data);
}

/* ---- the steps ---- */

static void write_prerequisites(struct making *making, enum dns_step step)
{
	const struct dns_change *change = making->change;

	switch (step) {
	case DNS_STEP_CLAIM:
		require_no_name(making);
		break;
	case DNS_STEP_ADOPT:
		require_no_set(making, KNOT_RRTYPE_TXT);
		require_equal(making, KNOT_RRTYPE_AAAA,
		              dm_bytes_of(change->has_previous ? change->previous : change->address,
		                          ADDRESS_SIZE));
		break;
	case DNS_STEP_REPLACE:
	case DNS_STEP_WITHDRAW:
		require_equal(making, KNOT_RRTYPE_TXT, marker_of(making));
		break;
	case DNS_STEP_RELEASE:
		require_equal(making, KNOT_RRTYPE_TXT, marker_of(making));
		require_no_set(making, KNOT_RRTYPE_AAAA);
		require_no_set(making, KNOT_RRTYPE_A);
		break;
	default:
		break;
	}
}

static void write_updates(struct making *making, enum dns_step step)
{
	struct dm_bytes target = dm_bytes_of(making->name, knot_dname_size(making->name));

	switch (step) {
	case DNS_STEP_REPLACE:
		delete_set(making, making->name, KNOT_RRTYPE_AAAA);
		add(making, making->name, KNOT_RRTYPE_AAAA, address_of(making));
		break;
	case DNS_STEP_ADOPT:
		delete_set(making, making->name, KNOT_RRTYPE_AAAA);
		/* fall through */
	case DNS_STEP_CLAIM:
		add(making, making->name, KNOT_RRTYPE_AAAA, address_of(making));
		add(making, making->name, KNOT_RRTYPE_TXT, marker_of(making));
		break;
	case DNS_STEP_WITHDRAW:
		delete_one(making, making->name, KNOT_RRTYPE_AAAA, address_of(making));
		break;
	case DNS_STEP_RELEASE:
		delete_one(making, making->name, KNOT_RRTYPE_TXT, marker_of(making));
		break;
	case DNS_STEP_POINT:
		delete_set(making, making->reverse, KNOT_RRTYPE_PTR);
		add(making, making->reverse, KNOT_RRTYPE_PTR, target);
		break;
	default:
		delete_one(making, making->reverse, KNOT_RRTYPE_PTR, target);
		break;
	}
}

static bool read_names(struct making *making, struct dm_bytes zone)
{
	char reverse[80], marker[DNS_MARKER_ROOM];
	struct dm_text text;

	dm_text_init(&text, reverse, sizeof(reverse));
	dns_reverse_name(making->change->address, &text);
	if (!read_name(dm_bytes_of(reverse, text.size), making->reverse) ||
	    !read_name(making->change->fqdn, making->name) || !read_name(zone, making->zone))
		return false;
	dm_text_init(&text, marker, sizeof(marker));
	if (!dns_marker(making->change->owner, making->change->fqdn, &text))
		return false;
	making->marker[0] = (uint8_t)text.size;
	memcpy(making->marker + 1, marker, text.size);
	making->marker_size = (uint16_t)(1 + text.size);
	return true;
}

static void write_sections(struct making *making, enum dns_step step, uint16_t id)
{
	knot_wire_set_id(making->packet->wire, id);
	knot_wire_set_opcode(making->packet->wire, KNOT_OPCODE_UPDATE);
	if (knot_pkt_put_question(making->packet, making->zone, KNOT_CLASS_IN, KNOT_RRTYPE_SOA))
		making->error = -ENOMEM;
	begin(making, KNOT_ANSWER); /* in an UPDATE: prerequisites */
	write_prerequisites(making, step);
	begin(making, KNOT_AUTHORITY); /* updates */
	write_updates(making, step);
}

int dns_message_write(enum dns_step step, const struct dns_change *change, struct dm_bytes zone,
                      uint32_t ttl, uint16_t id, const struct dns_key *key, int64_t now,
                      uint8_t *wire, size_t *size, struct dns_mac *mac)
{
	struct making making = { .change = change, .ttl = ttl };

	if (!read_names(&making, zone))
		return -EINVAL;
	memset(wire, 0, KNOT_WIRE_HEADER_SIZE); /* libknot takes what it finds there */
	making.packet = knot_pkt_new(wire, DNS_MESSAGE_ROOM, NULL);
	if (!making.packet)
		return -ENOMEM;
	write_sections(&making, step, id);
	*size = making.packet->size;
	knot_pkt_free(making.packet);
	if (making.error)
		return making.error;
	return dns_key_sign(key, now, wire, size, DNS_MESSAGE_ROOM, mac);
}

/* ---- responses ---- */

const char *dns_tsig_error_name(uint16_t error)
{
	switch (error) {
	case DNS_TSIG_BADSIG:
		return "BADSIG";
	case DNS_TSIG_BADKEY:
		return "BADKEY";
	case DNS_TSIG_BADTIME:
		return "BADTIME";
	case DNS_TSIG_BADTRUNC:
		return "BADTRUNC";
	default:
		return "an unknown error";
	}
}

static void read_tsig(const knot_pkt_t *packet, struct dns_response *out)
{
	const uint8_t *other;

	if (!packet->tsig_rr || !knot_tsig_rdata_is_ok(packet->tsig_rr))
		return;
	out->tsig_error = knot_tsig_rdata_error(packet->tsig_rr);
	other = knot_tsig_rdata_other_data(packet->tsig_rr);
	if (other && knot_tsig_rdata_other_data_length(packet->tsig_rr) == 6)
		out->tsig_time = (int64_t)knot_wire_read_u48(other);
}

static bool is_response(const knot_pkt_t *packet, uint16_t id)
{
	return knot_wire_get_qr(packet->wire) && knot_wire_get_id(packet->wire) == id &&
	       knot_wire_get_opcode(packet->wire) == KNOT_OPCODE_UPDATE;
}

bool dns_message_read(struct dm_bytes octets, uint16_t id, const struct dns_key *key, int64_t now,
                      const struct dns_mac *mac, struct dns_response *out)
{
	uint8_t wire[UINT16_MAX];
	knot_pkt_t *packet;
	bool response;

	if (octets.size < KNOT_WIRE_HEADER_SIZE || octets.size > sizeof(wire))
		return false;
	memcpy(wire, octets.at, octets.size);
	packet = knot_pkt_new(wire, (uint16_t)octets.size, NULL);
	if (!packet)
		return false;
	*out = (struct dns_response){ 0 };
	/* A truncated one does not parse to its end; its header says enough. */
	response = is_response(packet, id) &&
	           (knot_pkt_parse(packet, 0) == KNOT_EOK || knot_wire_get_tc(wire));
	if (response) {
		out->rcode = knot_wire_get_rcode(wire);
		out->truncated = knot_wire_get_tc(wire) != 0;
		out->signature = dns_key_check(key, now, mac, packet);
		read_tsig(packet, out);
	}
	knot_pkt_free(packet);
	return response;
}
