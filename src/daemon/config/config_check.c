/* SPDX-License-Identifier: Apache-2.0 */
#include "config_check.h"

#include "dict/base.dia.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/un.h>

#define SHOWN(bytes) (int)(bytes).size, (const char *)(bytes).at

static void check_roles(struct hw_config *config, struct hw_report *report)
{
	const int *role = config->role_list.at;

	for (size_t i = 0; i < config->role_list.count; i++) {
		if (config->roles[role[i]])
			hw_report_add(report, hw_config_line(config, &role[i], 0),
			              "roles: %s is named twice; name it once",
			              hw_role_names[role[i]]);
		config->roles[role[i]] = true;
	}
}

/* A block that nobody reads would be a promise not kept. */
static void check_block_has_role(const struct hw_config *config, enum hw_role role,
                                 const char *block, unsigned line, struct hw_report *report)
{
	if (line && !config->roles[role])
		hw_report_add(report, line,
		              "block %s has no effect without the role %s; remove it or add the "
		              "role",
		              block, hw_role_names[role]);
}

static void check_blocks_have_roles(const struct hw_config *config, struct hw_report *report)
{
	const struct hw_config_agent *agents = config->agents.at;
	const struct hw_config_location *locations = config->locations.at;
	const struct hw_config_agreement *agreements = config->agreements.at;
	const struct hw_config_link *links = config->links.at;

	check_block_has_role(config, HW_ROLE_HOME_SERVER, "policy", config->policy.head.line,
	                     report);
	check_block_has_role(config, HW_ROLE_HOME_SERVER, "dns", config->dns.head.line, report);
	check_block_has_role(config, HW_ROLE_HOME_AGENT, "home-agent-role",
	                     config->home_agent_role.head.line, report);
	check_block_has_role(config, HW_ROLE_NAS, "nas", config->nas.head.line, report);
	for (size_t i = 0; i < config->agreements.count; i++)
		check_block_has_role(config, HW_ROLE_PROXY, "agreement", agreements[i].head.line,
		                     report);
	for (size_t i = 0; i < config->links.count; i++)
		check_block_has_role(config, HW_ROLE_HOME_AGENT, "link", links[i].head.line,
		                     report);
	for (size_t i = 0; i < config->agents.count; i++)
		check_block_has_role(config, HW_ROLE_HOME_SERVER, "home-agent", agents[i].head.line,
		                     report);
	for (size_t i = 0; i < config->locations.count; i++)
		check_block_has_role(config, HW_ROLE_HOME_SERVER, "location",
		                     locations[i].head.line, report);
}

/* The records of other roles are their node's alone: servers that share a store would mix them. */
static void check_store(const struct hw_config *config, struct hw_report *report)
{
	const struct hw_config_store *store = &config->store;

	for (int role = 0; store->url && role < HW_ROLE_COUNT; role++) {
		if (role != HW_ROLE_HOME_SERVER && role != HW_ROLE_PROXY && config->roles[role])
			hw_report_add(report, hw_config_line(config, &store->url, store->head.line),
			              "url is for home servers; give the role %s a node of its own",
			              hw_role_names[role]);
	}
}

static void check_data(struct hw_config *config, const struct hw_config_override *override,
                       struct hw_report *report)
{
	size_t size;
	char *path;

	if (override && override->data)
		config->data = override->data;
	if (!config->data) {
		hw_report_add(report, 0,
		              "no data directory; write data = \"DIRECTORY\" or give --data "
		              "DIRECTORY");
		return;
	}
	if (!config->control) {
		size = strlen(config->data) + sizeof("/control");
		path = dm_arena_take(&config->arena, size);
		if (path)
			snprintf(path, size, "%s/control", config->data);
		config->control = path;
	}
	if (config->control &&
	    strlen(config->control) >= sizeof(((struct sockaddr_un *)NULL)->sun_path))
		hw_report_add(report, hw_config_line(config, &config->control, 0),
		              "the path of the control socket is longer than 107 characters; set "
		              "control to a shorter one");
}

const struct hw_config_peer *hw_config_peer_named(const struct hw_config *config,
                                                  struct dm_bytes identity)
{
	const struct hw_config_peer *peers = config->peers.at;

	for (size_t i = 0; i < config->peers.count; i++) {
		if (dm_bytes_equal_folded(peers[i].identity, identity))
			return &peers[i];
	}
	return NULL;
}

static void check_peers(const struct hw_config *config, struct hw_report *report)
{
	const struct hw_config_peer *peers = config->peers.at;

	for (size_t i = 0; i < config->peers.count; i++) {
		const struct hw_config_peer *peer = &peers[i];
		const struct hw_config_peer *first = hw_config_peer_named(config, peer->identity);

		if (dm_bytes_equal_folded(peer->identity, config->identity))
			hw_report_add(report, peer->head.line,
			              "peer \"%.*s\" is our own identity; give the two nodes "
			              "different ones",
			              SHOWN(peer->identity));
		if (first != peer)
			hw_report_add(report, peer->head.line,
			              "peer \"%.*s\" is there already, in line %u; join the two "
			              "blocks",
			              SHOWN(peer->identity), first->head.line);
		if (!peer->connects && config->listens.count == 0)
			hw_report_add(report, peer->head.line,
			              "peer \"%.*s\" is to connect to us, but there is no listen "
			              "block; add one, or connect",
			              SHOWN(peer->identity));
	}
}

static void check_listens(const struct hw_config *config, struct hw_report *report)
{
	if (config->listens.count == 0 && config->accept.head.line)
		hw_report_add(report, config->accept.head.line,
		              "block accept has no effect without a listen block; add one");
	if (config->listens.count == 0 && config->peers.count == 0)
		hw_report_add(report, 0,
		              "there is neither a listen nor a peer block; this node would talk "
		              "to nobody");
	if (config->listens.count > 0 && config->peers.count == 0 && !config->accept.unknown)
		hw_report_add(report, 0,
		              "nobody may connect: there is no peer block; add one, or accept { "
		              "unknown = true }");
}

static void check_numbers(const struct hw_config *config, struct hw_report *report)
{
	const struct hw_config_numbers *numbers = &config->numbers;

	if (numbers->mbr_command == numbers->mhr_command)
		hw_report_add(report, hw_config_line(config, &numbers->mhr_command, 0),
		              "mbr-command and mhr-command are both %" PRIu64
		              "; give them different codes",
		              numbers->mbr_command);
	/* RFC 6733 3.1 and IANA: the base commands and their neighbours. */
	if (numbers->mbr_command < 300 || numbers->mhr_command < 300)
		hw_report_add(report, numbers->head.line,
		              "mbr-command and mhr-command must not be codes of other documents; "
		              "write 300 or more");
}

static void check_local_hint(const struct hw_config *config, const bool *has,
                             const struct store_prefix *address, const struct dm_bytes *fqdn,
                             struct hw_report *report)
{
	if (!*has && fqdn->size > 0)
		hw_report_add(report, hw_config_line(config, fqdn, 0),
		              "local-home-agent-fqdn names a home agent without address; add "
		              "local-home-agent");
	if (*has && fqdn->size == 0)
		hw_report_add(report, hw_config_line(config, address, 0),
		              "local-home-agent has no name; add local-home-agent-fqdn");
}

/* Without these no server and no node on the way can do anything with a message. */
static bool is_needed(const struct hw_avp_code *avp)
{
	static const uint32_t needed[] = { DM_AVP_AUTH_APPLICATION_ID, DM_AVP_SESSION_ID,
		                           DM_AVP_ORIGIN_HOST,         DM_AVP_PROXY_INFO,
		                           DM_AVP_ROUTE_RECORD,        DM_AVP_DESTINATION_REALM,
		                           DM_AVP_DESTINATION_HOST,    DM_AVP_ORIGIN_REALM };

	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++)
		if (avp->vendor == 0 && avp->code == needed[i])
			return true;
	return false;
}

static void check_strip(const struct hw_config *config, const struct hw_config_agreement *agreement,
                        struct hw_report *report)
{
	const struct hw_avp_code *strip = agreement->strip.at;

	for (size_t i = 0; i < agreement->strip.count; i++)
		if (is_needed(&strip[i]))
			hw_report_add(
				report,
				hw_config_line(config, &agreement->strip, agreement->head.line),
				"strip takes AVP %u out, without which no request arrives; "
				"leave it",
				strip[i].code);
}

static void check_agreements(const struct hw_config *config, struct hw_report *report)
{
	const struct hw_config_agreement *agreements = config->agreements.at;

	for (size_t i = 0; i < config->agreements.count; i++) {
		const struct hw_config_agreement *agreement = &agreements[i];

		check_local_hint(config, &agreement->has_local_address, &agreement->local_address,
		                 &agreement->local_fqdn, report);
		check_strip(config, agreement, report);
		if (agreement->has_local_address && !agreement->allow_local)
			hw_report_add(report,
			              hw_config_line(config, &agreement->local_address,
			                             agreement->head.line),
			              "local-home-agent is offered where local assignment is "
			              "forbidden; add allow-local = true");
	}
}

bool hw_prefix_within(const struct store_prefix *inner, const struct store_prefix *outer)
{
	if (inner->length < outer->length)
		return false;
	for (unsigned bit = 0; bit < outer->length; bit++) {
		if ((inner->address[bit / 8] ^ outer->address[bit / 8]) & 0x80 >> bit % 8)
			return false;
	}
	return true;
}

void hw_config_check(struct hw_config *config, const struct hw_config_override *override,
                     struct hw_report *report)
{
	bool values_good = report->found == 0;

	check_data(config, override, report);
	if (!values_good)
		return; /* what follows would complain about values that were not read */
	check_roles(config, report);
	check_blocks_have_roles(config, report);
	check_store(config, report);
	check_listens(config, report);
	check_peers(config, report);
	hw_config_check_tls(config, report);
	hw_config_check_routes(config, report);
	check_numbers(config, report);
	check_local_hint(config, &config->nas.has_local_address, &config->nas.local_address,
	                 &config->nas.local_fqdn, report);
	check_agreements(config, report);
	hw_config_check_server(config, report);
	hw_config_check_dns(config, report);
	hw_config_check_home_agent(config, report);
}
