/* SPDX-License-Identifier: Apache-2.0 */
/* Which update follows which response (RFC 4703 5.3, 5.5). */
#include "tests/unit/base/check.h"

#include "dns/plan.h"

static const char *const steps[] = { "claim",    "replace", "adopt",   "point",
	                             "withdraw", "release", "unpoint", "end" };

/* Walks the plan with these responses; every step must be the one that is written before it. */
struct walk {
	const char *step;
	int rcode; /* -1: no response; -2: refused */
};

static struct dns_plan walk(struct dns_plan plan, const struct walk *walk)
{
	for (; walk->step; walk++) {
		assert_string_equal(steps[plan.step], walk->step);
		if (walk->rcode >= 0)
			dns_plan_answered(&plan, (unsigned)walk->rcode);
		else
			dns_plan_failed(&plan, walk->rcode == -1 ? DNS_FAILED : DNS_REFUSED);
	}
	assert_int_equal(plan.step, DNS_STEP_END);
	return plan;
}

#define WALK(plan, ...) walk(plan, (const struct walk[]){ __VA_ARGS__, { NULL, 0 } })

static void assert_outcome(struct dns_plan plan, enum dns_outcome forward, enum dns_outcome reverse)
{
	assert_int_equal(plan.forward_outcome, forward);
	assert_int_equal(plan.reverse_outcome, reverse);
}

static void MB31_a_free_name_is_claimed_then_pointed_to(void **state)
{
	(void)state;
	assert_outcome(WALK(dns_plan_add(true, true), { "claim", 0 }, { "point", 0 }), DNS_DONE,
	               DNS_DONE);
	assert_outcome(WALK(dns_plan_add(true, false), { "claim", 0 }), DNS_DONE, DNS_NOT_ASKED);
	assert_outcome(WALK(dns_plan_add(false, true), { "point", 0 }), DNS_NOT_ASKED, DNS_DONE);
	assert_int_equal(dns_plan_add(false, false).step, DNS_STEP_END);
}

static void MB31_a_name_of_ours_is_replaced(void **state)
{
	(void)state;
	assert_outcome(
		WALK(dns_plan_add(true, false), { "claim", DNS_RCODE_YXDOMAIN }, { "replace", 0 }),
		DNS_DONE, DNS_NOT_ASKED);
	assert_outcome(WALK(dns_plan_add(true, false), { "claim", DNS_RCODE_YXDOMAIN },
	                    { "replace", DNS_RCODE_NXRRSET }, { "adopt", 0 }),
	               DNS_DONE, DNS_NOT_ASKED);
}

static void MB32_a_name_of_another_is_left_alone(void **state)
{
	(void)state;
	assert_outcome(WALK(dns_plan_add(true, true), { "claim", DNS_RCODE_YXDOMAIN },
	                    { "replace", DNS_RCODE_NXRRSET }, { "adopt", DNS_RCODE_NXRRSET },
	                    { "claim", DNS_RCODE_YXDOMAIN }),
	               DNS_CONFLICT, DNS_NOT_ASKED);
	assert_outcome(WALK(dns_plan_add(true, true), { "claim", DNS_RCODE_YXDOMAIN },
	                    { "replace", DNS_RCODE_NXRRSET }, { "adopt", DNS_RCODE_YXRRSET },
	                    { "claim", DNS_RCODE_YXDOMAIN }),
	               DNS_CONFLICT, DNS_NOT_ASKED);
}

/* The removal of it was under way, between our questions. */
static void MB31_a_name_that_was_just_removed_is_claimed(void **state)
{
	(void)state;
	assert_outcome(WALK(dns_plan_add(true, false), { "claim", DNS_RCODE_YXDOMAIN },
	                    { "replace", DNS_RCODE_NXRRSET }, { "adopt", DNS_RCODE_NXRRSET },
	                    { "claim", 0 }),
	               DNS_DONE, DNS_NOT_ASKED);
}

/* It comes and goes under our hands: that has an end. */
static void a_name_that_comes_and_goes_is_given_up(void **state)
{
	(void)state;
	assert_outcome(WALK(dns_plan_add(true, true), { "claim", DNS_RCODE_YXDOMAIN },
	                    { "replace", DNS_RCODE_NXDOMAIN }, { "claim", DNS_RCODE_YXDOMAIN },
	                    { "replace", DNS_RCODE_NXDOMAIN }, { "claim", DNS_RCODE_YXDOMAIN },
	                    { "replace", DNS_RCODE_NXDOMAIN }),
	               DNS_FAILED, DNS_NOT_ASKED);
}

static void MB33_address_and_marker_and_pointer_go(void **state)
{
	(void)state;
	assert_outcome(WALK(dns_plan_remove(true, true), { "withdraw", 0 }, { "release", 0 },
	                    { "unpoint", 0 }),
	               DNS_DONE, DNS_DONE);
	assert_outcome(WALK(dns_plan_remove(false, true), { "unpoint", 0 }), DNS_NOT_ASKED,
	               DNS_DONE);
}

static void MB33_what_is_not_ours_any_more_counts_as_removed(void **state)
{
	(void)state;
	assert_outcome(WALK(dns_plan_remove(true, false), { "withdraw", DNS_RCODE_NXRRSET }),
	               DNS_DONE, DNS_NOT_ASKED);
	assert_outcome(WALK(dns_plan_remove(true, true), { "withdraw", 0 },
	                    { "release", DNS_RCODE_YXRRSET }, { "unpoint", 0 }),
	               DNS_DONE, DNS_DONE);
}

static void MB32_a_refusal_is_the_last_word_and_trouble_is_not(void **state)
{
	(void)state;
	assert_outcome(WALK(dns_plan_add(true, true), { "claim", DNS_RCODE_REFUSED }), DNS_REFUSED,
	               DNS_NOT_ASKED);
	assert_outcome(WALK(dns_plan_add(true, true), { "claim", DNS_RCODE_NOTAUTH }), DNS_REFUSED,
	               DNS_NOT_ASKED);
	assert_outcome(WALK(dns_plan_add(true, true), { "claim", DNS_RCODE_SERVFAIL }), DNS_FAILED,
	               DNS_NOT_ASKED);
	assert_outcome(WALK(dns_plan_add(true, true), { "claim", -1 }), DNS_FAILED, DNS_NOT_ASKED);
	assert_outcome(WALK(dns_plan_add(true, true), { "claim", 0 }, { "point", -2 }), DNS_DONE,
	               DNS_REFUSED);
}

/* The forward half fails: a PTR that leads nowhere is not added; one that is there is removed. */
static void the_reverse_half_after_a_failure(void **state)
{
	(void)state;
	assert_outcome(WALK(dns_plan_remove(true, true), { "withdraw", -1 }, { "unpoint", 0 }),
	               DNS_FAILED, DNS_DONE);
	assert_outcome(WALK(dns_plan_remove(true, true), { "withdraw", 0 }, { "release", -1 },
	                    { "unpoint", -1 }),
	               DNS_FAILED, DNS_FAILED);
}

static void rcodes_have_the_names_of_rfc_2136(void **state)
{
	(void)state;
	assert_string_equal(dns_rcode_name(0), "NOERROR");
	assert_string_equal(dns_rcode_name(10), "NOTZONE");
	assert_null(dns_rcode_name(11));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(MB31_a_free_name_is_claimed_then_pointed_to),
		cmocka_unit_test(MB31_a_name_of_ours_is_replaced),
		cmocka_unit_test(MB32_a_name_of_another_is_left_alone),
		cmocka_unit_test(MB31_a_name_that_was_just_removed_is_claimed),
		cmocka_unit_test(a_name_that_comes_and_goes_is_given_up),
		cmocka_unit_test(MB33_address_and_marker_and_pointer_go),
		cmocka_unit_test(MB33_what_is_not_ours_any_more_counts_as_removed),
		cmocka_unit_test(MB32_a_refusal_is_the_last_word_and_trouble_is_not),
		cmocka_unit_test(the_reverse_half_after_a_failure),
		cmocka_unit_test(rcodes_have_the_names_of_rfc_2136),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
