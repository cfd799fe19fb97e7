/* SPDX-License-Identifier: Apache-2.0 */
#include "dns/plan.h"

#include <stddef.h>

/* CLAIM, REPLACE, ADOPT, and once more where the name went away meanwhile. */
#define UPDATE_LIMIT 6

const char *dns_rcode_name(unsigned rcode)
{
	static const char *const names[] = {
		[DNS_RCODE_NOERROR] = "NOERROR",   [DNS_RCODE_FORMERR] = "FORMERR",
		[DNS_RCODE_SERVFAIL] = "SERVFAIL", [DNS_RCODE_NXDOMAIN] = "NXDOMAIN",
		[DNS_RCODE_NOTIMP] = "NOTIMP",     [DNS_RCODE_REFUSED] = "REFUSED",
		[DNS_RCODE_YXDOMAIN] = "YXDOMAIN", [DNS_RCODE_YXRRSET] = "YXRRSET",
		[DNS_RCODE_NXRRSET] = "NXRRSET",   [DNS_RCODE_NOTAUTH] = "NOTAUTH",
		[DNS_RCODE_NOTZONE] = "NOTZONE",
	};

	return rcode < sizeof(names) / sizeof(*names) ? names[rcode] : NULL;
}

struct dns_plan dns_plan_add(bool forward, bool reverse)
{
	struct dns_plan plan = { .reverse = reverse, .step = DNS_STEP_END };

	if (forward)
		plan.step = DNS_STEP_CLAIM;
	else if (reverse)
		plan.step = DNS_STEP_POINT;
	return plan;
}

struct dns_plan dns_plan_remove(bool forward, bool reverse)
{
	struct dns_plan plan = { .reverse = reverse, .step = DNS_STEP_END };

	if (forward)
		plan.step = DNS_STEP_WITHDRAW;
	else if (reverse)
		plan.step = DNS_STEP_UNPOINT;
	return plan;
}

/* The forward half is over. A PTR to a name that does not lead back helps nobody; but what is to be
 * removed is removed as far as it can be. */
static void end_forward(struct dns_plan *plan, enum dns_outcome outcome)
{
	bool adding = plan->step <= DNS_STEP_ADOPT;

	plan->forward_outcome = outcome;
	if (!plan->reverse)
		plan->step = DNS_STEP_END;
	else if (!adding)
		plan->step = DNS_STEP_UNPOINT;
	else
		plan->step = outcome == DNS_DONE ? DNS_STEP_POINT : DNS_STEP_END;
}

static void end_step(struct dns_plan *plan, enum dns_outcome outcome)
{
	if (dns_step_is_reverse((enum dns_step)plan->step)) {
		plan->reverse_outcome = outcome;
		plan->step = DNS_STEP_END;
	} else {
		end_forward(plan, outcome);
	}
}

static bool is_unmet_prerequisite(unsigned rcode)
{
	return rcode == DNS_RCODE_NXDOMAIN || rcode == DNS_RCODE_YXDOMAIN ||
	       rcode == DNS_RCODE_YXRRSET || rcode == DNS_RCODE_NXRRSET;
}

/* RFC 2136 5: SERVFAIL and NOTIMP mean another server; any other RCODE is the last word. */
static enum dns_outcome outcome_of(unsigned rcode)
{
	if (rcode == DNS_RCODE_NOERROR)
		return DNS_DONE;
	if (rcode == DNS_RCODE_SERVFAIL || rcode == DNS_RCODE_NOTIMP)
		return DNS_FAILED;
	return DNS_REFUSED;
}

/* The prerequisite of an addition does not hold: what it says about the name decides. */
static void try_another_way(struct dns_plan *plan)
{
	static const uint8_t next[] = {
		[DNS_STEP_CLAIM] = DNS_STEP_REPLACE,
		[DNS_STEP_REPLACE] = DNS_STEP_ADOPT,
	};

	if (plan->again) {
		end_forward(plan, DNS_CONFLICT);
	} else if (plan->step < DNS_STEP_ADOPT) {
		plan->step = next[plan->step];
	} else {
		plan->again = true;
		plan->step = DNS_STEP_CLAIM;
	}
}

static void prerequisite_unmet(struct dns_plan *plan, unsigned rcode)
{
	switch (plan->step) {
	case DNS_STEP_CLAIM:
	case DNS_STEP_REPLACE:
	case DNS_STEP_ADOPT:
		if (rcode == DNS_RCODE_NXDOMAIN) /* it went away: RFC 4703 5.3.2 */
			plan->step = DNS_STEP_CLAIM;
		else
			try_another_way(plan);
		break;
	case DNS_STEP_WITHDRAW: /* the name is not ours, or not there: nothing to remove */
	case DNS_STEP_RELEASE:  /* or it has another address by now */
		end_forward(plan, DNS_DONE);
		break;
	default:
		end_step(plan, DNS_REFUSED);
		break;
	}
}

void dns_plan_answered(struct dns_plan *plan, unsigned rcode)
{
	plan->updates++;
	if (is_unmet_prerequisite(rcode) && plan->updates < UPDATE_LIMIT)
		prerequisite_unmet(plan, rcode);
	else if (rcode == DNS_RCODE_NOERROR && plan->step == DNS_STEP_WITHDRAW)
		plan->step = DNS_STEP_RELEASE;
	else
		end_step(plan, is_unmet_prerequisite(rcode) ? DNS_FAILED : outcome_of(rcode));
}

void dns_plan_failed(struct dns_plan *plan, enum dns_outcome outcome)
{
	end_step(plan, outcome);
}
