/* SPDX-License-Identifier: Apache-2.0 */
/* Answers with one thing wrong: a MBA at the NAS, a MHA at the home server. Nobody can be told, so
 * nothing is believed: the NAS ends what the server may hold, the server asks the next home agent.
 */
#include "bad.h"
#include "stage.h"

#include "gate.h"

static const char *failed_of(const struct bad_row *row)
{
	if (row->failed)
		return row->failed;
	return row->instead ? row->instead : row->also;
}

/* Values have no fault of the grammar. */
static void found(struct play *play, struct dm_fault fault, const struct bad_row *row)
{
	if (fault.result_code != row->result_code)
		fail_msg("%s: %u, not %u", row->what, fault.result_code, row->result_code);
	if (row->result_code)
		assert_octets(fault.failed_avp, bad_octets(play, failed_of(row)));
}

/* ---- MBA at the NAS ---- */

static struct dm_fault answered(struct gate *gate, const struct bad_row *row)
{
	const struct mip6_mbr *mbr = gate_attach(gate, (struct mip6_nas_attach){ 0 });

	return bad_reply(play_sent(gate->play, &mip6_command_mbr),
	                 bad_message(gate->play, BAD_MBA, mbr->session_id, row));
}

static void attached(struct gate *gate, const struct bad_row *row)
{
	found(gate->play, answered(gate, row), &(struct bad_row){ row->what });
	if (gate_result(gate, 5)->outcome != MIP6_BOOTSTRAPPED)
		fail_msg("%s: not attached", row->what);
	gate_detach(gate, ALICE, "");
	gate_sta(gate, 2001);
	assert_int_equal(play_stored(gate->nas, STORE_PUT_ATTACHMENT), 0);
}

/* Its session may be there at the server: it is ended (RFC 6733 8.1, "service not provided"). */
static void not_attached(struct gate *gate, const struct bad_row *row)
{
	size_t commits = gate->nas->store->commits;
	const struct dm_str *str;

	found(gate->play, answered(gate, row), row);
	if (gate_result(gate, 5)->outcome != MIP6_FAILED)
		fail_msg("%s: believed", row->what);
	if (gate->nas->store->commits != commits)
		fail_msg("%s: stored", row->what);
	str = play_sent(gate->play, &dm_command_str)->message.body;
	assert_int_equal(str->termination_cause, DM_TERMINATION_CAUSE_DIAMETER_BAD_ANSWER);
	if (gate->nas->role->class->deadline(gate->nas->role) != DM_TIME_NEVER)
		fail_msg("%s: something is to come", row->what);
}

/* What is not allowed in an answer is no reason to refuse it (AV30): freeDiameter adds some. */
static void mba(void *context, const struct bad_row *row)
{
	if (row->result_code == 5008)
		attached(context, row);
	else
		not_attached(context, row);
}

static void MB02_a_mba_that_the_grammar_forbids(void **state)
{
	attached(*state, &(struct bad_row){ "whole" });
	bad_each(BAD_MBA, mba, *state);
}

static const struct bad_row mba_values[] = {
#define AN(what, avp)                          \
	{                                      \
		what, NULL, avp, NULL, 0, NULL \
	}
	AN("another session", "Session-Id'other'"),
	AN("no home address", "MIP6-Home-Address=0000_00000000000000000000000000000000"),
	AN("reserved octet", "MIP6-Home-Address=0140_20010db8000100000000000000000005"),
	AN("prefix length 129", "MIP6-Home-Address=0081_20010db8000100000000000000000005"),
	AN("multicast", "MIP6-Home-Address=0040_ff0e0000000000000000000000000005"),
	AN("link-local", "MIP6-Home-Address=0040_fe800000000000000000000000000005"),
	AN("outside of its prefix", "MIP6-Home-Address=0040_20010db8000200000000000000000005"),
	AN("no home agent", "MIP6-Home-Agent-Address=0000_00000000000000000000000000000000"),
	AN("multicast", "MIP6-Home-Agent-Address=0040_ff020000000000000000000000000001"),
	AN("link-local", "MIP6-Home-Agent-Address=0040_fe800000000000000000000000000001"),
	AN("no host name", "MIP6-Home-Agent-FQDN'ha_1.home.example.net'"),
	AN("bits behind", "MIP6-Home-Link-Prefix=40_20010db8000100000000000000000001"),
	AN("prefix length 0", "MIP6-Home-Link-Prefix=00_20010db8000100000000000000000000"),
	AN("prefix length 129", "MIP6-Home-Link-Prefix=81_20010db8000100000000000000000000"),
	AN("multicast", "MIP6-Home-Link-Prefix=40_ff0e0000000000000000000000000000"),
	AN("unspecified", "MIP6-Home-Link-Prefix=40_00000000000000000000000000000000"),
	AN("no octet", "MIP6-DNS-Update"),
	AN("a key for the NAS", "MIP6-Security-Association{MIP6-SA-Protocol=00000001 Key{"
	                        "Key-Type=00000003 Keying-Material'0123456789abcdef'}}"),
#undef AN
};

static void MB14_a_mba_that_cannot_be(void **state)
{
	for (size_t i = 0; i < sizeof(mba_values) / sizeof(mba_values[0]); i++)
		not_attached(*state, &mba_values[i]);
}

/* ---- MHA at the home server ---- */

static struct dm_fault accept_with(struct stage *stage, const struct bad_row *row,
                                   uint64_t *transaction)
{
	struct mip6_mbr mbr = stage_mbr(NAS1, "s1", ALICE);
	uint8_t address[MIP6_ADDRESS_SIZE] = { 0, 64, 0x20, 0x01, 0x0d, 0xb8, 0, 1, [17] = 5 };
	struct dm_bytes session_id;

	mbr.has.mip6_home_address = true;
	mbr.mip6_home_address = dm_bytes_of(address, sizeof(address));
	*transaction = stage_send(stage, &mbr);
	session_id = stage_mhr(stage, HA1)->session_id;
	return bad_reply(play_sent(stage->play, &mip6_command_mhr),
	                 bad_message(stage->play, BAD_MHA, session_id, row));
}

static void believed(struct stage *stage, const struct bad_row *row)
{
	uint64_t transaction;

	found(stage->play, accept_with(stage, row, &transaction), &(struct bad_row){ row->what });
	if (!play_answered(stage->play, transaction))
		fail_msg("%s: not believed", row->what);
	assert_octets(stage_mba(stage, transaction)->mip6_home_agent_fqdn, LITERAL(HA1));
	assert_int_equal(stage->play->sent_count, 1);
}

/* The next agent is asked, and the first one is told to let go of what it may have. */
static void not_believed(struct stage *stage, const struct bad_row *row)
{
	uint64_t transaction;

	found(stage->play, accept_with(stage, row, &transaction), row);
	if (play_answered(stage->play, transaction))
		fail_msg("%s: believed", row->what);
	stage_mhr(stage, HA2);
	stage_accept(stage);
	assert_octets(stage_mba(stage, transaction)->mip6_home_agent_fqdn, LITERAL(HA2));
	stage_abort(stage, 5002);
	if (stage_agent(stage, HA1).pool_taken || stage_agent(stage, HA1).sessions)
		fail_msg("%s: something is left at the first agent", row->what);
	assert_int_equal(stage_counts(stage).sessions, 1);
	assert_int_equal(play_stored(stage->server, STORE_PUT_SESSION), 1);
}

static void on_stage(void (*act)(struct stage *stage, const struct bad_row *row),
                     const struct bad_row *row)
{
	struct stage *stage = stage_new();

	stage_open(stage);
	act(stage, row);
	stage_close(stage);
}

static void mha(void *context, const struct bad_row *row)
{
	(void)context;
	on_stage(row->result_code == 5008 ? believed : not_believed, row);
}

static void MH06_a_mha_that_the_grammar_forbids(void **state)
{
	(void)state;
	on_stage(believed, &(struct bad_row){ "whole" });
	bad_each(BAD_MHA, mha, NULL);
}

static const struct bad_row mha_values[] = {
#define AN(what, avp)                          \
	{                                      \
		what, NULL, avp, NULL, 0, NULL \
	}
	AN("another session", "Session-Id'other'"),
	AN("no home address", "MIP6-Home-Address=0000_00000000000000000000000000000000"),
	AN("reserved octet", "MIP6-Home-Address=0140_20010db8000100000000000000000005"),
	AN("prefix length 129", "MIP6-Home-Address=0081_20010db8000100000000000000000005"),
	AN("multicast", "MIP6-Home-Address=0040_ff0e0000000000000000000000000005"),
	AN("link-local", "MIP6-Home-Address=0040_fe800000000000000000000000000005"),
	AN("outside of its prefix", "MIP6-Home-Address=0040_20010db8000200000000000000000005"),
	AN("bits behind", "MIP6-Home-Link-Prefix=40_20010db8000100000000000000000001"),
	AN("prefix length 0", "MIP6-Home-Link-Prefix=00_20010db8000100000000000000000000"),
	AN("prefix length 129", "MIP6-Home-Link-Prefix=81_20010db8000100000000000000000000"),
	AN("multicast", "MIP6-Home-Link-Prefix=40_ff0e0000000000000000000000000000"),
	AN("unspecified", "MIP6-Home-Link-Prefix=40_00000000000000000000000000000000"),
#undef AN
};

static void MH06_a_mha_that_cannot_be(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(mha_values) / sizeof(mha_values[0]); i++)
		on_stage(not_believed, &mha_values[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(MB02_a_mba_that_the_grammar_forbids, gate_open,
		                                gate_close),
		cmocka_unit_test_setup_teardown(MB14_a_mba_that_cannot_be, gate_open, gate_close),
		cmocka_unit_test(MH06_a_mha_that_the_grammar_forbids),
		cmocka_unit_test(MH06_a_mha_that_cannot_be),
	};

	return cmocka_run_group_tests_name("mip6-bad-answer", tests, NULL, NULL);
}
