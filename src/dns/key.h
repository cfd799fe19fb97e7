/* SPDX-License-Identifier: Apache-2.0 */
/*
 * key: a TSIG key and what it makes: signatures of messages (RFC 8945).
 *
 * hmac-sha256 alone, the algorithm that every server must have (RFC 8945 6) and the profile names.
 * The octets of the key are a dm_secret and leave this module only inside a HMAC. Time is a
 * parameter; libknot's own signing reads the clock and is not used.
 */
#ifndef DNS_KEY_H
#define DNS_KEY_H

#include "base/secret.h"
#include "base/text.h"

#define DNS_NAME_ROOM 255 /* octets of a name on the wire, RFC 1035 3.1 */
#define DNS_MAC_SIZE  32

struct dns_key {
	uint8_t name[DNS_NAME_ROOM]; /* labels, lower case */
	struct dm_secret secret;
};

/*
 * Reads the file that tsig-keygen and ddns-confgen write and nsupdate -k takes:
 *
 *	key "NAME" { algorithm hmac-sha256; secret "BASE64"; };
 *
 * 0, or -EINVAL with `why` a sentence that holds nothing of the file. The key has at least 16
 * octets.
 */
int dns_key_read(struct dm_bytes file, struct dns_key *key, struct dm_text *why);
void dns_key_wipe(struct dns_key *key);

/* The signature of a request, which its response is checked with. */
struct dns_mac {
	uint8_t octets[DNS_MAC_SIZE];
};

/* Appends the TSIG record to the message of *size octets at `wire`, signed at `now` (seconds since
 * 1970). 0, -ENOSPC, -ENOMEM, -EIO. */
int dns_key_sign(const struct dns_key *key, int64_t now, uint8_t *wire, size_t *size, size_t room,
                 struct dns_mac *mac);

struct knot_pkt;

enum dns_signature {
	DNS_SIGNATURE_GOOD,
	DNS_SIGNATURE_MISSING,
	DNS_SIGNATURE_BAD,      /* of another key or algorithm, or forged */
	DNS_SIGNATURE_BAD_TIME, /* sound, but its time is not ours */
};

/* Checks a parsed response to the request that was signed with `mac`. */
enum dns_signature dns_key_check(const struct dns_key *key, int64_t now, const struct dns_mac *mac,
                                 const struct knot_pkt *packet);

#endif
