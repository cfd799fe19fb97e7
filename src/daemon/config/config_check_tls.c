/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the options of TLS demand of each other; not the files, which only the running daemon reads.
 */
#include "config_check.h"

#define SECURE_PORT  5868 /* RFC 6733 11.4; its prose says 5658 */
#define SHOWN(bytes) (int)(bytes).size, (const char *)(bytes).at

static void check_given(const struct hw_config_tls *tls, const char *value, const char *name,
                        struct hw_report *report)
{
	if (tls->head.line && !value)
		hw_report_add(report, tls->head.line,
		              "block tls has no %s; TLS is mutual: give certificate, key and ca",
		              name);
}

static bool has_tls_listener(const struct hw_config *config)
{
	const struct hw_config_listen *listens = config->listens.at;

	for (size_t i = 0; i < config->listens.count; i++) {
		if (listens[i].tls)
			return true;
	}
	return false;
}

/* Sets the default port, too: it depends on another option. */
static void check_listens(struct hw_config *config, struct hw_report *report)
{
	struct hw_config_listen *listens = config->listens.at;

	for (size_t i = 0; i < config->listens.count; i++) {
		if (!listens[i].tls)
			continue;
		if (!listens[i].endpoint.has_port)
			listens[i].endpoint.port = SECURE_PORT;
		if (!config->tls.head.line)
			hw_report_add(report,
			              hw_config_line(config, &listens[i].tls, listens[i].head.line),
			              "tls = true needs a certificate; add a tls block");
	}
}

static void check_peer(struct hw_config *config, struct hw_config_peer *peer,
                       struct hw_report *report)
{
	unsigned line = hw_config_line(config, &peer->tls, peer->head.line);

	if (peer->inband_tls && (peer->tls == HW_TLS_NONE || !config->tls.head.line))
		hw_report_add(report, hw_config_line(config, &peer->inband_tls, peer->head.line),
		              "inband-tls has no effect without TLS; add a tls block, and no tls "
		              "= none");
	if (peer->tls != HW_TLS_REQUIRED)
		return;
	if (!peer->connect.has_port && !peer->inband_tls)
		peer->connect.port = SECURE_PORT;
	if (!config->tls.head.line)
		hw_report_add(report, line, "tls = required needs a certificate; add a tls block");
	else if (!peer->connects && !peer->inband_tls && !has_tls_listener(config))
		hw_report_add(report, line,
		              "peer \"%.*s\" is to connect with TLS, but no listen block has it; "
		              "add one with tls = true",
		              SHOWN(peer->identity));
}

/* Somebody may use the certificate. */
static bool is_used(const struct hw_config *config)
{
	const struct hw_config_peer *peers = config->peers.at;

	for (size_t i = 0; i < config->peers.count; i++) {
		if (peers[i].tls == HW_TLS_REQUIRED || peers[i].inband_tls)
			return true;
	}
	return has_tls_listener(config);
}

void hw_config_check_tls(struct hw_config *config, struct hw_report *report)
{
	struct hw_config_peer *peers = config->peers.at;
	const struct hw_config_tls *tls = &config->tls;

	check_given(tls, tls->certificate, "certificate", report);
	check_given(tls, tls->key, "key", report);
	check_given(tls, tls->ca, "ca", report);
	check_listens(config, report);
	for (size_t i = 0; i < config->peers.count; i++)
		check_peer(config, &peers[i], report);
	if (config->accept.tls == HW_TLS_REQUIRED && !has_tls_listener(config))
		hw_report_add(report, hw_config_line(config, &config->accept.tls, 0),
		              "tls = required, but no listen block has TLS; add one with tls = "
		              "true");
	if (tls->head.line && !is_used(config))
		hw_report_add(report, tls->head.line,
		              "block tls has no effect: no listen block says tls = true, no peer "
		              "tls = required or inband-tls = true; say where it is to be used");
}
