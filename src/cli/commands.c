/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of commands: one row each, in the order of the manual.
 */
#include "cli/commands.h"

#define END                      \
	{                        \
		NULL, NULL, NULL \
	}

/* Options of attach become members of its request: --dns-name is "dns_name". */
static const struct hw_option attach_options[] = {
	{ "interface", "NAME", "where the node attaches; the same again refreshes the attachment" },
	{ "feature-vector", "BITS", "MIP6-Feature-Vector, 0x1 MIP6_INTEGRATED, 0x2 LOCAL" },
	{ "auth-request-type", "TYPE", "1, 2 or 3; default 2 AUTHORIZE_ONLY" },
	{ "destination-realm", "REALM", "instead of the realm of the NAI" },
	{ "destination-host", "HOST", "this home server and no other" },
	{ "dns-name", "NAME", "ask for a DNS entry of this name (MIP6-DNS-Update)" },
	{ "dns-remove", NULL, "ask to remove that entry instead" },
	{ "home-address", "ADDRESS/LENGTH", "hint: the home address that the node would like" },
	{ "home-prefix", "PREFIX/LENGTH", "hint: the home link prefix that it would like" },
	{ "home-agent-address", "ADDRESS/LENGTH", "hint: address of a local home agent" },
	{ "home-agent-fqdn", "NAME", "hint: name of a local home agent" },
	{ "service-selection", "NAME", "Service-Selection" },
	{ "calling-station-id", "TEXT", "Calling-Station-Id" },
	{ "called-station-id", "TEXT", "Called-Station-Id" },
	END,
};

static const struct hw_option agents_set_options[] = {
	{ "state", "STATE", "up, draining (keeps its sessions, gets no new one) or down" },
	{ "weight", "NUMBER",
	  "its share among equals, 0 to 65535; 0: only when nothing else is left" },
	{ "capacity", "NUMBER", "mobility sessions at a time; 0: no limit" },
	{ "reset", NULL, "first take back what was set before" },
	END,
};

/* Members of the request, too. */
static const struct hw_option explain_options[] = {
	{ "nas-identifier", "NAME", "NAS-Identifier of the client" },
	{ "nas-address", "ADDRESS", "its NAS-IPv6-Address" },
	{ "origin-host", "HOST", "its Origin-Host (split scenario: a home agent's)" },
	{ "origin-realm", "REALM", "its Origin-Realm, default that of the server" },
	{ "local", NULL, "LOCAL_HOME_AGENT_ASSIGNMENT is set" },
	{ "home-agent-fqdn", "NAME", "hint: name of a local home agent" },
	{ "home-agent-address", "ADDRESS/LENGTH", "hint: address of a local home agent" },
	{ "home-address", "ADDRESS/LENGTH", "hint: the home address that the node would like" },
	{ "home-prefix", "PREFIX/LENGTH", "hint: the home link prefix that it would like" },
	{ "service-selection", "NAME", "Service-Selection" },
	{ "dns-name", "NAME", "it asks for this name in DNS" },
	END,
};

static const struct hw_option route_options[] = {
	{ "destination-host", "HOST", "Destination-Host of the request" },
	{ "destination-realm", "REALM", "its Destination-Realm" },
	{ "application", "NUMBER", "its Application-Id, default 0" },
	{ "user-name", "NAI", "its User-Name" },
	{ "session-id", "TEXT", "its Session-Id" },
	{ "route-record", "HOSTS", "nodes that it has passed, with commas between" },
	{ "not-proxiable", NULL, "its P bit is clear" },
	{ "source", "HOST", "the peer that it comes from" },
	{ "own", NULL, "this node sends it itself" },
	END,
};

static const struct hw_option bootstrap_options[] = {
	{ "service-selection", "NAME", "Service-Selection" },
	END,
};

static const struct hw_option detach_options[] = {
	{ "interface", "NAME", "which attachment, when the node has several" },
	{ "session-id", "TEXT", "the same, by its Session-Id" },
	{ "cause", "WHY", "logout (default), administrative, link-broken or user-moved" },
	{ "input-octets", "NUMBER", "octets from the node since it attached, as the gear counted" },
	{ "output-octets", "NUMBER", "octets to the node" },
	{ "input-packets", "NUMBER", "packets from the node" },
	{ "output-packets", "NUMBER", "packets to the node" },
	END,
};

static const struct hw_option usage_options[] = {
	{ "interface", "NAME", "which attachment, when the node has several" },
	{ "session-id", "TEXT", "the same, by its Session-Id" },
	{ "input-octets", "NUMBER", "octets from the node since it attached, as the gear counted" },
	{ "output-octets", "NUMBER", "octets to the node" },
	{ "input-packets", "NUMBER", "packets from the node" },
	{ "output-packets", "NUMBER", "packets to the node" },
	END,
};

static const struct hw_option report_options[] = {
	{ "user", "NAI", "of this user only" },
	{ "agent", "IDENTITY", "told by this home agent or NAS only" },
	{ "since", "WHEN", "with a record since then: 12h, 30d (ago), 2026-11-23 (UTC)" },
	{ "csv", NULL, "print comma-separated values, RFC 4180" },
	{ "url", "URL", "read the database that servers share, instead of --data" },
	{ "key-file", "FILE", "the key that seals its secrets" },
	END,
};

static const struct hw_option records_options[] = {
	{ "since", "WHEN", "received since then: 12h, 30d (ago), 2026-11-23 (UTC)" },
	{ "csv", NULL, "print comma-separated values, all fields" },
	{ "url", "URL", "read the database that servers share, instead of --data" },
	{ "key-file", "FILE", "the key that seals its secrets" },
	END,
};

/* Named as in the configuration's block `store`. */
static const struct hw_option store_check_options[] = {
	{ "url", "URL", "the database that servers share, instead of --data" },
	{ "key-file", "FILE", "the key that seals its secrets" },
	END,
};

static const struct hw_option store_migrate_options[] = {
	{ "url", "URL", "the empty database to move to" },
	{ "key-file", "FILE", "the key that seals its secrets; made when it is missing" },
	{ "server", "NAME", "identity of the home server whose store it is" },
	END,
};

/* As the fields of a subscriber record, with - for _. */
static const struct hw_option subscriber_options[] = {
	{ "root-key", "HEX", "root key, 16 to 64 octets; - reads it from standard input" },
	{ "enabled", "YES/NO", "default yes" },
	{ "mobility", "YES/NO", "mobility service allowed, default yes" },
	{ "local-home-agent", "YES/NO", "local assignment allowed, default no" },
	{ "random-keys", "YES/NO", "random keys instead of derived ones, default no" },
	{ "home-address", "ADDRESS/LENGTH", "static home address" },
	{ "home-prefix", "PREFIX/LENGTH", "static home link prefix" },
	{ "home-agent", "NAMES", "allowed home agents, with commas; default any" },
	{ "fqdn", "NAMES", "its own names in DNS, or suffixes: alice.example.net,.mn.example.net" },
	{ "sa-protocols", "NAMES", "IKEV2, IKEV1, MIPV6_AUTH; default what the policy says" },
	{ "authorization-lifetime", "SECONDS", "default what the policy says" },
	{ "session-timeout", "SECONDS", "default what the policy says" },
	{ "key-lifetime", "SECONDS",
	  "of its keys at the home agent; default what the policy says" },
	END,
};

static const struct hw_option dns_options[] = {
	{ "all", NULL, "also names that are made" },
	END,
};

static const struct hw_option order_options[] = {
	{ "service", "NAME",
	  "only the session of this Service-Selection; default all of the user" },
	END,
};

static const struct hw_option bindings_end_options[] = {
	{ "left", NULL, "the node has left: Termination-Cause DIAMETER_LOGOUT" },
	END,
};

static const struct hw_option decode_options[] = {
	{ "port", "NUMBER", "of a capture only what goes to or from this port" },
	END,
};

static const struct hw_option wait_options[] = {
	{ "peer", "IDENTITY", "wait also until this peer is open" },
	{ "timeout", "SECONDS", "at most so long, default 30" },
	END,
};

static const struct hw_option demo_options[] = {
	{ "keep", NULL, "leave the system running until Ctrl-C or SIGTERM" },
	{ "dir", "DIR", "work in this directory and leave everything in it" },
	END,
};

#define LOOK(name_, summary_, order_, text_)                                                    \
	{                                                                                       \
		.name = (name_), .summary = (summary_), .uses = HW_USES_SOCKET, .run = hw_look, \
		.order = (order_), .text = (text_)                                              \
	}

const struct hw_command hw_commands[] = {
	{ .name = "attach",
	  .arguments = "NAI",
	  .summary = "attach a mobile node at this NAS and show what it is given",
	  .options = attach_options,
	  .uses = HW_USES_SOCKET,
	  .run = hw_attach,
	  .text = hw_attach_text },
	{ .name = "detach",
	  .arguments = "[NAI]",
	  .summary = "end an attachment at this NAS",
	  .options = detach_options,
	  .uses = HW_USES_SOCKET,
	  .run = hw_detach,
	  .text = hw_detach_text },
	{ .name = "usage",
	  .arguments = "[NAI]",
	  .summary = "tell the NAS what the access gear counted for a node",
	  .options = usage_options,
	  .uses = HW_USES_SOCKET,
	  .run = hw_usage,
	  .text = hw_usage_text },
	LOOK("attachments", "list the nodes attached at this NAS", "user_name",
	     hw_attachments_text),
	LOOK("sessions", "list the mobility sessions of this home server", "user_name",
	     hw_sessions_text),
	{ .name = "sessions abort",
	  .arguments = "NAI|SESSION-ID",
	  .summary = "end a session: ASR to its NASes, then to its home agent",
	  .options = order_options,
	  .uses = HW_USES_SOCKET,
	  .run = hw_sessions_abort,
	  .text = hw_sessions_order_text },
	{ .name = "sessions reauthorize",
	  .arguments = "NAI|SESSION-ID",
	  .summary = "let the NASes ask again what a node may have: RAR, then their MBR",
	  .options = order_options,
	  .uses = HW_USES_SOCKET,
	  .run = hw_sessions_reauthorize,
	  .text = hw_sessions_order_text },
	{ .name = "sessions rekey",
	  .arguments = "NAI|SESSION-ID",
	  .summary = "make new keys for a node and its home agent, at once",
	  .options = order_options,
	  .uses = HW_USES_SOCKET,
	  .run = hw_sessions_rekey,
	  .text = hw_sessions_order_text },
	LOOK("agents", "list the home agents that this home server assigns", "host",
	     hw_agents_text),
	{ .name = "agents set",
	  .arguments = "HOST",
	  .summary = "change a home agent's state, weight or capacity, whatever is configured",
	  .options = agents_set_options,
	  .uses = HW_USES_SOCKET,
	  .run = hw_agents_set,
	  .text = hw_done_text },
	{ .name = "agents move",
	  .arguments = "HOST",
	  .summary = "empty a home agent: its nodes go to others, RAR to their NASes",
	  .uses = HW_USES_SOCKET,
	  .run = hw_agents_move,
	  .text = hw_sessions_order_text },
	{ .name = "explain",
	  .arguments = "[MESSAGE]",
	  .summary =
	          "say where this node would send a request, by which rule, and why not elsewhere",
	  .options = route_options,
	  .uses = HW_USES_SOCKET,
	  .run = hw_explain,
	  .text = hw_explain_text },
	{ .name = "explain-mbr",
	  .arguments = "NAI",
	  .summary = "say step by step what this home server would answer, taking nothing",
	  .options = explain_options,
	  .uses = HW_USES_SOCKET,
	  .run = hw_explain_mbr,
	  .text = hw_explain_mbr_text },
	{ .name = "dns",
	  .summary = "list the names that are to be made in DNS or removed, and what was done",
	  .options = dns_options,
	  .uses = HW_USES_SOCKET,
	  .run = hw_dns,
	  .text = hw_dns_text },
	LOOK("bindings", "list what the home server pushed to this home agent", "user_name",
	     hw_bindings_text),
	{ .name = "bindings end",
	  .arguments = "SESSION-ID",
	  .summary = "end a binding of this home agent, and tell its home server",
	  .options = bindings_end_options,
	  .uses = HW_USES_SOCKET,
	  .run = hw_bindings_end,
	  .text = hw_done_text },
	{ .name = "bootstrap",
	  .arguments = "NAI",
	  .summary = "let this home agent ask the home server for a node (split scenario)",
	  .options = bootstrap_options,
	  .uses = HW_USES_SOCKET,
	  .run = hw_attach,
	  .text = hw_attach_text },
	LOOK("peers", "list the Diameter peers and the state of each", "origin_host",
	     hw_peers_text),
	LOOK("status", "say who the daemon is and how it is", NULL, hw_status_text),
	{ .name = "wait",
	  .summary = "wait until the daemon answers, and a peer of it is open",
	  .options = wait_options,
	  .uses = HW_USES_SOCKET,
	  .run = hw_wait },
	LOOK("stop", "stop the daemon in an orderly way", NULL, hw_done_text),
	LOOK("reload", "make the daemon read its configuration again", NULL, hw_done_text),
	{ .name = "subscriber add",
	  .arguments = "NAI",
	  .summary = "add a subscriber, or replace it",
	  .options = subscriber_options,
	  .uses = HW_USES_SOCKET | HW_USES_DATA,
	  .run = hw_subscriber_add,
	  .text = hw_subscriber_done_text },
	{ .name = "subscriber edit",
	  .arguments = "NAI",
	  .summary = "change what the options name, leave the rest and the root key",
	  .options = subscriber_options,
	  .uses = HW_USES_SOCKET | HW_USES_DATA,
	  .run = hw_subscriber_edit,
	  .text = hw_subscriber_done_text },
	{ .name = "subscriber list",
	  .summary = "list the subscribers, without their keys",
	  .uses = HW_USES_SOCKET | HW_USES_DATA,
	  .run = hw_subscriber_list,
	  .order = "user_name",
	  .text = hw_subscriber_list_text },
	{ .name = "subscriber enable",
	  .arguments = "NAI",
	  .summary = "let a subscriber in again",
	  .uses = HW_USES_SOCKET | HW_USES_DATA,
	  .run = hw_subscriber_enable,
	  .text = hw_subscriber_done_text },
	{ .name = "subscriber disable",
	  .arguments = "NAI",
	  .summary = "refuse a subscriber from now on",
	  .uses = HW_USES_SOCKET | HW_USES_DATA,
	  .run = hw_subscriber_disable,
	  .text = hw_subscriber_done_text },
	{ .name = "subscriber delete",
	  .arguments = "NAI",
	  .summary = "forget a subscriber",
	  .uses = HW_USES_SOCKET | HW_USES_DATA,
	  .run = hw_subscriber_delete,
	  .text = hw_subscriber_done_text },
	{ .name = "subscriber import",
	  .arguments = "FILE",
	  .summary = "add or replace the subscribers of a CSV file, all or none",
	  .uses = HW_USES_SOCKET | HW_USES_DATA,
	  .run = hw_subscriber_import,
	  .text = hw_subscriber_done_text },
	{ .name = "subscriber export",
	  .summary = "print the subscribers as a file for import, without their keys",
	  .uses = HW_USES_SOCKET | HW_USES_DATA,
	  .run = hw_subscriber_list,
	  .order = "user_name",
	  .text = hw_subscriber_export_text },
	{ .name = "accounting report",
	  .summary = "say who was served when, where and how much, and what is missing",
	  .options = report_options,
	  .uses = HW_USES_SOCKET | HW_USES_DATA,
	  .run = hw_accounting_report,
	  .text = hw_accounting_report_text },
	{ .name = "accounting records",
	  .summary = "list the accounting records that a store holds, as they were received",
	  .options = records_options,
	  .uses = HW_USES_DATA,
	  .run = hw_accounting_records,
	  .text = hw_accounting_records_text },
	{ .name = "store check",
	  .arguments = "[AGENT-DIR ...]",
	  .summary = "audit a store: what is given twice, orphaned, unreadable or damaged",
	  .options = store_check_options,
	  .uses = HW_USES_DATA,
	  .run = hw_store_check,
	  .text = hw_store_check_text },
	{ .name = "store migrate",
	  .summary = "copy a home server's store into a database that several may share",
	  .options = store_migrate_options,
	  .uses = HW_USES_DATA,
	  .run = hw_store_migrate,
	  .text = hw_store_migrate_text,
	  .text_progress = hw_store_migrate_progress },
	{ .name = "store rekey",
	  .summary = "make a new key file for a store, and seal its secrets with it",
	  .uses = HW_USES_DATA,
	  .run = hw_store_rekey,
	  .text = hw_store_rekey_text },
	{ .name = "decode",
	  .arguments = "[FILE]",
	  .summary = "show Diameter messages: hex digits, octets or a capture file",
	  .options = decode_options,
	  .run = hw_decode,
	  .text = hw_decode_text },
	{ .name = "demo",
	  .summary = "bootstrap mobile nodes through real processes, and show it",
	  .options = demo_options,
	  .run = hw_demo,
	  .text = hw_demo_text,
	  .text_progress = hw_demo_progress },
};

const size_t hw_command_count = sizeof(hw_commands) / sizeof(hw_commands[0]);
