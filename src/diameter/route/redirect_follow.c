/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Following redirects to another host (RFC 6733 6.1.8, 6.12).
 */
#include "diameter/codec/syntax.h"
#include "diameter/node_private.h"

#include <stdlib.h>

#define SWEEP_INTERVAL (30 * DM_SECOND)

/* A request that waits for a peer to open, with the answer that sent it there. */
struct dm_redirect_waiter {
	struct dm_redirect_waiter *next;
	uint64_t transaction; /* it may have ended meanwhile */
	uint64_t peer;        /* serial */
	size_t host;          /* the place of the peer among the Redirect-Hosts */
	size_t size;
	uint8_t answer[];
};

/* One request on its way to one of the Redirect-Hosts of an answer. */
struct follow {
	struct dm_node *node;
	struct dm_transaction *transaction;
	struct dm_bytes answer;
	struct dm_routing routing; /* of the request */
	size_t host;               /* the place of the one that is tried */
	struct dm_fault fault;     /* why the last one could not be taken */
};

uint32_t dm_redirect_number(struct dm_bytes message, uint32_t code)
{
	struct dm_raw_avp avp;

	if (!dm_raw_find(message, code, 0, &avp) || avp.data.size != 4)
		return 0;
	return dm_load_u32(avp.data.at);
}

static bool cannot(struct follow *follow, uint32_t result_code, struct dm_bytes host,
                   const char *why)
{
	char name[128];
	struct dm_text text;

	dm_text_init(&text, name, sizeof(name));
	dm_text_octets(&text, host);
	dm_fault_set(&follow->fault, result_code, "Redirected to %s: %s", name, why);
	follow->fault.failed_avp = (struct dm_bytes){ 0 };
	return false;
}

/* ---- waiting ---- */

static bool wait_for(struct follow *follow, const struct dm_peer *peer)
{
	struct dm_redirects *redirects = &follow->node->redirects;
	struct dm_redirect_waiter *waiter;

	if (redirects->waiting_count == DM_REDIRECT_WAITING)
		return cannot(follow, DM_RESULT_DIAMETER_TOO_BUSY, peer->origin_host,
		              "too many requests wait for redirect hosts to be open");
	waiter = malloc(sizeof(*waiter) + follow->answer.size);
	if (!waiter)
		return cannot(follow, DM_RESULT_DIAMETER_TOO_BUSY, peer->origin_host, "no memory");
	*waiter = (struct dm_redirect_waiter){ .transaction = follow->transaction->id,
		                               .peer = peer->serial,
		                               .host = follow->host,
		                               .size = follow->answer.size };
	memcpy(waiter->answer, follow->answer.at, follow->answer.size);
	*redirects->waiting_end = waiter;
	redirects->waiting_end = &waiter->next;
	redirects->waiting_count++;
	return true;
}

/* The oldest waiter for this peer, taken out; NULL: there is none. */
static struct dm_redirect_waiter *take_waiter(struct dm_redirects *redirects, uint64_t peer)
{
	struct dm_redirect_waiter **link = &redirects->waiting;
	struct dm_redirect_waiter *waiter;

	while (*link && (*link)->peer != peer)
		link = &(*link)->next;
	waiter = *link;
	if (!waiter)
		return NULL;
	*link = waiter->next;
	if (!*link)
		redirects->waiting_end = link;
	redirects->waiting_count--;
	return waiter;
}

void dm_redirect_waiting_fini(struct dm_node *node)
{
	while (node->redirects.waiting) {
		struct dm_redirect_waiter *waiter = node->redirects.waiting;

		node->redirects.waiting = waiter->next;
		free(waiter);
	}
}

/* ---- peers that only a redirect named ---- */

/* Those that nothing was sent to since the last look, and that nothing leads to, are left. */
static void sweep(struct dm_node *node, struct dm_node_timer *timer)
{
	struct dm_peer *peer = node->peers.first;

	while (peer) {
		struct dm_peer *next = peer->next;
		bool quiet = peer->requests_out == peer->requests_seen;

		peer->requests_seen = peer->requests_out;
		if (peer->redirected && quiet && dm_peer_is_usable(peer) && !peer->pending.count &&
		    !dm_redirect_leads_to(node, peer->origin_host))
			dm_peer_stop(node, peer, DM_DISCONNECT_CAUSE_DO_NOT_WANT_TO_TALK_TO_YOU);
		peer = next;
	}
	if (node->redirects.dialled)
		dm_node_set_timer(node, timer, node->now + SWEEP_INTERVAL);
}

static bool reserve_sweep(struct dm_node *node)
{
	struct dm_redirects *redirects = &node->redirects;

	if (!redirects->timed)
		redirects->timed = dm_node_timers_reserve(node, 1);
	redirects->timer.due = sweep;
	return redirects->timed;
}

static struct dm_peer *dial(struct follow *follow, const struct dm_uri *uri)
{
	struct dm_occasion dialling = { .why = "dialling where a redirect leads" };
	struct dm_node *node = follow->node;
	struct dm_peer *peer = NULL;

	if (node->redirects.dialled < DM_REDIRECT_PEERS && reserve_sweep(node))
		peer = dm_peer_new(node, uri->fqdn);
	if (!peer)
		return NULL;
	if (node->redirects.dialled++ == 0)
		dm_node_set_timer(node, &node->redirects.timer, node->now + SWEEP_INTERVAL);
	peer->redirected = peer->dials = true;
	peer->dial_port = uri->port;
	peer->dial_tls = uri->secure;
	dm_peer_event(node, peer, DM_PEER_EVENT_START, &dialling);
	return peer;
}

/* ---- one host ---- */

static void keep(const struct follow *follow, const struct dm_peer *peer)
{
	struct dm_raw_avp reporter = { .code = 0 };
	struct dm_indication indication = {
		.usage = dm_redirect_number(follow->answer, DM_AVP_REDIRECT_HOST_USAGE),
		.seconds = dm_redirect_number(follow->answer, DM_AVP_REDIRECT_MAX_CACHE_TIME),
		.to = peer->origin_host,
	};

	if (dm_raw_find(follow->answer, DM_AVP_ORIGIN_HOST, 0, &reporter))
		indication.reporter = reporter.data;
	dm_redirect_keep(follow->node, &follow->routing, &indication);
}

static bool send_to(struct follow *follow, struct dm_peer *peer)
{
	const struct dm_node_config *config = &follow->node->config;

	if (config->redirects_to &&
	    !config->redirects_to(config->redirects_context, peer->origin_host))
		return cannot(follow, DM_RESULT_DIAMETER_UNABLE_TO_DELIVER, peer->origin_host,
		              "the way there is not protected");
	keep(follow, peer);
	/* An error answer was received: T is what it was at first (FO04). */
	follow->transaction->retransmitted = follow->transaction->again;
	return dm_transaction_send(follow->node, follow->transaction, peer) == 0 ||
	       cannot(follow, DM_RESULT_DIAMETER_TOO_BUSY, peer->origin_host, "no memory");
}

/* On its way to be open. */
static bool is_opening(const struct dm_peer *peer)
{
	if (peer->state == DM_PEER_CLOSED)
		return peer->redirected && peer->dials;
	return peer->state < DM_PEER_R_OPEN;
}

/* True: the request is on its way, or waits. */
static bool try_host(struct follow *follow, const struct dm_uri *uri)
{
	struct dm_node *node = follow->node;
	struct dm_peer *peer = dm_peer_find(node, uri->fqdn);

	if (dm_bytes_equal_folded(uri->fqdn, node->config.origin_host) ||
	    (peer && dm_was_tried(follow->transaction, peer)))
		return cannot(follow, DM_RESULT_DIAMETER_LOOP_DETECTED, uri->fqdn,
		              "the request was there already");
	if (peer && is_opening(peer))
		return wait_for(follow, peer);
	if (peer)
		return dm_choose_fits(node, &follow->routing, follow->transaction, peer,
		                      &follow->fault) &&
		       send_to(follow, peer);
	if (node->config.redirect != DM_REDIRECT_DIAL)
		return cannot(follow, DM_RESULT_DIAMETER_UNABLE_TO_DELIVER, uri->fqdn,
		              "no peer of this name is known");
	if (uri->transport != DM_TRANSPORT_TCP)
		return cannot(follow, DM_RESULT_DIAMETER_UNABLE_TO_DELIVER, uri->fqdn,
		              "its transport is not spoken here");
	peer = dial(follow, uri);
	return peer ? wait_for(follow, peer)
	            : cannot(follow, DM_RESULT_DIAMETER_TOO_BUSY, uri->fqdn,
	                     "too many redirect hosts are peers already");
}

/* ---- all of them ---- */

static bool next_host(struct dm_cursor *cursor, struct dm_uri *uri)
{
	struct dm_raw_avp avp;

	while (dm_raw_next(cursor, &avp, NULL))
		if (avp.code == DM_AVP_REDIRECT_HOST && avp.vendor == 0 &&
		    dm_uri_parse(avp.data, uri) && uri->protocol == DM_AAA_DIAMETER)
			return true;
	return false;
}

/* The hosts from place `from` on; what none of them takes ends. */
static void go(struct dm_node *node, struct dm_transaction *transaction, struct dm_bytes answer,
               size_t from)
{
	struct follow follow = { .node = node, .transaction = transaction, .answer = answer };
	struct dm_cursor cursor = dm_raw_avps(answer);
	struct dm_uri uri;

	dm_fault_set(&follow.fault, DM_RESULT_DIAMETER_UNABLE_TO_DELIVER,
	             "A redirect named no host to go to");
	follow.fault.failed_avp = (struct dm_bytes){ 0 };
	dm_routing_read(&follow.routing, dm_transaction_request(transaction),
	                node->config.origin_host);
	for (size_t host = 0; host < DM_REDIRECT_LIMIT && next_host(&cursor, &uri); host++) {
		follow.host = host;
		if (host >= from && try_host(&follow, &uri))
			return;
	}
	dm_transaction_fail(node, transaction, &follow.fault);
}

static void too_often(struct dm_node *node, struct dm_transaction *transaction)
{
	struct dm_fault fault;

	dm_fault_set(&fault, DM_RESULT_DIAMETER_LOOP_DETECTED, "Redirected more than %d times",
	             DM_REDIRECT_HOPS);
	fault.failed_avp = (struct dm_bytes){ 0 };
	dm_transaction_fail(node, transaction, &fault);
}

bool dm_redirect_follow(struct dm_node *node, struct dm_transaction *transaction,
                        struct dm_bytes answer)
{
	uint32_t result_code = dm_redirect_number(answer, DM_AVP_RESULT_CODE);

	if (node->config.redirect == DM_REDIRECT_PASS)
		return false;
	if (result_code == DM_RESULT_DIAMETER_REALM_REDIRECT_INDICATION)
		return dm_redirect_follow_realm(node, transaction, answer);
	if (result_code != DM_RESULT_DIAMETER_REDIRECT_INDICATION)
		return false;
	if (transaction->redirects++ == DM_REDIRECT_HOPS || transaction->tried_count == DM_TRIED)
		too_often(node, transaction);
	else
		go(node, transaction, answer, 0);
	return true;
}

static void wake(struct dm_node *node, const struct dm_peer *peer, size_t skip)
{
	struct dm_redirect_waiter *waiter;

	while ((waiter = take_waiter(&node->redirects, peer->serial))) {
		struct dm_transaction *transaction = dm_transaction_get(node, waiter->transaction);

		if (transaction)
			go(node, transaction, dm_bytes_of(waiter->answer, waiter->size),
			   waiter->host + skip);
		free(waiter);
	}
}

void dm_redirect_peer_up(struct dm_node *node, struct dm_peer *peer)
{
	if (node->redirects.waiting)
		wake(node, peer, 0);
}

void dm_redirect_peer_down(struct dm_node *node, struct dm_peer *peer)
{
	if (node->redirects.count)
		dm_redirect_forget(node, peer->origin_host);
	if (peer->redirected) {
		peer->redirected = false;
		node->redirects.dialled--;
		peer->dials = peer->dials && peer->configured;
	}
	if (node->redirects.waiting)
		wake(node, peer, 1);
}
