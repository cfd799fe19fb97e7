/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

#include "mip6/outbox.h"

static void effects_come_in_order_and_end(void **state)
{
	struct mip6_outbox outbox;
	struct mip6_effect effect;

	(void)state;
	mip6_outbox_init(&outbox);
	assert_false(mip6_outbox_next(&outbox, &effect));
	mip6_outbox_refuse(&outbox, 1, 5012, "the %s", "first");
	mip6_outbox_event(&outbox, MIP6_WARNING, "second", (struct mip6_about){ LITERAL("alice") },
	                  "in %d words", 3);
	mip6_outbox_result(&outbox, 3, -5, "third", NULL);
	assert_true(mip6_outbox_next(&outbox, &effect));
	assert_int_equal(effect.kind, MIP6_EFFECT_ANSWER_FAULT);
	assert_int_equal(effect.fault->result_code, 5012);
	assert_string_equal(effect.fault->sentence, "the first");
	assert_true(mip6_outbox_next(&outbox, &effect));
	assert_string_equal(effect.event.name, "second");
	assert_string_equal(effect.event.text, "in 3 words");
	assert_octets(effect.event.user_name, LITERAL("alice"));
	assert_true(effect.event.warning);
	mip6_outbox_refuse(&outbox, 4, 5003, "added while they are taken");
	assert_true(mip6_outbox_next(&outbox, &effect));
	assert_int_equal(effect.result.error, -5);
	assert_true(mip6_outbox_next(&outbox, &effect));
	assert_int_equal(effect.transaction, 4);
	assert_false(mip6_outbox_next(&outbox, &effect));
	assert_false(mip6_outbox_next(&outbox, &effect));
	mip6_outbox_fini(&outbox);
}

/* The arena keeps its blocks, so that the octets can be looked at when they are out of use. */
static void MH07_secrets_are_wiped_with_the_effects(void **state)
{
	static const uint8_t nothing[16];
	struct dm_bytes key = LITERAL("0123456789abcdef"), copy, plain;
	struct mip6_outbox outbox;
	struct mip6_effect effect;
	uint8_t *marked;

	(void)state;
	mip6_outbox_init(&outbox);
	copy = mip6_outbox_copy_secret(&outbox, key);
	plain = mip6_outbox_copy(&outbox, key);
	marked = mip6_outbox_take(&outbox, 16);
	memcpy(marked, key.at, 16);
	assert_true(mip6_outbox_mark_secret(&outbox, marked, 16));
	mip6_outbox_refuse(&outbox, 1, 5012, "something");
	assert_true(mip6_outbox_next(&outbox, &effect));
	assert_octets(copy, key);
	assert_false(mip6_outbox_next(&outbox, &effect));
	assert_memory_equal(copy.at, nothing, 16);
	assert_memory_equal(marked, nothing, 16);
	assert_octets(plain, key); /* the wiping is what made the difference */
	mip6_outbox_fini(&outbox);
}

static void what_does_not_fit_is_lost_and_counted(void **state)
{
	struct mip6_outbox outbox;

	(void)state;
	mip6_outbox_init(&outbox);
	assert_null(mip6_outbox_take(&outbox, (size_t)1 << 40));
	assert_int_equal(outbox.lost, 1);
	outbox.arena.limit = 0;
	assert_false(mip6_outbox_request(&outbox, 1, NULL, NULL, 0, 0));
	assert_false(mip6_outbox_store(&outbox, 1, NULL, 0));
	mip6_outbox_refuse(&outbox, 1, 5012, "nobody hears it");
	assert_in_range(outbox.lost, 4, 6);
	mip6_outbox_fini(&outbox);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(effects_come_in_order_and_end),
		cmocka_unit_test(MH07_secrets_are_wiped_with_the_effects),
		cmocka_unit_test(what_does_not_fit_is_lost_and_counted),
	};

	return cmocka_run_group_tests_name("mip6-outbox", tests, NULL, NULL);
}
