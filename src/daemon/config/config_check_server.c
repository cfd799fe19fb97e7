/* SPDX-License-Identifier: Apache-2.0 */
#include "config_check.h"

#include <inttypes.h>

#define SHOWN(bytes) (int)(bytes).size, (const char *)(bytes).at

/* ---- policy ---- */

static bool exceeds(dm_time inner, dm_time outer)
{
	return outer != 0 && (inner == 0 || inner > outer);
}

static void check_policy(const struct hw_config *config, struct hw_report *report)
{
	const struct hw_config_policy *policy = &config->policy;

	if (exceeds(policy->authorization_lifetime, policy->session_timeout))
		hw_report_add(
			report,
			hw_config_line(config, &policy->authorization_lifetime, policy->head.line),
			"authorization-lifetime is longer than session-timeout; shorten it "
			"or raise the other");
	if (exceeds(policy->key_lifetime, policy->session_timeout))
		hw_report_add(report,
		              hw_config_line(config, &policy->key_lifetime, policy->head.line),
		              "key-lifetime is longer than session-timeout; shorten it or raise "
		              "the other");
}

static void check_protocols(const struct hw_config *config, struct hw_report *report)
{
	const struct hw_list *list = &config->policy.sa_protocols;
	const int *protocol = list->at;

	for (size_t i = 1; i < list->count; i++) {
		for (size_t j = 0; j < i; j++) {
			if (protocol[i] == protocol[j])
				hw_report_add(report, hw_config_line(config, &protocol[i], 0),
				              "sa-protocols names a protocol twice; name it once");
		}
	}
}

/* ---- locations ---- */

static const struct hw_config_location *find_location(const struct hw_config *config,
                                                      struct dm_bytes name)
{
	const struct hw_config_location *locations = config->locations.at;

	for (size_t i = 0; i < config->locations.count; i++) {
		if (dm_bytes_equal(locations[i].name, name))
			return &locations[i];
	}
	return NULL;
}

static void check_locations(const struct hw_config *config, struct hw_report *report)
{
	const struct hw_config_location *locations = config->locations.at;

	for (size_t i = 0; i < config->locations.count; i++) {
		const struct dm_bytes *near = locations[i].near.at;

		for (size_t j = 0; j < locations[i].near.count; j++) {
			if (!find_location(config, near[j]))
				hw_report_add(report, hw_config_line(config, &near[j], 0),
				              "near names the location \"%.*s\", which no block "
				              "describes; add location \"%.*s\"",
				              SHOWN(near[j]), SHOWN(near[j]));
		}
	}
}

/* ---- home agents ---- */

static void check_prefix_pool(const struct hw_config *config, const struct store_prefix *pool,
                              const uint64_t *length, unsigned line, struct hw_report *report)
{
	if (*length <= pool->length)
		hw_report_add(report, hw_config_line(config, length, line),
		              "prefix-length %" PRIu64 " leaves nothing to divide of prefix-pool's "
		              "/%u; write %u or more",
		              *length, pool->length, pool->length + 1);
}

static void check_agent_pool(const struct hw_config *config, const struct hw_config_agent *agent,
                             struct hw_report *report)
{
	if (agent->has_prefix && agent->has_prefix_pool)
		hw_report_add(report, hw_config_line(config, &agent->prefix_pool, agent->head.line),
		              "prefix and prefix-pool exclude each other; keep one of them");
	if (agent->has_prefix_pool)
		check_prefix_pool(config, &agent->prefix_pool, &agent->prefix_length,
		                  agent->head.line, report);
	if (agent->has_pool && agent->has_prefix && !hw_prefix_within(&agent->pool, &agent->prefix))
		hw_report_add(report, hw_config_line(config, &agent->pool, agent->head.line),
		              "pool lies outside of prefix; choose one inside, as home addresses "
		              "are on the home link");
	if (agent->has_pool && agent->pool.length > 126)
		hw_report_add(
			report, hw_config_line(config, &agent->pool, agent->head.line),
			"pool holds no address to give away; use a prefix of /126 or shorter");
}

static bool overlap(const struct store_prefix *a, const struct store_prefix *b)
{
	return hw_prefix_within(a, b) || hw_prefix_within(b, a);
}

static void check_agent_pair(const struct hw_config *config, const struct hw_config_agent *agent,
                             const struct hw_config_agent *other, struct hw_report *report)
{
	if (dm_bytes_equal_folded(agent->identity, other->identity))
		hw_report_add(report, agent->head.line,
		              "home-agent \"%.*s\" is there already, in line %u; join the two "
		              "blocks",
		              SHOWN(agent->identity), other->head.line);
	if (agent->has_pool && other->has_pool && overlap(&agent->pool, &other->pool))
		hw_report_add(report, hw_config_line(config, &agent->pool, agent->head.line),
		              "pool overlaps that of \"%.*s\" in line %u; separate them",
		              SHOWN(other->identity), hw_config_line(config, &other->pool, 0));
	if (agent->has_prefix_pool && other->has_prefix_pool &&
	    overlap(&agent->prefix_pool, &other->prefix_pool))
		hw_report_add(report, hw_config_line(config, &agent->prefix_pool, agent->head.line),
		              "prefix-pool overlaps that of \"%.*s\" in line %u; separate them",
		              SHOWN(other->identity),
		              hw_config_line(config, &other->prefix_pool, 0));
	if (memcmp(agent->address.address, other->address.address, 16) == 0)
		hw_report_add(report, hw_config_line(config, &agent->address, agent->head.line),
		              "address is that of \"%.*s\" in line %u; each home agent has its own",
		              SHOWN(other->identity), hw_config_line(config, &other->address, 0));
}

static void check_agents(struct hw_config *config, struct hw_report *report)
{
	struct hw_config_agent *agents = config->agents.at;

	for (size_t i = 0; i < config->agents.count; i++) {
		struct hw_config_agent *agent = &agents[i];

		if (agent->realm.size == 0)
			agent->realm = config->realm;
		if (agent->fqdn.size == 0)
			agent->fqdn = agent->identity;
		if (agent->location.size > 0 && !find_location(config, agent->location))
			hw_report_add(report,
			              hw_config_line(config, &agent->location, agent->head.line),
			              "location \"%.*s\" is not described; add location \"%.*s\"",
			              SHOWN(agent->location), SHOWN(agent->location));
		check_agent_pool(config, agent, report);
		for (size_t j = 0; j < i; j++)
			check_agent_pair(config, agent, &agents[j], report);
	}
}

void hw_config_check_server(struct hw_config *config, struct hw_report *report)
{
	check_policy(config, report);
	check_protocols(config, report);
	check_locations(config, report);
	check_agents(config, report);
}

/* ---- the home agent's own side ---- */

static void check_link(const struct hw_config *config, const struct hw_config_link *link,
                       struct hw_report *report)
{
	struct store_prefix own = link->address;

	own.length = 128;
	if (link->has_address && !hw_prefix_within(&own, &link->prefix))
		hw_report_add(report, hw_config_line(config, &link->address, link->head.line),
		              "address is not on this link; choose one inside of its prefix");
	if (link->has_pool && !hw_prefix_within(&link->pool, &link->prefix))
		hw_report_add(report, hw_config_line(config, &link->pool, link->head.line),
		              "pool is not on this link; choose one inside of its prefix");
	if (link->has_pool && link->pool.length > 126)
		hw_report_add(
			report, hw_config_line(config, &link->pool, link->head.line),
			"pool holds no address to give away; use a prefix of /126 or shorter");
}

void hw_config_check_home_agent(const struct hw_config *config, struct hw_report *report)
{
	const struct hw_config_link *links = config->links.at;

	if (!config->roles[HW_ROLE_HOME_AGENT])
		return;
	if (config->links.count == 0)
		hw_report_add(report, 0,
		              "the role home-agent serves no link; add link \"PREFIX\" {}");
	for (size_t i = 0; i < config->links.count; i++) {
		check_link(config, &links[i], report);
		for (size_t j = 0; j < i; j++) {
			if (overlap(&links[i].prefix, &links[j].prefix))
				hw_report_add(report, links[i].head.line,
				              "this link overlaps that of line %u; separate them",
				              links[j].head.line);
		}
	}
}
