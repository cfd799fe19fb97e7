/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dns: the questions that the service asks of DNS (profile 7).
 *
 * The service says what a name is to be and hears what became of it; messages, servers, keys and
 * zones are behind it. As store.h, this header knows `base` alone.
 */
#ifndef DNS_DNS_H
#define DNS_DNS_H

#include "base/bytes.h"

/* What a name is to be. Octets borrowed. */
struct dns_change {
	bool remove;          /* else: add, or put in the place of what its owner had */
	bool forward;         /* the AAAA */
	bool reverse;         /* the PTR, where a zone of ours holds it */
	struct dm_bytes fqdn; /* dotted, a host name, without a final dot */
	uint8_t address[16];  /* the AAAA's, and where the PTR is */
	bool has_previous;    /* add: a record with this address alone is ours, even unmarked */
	uint8_t previous[16];
	struct dm_bytes owner; /* whose it is: the NAI */
};

enum dns_outcome {
	DNS_NOT_ASKED, /* or no zone of ours */
	DNS_DONE,      /* as asked; of a removal also: it was not ours any more */
	DNS_CONFLICT,  /* the name is another's */
	DNS_REFUSED,   /* the server says no, and would again */
	DNS_FAILED,    /* no response, or trouble of the server: worth another try */
};

struct dns_report {
	enum dns_outcome forward, reverse;
	const char *text; /* what went wrong, a sentence for the operator; "" when nothing did */
};

#endif
