/* SPDX-License-Identifier: Apache-2.0 */
/*
 * message: the UPDATE messages of a plan as octets, and responses read (RFC 2136), by libknot.
 *
 * Pure functions: octets, time and identifiers are arguments. What is not here: which message comes
 * when (plan.h), sockets (io/dns_client.h).
 */
#ifndef DNS_MESSAGE_H
#define DNS_MESSAGE_H

#include "dns/key.h"
#include "dns/plan.h"

/* Four names and a signature: no message is longer. */
#define DNS_MESSAGE_ROOM 4096
/* What a datagram may hold without EDNS (RFC 1035 2.3.4); longer ones go over TCP. */
#define DNS_DATAGRAM_SIZE 512
#define DNS_MARKER_ROOM   96

/* "homeward-owner=" and 64 hexadecimal digits: SHA-256 over owner, NUL and the name in lower case,
 * so that the TXT record tells nobody who it is (as DHCID does, RFC 4701 3.3). False: no digest. */
bool dns_marker(struct dm_bytes owner, struct dm_bytes fqdn, struct dm_text *out);

/* The 72 characters of the name in ip6.arpa, RFC 3596 2.5. */
void dns_reverse_name(const uint8_t address[16], struct dm_text *out);

/* The longest of `count` zones (dotted, any case) that holds `name`; -1: none. */
int dns_zone_of(const struct dm_bytes *zones, size_t count, struct dm_bytes name);

/*
 * The signed message of a step, into wire[DNS_MESSAGE_ROOM]. `zone` is dotted, `ttl` in seconds. 0;
 * -EINVAL: a name that is none, or too long; -ENOMEM, -EIO.
 */
int dns_message_write(enum dns_step step, const struct dns_change *change, struct dm_bytes zone,
                      uint32_t ttl, uint16_t id, const struct dns_key *key, int64_t now,
                      uint8_t *wire, size_t *size, struct dns_mac *mac);

/* RFC 8945 3. */
enum dns_tsig_error {
	DNS_TSIG_BADSIG = 16,
	DNS_TSIG_BADKEY = 17,
	DNS_TSIG_BADTIME = 18,
	DNS_TSIG_BADTRUNC = 22,
};

struct dns_response {
	enum dns_signature signature;
	uint8_t rcode;
	bool truncated;
	uint16_t tsig_error; /* enum dns_tsig_error, or 0 */
	int64_t tsig_time;   /* the server's clock, where it said so (BADTIME); else 0 */
};
const char *dns_tsig_error_name(uint16_t error);

/* Reads a datagram or a TCP message. False: not a response to the request `id`. */
bool dns_message_read(struct dm_bytes octets, uint16_t id, const struct dns_key *key, int64_t now,
                      const struct dns_mac *mac, struct dns_response *out);

#endif
