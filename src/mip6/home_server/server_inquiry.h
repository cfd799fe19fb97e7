/* SPDX-License-Identifier: Apache-2.0 */
/*
 * server_inquiry: what waits for its records, and how it goes on when they are here.
 *
 * An inquiry is owned by its fetches while they are under way, then by a timer or by the verb that
 * goes on with it; its end answers whoever waits. What is not here: where inquiries come from, and
 * what becomes of commits (server_shared.c).
 */
#ifndef MIP6_SERVER_INQUIRY_H
#define MIP6_SERVER_INQUIRY_H

#include "server.h"

#define MIP6_LOOK_AGAIN  (50 * DM_MILLISECOND)
#define MIP6_AFTER_DOUBT ((dm_time)2 * DM_SECOND)

enum mip6_inquiry_kind {
	MIP6_INQUIRY_REQUEST,     /* as it came: octets hold its wire */
	MIP6_INQUIRY_BOOTSTRAP,   /* a MBR that has been read */
	MIP6_INQUIRY_SESSION_DUE, /* its timer, or doubt; octets hold its home agent's Session-Id */
	MIP6_INQUIRY_ACCESS_END,  /* octets hold its Session-Id */
	MIP6_INQUIRY_TERMINATION, /* STR of an agent; octets hold the Session-Id */
	MIP6_INQUIRY_ORDER,       /* an operator's; octets hold the user name */
};

struct mip6_inquiry {
	struct dm_timer timer; /* until it asks again */
	enum mip6_inquiry_kind kind;
	enum mip6_shared_order order;
	bool lost;                      /* MIP6_INQUIRY_ACCESS_END: its client has restarted */
	uint8_t waits;                  /* fetches that are to come back */
	uint8_t looks;                  /* how often it has asked */
	int error;                      /* of the fetches */
	struct mip6_bootstrap *request; /* MIP6_INQUIRY_BOOTSTRAP: owned */
	uint64_t transaction;           /* 0: nobody waits */
	uint64_t number;  /* MIP6_INQUIRY_SESSION_DUE: of the session; MIP6_INQUIRY_ORDER: the
	                     operator's tag */
	uint64_t seen[2]; /* sessions that its fetches brought */
	size_t user_size; /* MIP6_INQUIRY_SESSION_DUE of a split session: octets hold its user name
	                   */
	struct dm_header header; /* MIP6_INQUIRY_REQUEST */
	size_t size;
	uint8_t octets[];
};

/* NULL: no memory. */
struct mip6_inquiry *mip6_inquiry_new(enum mip6_inquiry_kind kind, struct dm_bytes octets,
                                      uint64_t transaction);
/* Of the session's record. NULL: no memory. */
struct mip6_inquiry *mip6_inquiry_about(struct mip6_home_server *server,
                                        const struct mip6_session *session);
/* Both take it. */
void mip6_inquiry_ask(struct mip6_home_server *server, struct mip6_inquiry *inquiry);
void mip6_inquiry_ask_later(struct mip6_home_server *server, struct mip6_inquiry *inquiry,
                            dm_time wait);
/* For a transaction that no inquiry could be made for; 0: nobody waits. */
void mip6_inquiry_out_of_memory(struct mip6_home_server *server, uint64_t transaction);

#endif
