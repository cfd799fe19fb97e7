/* SPDX-License-Identifier: Apache-2.0 */
#include "io/dns_client.h"

#include "dns/message.h"
#include "io/address.h"
#include "io/dns_exchange.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* A zone and the server that was good last. */
struct zone {
	struct hw_dns_zone config;
	uint8_t name[DNS_NAME_ROOM]; /* of it */
	size_t preferred;
};

struct job {
	struct job *next, *previous;
	struct hw_dns *dns;
	struct hw_dns_exchange *exchange; /* NULL: none */
	uint64_t tag;
	struct dns_change change; /* its octets stand behind */
	struct dns_plan plan;
	struct zone *forward, *reverse; /* NULL: no zone of ours */
	size_t first, tried;            /* of the zone's servers, in the present step */
	bool worth_another;             /* one of them might have done it */
	char text[256];
	uint8_t octets[];
};

struct hw_dns {
	struct hw_dns_config config;
	struct zone *zones;
	struct job *jobs;
	uint64_t random;
	struct hw_dns_counts counts;
};

/* ---- jobs ---- */

static void take_out(struct job *job)
{
	if (job->previous)
		job->previous->next = job->next;
	else
		job->dns->jobs = job->next;
	if (job->next)
		job->next->previous = job->previous;
	job->dns->counts.under_way--;
}

static void finish(struct job *job)
{
	struct hw_dns *dns = job->dns;
	const struct dns_report report = {
		.forward = job->plan.forward_outcome,
		.reverse = job->plan.reverse_outcome,
		.text = job->text,
	};

	take_out(job);
	dns->config.done(dns->config.context, job->tag, &report);
	free(job);
}

static struct zone *present_zone(const struct job *job)
{
	return dns_step_is_reverse((enum dns_step)job->plan.step) ? job->reverse : job->forward;
}

static const struct sockaddr *present_server(const struct job *job)
{
	const struct zone *zone = present_zone(job);
	size_t index = (job->first + job->tried) % zone->config.server_count;

	return (const struct sockaddr *)&zone->config.servers[index];
}

static void say(struct job *job, const char *why)
{
	char server[HW_ADDRESS_ROOM];

	hw_address_text(present_server(job), server);
	snprintf(job->text, sizeof(job->text), "name server %s %s", server, why);
}

/* ---- steps ---- */

static void next_step(struct job *job);
static void ask_server(struct job *job);

static bool same_server(const struct sockaddr *a, const struct sockaddr *b)
{
	char text_a[HW_ADDRESS_ROOM], text_b[HW_ADDRESS_ROOM];

	hw_address_text(a, text_a);
	hw_address_text(b, text_b);
	return strcmp(text_a, text_b) == 0;
}

/* A server that keeps silent is the last one to be asked for other zones too. */
static void put_behind(struct hw_dns *dns, const struct sockaddr *server)
{
	for (size_t i = 0; i < dns->config.zone_count; i++) {
		struct zone *zone = &dns->zones[i];
		const struct hw_dns_zone *config = &zone->config;

		if (same_server((const struct sockaddr *)&config->servers[zone->preferred], server))
			zone->preferred = (zone->preferred + 1) % config->server_count;
	}
}

/* RFC 2136 4.5, 5.6: the next server; after the last one the step has failed. */
static void next_server(struct job *job)
{
	if (++job->tried < present_zone(job)->config.server_count) {
		ask_server(job);
		return;
	}
	dns_plan_failed(&job->plan, job->worth_another ? DNS_FAILED : DNS_REFUSED);
	next_step(job);
}

static void count_response(struct hw_dns_counts *counts, unsigned rcode)
{
	bool plain = rcode == DNS_RCODE_NOERROR ||
	             (rcode >= DNS_RCODE_YXDOMAIN && rcode <= DNS_RCODE_NXRRSET) ||
	             rcode == DNS_RCODE_NXDOMAIN;

	if (plain)
		counts->done++;
	else
		counts->refused++;
}

static void answered(struct job *job, unsigned rcode)
{
	struct zone *zone = present_zone(job);
	const char *name = dns_rcode_name(rcode);
	char why[64];

	count_response(&job->dns->counts, rcode);
	snprintf(why, sizeof(why), "answered %s", name ? name : "an unknown RCODE");
	if (rcode != DNS_RCODE_NOERROR)
		say(job, why);
	if (rcode == DNS_RCODE_SERVFAIL || rcode == DNS_RCODE_NOTIMP) {
		job->worth_another = true;
		next_server(job);
		return;
	}
	zone->preferred = (job->first + job->tried) % zone->config.server_count;
	dns_plan_answered(&job->plan, rcode);
	next_step(job);
}

static void on_exchange(void *context, enum hw_dns_end end, unsigned rcode, const char *why)
{
	struct job *job = context;

	job->exchange = NULL;
	if (end == HW_DNS_RESPONSE) {
		answered(job, rcode);
		return;
	}
	say(job, why);
	if (end == HW_DNS_NO_RESPONSE) {
		job->dns->counts.silent++;
		put_behind(job->dns, present_server(job));
		job->worth_another = true;
	} else {
		job->dns->counts.refused++;
	}
	next_server(job);
}

/* splitmix64: identifiers need to differ, their secrecy is the signature's. */
static uint16_t next_id(struct hw_dns *dns)
{
	uint64_t mixed = dns->random += 0x9e3779b97f4a7c15;

	mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9;
	mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111eb;
	return (uint16_t)(mixed >> 48);
}

static int send_step(struct job *job)
{
	struct hw_dns *dns = job->dns;
	const struct hw_dns_zone *zone = &present_zone(job)->config;
	uint8_t wire[DNS_MESSAGE_ROOM];
	struct hw_dns_query query = {
		.loop = dns->config.loop,
		.server = present_server(job),
		.wire = wire,
		.id = next_id(dns),
		.key = zone->key,
		.timeout = dns->config.timeout,
		.done = on_exchange,
		.context = job,
	};
	int error = dns_message_write((enum dns_step)job->plan.step, &job->change, zone->name,
	                              zone->ttl, query.id, zone->key, time(NULL), wire, &query.size,
	                              &query.mac);

	if (error)
		return error;
	job->exchange = hw_dns_exchange_start(&query);
	if (!job->exchange)
		return -ENOMEM;
	dns->counts.updates++;
	return 0;
}

/* A message that cannot be made is one that failed. */
static void ask_server(struct job *job)
{
	int error = send_step(job);

	if (!error)
		return;
	snprintf(job->text, sizeof(job->text), "the update cannot be made: %s", strerror(-error));
	dns_plan_failed(&job->plan, error == -ENOMEM ? DNS_FAILED : DNS_REFUSED);
	next_step(job);
}

static void next_step(struct job *job)
{
	if (job->plan.step == DNS_STEP_END) {
		if (job->plan.forward_outcome == DNS_CONFLICT)
			snprintf(job->text, sizeof(job->text), "the name is in use by another");
		finish(job);
		return;
	}
	job->first = present_zone(job)->preferred;
	job->tried = 0;
	job->worth_another = false;
	ask_server(job);
}

/* ---- zones ---- */

static struct zone *zone_of(struct hw_dns *dns, struct dm_bytes name)
{
	struct zone *best = NULL;

	for (size_t i = 0; i < dns->config.zone_count; i++) {
		struct zone *zone = &dns->zones[i];

		if (dns_zone_of(&zone->config.name, 1, name) == 0 &&
		    (!best || zone->config.name.size > best->config.name.size))
			best = zone;
	}
	return best;
}

static struct zone *reverse_zone_of(struct hw_dns *dns, const uint8_t address[16])
{
	char name[80];
	struct dm_text text;

	dm_text_init(&text, name, sizeof(name));
	dns_reverse_name(address, &text);
	return zone_of(dns, dm_bytes_of(name, text.size));
}

/* ---- the start of a change ---- */

static struct job *new_job(struct hw_dns *dns, const struct dns_change *change, uint64_t tag)
{
	struct job *job = calloc(1, sizeof(*job) + change->fqdn.size + change->owner.size);

	if (!job)
		return NULL;
	job->dns = dns;
	job->tag = tag;
	job->change = *change;
	memcpy(job->octets, change->fqdn.at, change->fqdn.size);
	memcpy(job->octets + change->fqdn.size, change->owner.at, change->owner.size);
	job->change.fqdn.at = job->octets;
	job->change.owner.at = job->octets + change->fqdn.size;
	job->forward = zone_of(dns, change->fqdn);
	job->reverse = reverse_zone_of(dns, change->address);
	job->next = dns->jobs;
	if (dns->jobs)
		dns->jobs->previous = job;
	dns->jobs = job;
	dns->counts.under_way++;
	return job;
}

int hw_dns_change(struct hw_dns *dns, const struct dns_change *change, uint64_t tag)
{
	struct job *job;
	bool forward, reverse;

	if (dns->counts.under_way >= dns->config.limit)
		return -EBUSY;
	job = new_job(dns, change, tag);
	if (!job)
		return -ENOMEM;
	forward = change->forward && job->forward;
	reverse = change->reverse && job->reverse;
	job->plan =
		change->remove ? dns_plan_remove(forward, reverse) : dns_plan_add(forward, reverse);
	if (change->forward && !forward) {
		snprintf(job->text, sizeof(job->text), "no zone of ours holds the name");
		job->plan.forward_outcome = DNS_REFUSED;
	}
	next_step(job);
	return 0;
}

/* ---- the client ---- */

static void copy_zone(struct zone *zone, const struct hw_dns_zone *config)
{
	size_t size = config->name.size;

	zone->config = *config;
	zone->config.name = dm_bytes_of(zone->name, size < DNS_NAME_ROOM ? size : DNS_NAME_ROOM);
	memcpy(zone->name, config->name.at, zone->config.name.size);
}

struct hw_dns *hw_dns_new(const struct hw_dns_config *config)
{
	struct hw_dns *dns = calloc(1, sizeof(*dns));

	if (!dns)
		return NULL;
	dns->config = *config;
	dns->random = config->seed;
	dns->zones = calloc(config->zone_count + 1, sizeof(*dns->zones));
	if (!dns->zones) {
		free(dns);
		return NULL;
	}
	for (size_t i = 0; i < config->zone_count; i++)
		copy_zone(&dns->zones[i], &config->zones[i]);
	return dns;
}

void hw_dns_stop(struct hw_dns *dns)
{
	while (dns && dns->jobs) {
		struct job *job = dns->jobs;

		if (job->exchange)
			hw_dns_exchange_stop(job->exchange);
		take_out(job);
		free(job);
	}
}

void hw_dns_free(struct hw_dns *dns)
{
	if (!dns)
		return;
	hw_dns_stop(dns);
	free(dns->zones);
	free(dns);
}

struct hw_dns_counts hw_dns_counts(const struct hw_dns *dns)
{
	return dns->counts;
}
