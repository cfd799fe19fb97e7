/* SPDX-License-Identifier: Apache-2.0 */
/*
 * node: one Diameter node, sans-IO.
 *
 * Octets and time go in, effects come out; no socket, thread, clock, file or randomness (a seed is
 * given). The host loop is:
 *
 *	dm_node_input(node, conn, octets, now);
 *	while (dm_node_effect(node, &effect))
 *		carry_out(&effect);
 *	arm_timer(dm_node_deadline(node));
 *
 * Lifetimes: what an effect points to lives until the effect after it is asked for, unless said
 * otherwise; a handler that waits for something (a commit, another answer) copies what it needs and
 * keeps the transaction number. All octets given to one dm_node_input stay untouched by the caller
 * until dm_node_effect has returned false.
 *
 * A node has no globals and is single-threaded; a process may run several.
 */
#ifndef DM_NODE_H
#define DM_NODE_H

#include "base/dm_time.h"
#include "codec/message.h"

struct dm_node;

/* A transport connection: made by the node for CONNECT, by dm_node_accepted for incoming ones.
 * Never 0, never reused. */
typedef uint64_t dm_conn;

/* What the host says of the transport below a CER that could be accepted. */
enum dm_security {
	DM_SECURITY_REFUSED, /* `fault` has the result code and the sentence */
	DM_SECURITY_ENOUGH,
	DM_SECURITY_START, /* enough when TLS begins behind the CEA (RFC 3588 13.2) */
};

/* Which side of a TLS that begins on a plain connection. */
enum dm_start_tls { DM_START_TLS_NOT, DM_START_TLS_CLIENT, DM_START_TLS_SERVER };

/* What happens with answers 3006 and 3011. */
enum dm_redirect_policy {
	DM_REDIRECT_FOLLOW, /* to hosts that are peers */
	DM_REDIRECT_DIAL,   /* and to others: they are peers for a while */
	DM_REDIRECT_PASS,   /* nothing: they are answers like others */
};

struct dm_node_config {
	struct dm_bytes origin_host; /* copied, as all octets here */
	struct dm_bytes origin_realm;
	struct dm_bytes product_name;
	uint32_t vendor_id;
	uint32_t firmware_revision;
	uint32_t origin_state_id; /* grows at each loss of state, RFC 6733 8.16 */
	const struct dm_address *host_ip_addresses;
	size_t host_ip_address_count;
	const uint32_t *auth_applications; /* announced in Auth-Application-Id */
	size_t auth_application_count;
	const uint32_t *acct_applications;
	size_t acct_application_count;
	bool relay;          /* announces 0xffffffff and forwards what is not for it */
	bool accept_unknown; /* peers that no dm_peer_config names may connect: RFC 6733 5.3 */
	bool strict;         /* see dm_decode_options */

	/* Zero takes the default. */
	dm_time watchdog;            /* Twinit, 30 s, at least 6 s (RFC 3539 3.4.1) */
	dm_time reconnect;           /* Tc, 30 s: the longest wait; the first retry comes sooner */
	dm_time connect_timeout;     /* transport and CEA: 10 s */
	dm_time cer_timeout;         /* accepted, no CER yet: 10 s */
	dm_time closing_timeout;     /* DPR sent, no DPA: 5 s */
	dm_time request_timeout;     /* default deadline of a request: 30 s */
	dm_time duplicate_window;    /* 240 s, RFC 6733 3 */
	uint32_t message_limit;      /* octets of one message: 65,536 */
	uint32_t pending_limit;      /* requests outstanding on one peer: 65,536; beyond it 3004 */
	uint32_t unidentified_limit; /* accepted connections without a CER yet: 1,024 */
	uint32_t output_limit;       /* octets waiting on one connection: 4 MiB; beyond it CLOSE */
	uint32_t redirect_limit;     /* routes kept of redirects: 4,096; the oldest go first */
	size_t duplicate_limit;      /* octets of kept answers: 64 MiB; the oldest go first */

	/* Is the transport of this connection good enough for the node that the CER names (RFC 6733
	 * 13.1)? `offers_tls`: its Inband-Security-Id does. A question: it changes nothing. NULL:
	 * every one is. */
	enum dm_security (*security)(void *context, dm_conn conn, struct dm_bytes origin_host,
	                             bool offers_tls, struct dm_fault *fault);
	void *security_context; /* borrowed for the node's life */

	enum dm_redirect_policy redirect;
	bool redirect_realms; /* 3011 may change the Destination-Realm (RFC 7075) */
	/* May requests go to this peer because a redirect names it? NULL: to every one. */
	bool (*redirects_to)(void *context, struct dm_bytes peer);
	void *redirects_context; /* borrowed for the node's life */

	uint64_t seed; /* for jitter and first identifiers */
	/* Seconds since 1970 at `now` of dm_node_new, and more than in the run before: Session-Ids
	 * begin with it. */
	int64_t wall_clock;
};

/* 0 or NULL with *why set to a sentence (static). The dictionary is borrowed for the node's life.
 */
struct dm_node *dm_node_new(const struct dm_node_config *config,
                            const struct dm_dictionary *dictionary, dm_time now, const char **why);
void dm_node_free(struct dm_node *node);

/* Inband-Security-Id of our CERs (RFC 3588 6.10). */
enum dm_inband {
	DM_INBAND_NONE,
	DM_INBAND_OFFERED,  /* NO_INBAND_SECURITY and TLS: TLS if the peer wants */
	DM_INBAND_REQUIRED, /* TLS, or no connection */
};

struct dm_peer_config {
	struct dm_bytes origin_host; /* the peer's DiameterIdentity */
	bool connect;                /* dial it; otherwise wait for it */
	enum dm_inband inband;
	dm_time watchdog; /* 0: the node's */
};

/* Adds a peer; -EEXIST, -EINVAL (our own identity, not an FQDN), -ENOMEM. Dials in the next tick.
 */
int dm_node_peer_add(struct dm_node *node, const struct dm_peer_config *config, dm_time now);
/* DPR, drain, forget. -ENOENT. */
int dm_node_peer_remove(struct dm_node *node, struct dm_bytes origin_host, dm_time now);

enum dm_route_action {
	DM_ROUTE_LOCAL,
	DM_ROUTE_RELAY,
	/* Forwarded through DM_EFFECT_FORWARD, so that a service may edit it. With one such route
	 * requests for our own realm that this node does not serve are, too. */
	DM_ROUTE_PROXY,
	/* Answered with 3006 and `peers` as Redirect-Hosts (RFC 6733 6.1.8). */
	DM_ROUTE_REDIRECT,
	/* Answered with 3011 and `peers` as Redirect-Realms (RFC 7075 3.2.1). */
	DM_ROUTE_REDIRECT_REALM,
};

struct dm_route_config {
	struct dm_bytes realm;   /* empty: the default route */
	uint32_t application_id; /* 0xffffffff: any */
	enum dm_route_action action;
	/* Identities, best first; unused for LOCAL. REDIRECT: DiameterURIs. REDIRECT_REALM: realms.
	 */
	const struct dm_bytes *peers;
	size_t peer_count;
	/* Of redirects: Redirect-Host-Usage, and Redirect-Max-Cache-Time in seconds where that is
	 * not DONT_CACHE. */
	uint32_t redirect_usage;
	uint32_t redirect_cache_time;
};

/* -EEXIST, -EINVAL, -ENOMEM. At most DM_REDIRECT_LIMIT hosts or realms in a redirect. */
#define DM_REDIRECT_LIMIT 8
int dm_node_route_add(struct dm_node *node, const struct dm_route_config *config);

/* ---- transport events in ---- */

/* The dial asked for by CONNECT is up, or failed. */
void dm_node_connected(struct dm_node *node, dm_conn conn, dm_time now);
void dm_node_connect_failed(struct dm_node *node, dm_conn conn, const char *why, dm_time now);
/* A listener accepted a connection; 0 when the limit of unidentified connections is reached. */
dm_conn dm_node_accepted(struct dm_node *node, dm_time now);
/* Octets arrived, in order, any split. A conn that is unknown (closed already) is ignored. */
void dm_node_input(struct dm_node *node, dm_conn conn, struct dm_bytes octets, dm_time now);
/* The other side closed, or the transport failed. */
void dm_node_closed(struct dm_node *node, dm_conn conn, const char *why, dm_time now);
/* Of the octets of SEND effects, `octets` are still waiting in the host (for output_limit). */
void dm_node_output_waiting(struct dm_node *node, dm_conn conn, size_t octets);

void dm_node_tick(struct dm_node *node, dm_time now);
dm_time dm_node_deadline(const struct dm_node *node);

/* Orderly end: DPR REBOOTING to all, no new requests; dm_node_idle says when all are closed. */
void dm_node_stop(struct dm_node *node, dm_time now);
bool dm_node_idle(const struct dm_node *node);

/* ---- requests and answers ---- */

/* A new Session-Id of this node (RFC 6733 8.8) into `out`; `optional` may be empty. */
void dm_node_session_id(struct dm_node *node, struct dm_bytes optional, struct dm_text *out);

/*
 * Sends a request of ours. Routed by Destination-Host and Destination-Realm of the body (RFC 6733
 * 6.1). The answer comes as DM_EFFECT_ANSWER with `tag`, exactly once, in every case: answer,
 * no route (3002), timeout or lost connection (3002), node stopped. `timeout` 0: the default.
 * 0, or what dm_encode says.
 */
int dm_node_request(struct dm_node *node, const struct dm_command *command, const void *body,
                    uint64_t tag, dm_time timeout, dm_time now);

/* Like dm_node_request with the Application-Id of the header chosen (base commands: profile 4). */
int dm_node_request_as(struct dm_node *node, const struct dm_command *command,
                       uint32_t application_id, const void *body, uint64_t tag, dm_time timeout,
                       dm_time now);

/* The same for a request that may have left before, in a life of this node that is over or to
 * another server: T is set from the first sending on (RFC 6733 5.5.4). */
int dm_node_request_again(struct dm_node *node, const struct dm_command *command,
                          uint32_t application_id, const void *body, uint64_t tag, dm_time timeout,
                          dm_time now);

/*
 * Answers a request given by DM_EFFECT_REQUEST. Header and Proxy-Info follow the request (RFC 6733
 * 6.2). Ignored, 0, when the connection is gone. The answer is kept for duplicates.
 */
int dm_node_answer(struct dm_node *node, uint64_t transaction, const struct dm_command *command,
                   const void *body, dm_time now);
int dm_node_answer_fault(struct dm_node *node, uint64_t transaction, const struct dm_fault *fault,
                         dm_time now);

/* Sends a FORWARD on, edited or not. `message` is a whole message. */
int dm_node_forward(struct dm_node *node, uint64_t transaction, struct dm_bytes message,
                    dm_time now);

/* ---- effects out ---- */

enum dm_effect_kind {
	DM_EFFECT_SEND,
	DM_EFFECT_CONNECT,
	DM_EFFECT_CLOSE,
	DM_EFFECT_REQUEST,
	DM_EFFECT_ANSWER,
	DM_EFFECT_FORWARD,
	DM_EFFECT_EVENT,
};

enum dm_event_kind {
	DM_EVENT_PEER_UP,        /* open and usable */
	DM_EVENT_PEER_DOWN,      /* no longer */
	DM_EVENT_PEER_SUSPECT,   /* RFC 3539: no DWA */
	DM_EVENT_PEER_RESTARTED, /* Origin-State-Id grew: its sessions are lost (RFC 6733 8.16) */
	DM_EVENT_REFUSED,        /* a connection was turned away */
	DM_EVENT_FAULT,          /* a message was faulty */
	DM_EVENT_DROPPED,        /* an answer nobody waits for, a limit reached */
};

struct dm_effect {
	enum dm_effect_kind kind;
	dm_conn conn;         /* SEND, CONNECT, CLOSE; 0 elsewhere */
	struct dm_bytes peer; /* Origin-Host of the peer concerned; may be empty */
	union {
		struct {
			struct dm_bytes octets; /* all that this turn has for the connection */
			/* TLS begins behind them: what comes and goes from here on is under it, and
			 * a failure ends the connection. There may be no octets. */
			enum dm_start_tls start_tls;
		} send;
		struct {
			bool by_name;  /* nobody configured the peer: its name says where it is */
			bool tls;      /* by_name: before the CER */
			uint16_t port; /* by_name; 0: the default one */
		} connect;
		struct {
			bool reset; /* TCP RST rather than FIN: the stream is broken */
			const char *why;
		} close;
		struct {
			uint64_t transaction; /* for dm_node_answer, exactly once */
			const struct dm_message *message;
			struct dm_arena *arena;
		} request;
		struct {
			uint64_t tag;
			const struct dm_message *message; /* NULL: no answer came, see fault */
			const struct dm_fault *fault; /* set when there is none, or it is faulty */
		} answer;
		struct {
			uint64_t transaction; /* for dm_node_forward or dm_node_answer_fault */
			bool is_answer;       /* on its way back */
			struct dm_bytes
				message; /* whole, as received; Route-Record is added later */
			struct dm_bytes
				request; /* is_answer: the request it answers, as forwarded */
		} forward;
		struct {
			enum dm_event_kind kind;
			const char *text;         /* a sentence */
			uint32_t result_code;     /* FAULT, REFUSED */
			uint32_t origin_state_id; /* PEER_UP, PEER_RESTARTED */
		} event;
	};
};

/* The next effect; false when there is none. */
bool dm_node_effect(struct dm_node *node, struct dm_effect *effect);

/* ---- looking ---- */

struct dm_peer_status {
	struct dm_bytes origin_host; /* borrowed until the peer changes */
	struct dm_bytes origin_realm;
	const char *state;    /* "I-Open": RFC 6733 5.6 */
	const char *watchdog; /* "OKAY": RFC 3539 */
	const char *reason;   /* of the last change */
	bool open;
	uint64_t requests_in, requests_out, answers_in, answers_out;
	uint32_t pending;
	dm_time since; /* of the last change */
};

/* Calls `visit` for each peer, in order of their names. */
void dm_node_peers(const struct dm_node *node,
                   void (*visit)(const struct dm_peer_status *status, void *context),
                   void *context);

enum dm_verdict {
	DM_VERDICT_LOCAL,    /* given to a service of this node */
	DM_VERDICT_RELAY,    /* sent to `peer` */
	DM_VERDICT_PROXY,    /* shown to a service, then sent to `peer` */
	DM_VERDICT_REDIRECT, /* answered with 3006 or 3011 */
	DM_VERDICT_REFUSE,   /* answered with `result_code` */
};

struct dm_explanation {
	enum dm_verdict verdict;
	uint32_t result_code; /* REDIRECT, REFUSE */
	struct dm_bytes peer; /* borrowed until the peer changes */
	char rule[192];       /* which one decided; empty: none did */
	char sentence[192];   /* REFUSE: the Error-Message that would be sent */
};

/* What would be done with this whole request if it came from the peer `source` (empty: from a peer
 * that is no next hop), by the rules that are followed when it comes; `own`: if this node sent it.
 * Nothing changes; duplicates and the limit of requests in work are not looked at. `passed_over`,
 * if not NULL, is told of every peer that is not taken and why. */
void dm_node_explain(const struct dm_node *node, struct dm_bytes request, struct dm_bytes source,
                     bool own, struct dm_explanation *explanation,
                     void (*passed_over)(void *context, struct dm_bytes peer, const char *why),
                     void *context);

/* True when requests for this identity or realm could be sent now. */
bool dm_node_reaches(const struct dm_node *node, struct dm_bytes realm, struct dm_bytes host,
                     uint32_t application_id);

#endif
