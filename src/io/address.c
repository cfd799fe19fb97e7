/* SPDX-License-Identifier: Apache-2.0 */
#include "io/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <uv.h>

bool hw_address_numeric(const char *host, uint16_t port, struct sockaddr_storage *out)
{
	memset(out, 0, sizeof(*out));
	return uv_ip6_addr(host, port, (struct sockaddr_in6 *)out) == 0 ||
	       uv_ip4_addr(host, port, (struct sockaddr_in *)out) == 0;
}

void hw_address_text(const struct sockaddr *address, char out[HW_ADDRESS_ROOM])
{
	char host[INET6_ADDRSTRLEN + 16];

	if (address->sa_family == AF_INET6 &&
	    uv_ip6_name((const struct sockaddr_in6 *)address, host, sizeof(host)) == 0)
		snprintf(out, HW_ADDRESS_ROOM, "[%s]:%u", host, hw_address_port(address));
	else if (address->sa_family == AF_INET &&
	         uv_ip4_name((const struct sockaddr_in *)address, host, sizeof(host)) == 0)
		snprintf(out, HW_ADDRESS_ROOM, "%s:%u", host, hw_address_port(address));
	else
		snprintf(out, HW_ADDRESS_ROOM, "?");
}

uint16_t hw_address_port(const struct sockaddr *address)
{
	if (address->sa_family == AF_INET6)
		return ntohs(((const struct sockaddr_in6 *)address)->sin6_port);
	if (address->sa_family == AF_INET)
		return ntohs(((const struct sockaddr_in *)address)->sin_port);
	return 0;
}

/* The octets of the address; an IPv4-mapped one gives its four. */
static const uint8_t *octets_of(const struct sockaddr *address, bool *ipv6)
{
	const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)address;

	*ipv6 = address->sa_family == AF_INET6;
	if (address->sa_family == AF_INET)
		return (const uint8_t *)&((const struct sockaddr_in *)address)->sin_addr;
	if (!*ipv6)
		return NULL;
	*ipv6 = !IN6_IS_ADDR_V4MAPPED(&six->sin6_addr);
	return *ipv6 ? six->sin6_addr.s6_addr : six->sin6_addr.s6_addr + 12;
}

bool hw_address_is_loopback(const struct sockaddr *address)
{
	static const uint8_t loopback6[16] = { [15] = 1 };
	bool ipv6;
	const uint8_t *octets = octets_of(address, &ipv6);

	if (!octets)
		return false;
	return ipv6 ? memcmp(octets, loopback6, 16) == 0 : octets[0] == 127;
}

bool hw_address_within(const struct sockaddr *address, bool ipv6, const uint8_t *octets,
                       unsigned length)
{
	bool is_ipv6;
	const uint8_t *own = octets_of(address, &is_ipv6);
	unsigned rest = length % 8;

	if (!own || is_ipv6 != ipv6 || memcmp(own, octets, length / 8) != 0)
		return false;
	return rest == 0 || (own[length / 8] ^ octets[length / 8]) >> (8 - rest) == 0;
}
