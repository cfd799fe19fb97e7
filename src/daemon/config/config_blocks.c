/* SPDX-License-Identifier: Apache-2.0 */
/* The language of homewardd.conf, row by row. homewardd.conf(5) has a paragraph for each. */
#include "config_schema.h"
#include "mip6/home_server/agents.h"

#define COUNT(table)   (sizeof(table) / sizeof((table)[0]))
#define SECONDS(count) ((uint64_t)(count)*1000)
#define HOURS(count)   (SECONDS(3600) * (count))
#define DAYS(count)    (HOURS(24) * (count))
#define MEBI(count)    ((uint64_t)(count) << 20)

const char *const hw_role_names[HW_ROLE_COUNT + 1] = { "home-server", "proxy", "nas", "home-agent",
	                                               NULL };

/* In the order of enum dm_log_level. */
static const char *const levels[] = { "error", "warning", "notice", "info", "debug", NULL };
static const char *const formats[] = { "text", "json", NULL };
static const char *const actions[] = { "relay", "proxy", "redirect", "redirect-realm", NULL };
/* In the order of Redirect-Host-Usage. */
static const char *const usages[] = { "dont-cache",      "all-session",
	                              "all-realm",       "realm-and-application",
	                              "all-application", "all-host",
	                              "all-user",        NULL };
/* In the order of enum hw_tls_policy. */
static const char *const tls_policies[] = { "none", "optional", "required", NULL };
/* In the order of enum mip6_pool_order. */
static const char *const orders[] = { "random", "counter", NULL };
/* In the order of enum mip6_agent_state. */
static const char *const agent_states[] = { "up", "draining", "down", NULL };
/* In the order of MIP6-SA-Protocol, from 1. */
static const char *const sa_protocols[] = { "ikev2", "ikev1", "mipv6-auth", NULL };

/* In the order of Accounting-Realtime-Required. */
static const char *const realtimes[] = { "unsaid", "deliver-and-grant", "grant-and-store",
	                                 "grant-and-lose", NULL };

/* In the order of enum dm_redirect_policy. */
static const char *const follows[] = { "known", "dial", "none", NULL };

#define AT(type, member)  .offset = offsetof(struct type, member)
#define HAS(type, member) .has_offset = offsetof(struct type, member)

static const struct hw_option root_options[] = {
	{ "identity", .type = HW_TYPE_IDENTITY, .required = true, AT(hw_config, identity),
	  .help = "Origin-Host of this node" },
	{ "realm", .type = HW_TYPE_REALM, .required = true, AT(hw_config, realm),
	  .help = "Origin-Realm of this node" },
	{ "roles", .type = HW_TYPE_CHOICE, .list = true, .required = true, .choices = hw_role_names,
	  AT(hw_config, role_list), .help = "what this node does" },
	{ "data", .type = HW_TYPE_TEXT, AT(hw_config, data),
	  .help = "directory of the store; the option --data wins" },
	{ "control", .type = HW_TYPE_TEXT, AT(hw_config, control),
	  .help = "control socket; without it: \"control\" in the data directory" },
	{ "trace", .type = HW_TYPE_TEXT, AT(hw_config, trace),
	  .help = "file to which every message is appended, without keys" },
};

static const struct hw_option log_options[] = {
	{ "level", "info", .type = HW_TYPE_CHOICE, .choices = levels, AT(hw_config_log, level),
	  .help = "the least important lines that are written" },
	{ "format", "text", .type = HW_TYPE_CHOICE, .choices = formats, AT(hw_config_log, format),
	  .help = "one line of text or one JSON object per event" },
};

static const struct hw_option tls_options[] = {
	{ "certificate", .type = HW_TYPE_TEXT, AT(hw_config_tls, certificate),
	  .help = "PEM file of our certificate, and of the CAs between it and the root" },
	{ "key", .type = HW_TYPE_TEXT, AT(hw_config_tls, key),
	  .help = "PEM file of its private key, readable by nobody else" },
	{ "ca", .type = HW_TYPE_TEXT, AT(hw_config_tls, ca),
	  .help = "PEM file of the CAs that may sign the certificates of peers" },
	{ "common-name", "false", .type = HW_TYPE_BOOLEAN, AT(hw_config_tls, common_name),
	  .help = "a certificate without dNSName may name its node in the CN" },
	{ "handshake", "10s", .type = HW_TYPE_DURATION, .min = 100, .max = SECONDS(300),
	  AT(hw_config_tls, handshake), .help = "how long a TLS handshake may take" },
};

static const struct hw_option listen_options[] = {
	{ "tls", "false", .type = HW_TYPE_BOOLEAN, AT(hw_config_listen, tls),
	  .help = "connections begin with TLS; the default port is 5868 then" },
};

static const struct hw_option accept_options[] = {
	{ "unknown", "false", .type = HW_TYPE_BOOLEAN, AT(hw_config_accept, unknown),
	  .help = "also accept peers that no peer block names" },
	{ "tls", "optional", .type = HW_TYPE_CHOICE, .choices = tls_policies,
	  AT(hw_config_accept, tls), .help = "may, must or must not these have TLS" },
	{ "from", .type = HW_TYPE_NETWORK, .list = true, AT(hw_config_accept, from),
	  .help = "prefixes from which connections are accepted; without it: all" },
};

static const struct hw_option peer_options[] = {
	{ "connect", .type = HW_TYPE_CONNECT, AT(hw_config_peer, connect),
	  HAS(hw_config_peer, connects),
	  .help = "where to connect to; without it the peer connects to us" },
	{ "trusted-link", "false", .type = HW_TYPE_BOOLEAN, AT(hw_config_peer, trusted_link),
	  .help = "the way to this peer is protected by other means: keys may be sent" },
	{ "tls", "optional", .type = HW_TYPE_CHOICE, .choices = tls_policies,
	  AT(hw_config_peer, tls),
	  .help = "may, must or must not this peer have TLS; required: we connect with it" },
	{ "inband-tls", "false", .type = HW_TYPE_BOOLEAN, AT(hw_config_peer, inband_tls),
	  .help = "TLS with this peer begins behind CER and CEA, as RFC 3588 had it" },
	{ "watchdog", .type = HW_TYPE_DURATION, .min = SECONDS(6), .max = HOURS(1),
	  AT(hw_config_peer, watchdog),
	  .help = "Twinit for this peer, instead of timers.watchdog" },
};

static const struct hw_option route_options[] = {
	{ "peers", .type = HW_TYPE_IDENTITY, .list = true, AT(hw_config_route, peers),
	  .help = "next hops of relay and proxy, best first" },
	{ "action", "relay", .type = HW_TYPE_CHOICE, .choices = actions,
	  AT(hw_config_route, action),
	  .help = "relay; proxy: by the agreement blocks; redirect: the asker is told whom to ask "
	          "(3006); redirect-realm: which realm to ask (3011)" },
	{ "redirect-to", .type = HW_TYPE_TEXT, .list = true, AT(hw_config_route, to),
	  .help = "of a redirect, best first: DiameterURIs of hosts, or realms" },
	{ "redirect-usage", "dont-cache", .type = HW_TYPE_CHOICE, .choices = usages,
	  AT(hw_config_route, usage),
	  .help = "for which further requests the asker keeps it: Redirect-Host-Usage" },
	{ "redirect-cache", "10m", .type = HW_TYPE_DURATION, .min = SECONDS(1), .max = DAYS(30),
	  AT(hw_config_route, cache),
	  .help = "how long it is kept, where it is: Redirect-Max-Cache-Time" },
	{ "application", .type = HW_TYPE_NUMBER, .max = UINT32_MAX,
	  AT(hw_config_route, application), HAS(hw_config_route, has_application),
	  .help = "only for this Application-Id; without it: all" },
};

static const struct hw_option redirect_options[] = {
	{ "follow", "known", .type = HW_TYPE_CHOICE, .choices = follows,
	  AT(hw_config_redirect, follow),
	  .help = "answers 3006: to hosts that are peers; dial: also to others; none: passed on" },
	{ "realms", "false", .type = HW_TYPE_BOOLEAN, AT(hw_config_redirect, realms),
	  .help = "answers 3011 may send a request to another realm" },
	{ "cache", "4096", .type = HW_TYPE_NUMBER, .min = 1, .max = 1000000,
	  AT(hw_config_redirect, cache),
	  .help = "routes that redirects leave behind; the oldest go" },
};

static const struct hw_option number_options[] = {
	{ "application-id", "33554438", .type = HW_TYPE_NUMBER, .min = 1, .max = UINT32_MAX - 1,
	  AT(hw_config_numbers, application_id), .help = "Application-Id of the service" },
	{ "vendor-id", "32473", .type = HW_TYPE_NUMBER, .min = 1, .max = UINT32_MAX,
	  AT(hw_config_numbers, vendor_id), .help = "Vendor-Id of the draft's own AVPs" },
	{ "mbr-command", "16777214", .type = HW_TYPE_NUMBER, .min = 1, .max = 0xffffff,
	  AT(hw_config_numbers, mbr_command), .help = "command code of MBR and MBA" },
	{ "mhr-command", "16777215", .type = HW_TYPE_NUMBER, .min = 1, .max = 0xffffff,
	  AT(hw_config_numbers, mhr_command), .help = "command code of MHR and MHA" },
};

static const struct hw_option timer_options[] = {
	{ "watchdog", "30s", .type = HW_TYPE_DURATION, .min = SECONDS(6), .max = HOURS(1),
	  AT(hw_config_timers, watchdog), .help = "Twinit, RFC 3539 3.4.1" },
	{ "reconnect", "30s", .type = HW_TYPE_DURATION, .min = 100, .max = HOURS(1),
	  AT(hw_config_timers, reconnect), .help = "Tc: the longest wait between two attempts" },
	{ "connect", "10s", .type = HW_TYPE_DURATION, .min = 100, .max = SECONDS(300),
	  AT(hw_config_timers, connect), .help = "for transport and CEA of a connection we make" },
	{ "capabilities", "10s", .type = HW_TYPE_DURATION, .min = 100, .max = SECONDS(300),
	  AT(hw_config_timers, capabilities), .help = "for the CER of a connection we accepted" },
	{ "closing", "5s", .type = HW_TYPE_DURATION, .min = 100, .max = SECONDS(300),
	  AT(hw_config_timers, closing), .help = "for the DPA" },
	{ "request", "30s", .type = HW_TYPE_DURATION, .min = 100, .max = SECONDS(300),
	  AT(hw_config_timers, request), .help = "for the answer to a request" },
	{ "duplicates", "240s", .type = HW_TYPE_DURATION, .min = SECONDS(1), .max = SECONDS(3600),
	  AT(hw_config_timers, duplicates), .help = "how long answers are kept, RFC 6733 3" },
	{ "drain", "10s", .type = HW_TYPE_DURATION, .min = 0, .max = SECONDS(300),
	  AT(hw_config_timers, drain), .help = "the longest orderly end after SIGTERM" },
};

static const struct hw_option limit_options[] = {
	{ "connections", "4096", .type = HW_TYPE_NUMBER, .min = 1, .max = 1000000,
	  AT(hw_config_limits, connections), .help = "accepted connections at a time" },
	{ "unidentified", "1024", .type = HW_TYPE_NUMBER, .min = 1, .max = 1000000,
	  AT(hw_config_limits, unidentified), .help = "of them, those without a CER yet" },
	{ "control-clients", "32", .type = HW_TYPE_NUMBER, .min = 1, .max = 1024,
	  AT(hw_config_limits, control_clients), .help = "clients of the control socket" },
	{ "message", "64k", .type = HW_TYPE_OCTETS, .min = 4096, .max = MEBI(16) - 1,
	  AT(hw_config_limits, message), .help = "octets of one message" },
	{ "pending", "65536", .type = HW_TYPE_NUMBER, .min = 1, .max = 16777216,
	  AT(hw_config_limits, pending), .help = "requests outstanding on one peer" },
	{ "output", "4M", .type = HW_TYPE_OCTETS, .min = 65536, .max = MEBI(1024),
	  AT(hw_config_limits, output), .help = "octets waiting on one connection" },
	{ "duplicates", "64M", .type = HW_TYPE_OCTETS, .min = 65536, .max = MEBI(65536),
	  AT(hw_config_limits, duplicates), .help = "octets of answers kept for duplicates" },
	{ "sessions", "1048576", .type = HW_TYPE_NUMBER, .min = 1, .max = 16777216,
	  AT(hw_config_limits, sessions), .help = "home-server: mobility sessions" },
	{ "subscribers", "4194304", .type = HW_TYPE_NUMBER, .min = 1, .max = 67108864,
	  AT(hw_config_limits, subscribers), .help = "home-server: subscribers" },
	{ "attachments", "65536", .type = HW_TYPE_NUMBER, .min = 1, .max = 16777216,
	  AT(hw_config_limits, attachments), .help = "nas: mobile nodes attached" },
};

static const struct hw_option policy_options[] = {
	{ "linger", "300s", .type = HW_TYPE_DURATION, .min = 0, .max = DAYS(30),
	  AT(hw_config_policy, linger),
	  .help = "how long home agent and address are kept after the last access session" },
	{ "authorization-lifetime", "1h", .type = HW_TYPE_DURATION, .min = 0, .max = DAYS(365),
	  AT(hw_config_policy, authorization_lifetime),
	  .help = "Authorization-Lifetime of an access session; 0: not limited" },
	{ "grace-period", "60s", .type = HW_TYPE_DURATION, .min = 0, .max = DAYS(1),
	  AT(hw_config_policy, grace_period), .help = "Auth-Grace-Period" },
	{ "session-timeout", "7d", .type = HW_TYPE_DURATION, .min = 0, .max = DAYS(365),
	  AT(hw_config_policy, session_timeout), .help = "Session-Timeout; 0: not limited" },
	{ "key-lifetime", "1d", .type = HW_TYPE_DURATION, .min = SECONDS(1), .max = DAYS(365),
	  AT(hw_config_policy, key_lifetime), .help = "Key-Lifetime of the security association" },
	{ "sa-protocols", .type = HW_TYPE_CHOICE, .list = true, .choices = sa_protocols,
	  AT(hw_config_policy, sa_protocols),
	  .help = "security associations that are made; without it: ikev2" },
	{ "random-keys", "false", .type = HW_TYPE_BOOLEAN, AT(hw_config_policy, random_keys),
	  .help = "random keys instead of those that the mobile node can derive, for every "
	          "subscriber" },
	{ "home-agent-timeout", "5s", .type = HW_TYPE_DURATION, .min = 100, .max = SECONDS(300),
	  AT(hw_config_policy, home_agent_timeout), .help = "for the MHA" },
	{ "move-after", "30s", .type = HW_TYPE_DURATION, .min = 0, .max = DAYS(1),
	  AT(hw_config_policy, move_after),
	  .help = "a home agent away for so long loses a session at its next MBR" },
	{ "candidates", "3", .type = HW_TYPE_NUMBER, .min = 1, .max = 3,
	  AT(hw_config_policy, candidates), .help = "home agents that are tried for one MBR" },
	{ "addresses", "random", .type = HW_TYPE_CHOICE, .choices = orders,
	  AT(hw_config_policy, addresses),
	  .help = "how home addresses and prefixes are chosen from a pool" },
	{ "accept-hints", "false", .type = HW_TYPE_BOOLEAN, AT(hw_config_policy, accept_hints),
	  .help = "assign local home agents that only the hint of a NAS or proxy names" },
};

static const struct hw_option store_options[] = {
	{ "url", .type = HW_TYPE_TEXT, AT(hw_config_store, url),
	  .help = "home-server: a PostgreSQL database that several servers share; without it: "
	          "SQLite "
	          "in the data directory" },
	{ "key-file", .type = HW_TYPE_TEXT, AT(hw_config_store, key_file),
	  .help = "the key that seals root keys; without it: \"store.key\" in the data directory" },
	{ "lease", "15s", .type = HW_TYPE_DURATION, .min = SECONDS(2), .max = HOURS(1),
	  AT(hw_config_store, lease),
	  .help = "with url: a server silent for so long has its sessions taken over" },
	{ "hold", "2s", .type = HW_TYPE_DURATION, .min = 100, .max = SECONDS(60),
	  AT(hw_config_store, hold),
	  .help = "with url: how long requests wait for a database that is away" },
};

static const struct hw_option accounting_options[] = {
	{ "interim", "0", .type = HW_TYPE_DURATION, .min = 0, .max = DAYS(1),
	  AT(hw_config_accounting, interim),
	  .help = "home-server: Acct-Interim-Interval for NASes and home agents; 0: no interims" },
	{ "realtime", "unsaid", .type = HW_TYPE_CHOICE, .choices = realtimes,
	  AT(hw_config_accounting, realtime),
	  .help = "home-server: Accounting-Realtime-Required for NASes and home agents" },
	{ "keep", "400d", .type = HW_TYPE_DURATION, .min = 0, .max = DAYS(3650),
	  AT(hw_config_accounting, keep),
	  .help = "home-server: how long records are kept, to the hour; 0: for ever" },
	{ "send", "true", .type = HW_TYPE_BOOLEAN, AT(hw_config_accounting, send),
	  .help = "nas, home-agent: send ACR for each attachment, for each binding" },
	{ "queue", "65536", .type = HW_TYPE_NUMBER, .min = 1, .max = 16777216,
	  AT(hw_config_accounting, queue),
	  .help = "nas, home-agent: records that may be owed at a time" },
	{ "retry", "5s", .type = HW_TYPE_DURATION, .min = 100, .max = HOURS(1),
	  AT(hw_config_accounting, retry),
	  .help = "nas, home-agent: the first wait before a record is sent again, then longer" },
};

static const struct hw_option agent_options[] = {
	{ "realm", .type = HW_TYPE_REALM, AT(hw_config_agent, realm),
	  .help = "its realm; without it: ours" },
	{ "fqdn", .type = HW_TYPE_IDENTITY, AT(hw_config_agent, fqdn),
	  .help = "MIP6-Home-Agent-FQDN; without it: its identity" },
	{ "location", .type = HW_TYPE_WORD, AT(hw_config_agent, location),
	  .help = "the location block where it stands" },
	{ "address", .type = HW_TYPE_ADDRESS, .required = true, AT(hw_config_agent, address),
	  .help = "MIP6-Home-Agent-Address, with the prefix length of its link" },
	{ "pool", .type = HW_TYPE_PREFIX, AT(hw_config_agent, pool), HAS(hw_config_agent, has_pool),
	  .help = "home addresses; without it the home agent chooses them" },
	{ "prefix", .type = HW_TYPE_PREFIX, AT(hw_config_agent, prefix),
	  HAS(hw_config_agent, has_prefix), .help = "home link prefix of all its mobile nodes" },
	{ "prefix-pool", .type = HW_TYPE_PREFIX, AT(hw_config_agent, prefix_pool),
	  HAS(hw_config_agent, has_prefix_pool),
	  .help = "home link prefixes, one per mobile node" },
	{ "prefix-length", "64", .type = HW_TYPE_NUMBER, .min = 1, .max = 128,
	  AT(hw_config_agent, prefix_length), .help = "of a prefix from the prefix pool" },
	{ "weight", "1", .type = HW_TYPE_NUMBER, .min = 0, .max = MIP6_AGENT_WEIGHT_LIMIT,
	  AT(hw_config_agent, weight),
	  .help = "its share among equals; 0: only when nothing else is left" },
	{ "capacity", "0", .type = HW_TYPE_NUMBER, .min = 0, .max = MIP6_AGENT_CAPACITY_LIMIT,
	  AT(hw_config_agent, capacity), .help = "mobility sessions at a time; 0: no limit" },
	{ "local", "false", .type = HW_TYPE_BOOLEAN, AT(hw_config_agent, local),
	  .help = "in a visited network: given only where LOCAL_HOME_AGENT_ASSIGNMENT allows" },
	{ "trusted-path", "false", .type = HW_TYPE_BOOLEAN, AT(hw_config_agent, trusted_path),
	  .help = "the whole way to it is protected by other means: keys may be sent" },
	{ "state", "up", .type = HW_TYPE_CHOICE, .choices = agent_states,
	  AT(hw_config_agent, state), .help = "at start; draining gets no new sessions" },
};

static const struct hw_option location_options[] = {
	{ "nas-identifier", .type = HW_TYPE_PATTERN, .list = true,
	  AT(hw_config_location, nas_identifier), .help = "NAS-Identifiers, * for any octets" },
	{ "nas-prefix", .type = HW_TYPE_PREFIX, .list = true, AT(hw_config_location, nas_prefix),
	  .help = "prefixes of NAS-IPv6-Address" },
	{ "realm", .type = HW_TYPE_PATTERN, .list = true, AT(hw_config_location, realm),
	  .help = "Origin-Realms, * for any octets" },
	{ "near", .type = HW_TYPE_WORD, .list = true, AT(hw_config_location, near),
	  .help = "the other locations, nearest first" },
};

static const struct hw_option dns_options[] = {
	{ "timeout", "2s", .type = HW_TYPE_DURATION, .min = 100, .max = SECONDS(60),
	  AT(hw_config_dns, timeout),
	  .help = "for the response to an update; there are two tries" },
	{ "mba-limit", "1s", .type = HW_TYPE_DURATION, .min = 100, .max = SECONDS(30),
	  AT(hw_config_dns, mba_limit), .help = "the longest that a MBA waits for DNS" },
};

static const struct hw_option zone_options[] = {
	{ "servers", .type = HW_TYPE_DNS, .list = true, .required = true,
	  AT(hw_config_zone, servers), .help = "its name servers that take updates, best first" },
	{ "key-file", .type = HW_TYPE_TEXT, .required = true, AT(hw_config_zone, key_file),
	  .help = "TSIG key, hmac-sha256, as tsig-keygen writes it" },
	{ "ttl", "300s", .type = HW_TYPE_DURATION, .min = SECONDS(1), .max = DAYS(7),
	  AT(hw_config_zone, ttl), .help = "of the records that are made" },
};

static const struct hw_option home_agent_role_options[] = {
	{ "capacity", "1048576", .type = HW_TYPE_NUMBER, .min = 1, .max = 16777216,
	  AT(hw_config_home_agent_role, capacity), .help = "bindings at a time" },
	{ "fqdn", .type = HW_TYPE_IDENTITY, AT(hw_config_home_agent_role, fqdn),
	  .help = "MIP6-Home-Agent-FQDN of its own MBR; without it: identity" },
	{ "servers", .type = HW_TYPE_PATTERN, .list = true, AT(hw_config_home_agent_role, servers),
	  .help = "Origin-Hosts that may send MHR, * for any octets; without it: all" },
};

static const struct hw_option link_options[] = {
	{ "address", .type = HW_TYPE_ADDRESS, AT(hw_config_link, address),
	  HAS(hw_config_link, has_address), .help = "our own address on it, never given away" },
	{ "pool", .type = HW_TYPE_PREFIX, AT(hw_config_link, pool), HAS(hw_config_link, has_pool),
	  .help = "home addresses for a MHR that brings none" },
	{ "addresses", "random", .type = HW_TYPE_CHOICE, .choices = orders,
	  AT(hw_config_link, addresses), .help = "how they are chosen from the pool" },
};

static const struct hw_option nas_options[] = {
	{ "identifier", .type = HW_TYPE_PATTERN, AT(hw_config_nas, identifier),
	  .help = "NAS-Identifier; without it: identity" },
	{ "ip-address", .type = HW_TYPE_ADDRESS4, AT(hw_config_nas, ip_address),
	  HAS(hw_config_nas, has_ip_address), .help = "NAS-IP-Address" },
	{ "ipv6-address", .type = HW_TYPE_ADDRESS6, AT(hw_config_nas, ipv6_address),
	  HAS(hw_config_nas, has_ipv6_address), .help = "NAS-IPv6-Address" },
	{ "port-type", .type = HW_TYPE_NUMBER, .max = INT32_MAX, AT(hw_config_nas, port_type),
	  HAS(hw_config_nas, has_port_type), .help = "NAS-Port-Type; 19 is IEEE 802.11" },
	{ "called-station-id", .type = HW_TYPE_PATTERN, AT(hw_config_nas, called_station_id),
	  .help = "Called-Station-Id, unless attach gives one" },
	{ "service-selection", .type = HW_TYPE_PATTERN, AT(hw_config_nas, service_selection),
	  .help = "Service-Selection, unless attach gives one" },
	{ "default-realm", .type = HW_TYPE_REALM, AT(hw_config_nas, default_realm),
	  .help = "of user names without a realm; without it: ours" },
	{ "local-home-agent", .type = HW_TYPE_ADDRESS, AT(hw_config_nas, local_address),
	  HAS(hw_config_nas, has_local_address),
	  .help = "a local home agent that is offered as hint" },
	{ "local-home-agent-fqdn", .type = HW_TYPE_IDENTITY, AT(hw_config_nas, local_fqdn),
	  .help = "its name" },
	{ "request-timeout", .type = HW_TYPE_DURATION, .min = 100, .max = SECONDS(300),
	  AT(hw_config_nas, request_timeout), .help = "for the MBA, instead of timers.request" },
};

static const struct hw_option agreement_options[] = {
	{ "allow-local", "false", .type = HW_TYPE_BOOLEAN, AT(hw_config_agreement, allow_local),
	  .help = "LOCAL_HOME_AGENT_ASSIGNMENT may be asked for; else it is cleared" },
	{ "local-home-agent", .type = HW_TYPE_ADDRESS, AT(hw_config_agreement, local_address),
	  HAS(hw_config_agreement, has_local_address),
	  .help = "a local home agent that is added as hint" },
	{ "local-home-agent-fqdn", .type = HW_TYPE_IDENTITY, AT(hw_config_agreement, local_fqdn),
	  .help = "its name" },
	{ "strip", .type = HW_TYPE_AVP, .list = true, AT(hw_config_agreement, strip),
	  .help = "AVPs that must not leave" },
};

const struct hw_block hw_config_root = {
	.options = root_options,
	.option_count = COUNT(root_options),
	.size = sizeof(struct hw_config),
};

#define ONE(block_name, owner, member, table, sentence)                       \
	{                                                                     \
		.name = (block_name), .help = (sentence), .options = (table), \
		.option_count = COUNT(table), .size = sizeof(struct owner),   \
		.offset = offsetof(struct hw_config, member)                  \
	}

#define MANY(block_name, owner, list, title_type, title_member, table, table_size, sentence) \
	{                                                                                    \
		.name = (block_name), .help = (sentence), .options = (table),                \
		.option_count = (table_size), .size = sizeof(struct owner),                  \
		.offset = offsetof(struct hw_config, list), .many = true, .title = {         \
			(block_name),                                                        \
			.type = (title_type),                                                \
			.required = true,                                                    \
			.star = true,                                                        \
			.offset = offsetof(struct owner, title_member)                       \
		}                                                                            \
	}

const struct hw_block hw_config_blocks[] = {
	ONE("log", hw_config_log, log, log_options, "what is logged, and how"),
	ONE("tls", hw_config_tls, tls, tls_options, "our certificate, and whom we believe"),
	MANY("listen", hw_config_listen, listens, HW_TYPE_LISTEN, endpoint, listen_options,
	     COUNT(listen_options),
	     "an address and port to accept connections on; port 0: any free one"),
	ONE("accept", hw_config_accept, accept, accept_options, "who may connect"),
	MANY("peer", hw_config_peer, peers, HW_TYPE_IDENTITY, identity, peer_options,
	     COUNT(peer_options), "a Diameter peer, by its identity"),
	MANY("route", hw_config_route, routes, HW_TYPE_REALM, realm, route_options,
	     COUNT(route_options), "where requests for a realm go; \"*\": all other realms"),
	ONE("redirect", hw_config_redirect, redirect, redirect_options,
	    "what is done when an answer names another host or realm"),
	ONE("numbers", hw_config_numbers, numbers, number_options,
	    "the numbers that the draft left open"),
	ONE("timers", hw_config_timers, timers, timer_options, "the timers of the Diameter node"),
	ONE("limits", hw_config_limits, limits, limit_options, "what a peer can make us hold"),
	ONE("policy", hw_config_policy, policy, policy_options,
	    "home-server: lifetimes, keys, addresses"),
	ONE("store", hw_config_store, store, store_options, "where the state is kept"),
	ONE("accounting", hw_config_accounting, accounting, accounting_options,
	    "who counts what of sessions, and where it is kept"),
	MANY("home-agent", hw_config_agent, agents, HW_TYPE_IDENTITY, identity, agent_options,
	     COUNT(agent_options), "home-server: a home agent that can be assigned"),
	MANY("location", hw_config_location, locations, HW_TYPE_WORD, name, location_options,
	     COUNT(location_options), "home-server: which NASes are near which home agents"),
	ONE("dns", hw_config_dns, dns, dns_options,
	    "home-server: how updates of DNS are waited for"),
	MANY("dns-zone", hw_config_zone, zones, HW_TYPE_REALM, name, zone_options,
	     COUNT(zone_options),
	     "home-server: a zone that holds names of mobile nodes, or addresses (ip6.arpa)"),
	ONE("home-agent-role", hw_config_home_agent_role, home_agent_role, home_agent_role_options,
	    "home-agent: its limits"),
	MANY("link", hw_config_link, links, HW_TYPE_PREFIX, prefix, link_options,
	     COUNT(link_options), "home-agent: a home link, by its prefix"),
	ONE("nas", hw_config_nas, nas, nas_options, "nas: what this NAS says of itself"),
	MANY("agreement", hw_config_agreement, agreements, HW_TYPE_PATTERN, realm,
	     agreement_options, COUNT(agreement_options),
	     "proxy: what is changed towards home realms; the first that fits counts"),
};

const size_t hw_config_block_count = COUNT(hw_config_blocks);
