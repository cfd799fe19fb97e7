/* SPDX-License-Identifier: Apache-2.0 */
/*
 * node_private: one Diameter node from the inside. For node*.c, peer/ and route/ only.
 *
 *	connections    transport connections by number, each with its framing and its output
 *	peers          by Origin-Host; each with its two machines and what waits for its answers
 *	realms         where requests go
 *	transactions   requests under way, ours and others'
 *	duplicates     requests for us that were seen, and their answers
 *	turn           what waits to be handled and what waits to be told
 *
 * One call at a time drives it. Transport events and timers are handled at once, octets when
 * dm_node_effect asks for the next effect: so one decoded message lives in `arena` at a time, and
 * its effect leaves before the next one is read.
 */
#ifndef DM_NODE_PRIVATE_H
#define DM_NODE_PRIVATE_H

#include "base/map.h"
#include "diameter/codec/raw.h"
#include "diameter/node.h"
#include "diameter/node_timer.h"
#include "diameter/node_turn.h"
#include "diameter/peer/connection.h"
#include "diameter/peer/peer.h"
#include "diameter/route/arrival.h"
#include "diameter/route/choose.h"
#include "diameter/route/duplicates.h"
#include "diameter/route/realm.h"
#include "diameter/route/redirect.h"
#include "diameter/route/transaction.h"
#include "diameter/session/session_id.h"
#include "dict/base.dia.h"

struct dm_node {
	struct dm_node_config config; /* its octets and lists are in `names` */
	struct dm_arena names;
	const struct dm_dictionary *dictionary; /* borrowed */
	struct dm_identity identity;
	struct dm_decode_options decode_options;
	dm_time now; /* of the last call that brought it */
	uint64_t random;
	bool forwards; /* is a relay, or has a route to be proxied */
	bool proxies;  /* has a route to be proxied */
	bool diverts;  /* has a route to be answered with a redirect */
	bool stopping;
	struct dm_timers timers;
	size_t timer_count; /* that may be set */
	struct dm_connections connections;
	struct dm_peers peers;
	struct dm_realm_table realms;
	struct dm_transactions transactions;
	struct dm_duplicates duplicates;
	struct dm_redirects redirects;
	struct dm_map origins;         /* Origin-Host -> its Origin-State-Id (origins.c) */
	struct dm_origin *last_origin; /* of these the one seen last; NULL: none */
	struct dm_session_ids session_ids;
	uint32_t end_to_end_id;   /* the next one */
	struct dm_arena arena;    /* of the message being handled */
	struct dm_writer scratch; /* an answer without its Proxy-Info */
	struct dm_writer answer;  /* one that nobody waits for */
	struct dm_turn turn;
};

#endif
