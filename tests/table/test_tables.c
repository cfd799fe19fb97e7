/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tables of base.dia and mip6.dia: whole and consistent (descriptor.h), and saying what the
 * documents say at the places where it matters.
 */
#include "dict/mip6.dia.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const struct dm_field *field_of(const struct dm_command *command, const struct dm_avp *avp)
{
	for (uint16_t i = 0; i < command->grammar.field_count; i++) {
		if (command->grammar.fields[i].avp == avp)
			return &command->grammar.fields[i];
	}
	return NULL;
}

static void expect(const struct dm_command *command, const struct dm_avp *avp, uint16_t min,
                   uint16_t max)
{
	const struct dm_field *field = field_of(command, avp);

	if (!field)
		fail_msg("%s has no field %s", command->abbreviation, avp->name);
	if (field->min != min || field->max != max)
		fail_msg("%s in %s is %u to %u", avp->name, command->abbreviation, field->min,
		         field->max);
}

static const struct dm_grammar *const grammars[] = { &dm_base_grammar, &mip6_grammar };

static void check_group(const struct dm_group *group)
{
	uint16_t has = 0;
	uint32_t end = 0;

	for (uint16_t i = 0; i < group->field_count; i++) {
		const struct dm_field *field = &group->fields[i];

		assert_true(field->min <= field->max);
		for (uint16_t k = 0; k < i; k++)
			assert_ptr_not_equal(group->fields[k].avp, field->avp);
		if (field->max == 0)
			continue;
		assert_int_equal(field->has, has++);
		assert_true(field->offset >= end);
		end = field->offset + 1;
	}
	assert_true(end <= group->size);
	/* The presence bits come first, one octet each. */
	for (uint16_t i = 0; i < group->field_count; i++)
		assert_true(group->fields[i].max == 0 || group->fields[i].offset >= has);
	if (group->other)
		assert_int_equal(group->other_offset + sizeof(struct dm_raw_avp_list), group->size);
}

static void groups_are_laid_out_in_order(void **state)
{
	(void)state;
	for (size_t g = 0; g < 2; g++) {
		for (uint16_t i = 0; i < grammars[g]->command_count; i++)
			check_group(&grammars[g]->commands[i]->grammar);
		for (uint16_t i = 0; i < grammars[g]->group_count; i++)
			check_group(grammars[g]->groups[i]);
	}
}

static void check_avp(const struct dm_avp *avp, const struct dm_grammar *grammar)
{
	assert_true(avp->code > 0 && avp->name[0] && avp->reference[0]);
	assert_int_equal(avp->flags & avp->must_not_flags, 0);
	assert_int_equal(avp->vendor, avp->flags & DM_AVP_FLAG_V ? grammar->vendor : 0);
	assert_true((avp->type == DM_TYPE_GROUPED) == (avp->group != NULL));
	assert_true((avp->type == DM_TYPE_ENUMERATED) == (avp->value_count > 0));
	for (uint16_t i = 1; i < avp->value_count; i++)
		assert_true(avp->values[i - 1].value < avp->values[i].value);
}

static void avps_are_sound(void **state)
{
	(void)state;
	for (size_t g = 0; g < 2; g++) {
		for (uint16_t i = 0; i < grammars[g]->avp_count; i++)
			check_avp(grammars[g]->avps[i], grammars[g]);
	}
}

static void all_of_rfc_6733_is_there(void **state)
{
	(void)state;
	assert_int_equal(dm_base_grammar.application_id, 0);
	/* The lines of its table in 4.5, six that accounting has of RFC 7155 and 5778, and
	 * Redirect-Realm of RFC 7075. */
	assert_int_equal(dm_base_grammar.avp_count, 49 + 6 + 1);
	assert_int_equal(dm_base_grammar.command_count, 15);
	assert_int_equal(dm_base_grammar.group_count, 4);
	assert_int_equal(dm_base_grammar.inherit_count, 0);
	assert_string_equal(dm_command_cer.name, "Capabilities-Exchange-Request");
	assert_string_equal(dm_avp_origin_host.reference, "RFC 6733 6.3");
	assert_int_equal(dm_avp_result_code.type, DM_TYPE_UNSIGNED32);
	assert_int_equal(dm_avp_error_message.flags, 0);
	assert_int_equal(dm_avp_error_message.must_not_flags, DM_AVP_FLAG_V | DM_AVP_FLAG_M);
	assert_int_equal(dm_avp_termination_cause.value_count, 30);
	assert_int_equal(DM_TERMINATION_CAUSE_DIAMETER_USER_MOVED, 7);
	assert_int_equal(DM_TERMINATION_CAUSE_USER_REQUEST, 11);
	assert_true(dm_command_answer_message.error && !dm_command_answer_message.request);
	assert_true(dm_command_str.request && dm_command_str.proxiable);
	assert_true(!dm_command_dwa.request && !dm_command_dwa.proxiable);
	assert_true(dm_command_cer.grammar.other);
	assert_false(dm_avp_experimental_result.group->other);
	assert_true(dm_avp_failed_avp.group->other);
}

/* RFC 6733 5.3.1, 7.2, 8.4.1 and the tables of 10. */
static void base_lines_occur_as_printed(void **state)
{
	(void)state;
	expect(&dm_command_cer, &dm_avp_host_ip_address, 1, DM_UNBOUNDED);
	expect(&dm_command_cer, &dm_avp_origin_host, 1, 1);
	expect(&dm_command_cer, &dm_avp_inband_security_id, 0, DM_UNBOUNDED);
	expect(&dm_command_answer_message, &dm_avp_session_id, 0, 1);
	assert_true(field_of(&dm_command_answer_message, &dm_avp_session_id)->fixed);
	assert_true(field_of(&dm_command_str, &dm_avp_session_id)->fixed);
	assert_false(field_of(&dm_command_str, &dm_avp_origin_host)->fixed);
	expect(&dm_command_rar, &dm_avp_acct_interim_interval, 0, 1);
	expect(&dm_command_acr, &dm_avp_class, 0, DM_UNBOUNDED);
	expect(&dm_command_aca, &dm_avp_error_reporting_host, 0, 1);
}

static void AV30_base_tables_forbid(void **state)
{
	(void)state;
	expect(&dm_command_cer, &dm_avp_destination_host, 0, 0);
	expect(&dm_command_cer, &dm_avp_session_id, 0, 0);
	expect(&dm_command_dwr, &dm_avp_route_record, 0, 0);
	expect(&dm_command_dpr, &dm_avp_result_code, 0, 0);
	expect(&dm_command_sta, &dm_avp_destination_realm, 0, 0);
	expect(&dm_command_aca, &dm_avp_destination_host, 0, 0);
	assert_null(field_of(&dm_command_answer_message, &dm_avp_destination_host));
}

/* Profile 1, 2. */
static void mip6_numbers(void **state)
{
	(void)state;
	assert_int_equal(mip6_grammar.application_id, 33554438);
	assert_int_equal(mip6_grammar.vendor, 32473);
	assert_int_equal(mip6_grammar.inherit_count, 1);
	assert_ptr_equal(mip6_grammar.inherits[0], &dm_base_grammar);
	assert_int_equal(MIP6_COMMAND_MBR, 16777214);
	assert_int_equal(mip6_command_mha.code, 16777215);
	assert_string_equal(mip6_command_mha.name, "MIPv6-Home-Agent-Answer");
	assert_true(mip6_command_mha.proxiable && !mip6_command_mha.request);
	assert_int_equal(mip6_avp_mip6_home_address.fixed_size, 18);
	assert_int_equal(mip6_avp_mip6_home_address.flags, DM_AVP_FLAG_V | DM_AVP_FLAG_M);
	assert_int_equal(mip6_avp_mip6_home_address.vendor, 32473);
	assert_int_equal(mip6_avp_mip6_home_link_prefix.fixed_size, 17);
	assert_int_equal(mip6_avp_mip6_home_link_prefix.vendor, 0);
	assert_int_equal(mip6_avp_nas_ip_address.fixed_size, 4);
	assert_int_equal(mip6_avp_mip6_dns_update.fixed_size, 0);
	assert_int_equal(MIP6_SA_PROTOCOL_MIPV6_AUTH, 3);
}

static void MH07_only_key_octets_are_secret(void **state)
{
	(void)state;
	for (size_t g = 0; g < 2; g++) {
		for (uint16_t i = 0; i < grammars[g]->avp_count; i++) {
			const struct dm_avp *avp = grammars[g]->avps[i];

			assert_int_equal(avp->secret, avp == &mip6_avp_keying_material);
		}
	}
}

/* Profile 3. */
static void mip6_lines_occur_as_the_profile_says(void **state)
{
	(void)state;
	expect(&mip6_command_mhr, &mip6_avp_mip6_security_association, 1, DM_UNBOUNDED);
	expect(&mip6_command_mba, &mip6_avp_mip6_security_association, 0, DM_UNBOUNDED);
	expect(&mip6_command_mbr, &mip6_avp_mip6_security_association, 0, 0);
	expect(&mip6_command_mbr, &mip6_avp_mip6_home_address, 0, 1);
	expect(&mip6_command_mbr, &mip6_avp_service_selection, 0, 1);
	expect(&mip6_command_mbr, &dm_avp_user_name, 0, 1);
	expect(&mip6_command_mba, &dm_avp_destination_realm, 0, 0);
	expect(&mip6_command_mba, &dm_avp_result_code, 1, 1);
	expect(&mip6_command_mba, &dm_avp_redirect_host, 0, DM_UNBOUNDED);
	expect(&mip6_command_mha, &dm_avp_auth_request_type, 0, 1);
	expect(&mip6_command_mha, &dm_avp_route_record, 0, 0);
	expect(&mip6_command_mhr, &dm_avp_class, 0, DM_UNBOUNDED);
	assert_true(mip6_avp_key.group->fields[0].avp == &mip6_avp_key_type);
	assert_true(mip6_avp_key.group->fields[0].fixed);
}

/* The structs are what their users write (descriptor.h). */
static void structs_have_the_promised_members(void **state)
{
	struct dm_bytes name = DM_BYTES_LITERAL("alice");
	struct mip6_key key = { .key_type = MIP6_KEY_TYPE_IKEV2_SK };
	struct mip6_security_association association = { .key = &key };
	struct mip6_mbr mbr = { .has.user_name = true, .user_name = name };
	struct mip6_mhr mhr = { .mip6_security_association = { &association, 1 } };
	struct dm_cer cer = { .host_ip_address = { NULL, 0 }, .other = { NULL, 0 } };

	(void)state;
	assert_true(mbr.has.user_name && mbr.user_name.size == 5);
	assert_int_equal(mhr.mip6_security_association.at[0].key->key_type, 3);
	assert_int_equal(cer.host_ip_address.count + cer.other.count, 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(groups_are_laid_out_in_order),
		cmocka_unit_test(avps_are_sound),
		cmocka_unit_test(all_of_rfc_6733_is_there),
		cmocka_unit_test(base_lines_occur_as_printed),
		cmocka_unit_test(AV30_base_tables_forbid),
		cmocka_unit_test(mip6_numbers),
		cmocka_unit_test(MH07_only_key_octets_are_secret),
		cmocka_unit_test(mip6_lines_occur_as_the_profile_says),
		cmocka_unit_test(structs_have_the_promised_members),
	};

	return cmocka_run_group_tests_name("tables", tests, NULL, NULL);
}
