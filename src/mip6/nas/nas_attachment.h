/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nas_attachment: the NAS's inside: attachments, and what the answers to their MBR mean.
 */
#ifndef MIP6_NAS_ATTACHMENT_H
#define MIP6_NAS_ATTACHMENT_H

#include "base/map.h"
#include "base/timers.h"
#include "dict/mip6.dia.h"
#include "mip6/accounting/accounting.h"
#include "mip6/outbox.h"
#include "nas.h"

enum mip6_attachment_state {
	MIP6_ATTACHMENT_ASKING,     /* MBR */
	MIP6_ATTACHMENT_STORING,    /* commit of the MBA */
	MIP6_ATTACHMENT_ACCOUNTING, /* ACR START, where service waits for it */
	MIP6_ATTACHMENT_ATTACHED,
	MIP6_ATTACHMENT_LEAVING,  /* STR; from here on it ends */
	MIP6_ATTACHMENT_DELETING, /* commit of the end */
	MIP6_ATTACHMENT_ABORTING, /* the same, by ASR: ASA and STR follow it */
};

/* How long a grant holds, by the wall clock; 0: no such end. */
struct mip6_terms {
	int64_t renew;      /* when the NAS asks again (RFC 6733 8.9) */
	int64_t authorized; /* Authorization-Lifetime and Auth-Grace-Period are over (8.10) */
	int64_t session;    /* Session-Timeout is over (8.13) */
	bool authenticate;  /* a re-authorization authenticates too (8.12) */
	bool stateless;     /* NO_STATE_MAINTAINED: the server wants no STR (8.11) */
};

/* What an MBA brought, in one allocation. */
struct mip6_grant {
	struct dm_bytes server_host, server_realm;
	struct dm_bytes answer; /* the whole MBA */
	int64_t opened;
	int64_t granted;
	struct mip6_terms terms;
	uint8_t octets[];
};

struct mip6_attachment {
	struct dm_timer timer; /* the next of the grant's terms; repetition of a failed deletion */
	enum mip6_attachment_state state;
	struct mip6_grant *grant; /* owned; NULL: not attached yet */
	struct mip6_grant *next;  /* owned: being committed */
	bool has_tag;             /* an operator waits */
	uint64_t tag;
	dm_time started;
	struct dm_bytes session_id, user_name, interface; /* owned */
	struct dm_bytes realm;                            /* Destination-Realm */
	struct dm_bytes request;                          /* owned: the last MBR, encoded */
	uint32_t result_code;      /* LEAVING, DELETING: of the STA; 0: none */
	int32_t termination_cause; /* LEAVING */
	uint64_t abort;            /* ASR that waits for its answer; 0: none */
	bool again;                /* RAR: another MBR follows the one under way */
	bool unaccounted;          /* it ends, for want of accounting, when it may */
	bool authenticate;         /* the next MBR authenticates too: RAR or MBA asked for it */
	bool host_given;           /* the operator named the server: no other is tried */
	bool anywhere;             /* the server could not be reached: any other may answer */
	unsigned int attempts;     /* re-authorizations of this grant without an answer */
	int64_t renew;             /* the next one; 0: none */
	/* Application-Id in the header of what the server sent last about this session. */
	bool heard;
	uint32_t heard_application;
	uint8_t octets[];
};

struct mip6_nas {
	struct mip6_role role; /* first */
	struct mip6_common common;
	struct mip6_nas_config config; /* octets in the arena */
	uint8_t nas_ip_address[4], nas_ipv6_address[16];
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
	struct mip6_accounting accounting;
	struct dm_map unable; /* servers without our application: logged once each (profile 5) */
	bool store_failing;
};

/* How an answer to a MBR is to be taken. */
enum mip6_verdict {
	MIP6_VERDICT_GRANTED,
	MIP6_VERDICT_NO_MOBILITY,
	MIP6_VERDICT_REFUSED,
	MIP6_VERDICT_LATER,  /* not now, or not delivered: what was granted before still holds */
	MIP6_VERDICT_BROKEN, /* says yes, but is not usable: the server holds a session for nothing
	                      */
	MIP6_VERDICT_NONE,   /* none came */
};

/* `result` gets what the answer says; its octets live in the message or in the outbox. */
enum mip6_verdict mip6_nas_judge(struct mip6_nas *nas, const struct mip6_attachment *attachment,
                                 const struct dm_message *message, const struct dm_fault *fault,
                                 struct mip6_result *result);

/* What is kept of a granted MBA; only its octets and times are looked at. NULL: no memory. */
struct mip6_grant *mip6_grant_new(struct mip6_nas *nas, const struct store_attachment *record);
/* The first end of a grant; 0: none. */
int64_t mip6_grant_expires(const struct mip6_grant *grant);

/* What an attachment has: the stored MBA, read again. Octets live in the attachment, nothing in the
 * scratch arena. */
struct mip6_result mip6_nas_describe(struct mip6_nas *nas,
                                     const struct mip6_attachment *attachment);

/* The class behind mip6_nas_new. */
extern const struct mip6_role_class mip6_nas_class;

/* In the index; NULL: no memory. */
struct mip6_attachment *mip6_attachment_new(struct mip6_nas *nas, struct dm_bytes session_id,
                                            struct dm_bytes user_name, struct dm_bytes interface,
                                            struct dm_bytes realm);
/* Out of the index, freed. */
void mip6_attachment_free(struct mip6_nas *nas, struct mip6_attachment *attachment);
/* Keeps a copy of the MBR. False: no memory. */
bool mip6_attachment_keep_request(struct mip6_attachment *attachment, struct dm_bytes request);

/* ---- nas_request.c ---- */

/* Sends the MBR of an attachment. NULL, or a sentence that says why it cannot be. */
const char *mip6_nas_send_mbr(struct mip6_nas *nas, struct mip6_attachment *attachment,
                              const struct mip6_nas_attach *attach);
/* The last MBR once more: a re-authorization. */
const char *mip6_nas_send_again(struct mip6_nas *nas, struct mip6_attachment *attachment);
/* Sends STR; `tag` 0: nobody waits for the STA. False: no memory. */
bool mip6_nas_send_str(struct mip6_nas *nas, const struct mip6_attachment *attachment,
                       int32_t termination_cause, uint64_t tag);

/* ---- nas.c ---- */

/* Tells the operator, if one waits. */
void mip6_nas_report(struct mip6_nas *nas, struct mip6_attachment *attachment,
                     struct mip6_result *result, int error, const char *text);
/* STR, then the deletion. */
void mip6_nas_leave(struct mip6_nas *nas, struct mip6_attachment *attachment,
                    int32_t termination_cause);
void mip6_nas_delete(struct mip6_nas *nas, struct mip6_attachment *attachment);
/* The commit that deletes its record. False: no memory. */
bool mip6_nas_submit_deletion(struct mip6_nas *nas, struct mip6_attachment *attachment);

/* ---- nas_renew.c: re-authorization, and the end of what was granted ---- */

/* Nothing is under way any more: what the server asked for meanwhile has its turn. */
void mip6_nas_settle(struct mip6_nas *nas, struct mip6_attachment *attachment);
void mip6_nas_renew(struct mip6_nas *nas, struct mip6_attachment *attachment);
/* A re-authorization that came to nobody is tried once without naming the server (RFC 6733 8.18,
 * TRY_AGAIN). False: that has been, or may not be. */
bool mip6_nas_renew_elsewhere(struct mip6_nas *nas, struct mip6_attachment *attachment);
/* The next attempt has to wait. */
void mip6_nas_renew_later(struct mip6_nas *nas, struct mip6_attachment *attachment);
void mip6_nas_due(struct mip6_nas *nas, struct mip6_attachment *attachment);

/* ---- nas_accounting.c ---- */

void mip6_nas_init_accounting(struct mip6_nas *nas, const struct mip6_accounting_config *config);
/* Behind all that was restored. */
void mip6_nas_start_accounting(struct mip6_nas *nas);
/* A grant is stored: its session begins, or goes on. True: it waits for its START. Whether it is
 * over already says the state: then it is not ACCOUNTING. */
bool mip6_nas_account(struct mip6_nas *nas, struct mip6_attachment *attachment);
/* The operator is told; nothing is under way any more. */
void mip6_nas_finish_grant(struct mip6_nas *nas, struct mip6_attachment *attachment, int error);
/* Ends what must not be without accounting. */
void mip6_nas_stop_unaccounted(struct mip6_nas *nas, struct mip6_attachment *attachment);

/* ---- nas_order.c: RAR and ASR ---- */

/* The attachment whose Session-Id a RAR or ASR names; NULL: none. */
struct mip6_attachment *mip6_nas_ordered(const struct mip6_nas *nas,
                                         const struct dm_message *message);
void mip6_nas_order(struct mip6_nas *nas, uint64_t transaction, const struct dm_message *message);
/* Begins to end what an ASR waits for. */
void mip6_nas_abort(struct mip6_nas *nas, struct mip6_attachment *attachment);
/* Its commit has come back. */
void mip6_nas_aborted(struct mip6_nas *nas, struct mip6_attachment *attachment, int error);
/* Answers the ASR that waits, if one does: the session has ended, or (error) could not. */
void mip6_nas_answer_abort(struct mip6_nas *nas, struct mip6_attachment *attachment, int error);

#endif
