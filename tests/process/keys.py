# SPDX-License-Identifier: Apache-2.0
"""The keys of profile 6, written from its text with hashlib and hmac, and a search for them."""

import base64
import hashlib
import hmac
import ipaddress

PSK, MN_HA = 'homeward-psk@mip6', 'homeward-mn-ha@mip6'
SIZES = {PSK: 32, MN_HA: 16}
LABELS = {'IKEV2': PSK, 'IKEV1': PSK, 'MIPV6_AUTH': MN_HA}


def context(user, home_agent, address, epoch):
    address = ipaddress.IPv6Address(str(address).split('/')[0])
    return b'\0'.join([user.encode(), home_agent.lower().encode(),
                       address.packed + epoch.to_bytes(4, 'big')])


def derive(root, label, data):
    """RFC 5295 3.1.2: prf+ with HMAC-SHA-256."""
    size = SIZES[label]
    seed = label.encode() + b'\0' + data + size.to_bytes(2, 'big')
    octets = block = b''
    for number in range(1, -(-size // 32) + 1):
        block = hmac.new(root, block + seed + bytes([number]), hashlib.sha256).digest()
        octets += block
    return octets[:size]


def digest(label, data):
    return hashlib.sha256(label.encode() + b'\0' + data).digest()


def name(label, data):
    return digest(label, data)[:8].hex()


def spi(data):
    return 256 + int.from_bytes(digest(MN_HA, data)[:4], 'big') % (2**32 - 256)


# ---- searching ----

def in_base64(octets):
    """What every base64 text that holds these octets has in it, wherever they begin."""
    for skip in range(3):
        part = octets[skip:]
        part = part[:len(part) // 3 * 3]
        yield base64.b64encode(part)
        yield base64.urlsafe_b64encode(part)


def forms(key):
    """A key as it might be written: whole or any eight octets of it, at places of eight."""
    yield from in_base64(key)
    for start in range(0, len(key) - 7, 8):
        part = key[start:start + 8]
        yield part
        yield part.hex().encode()
        yield part.hex().upper().encode()
        yield ':'.join(f'{octet:02x}' for octet in part).encode()
        yield ' '.join(f'{octet:02x}' for octet in part).encode()


def leaks(things, keys):
    """{name: octets} and {name: key}: every (name of a thing, name of a key in it)."""
    wanted = [(key, form) for key, octets in keys.items() for form in set(forms(octets))]
    return sorted({(thing, key) for thing, octets in things.items() for key, form in wanted
                   if form in octets})
