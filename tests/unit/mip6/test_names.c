/* SPDX-License-Identifier: Apache-2.0 */
/* Names in DNS: what the MBA says, when they are changed, removed, tried again (profile 7). */
#include "stage.h"

#include "mip6/home_server/server.h"

#include <errno.h>
#include <stdio.h>

#define NAME "alice.home.example.net"

static const struct dm_bytes zones[] = { { (const uint8_t *)HOME, sizeof(HOME) - 1 } };

static int open_stage(void **state)
{
	struct stage *stage = stage_new();
	struct store_subscriber alice = stage_subscriber(ALICE);
	struct store_subscriber carol = stage_subscriber(CAROL);

	stage->config.dns = (struct mip6_dns_policy){ .zones = zones,
		                                      .zone_count = 1,
		                                      .mba_limit = 2 * DM_SECOND };
	stage_open(stage);
	alice.fqdn = LITERAL(".home.example.net");
	stage_put(stage, &alice);
	carol.fqdn = LITERAL("carol.home.example.net");
	carol.has_home_address = true;
	carol.home_address = prefix_of("2001:db8:1::ca/64");
	stage_put(stage, &carol);
	play_forget_events(stage->play);
	*state = stage;
	return 0;
}

static int close_stage(void **state)
{
	stage_close(*state);
	return 0;
}

static struct mip6_mbr wish(const char *nas, const char *session_id, const char *user,
                            const char *fqdn, bool remove)
{
	static uint8_t room[4][300];
	static unsigned next;
	struct mip6_dns_update update = { .remove = remove };
	struct mip6_mbr mbr = stage_mbr(nas, session_id, user);
	struct dm_writer writer;

	update.fqdn_size = (uint8_t)strlen(fqdn);
	memcpy(update.fqdn, fqdn, update.fqdn_size);
	dm_writer_init_fixed(&writer, room[next++ % 4], sizeof(room[0]));
	mip6_dns_update_write(&update, &writer);
	mbr.has.mip6_dns_update = true;
	mbr.mip6_dns_update = dm_writer_written(&writer);
	return mbr;
}

/* A first MBR with a wish for alice's name, as far as the name server. */
static uint64_t ask(struct stage *stage, const char *session_id)
{
	const struct mip6_mbr mbr = wish(NAS1, session_id, ALICE, NAME, false);
	uint64_t transaction = stage_send(stage, &mbr);

	if (play_sent_count(stage->play, &mip6_command_mhr))
		stage_accept(stage);
	return transaction;
}

static int status_of(struct stage *stage, uint64_t transaction)
{
	const struct mip6_mba *mba = stage_mba(stage, transaction);

	assert_true(mba->has.mip6_dns_update);
	return mba->mip6_dns_update.at[0];
}

static struct mip6_mha mha_of(const struct mip6_mhr *mhr, struct dm_bytes address)
{
	return (struct mip6_mha){
		.session_id = mhr->session_id,
		.auth_application_id = MIP6_APPLICATION_ID,
		.result_code = 2001,
		.origin_host = LITERAL(HA1),
		.origin_realm = LITERAL(HOME),
		.has.mip6_home_address = true,
		.mip6_home_address = address,
	};
}

static struct mip6_name_counts counts(struct stage *stage)
{
	return mip6_home_server_name_counts(stage->server->role);
}

static const struct store_name *stored(struct stage *stage)
{
	return &play_record(stage->server, STORE_PUT_NAME)->name;
}

/* ---- the way of a name ---- */

static void MB31_the_mba_says_done_when_dns_has_the_name(void **state)
{
	struct stage *stage = *state;
	uint64_t transaction = ask(stage, "s1");
	struct dns_change change;
	const struct mip6_mba *mba;

	assert_null(play_answered(stage->play, transaction));
	/* Before anything was sent, a restart would have known of it. */
	assert_int_equal(stored(stage)->state, MIP6_NAME_WANTED);
	change = play_name(stage->play, DNS_DONE, DNS_DONE);
	assert_false(change.remove);
	assert_true(change.forward && change.reverse);
	assert_octets(change.fqdn, LITERAL(NAME));
	assert_octets(change.owner, LITERAL(ALICE));
	mba = stage_mba(stage, transaction);
	assert_memory_equal(change.address, address_in(mba->mip6_home_address).address, 16);
	assert_int_equal(mba->mip6_dns_update.at[0], MIP6_DNS_DONE);
	assert_int_equal(stored(stage)->state, MIP6_NAME_MADE);
	assert_true(play_had_event(stage->play, "name-made"));
	assert_int_equal(stage->play->name_count, 0);
}

/* The same wish again: DNS has it, nobody is asked. */
static void MB31_a_name_that_is_made_is_not_made_again(void **state)
{
	struct stage *stage = *state;

	ask(stage, "s1");
	play_name(stage->play, DNS_DONE, DNS_DONE);
	assert_int_equal(status_of(stage, ask(stage, "s1")), 0);
	assert_int_equal(counts(stage).asked, 1);
}

static void MB31_a_name_that_may_not_be_is_prohibited(void **state)
{
	static const struct {
		const char *user, *name;
		int status;
	} rows[] = {
		{ ALICE, "alice.elsewhere.example.net", 129 },
		{ BOB, "bob.home.example.net", 129 },
		{ BOB, "bob.example.org", 129 }, /* his, but in no zone of ours */
		{ CAROL, "alice.home.example.net", 129 },
	};
	struct stage *stage = *state;
	struct store_subscriber bob = stage_subscriber(BOB);

	bob.fqdn = LITERAL("bob.example.org");
	stage_put(stage, &bob);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct mip6_mbr mbr = wish(NAS1, "s1", rows[i].user, rows[i].name, false);
		uint64_t transaction;

		transaction = stage_send(stage, &mbr);
		if (play_sent_count(stage->play, &mip6_command_mhr))
			stage_accept(stage);
		assert_int_equal(status_of(stage, transaction), rows[i].status);
		stage_str(stage, NAS1, "s1");
	}
	assert_int_equal(counts(stage).names, 0);
}

/* ---- failure never fails the bootstrapping ---- */

static void MB32_a_refused_name_is_130_and_forgotten(void **state)
{
	static const enum dns_outcome outcomes[] = { DNS_REFUSED, DNS_CONFLICT };
	struct stage *stage = *state;

	for (size_t i = 0; i < 2; i++) {
		uint64_t transaction = ask(stage, "s1");

		play_name(stage->play, outcomes[i], DNS_NOT_ASKED);
		assert_int_equal(status_of(stage, transaction), 130);
		assert_int_equal(counts(stage).names, 0);
		assert_int_equal(play_stored(stage->server, STORE_PUT_NAME), 0);
	}
	assert_true(play_had_event(stage->play, "name-not-made"));
}

static void MB32_a_silent_server_delays_the_mba_to_its_limit_and_no_longer(void **state)
{
	struct stage *stage = *state;
	uint64_t transaction = ask(stage, "s1");

	play_advance(stage->play, 1);
	assert_null(play_answered(stage->play, transaction));
	play_advance(stage->play, 1);
	assert_int_equal(status_of(stage, transaction), 130);
	/* The update goes on; the next MBA knows more. */
	play_name(stage->play, DNS_DONE, DNS_DONE);
	assert_int_equal(stored(stage)->state, MIP6_NAME_MADE);
	assert_int_equal(status_of(stage, ask(stage, "s1")), 0);
}

static void MB32_no_response_is_tried_again_later_and_later(void **state)
{
	static const int waits[] = { 5, 10, 20, 40, 80 };
	struct stage *stage = *state;
	uint64_t transaction = ask(stage, "s1");

	play_name(stage->play, DNS_FAILED, DNS_NOT_ASKED);
	assert_int_equal(status_of(stage, transaction), 130);
	for (size_t i = 0; i < sizeof(waits) / sizeof(waits[0]); i++) {
		play_advance(stage->play, waits[i] - 1);
		assert_int_equal(stage->play->name_count, 0);
		play_advance(stage->play, 1);
		play_name(stage->play, DNS_FAILED, DNS_NOT_ASKED);
	}
	play_advance(stage->play, 160);
	play_name(stage->play, DNS_DONE, DNS_DONE);
	assert_int_equal(stored(stage)->state, MIP6_NAME_MADE);
}

/* Silence first: it may have come through. Then a refusal: it has to go again. */
static void MB32_what_may_have_come_through_is_removed(void **state)
{
	struct stage *stage = *state;

	ask(stage, "s1");
	play_name(stage->play, DNS_FAILED, DNS_NOT_ASKED);
	play_advance(stage->play, 5);
	play_name(stage->play, DNS_REFUSED, DNS_NOT_ASKED);
	assert_int_equal(stored(stage)->state, MIP6_NAME_OWED);
	assert_true(play_name(stage->play, DNS_DONE, DNS_DONE).remove);
	assert_int_equal(counts(stage).names, 0);
}

static void MB32_the_reverse_half_does_not_count_and_is_tried_again(void **state)
{
	struct stage *stage = *state;
	uint64_t transaction = ask(stage, "s1");
	struct dns_change change;

	play_name(stage->play, DNS_DONE, DNS_FAILED);
	assert_int_equal(status_of(stage, transaction), 0);
	assert_int_equal(stage->play->name_count, 0);
	play_advance(stage->play, 5);
	change = play_name(stage->play, DNS_NOT_ASKED, DNS_DONE);
	assert_false(change.forward);
	assert_true(change.reverse);
	play_advance(stage->play, 10000);
	assert_int_equal(stage->play->name_count, 0);
}

static void MB32_a_full_disk_makes_no_name(void **state)
{
	struct stage *stage = *state;
	uint64_t transaction;

	stage_bootstrap(stage, NAS1, "s1", ALICE);
	stage->server->store->hold = true;
	transaction = ask(stage, "s2");
	play_release(stage->play, 0);      /* the access session */
	play_release(stage->play, ENOSPC); /* the name */
	assert_int_equal(status_of(stage, transaction), 130);
	assert_int_equal(stage->play->name_count, 0);
	assert_int_equal(counts(stage).names, 0);
}

/* ---- removal ---- */

static void end_session(struct stage *stage, const char *session_id)
{
	stage_str(stage, NAS1, session_id);
	play_advance(stage->play, 300);
	stage_abort(stage, 2001);
}

static void MB33_the_end_of_the_session_removes_the_name(void **state)
{
	struct stage *stage = *state;
	struct dns_change added, gone;

	ask(stage, "s1");
	added = play_name(stage->play, DNS_DONE, DNS_DONE);
	end_session(stage, "s1");
	assert_int_equal(stage_counts(stage).sessions, 0);
	assert_int_equal(stored(stage)->state, MIP6_NAME_OWED);
	gone = play_name(stage->play, DNS_DONE, DNS_DONE);
	assert_true(gone.remove && gone.forward && gone.reverse);
	assert_memory_equal(gone.address, added.address, 16);
	assert_octets(gone.fqdn, LITERAL(NAME));
	assert_int_equal(play_stored(stage->server, STORE_PUT_NAME), 0);
	assert_int_equal(counts(stage).names, 0);
	assert_int_equal(counts(stage).owed, 0);
}

static void MB33_a_removal_is_tried_until_it_is_done_half_by_half(void **state)
{
	struct stage *stage = *state;
	struct dns_change change;

	ask(stage, "s1");
	play_name(stage->play, DNS_DONE, DNS_DONE);
	end_session(stage, "s1");
	play_name(stage->play, DNS_FAILED, DNS_DONE);
	for (int i = 0; i < 15; i++) {
		assert_int_equal(counts(stage).owed, 1);
		play_advance(stage->play, 3600);
		change = play_name(stage->play, i % 2 ? DNS_REFUSED : DNS_FAILED, DNS_NOT_ASKED);
		assert_true(change.remove && change.forward && !change.reverse);
	}
	play_advance(stage->play, 3600);
	play_name(stage->play, DNS_DONE, DNS_NOT_ASKED);
	assert_int_equal(counts(stage).names, 0);
	assert_int_equal(play_stored(stage->server, STORE_PUT_NAME), 0);
}

static void MB33_a_restart_takes_the_debt_up(void **state)
{
	struct stage *stage = *state;

	ask(stage, "s1");
	play_name(stage->play, DNS_DONE, DNS_DONE);
	end_session(stage, "s1");
	play_name(stage->play, DNS_FAILED, DNS_FAILED);
	stage_restart(stage);
	play_advance(stage->play, 0);
	assert_int_equal(counts(stage).owed, 1);
	assert_true(play_name(stage->play, DNS_DONE, DNS_DONE).remove);
	assert_int_equal(play_stored(stage->server, STORE_PUT_NAME), 0);
}

/* The server dies between the commit and the outcome: nobody knows whether DNS has it. */
static void MB33_a_restart_takes_an_addition_up(void **state)
{
	struct stage *stage = *state;

	ask(stage, "s1");
	stage->play->name_count = 0; /* it dies with the process */
	stage_restart(stage);
	play_advance(stage->play, 0);
	assert_false(play_name(stage->play, DNS_DONE, DNS_DONE).remove);
	assert_int_equal(stored(stage)->state, MIP6_NAME_MADE);
	stage_restart(stage);
	play_advance(stage->play, 10000);
	assert_int_equal(stage->play->name_count, 0);
	end_session(stage, "s1");
	assert_true(play_name(stage->play, DNS_DONE, DNS_DONE).remove);
}

static void MB33_a_name_without_its_session_is_owed(void **state)
{
	struct stage *stage = *state;

	ask(stage, "s1");
	play_name(stage->play, DNS_DONE, DNS_DONE);
	for (size_t i = 0; i < stage->server->store->count; i++)
		if (stage->server->store->records[i].change.kind != STORE_PUT_NAME)
			stage->server->store->records[i].gone = true;
	stage_restart(stage);
	play_advance(stage->play, 0);
	assert_true(play_name(stage->play, DNS_DONE, DNS_DONE).remove);
}

/* The session's record and the debt are one transaction. */
static void MB33_the_debt_is_stored_with_the_end(void **state)
{
	struct stage *stage = *state;

	ask(stage, "s1");
	play_name(stage->play, DNS_DONE, DNS_DONE);
	stage_str(stage, NAS1, "s1");
	stage->server->store->hold = true;
	play_advance(stage->play, 300);
	assert_int_equal(stage->play->name_count, 0);
	assert_int_equal(stored(stage)->state, MIP6_NAME_MADE);
	play_release(stage->play, 0);
	assert_int_equal(stored(stage)->state, MIP6_NAME_OWED);
	assert_int_equal(play_record(stage->server, STORE_PUT_SESSION)->session.state,
	                 MIP6_SESSION_ENDING);
	assert_int_equal(stage->play->name_count, 1);
}

static void MB33_the_r_bit_removes_and_says_so(void **state)
{
	struct stage *stage = *state;
	const struct mip6_mbr mbr = wish(NAS1, "s1", ALICE, NAME, true);
	uint64_t transaction;

	ask(stage, "s1");
	play_name(stage->play, DNS_DONE, DNS_DONE);
	transaction = stage_send(stage, &mbr);
	assert_null(play_answered(stage->play, transaction));
	assert_true(play_name(stage->play, DNS_DONE, DNS_DONE).remove);
	assert_int_equal(status_of(stage, transaction), 0);
	assert_int_equal(stage_mba(stage, transaction)->mip6_dns_update.at[1], 0x80);
	assert_int_equal(counts(stage).names, 0);
	/* Once more: nothing is known of it here, DNS is asked all the same. */
	transaction = stage_send(stage, &mbr);
	assert_true(play_name(stage->play, DNS_FAILED, DNS_FAILED).remove);
	assert_int_equal(status_of(stage, transaction), 130);
	assert_int_equal(counts(stage).owed, 1);
}

/* ---- other names, other addresses ---- */

static void MB31_another_name_takes_the_place_of_the_first(void **state)
{
	struct stage *stage = *state;
	const struct mip6_mbr mbr = wish(NAS1, "s1", ALICE, "a2.home.example.net", false);
	uint64_t transaction;
	struct dns_change one, two;

	ask(stage, "s1");
	play_name(stage->play, DNS_DONE, DNS_DONE);
	transaction = stage_send(stage, &mbr);
	play_advance(stage->play, 0);
	assert_int_equal(stage->play->name_count, 2);
	one = play_name(stage->play, DNS_DONE, DNS_DONE);
	two = play_name(stage->play, DNS_DONE, DNS_DONE);
	assert_true(one.remove != two.remove);
	assert_octets(one.remove ? one.fqdn : two.fqdn, LITERAL(NAME));
	assert_int_equal(status_of(stage, transaction), 0);
	assert_int_equal(counts(stage).names, 1);
}

/* The agent puts another address in force when its keys are renewed. */
static void MB33_another_address_takes_the_name_along(void **state)
{
	struct stage *stage = *state;
	const struct mip6_mbr plain = stage_mbr(NAS1, "s1", ALICE);
	const struct store_prefix other = prefix_of("2001:db8:1::abc/64");
	uint8_t octets[MIP6_ADDRESS_SIZE];
	struct dns_change added, removed;
	struct mip6_mha mha;

	ask(stage, "s1");
	play_name(stage->play, DNS_DONE, DNS_DONE);
	play_advance(stage->play, 50000); /* more than half of the keys' life */
	stage_send(stage, &plain);
	mip6_address_write(&other, octets);
	mha = mha_of(stage_mhr(stage, HA1), dm_bytes_of(octets, sizeof(octets)));
	play_reply(play_sent(stage->play, &mip6_command_mhr), &mip6_command_mha, &mha);
	stage_accept(stage);
	play_advance(stage->play, 0);
	assert_int_equal(stage->play->name_count, 1); /* a name's changes do not mix */
	added = play_name(stage->play, DNS_DONE, DNS_DONE);
	play_advance(stage->play, 0);
	removed = play_name(stage->play, DNS_DONE, DNS_DONE);
	assert_true(!added.remove && removed.remove);
	assert_memory_equal(added.address, other.address, 16);
	assert_memory_not_equal(removed.address, other.address, 16);
	assert_octets(added.fqdn, LITERAL(NAME));
	assert_int_equal(counts(stage).names, 1);
}

/* The session is set aside and its user gets another one, with another address: the name comes
 * along although the MBR does not ask for it. */
static void MB33_the_name_moves_with_the_session(void **state)
{
	struct stage *stage = *state;
	struct mip6_home_server *server = (struct mip6_home_server *)stage->server->role;
	const struct mip6_mbr plain = stage_mbr(NAS1, "s2", ALICE);
	struct dns_change first, one, two;
	uint64_t transaction;

	ask(stage, "s1");
	first = play_name(stage->play, DNS_DONE, DNS_DONE);
	mip6_server_set_aside(server, mip6_session_of_user(&server->sessions, LITERAL(ALICE),
	                                                   (struct dm_bytes){ 0 }));
	play_pump(stage->play);
	/* Nobody is left without an address meanwhile. */
	assert_int_equal(stored(stage)->state, MIP6_NAME_OWED);
	assert_int_equal(stage->play->name_count, 0);
	transaction = stage_send(stage, &plain);
	stage_accept(stage);
	assert_false(stage_mba(stage, transaction)->has.mip6_dns_update);
	play_advance(stage->play, 0);
	assert_int_equal(stage->play->name_count, 1);
	one = play_name(stage->play, DNS_DONE, DNS_DONE);
	play_advance(stage->play, 0);
	two = play_name(stage->play, DNS_DONE, DNS_DONE);
	assert_true(!one.remove && two.remove);
	assert_memory_not_equal(one.address, first.address, 16);
	assert_memory_equal(two.address, first.address, 16);
	assert_octets(one.fqdn, LITERAL(NAME));
	assert_int_equal(counts(stage).names, 1);
}

/* The session is set aside, and nobody comes for a new one. */
static void MB33_a_name_that_nobody_inherits_is_removed(void **state)
{
	struct stage *stage = *state;
	struct mip6_home_server *server = (struct mip6_home_server *)stage->server->role;

	ask(stage, "s1");
	play_name(stage->play, DNS_DONE, DNS_DONE);
	mip6_server_set_aside(server, mip6_session_of_user(&server->sessions, LITERAL(ALICE),
	                                                   (struct dm_bytes){ 0 }));
	play_pump(stage->play);
	play_advance(stage->play, 29);
	assert_int_equal(stage->play->name_count, 0);
	play_advance(stage->play, 1);
	assert_true(play_name(stage->play, DNS_DONE, DNS_DONE).remove);
	assert_int_equal(counts(stage).names, 0);
}

/* Gone and back with the same static address while the removal is under way: it is added again. */
static void MB33_a_removal_that_is_overtaken_is_made_good(void **state)
{
	struct stage *stage = *state;
	const struct mip6_mbr mbr = wish(NAS1, "s1", CAROL, "carol.home.example.net", false);
	uint64_t transaction;

	stage_send(stage, &mbr);
	stage_accept(stage);
	play_name(stage->play, DNS_DONE, DNS_DONE);
	end_session(stage, "s1");
	assert_int_equal(stage->play->name_count, 1);
	transaction = stage_send(stage, &mbr);
	stage_accept(stage);
	assert_int_equal(stage->play->name_count, 1); /* one thing at a time for a name */
	assert_true(play_name(stage->play, DNS_DONE, DNS_DONE).remove);
	assert_null(play_answered(stage->play, transaction));
	assert_false(play_name(stage->play, DNS_DONE, DNS_DONE).remove);
	assert_int_equal(status_of(stage, transaction), 0);
	assert_int_equal(counts(stage).names, 1);
	assert_int_equal(stored(stage)->state, MIP6_NAME_MADE);
}

/* ---- limits ---- */

static void MB32_only_so_many_changes_are_under_way(void **state)
{
	struct stage *stage = stage_new();
	char session_id[16], user[64], name[64];
	size_t made = 0;

	(void)state;
	stage->config.dns = (struct mip6_dns_policy){
		.zones = zones, .zone_count = 1, .mba_limit = DM_SECOND, .places = 4
	};
	stage_open(stage);
	for (int i = 0; i < 10; i++) {
		struct store_subscriber someone;
		struct mip6_mbr mbr;

		snprintf(user, sizeof(user), "user%d@home.example.net", i);
		snprintf(name, sizeof(name), "user%d.home.example.net", i);
		snprintf(session_id, sizeof(session_id), "s%d", i);
		someone = stage_subscriber(user);
		someone.fqdn = dm_bytes_text(name);
		stage_put(stage, &someone);
		mbr = wish(NAS1, session_id, user, name, false);
		stage_send(stage, &mbr);
		stage_accept(stage);
	}
	assert_int_equal(stage->play->name_count, 4);
	assert_int_equal(counts(stage).under_way, 4);
	play_advance(stage->play, 1); /* nobody waits any more */
	for (; stage->play->name_count; made++) {
		assert_true(stage->play->name_count <= 4);
		play_name(stage->play, DNS_DONE, DNS_DONE);
	}
	assert_int_equal(made, 10);
	assert_int_equal(counts(stage).under_way, 0);
	stage_close(stage);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_stage, close_stage)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(MB31_the_mba_says_done_when_dns_has_the_name),
		TEST(MB31_a_name_that_is_made_is_not_made_again),
		TEST(MB31_a_name_that_may_not_be_is_prohibited),
		TEST(MB32_a_refused_name_is_130_and_forgotten),
		TEST(MB32_a_silent_server_delays_the_mba_to_its_limit_and_no_longer),
		TEST(MB32_no_response_is_tried_again_later_and_later),
		TEST(MB32_what_may_have_come_through_is_removed),
		TEST(MB32_the_reverse_half_does_not_count_and_is_tried_again),
		TEST(MB32_a_full_disk_makes_no_name),
		TEST(MB33_the_end_of_the_session_removes_the_name),
		TEST(MB33_a_removal_is_tried_until_it_is_done_half_by_half),
		TEST(MB33_a_restart_takes_the_debt_up),
		TEST(MB33_a_restart_takes_an_addition_up),
		TEST(MB33_a_name_without_its_session_is_owed),
		TEST(MB33_the_debt_is_stored_with_the_end),
		TEST(MB33_the_r_bit_removes_and_says_so),
		TEST(MB31_another_name_takes_the_place_of_the_first),
		TEST(MB33_another_address_takes_the_name_along),
		TEST(MB33_the_name_moves_with_the_session),
		TEST(MB33_a_name_that_nobody_inherits_is_removed),
		TEST(MB33_a_removal_that_is_overtaken_is_made_good),
		cmocka_unit_test(MB32_only_so_many_changes_are_under_way),
	};

	return cmocka_run_group_tests_name("mip6-names", tests, NULL, NULL);
}
