/* SPDX-License-Identifier: Apache-2.0 */
/*
 * names: what the home server knows of its mobile nodes' names in DNS.
 *
 * A name is one (user, FQDN, home address) from before the first update that adds it until after
 * the last one that removes it; it outlives its session while its removal is owed. What is not
 * here: what happens to it and when (server_dns.c).
 */
#ifndef MIP6_NAMES_H
#define MIP6_NAMES_H

#include "base/map.h"
#include "base/timers.h"
#include "bootstrap.h"

struct mip6_session;

/* As stored (store_name.state). */
enum mip6_name_state {
	MIP6_NAME_WANTED, /* DNS is to have it, and may have it */
	MIP6_NAME_MADE,   /* DNS has it */
	MIP6_NAME_OWED,   /* it is to go */
};
const char *mip6_name_state_name(uint8_t state);

struct mip6_name {
	struct dm_timer timer;          /* the limit of those who wait, else the next try */
	struct mip6_name *user_next;    /* another one of the user */
	struct mip6_name *ready_next;   /* in the row for a free place */
	struct mip6_session *session;   /* whose it is; NULL: nobody's any more */
	struct mip6_bootstrap *waiting; /* owned: MBR whose MBA waits for the outcome */
	uint64_t id;
	uint64_t session_id;
	uint64_t version; /* grows with each commit: only the last one's return counts */
	int64_t since;    /* seconds since 1970, of the state */
	dm_time held_until;
	struct store_prefix home_address;
	uint8_t state;
	uint8_t failures;                         /* in a row */
	uint8_t forward_outcome, reverse_outcome; /* enum dns_outcome, of the last try */
	bool stored;                              /* a record exists, or may */
	bool committing;
	bool under_way;    /* at the name server */
	bool ready;        /* in the row */
	bool forward_done; /* as the state wants it */
	bool reverse_done;
	bool kept;     /* waits until its twin is back from the name server */
	bool in_doubt; /* some update may have reached the server unseen */
	bool moved;    /* its session went to another home agent: the next one inherits it */
	uint16_t user_size, fqdn_size, service_size;
	uint8_t octets[]; /* user, fqdn, service */
};

struct mip6_names {
	struct dm_map by_user; /* the first of a user's */
	struct dm_timers timers;
	struct mip6_name *ready_first, *ready_last;
	size_t count, limit, owed;
	size_t under_way;
};

void mip6_names_init(struct mip6_names *names, size_t limit, uint64_t seed);
void mip6_names_fini(struct mip6_names *names);

static inline struct dm_bytes mip6_name_user(const struct mip6_name *name)
{
	return dm_bytes_of(name->octets, name->user_size);
}

static inline struct dm_bytes mip6_name_fqdn(const struct mip6_name *name)
{
	return dm_bytes_of(name->octets + name->user_size, name->fqdn_size);
}

static inline struct dm_bytes mip6_name_service(const struct mip6_name *name)
{
	return dm_bytes_of(name->octets + name->user_size + name->fqdn_size, name->service_size);
}

/* NULL: no memory, or as many as there may be. */
struct mip6_name *mip6_name_new(struct mip6_names *names, uint64_t id, struct dm_bytes user,
                                struct dm_bytes fqdn, struct dm_bytes service,
                                const struct store_prefix *address);
/* Out of everything; nobody waits for it any more. */
void mip6_name_free(struct mip6_names *names, struct mip6_name *name);
/* NULL: there is none. */
struct mip6_name *mip6_name_find(const struct mip6_names *names, struct dm_bytes user,
                                 struct dm_bytes fqdn, const struct store_prefix *address);
/* Another of the user's names with the same FQDN, behind `after` (NULL: the first); NULL: no more.
 */
struct mip6_name *mip6_name_twin(const struct mip6_names *names, const struct mip6_name *name,
                                 const struct mip6_name *after);
/* The user's newest name that a move has left behind for this service. */
struct mip6_name *mip6_name_left_behind(const struct mip6_names *names, struct dm_bytes user,
                                        struct dm_bytes service);
void mip6_name_set_state(struct mip6_names *names, struct mip6_name *name,
                         enum mip6_name_state state, int64_t now);
/* To the end of the row; `first`: before those that nobody waits for. */
void mip6_name_line_up(struct mip6_names *names, struct mip6_name *name, bool first);
/* The next of the row, out of it; NULL: it is empty. */
struct mip6_name *mip6_name_call_up(struct mip6_names *names);
/* Its session goes away. */
void mip6_name_detach(struct mip6_session *session);

#endif
