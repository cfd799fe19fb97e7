/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/daemon.h"
#include "daemon/security.h"
#include "dict/base.dia.h"
#include "dict/mip6.dia.h"
#include "mip6/home_server/server_accounting.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/random.h>

#define ADDRESS_LIMIT 8
#define FIRMWARE      1
#define RELAY_ANY     0xffffffffu /* RFC 6733 2.4: any application */
#define PRODUCT       "Homeward"

/* ---- the dictionary ---- */

static int add_grammars(struct hw_daemon *daemon)
{
	const struct hw_config_numbers *in_force = &daemon->config.numbers;
	struct dm_numbers numbers = {
		.application_id = (uint32_t)in_force->application_id,
		.vendor = (uint32_t)in_force->vendor_id,
		.command_codes = { { MIP6_COMMAND_MBR, (uint32_t)in_force->mbr_command },
		                   { MIP6_COMMAND_MHR, (uint32_t)in_force->mhr_command } },
	};
	char clash[256] = "no memory";
	int error =
		dm_dictionary_add(daemon->dictionary, &dm_base_grammar, NULL, clash, sizeof(clash));

	if (!error)
		error = dm_dictionary_add(daemon->dictionary, &mip6_grammar, &numbers, clash,
		                          sizeof(clash));
	if (error)
		hw_log(daemon, DM_LOG_ERROR, "dictionary", "the block numbers cannot be used: %s",
		       clash);
	return error;
}

int hw_setup_dictionary(struct hw_daemon *daemon)
{
	daemon->dictionary = dm_dictionary_new();
	if (!daemon->dictionary)
		return -ENOMEM;
	daemon->trace.dictionary = daemon->dictionary;
	return add_grammars(daemon);
}

/* ---- Host-IP-Address: where peers find this node (RFC 6733 5.3.5) ---- */

struct host_addresses {
	struct sockaddr_storage sockets[ADDRESS_LIMIT]; /* behind the slices */
	struct dm_address at[ADDRESS_LIMIT];
	size_t count;
};

static void add_address(struct host_addresses *addresses, const struct sockaddr *address)
{
	struct sockaddr_storage *kept = &addresses->sockets[addresses->count];
	struct dm_address *out = &addresses->at[addresses->count];

	if (addresses->count == ADDRESS_LIMIT)
		return;
	if (address->sa_family == AF_INET6) {
		memcpy(kept, address, sizeof(struct sockaddr_in6));
		*out = (struct dm_address){
			DM_ADDRESS_IPV6, dm_bytes_of(&((struct sockaddr_in6 *)kept)->sin6_addr, 16)
		};
	} else {
		memcpy(kept, address, sizeof(struct sockaddr_in));
		*out = (struct dm_address){
			DM_ADDRESS_IPV4, dm_bytes_of(&((struct sockaddr_in *)kept)->sin_addr, 4)
		};
	}
	addresses->count++;
}

/* True when the endpoint is one address; false: a name, or all addresses of this host. */
static bool add_endpoint(struct host_addresses *addresses, const struct hw_endpoint *endpoint)
{
	static const uint8_t any[16];
	struct sockaddr_storage address;

	if (!hw_address_numeric(endpoint->host, endpoint->port, &address) ||
	    hw_address_within((struct sockaddr *)&address, address.ss_family == AF_INET6, any,
	                      address.ss_family == AF_INET6 ? 128 : 32))
		return false;
	add_address(addresses, (struct sockaddr *)&address);
	return true;
}

static void add_interfaces(struct host_addresses *addresses, bool internal)
{
	uv_interface_address_t *found;
	int count;

	if (uv_interface_addresses(&found, &count))
		return;
	for (int i = 0; i < count; i++) {
		if (!found[i].is_internal == !internal)
			add_address(addresses, (struct sockaddr *)&found[i].address);
	}
	uv_free_interface_addresses(found, count);
}

/* A node that only dials on this machine is found there. */
static bool dials_loopback_only(const struct hw_config *config)
{
	const struct hw_config_peer *peers = config->peers.at;
	struct sockaddr_storage address;

	for (size_t i = 0; i < config->peers.count; i++) {
		if (!peers[i].connects)
			continue;
		if (!hw_address_numeric(peers[i].connect.host, 0, &address) ||
		    !hw_address_is_loopback((struct sockaddr *)&address))
			return false;
	}
	return true;
}

static void find_addresses(const struct hw_config *config, struct host_addresses *addresses)
{
	const struct hw_config_listen *listens = config->listens.at;
	bool all = config->listens.count == 0 && !dials_loopback_only(config);

	for (size_t i = 0; i < config->listens.count; i++)
		all = !add_endpoint(addresses, &listens[i].endpoint) || all;
	if (all)
		add_interfaces(addresses, false);
	if (addresses->count == 0)
		add_interfaces(addresses, true);
}

/* ---- the node ---- */

int hw_seed(uint64_t *seed)
{
	return getrandom(seed, sizeof(*seed), 0) == sizeof(*seed) ? 0 : -EIO;
}

static bool plays_service(const struct hw_config *config)
{
	return config->roles[HW_ROLE_HOME_SERVER] || config->roles[HW_ROLE_NAS] ||
	       config->roles[HW_ROLE_HOME_AGENT];
}

/* A home server also takes the records of clients that keep accounting apart from the service (the
 * split model, RFC 6733 9.3). */
static const uint32_t base_accounting = MIP6_BASE_ACCOUNTING;

static struct dm_node_config node_config(struct hw_daemon *daemon, const uint32_t *application,
                                         const struct host_addresses *addresses)
{
	const struct hw_config *config = &daemon->config;
	struct dm_node_config node = {
		.origin_host = config->identity,
		.origin_realm = config->realm,
		.product_name = DM_BYTES_LITERAL(PRODUCT),
		.vendor_id = (uint32_t)config->numbers.vendor_id,
		.firmware_revision = FIRMWARE,
		.origin_state_id = daemon->origin_state_id,
		.host_ip_addresses = addresses->at,
		.host_ip_address_count = addresses->count,
		.auth_applications = application,
		.auth_application_count = plays_service(config),
		.acct_applications = &base_accounting,
		.acct_application_count = config->roles[HW_ROLE_HOME_SERVER],
		.relay = config->roles[HW_ROLE_PROXY],
		.accept_unknown = config->accept.unknown,
		.watchdog = config->timers.watchdog,
		.reconnect = config->timers.reconnect,
		.connect_timeout = config->timers.connect,
		.cer_timeout = config->timers.capabilities,
		.closing_timeout = config->timers.closing,
		.request_timeout = config->timers.request,
		.duplicate_window = config->timers.duplicates,
		.message_limit = (uint32_t)config->limits.message,
		.pending_limit = (uint32_t)config->limits.pending,
		.output_limit = (uint32_t)config->limits.output,
		.duplicate_limit = config->limits.duplicates,
		.unidentified_limit = (uint32_t)config->limits.unidentified,
		.redirect = (enum dm_redirect_policy)config->redirect.follow,
		.redirect_realms = config->redirect.realms,
		.redirect_limit = (uint32_t)config->redirect.cache,
		.redirects_to = hw_security_redirects_to,
		.redirects_context = daemon,
		.security = hw_security_judge,
		.security_context = daemon,
		.wall_clock = daemon->run,
	};

	return node;
}

static int make_node(struct hw_daemon *daemon)
{
	uint32_t application = (uint32_t)daemon->config.numbers.application_id;
	struct host_addresses addresses = { .count = 0 };
	struct dm_node_config node;
	const char *why;

	find_addresses(&daemon->config, &addresses);
	node = node_config(daemon, &application, &addresses);
	if (hw_seed(&node.seed))
		return -EIO;
	daemon->node = dm_node_new(&node, daemon->dictionary, hw_now().monotonic, &why);
	if (daemon->node)
		return 0;
	hw_log(daemon, DM_LOG_ERROR, "node", "the Diameter node cannot be made: %s", why);
	return -EINVAL;
}

/* ---- peers and routes ---- */

int hw_setup_peer(struct hw_daemon *daemon, const struct hw_config_peer *peer)
{
	struct dm_peer_config config = {
		.origin_host = peer->identity,
		.connect = peer->connects,
		.inband = hw_security_inband(peer),
		.watchdog = peer->watchdog,
	};
	int error = dm_node_peer_add(daemon->node, &config, hw_now().monotonic);

	if (error)
		hw_log(daemon, DM_LOG_ERROR, "peer", "peer \"%.*s\" cannot be added: %s",
		       (int)peer->identity.size, (const char *)peer->identity.at, strerror(-error));
	return error;
}

/* Where a redirect leads: at most DM_REDIRECT_LIMIT, which the configuration's check has seen to.
 */
static void set_redirect(struct dm_route_config *config, const struct hw_config_route *route,
                         struct dm_bytes *to)
{
	const char *const *texts = route->to.at;

	for (size_t i = 0; i < route->to.count && i < DM_REDIRECT_LIMIT; i++)
		to[i] = dm_bytes_text(texts[i]);
	config->peers = to;
	config->peer_count = route->to.count;
	config->redirect_usage = (uint32_t)route->usage;
	config->redirect_cache_time = (uint32_t)(route->cache / DM_SECOND);
}

static int add_route(struct hw_daemon *daemon, const struct hw_config_route *route)
{
	static const enum dm_route_action actions[] = {
		[HW_ROUTE_RELAY] = DM_ROUTE_RELAY,
		[HW_ROUTE_PROXY] = DM_ROUTE_PROXY,
		[HW_ROUTE_REDIRECT] = DM_ROUTE_REDIRECT,
		[HW_ROUTE_REDIRECT_REALM] = DM_ROUTE_REDIRECT_REALM,
	};
	bool every = dm_bytes_equal(route->realm, DM_BYTES_LITERAL("*"));
	struct dm_bytes to[DM_REDIRECT_LIMIT];
	struct dm_route_config config = {
		.realm = every ? (struct dm_bytes){ 0 } : route->realm,
		.application_id = route->has_application ? (uint32_t)route->application : RELAY_ANY,
		.action = actions[route->action],
		.peers = route->peers.at,
		.peer_count = route->peers.count,
	};
	int error;

	if (config.action >= DM_ROUTE_REDIRECT)
		set_redirect(&config, route, to);
	error = dm_node_route_add(daemon->node, &config);

	if (error)
		hw_log(daemon, DM_LOG_ERROR, "route", "route \"%.*s\" cannot be added: %s",
		       (int)route->realm.size, (const char *)route->realm.at, strerror(-error));
	return error;
}

/* A home server is where requests for its realm end. */
static int add_own_realm(struct hw_daemon *daemon)
{
	struct dm_route_config config = {
		.realm = daemon->config.realm,
		.application_id = RELAY_ANY,
		.action = DM_ROUTE_LOCAL,
	};

	return daemon->config.roles[HW_ROLE_HOME_SERVER] ? dm_node_route_add(daemon->node, &config)
	                                                 : 0;
}

int hw_setup_node(struct hw_daemon *daemon)
{
	const struct hw_config_peer *peers = daemon->config.peers.at;
	const struct hw_config_route *routes = daemon->config.routes.at;
	int error = make_node(daemon);

	for (size_t i = 0; !error && i < daemon->config.peers.count; i++)
		error = hw_setup_peer(daemon, &peers[i]);
	if (!error)
		error = add_own_realm(daemon);
	for (size_t i = 0; !error && i < daemon->config.routes.count; i++)
		error = add_route(daemon, &routes[i]);
	return error;
}
