/* SPDX-License-Identifier: Apache-2.0 */
#include "test_grammar.h"

#define M  DM_AVP_FLAG_M
#define V  DM_AVP_FLAG_V
#define VM (DM_AVP_FLAG_V | DM_AVP_FLAG_M)

#define HAS(type, member) (uint16_t) offsetof(struct type, has.member)
#define FIELD(type, definition, member, least, most)                                           \
	{                                                                                      \
		.avp = &(definition), .min = (least), .max = (most), .has = HAS(type, member), \
		.offset = offsetof(struct type, member)                                        \
	}
#define FIXED(type, definition, member)                                             \
	{                                                                           \
		.avp = &(definition), .min = 1, .max = 1, .has = HAS(type, member), \
		.offset = offsetof(struct type, member), .fixed = true              \
	}

static const struct dm_enum_value kinds[] = {
	{ 1, "ONE" }, { 2, "TWO" }, { 3, "THREE" }, { 10, "TEN" }, { 20, "TWENTY" },
};

static const struct dm_group leaf_group, nest_group;

#define PLAIN(symbol, text, number, kind)                          \
	static const struct dm_avp symbol = { .name = (text),      \
		                              .code = (number),    \
		                              .type = (kind),      \
		                              .flags = M,          \
		                              .must_not_flags = V, \
		                              .reference = "test" }

PLAIN(avp_integer32, "Test-Integer32", TEST_INTEGER32, DM_TYPE_INTEGER32);
PLAIN(avp_integer64, "Test-Integer64", TEST_INTEGER64, DM_TYPE_INTEGER64);
PLAIN(avp_unsigned64, "Test-Unsigned64", TEST_UNSIGNED64, DM_TYPE_UNSIGNED64);
PLAIN(avp_float32, "Test-Float32", TEST_FLOAT32, DM_TYPE_FLOAT32);
PLAIN(avp_float64, "Test-Float64", TEST_FLOAT64, DM_TYPE_FLOAT64);
PLAIN(avp_address, "Test-Address", TEST_ADDRESS, DM_TYPE_ADDRESS);
PLAIN(avp_time, "Test-Time", TEST_TIME, DM_TYPE_TIME);
PLAIN(avp_text, "Test-Text", TEST_TEXT, DM_TYPE_UTF8_STRING);
PLAIN(avp_uri, "Test-URI", TEST_URI, DM_TYPE_DIAMETER_URI);
PLAIN(avp_rule, "Test-Rule", TEST_RULE, DM_TYPE_IP_FILTER_RULE);

static const struct dm_avp avp_four = {
	.name = "Test-Four",
	.code = TEST_FOUR,
	.vendor = TEST_VENDOR,
	.type = DM_TYPE_OCTET_STRING,
	.flags = VM,
	.fixed_size = 4,
	.reference = "test",
};

static const struct dm_avp avp_note = {
	.name = "Test-Note",
	.code = TEST_NOTE,
	.type = DM_TYPE_UTF8_STRING,
	.must_not_flags = VM,
	.reference = "test",
};

static const struct dm_avp avp_hint = {
	.name = "Test-Hint",
	.code = TEST_HINT,
	.type = DM_TYPE_ENUMERATED,
	.must_not_flags = VM,
	.values = kinds,
	.value_count = 5,
	.reference = "test",
};

static const struct dm_avp avp_kind = {
	.name = "Test-Kind",
	.code = TEST_KIND,
	.type = DM_TYPE_ENUMERATED,
	.flags = M,
	.must_not_flags = V,
	.values = kinds,
	.value_count = 5,
	.reference = "test",
};

const struct dm_avp test_avp_test_number = {
	.name = "Test-Number",
	.code = TEST_NUMBER,
	.type = DM_TYPE_UNSIGNED32,
	.flags = M,
	.must_not_flags = V,
	.reference = "test",
};

const struct dm_avp test_avp_test_nest = {
	.name = "Test-Nest",
	.code = TEST_NEST,
	.type = DM_TYPE_GROUPED,
	.flags = M,
	.must_not_flags = V,
	.group = &nest_group,
	.reference = "test",
};

const struct dm_avp test_avp_test_leaf = {
	.name = "Test-Leaf",
	.code = TEST_LEAF,
	.vendor = TEST_VENDOR,
	.type = DM_TYPE_GROUPED,
	.flags = VM,
	.group = &leaf_group,
	.reference = "test",
};

static const struct dm_field leaf_fields[] = {
	FIELD(test_leaf, test_avp_test_number, test_number, 1, 1),
	FIELD(test_leaf, avp_text, test_text, 0, DM_UNBOUNDED),
};

static const struct dm_group leaf_group = {
	.name = "Test-Leaf",
	.fields = leaf_fields,
	.field_count = 2,
	.size = sizeof(struct test_leaf),
};

static const struct dm_field nest_fields[] = {
	FIELD(test_nest, test_avp_test_leaf, test_leaf, 1, 1),
	FIELD(test_nest, test_avp_test_nest, test_nest, 0, 1),
};

static const struct dm_group nest_group = {
	.name = "Test-Nest",
	.fields = nest_fields,
	.field_count = 2,
	.size = sizeof(struct test_nest),
	.other = true,
	.other_offset = offsetof(struct test_nest, other),
};

static const struct dm_field tar_fields[] = {
	FIXED(test_tar, dm_avp_session_id, session_id),
	FIELD(test_tar, dm_avp_origin_host, origin_host, 1, 1),
	FIELD(test_tar, dm_avp_origin_realm, origin_realm, 1, 1),
	FIELD(test_tar, dm_avp_auth_application_id, auth_application_id, 1, 1),
	FIELD(test_tar, avp_integer32, test_integer32, 0, 1),
	FIELD(test_tar, avp_integer64, test_integer64, 0, 1),
	FIELD(test_tar, avp_unsigned64, test_unsigned64, 0, 1),
	FIELD(test_tar, avp_float32, test_float32, 0, 1),
	FIELD(test_tar, avp_float64, test_float64, 0, 1),
	FIELD(test_tar, avp_address, test_address, 0, 1),
	FIELD(test_tar, avp_time, test_time, 0, 1),
	FIELD(test_tar, avp_four, test_four, 0, 1),
	FIELD(test_tar, avp_note, test_note, 0, 1),
	FIELD(test_tar, avp_hint, test_hint, 0, 1),
	FIELD(test_tar, avp_kind, test_kind, 0, DM_UNBOUNDED),
	FIELD(test_tar, avp_text, test_text, 0, DM_UNBOUNDED),
	FIELD(test_tar, avp_uri, test_uri, 0, DM_UNBOUNDED),
	FIELD(test_tar, avp_rule, test_rule, 0, DM_UNBOUNDED),
	FIELD(test_tar, test_avp_test_number, test_number, 0, 2),
	FIELD(test_tar, test_avp_test_nest, test_nest, 0, 1),
	FIELD(test_tar, test_avp_test_leaf, test_leaf, 0, DM_UNBOUNDED),
	{ .avp = &dm_avp_route_record, .min = 0, .max = 0 },
};

const struct dm_command test_command_tar = {
	.name = "Test-All-Request",
	.abbreviation = "TAR",
	.code = TEST_COMMAND,
	.application_id = TEST_APPLICATION,
	.request = true,
	.proxiable = true,
	.grammar = {
		.name = "TAR",
		.fields = tar_fields,
		.field_count = sizeof(tar_fields) / sizeof(tar_fields[0]),
		.size = sizeof(struct test_tar),
		.other = true,
		.other_offset = offsetof(struct test_tar, other),
	},
	.reference = "test",
};

static const struct dm_field taa_fields[] = {
	FIXED(test_taa, dm_avp_session_id, session_id),
	FIELD(test_taa, dm_avp_result_code, result_code, 1, 1),
	FIELD(test_taa, dm_avp_origin_host, origin_host, 1, 1),
	FIELD(test_taa, dm_avp_origin_realm, origin_realm, 1, 1),
	FIELD(test_taa, avp_kind, test_kind, 1, 1),
	FIELD(test_taa, dm_avp_failed_avp, failed_avp, 0, 1),
	FIELD(test_taa, dm_avp_error_message, error_message, 0, 1),
	FIELD(test_taa, dm_avp_proxy_info, proxy_info, 0, DM_UNBOUNDED),
};

const struct dm_command test_command_taa = {
	.name = "Test-All-Answer",
	.abbreviation = "TAA",
	.code = TEST_COMMAND,
	.application_id = TEST_APPLICATION,
	.proxiable = true,
	.grammar = {
		.name = "TAA",
		.fields = taa_fields,
		.field_count = sizeof(taa_fields) / sizeof(taa_fields[0]),
		.size = sizeof(struct test_taa),
		.other = true,
		.other_offset = offsetof(struct test_taa, other),
	},
	.reference = "test",
};

static const struct dm_avp *const avps[] = {
	&avp_integer32,
	&avp_integer64,
	&avp_unsigned64,
	&avp_float32,
	&avp_float64,
	&avp_address,
	&avp_time,
	&avp_four,
	&avp_note,
	&avp_hint,
	&avp_kind,
	&avp_text,
	&avp_uri,
	&avp_rule,
	&test_avp_test_number,
	&test_avp_test_nest,
	&test_avp_test_leaf,
};

static const struct dm_command *const commands[] = { &test_command_tar, &test_command_taa };
static const struct dm_group *const groups[] = { &leaf_group, &nest_group };
static const struct dm_grammar *const inherits[] = { &dm_base_grammar };

const struct dm_grammar test_grammar = {
	.name = "test",
	.application_id = TEST_APPLICATION,
	.application_name = "Test of the codec",
	.vendor = TEST_VENDOR,
	.avps = avps,
	.avp_count = sizeof(avps) / sizeof(avps[0]),
	.commands = commands,
	.command_count = 2,
	.groups = groups,
	.group_count = 2,
	.inherits = inherits,
	.inherit_count = 1,
};
