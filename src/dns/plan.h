/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan: which updates make a name appear in DNS or go, in which order, and what a response changes.
 *
 * The pattern of RFC 4703 5.3 and 5.5 with a TXT marker in the place of DHCID (profile 7): a name
 * that is in use is touched only when it carries the marker of its owner. The forward update goes
 * first, then the reverse one, which needs no prerequisite: the address is ours to give (RFC 4703
 * 5.4). A plan is a value: RCODEs go in, the next step comes out. It knows no octets, no server and
 * no time.
 */
#ifndef DNS_PLAN_H
#define DNS_PLAN_H

#include "dns/dns.h"

/* RFC 2136 2.2, RFC 8945 3. */
enum dns_rcode {
	DNS_RCODE_NOERROR,
	DNS_RCODE_FORMERR,
	DNS_RCODE_SERVFAIL,
	DNS_RCODE_NXDOMAIN,
	DNS_RCODE_NOTIMP,
	DNS_RCODE_REFUSED,
	DNS_RCODE_YXDOMAIN,
	DNS_RCODE_YXRRSET,
	DNS_RCODE_NXRRSET,
	DNS_RCODE_NOTAUTH,
	DNS_RCODE_NOTZONE,
};
/* "NXRRSET"; "RCODE 11" and on have no name: NULL. */
const char *dns_rcode_name(unsigned rcode);

/* One UPDATE message each. */
enum dns_step {
	DNS_STEP_CLAIM,    /* the name is not in use: add address and marker */
	DNS_STEP_REPLACE,  /* the marker is ours: put the address in the place of all others */
	DNS_STEP_ADOPT,    /* no marker, and exactly the address given before: mark it, replace */
	DNS_STEP_POINT,    /* reverse: PTR in the place of all others */
	DNS_STEP_WITHDRAW, /* the marker is ours: delete the address */
	DNS_STEP_RELEASE,  /* the marker is ours, no address is left: delete the marker */
	DNS_STEP_UNPOINT,  /* reverse: delete the PTR to the name */
	DNS_STEP_END,
};

struct dns_plan {
	bool reverse; /* asked for */
	bool again;   /* all three ways were closed: it may have been removed between them */
	uint8_t step; /* enum dns_step */
	uint8_t updates;
	enum dns_outcome forward_outcome, reverse_outcome;
};

/* To add the name or to remove it; each half only where it is asked for. */
struct dns_plan dns_plan_add(bool forward, bool reverse);
struct dns_plan dns_plan_remove(bool forward, bool reverse);

/* The response to the present step. */
void dns_plan_answered(struct dns_plan *plan, unsigned rcode);
/* The present step got no response that counts: DNS_FAILED or DNS_REFUSED. */
void dns_plan_failed(struct dns_plan *plan, enum dns_outcome outcome);

static inline bool dns_step_is_reverse(enum dns_step step)
{
	return step == DNS_STEP_POINT || step == DNS_STEP_UNPOINT;
}

#endif
