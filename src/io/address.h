/* SPDX-License-Identifier: Apache-2.0 */
/*
 * address: socket addresses as text, and what follows from them.
 */
#ifndef HW_IO_ADDRESS_H
#define HW_IO_ADDRESS_H

#include "base/bytes.h"

#include <sys/socket.h>

/* "[" + address with scope + "]:65535" and a NUL. */
#define HW_ADDRESS_ROOM 80

/* A numeric address without brackets. False when it is none. */
bool hw_address_numeric(const char *host, uint16_t port, struct sockaddr_storage *out);

/* "[::1]:3868", "127.0.0.1:3868"; "?" for another family. */
void hw_address_text(const struct sockaddr *address, char out[HW_ADDRESS_ROOM]);

uint16_t hw_address_port(const struct sockaddr *address);

/* ::1, 127.0.0.0/8, also as IPv4-mapped IPv6 address. */
bool hw_address_is_loopback(const struct sockaddr *address);

/* Is the address within a prefix of `length` bits? `octets` holds 4 or 16. */
bool hw_address_within(const struct sockaddr *address, bool ipv6, const uint8_t *octets,
                       unsigned length);

#endif
