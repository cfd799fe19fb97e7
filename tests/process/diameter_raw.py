# SPDX-License-Identifier: Apache-2.0
"""A Diameter peer at the level of octets, written from the RFCs and from nothing of ours.

It shares no code and no table with what it tests, so that an error of the grammar files shows. It
can send what no well-behaved stack would.
"""

import dataclasses
import ipaddress
import itertools
import random
import socket
import struct

# RFC 6733 3
R, P, E, T = 0x80, 0x40, 0x20, 0x10
V, M = 0x80, 0x40

CAPABILITIES_EXCHANGE, RE_AUTH, ACCOUNTING = 257, 258, 271
ABORT_SESSION, SESSION_TERMINATION, DEVICE_WATCHDOG, DISCONNECT_PEER = 274, 275, 280, 282
MB, MH = 16777214, 16777215  # profile 1: MBR/MBA and MHR/MHA
MIP6 = 33554438
RELAY = 0xffffffff
VENDOR = 32473

USER_NAME = 1
NAS_IDENTIFIER = 32
ACCT_MULTI_SESSION_ID = 50
MIP6_FEATURE_VECTOR = 124
MIP6_HOME_LINK_PREFIX = 125
HOST_IP_ADDRESS = 257
AUTH_APPLICATION_ID = 258
ACCT_APPLICATION_ID = 259
SESSION_ID = 263
ORIGIN_HOST = 264
VENDOR_ID = 266
RESULT_CODE = 268
PRODUCT_NAME = 269
DISCONNECT_CAUSE = 273
AUTH_REQUEST_TYPE = 274
ORIGIN_STATE_ID = 278
FAILED_AVP = 279
ERROR_MESSAGE = 281
ROUTE_RECORD = 282
DESTINATION_REALM = 283
DESTINATION_HOST = 293
TERMINATION_CAUSE = 295
ORIGIN_REALM = 296
ACCOUNTING_SUB_SESSION_ID = 287
ACCOUNTING_INPUT_OCTETS = 363
ACCOUNTING_RECORD_TYPE = 480
ACCOUNTING_RECORD_NUMBER = 485
# vendor 32473
MIP6_HOME_AGENT_ADDRESS = 1
MIP6_HOME_AGENT_FQDN = 2
MIP6_HOME_ADDRESS = 3
MIP6_SECURITY_ASSOCIATION = 5


def octets_of(value):
    """int: Unsigned32; str: UTF-8; an IP address: Address (RFC 6733 4.3.1); bytes as they are."""
    if isinstance(value, int):
        return struct.pack('>I', value)
    if isinstance(value, str):
        return value.encode()
    if isinstance(value, ipaddress.IPv4Address):
        return b'\0\1' + value.packed
    if isinstance(value, ipaddress.IPv6Address):
        return b'\0\2' + value.packed
    return bytes(value)


def avp(code, value, vendor=0, flags=M, length=None):
    """One AVP with padding; `length` overrides what its header says."""
    data = octets_of(value)
    head = struct.pack('>I', vendor) if vendor else b''
    size = 8 + len(head) + len(data) if length is None else length
    flags |= V if vendor else 0
    padding = b'\0' * (-len(data) % 4)
    return struct.pack('>II', code, flags << 24 | size) + head + data + padding


_identifiers = itertools.count(random.getrandbits(31))


def message(code, avps, application=0, flags=R, hop_by_hop=None, end_to_end=None, version=1,
            length=None):
    body = b''.join(avps)
    size = 20 + len(body) if length is None else length
    hop_by_hop = next(_identifiers) if hop_by_hop is None else hop_by_hop
    end_to_end = next(_identifiers) if end_to_end is None else end_to_end
    return struct.pack('>IIIII', version << 24 | size, flags << 24 | code, application,
                       hop_by_hop & 0xffffffff, end_to_end & 0xffffffff) + body


@dataclasses.dataclass
class Avp:
    code: int
    vendor: int
    flags: int
    data: bytes

    @property
    def number(self):
        return int.from_bytes(self.data, 'big')

    @property
    def text(self):
        return self.data.decode()

    @property
    def inner(self):
        return parse_avps(self.data)


def parse_avps(octets):
    avps = []
    while octets:
        code, word = struct.unpack_from('>II', octets)
        flags, size = word >> 24, word & 0xffffff
        start = 12 if flags & V else 8
        if size < start or size > len(octets):
            raise ValueError(f'AVP {code} says {size} of {len(octets)} octets')
        vendor = struct.unpack_from('>I', octets, 8)[0] if flags & V else 0
        avps.append(Avp(code, vendor, flags, octets[start:size]))
        octets = octets[size + -size % 4:]
    return avps


@dataclasses.dataclass
class Message:
    octets: bytes
    flags: int
    code: int
    application: int
    hop_by_hop: int
    end_to_end: int
    avps: list

    @property
    def is_request(self):
        return bool(self.flags & R)

    def all(self, code, vendor=0):
        return [a for a in self.avps if (a.code, a.vendor) == (code, vendor)]

    def first(self, code, vendor=0):
        return next(iter(self.all(code, vendor)), None)

    @property
    def result(self):
        found = self.first(RESULT_CODE)
        return found.number if found else None

    @property
    def error(self):
        found = self.first(ERROR_MESSAGE)
        return found.text if found else ''


def parse(octets):
    first, second, application, hop_by_hop, end_to_end = struct.unpack_from('>IIIII', octets)
    if first >> 24 != 1 or first & 0xffffff != len(octets):
        raise ValueError(f'not one whole message: {octets[:20].hex()}')
    return Message(octets, second >> 24, second & 0xffffff, application, hop_by_hop, end_to_end,
                   parse_avps(octets[20:]))


class Closed(Exception):
    """The other side closed the connection."""


class Peer:
    """One end of a TCP connection that speaks Diameter."""

    def __init__(self, connection, host='raw.visited.example.org', realm='visited.example.org'):
        self.socket = connection
        self.host = host
        self.realm = realm
        self.waiting = b''
        self.kept = []  # messages that came while another was awaited
        self.sessions = itertools.count(1)

    @classmethod
    def dial(cls, address, port, **names):
        return cls(socket.create_connection((address, port), timeout=10), **names)

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def send(self, octets):
        self.socket.sendall(octets)

    def receive(self, timeout=10):
        """The next message. Closed when there is none any more, TimeoutError when none comes."""
        self.socket.settimeout(timeout)
        while True:
            if len(self.waiting) >= 4:
                size = struct.unpack_from('>I', self.waiting)[0] & 0xffffff
                if len(self.waiting) >= size >= 20:
                    octets, self.waiting = self.waiting[:size], self.waiting[size:]
                    return parse(octets)
            try:
                more = self.socket.recv(65536)
            except ConnectionError as error:
                raise Closed('reset') from error
            if not more:
                raise Closed('closed')
            self.waiting += more

    def closed(self, timeout=10):
        """Waits until the other side closes; messages that still come are kept."""
        try:
            while True:
                self.kept.append(self.receive(timeout))
        except Closed:
            return True
        except TimeoutError:
            return False

    def origin(self):
        return [avp(ORIGIN_HOST, self.host), avp(ORIGIN_REALM, self.realm)]

    def answer(self, request, avps, flags=None):
        flags = request.flags & P if flags is None else flags
        self.send(message(request.code, avps, request.application, flags, request.hop_by_hop,
                          request.end_to_end))

    def answer_base(self, request):
        """Answers DWR and DPR; True when `request` was one of them."""
        if not request.is_request or request.code not in (DEVICE_WATCHDOG, DISCONNECT_PEER):
            return False
        self.answer(request, [avp(RESULT_CODE, 2001), *self.origin()])
        return True

    def awaited(self, wanted, timeout=10):
        """The next message for which `wanted` is true; DWR and DPR are answered meanwhile."""
        for kept in self.kept:
            if wanted(kept):
                self.kept.remove(kept)
                return kept
        while True:
            came = self.receive(timeout)
            if wanted(came):
                return came
            if not self.answer_base(came):
                self.kept.append(came)

    def ask(self, request, timeout=10):
        """Sends the octets of a request and gives the answer to it."""
        self.send(request)
        identifier = struct.unpack_from('>I', request, 12)[0]
        return self.awaited(lambda m: not m.is_request and m.hop_by_hop == identifier, timeout)

    def cer(self, applications=(MIP6,), extra=(), omit=()):
        address = ipaddress.ip_address(self.socket.getsockname()[0])
        avps = {
            ORIGIN_HOST: avp(ORIGIN_HOST, self.host),
            ORIGIN_REALM: avp(ORIGIN_REALM, self.realm),
            HOST_IP_ADDRESS: avp(HOST_IP_ADDRESS, address),
            VENDOR_ID: avp(VENDOR_ID, 0),
            PRODUCT_NAME: avp(PRODUCT_NAME, 'raw', flags=0),
        }
        kept = [octets for code, octets in avps.items() if code not in omit]
        announced = [avp(AUTH_APPLICATION_ID, application) for application in applications]
        return message(CAPABILITIES_EXCHANGE, [*kept, *announced, *extra])

    def open(self, applications=(MIP6,), **how):
        """CER and CEA; the connection is open afterwards. Gives the CEA."""
        answer = self.ask(self.cer(applications, **how))
        assert answer.result == 2001, f'CEA {answer.result} {answer.error}'
        return answer

    def new_session_id(self):
        return f'{self.host};{random.getrandbits(31)};{next(self.sessions)}'

    def mbr(self, user, session=None, realm='home.example.net', extra=(), omit=(), **header):
        """A valid MBR, unless told otherwise."""
        avps = {
            SESSION_ID: avp(SESSION_ID, session or self.new_session_id()),
            AUTH_APPLICATION_ID: avp(AUTH_APPLICATION_ID, MIP6),
            ORIGIN_HOST: avp(ORIGIN_HOST, self.host),
            ORIGIN_REALM: avp(ORIGIN_REALM, self.realm),
            DESTINATION_REALM: avp(DESTINATION_REALM, realm),
            AUTH_REQUEST_TYPE: avp(AUTH_REQUEST_TYPE, 2),
            USER_NAME: avp(USER_NAME, user),
            MIP6_FEATURE_VECTOR: avp(MIP6_FEATURE_VECTOR, struct.pack('>Q', 1)),
            NAS_IDENTIFIER: avp(NAS_IDENTIFIER, self.host),
        }
        kept = [octets for code, octets in avps.items() if code not in omit]
        header = {'application': MIP6, 'flags': R | P, **header}
        return message(MB, [*kept, *extra], **header)

    def acr(self, session, kind, number, realm='home.example.net', extra=(), **header):
        """Accounting-Request: kind 1 EVENT, 2 START, 3 INTERIM, 4 STOP."""
        avps = [avp(SESSION_ID, session), *self.origin(), avp(DESTINATION_REALM, realm),
                avp(ACCOUNTING_RECORD_TYPE, kind), avp(ACCOUNTING_RECORD_NUMBER, number)]
        header = {'application': 0, 'flags': R | P, **header}
        return message(ACCOUNTING, [*avps, *extra], **header)

    def str_(self, session, realm='home.example.net', application=0):
        """Session-Termination-Request, DIAMETER_LOGOUT."""
        avps = [avp(SESSION_ID, session), *self.origin(), avp(DESTINATION_REALM, realm),
                avp(AUTH_APPLICATION_ID, MIP6), avp(TERMINATION_CAUSE, 1)]
        return message(SESSION_TERMINATION, avps, application, R | P)


def home_address(answer):
    """The home address of an MBA or MHA, or None."""
    found = answer.first(MIP6_HOME_ADDRESS, VENDOR)
    return ipaddress.IPv6Address(found.data[2:18]) if found else None
