/* SPDX-License-Identifier: Apache-2.0 */
/*
 * codec_bench: how many typical messages one core decodes with validation, and encodes, per second.
 *
 * The messages are those of a bootstrapping with one proxy between NAS and home server. Each pair
 *of message and direction runs in ROUNDS rounds of `seconds` together; the best round counts, for
 *on a shared machine the others tell about the neighbours. The result is one line per measure: `MBR
 *decode 3120000 412` (message, direction, per second, octets).
 *
 *	codec_bench [SECONDS]
 */
#include "base/arena.h"
#include "base/writer.h"
#include "diameter/codec/message.h"
#include "dict/base.dia.h"
#include "dict/mip6.dia.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define ROUNDS 5
#define BATCH  1000

#define TEXT(literal) DM_BYTES_LITERAL(literal)

#define SESSION_ID "nas1.visited.example.org;3349150000;4711;mip6"
#define USER_NAME  "alice@home.example.net"

static const struct dm_bytes home_agent_address =
	TEXT("\0\x40\x20\x01\x0d\xb8\0\x01\0\x02\0\0\0\0\0\0\0\x01");
static const struct dm_bytes home_address =
	TEXT("\0\x40\x20\x01\x0d\xb8\0\x01\0\x02\x5c\x1f\x3a\xff\xfe\x7b\x11\x02");
static const struct dm_bytes home_link_prefix =
	TEXT("\x40\x20\x01\x0d\xb8\0\x01\0\x02\0\0\0\0\0\0\0\0");

static const struct dm_bytes route[] = { TEXT("nas1.visited.example.org") };

static const struct dm_proxy_info proxy_info = {
	.proxy_host = TEXT("proxy.visited.example.org"),
	.proxy_state = TEXT("4f1d9a80c2"),
};

static const struct mip6_mbr mbr = {
	.has = {
		.user_name = true,
		.mip6_feature_vector = true,
		.nas_identifier = true,
		.nas_ipv6_address = true,
		.nas_port_type = true,
		.calling_station_id = true,
		.origin_state_id = true,
	},
	.session_id = TEXT(SESSION_ID),
	.auth_application_id = MIP6_APPLICATION_ID,
	.origin_host = TEXT("nas1.visited.example.org"),
	.origin_realm = TEXT("visited.example.org"),
	.destination_realm = TEXT("home.example.net"),
	.auth_request_type = DM_AUTH_REQUEST_TYPE_AUTHORIZE_ONLY,
	.user_name = TEXT(USER_NAME),
	.mip6_feature_vector = 1,
	.nas_identifier = TEXT("nas1"),
	.nas_ipv6_address = TEXT("\x20\x01\x0d\xb8\xff\0\0\0\0\0\0\0\0\0\0\x01"),
	.nas_port_type = 19,
	.calling_station_id = TEXT("02-00-5E-10-00-01"),
	.origin_state_id = 1140000000,
	.proxy_info = { &proxy_info, 1 },
	.route_record = { route, 1 },
};

static const struct mip6_security_association association = {
	.has = { .mip6_key_epoch = true },
	.mip6_sa_protocol = MIP6_SA_PROTOCOL_IKEV2,
	.mip6_key_epoch = 1,
};

static const struct mip6_mba mba = {
	.has = {
		.mip6_home_address = true,
		.mip6_home_link_prefix = true,
		.mip6_home_agent_fqdn = true,
		.mip6_home_agent_address = true,
		.user_name = true,
		.mip6_feature_vector = true,
		.authorization_lifetime = true,
		.auth_grace_period = true,
		.acct_multi_session_id = true,
		.origin_state_id = true,
	},
	.session_id = TEXT(SESSION_ID),
	.auth_application_id = MIP6_APPLICATION_ID,
	.auth_request_type = DM_AUTH_REQUEST_TYPE_AUTHORIZE_ONLY,
	.result_code = 2001,
	.origin_host = TEXT("aaa.home.example.net"),
	.origin_realm = TEXT("home.example.net"),
	.mip6_home_address = home_address,
	.mip6_home_link_prefix = home_link_prefix,
	.mip6_home_agent_fqdn = TEXT("ha1.home.example.net"),
	.mip6_home_agent_address = home_agent_address,
	.user_name = TEXT(USER_NAME),
	.mip6_feature_vector = 1,
	.mip6_security_association = { &association, 1 },
	.authorization_lifetime = 3600,
	.auth_grace_period = 30,
	.acct_multi_session_id = TEXT("aaa.home.example.net;3349150000;17"),
	.origin_state_id = 1140000001,
	.proxy_info = { &proxy_info, 1 },
};

static const struct mip6_key key = {
	.has = { .key_lifetime = true, .key_name = true },
	.key_type = 3,
	.keying_material = TEXT("0123456789abcdef0123456789abcdef"),
	.key_lifetime = 86400,
	.key_name = TEXT("d733d7bc744b9eb2"),
};

static const struct mip6_security_association keyed_association = {
	.has = { .key = true, .mip6_key_epoch = true },
	.mip6_sa_protocol = MIP6_SA_PROTOCOL_IKEV2,
	.key = &key,
	.mip6_key_epoch = 1,
};

static const struct mip6_mhr mhr = {
	.has = {
		.destination_host = true,
		.mip6_home_address = true,
		.mip6_home_link_prefix = true,
		.user_name = true,
		.authorization_lifetime = true,
		.acct_multi_session_id = true,
		.origin_state_id = true,
	},
	.session_id = TEXT("aaa.home.example.net;3349150000;17"),
	.auth_application_id = MIP6_APPLICATION_ID,
	.origin_host = TEXT("aaa.home.example.net"),
	.origin_realm = TEXT("home.example.net"),
	.destination_realm = TEXT("home.example.net"),
	.auth_request_type = DM_AUTH_REQUEST_TYPE_AUTHORIZE_ONLY,
	.destination_host = TEXT("ha1.home.example.net"),
	.mip6_home_address = home_address,
	.mip6_home_link_prefix = home_link_prefix,
	.mip6_security_association = { &keyed_association, 1 },
	.user_name = TEXT(USER_NAME),
	.authorization_lifetime = 3600,
	.acct_multi_session_id = TEXT("aaa.home.example.net;3349150000;17"),
	.origin_state_id = 1140000001,
};

static const struct mip6_mha mha = {
	.has = {
		.mip6_home_address = true,
		.mip6_home_link_prefix = true,
		.origin_state_id = true,
	},
	.session_id = TEXT("aaa.home.example.net;3349150000;17"),
	.auth_application_id = MIP6_APPLICATION_ID,
	.origin_host = TEXT("ha1.home.example.net"),
	.origin_realm = TEXT("home.example.net"),
	.result_code = 2001,
	.mip6_home_address = home_address,
	.mip6_home_link_prefix = home_link_prefix,
	.origin_state_id = 1140000002,
};

static const struct dm_header header = {
	.flags = DM_FLAG_P,
	.hop_by_hop_id = 0x01020304,
	.end_to_end_id = 0x05060708,
};

struct bench {
	struct dm_dictionary *dictionary;
	const struct dm_command *command;
	const void *body;
	struct dm_bytes wire; /* the encoded message */
	struct dm_arena arena;
	uint8_t room[4096];
};

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void give_up(const char *what)
{
	fprintf(stderr, "codec_bench: %s\n", what);
	exit(1);
}

static void encode_batch(struct bench *bench)
{
	for (int i = 0; i < BATCH; i++) {
		struct dm_writer out;

		dm_writer_init_fixed(&out, bench->room, sizeof(bench->room));
		if (dm_encode(bench->dictionary, bench->command, &header, bench->body, &out))
			give_up("a message does not encode");
		bench->wire = dm_writer_written(&out);
	}
}

static void decode_batch(struct bench *bench)
{
	for (int i = 0; i < BATCH; i++) {
		struct dm_message message;
		struct dm_fault fault;

		dm_arena_reset(&bench->arena);
		if (dm_decode(bench->dictionary, NULL, bench->wire, &bench->arena, &message,
		              &fault) ||
		    fault.result_code)
			give_up("a message does not decode");
	}
}

/* Calls per second of the best round. */
static double measure(struct bench *bench, void (*batch)(struct bench *bench), double seconds)
{
	double best = 0;

	batch(bench);
	for (int round = 0; round < ROUNDS; round++) {
		double start = now(), end = start;
		double count = 0;

		while (end - start < seconds / ROUNDS) {
			batch(bench);
			count += BATCH;
			end = now();
		}
		if (count / (end - start) > best)
			best = count / (end - start);
	}
	return best;
}

static void bench_command(struct dm_dictionary *dictionary, const struct dm_command *command,
                          const void *body, double seconds)
{
	struct bench bench = { .dictionary = dictionary, .command = command, .body = body };
	double rate;

	dm_arena_init(&bench.arena, 65536);
	rate = measure(&bench, encode_batch, seconds);
	printf("%s encode %.0f %zu\n", command->abbreviation, rate, bench.wire.size);
	rate = measure(&bench, decode_batch, seconds);
	printf("%s decode %.0f %zu\n", command->abbreviation, rate, bench.wire.size);
	fflush(stdout);
	dm_arena_fini(&bench.arena);
}

int main(int count, char **arguments)
{
	double seconds = count > 1 ? strtod(arguments[1], NULL) : 0.5;
	struct dm_dictionary *dictionary = dm_dictionary_new();

	if (!dictionary || dm_dictionary_add(dictionary, &mip6_grammar, NULL, NULL, 0))
		give_up("no dictionary");
	bench_command(dictionary, &mip6_command_mbr, &mbr, seconds);
	bench_command(dictionary, &mip6_command_mba, &mba, seconds);
	bench_command(dictionary, &mip6_command_mhr, &mhr, seconds);
	bench_command(dictionary, &mip6_command_mha, &mha, seconds);
	dm_dictionary_free(dictionary);
	return 0;
}
