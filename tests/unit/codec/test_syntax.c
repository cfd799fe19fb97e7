/* SPDX-License-Identifier: Apache-2.0 */
/* The parsers behind AV11, AV12, AV16 and AV17. */
#include "codec_test.h"

#include "diameter/codec/syntax.h"

static void AV12_identities(void **state)
{
	static const char *const good[] = {
		"a",
		"host.example.com",
		"HOST.Example.COM",
		"1.2.3",
		"epc.mnc001.mcc001.3gppnetwork.org",
		"a-b.c-d",
		"_x.example",
	};
	static const char *const bad[] = {
		"",    ".",   "a.",  ".a",     "a..b", "a b", "a/b", "gr\xc3\xbc\xc3\x9f",
		"a@b", "a;b", "a:1", "host\n", "%n",
	};
	char name[300];

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		if (!dm_is_diameter_identity(dm_bytes_text(good[i])))
			fail_msg("'%s' refused", good[i]);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (dm_is_diameter_identity(dm_bytes_text(bad[i])))
			fail_msg("'%s' accepted", bad[i]);
	}
	for (size_t i = 0; i < sizeof(name); i++)
		name[i] = i % 2 ? '.' : 'a';
	assert_true(dm_is_diameter_identity(dm_bytes_of(name, 255)));
	assert_false(dm_is_diameter_identity(dm_bytes_of(name, 257)));
}

/* Any octet at any place of names of any length: the check reads several at a time. */
static void AV12_every_octet_at_every_place(void **state)
{
	static const char allowed[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
	uint8_t name[40];

	(void)state;
	for (size_t size = 1; size <= sizeof(name); size++) {
		for (size_t place = 0; place < size; place++) {
			for (int octet = 0; octet < 256; octet++) {
				bool good = octet && strchr(allowed, octet);

				if (octet == '.')
					good = place > 0 && place < size - 1;
				memset(name, 'x', size);
				name[place] = (uint8_t)octet;
				if (dm_is_diameter_identity(dm_bytes_of(name, size)) != good)
					fail_msg("octet %d at %zu of %zu", octet, place, size);
			}
		}
	}
}

static void AV12_two_dots_at_every_place(void **state)
{
	uint8_t name[40];

	(void)state;
	for (size_t size = 3; size <= sizeof(name); size++) {
		for (size_t place = 1; place + 2 < size; place++) {
			memset(name, 'x', size);
			name[place] = '.';
			assert_true(dm_is_diameter_identity(dm_bytes_of(name, size)));
			name[place + 1] = '.';
			assert_false(dm_is_diameter_identity(dm_bytes_of(name, size)));
		}
	}
}

struct uri_case {
	const char *text;
	bool secure;
	const char *fqdn;
	uint16_t port;
	enum dm_transport transport;
	enum dm_aaa_protocol protocol;
};

/* The examples of RFC 6733 4.3.1, and letters in odd cases. */
static void AV16_good_URIs(void **state)
{
	static const struct uri_case cases[] = {
		{ "aaa://host.example.com;transport=tcp", false, "host.example.com", 0,
		  DM_TRANSPORT_TCP, DM_AAA_DIAMETER },
		{ "aaa://host.example.com:6666;transport=tcp", false, "host.example.com", 6666,
		  DM_TRANSPORT_TCP, DM_AAA_DIAMETER },
		{ "aaa://host.example.com;protocol=diameter", false, "host.example.com", 0,
		  DM_TRANSPORT_TCP, DM_AAA_DIAMETER },
		{ "aaa://host.example.com:6666;protocol=diameter", false, "host.example.com", 6666,
		  DM_TRANSPORT_TCP, DM_AAA_DIAMETER },
		{ "aaa://host.example.com:6666;transport=tcp;protocol=diameter", false,
		  "host.example.com", 6666, DM_TRANSPORT_TCP, DM_AAA_DIAMETER },
		{ "aaa://host.example.com:1813;transport=udp;protocol=radius", false,
		  "host.example.com", 1813, DM_TRANSPORT_UDP, DM_AAA_RADIUS },
		{ "aaas://h.example:65535;transport=sctp", true, "h.example", 65535,
		  DM_TRANSPORT_SCTP, DM_AAA_DIAMETER },
		{ "AAAS://H.Example;TRANSPORT=Tcp;Protocol=TACACS+", true, "H.Example", 0,
		  DM_TRANSPORT_TCP, DM_AAA_TACACS },
		{ "aaa://h", false, "h", 0, DM_TRANSPORT_TCP, DM_AAA_DIAMETER },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct dm_uri uri;

		if (!dm_uri_parse(dm_bytes_text(cases[i].text), &uri))
			fail_msg("'%s' refused", cases[i].text);
		assert_int_equal(uri.secure, cases[i].secure);
		assert_text(uri.fqdn, cases[i].fqdn);
		assert_int_equal(uri.port, cases[i].port);
		assert_int_equal(uri.transport, cases[i].transport);
		assert_int_equal(uri.protocol, cases[i].protocol);
	}
}

static void AV16_bad_URIs(void **state)
{
	static const char *const bad[] = {
		"",
		"aaa",
		"aaa:",
		"aaa:/host",
		"aaa://",
		"aaab://host",
		"http://host.example.com",
		" aaa://host",
		"aaa://host ",
		"aaa://host:",
		"aaa://host:0",
		"aaa://host:65536",
		"aaa://host:99999999999999999999",
		"aaa://host:12a",
		"aaa://host;",
		"aaa://host;transport",
		"aaa://host;transport=",
		"aaa://host;transport=tls",
		"aaa://host;transport=tcpx",
		"aaa://host;protocol=diameter;transport=tcp",
		"aaa://host;protocol=diameter;",
		"aaa://host;transport=udp",
		"aaa://host;transport=udp;protocol=diameter",
		"aaa://a..b",
		"aaa://[2001:db8::1]",
		"aaa://user@host",
		"aaa://host/path",
	};
	struct dm_uri uri;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (dm_uri_parse(dm_bytes_text(bad[i]), &uri))
			fail_msg("'%s' accepted", bad[i]);
	}
	assert_false(dm_uri_parse(dm_bytes_of("aaa://a\0b", 9), &uri));
}

static void AV17_good_rules(void **state)
{
	static const char *const good[] = {
		"permit in ip from any to any",
		"deny out 6 from assigned to any",
		"deny in ip from !assigned to any",
		"deny in ip from ! assigned to any",
		"permit in ip from 192.0.2.10 to any",
		"permit in ip from 192.0.2.0/24 to 0.0.0.0/0",
		"permit in ip from 2001:db8::1 to 2001:db8::/32",
		"permit in ip from ::/0 to !2001:db8::/127",
		"permit in 6 from any 80 to any 1024-65535",
		"permit in 17 from any 53,123,1000-2000 to assigned 0",
		"permit in 132 from any to any 3868-3868",
		"permit in ip from any to any frag",
		"permit in ip from any to any ipoptions ssrr,!lsrr,rr,ts",
		"permit in 6 from any to any tcpoptions mss,!window,sack,ts,cc",
		"permit in 6 from any to any established",
		"permit in 6 from any to any setup",
		"permit in 6 from any to any tcpflags syn,!ack",
		"permit in 1 from any to any icmptypes 0,8,11-12",
		"permit in 1 from any to any icmptypes echo reply,echo request",
		"permit in 1 from any to any icmptypes time-to-live exceeded frag",
		"deny  out\tip  from any to  any ",
		"deny in 0 from :: to ::",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		if (!dm_is_ip_filter_rule(dm_bytes_text(good[i])))
			fail_msg("'%s' refused", good[i]);
	}
}

static void AV17_bad_rules(void **state)
{
	static const char *const bad[] = {
		"",
		"permit",
		"allow in ip from any to any",
		"Permit in ip from any to any",
		"permit both ip from any to any",
		"permit in tcp from any to any",
		"permit in 256 from any to any",
		"permit in -1 from any to any",
		"permit in ip to any from any",
		"permit in ip from any",
		"permit in ip from any to",
		"permit in ip from any to any any",
		"permit in ip from 192.0.2 to any",
		"permit in ip from 192.0.2.256 to any",
		"permit in ip from 192.0.2.10/33 to any",
		"permit in ip from 192.0.2.10/24 to any",
		"permit in ip from 192.0.2.0/ to any",
		"permit in ip from 2001:db8::1/64 to any",
		"permit in ip from 2001:db8::/129 to any",
		"permit in ip from 2001:db8:::1 to any",
		"permit in ip from host.example.com to any",
		"permit in ip from any/0 to any",
		"permit in ip from !!any to any",
		"permit in ip from any 80 to any",
		"permit in 1 from any 80 to any",
		"permit in 6 from any 80, to any",
		"permit in 6 from any 65536 to any",
		"permit in 6 from any 20-10 to any",
		"permit in 6 from any 1-2-3 to any",
		"permit in 6 from any 80 to any frag",
		"permit in 6 from any to any tcpflags syn frag",
		"permit in 17 from any to any setup",
		"permit in 17 from any to any tcpflags syn",
		"permit in 6 from any to any tcpflags",
		"permit in 6 from any to any tcpflags syn,,ack",
		"permit in 6 from any to any tcpflags xxx",
		"permit in ip from any to any ipoptions mss",
		"permit in 6 from any to any icmptypes 8",
		"permit in 1 from any to any icmptypes",
		"permit in 1 from any to any icmptypes 256",
		"permit in 1 from any to any icmptypes echo",
		"permit in 1 from any to any icmptypes 8,",
		"permit in 1 from any to any icmptypes 8-",
		"permit in 1 from any to any icmptypes 8x",
		"permit in ip from any to any log",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (dm_is_ip_filter_rule(dm_bytes_text(bad[i])))
			fail_msg("'%s' accepted", bad[i]);
	}
	assert_false(dm_is_ip_filter_rule(dm_bytes_of("permit in ip from any\0 to any", 29)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(AV12_identities),
		cmocka_unit_test(AV12_every_octet_at_every_place),
		cmocka_unit_test(AV12_two_dots_at_every_place),
		cmocka_unit_test(AV16_good_URIs),
		cmocka_unit_test(AV16_bad_URIs),
		cmocka_unit_test(AV17_good_rules),
		cmocka_unit_test(AV17_bad_rules),
	};

	return cmocka_run_group_tests_name("codec-syntax", tests, NULL, NULL);
}
