/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/names.h"

#include "io/address.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_ROOM 4097 /* an octet more than a key file may have */

/* ---- key files ---- */

static int refuse(struct hw_daemon *daemon, const struct hw_config_zone *zone, int error,
                  const char *why)
{
	hw_log(daemon, DM_LOG_ERROR, "dns", "%s:%u: the key file %s of zone %.*s: %s", daemon->file,
	       hw_config_line(&daemon->config, &zone->key_file, zone->head.line), zone->key_file,
	       (int)zone->name.size, (const char *)zone->name.at, why);
	return error;
}

static int read_octets(struct hw_daemon *daemon, const struct hw_config_zone *zone, uint8_t *room,
                       size_t *size)
{
	int fd = open(zone->key_file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat status;
	ssize_t got;

	if (fd < 0)
		return refuse(daemon, zone, -errno, strerror(errno));
	/* A group may read it: that of the name server, often. */
	if (fstat(fd, &status) || !S_ISREG(status.st_mode) || status.st_mode & S_IRWXO) {
		close(fd);
		return refuse(daemon, zone, -EACCES,
		              "is open to others, or no regular file; chmod o-rwx");
	}
	got = read(fd, room, FILE_ROOM);
	close(fd);
	if (got < 0)
		return refuse(daemon, zone, -EIO, "cannot be read");
	*size = (size_t)got;
	return 0;
}

static int read_key(struct hw_daemon *daemon, const struct hw_config_zone *zone,
                    struct dns_key *key)
{
	uint8_t octets[FILE_ROOM];
	char buffer[128];
	struct dm_text why;
	size_t size = 0;
	int error = read_octets(daemon, zone, octets, &size);

	if (error)
		return error;
	dm_text_init(&why, buffer, sizeof(buffer));
	error = dns_key_read(dm_bytes_of(octets, size), key, &why);
	dm_wipe(octets, sizeof(octets));
	return error ? refuse(daemon, zone, error, buffer) : 0;
}

/* ---- the client ---- */

static void on_done(void *context, uint64_t tag, const struct dns_report *report)
{
	hw_name_changed(context, tag, report);
}

static int fill_zone(struct hw_names *names, size_t place, struct hw_dns_zone *out)
{
	const struct hw_config_zone *zones = names->daemon->config.zones.at;
	const struct hw_config_zone *zone = &zones[place];
	const struct hw_endpoint *servers = zone->servers.at;

	*out = (struct hw_dns_zone){
		.name = zone->name,
		.server_count = zone->servers.count,
		.key = &names->keys[place],
		.ttl = (uint32_t)(zone->ttl / DM_SECOND),
	};
	for (size_t i = 0; i < zone->servers.count; i++) {
		if (!hw_address_numeric(servers[i].host, servers[i].port, &out->servers[i]))
			return -EINVAL;
	}
	return read_key(names->daemon, zone, &names->keys[place]);
}

static int make_client(struct hw_names *names, struct hw_dns_zone *zones)
{
	struct hw_dns_config config = {
		.loop = &names->daemon->loop,
		.zones = zones,
		.zone_count = names->count,
		.timeout = names->daemon->config.dns.timeout,
		.limit = HW_NAME_PLACES,
		.done = on_done,
		.context = names->daemon,
	};
	int error = 0;

	for (size_t i = 0; !error && i < names->count; i++)
		error = fill_zone(names, i, &zones[i]);
	if (!error)
		error = hw_seed(&config.seed);
	if (error)
		return error;
	names->client = hw_dns_new(&config);
	return names->client ? 0 : -ENOMEM;
}

int hw_names_open(struct hw_daemon *daemon)
{
	size_t count = daemon->config.zones.count;
	struct hw_dns_zone *zones;
	int error = -ENOMEM;

	if (count == 0)
		return 0;
	daemon->names = calloc(1, sizeof(*daemon->names));
	if (!daemon->names)
		return -ENOMEM;
	daemon->names->daemon = daemon;
	daemon->names->count = count;
	daemon->names->keys = calloc(count, sizeof(*daemon->names->keys));
	zones = calloc(count, sizeof(*zones));
	if (zones && daemon->names->keys)
		error = make_client(daemon->names, zones);
	free(zones);
	return error;
}

void hw_names_stop(struct hw_daemon *daemon)
{
	if (daemon->names)
		hw_dns_stop(daemon->names->client);
}

void hw_names_close(struct hw_daemon *daemon)
{
	struct hw_names *names = daemon->names;

	if (!names)
		return;
	hw_dns_free(names->client);
	for (size_t i = 0; names->keys && i < names->count; i++)
		dns_key_wipe(&names->keys[i]);
	free(names->keys);
	free(names);
	daemon->names = NULL;
}
