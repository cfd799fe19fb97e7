/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/security.h"

#include "dict/base.dia.h"

const struct hw_config_peer *hw_security_peer(const struct hw_config *config,
                                              struct dm_bytes identity)
{
	const struct hw_config_peer *peers = config->peers.at;

	for (size_t i = 0; i < config->peers.count; i++) {
		if (dm_bytes_equal_folded(peers[i].identity, identity))
			return &peers[i];
	}
	return NULL;
}

/* ---- who may connect how ---- */

static enum dm_security refuse(struct dm_fault *fault, uint32_t result_code, const char *sentence)
{
	dm_fault_set(fault, result_code, "%s", sentence);
	return DM_SECURITY_REFUSED;
}

enum dm_security hw_security_judge(void *context, dm_conn conn, struct dm_bytes origin_host,
                                   bool offers_tls, struct dm_fault *fault)
{
	const struct hw_daemon *daemon = context;
	const struct hw_config_peer *peer = hw_security_peer(&daemon->config, origin_host);
	int policy = peer ? peer->tls : daemon->config.accept.tls;
	bool tls = hw_transport_has_tls(daemon->transport, conn);

	if (tls && policy == HW_TLS_NONE)
		return refuse(fault, DM_RESULT_DIAMETER_NO_COMMON_SECURITY,
		              "The configuration here wants this peer without TLS");
	if (!tls && peer && peer->inband_tls && offers_tls)
		return DM_SECURITY_START;
	if (!tls && policy == HW_TLS_REQUIRED)
		return refuse(fault, DM_RESULT_DIAMETER_NO_COMMON_SECURITY,
		              peer && peer->inband_tls
		                      ? "This peer must offer TLS in Inband-Security-Id"
		                      : "This peer must begin with TLS, before CER");
	if (tls && !hw_transport_names(daemon->transport, conn, origin_host))
		return refuse(fault, DM_RESULT_DIAMETER_UNKNOWN_PEER,
		              "The certificate does not name this Origin-Host");
	return DM_SECURITY_ENOUGH;
}

enum dm_inband hw_security_inband(const struct hw_config_peer *peer)
{
	if (!peer->inband_tls)
		return DM_INBAND_NONE;
	return peer->tls == HW_TLS_REQUIRED ? DM_INBAND_REQUIRED : DM_INBAND_OFFERED;
}

/* ---- files ---- */

struct loading {
	struct hw_daemon *daemon;
	const struct hw_config *config;
	struct hw_report *report;
};

static void on_finding(void *context, enum hw_tls_file file, bool warning, const char *text)
{
	struct loading *loading = context;
	const struct hw_config_tls *tls = &loading->config->tls;
	const char *const *options[HW_TLS_FILE_COUNT] = {
		[HW_TLS_CERTIFICATE] = &tls->certificate,
		[HW_TLS_KEY] = &tls->key,
		[HW_TLS_CA] = &tls->ca,
	};
	unsigned line = hw_config_line(loading->config, options[file], tls->head.line);

	if (warning)
		hw_log(loading->daemon, DM_LOG_WARNING, "certificate", "%s:%u: %s",
		       loading->daemon->file, line, text);
	else
		hw_report_add(loading->report, line, "%s", text);
}

void hw_security_load(struct hw_daemon *daemon, const struct hw_config *config,
                      struct hw_report *report, struct hw_tls_context **context)
{
	struct loading loading = { daemon, config, report };
	struct hw_tls_config files = {
		.files = { [HW_TLS_CERTIFICATE] = config->tls.certificate,
		           [HW_TLS_KEY] = config->tls.key,
		           [HW_TLS_CA] = config->tls.ca },
		.identity = config->identity,
		.common_name = config->tls.common_name,
	};

	*context = NULL;
	if (!config->tls.head.line)
		return;
	*context = hw_tls_context_new(&files, on_finding, &loading);
	if (!*context && report->found == 0)
		hw_report_add(report, config->tls.head.line,
		              "TLS cannot be held in memory; free some");
}

/* ---- keys ---- */

/* Is the way to this neighbour protected? Unknown when there is no connection to it. */
static bool link_is_protected(struct hw_daemon *daemon, struct dm_bytes identity)
{
	const struct hw_config_peer *peer = hw_security_peer(&daemon->config, identity);
	struct hw_path path = hw_transport_path(daemon->transport, identity);

	if (path.connections == 0)
		return false;
	return path.secured || path.loopback || (peer && peer->trusted_link);
}

/* Requests of a home server, and those that pass through here, may have keys in them; those of NAS
 * and home agent have none. */
bool hw_security_redirects_to(void *context, struct dm_bytes identity)
{
	struct hw_daemon *daemon = context;
	const bool *roles = daemon->config.roles;

	return (!roles[HW_ROLE_HOME_SERVER] && !roles[HW_ROLE_PROXY]) ||
	       link_is_protected(daemon, identity);
}

static const struct hw_config_route *route_to(const struct hw_daemon *daemon, struct dm_bytes realm)
{
	const struct hw_config_route *routes = daemon->config.routes.at;
	const struct hw_config_route *otherwise = NULL;

	for (size_t i = 0; i < daemon->config.routes.count; i++) {
		if (dm_bytes_equal_folded(routes[i].realm, realm))
			return &routes[i];
		if (dm_bytes_equal(routes[i].realm, DM_BYTES_LITERAL("*")))
			otherwise = &routes[i];
	}
	return otherwise;
}

bool hw_path_is_open(struct hw_daemon *daemon, struct dm_bytes realm, struct dm_bytes host)
{
	const struct hw_config_route *route = route_to(daemon, realm);
	const struct dm_bytes *hops = route ? route->peers.at : NULL;
	bool open = hw_transport_path(daemon->transport, host).connections > 0;

	for (size_t i = 0; route && !open && i < route->peers.count; i++)
		open = hw_transport_path(daemon->transport, hops[i]).connections > 0;
	return open;
}

/* A neighbour's own link, else every link that the realm's route may take now. */
bool hw_path_is_protected(struct hw_daemon *daemon, struct dm_bytes realm, struct dm_bytes host)
{
	const struct hw_config_route *route = route_to(daemon, realm);
	const struct dm_bytes *hops = route ? route->peers.at : NULL;
	bool some = false;

	if (hw_transport_path(daemon->transport, host).connections > 0)
		return link_is_protected(daemon, host);
	for (size_t i = 0; route && i < route->peers.count; i++) {
		if (hw_transport_path(daemon->transport, hops[i]).connections == 0)
			continue;
		if (!link_is_protected(daemon, hops[i]))
			return false;
		some = true;
	}
	return some;
}
