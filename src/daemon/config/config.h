/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config: homewardd.conf, read and checked.
 *
 * hw_config_read either gives a configuration in which every value is in range and every name that
 * is mentioned exists, or a report with all that is wrong. All memory of a configuration is its
 * arena; nothing in it changes after reading. The language is the tables of config_schema.h;
 * homewardd.conf(5) explains it.
 *
 * What is not here: sockets, files (but for hw_config_load), the store: a configuration can be
 * checked on another machine.
 */
#ifndef HW_CONFIG_H
#define HW_CONFIG_H

#include "base/dm_time.h"
#include "base/log.h"
#include "daemon/report.h"
#include "store/store.h"

struct hw_list {
	void *at; /* elements of the option's type or the block's struct */
	size_t count;
};

/* The beginning of every block's struct. */
struct hw_block_head {
	unsigned line; /* of its first line; 0: not in the file, all defaults */
};

struct hw_network {
	bool ipv6;
	uint8_t address[16]; /* IPv4: the first four */
	uint8_t length;
};

struct hw_endpoint {
	const char *host; /* numeric address without brackets, or a name */
	uint16_t port;
	bool has_port; /* it stood there; else it is the default of what the endpoint is for */
};

enum hw_role {
	HW_ROLE_HOME_SERVER,
	HW_ROLE_PROXY,
	HW_ROLE_NAS,
	HW_ROLE_HOME_AGENT,
	HW_ROLE_COUNT,
};

extern const char *const hw_role_names[HW_ROLE_COUNT + 1];

struct hw_config_log {
	struct hw_block_head head;
	int level;  /* enum dm_log_level */
	int format; /* 0 text, 1 JSON */
};

struct hw_config_listen {
	struct hw_block_head head;
	struct hw_endpoint endpoint;
	bool tls; /* TLS before CER */
};

/* May, must or must not a peer have TLS? */
enum hw_tls_policy { HW_TLS_NONE, HW_TLS_OPTIONAL, HW_TLS_REQUIRED };

struct hw_config_tls {
	struct hw_block_head head;
	const char *certificate, *key, *ca; /* NULL: not given; all are when the block is there */
	bool common_name;
	dm_time handshake;
};

struct hw_config_accept {
	struct hw_block_head head;
	bool unknown;
	int tls;             /* enum hw_tls_policy, of peers that no peer block names */
	struct hw_list from; /* struct hw_network; empty: from everywhere */
};

struct hw_config_peer {
	struct hw_block_head head;
	struct dm_bytes identity;
	bool connects;
	struct hw_endpoint connect;
	bool trusted_link;
	int tls;          /* enum hw_tls_policy */
	bool inband_tls;  /* TLS comes behind CER and CEA, not before */
	dm_time watchdog; /* 0: timers.watchdog */
};

enum hw_route_action {
	HW_ROUTE_RELAY,
	HW_ROUTE_PROXY,
	HW_ROUTE_REDIRECT,
	HW_ROUTE_REDIRECT_REALM,
};

struct hw_config_route {
	struct hw_block_head head;
	struct dm_bytes realm; /* "*": default */
	struct hw_list peers;  /* struct dm_bytes */
	int action;            /* enum hw_route_action */
	struct hw_list to;     /* const char *: DiameterURIs or realms of a redirect */
	int usage;             /* Redirect-Host-Usage */
	dm_time cache;         /* Redirect-Max-Cache-Time */
	bool has_application;
	uint64_t application;
};

struct hw_config_redirect {
	struct hw_block_head head;
	int follow;     /* enum dm_redirect_policy */
	bool realms;    /* 3011 may change the Destination-Realm */
	uint64_t cache; /* routes kept */
};

struct hw_config_numbers {
	struct hw_block_head head;
	uint64_t application_id;
	uint64_t vendor_id;
	uint64_t mbr_command;
	uint64_t mhr_command;
};

struct hw_config_timers {
	struct hw_block_head head;
	dm_time watchdog, reconnect, connect, capabilities, closing, request, duplicates, drain;
};

struct hw_config_limits {
	struct hw_block_head head;
	uint64_t connections, unidentified, control_clients, message, pending, output, duplicates;
	uint64_t sessions, subscribers, attachments;
};

struct hw_config_policy {
	struct hw_block_head head;
	dm_time linger, authorization_lifetime, grace_period, session_timeout, key_lifetime;
	dm_time home_agent_timeout, move_after;
	uint64_t candidates;
	int addresses; /* enum mip6_pool_order */
	bool accept_hints, random_keys;
	struct hw_list sa_protocols; /* int: MIP6-SA-Protocol - 1 */
};

struct hw_config_store {
	struct hw_block_head head;
	const char *url; /* NULL: the store is in the data directory, and this node's alone */
	const char *key_file;
	dm_time lease, hold;
};

struct hw_config_accounting {
	struct hw_block_head head;
	dm_time interim, keep; /* home-server */
	int realtime;          /* home-server: Accounting-Realtime-Required; 0: not said */
	bool send;             /* nas, home-agent */
	uint64_t queue;        /* nas, home-agent */
	dm_time retry;         /* nas, home-agent */
};

struct hw_config_agent {
	struct hw_block_head head;
	struct dm_bytes identity;
	struct dm_bytes realm; /* empty: ours */
	struct dm_bytes fqdn;  /* empty: the identity */
	struct dm_bytes location;
	struct store_prefix address;
	bool has_pool, has_prefix, has_prefix_pool;
	struct store_prefix pool;
	struct store_prefix prefix;
	struct store_prefix prefix_pool;
	uint64_t prefix_length; /* of what the prefix pool gives to one node */
	uint64_t weight, capacity;
	bool local;        /* in a visited network: given only where LOCAL is allowed */
	bool trusted_path; /* keys may go to it whatever the next hop */
	int state;         /* enum mip6_agent_state */
};

struct hw_config_location {
	struct hw_block_head head;
	struct dm_bytes name;
	struct hw_list nas_identifier; /* struct dm_bytes, patterns */
	struct hw_list nas_prefix;     /* struct store_prefix */
	struct hw_list realm;          /* struct dm_bytes, patterns */
	struct hw_list near;           /* struct dm_bytes: locations, nearest first */
};

struct hw_config_dns {
	struct hw_block_head head;
	dm_time timeout;   /* of one try */
	dm_time mba_limit; /* how long a MBA waits */
};

struct hw_config_zone {
	struct hw_block_head head;
	struct dm_bytes name;
	struct hw_list servers; /* struct hw_endpoint */
	const char *key_file;
	dm_time ttl;
};

struct hw_config_home_agent_role {
	struct hw_block_head head;
	uint64_t capacity;
	struct dm_bytes fqdn;   /* empty: identity */
	struct hw_list servers; /* struct dm_bytes, patterns; empty: any */
};

struct hw_config_link {
	struct hw_block_head head;
	struct store_prefix prefix;
	bool has_address, has_pool;
	struct store_prefix address; /* has_address */
	struct store_prefix pool;    /* has_pool */
	int addresses;               /* enum mip6_pool_order */
};

struct hw_config_nas {
	struct hw_block_head head;
	struct dm_bytes identifier; /* empty: identity */
	bool has_ip_address, has_ipv6_address, has_port_type;
	uint8_t ip_address[4];
	uint8_t ipv6_address[16];
	uint64_t port_type;
	struct dm_bytes called_station_id; /* empty: none, as the next */
	struct dm_bytes service_selection;
	struct dm_bytes default_realm; /* empty: ours */
	bool has_local_address;
	struct store_prefix local_address; /* of the local home agent that is offered as hint */
	struct dm_bytes local_fqdn;
	dm_time request_timeout; /* 0: timers.request */
};

/* An AVP by its numbers; vendor 0: an IETF one. */
struct hw_avp_code {
	uint32_t code;
	uint32_t vendor;
};

struct hw_config_agreement {
	struct hw_block_head head;
	struct dm_bytes realm; /* pattern */
	bool allow_local;
	bool has_local_address;
	struct store_prefix local_address;
	struct dm_bytes local_fqdn;
	struct hw_list strip; /* struct hw_avp_code */
};

struct hw_config {
	struct hw_block_head head; /* the file itself */
	struct dm_arena arena;
	struct dm_bytes identity;
	struct dm_bytes realm;
	struct hw_list role_list; /* int */
	bool roles[HW_ROLE_COUNT];
	const char *data;
	const char *control;
	const char *trace; /* NULL: none */
	struct hw_config_log log;
	struct hw_config_tls tls;
	struct hw_list listens;
	struct hw_config_accept accept;
	struct hw_list peers;
	struct hw_list routes;
	struct hw_config_redirect redirect;
	struct hw_config_numbers numbers;
	struct hw_config_timers timers;
	struct hw_config_limits limits;
	struct hw_config_policy policy;
	struct hw_config_store store;
	struct hw_config_accounting accounting;
	struct hw_list agents;
	struct hw_list locations;
	struct hw_config_dns dns;
	struct hw_list zones; /* struct hw_config_zone */
	struct hw_config_home_agent_role home_agent_role;
	struct hw_list links;
	struct hw_config_nas nas;
	struct hw_list agreements;
	struct hw_config_place *places; /* arena: where each value stood */
};

/* Options that the command line gives; NULL: not given. They win over the file. */
struct hw_config_override {
	const char *data;
};

/* Reads and checks text. 0, or -EINVAL with findings in `report`, or -ENOMEM. On error there is no
 * configuration and nothing to release. */
int hw_config_read(struct hw_config *config, struct dm_bytes text,
                   const struct hw_config_override *override, struct hw_report *report);

/* The same from a file; a file that cannot be read is a finding. */
int hw_config_load(struct hw_config *config, const char *path,
                   const struct hw_config_override *override, struct hw_report *report);

void hw_config_fini(struct hw_config *config);

/* True for a zone below ip6.arpa. */
bool hw_zone_is_reverse(const struct hw_config_zone *zone);

/* The line where the value of this member (or list element) stood; the block's when it is a
 * default. */
unsigned hw_config_line(const struct hw_config *config, const void *member, unsigned otherwise);

#endif
