/* SPDX-License-Identifier: Apache-2.0 */
/*
 * server: the home server's inside, shared by server_*.c and home_server.c.
 *
 * One MBR takes this way, each arrow a commit or a message:
 *
 *	server_bootstrap.c  enter: decide -> reuse: join      -> PUT access -> MBA
 *	                           |
 *	                           `-> assign: PUT session (allocated)
 *	server_agent.c             -> MHR -> MHA -> PUT session (active), access -> MBA
 *	                                  `-> refused, silent: give back, next candidate
 *	server_end.c        STR, expiry: DELETE access -> STA; the last one gone: linger
 *	                    -> PUT session (ending) -> ASR -> ASA -> DELETE session
 *
 * Where several servers share a store (server_shared.h), server_inquiry.c comes before all of it.
 *
 * A session has one thing in flight (session->step). Whatever comes in meanwhile leaves a mark or
 * waits in session->work; mip6_server_proceed, called at the end of every step, looks at the facts
 * and starts the next one.
 */
#ifndef MIP6_SERVER_H
#define MIP6_SERVER_H

#include "decide.h"
#include "home_server.h"
#include "mip6/outbox.h"
#include "names.h"
#include "server_accounting.h"
#include "server_shared.h"
#include "server_take.h"
#include "server_work.h"
#include "sessions.h"
#include "subscribers.h"

struct mip6_home_server {
	struct mip6_role role; /* first */
	struct mip6_common common;
	struct mip6_policy policy; /* defaults filled in */
	size_t session_limit;
	bool (*reaches)(void *context, struct dm_bytes realm, struct dm_bytes host);
	bool (*protected_path)(void *context, struct dm_bytes realm, struct dm_bytes host);
	void *context;
	struct dm_arena arena; /* the role's own strings */
	struct mip6_agents agents;
	struct mip6_subscribers subscribers;
	struct mip6_sessions sessions;
	struct mip6_outbox outbox;
	struct mip6_server_accounting accounting;
	struct dm_map pending; /* by tag */
	uint64_t next_tag;
	uint64_t next_session;
	uint64_t random;
	struct dm_secret randomness; /* for random keys; size 0: there is none */
	struct mip6_now now;         /* of the verb in progress */
	struct mip6_shared shared;
	bool store_failing; /* the last commit failed: the next good one is news */
	uint64_t granted, reused, refused, failed;
	struct mip6_dns_policy dns; /* its zones in `arena` */
	struct mip6_names names;
	uint64_t names_asked, names_made, names_removed, names_failed;
};

/* ---- what is in flight ---- */

enum mip6_pending_kind {
	MIP6_PENDING_SESSION,     /* session->step says what */
	MIP6_PENDING_ACCESS_END,  /* DELETE access */
	MIP6_PENDING_ABORT,       /* ASR to a client */
	MIP6_PENDING_REAUTHORIZE, /* RAR to a client */
	MIP6_PENDING_SUBSCRIBERS, /* PUT subscribers */
	MIP6_PENDING_REMOVAL,     /* DELETE subscriber */
	MIP6_PENDING_NAME,        /* PUT or DELETE name */
	MIP6_PENDING_CHANGE,      /* of a name in DNS */
	MIP6_PENDING_AGENT,       /* PUT or DELETE agent */
	MIP6_PENDING_FETCH,       /* of an inquiry */
	MIP6_PENDING_LEASE,       /* of a block */
	MIP6_PENDING_TAKE,        /* of sessions that others keep */
};

struct mip6_pending {
	enum mip6_pending_kind kind;
	uint64_t tag;
	struct mip6_session *session; /* SESSION */
	struct mip6_name *mip6_name;  /* NAME, CHANGE */
	bool deletes;                 /* NAME: DELETE; CHANGE: removal */
	struct mip6_inquiry *inquiry; /* FETCH: shared with its other fetches */
	uint64_t number,
		version; /* SESSION, ACCESS_END: of the session; NAME: version of the name */
	enum store_fetch_kind fetch_kind;     /* FETCH */
	uint64_t transaction;                 /* ACCESS_END: of the STR; 0: nobody waits */
	uint64_t operator_tag;                /* SUBSCRIBERS, REMOVAL, AGENT (0: nobody waits) */
	struct mip6_subscriber **subscribers; /* SUBSCRIBERS: owned */
	size_t count;
	struct mip6_agent_override override; /* AGENT */
	struct mip6_taken take;              /* TAKE; SUBSCRIBERS before they are stored */
	struct dm_bytes name; /* of a client: Session-Id; REMOVAL: user name; AGENT: host;
	                       * FETCH: the key */
	uint8_t octets[];
};

/* Filed under a new tag; NULL when memory is exhausted. */
struct mip6_pending *mip6_pending_new(struct mip6_home_server *server, enum mip6_pending_kind kind,
                                      struct dm_bytes name);
/* Takes it out; NULL for a tag that is not known. */
struct mip6_pending *mip6_pending_take(struct mip6_home_server *server, uint64_t tag);
void mip6_pending_free(struct mip6_pending *pending);

/* ---- server_bootstrap.c ---- */

void mip6_server_mbr(struct mip6_home_server *server, uint64_t transaction,
                     const struct dm_message *message);
/* What mip6_decide wants to know; no session, nothing tried. */
struct mip6_facts mip6_server_facts(struct mip6_home_server *server,
                                    const struct mip6_bootstrap *request);
/* Its agent is silent: a new MBR sets it aside. */
bool mip6_server_is_leaving(const struct mip6_session *session);
/* Through the door: decides and starts. */
void mip6_server_enter(struct mip6_home_server *server, struct mip6_bootstrap *request);
/* Answers and frees. */
void mip6_server_refuse(struct mip6_home_server *server, struct mip6_bootstrap *request,
                        uint32_t result_code, const char *why);
/* Looks at an idle session and starts what is next. */
void mip6_server_proceed(struct mip6_home_server *server, struct mip6_session *session);
/* Sends the requests of a session that is gone through the door again; frees `work`. */
void mip6_server_reenter(struct mip6_home_server *server, struct mip6_work *work);
/* The commit of the session's step came back. */
void mip6_server_reserved(struct mip6_home_server *server, struct mip6_session *session, int error);
void mip6_server_granted(struct mip6_home_server *server, struct mip6_session *session, int error);
struct mip6_facts mip6_server_facts(struct mip6_home_server *server,
                                    const struct mip6_bootstrap *request);
/* Commits the access sessions of all that wait. */
void mip6_server_grant(struct mip6_home_server *server, struct mip6_session *session);
/* The agent said no: give back, try the next candidate (or this one `again`), or refuse all. */
void mip6_server_next_candidate(struct mip6_home_server *server, struct mip6_session *session,
                                bool again);
/* This agent is not asked again for this work. */
void mip6_server_shut_out(struct mip6_work *work, const struct mip6_agent *agent);
void mip6_server_note_failure(struct mip6_work *work, uint32_t result_code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Answers and frees. */
void mip6_server_refuse(struct mip6_home_server *server, struct mip6_bootstrap *request,
                        uint32_t result_code, const char *why);
/* The MBA of a success; frees the request. */
void mip6_server_answer_granted(struct mip6_home_server *server, const struct mip6_session *session,
                                struct mip6_bootstrap *request, const struct mip6_access *access);
/* Refuses all that wait and frees the session's work. */
void mip6_server_refuse_waiting(struct mip6_home_server *server, struct mip6_session *session,
                                uint32_t result_code, const char *why);
/* The allocation came to nothing and no agent knows of it. */
void mip6_server_abandon(struct mip6_home_server *server, struct mip6_session *session);

/* ---- server_allocate.c ---- */

/* Gives the session its agent, prefix, address and protocols. 0; or the Result-Code with *why. */
uint32_t mip6_server_allocate(struct mip6_home_server *server, struct mip6_session *session,
                              const struct mip6_bootstrap *request,
                              const struct store_subscriber *subscriber,
                              const struct mip6_decision *decision, const char **why);
/* The subscriber's own, or the policy's. */
uint8_t mip6_server_protocols(const struct mip6_home_server *server,
                              const struct store_subscriber *subscriber);
/* The agent for MIP6_ASSIGN_HINTED; NULL when it cannot be had. */
struct mip6_agent *mip6_server_hinted_agent(struct mip6_home_server *server,
                                            const struct mip6_bootstrap *request);
/* Address or prefix as the agent put them in force: 0, or -EINVAL when they cannot be. */
int mip6_server_adopt(struct mip6_home_server *server, struct mip6_session *session,
                      const struct store_prefix *address, const struct store_prefix *prefix);

/* ---- server_blocks.c: pools that several servers share ---- */

/* Asks for a block of each pool. */
void mip6_server_lease_all(struct mip6_home_server *server);
/* The last item of the pool was taken outside of its blocks: another one is wanted. */
void mip6_server_lease_more(struct mip6_home_server *server, struct mip6_agent *agent,
                            struct mip6_pool *pool);
void mip6_server_leased(struct mip6_home_server *server, struct mip6_pending *pending,
                        const uint64_t *blocks, size_t count);

/* ---- server_request.c ---- */

/* Of ASR and RAR: a home agent or a client. */
struct mip6_addressee {
	struct dm_bytes session_id, host, realm, user_name;
};
struct mip6_addressee mip6_server_agent_of(const struct mip6_session *session);
/* In the outbox; NULL: no memory. */
const struct dm_asr *mip6_server_asr(struct mip6_home_server *server,
                                     const struct mip6_addressee *to);
const struct dm_rar *mip6_server_rar(struct mip6_home_server *server,
                                     const struct mip6_addressee *to);
/* Sends the request of a step, which begins; false: it could not be, and nothing has begun. */
bool mip6_server_ask(struct mip6_home_server *server, struct mip6_session *session,
                     enum mip6_session_step step, const struct dm_command *command,
                     const void *body, uint32_t application_id);

/* ---- server_agent.c ---- */

/* Sends the MHR of a step (ASKING, PUSHING). */
void mip6_server_ask_agent(struct mip6_home_server *server, struct mip6_session *session,
                           enum mip6_session_step step);
/* The answer to the MHR of `step`; `message` NULL: none came, or a faulty one. */
void mip6_server_agent_answered(struct mip6_home_server *server, struct mip6_session *session,
                                enum mip6_session_step step, const struct dm_message *message);
/* The Result-Code of an answer; 0: there is none. */
uint32_t mip6_server_result_of(const struct dm_message *message);
/* Its Origin-State-Id was seen; when it grew, its sessions are pushed again. */
void mip6_server_note_agent(struct mip6_home_server *server, struct mip6_agent *agent,
                            uint32_t origin_state_id);
/* True when the keys are in the second half of their life. */
bool mip6_server_keys_are_old(const struct mip6_home_server *server,
                              const struct mip6_session *session);
bool mip6_server_reaches(void *server, const struct mip6_agent *agent);
bool mip6_server_protected(void *server, const struct mip6_agent *agent);

/* ---- server_keys.c ---- */

/* The Security-Associations of a session; keys when `with_keys`, wiped with the outbox. Count 0:
 * they cannot be made. */
struct mip6_security_association_list mip6_server_associations(
	struct mip6_home_server *server, const struct mip6_session *session,
	const struct store_subscriber *subscriber, uint32_t epoch, bool with_keys);
/* Seconds, never beyond the session (profile 6). */
uint32_t mip6_server_key_lifetime(const struct mip6_home_server *server,
                                  const struct store_subscriber *subscriber);

/* ---- server_random.c ---- */

/* At least 32 octets that nobody can foresee; none: a session with random keys cannot be made. */
void mip6_server_random_init(struct mip6_home_server *server, struct dm_bytes randomness);
/* Gives a new session its secret, where policy or subscriber ask for random keys. */
int mip6_server_random_key(struct mip6_home_server *server, struct mip6_session *session,
                           const struct store_subscriber *subscriber);

/* ---- server_answer.c ---- */

/* Of one access session; UINT32_MAX: none. */
struct mip6_lifetimes {
	uint32_t authorization;
	uint32_t grace;
	uint32_t session; /* from its opening */
};
struct mip6_lifetimes mip6_server_lifetimes(const struct mip6_home_server *server,
                                            const struct mip6_bootstrap *request,
                                            const struct store_subscriber *subscriber);
/* When an access session that is granted now ends. */
int64_t mip6_server_expiry(const struct mip6_home_server *server,
                           const struct mip6_bootstrap *request,
                           const struct store_subscriber *subscriber, int64_t opened);
void mip6_server_send_mba(struct mip6_home_server *server, const struct mip6_session *session,
                          const struct mip6_bootstrap *request, const struct mip6_access *access);

/* ---- server_end.c ---- */

void mip6_server_str(struct mip6_home_server *server, uint64_t transaction,
                     const struct dm_message *message);
/* STA to a transaction. */
void mip6_server_answer_str(struct mip6_home_server *server, uint64_t transaction,
                            struct dm_bytes session_id);
/* The agent has let go by itself: its binding ended, or its key expired. */
void mip6_server_agent_terminates(struct mip6_home_server *server, struct mip6_session *session,
                                  uint64_t transaction);
void mip6_server_end_access(struct mip6_home_server *server, struct mip6_access *access,
                            uint64_t transaction);
void mip6_server_access_ended(struct mip6_home_server *server, struct mip6_pending *pending,
                              int error);
void mip6_server_session_due(struct mip6_home_server *server, struct mip6_session *session);
/* No access session is left. */
void mip6_server_linger(struct mip6_home_server *server, struct mip6_session *session);
void mip6_server_kept(struct mip6_home_server *server, struct mip6_session *session, int error);
/* ASR to the agent, then removal. */
void mip6_server_end(struct mip6_home_server *server, struct mip6_session *session);
void mip6_server_end_stored(struct mip6_home_server *server, struct mip6_session *session,
                            int error);
void mip6_server_abort_answered(struct mip6_home_server *server, struct mip6_session *session,
                                const struct dm_message *message);
void mip6_server_remove(struct mip6_home_server *server, struct mip6_session *session);
void mip6_server_removed(struct mip6_home_server *server, struct mip6_session *session, int error);
/* Its agent keeps silent: it goes on ending while its user gets a new session. A static address
 * comes with the user. */
void mip6_server_set_aside(struct mip6_home_server *server, struct mip6_session *session);
/* Answers the agent's STR that waits, if one does. */
void mip6_server_answer_agent(struct mip6_home_server *server, struct mip6_session *session,
                              int error);
/* Repeats what failed, later each time. */
void mip6_server_retry_later(struct mip6_home_server *server, struct mip6_session *session);
/* A client's Origin-State-Id was seen; when it grew, its older access sessions end. */
void mip6_server_note_client(struct mip6_home_server *server, struct dm_bytes origin_host,
                             uint32_t origin_state_id);

/* ---- home_server.c ---- */

/* With what is not said filled in; *why when it cannot be one. */
struct mip6_policy mip6_policy_with_defaults(struct mip6_policy policy, const char **why);

/* ---- server_client.c ---- */

/* Asks the client as soon as its turn comes; what it is asked already stays, or grows. */
void mip6_server_order(struct mip6_home_server *server, struct mip6_access *access,
                       enum mip6_access_order order);
/* The same for all of a mobility session; their number. */
uint32_t mip6_server_order_all(struct mip6_home_server *server, struct mip6_session *session,
                               enum mip6_access_order order);
/* ASR to all clients; then the mobility session ends, without lingering. */
uint32_t mip6_server_abort(struct mip6_home_server *server, struct mip6_session *session);
/* RAA or ASA; `message` NULL: none came. */
void mip6_server_client_answered(struct mip6_home_server *server,
                                 const struct mip6_pending *pending,
                                 const struct dm_message *message);
/* Its timer means its end, and no order to the client. */
bool mip6_server_ends_access(const struct mip6_home_server *server,
                             const struct mip6_access *access);
void mip6_server_access_due(struct mip6_home_server *server, struct mip6_access *access);
const char *mip6_server_why_ended(const struct mip6_access *access);
bool mip6_server_is_entitled(const struct store_subscriber *subscriber);
/* Before `new` (NULL: deleted) takes the place of `old` (NULL: there was none). */
void mip6_server_subscriber_changed(struct mip6_home_server *server,
                                    const struct store_subscriber *old,
                                    const struct store_subscriber *new);

/* What is in memory of it; 0 or -ENOENT. */
int mip6_server_order_named(struct mip6_home_server *server, enum mip6_operator_order order,
                            struct dm_bytes name, const struct dm_bytes *service,
                            struct mip6_order_counts *counts);
#define MIP6_NO_SESSION "there is no session of this name; sessions lists them"
#define MIP6_NO_AGENT   "no home agent of this name is configured; agents lists them"

/* ---- server_change.c ---- */

void mip6_server_agent_committed(struct mip6_home_server *server, struct mip6_pending *pending,
                                 int error);

/* ---- server_move.c ---- */

/* The session ends aside, a new one for its user goes to the next candidate with all that wait and
 * all access sessions. */
void mip6_server_replace(struct mip6_home_server *server, struct mip6_session *session);
/* True when the session cannot stay at its agent and has been replaced, or what waits refused. */
bool mip6_server_moved(struct mip6_home_server *server, struct mip6_session *session);
/* RAR for all that it has in memory, and each goes elsewhere. 0 or -ENOENT. */
int mip6_server_empty_agent(struct mip6_home_server *server, struct dm_bytes host,
                            struct mip6_order_counts *counts);
/* One PUT for each access session; their number. */
size_t mip6_server_put_accesses(const struct mip6_session *session, struct store_change *changes);
/* Seen to be out of reach or silent, or neither. */
void mip6_server_note_away(const struct mip6_home_server *server, struct mip6_agent *agent,
                           bool away);
/* At the start: a move that no agent had confirmed. */
void mip6_server_resume_move(struct mip6_home_server *server, struct mip6_session *session);
/* RAR for the access sessions that a move brought along. */
void mip6_server_inform(struct mip6_home_server *server, struct mip6_session *session);
/* The agent has let go of a session that has access sessions: ASR to their clients. */
void mip6_server_dismiss(struct mip6_home_server *server, struct mip6_session *session);
void mip6_server_dismissed(struct mip6_home_server *server, struct mip6_session *session,
                           int error);

/* ---- server_rollover.c ---- */

/* Nothing is to do but to wait for the next rollover. */
void mip6_server_rest(struct mip6_home_server *server, struct mip6_session *session);
bool mip6_server_rollover_due(const struct mip6_home_server *server,
                              const struct mip6_session *session);
void mip6_server_roll_over(struct mip6_home_server *server, struct mip6_session *session);
/* At once, or when the step in flight is over. False: it is not active. */
bool mip6_server_order_rollover(struct mip6_home_server *server, struct mip6_session *session);
/* The commit, and the RAA (`message` NULL: none came). */
void mip6_server_rollover_noted(struct mip6_home_server *server, struct mip6_session *session,
                                int error);
void mip6_server_rollover_answered(struct mip6_home_server *server, struct mip6_session *session,
                                   const struct dm_message *message);

/* ---- server_dns.c ---- */

/* Looks at a name and starts what is next. */
void mip6_server_name_proceed(struct mip6_home_server *server, struct mip6_name *name);
/* The request's MBA waits for the outcome. */
void mip6_server_name_hold(struct mip6_home_server *server, struct mip6_name *name,
                           struct mip6_bootstrap *request);
/* PUT or DELETE, with a PUT of `other` (NULL: none). */
void mip6_server_name_commit(struct mip6_home_server *server, struct mip6_name *name, bool put,
                             const struct mip6_name *other);
void mip6_server_name_committed(struct mip6_home_server *server, struct mip6_name *name,
                                uint64_t version, bool deleted, int error);
void mip6_server_name_changed(struct mip6_home_server *server, struct mip6_name *name, bool removes,
                              const struct dns_report *report);
void mip6_server_name_due(struct mip6_home_server *server, struct mip6_name *name);
struct store_name mip6_server_name_record(const struct mip6_name *name);

/* ---- server_name.c ---- */

/* True when the MBA waits for DNS: mip6_server_answer_granted comes later. Else the request's
 * dns_status is what the MBA says, if it was asked. */
bool mip6_server_hold_for_name(struct mip6_home_server *server, struct mip6_session *session,
                               struct mip6_bootstrap *request);
/* Session or address is another than the one that has the name: the name comes along. */
void mip6_server_name_follows(struct mip6_home_server *server, struct mip6_session *session);
/* Another session will take its place. */
void mip6_server_name_moves(struct mip6_session *session);
/* The session is ending: one change (or none) for its transaction, and, when that came back, what
 * follows. */
size_t mip6_server_name_ends(struct mip6_home_server *server, struct mip6_session *session,
                             struct store_change *change);
void mip6_server_name_ended(struct mip6_home_server *server, struct mip6_session *session);
/* The session was fetched anew: its name is what this server knows of it. */
void mip6_server_name_rejoins(struct mip6_home_server *server, struct mip6_session *session);
/* Copies what it is given. False: no memory. */
bool mip6_server_dns_init(struct mip6_home_server *server, const struct mip6_dns_policy *config);
void mip6_server_arm_names(struct mip6_home_server *server);

/* ---- server_operator.c ---- */

/* The timers of what a store brought back. */
void mip6_server_arm_session(struct mip6_home_server *server, struct mip6_session *session);
void mip6_server_arm_access(struct mip6_home_server *server, struct mip6_access *access);

/* In shared mode: once the subscriber has been fetched. */
void mip6_server_enable_subscriber(struct mip6_home_server *server, struct dm_bytes user_name,
                                   bool enabled, uint64_t tag);
void mip6_server_delete_subscriber(struct mip6_home_server *server, struct dm_bytes user_name,
                                   uint64_t tag);
/* PUT of all of them; the commit ends it. */
void mip6_server_store_subscribers(struct mip6_home_server *server, struct mip6_pending *pending);
void mip6_server_subscribers_committed(struct mip6_home_server *server,
                                       struct mip6_pending *pending, int error);

/* ---- home_server.c ---- */

/* Gives a request to what serves its command. */
void mip6_server_request(struct mip6_home_server *server, uint64_t transaction,
                         const struct dm_message *message);

/* One transaction for the session's step; *changes live in the outbox. A hand-over that fails
 * comes back at once as a failed commit. */
void mip6_server_store(struct mip6_home_server *server, struct mip6_session *session,
                       enum mip6_session_step step, const struct store_change *changes,
                       size_t count);
/* For the commit of `pending`, which writes the session. */
void mip6_server_compare(const struct mip6_session *session, struct mip6_pending *pending);
struct store_session mip6_server_record(const struct mip6_session *session, uint8_t state);
struct store_access mip6_server_access_record(const struct mip6_access *access);
struct mip6_about mip6_server_about(const struct mip6_session *session);
dm_time mip6_server_deadline_of(const struct mip6_home_server *server, int64_t wall);
const struct store_subscriber *mip6_server_subscriber_of(const struct mip6_home_server *server,
                                                         const struct mip6_session *session);

#endif
