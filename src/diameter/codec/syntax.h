/* SPDX-License-Identifier: Apache-2.0 */
/*
 * syntax: the derived types of RFC 6733 4.3.1 whose values have a grammar of their own.
 *
 * Plain questions about octets: nothing is resolved, nothing is allocated, nothing is changed. The
 * decoder asks them for every AVP of these types, configuration may ask them for names given by
 * people.
 */
#ifndef DM_CODEC_SYNTAX_H
#define DM_CODEC_SYNTAX_H

#include "base/bytes.h"

/*
 * An FQDN or a realm: 1 to 255 octets of labels of 1 to 63 ASCII letters, digits, `-` and `_`,
 * joined by dots. `_` is no part of a host name but of names that are in use.
 */
bool dm_is_diameter_identity(struct dm_bytes text);

enum dm_transport { DM_TRANSPORT_TCP, DM_TRANSPORT_SCTP, DM_TRANSPORT_UDP };
enum dm_aaa_protocol { DM_AAA_DIAMETER, DM_AAA_RADIUS, DM_AAA_TACACS };

struct dm_uri {
	bool secure;          /* aaas: */
	struct dm_bytes fqdn; /* borrowed from the text */
	uint16_t port;        /* 0: the default port of the transport security */
	enum dm_transport transport;
	enum dm_aaa_protocol protocol;
};

/*
 * Reads a DiameterURI. Scheme and parameters in any case of letters (RFC 3986 6.2.2.1), parameters
 * in the order of the grammar. False when it is none, or asks for UDP with Diameter.
 */
bool dm_uri_parse(struct dm_bytes text, struct dm_uri *uri);

/* An IPFilterRule in the format of RFC 6733 4.3.1. */
bool dm_is_ip_filter_rule(struct dm_bytes text);

#endif
