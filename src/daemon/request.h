/* SPDX-License-Identifier: Apache-2.0 */
/*
 * request: one line of the control socket, read and checked (docs/control.md).
 *
 * Every command is a row that names its members with their types and places, so that an unknown
 * member, a missing one and a wrong value are found here, with a sentence, and a handler gets C
 * values. No socket, node or store: the fuzzer reads lines with it.
 */
#ifndef HW_REQUEST_H
#define HW_REQUEST_H

#include "base/bytes.h"
#include "mip6/home_server/home_server.h"
#include "mip6/nas/nas.h"

#include <jansson.h>

enum hw_command {
	HW_COMMAND_STATUS,
	HW_COMMAND_PEERS,
	HW_COMMAND_EXPLAIN,
	HW_COMMAND_LOG_LEVEL,
	HW_COMMAND_RELOAD,
	HW_COMMAND_STOP,
	HW_COMMAND_TRACE,
	HW_COMMAND_SESSIONS,
	HW_COMMAND_SESSIONS_ABORT,
	HW_COMMAND_SESSIONS_REAUTHORIZE,
	HW_COMMAND_SESSIONS_REKEY,
	HW_COMMAND_AGENTS,
	HW_COMMAND_AGENTS_SET,
	HW_COMMAND_AGENTS_MOVE,
	HW_COMMAND_EXPLAIN_MBR,
	HW_COMMAND_DNS,
	HW_COMMAND_SUBSCRIBER_ADD,
	HW_COMMAND_SUBSCRIBER_IMPORT,
	HW_COMMAND_SUBSCRIBER_LIST,
	HW_COMMAND_SUBSCRIBER_ENABLE,
	HW_COMMAND_SUBSCRIBER_DISABLE,
	HW_COMMAND_SUBSCRIBER_DELETE,
	HW_COMMAND_BINDINGS,
	HW_COMMAND_BINDINGS_END,
	HW_COMMAND_BOOTSTRAP,
	HW_COMMAND_ATTACH,
	HW_COMMAND_DETACH,
	HW_COMMAND_ATTACHMENTS,
	HW_COMMAND_USAGE,
	HW_COMMAND_ACCOUNTING_REPORT,
	HW_COMMAND_COUNT,
};

/* What a request says; texts are slices of its JSON. A member that is not there is zero. */
struct hw_request {
	json_t *object; /* owned */
	json_t *tag;    /* borrowed from it; NULL: none */
	enum hw_command command;
	struct mip6_nas_attach attach;
	struct dm_bytes session_id, user_name, interface; /* detach, subscriber-* */
	struct dm_bytes name, service_selection;          /* sessions-* */
	bool has_service_selection;
	bool left; /* bindings-end */
	struct dm_bytes host, level;
	struct store_usage usage; /* usage, detach: `told` follows the next four */
	bool has_input_octets, has_output_octets, has_input_packets, has_output_packets;
	uint64_t since;                    /* accounting-report */
	int32_t termination_cause;         /* detach; 0: DIAMETER_LOGOUT */
	struct mip6_agent_setting setting; /* agents-set */
	struct {                           /* explain-mbr, beside `attach` */
		struct dm_bytes nas_identifier, nas_address, origin_host, origin_realm;
		uint8_t nas_octets[16]; /* of nas_address */
		bool local;
	} client;
	struct { /* explain, beside `session_id` and `user_name` */
		struct dm_bytes host, realm, source;
		struct dm_bytes passed; /* Route-Record: host names with commas between */
		uint32_t application_id;
		bool not_proxiable, own;
	} route;
	uint64_t count;
	struct store_subscriber *subscribers; /* owned, keys wiped by hw_request_fini */
	size_t subscriber_count;
	uint64_t from; /* subscriber-import: records before this piece */
	bool more;     /* another piece follows */
	bool all;      /* dns: also names that are made */
};

const char *hw_command_name(enum hw_command command);

/* Allocations of jansson are wiped when they are freed: a request may hold a root key. Once, at the
 * beginning of the process. */
void hw_request_setup(void);

/* False: `why` holds "what; what to do". `out` is to be released in both cases; its tag is valid
 * where the line was a JSON object. */
bool hw_request_read(struct dm_bytes line, struct hw_request *out, struct dm_text *why);
void hw_request_fini(struct hw_request *request);

#endif
