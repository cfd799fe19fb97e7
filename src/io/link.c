/* SPDX-License-Identifier: Apache-2.0 */
#include "io/link.h"

#include "io/buffers.h"
#include "io/link_tls.h"

#include <stdlib.h>

/* How long an ending link waits for its last octets and the other side's FIN. */
#define PATIENCE_MS 2000

static void on_write(uv_write_t *write, int status);

struct hw_link *hw_link_new(uv_loop_t *loop, const struct hw_link_owner *owner)
{
	struct hw_link *link = calloc(1, sizeof(*link));

	if (!link)
		return NULL;
	link->owner = owner;
	dm_writer_init(&link->flying, owner->output_limit);
	dm_writer_init(&link->queued, owner->output_limit);
	dm_writer_init(&link->held, owner->output_limit);
	uv_tcp_init(loop, &link->tcp); /* makes no socket yet: cannot fail */
	uv_timer_init(loop, &link->patience);
	link->tcp.data = link;
	link->patience.data = link;
	link->write.data = link;
	link->shutdown.data = link;
	link->handles = 2;
	return link;
}

/* ---- the end ---- */

static void on_handle_closed(uv_handle_t *handle)
{
	struct hw_link *link = handle->data;

	if (--link->handles > 0)
		return;
	hw_trace_stream_fini(&link->received);
	hw_trace_stream_fini(&link->sent);
	dm_writer_fini(&link->flying);
	dm_writer_fini(&link->queued);
	dm_writer_fini(&link->held);
	hw_tls_free(link->tls);
	free(link);
}

static void close_handles(struct hw_link *link)
{
	if (link->state == HW_LINK_GONE)
		return;
	link->state = HW_LINK_GONE;
	uv_close((uv_handle_t *)&link->tcp, on_handle_closed);
	uv_close((uv_handle_t *)&link->patience, on_handle_closed);
}

static void reset_handles(struct hw_link *link)
{
	bool asked = link->state != HW_LINK_GONE;

	if (!asked)
		return;
	link->state = HW_LINK_GONE;
	/* Refused while a shutdown is under way: then FIN is out already. */
	if (uv_tcp_close_reset(&link->tcp, on_handle_closed))
		uv_close((uv_handle_t *)&link->tcp, on_handle_closed);
	uv_close((uv_handle_t *)&link->patience, on_handle_closed);
}

static void on_patience(uv_timer_t *timer)
{
	close_handles(timer->data);
}

static void on_shutdown(uv_shutdown_t *shutdown, int status)
{
	struct hw_link *link = shutdown->data;

	if (status < 0)
		close_handles(link);
}

/* FIN goes out when nothing waits any more. */
static void finish_if_written(struct hw_link *link)
{
	if (link->state != HW_LINK_ENDING || link->writing)
		return;
	if (uv_shutdown(&link->shutdown, (uv_stream_t *)&link->tcp, on_shutdown))
		close_handles(link);
}

void hw_link_end(struct hw_link *link, bool reset)
{
	if (reset || link->state == HW_LINK_NEW) {
		reset ? reset_handles(link) : close_handles(link);
		return;
	}
	if (link->state == HW_LINK_OPEN && link->tls)
		hw_link_tls_close(link);
	if (link->state != HW_LINK_OPEN)
		return;
	link->state = HW_LINK_ENDING;
	uv_timer_start(&link->patience, on_patience, PATIENCE_MS, 0);
	finish_if_written(link);
}

static void lose(struct hw_link *link, const char *why)
{
	bool told = link->state != HW_LINK_OPEN;

	if (link->state == HW_LINK_GONE)
		return;
	close_handles(link);
	if (!told)
		link->owner->lost(link->owner->context, link, why);
}

void hw_link_fail(struct hw_link *link, const char *why)
{
	bool told = link->state != HW_LINK_OPEN;

	if (told)
		return;
	hw_link_end(link, false);
	link->owner->lost(link->owner->context, link, why);
}

/* ---- reading ---- */

static void on_buffer(uv_handle_t *handle, size_t suggested, uv_buf_t *out)
{
	struct hw_link *link = handle->data;
	uint8_t *buffer = link->owner->take_buffer(link->owner->context);
	size_t room = link->tls ? HW_LINK_TLS_READ : HW_BUFFER_SIZE;

	(void)suggested;
	*out = uv_buf_init((char *)buffer, buffer ? (unsigned)room : 0);
}

static void on_read(uv_stream_t *stream, ssize_t size, const uv_buf_t *buffer)
{
	struct hw_link *link = stream->data;

	if (size == UV_ENOBUFS)
		return; /* this turn has read enough; the socket stays readable */
	if (size < 0) {
		lose(link, size == UV_EOF ? "the other side closed the connection"
		                          : uv_strerror((int)size));
		return;
	}
	if (size == 0 || link->state != HW_LINK_OPEN)
		return;
	if (link->tls) {
		hw_link_tls_input(link, (uint8_t *)buffer->base, (size_t)size);
		return;
	}
	hw_trace_octets(&link->received, dm_bytes_of(buffer->base, (size_t)size));
	link->owner->input(link->owner->context, link, dm_bytes_of(buffer->base, (size_t)size));
}

static void name_ends(struct hw_link *link)
{
	struct sockaddr_storage local = { 0 };
	struct sockaddr_storage remote = { 0 };
	int size = sizeof(local);

	uv_tcp_getsockname(&link->tcp, (struct sockaddr *)&local, &size);
	size = sizeof(remote);
	uv_tcp_getpeername(&link->tcp, (struct sockaddr *)&remote, &size);
	hw_address_text((struct sockaddr *)&local, link->local);
	hw_address_text((struct sockaddr *)&remote, link->remote);
	link->loopback = hw_address_is_loopback((struct sockaddr *)&local) &&
	                 hw_address_is_loopback((struct sockaddr *)&remote);
}

int hw_link_open(struct hw_link *link)
{
	int error = uv_tcp_nodelay(&link->tcp, 1);

	name_ends(link);
	if (!error)
		error = uv_read_start((uv_stream_t *)&link->tcp, on_buffer, on_read);
	if (!error)
		link->state = HW_LINK_OPEN;
	return error;
}

/* ---- writing ---- */

static void tell_waiting(struct hw_link *link)
{
	size_t waiting = uv_stream_get_write_queue_size((uv_stream_t *)&link->tcp);

	if (link->state == HW_LINK_OPEN)
		link->owner->waiting(link->owner->context, link, waiting + link->queued.size);
}

/* Hands `flying` to libuv. */
static void fly(struct hw_link *link)
{
	uv_buf_t buffer = uv_buf_init((char *)link->flying.at, (unsigned)link->flying.size);
	int error = uv_write(&link->write, (uv_stream_t *)&link->tcp, &buffer, 1, on_write);

	link->writing = error == 0;
	if (error)
		lose(link, uv_strerror(error));
}

static void on_write(uv_write_t *write, int status)
{
	struct hw_link *link = write->data;
	struct dm_writer written = link->flying;

	link->writing = false;
	if (status < 0) {
		lose(link, uv_strerror(status));
		return;
	}
	link->flying = link->queued;
	link->queued = written;
	dm_writer_reset(&link->queued);
	if (link->flying.size > 0)
		fly(link);
	tell_waiting(link);
	finish_if_written(link);
}

/* What the kernel takes at once; 0 when it takes nothing, or the error comes with uv_write. */
static size_t try_write(struct hw_link *link, struct dm_bytes octets)
{
	uv_buf_t buffer = uv_buf_init((char *)(uintptr_t)octets.at, (unsigned)octets.size);
	int taken = uv_try_write((uv_stream_t *)&link->tcp, &buffer, 1);

	return taken > 0 ? (size_t)taken : 0;
}

void hw_link_put(struct hw_link *link, struct dm_bytes wire)
{
	struct dm_writer *waiting = link->writing ? &link->queued : &link->flying;
	size_t taken = 0;

	if (link->state != HW_LINK_OPEN)
		return;
	if (!link->writing) {
		dm_writer_reset(&link->flying);
		taken = try_write(link, wire);
	}
	if (taken == wire.size)
		return;
	dm_writer_bytes(waiting, dm_bytes_of(wire.at + taken, wire.size - taken));
	if (waiting->failed) {
		lose(link, "more octets wait than limits.output allows");
		return;
	}
	if (!link->writing)
		fly(link);
	tell_waiting(link);
}

void hw_link_send(struct hw_link *link, struct dm_bytes octets)
{
	if (link->state != HW_LINK_OPEN)
		return;
	hw_trace_octets(&link->sent, octets);
	if (link->tls)
		hw_link_tls_send(link, octets);
	else
		hw_link_put(link, octets);
}
