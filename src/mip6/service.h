/* SPDX-License-Identifier: Apache-2.0 */
/*
 * service: what all roles of the mobility service have in common.
 *
 * A role (home server, visited proxy, NAS, home agent) is an object without IO: requests, answers,
 * commits and time go in, effects come out, as with dm_node. The daemon carries effects between the
 * roles, the node and the store; a test carries them by hand, in virtual time.
 *
 * The law of this layer: what an answer promises has been committed before. A role therefore emits
 * STORE first and the ANSWER only in its `committed`.
 */
#ifndef MIP6_SERVICE_H
#define MIP6_SERVICE_H

#include "base/dm_time.h"
#include "diameter/codec/message.h"
#include "dns/dns.h"
#include "store/store.h"

struct mip6_role;
struct mip6_result; /* result.h */

/* How well a request fits a role. */
enum mip6_claim {
	MIP6_CLAIM_NO,      /* not a command of this role */
	MIP6_CLAIM_COMMAND, /* its command, but of no session it knows */
	MIP6_CLAIM_SESSION, /* its command, of a session it knows or is to open */
};

/* The clocks that a role sees: monotonic for deadlines, wall for what is stored and sent. */
struct mip6_now {
	dm_time monotonic;
	int64_t wall; /* seconds since 1970 */
};

enum mip6_effect_kind {
	MIP6_EFFECT_REQUEST, /* send a request; its answer comes back to `answer` with the tag */
	MIP6_EFFECT_ANSWER,  /* answer a request that `request` was given */
	MIP6_EFFECT_ANSWER_FAULT, /* the same, refused */
	MIP6_EFFECT_FORWARD,      /* proxy: send on, edited */
	MIP6_EFFECT_STORE,        /* commit; the result comes back to `committed` with the tag */
	MIP6_EFFECT_DNS,   /* change a name; the outcome comes back to `dns_done` with the tag */
	MIP6_EFFECT_LEASE, /* another block of a pool; all of them come to `leased` with the tag */
	MIP6_EFFECT_TAKE,  /* sessions that other servers keep; they come to `taken` with the tag */
	MIP6_EFFECT_FETCH, /* look up; what is found comes back to `fetched` with the tag */
	MIP6_EFFECT_EVENT, /* something an operator wants to see */
	MIP6_EFFECT_RESULT, /* an operator's command (attach, subscriber ...) is done */
};

/* Timers that a role carries out in one tick; the rest follow in the next. */
#define MIP6_DUE_AT_ONCE 256

/* A role's tags have so many bits; the rest is the host's. */
#define MIP6_TAG_BITS 56

#define MIP6_TAKEN_AT_ONCE 256

/* What an operator's order about sessions concerns. */
struct mip6_order_counts {
	uint32_t sessions; /* mobility sessions; 0: an access session alone was named */
	uint32_t accesses;
};

struct mip6_effect {
	enum mip6_effect_kind kind;
	uint64_t tag; /* REQUEST, STORE, DNS, FETCH: of the role; RESULT: given with the command */
	uint64_t transaction; /* ANSWER, ANSWER_FAULT, FORWARD: of the node */
	union {
		struct {
			const struct dm_command *command;
			const void *body;
			uint32_t application_id; /* of the header */
			dm_time timeout;         /* 0: the node's default */
			bool again;              /* may have left before: T (RFC 6733 5.5.4) */
		} request;
		struct {
			const struct dm_command *command;
			const void *body;
		} answer;
		const struct dm_fault *fault;
		struct dm_bytes message; /* FORWARD */
		struct {
			const struct store_change *changes;
			size_t count;
		} store;
		const struct dns_change *dns;
		struct {
			const char *name; /* "bootstrapped", "refused", "session-ended" ... */
			const char *text; /* a sentence, without any key */
			struct dm_bytes user_name;
			struct dm_bytes session_id;
			bool warning;
		} event;
		struct {
			int error;                     /* 0: done as asked; else a negative errno */
			const char *text;              /* error: a sentence for the operator */
			const struct mip6_result *nas; /* attach, detach; else NULL */
			const struct mip6_order_counts
				*counts; /* orders about sessions; else NULL */
		} result;
		struct {
			enum store_fetch_kind kind;
			struct dm_bytes key, key2;
		} fetch;
		struct store_taking take; /* MIP6_TAKEN_AT_ONCE at most */
		struct {
			struct dm_bytes pool;
			uint64_t total; /* blocks that the pool has */
		} lease;
	};
};

/* The same verbs for every role. All octets given are borrowed for the call. */
struct mip6_role_class {
	const char *name; /* "home-server", as in the configuration */
	/* Where several roles share a node, a request goes to the one with the best claim; when
	 * none has any, the node answers 3001. */
	enum mip6_claim (*claim)(const struct mip6_role *, const struct dm_message *);
	void (*request)(struct mip6_role *, uint64_t transaction, const struct dm_message *,
	                struct mip6_now);
	/* `message` NULL: none came, `fault` says why. */
	void (*answer)(struct mip6_role *, uint64_t tag, const struct dm_message *message,
	               const struct dm_fault *fault, struct mip6_now);
	/* `error` 0: durable; else a negative errno: take back what was not promised yet. */
	void (*committed)(struct mip6_role *, uint64_t tag, int error, struct mip6_now);
	/* May be NULL where the role changes no names. The report lives for the call. */
	void (*dns_done)(struct mip6_role *, uint64_t tag, const struct dns_report *report,
	                 struct mip6_now);
	/* The blocks that are leased now, none when that is not known. May be NULL, as `fetched`.
	 */
	void (*leased)(struct mip6_role *, uint64_t tag, const uint64_t *blocks, size_t count,
	               struct mip6_now);
	/* What a FETCH found, in the order of the asking. May be NULL: the role asks nothing. */
	void (*fetched)(struct mip6_role *, uint64_t tag, int error,
	                const struct store_found *found, struct mip6_now);
	/* What a TAKE has brought: when it is MIP6_TAKEN_AT_ONCE, there may be more. May be NULL.
	 */
	void (*taken)(struct mip6_role *, uint64_t tag, int error, const struct store_found *found,
	              size_t count, struct mip6_now);
	/* Proxy only, may be NULL: a message passing through. */
	void (*forward)(struct mip6_role *, uint64_t transaction, struct dm_bytes message,
	                bool is_answer, struct dm_bytes request, struct mip6_now);
	/* A peer came, went, or lost its state. May be NULL. */
	void (*peer_event)(struct mip6_role *, struct dm_bytes origin_host, bool up, bool restarted,
	                   uint32_t origin_state_id, struct mip6_now);
	void (*tick)(struct mip6_role *, struct mip6_now);
	dm_time (*deadline)(const struct mip6_role *);
	/* The next effect, false when there is none; it lives until the next call into the role. */
	bool (*effect)(struct mip6_role *, struct mip6_effect *);
	void (*free)(struct mip6_role *);
};

/* Every role struct begins with this. */
struct mip6_role {
	const struct mip6_role_class *class;
};

/* What every role is told about its node. Octets are copied by the role. */
struct mip6_common {
	const struct dm_dictionary *dictionary; /* borrowed for the role's life */
	struct dm_bytes origin_host;
	struct dm_bytes origin_realm;
	uint32_t origin_state_id;
	uint32_t application_id; /* in force (profile 1) */
	uint64_t seed; /* random interface identifiers; the daemon takes it from the kernel */
	/* Makes a Session-Id: dm_node_session_id behind a pointer, so that a test can give its own.
	 */
	void (*session_id)(void *context, struct dm_text *out);
	void *session_id_context;
};

#endif
