/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store: the questions that the service asks of durable memory.
 *
 * The service keeps its working set in memory and tells the store each change; what a change
 * promises leaves the process only after its commit came back (store_completed). Commits of many
 * requests are grouped on the store's own thread, so durability costs a share of one fsync.
 *
 * Thread rule: all functions here are called from the owner's thread; the store's thread is inside.
 * Errors: 0 or a negative errno. SQL texts never leave the store except into the log
 * (store_error_text).
 *
 * What is not here: decisions. A store neither chooses addresses nor judges; it refuses what would
 * break its own invariants: one live session per user and service; one owner per home address among
 * sessions, among bindings and among subscribers, whatever the prefix length.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "base/bytes.h"
#include "base/secret.h"

struct store;

/* An IPv6 address or prefix; length 0..128. */
struct store_prefix {
	uint8_t address[16];
	uint8_t length;
};

/* All octets borrowed: from the caller in a change, from the store during a visit. */

struct store_subscriber {
	struct dm_bytes user_name; /* NAI, the key */
	bool enabled;
	bool mobility;         /* mobility service allowed */
	bool local_home_agent; /* local assignment allowed */
	bool random_keys;      /* instead of derived ones (profile 6) */
	bool has_home_address; /* static home address */
	struct store_prefix home_address;
	bool has_home_prefix; /* static home link prefix */
	struct store_prefix home_prefix;
	struct dm_bytes
		home_agent;   /* allowed home agents, identities with ',' between; empty: any */
	struct dm_bytes fqdn; /* names in DNS and ".suffix"es, with ',' between; empty: none */
	uint8_t sa_protocols; /* bit 1 << MIP6-SA-Protocol */
	uint32_t authorization_lifetime; /* seconds; 0: the policy's */
	uint32_t session_timeout;        /* seconds; 0: the policy's */
	uint32_t key_lifetime;           /* seconds; 0: the policy's */
	struct dm_secret root_key;       /* >= 16 octets; encrypted at rest */
};

/* A mobility session: what the home server keeps per mobile node (profile 4). Live are the states 0
 * to 2, one per user and service; an ending one (3) may stand beside it and owns its address and
 * prefix until it is deleted. An address or prefix of length 0 is none yet and has no owner. */
struct store_session {
	uint64_t id; /* chosen by the service, never reused */
	struct dm_bytes user_name;
	struct dm_bytes service_selection; /* empty: none */
	struct dm_bytes home_agent;        /* DiameterIdentity */
	struct dm_bytes home_agent_realm;
	struct dm_bytes home_agent_fqdn;        /* empty: as home_agent */
	struct store_prefix home_agent_address; /* length 0: not known */
	uint32_t home_agent_state_id; /* Origin-State-Id with which it took the session; 0: none */
	struct dm_bytes home_agent_session; /* Session-Id of the home-agent session */
	struct dm_bytes acct_multi_session_id;
	struct dm_bytes fqdn; /* of the mobile node in DNS; empty: none */
	struct store_prefix home_address;
	struct store_prefix home_prefix; /* length 0: none */
	uint64_t feature_vector;
	uint32_t key_epoch;
	uint8_t sa_protocols;
	uint8_t state;        /* the service's; 0 allocated, 1 active, 2 lingering, 3 ending */
	int64_t created;      /* seconds since 1970, as all times here */
	int64_t linger_until; /* 0: not lingering; ending: the home agent has forgotten by then */
	int64_t key_expires;  /* the home agent's keys end; 0: never */
	struct dm_secret random_key; /* of random keys, encrypted at rest; size 0: derived ones */
	/* Grows by one with each commit of the record. In a change: the version that the writer
	 * knows (STORE_ANY_VERSION: he does not care); what is read has the record's. */
	uint64_t version;
	/* Of several servers on one store, who wrote it last and runs its timers: a shared store
	 * writes options.server, whatever a change says. */
	struct dm_bytes keeper;
};

/*
 * A PUT_SESSION of version 0 makes a record, which must not be there; of version v > 0 it replaces
 * the record of version v; a DELETE_SESSION of version v > 0 deletes that one. When another version
 * is there, or none, the transaction fails as a whole with -ESTALE. A PUT of STORE_ANY_VERSION
 * makes or replaces, and a DELETE of STORE_ANY_VERSION or 0 deletes whatever is there: for a store
 * with one writer.
 */
#define STORE_ANY_VERSION UINT64_MAX

/* An access session: NAS <-> home server. */
struct store_access {
	struct dm_bytes session_id; /* the key */
	uint64_t session;           /* store_session.id */
	struct dm_bytes origin_host;
	struct dm_bytes origin_realm;
	struct dm_bytes nas_identifier;
	uint32_t origin_state_id;
	uint32_t application_id; /* that the peer used last for base commands */
	int64_t opened;
	int64_t expires; /* 0: never */
};

/* One security association of a binding: the node's, for one protocol. */
struct store_association {
	uint8_t sa_protocol;
	uint32_t key_epoch;
	uint32_t spi;             /* MIPV6_AUTH; 0: none */
	uint32_t algorithm_type;  /* MIP-Algorithm-Type; 0: none */
	uint32_t replay_mode;     /* MIP-Replay-Mode; 0: none */
	struct dm_bytes key_name; /* may be empty */
	struct dm_secret key;     /* encrypted at rest */
	int64_t key_expires;      /* 0: never */
};

#define STORE_ASSOCIATION_LIMIT 4

/*
 * A name that DNS has of a mobile node, or may have: from before the first update that adds it
 * until after the last one that removes it. So a session's end leaves a debt that a restart finds.
 */
struct store_name {
	uint64_t id; /* chosen by the service, never reused: the key */
	struct dm_bytes user_name;
	struct dm_bytes fqdn;
	struct store_prefix home_address;
	uint64_t session; /* store_session.id of whom it belongs to; owed: belonged to */
	uint8_t state;    /* the service's; 0 wanted, 1 made, 2 removal owed */
	int64_t since;    /* when it came into this state */
};

/* A home agent's own record: a binding with its security associations (profile 5). */
struct store_binding {
	struct dm_bytes session_id; /* of the home-agent session: the key */
	struct dm_bytes user_name;
	struct dm_bytes server_host;
	struct dm_bytes server_realm;
	struct dm_bytes acct_multi_session_id;
	struct store_prefix home_address;
	struct store_prefix home_prefix;
	bool asked; /* by our own MBR (split scenario): session_id is that of an access session */
	struct dm_bytes service_selection; /* asked: of the MBR */
	int64_t renew;                     /* asked: the next MBR; 0: none */
	int64_t authorized;                /* asked: the end of the authorization; 0: none */
	uint8_t association_count;
	struct store_association associations[STORE_ASSOCIATION_LIMIT];
};

/* A NAS's own record: an attachment, so that a restart can end or keep its session. */
struct store_attachment {
	struct dm_bytes session_id; /* the key */
	struct dm_bytes user_name;
	struct dm_bytes interface;
	struct dm_bytes server_host;
	struct dm_bytes server_realm;
	struct dm_bytes answer;  /* the MBA, as encoded: what DHCPv6 hands out */
	struct dm_bytes request; /* the MBR, as encoded: what a re-authorization asks again */
	int64_t opened;
	int64_t granted; /* when the MBA came: its lifetimes begin there */
	int64_t expires;
};

/* What was told of a session's use so far; a count that is not in `told` is not known. */
enum store_told {
	STORE_TOLD_SESSION_TIME = 1,
	STORE_TOLD_INPUT_OCTETS = 2,
	STORE_TOLD_OUTPUT_OCTETS = 4,
	STORE_TOLD_INPUT_PACKETS = 8,
	STORE_TOLD_OUTPUT_PACKETS = 16,
};

struct store_usage {
	uint8_t told;          /* enum store_told */
	uint32_t session_time; /* seconds */
	uint64_t input_octets; /* from the mobile node, as the next but one */
	uint64_t output_octets;
	uint64_t input_packets;
	uint64_t output_packets;
};

enum store_accounted {
	STORE_ACCOUNTED_UNKNOWN,
	STORE_ACCOUNTED_ACCESS,     /* by a NAS */
	STORE_ACCOUNTED_HOME_AGENT, /* by a home agent */
};

/* An accounting record as a server received it. Written once: a second of the same Session-Id and
 * number changes nothing, and is no error (RFC 6733 9.4). */
struct store_accounting {
	uint32_t hour; /* of its receipt, since 1970: what keeping goes by */
	struct dm_bytes session_id;
	uint32_t record_number;
	uint8_t record_type; /* Accounting-Record-Type */
	uint8_t accounted;   /* enum store_accounted */
	int64_t received;
	int64_t event_time; /* Event-Timestamp; 0: none */
	struct dm_bytes origin_host;
	struct dm_bytes origin_realm;
	struct dm_bytes user_name;             /* empty: none */
	struct dm_bytes acct_multi_session_id; /* empty: none */
	bool has_sub_session;
	uint64_t sub_session;             /* Accounting-Sub-Session-Id */
	uint32_t interim_interval;        /* that its client was told; 0: none */
	struct store_prefix home_address; /* MIP-Mobile-Node-Address; length 0: none */
	struct store_usage usage;
};

/* A client's own record: a session that it accounts for. */
struct store_account {
	struct dm_bytes session_id; /* the key */
	uint8_t owner;              /* enum store_accounted: which role of this node */
	struct dm_bytes user_name;
	struct dm_bytes acct_multi_session_id;
	struct dm_bytes server_host;
	struct dm_bytes server_realm;
	struct store_prefix home_address; /* length 0: none */
	int64_t started;
	uint32_t next_number; /* Accounting-Record-Number */
	uint32_t interim_interval;
	uint8_t realtime; /* Accounting-Realtime-Required; 0: not said */
	struct store_usage usage;
};

/* A client's own record: what it owes the server until an ACA has come. */
struct store_owed {
	uint64_t id; /* the key: in the order in which they came to be */
	uint8_t record_type;
	uint32_t record_number;
	int64_t event_time;
	struct store_account account; /* as it was then */
};

/* What an operator said of a home agent at run time: it wins over the configuration. */
struct store_agent {
	struct dm_bytes host; /* the key, in lower case */
	bool has_state, has_weight, has_capacity;
	uint8_t state; /* the service's */
	uint32_t weight;
	uint32_t capacity;
};

enum store_change_kind {
	STORE_PUT_SUBSCRIBER,    /* insert or replace */
	STORE_DELETE_SUBSCRIBER, /* by user_name */
	STORE_PUT_SESSION,
	STORE_DELETE_SESSION, /* by id; its access sessions go with it */
	STORE_PUT_ACCESS,
	STORE_DELETE_ACCESS, /* by session_id */
	STORE_PUT_BINDING,
	STORE_DELETE_BINDING, /* by session_id */
	STORE_PUT_ATTACHMENT,
	STORE_DELETE_ATTACHMENT, /* by session_id */
	STORE_PUT_ACCOUNTING,
	STORE_DELETE_ACCOUNTING, /* all up to this hour */
	STORE_PUT_ACCOUNT,
	STORE_DELETE_ACCOUNT, /* by session_id */
	STORE_PUT_OWED,
	STORE_DELETE_OWED, /* by id */
	STORE_PUT_AGENT,
	STORE_DELETE_AGENT, /* by host */
	STORE_PUT_NAME,
	STORE_DELETE_NAME, /* by id */
	STORE_CHANGE_KINDS,
};

struct store_change {
	enum store_change_kind kind;
	union {
		struct store_subscriber subscriber;
		struct store_session session;
		struct store_access access;
		struct store_binding binding;
		struct store_attachment attachment;
		struct store_accounting accounting;
		struct store_account account;
		struct store_owed owed;
		struct store_agent agent;
		struct store_name name;
	};
};

struct store_options {
	const char *directory; /* created when missing, mode 0700 */
	const char
		*url; /* NULL: SQLite in the directory; else the connection string of a database */
	const char
		*server; /* shared store: identity of this process, the keeper of what it writes */
	uint32_t lease;  /* shared store: seconds that a silent server stays keeper; 0: 15 */
	uint32_t hold;   /* shared store: milliseconds that work waits for the database; 0: 2000 */
	const char *key_file; /* NULL: "store.key" in the directory, made when missing, mode 0600 */
	uint32_t group_limit; /* changes in one commit; 0: 4096 */
	uint32_t queue_limit; /* changes submitted and not yet collected; 0: 262,144 */
	bool read_only; /* look, without the lock of the owner; changes are refused (-EROFS) */
};

/*
 * Opens (and makes, and upgrades) the store. A second owner of the same directory is refused
 * (-EBUSY). A key file that others may read, that is missing where values are sealed with it, or
 * that is another store's, is refused. On error *out is NULL and `why` holds a sentence with the
 * path and the remedy.
 */
int store_open(const struct store_options *options, struct store **out, char *why, size_t why_room);

/* Whether other servers write it too: then what is in memory may be old, and the service fetches.
 */
bool store_is_shared(const struct store *store);

/* Commits what waits, then closes; completions that were not collected are dropped. NULL allowed.
 */
void store_close(struct store *store);

/*
 * Hands over one transaction: all of its changes are committed together or not at all. Octets are
 * copied. The completion comes with `tag`, completions in the order of submission. -EAGAIN when the
 * queue is full: nothing was taken; but a transaction larger than the queue is taken when nothing
 * else is held. -EINVAL: no such kind, too many associations.
 */
int store_submit(struct store *store, const struct store_change *changes, size_t count,
                 uint64_t tag);

/*
 * Between the two, what is handed over does not wake the store's thread: what one turn of a loop
 * has made is one commit. Whoever waits for the store (store_flush, store_counter) lets go first.
 */
void store_hold(struct store *store);
void store_let_go(struct store *store);

/* ---- questions: answered by a completion, in the order of submission with the transactions ----
 */

enum store_fetch_kind {
	STORE_FETCH_USER,   /* key: user_name; key2: service_selection, of the live session */
	STORE_FETCH_ACCESS, /* key: Session-Id of an access session */
	STORE_FETCH_AGENT_SESSION, /* key: Session-Id of a home-agent session (the newest of them)
	                            */
	STORE_FETCH_ADDRESS,       /* key: 16 octets, the home address */
	STORE_FETCH_KINDS,
};

/* What a fetch has found of one session; read after all that was submitted before. */
struct store_found {
	bool has_subscriber;
	struct store_subscriber subscriber; /* of the key, or of the session's user */
	bool has_session;
	struct store_session session;
	size_t access_count;
	const struct store_access *accesses; /* all of the session, by Session-Id */
};

/* The completion has one `found`. -EINVAL: no such kind. Else as store_submit. */
int store_fetch(struct store *store, enum store_fetch_kind kind, struct dm_bytes key,
                struct dm_bytes key2, uint64_t tag);

/*
 * Makes this server the keeper of up to `limit` sessions whose keeper's lease has run out or who
 * have none; the completion has them as found ones, with their new versions, and all that operators
 * have said of home agents, at whatever server. A store that is not shared has no other keepers:
 * none are found, and no agents.
 */
int store_adopt(struct store *store, size_t limit, uint64_t tag);

/* Sessions that are wanted from the servers that keep them, whether these live or not. */
enum store_take_kind {
	STORE_TAKE_SILENT, /* those that store_adopt means */
	STORE_TAKE_NAMED,  /* live ones; key: Session-Id, of an access or a home-agent session;
	                      key2: user_name */
	STORE_TAKE_CLIENT, /* key: Origin-Host of an access session whose Origin-State-Id is not 0
	                      and less than `number` */
	STORE_TAKE_AGENT,  /* live ones; key: home_agent */
	STORE_TAKE_KINDS,
};

struct store_taking {
	enum store_take_kind kind;
	struct dm_bytes key, key2;
	uint32_t number;
};

/*
 * The same for what is wanted: up to `limit` sessions that another server keeps become this one's.
 * What that server has under way for them comes back with -ESTALE. -EINVAL: no such kind.
 */
int store_take(struct store *store, const struct store_taking *taking, size_t limit, uint64_t tag);

/*
 * Leases up to `count` more of the blocks 0..total-1 of a pool: those of servers whose lease has
 * run out first, then free ones. The completion has all blocks of that pool that this server holds
 * now; when they are not more than before, no other is free. Not shared: -ENOTSUP in the
 * completion.
 */
int store_lease_block(struct store *store, struct dm_bytes pool, uint64_t total, size_t count,
                      uint64_t tag);

/*
 * How often this server has found its own lease run out: when the number grows, others may have
 * taken its sessions and blocks, and what is in memory is to be fetched anew.
 */
uint64_t store_leases_lost(struct store *store);

struct store_completion {
	uint64_t tag;
	/*
	 * 0: durable. The transaction's own fault: -EEXIST a live session, a home address or a key
	 * has an owner already; -ENOENT an access session names no session; -ESTALE the session has
	 * another version; -EINVAL a value out of range. Trouble of the store, after which the next
	 * transaction is tried again: -ENOSPC disk full, -EBUSY locked by another program, -EAGAIN
	 * the database cannot be reached, -EINPROGRESS the connection broke and nobody knows
	 * whether it was committed, -EIO and others.
	 */
	int error;
	/* Of a question, borrowed until the next call of store_completed. */
	size_t found_count;
	const struct store_found *found;
	size_t block_count;
	const uint64_t *blocks;
	size_t agent_count;
	const struct store_agent *agents;
};

/* Readable (poll) while completions wait. */
int store_notify_fd(const struct store *store);
/* The next completion; false when none waits. Call until false. */
bool store_completed(struct store *store, struct store_completion *out);
/*
 * Waits until all that was submitted is done (tests, tools, orderly stop): 0, or the first error
 * since the last flush. Completions stay to be collected.
 */
int store_flush(struct store *store);

/* What went wrong last, for the log: valid until the next call. */
const char *store_error_text(struct store *store);

/*
 * Reads all committed records of a kind in the order of their keys. A `visit` that is not 0 ends
 * the walk and is returned. -EBADMSG: a seal is broken (store_error_text says whose).
 */
int store_each_subscriber(struct store *store,
                          int (*visit)(const struct store_subscriber *, void *), void *context);
int store_each_session(struct store *store, int (*visit)(const struct store_session *, void *),
                       void *context);
int store_each_access(struct store *store, int (*visit)(const struct store_access *, void *),
                      void *context);
int store_each_binding(struct store *store, int (*visit)(const struct store_binding *, void *),
                       void *context);
int store_each_attachment(struct store *store,
                          int (*visit)(const struct store_attachment *, void *), void *context);
int store_each_agent(struct store *store, int (*visit)(const struct store_agent *, void *),
                     void *context);
int store_each_accounting(struct store *store,
                          int (*visit)(const struct store_accounting *, void *), void *context);
int store_each_account(struct store *store, int (*visit)(const struct store_account *, void *),
                       void *context);
int store_each_owed(struct store *store, int (*visit)(const struct store_owed *, void *),
                    void *context);
int store_each_name(struct store *store, int (*visit)(const struct store_name *, void *),
                    void *context);

/*
 * Named counters that never go back, also over a crash: returns the old value and adds `step`,
 * durable before it returns (it blocks: for start-up and block reservation only). Used for
 * "origin-state-id" and "session-block".
 */
int store_counter(struct store *store, const char *name, uint64_t step, uint64_t *value);

/*
 * An audit: addresses that two sessions have, orphans, broken seals, damage of the file. `report`
 * is called once per finding with a sentence. Returns their number; what is only remarkable begins
 * with "note: " and is not counted.
 */
int store_check(struct store *store, void (*report)(const char *sentence, void *context),
                void *context);

/*
 * Compares a home server's store with those of all its home agents, at rest: a session that was
 * promised and that no agent has, a binding that is no session's, another address. Reports as
 * store_check.
 */
int store_check_agents(struct store *server, struct store *const *agents, size_t count,
                       void (*report)(const char *sentence, void *context), void *context);

/* Counters of a store that another was copied into: copies begun, and those that came to an end. */
#define STORE_MIGRATIONS_BEGUN "migrations-begun"
#define STORE_MIGRATIONS_ENDED "migrations-ended"

struct store_migration {
	const char *server; /* identity that the server has, and keeps in a shared store */
	void (*progress)(uint64_t records, void *context); /* every few thousand; may be NULL */
	void *context;
};

/*
 * Copies all records and counters of `from` into `to`, which is empty, or holds a copy that broke
 * off: then it is done again. Secrets are sealed with the key of `to`; sessions have no keeper
 * there, so that the first server adopts them. Both are owned by the caller alone. On error `why`
 * has a sentence: -EEXIST `to` has records of its own.
 */
int store_migrate(struct store *from, struct store *to, const struct store_migration *wanted,
                  uint64_t *records, char *why, size_t why_room);

/*
 * Makes a new key file for a store in a directory and seals every secret with it, in one
 * transaction; a crash leaves the old key in force or the new one. Nobody else may own the store.
 * The old key opens nothing afterwards but older copies. `sealed` counts the secrets. On error
 * nothing has changed and `why` holds a sentence.
 */
int store_rekey(const char *directory, size_t *sealed, char *why, size_t why_room);

#endif
