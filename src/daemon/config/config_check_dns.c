/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the zones of DNS demand; not the key files, which only the running daemon reads.
 */
#include "config_check.h"
#include "io/dns_client.h"

#define SHOWN(bytes) (int)(bytes).size, (const char *)(bytes).at

static void check_zone(const struct hw_config *config, const struct hw_config_zone *zone,
                       struct hw_report *report)
{
	const struct hw_config_zone *zones = config->zones.at;

	if (!config->roles[HW_ROLE_HOME_SERVER])
		hw_report_add(report, zone->head.line,
		              "dns-zone is for the role home-server, which this node has not; "
		              "remove the block or add the role");
	if (zone->servers.count > HW_DNS_SERVERS)
		hw_report_add(report, hw_config_line(config, &zone->servers, zone->head.line),
		              "servers names more than %d; keep the best ones", HW_DNS_SERVERS);
	for (const struct hw_config_zone *other = zones; other < zone; other++) {
		if (dm_bytes_equal_folded(other->name, zone->name))
			hw_report_add(report, zone->head.line,
			              "dns-zone \"%.*s\" is there already, in line %u; join the "
			              "two blocks",
			              SHOWN(zone->name), other->head.line);
	}
}

bool hw_zone_is_reverse(const struct hw_config_zone *zone)
{
	return dm_bytes_ends_with_folded(zone->name, DM_BYTES_LITERAL("ip6.arpa"));
}

void hw_config_check_dns(const struct hw_config *config, struct hw_report *report)
{
	const struct hw_config_zone *zones = config->zones.at;
	size_t forward = 0;

	for (size_t i = 0; i < config->zones.count; i++) {
		check_zone(config, &zones[i], report);
		forward += !hw_zone_is_reverse(&zones[i]);
	}
	if (config->dns.head.line && config->zones.count == 0)
		hw_report_add(report, config->dns.head.line,
		              "block dns has no zone to change; add dns-zone \"NAME\" {}");
	else if (config->zones.count > 0 && forward == 0)
		hw_report_add(report, zones[0].head.line,
		              "only reverse zones are here; add the dns-zone that holds the names");
}
