/* SPDX-License-Identifier: Apache-2.0 */
/*
 * link_tls: TLS between a link's socket and its owner.
 *
 * From hw_link_secure on the owner's octets are plain on its side and TLS on the wire. Until the
 * handshake is done nothing of the owner's leaves: it waits, within the owner's output_limit. When
 * it is done the owner is asked (`secured`) whether the other side may stay, before anything that
 * waited goes to it. A handshake that is not done in time ends the link.
 */
#ifndef HW_IO_LINK_TLS_H
#define HW_IO_LINK_TLS_H

#include "io/link.h"
#include "io/tls.h"

/* Octets that a read under TLS may bring at most: with what waited of a record before, they fit
 * into one buffer when they are plain. */
#define HW_LINK_TLS_READ ((size_t)65536 - 20480)

/* On an open link, before or after it carried plain octets. -ENOMEM: nothing has begun. */
int hw_link_secure(struct hw_link *link, const struct hw_tls_context *context, bool server,
                   unsigned limit_ms);

/* ---- for link.c ---- */

/* `buffer` has HW_BUFFER_SIZE octets, `size` of them from the wire; the owner's input follows in
 * it. */
void hw_link_tls_input(struct hw_link *link, uint8_t *buffer, size_t size);
void hw_link_tls_send(struct hw_link *link, struct dm_bytes octets);
/* close_notify. */
void hw_link_tls_close(struct hw_link *link);

#endif
