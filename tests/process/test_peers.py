# SPDX-License-Identifier: Apache-2.0
"""Faulty peers: nothing from the network ends the process, and the others go on being served."""

import contextlib
import socket
import struct

import pytest

import diameter_raw as raw
from diameter_raw import MIP6, P, R, avp, message
from homeward import HOME, eventually, server_config


@pytest.fixture
def server(farm):
    text = server_config(agents=()).replace('drain = 5s', 'drain = 1s  capabilities = 1s')
    return farm.daemon('aaa', text).start()


@pytest.fixture
def good(server):
    """A well-behaved peer, connected before the trouble; it is served before, during and after."""
    with raw.Peer.dial('127.0.0.1', server.port, host='good.visited.example.org') as peer:
        peer.open()
        check_served(peer)
        yield peer
        check_served(peer)


def check_served(peer):
    answer = peer.ask(message(raw.DEVICE_WATCHDOG, peer.origin()))
    assert answer.result == 2001


def dial(server, name='bad.visited.example.org'):
    return raw.Peer.dial('127.0.0.1', server.port, host=name)


@pytest.mark.parametrize('octets', [
    b'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n',
    bytes.fromhex('16030100a5010000a10303') + bytes(160),  # TLS ClientHello
    b'\x00' * 64,
    b'\xff' * 64,
    struct.pack('>I', 1 << 24 | 0xfffffc) + bytes(60),     # HD04: says 16 MiB
    struct.pack('>I', 1 << 24 | 8) + bytes(60),            # HD02: shorter than a header
    struct.pack('>IIIII', 1 << 24 | 22, R << 24 | 257, 0, 1, 1) + bytes(2),  # HD03
], ids=['http', 'tls', 'zeros', 'ones', 'huge', 'short', 'odd'])
def test_HD18_no_diameter_is_closed(server, good, octets):
    with dial(server) as bad:
        bad.send(octets)
        assert bad.closed()
    check_served(good)


@pytest.mark.parametrize('first, result', [
    (1 << 24 | 0xfffffc, 5015), (1 << 24 | 8, 5015), (1 << 24 | 22, 5015), (2 << 24 | 20, 5011),
], ids=['huge', 'short', 'odd', 'version-2'])
def test_HD01_HD04_framing_lost_on_an_open_connection(server, good, first, result):
    """Answered where it can be, then closed: there is no next message to be found."""
    with dial(server) as bad:
        bad.open()
        bad.send(struct.pack('>IIIII', first, R << 24 | raw.DEVICE_WATCHDOG, 0, 77, 78))
        assert bad.closed()
        assert [(answer.result, answer.hop_by_hop) for answer in bad.kept] == [(result, 77)]
    check_served(good)


def test_CX18_half_a_message_then_silence(server, good):
    with dial(server) as bad:
        whole = bad.cer()
        bad.send(whole[:30])
        check_served(good)
        assert bad.closed(timeout=8)  # timers.capabilities is 1 s


def test_RB04_many_half_open_connections(server, good):
    with contextlib.ExitStack() as stack:
        for _ in range(300):
            connection = socket.create_connection(('127.0.0.1', server.port), timeout=10)
            stack.enter_context(connection)
        check_served(good)
    eventually('they are forgotten', lambda: server.ask('status')['connections'] <= 1)


def test_reset_in_the_middle(server, good):
    for _ in range(20):
        bad = dial(server)
        bad.send(bad.cer()[:50])
        bad.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
        bad.close()
    check_served(good)


@pytest.mark.parametrize('first', [
    message(raw.DEVICE_WATCHDOG, [avp(raw.ORIGIN_HOST, 'x.example'),
                                  avp(raw.ORIGIN_REALM, 'example')]),
    message(raw.DISCONNECT_PEER, [avp(raw.ORIGIN_HOST, 'x.example'),
                                  avp(raw.ORIGIN_REALM, 'example'), avp(273, 0)]),
    message(raw.CAPABILITIES_EXCHANGE, [avp(raw.RESULT_CODE, 2001)], flags=0),
    message(raw.MB, [avp(raw.SESSION_ID, 'a;1;1')], MIP6, R | P),
], ids=['dwr', 'dpr', 'cea', 'mbr'])
def test_CX16_first_message_is_no_cer(server, good, first):
    with dial(server) as bad:
        bad.send(first)
        assert bad.closed()
        assert not bad.kept
    check_served(good)


@pytest.mark.parametrize('extra, result', [
    ([avp(raw.ORIGIN_HOST, f'x{n}.example') for n in range(64)], 5009),   # CX13
    ([avp(4711, b'x')], 5001),                                           # CX15
    ([avp(raw.ORIGIN_STATE_ID, b'\0\0\0')], 5014),
    ([avp(raw.ORIGIN_STATE_ID, b'', length=0)], 5014),                    # AV01
    ([avp(raw.DESTINATION_HOST, 'a.example')], 5008),                     # AV30
], ids=['origin-host-64', 'unknown-m', 'short', 'zero', 'not-allowed'])
def test_faulty_cer(server, good, extra, result):
    with dial(server) as bad:
        answer = bad.ask(bad.cer(extra=extra))
        assert answer.result == result
        assert answer.error
        assert answer.first(raw.FAILED_AVP)
        assert bad.closed()
    check_served(good)


@pytest.mark.parametrize('omitted', [raw.ORIGIN_HOST, raw.ORIGIN_REALM, raw.HOST_IP_ADDRESS,
                                     raw.VENDOR_ID, raw.PRODUCT_NAME])
def test_CX12_cer_lacks_an_avp(server, good, omitted):
    with dial(server) as bad:
        answer = bad.ask(bad.cer(omit=(omitted,)))
        assert answer.result == 5005
        assert answer.first(raw.FAILED_AVP).inner[0].code == omitted
        assert bad.closed()


def test_CX02_no_common_application(server, good):
    with dial(server) as bad:
        answer = bad.ask(bad.cer(applications=(16777251,)))
        assert answer.result == 5010
        assert bad.closed()


def nested(depth):
    """Failed-AVP in Failed-AVP: 8 octets a level."""
    octets = b''
    for _ in range(depth):
        octets = struct.pack('>II', raw.FAILED_AVP, 0x40 << 24 | 8 + len(octets)) + octets
    return octets


@pytest.mark.parametrize('avps', [
    [avp(raw.SESSION_ID, b'a;1;\0\x1b[31m%n%s`id`')],                     # AV11, RB07
    [avp(raw.SESSION_ID, b'')],
    [nested(8000)],                                                       # AV26
    [avp(1, b'', length=n) for n in range(8)],                            # AV02
    [avp(raw.USER_NAME, b'\xff\xfe')],
    [avp(raw.MIP6_SECURITY_ASSOCIATION, b'\0' * 7, raw.VENDOR)],
    [avp(raw.USER_NAME, b'x', flags=0x40, length=0xffffff)],
    [avp(raw.ROUTE_RECORD, 'a.example')] * 3000,
], ids=['nul', 'empty', 'deep', 'lengths', 'utf8', 'group', 'long', 'many'])
def test_RB02_faulty_requests(server, good, avps):
    with dial(server) as bad:
        bad.open()
        request = bad.mbr(f'alice@{HOME}', extra=avps)
        answer = bad.ask(request)
        assert not answer.is_request
        assert answer.result != 2001
        check_served(bad)
    check_served(good)


def test_WD13_answers_nobody_asked_for(server, good):
    with dial(server) as bad:
        bad.open()
        for code, application in ((raw.DEVICE_WATCHDOG, 0), (raw.MB, MIP6), (raw.MH, MIP6),
                                  (raw.CAPABILITIES_EXCHANGE, 0), (4711, 4711)):
            bad.send(message(code, [avp(raw.RESULT_CODE, 2001), *bad.origin()], application,
                             flags=0))
        with contextlib.suppress(raw.Closed, TimeoutError):
            check_served(bad)
    check_served(good)


def test_PS05_second_connection_of_the_same_peer(server, good):
    """The first is asked whether it lives (DWR), and when it does the second one goes."""
    with dial(server, name='good.visited.example.org') as second:
        second.send(second.cer())
        probe = good.receive()
        assert probe.code == raw.DEVICE_WATCHDOG and probe.is_request
        assert good.answer_base(probe)
        assert second.closed()
        check_served(good)


def test_PS05_second_connection_when_the_first_is_dead(server, good):
    with dial(server, name='old.visited.example.org') as old:
        old.open()
        with dial(server, name='old.visited.example.org') as new:
            assert new.open()  # the old one does not answer the DWR
            check_served(new)
            assert old.closed()
    check_served(good)


def test_one_peer_that_never_reads(farm, server, good):
    """RB05: what waits for it is bounded, and nobody else notices."""
    with dial(server) as bad:
        bad.open()
        bad.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        request = message(raw.DEVICE_WATCHDOG, bad.origin())
        bad.socket.settimeout(2)
        with contextlib.suppress(OSError):
            for _ in range(400):
                bad.socket.sendall(request * 500)
        check_served(good)
