/* SPDX-License-Identifier: Apache-2.0 */
/* The decision by itself, told step by step. */
#include "explain.h"

#include "server.h"

/* A number that no session ever has (home_server.h: session_block). */
#define NO_SESSION UINT64_MAX

/* What is known while one question is answered. */
struct inquiry {
	struct mip6_home_server *server;
	struct mip6_facts facts;
	uint64_t tried[MIP6_CANDIDATE_LIMIT];
	const struct mip6_explain_visitor *visitor;
	struct mip6_explanation *out;
};

static void say(struct mip6_explanation *out, uint32_t result_code, const char *sentence)
{
	struct dm_text text;

	out->result_code = result_code;
	dm_text_init(&text, out->text, sizeof(out->text));
	dm_text_add(&text, "%s", sentence);
}

/* ---- the facts ---- */

static void tell_subscriber(struct inquiry *inquiry)
{
	const struct store_subscriber *subscriber = inquiry->facts.subscriber;
	struct mip6_explanation *out = inquiry->out;

	out->known = subscriber != NULL;
	out->enabled = subscriber && subscriber->enabled;
	out->mobility = subscriber && subscriber->mobility;
	out->local_asked = inquiry->facts.request->local;
	out->local_allowed = mip6_local_allowed(inquiry->facts.request, subscriber);
}

/* A session that its agent is letting go is set aside, and does not count. */
static void find_session(struct inquiry *inquiry)
{
	const struct store_subscriber *subscriber = inquiry->facts.subscriber;
	struct mip6_session *session;

	if (!subscriber)
		return;
	session = mip6_session_of_user(&inquiry->server->sessions, subscriber->user_name,
	                               inquiry->facts.request->service_selection);
	if (!session)
		return;
	inquiry->out->session_state = mip6_session_state_name(session->state);
	if (!mip6_server_is_leaving(session))
		inquiry->facts.session = session;
}

static void tell_place(struct inquiry *inquiry)
{
	const struct mip6_nas_place place = mip6_place_of(inquiry->facts.request);
	const struct mip6_location_config *location =
		mip6_agents_locate(inquiry->facts.agents, &place);

	if (!location)
		return;
	inquiry->out->location = location->name;
	inquiry->out->rule = mip6_location_rule(location, &place);
}

static void tell_agents(struct inquiry *inquiry)
{
	const struct mip6_nas_place place = mip6_place_of(inquiry->facts.request);
	struct mip6_selection selection = mip6_selection_of(
		&inquiry->facts, mip6_agents_locate(inquiry->facts.agents, &place));

	for (size_t i = 0; i < inquiry->facts.agents->count; i++) {
		const struct mip6_agent *agent = inquiry->facts.agents->agents[i];
		const struct mip6_rank rank = mip6_agent_rank(agent, &selection);
		struct mip6_explained_agent told = {
			.host = agent->config.host,
			.location = agent->config.location,
			.local = agent->config.local,
			.last = rank.last,
			.distance = rank.distance,
			.sessions = agent->sessions,
			.weight = agent->weight,
			.capacity = agent->capacity,
		};

		selection.local = agent->config.local && inquiry->out->local_allowed;
		told.unfit = mip6_agent_fits(agent, &selection);
		inquiry->visitor->agent(&told, inquiry->visitor->context);
	}
}

/* ---- trying it on ---- */

static bool is_hint(const struct store_prefix *hint)
{
	return hint->length > 0 && !mip6_address_is_unspecified(hint->address);
}

static bool same(const struct store_prefix *a, const struct store_prefix *b)
{
	return memcmp(a->address, b->address, sizeof(a->address)) == 0;
}

static const char *address_from(const struct inquiry *inquiry, const struct mip6_session *session)
{
	const struct store_prefix *hint = &inquiry->facts.request->home_address;

	if (inquiry->facts.subscriber->has_home_address)
		return "the subscriber's own";
	if (session->home_address.length == 0)
		return "the home agent chooses it";
	if (is_hint(hint) && same(hint, &session->home_address))
		return "the hint, which is free and allowed";
	if (is_hint(hint))
		return "the pool; the hint is taken or not allowed";
	return session->delegated ? "a free one of the node's own prefix" : "the pool";
}

static const char *prefix_from(const struct inquiry *inquiry, const struct mip6_session *session)
{
	const struct store_prefix *hint = &inquiry->facts.request->home_prefix;

	if (inquiry->facts.subscriber->has_home_prefix)
		return "the subscriber's own";
	if (session->home_prefix.length == 0)
		return "none is configured";
	if (!session->delegated)
		return "the home agent's link, of all its nodes";
	if (is_hint(hint) && same(hint, &session->home_prefix))
		return "the hint, which is free and allowed";
	return is_hint(hint) ? "the prefix pool; the hint is taken or not allowed"
	                     : "the prefix pool";
}

static void tell_session(struct inquiry *inquiry, const struct mip6_session *session)
{
	struct mip6_explanation *out = inquiry->out;
	const struct mip6_agent_config *agent = &session->agent->config;

	out->home_agent = agent->host;
	out->home_agent_fqdn = agent->fqdn;
	out->home_agent_address = agent->address;
	out->home_address = session->home_address;
	out->home_prefix = session->home_prefix;
	out->sa_protocols = session->sa_protocols;
}

/* With a session that nobody finds and that is gone again when this returns. Pools and generator
 * are put back as they were, so that the next MBR gets what it would have got. */
static uint32_t try_on(struct inquiry *inquiry, const struct mip6_decision *decision,
                       const char **why)
{
	struct mip6_home_server *server = inquiry->server;
	const struct mip6_session_names names = {
		.user_name = inquiry->facts.subscriber->user_name,
		.service_selection = inquiry->facts.request->service_selection,
	};
	const struct mip6_pool addresses = decision->agent->addresses;
	const struct mip6_pool prefixes = decision->agent->prefixes;
	const uint64_t random = server->random;
	struct mip6_session *session =
		mip6_session_new(&server->sessions, NO_SESSION, &names, false);
	uint32_t result = DM_RESULT_DIAMETER_UNABLE_TO_COMPLY;

	*why = "the server is out of memory";
	if (!session)
		return result;
	result = mip6_server_allocate(server, session, inquiry->facts.request,
	                              inquiry->facts.subscriber, decision, why);
	if (!result) {
		tell_session(inquiry, session);
		inquiry->out->address_from = address_from(inquiry, session);
		inquiry->out->prefix_from = prefix_from(inquiry, session);
	}
	mip6_session_free(&server->sessions, session);
	decision->agent->addresses = addresses;
	decision->agent->prefixes = prefixes;
	server->random = random;
	return result;
}

/* The home agent that a visited network names: it would be admitted if it can be reached. */
static uint32_t try_hinted(struct inquiry *inquiry, const char **why)
{
	const struct mip6_bootstrap *request = inquiry->facts.request;
	const struct store_subscriber *subscriber = inquiry->facts.subscriber;
	const struct mip6_agent agent = {
		.config = { .host = request->home_agent_fqdn, .realm = request->origin_realm },
	};
	struct mip6_explanation *out = inquiry->out;

	*why = "it cannot be reached over a protected path";
	if (!mip6_server_reaches(inquiry->server, &agent) ||
	    !mip6_server_protected(inquiry->server, &agent))
		return DM_RESULT_DIAMETER_ERROR_HA_NOT_AVAILABLE;
	out->home_agent = out->home_agent_fqdn = request->home_agent_fqdn;
	out->home_agent_address = request->home_agent_address;
	out->home_address = subscriber->home_address;
	out->address_from =
		subscriber->has_home_address ? "the subscriber's own" : "the home agent chooses it";
	out->home_prefix = subscriber->home_prefix;
	out->prefix_from =
		subscriber->has_home_prefix ? "the subscriber's own" : "the home agent chooses it";
	out->sa_protocols = mip6_server_protocols(inquiry->server, subscriber);
	return 0;
}

static uint32_t try_decision(struct inquiry *inquiry, const struct mip6_decision *decision)
{
	bool hinted = decision->choice == MIP6_ASSIGN_HINTED;
	struct mip6_explained_try told = {
		.host = hinted ? inquiry->facts.request->home_agent_fqdn
		               : decision->agent->config.host,
	};

	told.result_code =
		hinted ? try_hinted(inquiry, &told.why) : try_on(inquiry, decision, &told.why);
	if (!told.result_code)
		told.why = NULL;
	else
		say(inquiry->out, told.result_code, told.why);
	inquiry->visitor->attempt(&told, inquiry->visitor->context);
	/* Next time without it; a hinted one has no number, and is tried first or never. */
	inquiry->tried[inquiry->facts.tried_count++] =
		hinted ? UINT64_MAX : decision->agent->number;
	return told.result_code;
}

/* As for a MBR: each decision that cannot be carried out shuts out its agent. */
static void choose(struct inquiry *inquiry)
{
	struct mip6_explanation *out = inquiry->out;

	inquiry->facts.tried = inquiry->tried;
	while (inquiry->facts.tried_count < MIP6_CANDIDATE_LIMIT) {
		struct mip6_decision decision = mip6_decide(&inquiry->facts);

		if (decision.choice == MIP6_REFUSE) {
			if (!out->result_code)
				say(out, decision.result_code, decision.reason);
			break;
		}
		out->decision = decision;
		if (try_decision(inquiry, &decision) == 0) {
			say(out, DM_RESULT_DIAMETER_SUCCESS, "");
			return;
		}
	}
	out->decision.choice = MIP6_REFUSE;
}

/* ---- what the MBA says ---- */

static bool may_be_named(const struct inquiry *inquiry)
{
	struct mip6_dns_update update;
	const char *why;

	if (mip6_dns_update_read(inquiry->facts.request->dns_update, &update, &why) != 0)
		return false;
	return mip6_subscriber_may_be_named(inquiry->facts.subscriber,
	                                    dm_bytes_of(update.fqdn, update.fqdn_size));
}

static void tell_grant(struct inquiry *inquiry)
{
	struct mip6_home_server *server = inquiry->server;
	const struct store_subscriber *subscriber = inquiry->facts.subscriber;
	const struct mip6_lifetimes lifetimes =
		mip6_server_lifetimes(server, inquiry->facts.request, subscriber);
	struct mip6_explanation *out = inquiry->out;

	out->feature_vector = MIP6_FEATURE_INTEGRATED;
	if (out->local_allowed)
		out->feature_vector |= MIP6_FEATURE_LOCAL;
	out->authorization_lifetime = lifetimes.authorization;
	out->session_timeout = lifetimes.session;
	out->name_allowed = may_be_named(inquiry);
	out->key_lifetime = mip6_server_key_lifetime(server, subscriber);
}

void mip6_home_server_explain(struct mip6_role *role, const struct mip6_bootstrap *question,
                              const struct mip6_explain_visitor *visitor,
                              struct mip6_explanation *out, struct mip6_now now)
{
	struct mip6_home_server *server = (struct mip6_home_server *)role;
	struct inquiry inquiry = { .server = server, .visitor = visitor, .out = out };

	server->now = now;
	*out = (struct mip6_explanation){ 0 };
	inquiry.facts = mip6_server_facts(server, question);
	tell_subscriber(&inquiry);
	find_session(&inquiry);
	out->decision = mip6_decide(&inquiry.facts);
	tell_place(&inquiry);
	if (out->decision.choice == MIP6_REUSE) {
		say(out, DM_RESULT_DIAMETER_SUCCESS, "");
		if (inquiry.facts.session->agent)
			tell_session(&inquiry, inquiry.facts.session);
	} else if (inquiry.facts.subscriber && out->enabled && out->mobility) {
		tell_agents(&inquiry);
		choose(&inquiry);
	} else {
		say(out, out->decision.result_code, out->decision.reason);
	}
	if (out->result_code == DM_RESULT_DIAMETER_SUCCESS)
		tell_grant(&inquiry);
}
