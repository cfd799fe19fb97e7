/* SPDX-License-Identifier: Apache-2.0 */
/*
 * server_take: sessions that other servers keep are taken, and then something is done with them
 * (shared mode).
 *
 * An operator's order, another profile of a subscriber, a NAS that has restarted: each concerns
 * sessions whoever keeps them. They are taken a slice at a time; when no other server has one any
 * more, what is in memory is all of them, and the way is the same as without sharing. What the
 * others have under way for them comes back to them with -ESTALE. What is not here: what is done.
 */
#ifndef MIP6_SERVER_TAKE_H
#define MIP6_SERVER_TAKE_H

#include "home_server.h"
#include "server_shared.h"

struct mip6_home_server;
struct mip6_pending;

enum mip6_take_then {
	MIP6_TAKE_NOTHING,    /* to be kept here is all */
	MIP6_TAKE_ORDER,      /* an operator's, about sessions of a name */
	MIP6_TAKE_MOVE,       /* a home agent is emptied */
	MIP6_TAKE_SUBSCRIBER, /* one is enabled, disabled or deleted */
	MIP6_TAKE_PUT,        /* subscribers are stored */
};

/* Of a MIP6_PENDING_TAKE, or of subscribers that wait to be stored. */
struct mip6_taken {
	enum mip6_take_then then;
	enum store_take_kind kind;
	uint8_t order; /* enum mip6_operator_order, enum mip6_shared_order */
	bool has_service;
	size_t name_size; /* what is behind it is a Service-Selection */
	uint32_t number;
	size_t done; /* PUT: so many of the subscribers */
};

/* Subscribers of one change whose sessions are taken; a larger import concerns those that are kept
 * here, and all others with their next MBR. */
#define MIP6_TAKE_SUBSCRIBERS 1000

/* Each of them ends in one RESULT with `tag`, as without sharing. */
void mip6_take_for_order(struct mip6_home_server *server, enum mip6_operator_order order,
                         struct dm_bytes name, const struct dm_bytes *service, uint64_t tag);
void mip6_take_for_move(struct mip6_home_server *server, struct dm_bytes host, uint64_t tag);
void mip6_take_for_subscriber(struct mip6_home_server *server, enum mip6_shared_order order,
                              struct dm_bytes user_name, uint64_t tag);
/* Before the subscribers of `pending` are stored, which happens then. */
void mip6_take_for_put(struct mip6_home_server *server, struct mip6_pending *pending);

/* A message of this client has come: when its Origin-State-Id has grown, its sessions are taken. */
void mip6_take_of_client(struct mip6_home_server *server, struct dm_bytes origin_host,
                         uint32_t origin_state_id);
/* The highest that was seen; 0: none. */
uint32_t mip6_take_state_of(const struct mip6_home_server *server, struct dm_bytes origin_host);
void mip6_take_fini(struct mip6_home_server *server);

void mip6_take_came(struct mip6_home_server *server, uint64_t tag, int error,
                    const struct store_found *found, size_t count);

#endif
