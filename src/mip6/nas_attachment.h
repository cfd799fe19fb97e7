/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nas_attachment: the NAS's inside: attachments, and what the answers to their MBR mean.
 */
#ifndef MIP6_NAS_ATTACHMENT_H
#define MIP6_NAS_ATTACHMENT_H

#include "base/map.h"
#include "base/timers.h"
#include "dict/mip6.dia.h"
#include "nas.h"
#include "outbox.h"

enum mip6_attachment_state {
	MIP6_ATTACHMENT_ASKING,  /* MBR */
	MIP6_ATTACHMENT_STORING, /* commit of the MBA */
	MIP6_ATTACHMENT_ATTACHED,
	MIP6_ATTACHMENT_LEAVING,  /* STR */
	MIP6_ATTACHMENT_DELETING, /* commit of the end */
};

/* What an MBA brought, in one allocation. */
struct mip6_grant {
	struct dm_bytes server_host, server_realm;
	struct dm_bytes answer; /* the whole MBA */
	int64_t opened;
	int64_t expires; /* 0: never */
	uint8_t octets[];
};

struct mip6_attachment {
	struct dm_timer timer; /* expiry; repetition of a deletion that failed */
	enum mip6_attachment_state state;
	struct mip6_grant *grant; /* owned; NULL: not attached yet */
	struct mip6_grant *next;  /* owned: being committed */
	bool has_tag;             /* an operator waits */
	uint64_t tag;
	dm_time started;
	struct dm_bytes session_id, user_name, interface; /* owned */
	struct dm_bytes realm;                            /* Destination-Realm */
	uint32_t result_code;      /* LEAVING, DELETING: of the STA; 0: none */
	int32_t termination_cause; /* LEAVING */
	uint8_t octets[];
};

struct mip6_nas {
	struct mip6_role role; /* first */
	struct mip6_common common;
	struct mip6_nas_config config; /* octets in the arena */
	uint8_t nas_ipv6_address[16];
	struct dm_arena arena;
	struct dm_arena scratch; /* of one decoding */
	struct mip6_outbox outbox;
	struct dm_map attachments; /* by Session-Id */
	struct dm_map pending;     /* by tag */
	struct dm_timers timers;
	uint64_t next_tag;
	/* Of the header of STR: 0 as the draft says, until somebody on the way answers 3007. */
	uint32_t base_application;
	size_t limit;
	struct mip6_now now;
	bool no_mobility_told; /* logged once (profile 5) */
	bool store_failing;
};

/* How an answer to a MBR is to be taken. */
enum mip6_verdict {
	MIP6_VERDICT_GRANTED,
	MIP6_VERDICT_NO_MOBILITY,
	MIP6_VERDICT_REFUSED,
	MIP6_VERDICT_BROKEN, /* says yes, but is not usable: the server holds a session for nothing
	                      */
	MIP6_VERDICT_NONE,   /* none came */
};

/* `result` gets what the answer says; its octets live in the message or in the outbox. */
enum mip6_verdict mip6_nas_judge(struct mip6_nas *nas, const struct mip6_attachment *attachment,
                                 const struct dm_message *message, const struct dm_fault *fault,
                                 struct mip6_nas_result *result);

/* What is kept of a granted MBA; NULL: no memory. */
struct mip6_grant *mip6_grant_new(const struct mip6_nas_result *result, struct dm_bytes answer,
                                  int64_t opened);

/* What an attachment has: the stored MBA, read again. Octets live in the attachment, nothing in the
 * scratch arena. */
struct mip6_nas_result mip6_nas_describe(struct mip6_nas *nas,
                                         const struct mip6_attachment *attachment);

/* The class behind mip6_nas_new. */
extern const struct mip6_role_class mip6_nas_class;

/* In the index; NULL: no memory. */
struct mip6_attachment *mip6_attachment_new(struct mip6_nas *nas, struct dm_bytes session_id,
                                            struct dm_bytes user_name, struct dm_bytes interface,
                                            struct dm_bytes realm);
/* Out of the index, freed. */
void mip6_attachment_free(struct mip6_nas *nas, struct mip6_attachment *attachment);
void mip6_attachment_arm(struct mip6_nas *nas, struct mip6_attachment *attachment);

/* Sends the MBR of an attachment. NULL, or a sentence that says why it cannot be. */
const char *mip6_nas_send_mbr(struct mip6_nas *nas, struct mip6_attachment *attachment,
                              const struct mip6_nas_attach *attach);
/* Sends STR; `tag` 0: nobody waits for the STA. False: no memory. */
bool mip6_nas_send_str(struct mip6_nas *nas, const struct mip6_attachment *attachment,
                       int32_t termination_cause, uint64_t tag);

#endif
