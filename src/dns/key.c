/* SPDX-License-Identifier: Apache-2.0 */
/* TSIG: what is signed, and how it is checked (RFC 8945 4, 5). */
#include "dns/key.h"

#include "base/writer.h"

#include <errno.h>
#include <libknot/libknot.h>
#include <openssl/crypto.h>
#include <openssl/hmac.h>

#define FUDGE 300 /* RFC 8945 10 */

static const uint8_t algorithm[] = "\x0bhmac-sha256"; /* with the root label */

/* A message, what is known of its TSIG, and, of a response, the request's signature. */
struct signing {
	const struct dns_mac *request; /* NULL: this is the request */
	struct dm_bytes message;
	uint64_t time;
	uint16_t fudge;
	uint16_t error;
	struct dm_bytes other;
};

/* RFC 8945 4.3: request MAC, message, TSIG variables. */
static int digest(const struct dns_key *key, const struct signing *signing,
                  uint8_t out[DNS_MAC_SIZE])
{
	struct dm_bytes secret = dm_secret_bytes(&key->secret);
	struct dm_writer writer;
	unsigned size = 0;
	bool made;

	dm_writer_init(&writer, 2 + DNS_MAC_SIZE + UINT16_MAX + 1024);
	if (signing->request) {
		dm_writer_u16(&writer, DNS_MAC_SIZE);
		dm_writer_bytes(&writer, dm_bytes_of(signing->request->octets, DNS_MAC_SIZE));
	}
	dm_writer_bytes(&writer, signing->message);
	dm_writer_bytes(&writer, dm_bytes_of(key->name, knot_dname_size(key->name)));
	dm_writer_u16(&writer, KNOT_CLASS_ANY);
	dm_writer_u32(&writer, 0); /* TTL */
	dm_writer_bytes(&writer, dm_bytes_of(algorithm, sizeof(algorithm)));
	dm_writer_number(&writer, signing->time, 6);
	dm_writer_u16(&writer, signing->fudge);
	dm_writer_u16(&writer, signing->error);
	dm_writer_u16(&writer, (uint16_t)signing->other.size);
	dm_writer_bytes(&writer, signing->other);
	made = !writer.failed &&
	       HMAC(EVP_sha256(), secret.at, (int)secret.size, writer.at, writer.size, out, &size);
	dm_writer_fini(&writer);
	return made && size == DNS_MAC_SIZE ? 0 : -EIO;
}

static int set_values(knot_rrset_t *record, const struct signing *signing,
                      const struct dns_mac *mac)
{
	uint16_t id = knot_wire_get_id(signing->message.at);

	if (knot_tsig_create_rdata(record, algorithm, DNS_MAC_SIZE, 0) ||
	    knot_tsig_rdata_set_time_signed(record, signing->time) ||
	    knot_tsig_rdata_set_fudge(record, signing->fudge) ||
	    knot_tsig_rdata_set_orig_id(record, id) ||
	    knot_tsig_rdata_set_mac(record, DNS_MAC_SIZE, mac->octets))
		return -ENOMEM;
	return 0;
}

int dns_key_sign(const struct dns_key *key, int64_t now, uint8_t *wire, size_t *size, size_t room,
                 struct dns_mac *mac)
{
	const struct signing signing = {
		.message = dm_bytes_of(wire, *size),
		.time = (uint64_t)now,
		.fudge = FUDGE,
	};
	knot_rrset_t *record;
	int error = digest(key, &signing, mac->octets);

	if (error)
		return error;
	record = knot_rrset_new(key->name, KNOT_RRTYPE_TSIG, KNOT_CLASS_ANY, 0, NULL);
	if (!record)
		return -ENOMEM;
	error = set_values(record, &signing, mac);
	if (!error && knot_tsig_append(wire, size, room, record))
		error = -ENOSPC;
	knot_rrset_free(record, NULL);
	return error;
}

static uint64_t distance(uint64_t a, uint64_t b)
{
	return a > b ? a - b : b - a;
}

/* RFC 8945 5.2, 5.4: key, signature, then time. */
enum dns_signature dns_key_check(const struct dns_key *key, int64_t now, const struct dns_mac *mac,
                                 const struct knot_pkt *packet)
{
	const knot_rrset_t *record = packet->tsig_rr;
	struct signing signing = { .request = mac };
	uint8_t wanted[DNS_MAC_SIZE];

	if (!record || !knot_tsig_rdata_is_ok(record) || knot_tsig_rdata_mac_length(record) == 0)
		return DNS_SIGNATURE_MISSING;
	if (record->rclass != KNOT_CLASS_ANY || record->ttl != 0 ||
	    !knot_dname_is_case_equal(record->owner, key->name) ||
	    !knot_dname_is_case_equal(knot_tsig_rdata_alg_name(record), algorithm) ||
	    knot_tsig_rdata_mac_length(record) != DNS_MAC_SIZE)
		return DNS_SIGNATURE_BAD;
	/* Parsing has taken the record off and counted it out. */
	signing.message = dm_bytes_of(packet->wire, packet->size);
	signing.time = knot_tsig_rdata_time_signed(record);
	signing.fudge = knot_tsig_rdata_fudge(record);
	signing.error = knot_tsig_rdata_error(record);
	signing.other = dm_bytes_of(knot_tsig_rdata_other_data(record),
	                            knot_tsig_rdata_other_data_length(record));
	if (digest(key, &signing, wanted) ||
	    CRYPTO_memcmp(wanted, knot_tsig_rdata_mac(record), sizeof(wanted)))
		return DNS_SIGNATURE_BAD;
	if (distance((uint64_t)now, signing.time) > signing.fudge)
		return DNS_SIGNATURE_BAD_TIME;
	return DNS_SIGNATURE_GOOD;
}
