/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/demo/traces.h"

#include "cli/demo/pcap_writer.h"
#include "cli/hex.h"
#include "cli/json_sort.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { ENDPOINT_ROOM = 80, CONNECTION_LIMIT = 64, MESSAGE_ROOM = 1 << 20 };

struct node {
	char *name;
	char *identity;
	char *path;
	char listens[ENDPOINT_ROOM];
	off_t read; /* octets of the file that were read, whole lines */
};

struct hw_traces {
	struct node nodes[HW_TRACE_NODES];
	size_t count;
	json_t *all; /* every message sent, in the order of reading */
};

struct hw_traces *hw_traces_new(void)
{
	struct hw_traces *traces = calloc(1, sizeof(*traces));

	if (traces)
		traces->all = json_array();
	return traces;
}

void hw_traces_free(struct hw_traces *traces)
{
	if (!traces)
		return;
	for (size_t i = 0; i < traces->count; i++) {
		free(traces->nodes[i].name);
		free(traces->nodes[i].identity);
		free(traces->nodes[i].path);
	}
	json_decref(traces->all);
	free(traces);
}

int hw_traces_add(struct hw_traces *traces, const char *name, const char *identity,
                  const char *path)
{
	struct node *node = &traces->nodes[traces->count];

	if (traces->count == HW_TRACE_NODES)
		return -ENOSPC;
	*node = (struct node){ .name = strdup(name),
		               .identity = strdup(identity),
		               .path = strdup(path) };
	traces->count++;
	return node->name && node->identity && node->path ? 0 : -ENOMEM;
}

int hw_traces_listens(struct hw_traces *traces, const char *name, const char *endpoint)
{
	for (size_t i = 0; i < traces->count; i++)
		if (strcmp(traces->nodes[i].name, name) == 0) {
			(void)snprintf(traces->nodes[i].listens, ENDPOINT_ROOM, "%s", endpoint);
			return 0;
		}
	return -ENOENT;
}

static const char *text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "";
}

/* ---- reading ---- */

/* Who gets what `record` says was sent: by where it went, or else by its identity. */
static const struct node *receiver(const struct hw_traces *traces, const json_t *record)
{
	const char *remote = text_of(record, "remote");
	const char *peer = text_of(record, "peer");

	for (size_t i = 0; i < traces->count; i++)
		if (*remote && strcmp(traces->nodes[i].listens, remote) == 0)
			return &traces->nodes[i];
	for (size_t i = 0; i < traces->count; i++)
		if (strcmp(traces->nodes[i].identity, peer) == 0)
			return &traces->nodes[i];
	return NULL;
}

/* One line of a trace; what is no record, or was received, is passed over. */
static void take_line(struct hw_traces *traces, const struct node *node, const char *line,
                      size_t size, json_t *new)
{
	json_t *record = json_loadb(line, size, 0, NULL);
	const struct node *to;

	if (json_is_true(json_object_get(record, "sent"))) {
		to = receiver(traces, record);
		(void)json_object_set_new(record, "from", json_string(node->name));
		if (to)
			(void)json_object_set_new(record, "to", json_string(to->name));
		(void)json_array_append(new, record);
		(void)json_array_append(traces->all, record);
	}
	json_decref(record);
}

static void read_file(struct hw_traces *traces, struct node *node, json_t *new)
{
	FILE *file = fopen(node->path, "re");
	char *line = NULL;
	size_t room = 0;
	ssize_t size;

	if (!file)
		return; /* not there yet */
	(void)fseeko(file, node->read, SEEK_SET);
	while ((size = getline(&line, &room, file)) > 0 && line[size - 1] == '\n') {
		take_line(traces, node, line, (size_t)size, new);
		node->read += size;
	}
	free(line);
	(void)fclose(file);
}

json_t *hw_traces_read(struct hw_traces *traces)
{
	json_t *new = json_array();
	json_t *in_order;

	for (size_t i = 0; i < traces->count; i++)
		read_file(traces, &traces->nodes[i], new);
	in_order = hw_json_sorted(new, "time_ns");
	json_decref(new);
	return in_order;
}

size_t hw_traces_octets(const char *hex, uint8_t *room, size_t room_size)
{
	struct dm_writer out;
	char why[80];

	dm_writer_init_fixed(&out, room, room_size);
	if (!hw_hex_read(dm_bytes_text(hex), &out, why, sizeof(why)))
		return 0;
	return out.size;
}

/* ---- the capture ---- */

struct known_connection {
	char opener[ENDPOINT_ROOM]; /* the end that does not listen */
	struct hw_pcap_connection connection;
};

struct capture {
	const struct hw_traces *traces;
	struct hw_pcap_writer writer;
	struct known_connection connections[CONNECTION_LIMIT];
	size_t count;
	uint8_t octets[MESSAGE_ROOM];
	int written;
};

static size_t place_of(const struct hw_traces *traces, const char *name)
{
	size_t i = 0;

	while (i < traces->count && strcmp(traces->nodes[i].name, name) != 0)
		i++;
	return i;
}

/* Each node gets an address of its own: on loopback they all have the same. */
static struct hw_pcap_end end_of(size_t node, uint16_t port)
{
	struct hw_pcap_end end = { .port = port, .next = (uint32_t)(node + 1) * 1000 };

	(void)inet_pton(AF_INET6, "2001:db8::", end.address);
	end.address[15] = (uint8_t)(node + 1);
	return end;
}

static uint16_t port_of(const char *endpoint)
{
	const char *colon = strrchr(endpoint, ':');

	return (uint16_t)(colon ? strtoul(colon + 1, NULL, 10) : 0);
}

static bool is_listener(const struct capture *capture, size_t node, const char *endpoint)
{
	return node < capture->traces->count && *endpoint &&
	       strcmp(capture->traces->nodes[node].listens, endpoint) == 0;
}

/* The connection on which `record` went, and from which of its ends. */
static struct hw_pcap_connection *connection_of(struct capture *capture, const json_t *record,
                                                unsigned *from)
{
	size_t sender = place_of(capture->traces, text_of(record, "from"));
	size_t other = place_of(capture->traces, text_of(record, "to"));
	const char *local = text_of(record, "local"), *remote = text_of(record, "remote");
	bool listening = is_listener(capture, sender, local);
	const char *opener = listening ? remote : local;
	struct known_connection *known = capture->connections;

	*from = listening;
	for (size_t i = 0; i < capture->count; i++)
		if (strcmp(known[i].opener, opener) == 0)
			return &known[i].connection;
	if (capture->count == CONNECTION_LIMIT || other == capture->traces->count)
		return NULL;
	known += capture->count++;
	(void)snprintf(known->opener, ENDPOINT_ROOM, "%s", opener);
	known->connection.ends[0] = end_of(listening ? other : sender, port_of(opener));
	known->connection.ends[1] = end_of(listening ? sender : other, HW_DIAMETER_PORT);
	return &known->connection;
}

static void capture_record(struct capture *capture, const json_t *record)
{
	unsigned from;
	struct hw_pcap_connection *connection = connection_of(capture, record, &from);
	size_t size = hw_traces_octets(text_of(record, "octets"), capture->octets, MESSAGE_ROOM);

	if (!connection || size == 0)
		return;
	hw_pcap_message(&capture->writer, connection, from,
	                json_integer_value(json_object_get(record, "time_ns")),
	                dm_bytes_of(capture->octets, size));
	capture->written++;
}

static int capture_all(struct capture *capture)
{
	json_t *in_order = hw_json_sorted(capture->traces->all, "time_ns");
	size_t index;
	json_t *record;
	int error;

	json_array_foreach(in_order, index, record) capture_record(capture, record);
	json_decref(in_order);
	error = hw_pcap_close(&capture->writer);
	return error ? error : capture->written;
}

int hw_traces_capture(const struct hw_traces *traces, const char *path, char *why, size_t why_room)
{
	struct capture *capture = calloc(1, sizeof(*capture));
	int result;

	if (!capture)
		return -ENOMEM;
	capture->traces = traces;
	result = hw_pcap_create(&capture->writer, path, why, why_room);
	if (result == 0) {
		result = capture_all(capture);
		if (result < 0)
			(void)snprintf(why, why_room, "cannot write %s: %s", path,
			               strerror(-result));
	}
	free(capture);
	return result;
}
