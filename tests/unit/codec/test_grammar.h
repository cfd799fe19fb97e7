/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_grammar: an application with every AVP type, lists, limits, nesting and a forbidden AVP.
 *
 * Written by hand as dictc would write it (diameter/codec/descriptor.h), so that the interpreter
 * is tested apart from the compiler, and with types that no grammar of dict/ uses.
 *
 *	TAR ::= < Diameter Header: 8388001, REQ, PXY >
 *	        < Session-Id > { Origin-Host } { Origin-Realm } { Auth-Application-Id }
 *	        [ Test-Integer32 ] [ Test-Integer64 ] [ Test-Unsigned64 ] [ Test-Float32 ]
 *	        [ Test-Float64 ] [ Test-Address ] [ Test-Time ] [ Test-Four ] [ Test-Note ]
 *	        [ Test-Hint ] * [ Test-Kind ] * [ Test-Text ] * [ Test-URI ] * [ Test-Rule ]
 *	        0*2 [ Test-Number ] [ Test-Nest ] * [ Test-Leaf ] 0*0 [ Route-Record ] * [ AVP ]
 *	TAA ::= < Diameter Header: 8388001, PXY >
 *	        < Session-Id > { Result-Code } { Origin-Host } { Origin-Realm } { Test-Kind }
 *	        [ Failed-AVP ] [ Error-Message ] * [ Proxy-Info ] * [ AVP ]
 *	Test-Nest ::= < AVP Header: 90020 > { Test-Leaf } [ Test-Nest ] * [ AVP ]
 *	Test-Leaf ::= < AVP Header: 90021 99999 > { Test-Number } * [ Test-Text ]
 */
#ifndef TEST_GRAMMAR_H
#define TEST_GRAMMAR_H

#include "dict/base.dia.h"

enum { TEST_APPLICATION = 77001, TEST_COMMAND = 8388001, TEST_VENDOR = 99999 };

enum {
	TEST_INTEGER32 = 90001,
	TEST_INTEGER64 = 90002,
	TEST_UNSIGNED64 = 90003,
	TEST_FLOAT32 = 90004,
	TEST_FLOAT64 = 90005,
	TEST_ADDRESS = 90006,
	TEST_TIME = 90007,
	TEST_FOUR = 90008, /* vendor TEST_VENDOR, 4 octets */
	TEST_NOTE = 90009, /* UTF8String, M must not */
	TEST_HINT = 90010, /* Enumerated, M must not */
	TEST_KIND = 90011, /* 1 ONE, 2 TWO, 3 THREE, 10 TEN, 20 TWENTY */
	TEST_TEXT = 90012,
	TEST_URI = 90013,
	TEST_RULE = 90014,
	TEST_NUMBER = 90015,
	TEST_NEST = 90020,
	TEST_LEAF = 90021, /* vendor TEST_VENDOR */
};

struct test_leaf {
	struct {
		bool test_number;
		bool test_text;
	} has;
	uint32_t test_number;
	struct dm_bytes_list test_text;
};
DM_LIST(test_leaf_list, struct test_leaf);

struct test_nest {
	struct {
		bool test_leaf;
		bool test_nest;
	} has;
	const struct test_leaf *test_leaf;
	const struct test_nest *test_nest;
	struct dm_raw_avp_list other;
};

struct test_tar {
	struct {
		bool session_id;
		bool origin_host;
		bool origin_realm;
		bool auth_application_id;
		bool test_integer32;
		bool test_integer64;
		bool test_unsigned64;
		bool test_float32;
		bool test_float64;
		bool test_address;
		bool test_time;
		bool test_four;
		bool test_note;
		bool test_hint;
		bool test_kind;
		bool test_text;
		bool test_uri;
		bool test_rule;
		bool test_number;
		bool test_nest;
		bool test_leaf;
	} has;
	struct dm_bytes session_id;
	struct dm_bytes origin_host;
	struct dm_bytes origin_realm;
	uint32_t auth_application_id;
	int32_t test_integer32;
	int64_t test_integer64;
	uint64_t test_unsigned64;
	float test_float32;
	double test_float64;
	struct dm_address test_address;
	int64_t test_time;
	struct dm_bytes test_four;
	struct dm_bytes test_note;
	int32_t test_hint;
	struct dm_i32_list test_kind;
	struct dm_bytes_list test_text;
	struct dm_bytes_list test_uri;
	struct dm_bytes_list test_rule;
	struct dm_u32_list test_number;
	const struct test_nest *test_nest;
	struct test_leaf_list test_leaf;
	struct dm_raw_avp_list other;
};

struct test_taa {
	struct {
		bool session_id;
		bool result_code;
		bool origin_host;
		bool origin_realm;
		bool test_kind;
		bool failed_avp;
		bool error_message;
		bool proxy_info;
	} has;
	struct dm_bytes session_id;
	uint32_t result_code;
	struct dm_bytes origin_host;
	struct dm_bytes origin_realm;
	int32_t test_kind;
	const struct dm_failed_avp *failed_avp;
	struct dm_bytes error_message;
	struct dm_proxy_info_list proxy_info;
	struct dm_raw_avp_list other;
};

extern const struct dm_command test_command_tar;
extern const struct dm_command test_command_taa;
extern const struct dm_avp test_avp_test_number;
extern const struct dm_avp test_avp_test_leaf;
extern const struct dm_avp test_avp_test_nest;
extern const struct dm_grammar test_grammar;

#endif
