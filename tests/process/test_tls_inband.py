# SPDX-License-Identifier: Apache-2.0
"""TLS behind CER and CEA, agreed on by Inband-Security-Id (RFC 3588 13.2), where the configuration
says so for a peer."""

import socket
import ssl

import pytest

import certificates
import diameter_raw as raw
import homeward
from homeward import HOME, VISITED, eventually

SERVER = f'aaa.{HOME}'
PEER = f'raw.{VISITED}'
INBAND_SECURITY_ID = 299
NONE, TLS = (raw.avp(INBAND_SECURITY_ID, value) for value in (0, 1))


@pytest.fixture(scope='module')
def authority(tmp_path_factory):
    return certificates.Authority(tmp_path_factory.mktemp('tls') / 'ca')


@pytest.fixture(scope='module')
def ours(authority):
    return authority.issue(SERVER)


@pytest.fixture(scope='module')
def theirs(authority):
    return authority.issue(PEER)


def start(farm, ours, how='tls = required', more=''):
    text = homeward.server_config(agents=(), more=f'peer "{PEER}" {{ {how}  inband-tls = true }}')
    return farm.daemon('aaa', text + ours.block(more)).start()


def dial(daemon):
    return raw.Peer.dial('127.0.0.1', daemon.port, host=PEER)


def agreed(answer):
    return [a.number for a in answer.all(INBAND_SECURITY_ID)]


def secure(peer, certificate):
    peer.socket = certificate.client().wrap_socket(peer.socket, suppress_ragged_eofs=False)


def is_served(peer):
    return peer.ask(raw.message(raw.DEVICE_WATCHDOG, peer.origin())).result == 2001


@pytest.mark.parametrize('offer', [[TLS], [NONE, TLS]], ids=['tls', 'both'])
def test_old_style_accepted(farm, ours, theirs, offer):
    server = start(farm, ours)
    with dial(server) as peer:
        answer = peer.open(extra=offer)
        assert agreed(answer) == [1]
        secure(peer, theirs)
        assert is_served(peer)
        found = server.ask('peers')[0]
        assert found['security']['transport'] == 'tls' and found['protected']


def test_old_style_is_not_offered(farm, ours):
    server = start(farm, ours)
    with dial(server) as peer:
        answer = peer.ask(peer.cer())
        assert answer.result == 5017 and 'offer TLS in Inband-Security-Id' in answer.error
    server.stop()
    optional = start(farm, ours, 'tls = optional')
    with dial(optional) as peer:
        assert agreed(peer.open(extra=[NONE])) == []
        assert is_served(peer)
        assert optional.ask('peers')[0]['security'] == {'transport': 'tcp'}


def test_old_style_wrong_name(farm, ours, authority):
    server = start(farm, ours)
    other = authority.issue(f'other.{VISITED}')
    with dial(server) as peer:
        peer.open(extra=[TLS])
        try:
            secure(peer, other)
            assert peer.closed()
        except (ssl.SSLError, ConnectionError):
            pass
    eventually('it is refused', lambda: 'certificate does not name its Origin-Host' in server.log())
    assert not server.is_open(PEER)


def test_old_style_stalled_handshake(farm, ours, theirs):
    server = start(farm, ours, more='handshake = 300ms')
    with dial(server) as peer:
        peer.open(extra=[TLS])
        assert peer.closed()
    eventually('the peer is down', lambda: not server.is_open(PEER))
    with dial(server) as peer:
        peer.open(extra=[TLS])
        secure(peer, theirs)
        assert is_served(peer)


def test_old_style_nothing_plain_is_read_behind_the_cer(farm, ours):
    """A DWR that somebody put behind the CER is not answered, neither plain nor under TLS."""
    server = start(farm, ours)
    with dial(server) as peer:
        planted = raw.message(raw.DEVICE_WATCHDOG, peer.origin())
        peer.send(peer.cer(extra=[TLS]) + planted)
        assert peer.closed()
        assert [m.code for m in peer.kept if m.code == raw.DEVICE_WATCHDOG] == []
    eventually('it is told', lambda: 'came in plain after TLS was agreed on' in server.log())


def test_old_style_nothing_plain_leaves_behind_the_cea(farm, ours, theirs):
    """What the server sends once the peer is open waits for TLS: here the DPR of its end."""
    server = start(farm, ours)
    with dial(server) as peer:
        peer.open(extra=[TLS])
        server.ask('stop')
        peer.socket.settimeout(0.3)
        with pytest.raises(TimeoutError):
            peer.socket.recv(1, socket.MSG_PEEK)
        secure(peer, theirs)
        request = peer.receive()
        assert request.code == raw.DISCONNECT_PEER
        peer.answer_base(request)
        assert peer.closed()


@pytest.mark.parametrize('policy', ['required', 'optional'])
def test_old_style_between_two_of_us(farm, ours, authority, policy):
    port = homeward.free_port()
    agent = authority.issue(f'ha1.{HOME}')
    text = homeward.server_config(agents=(1,), port=port)
    how = f'tls = {policy}  inband-tls = true'
    server = farm.daemon('aaa', text.replace(f'peer "ha1.{HOME}" {{}}',
                                             f'peer "ha1.{HOME}" {{ {how} }}') + ours.block())
    server.start()
    text = homeward.agent_config(1, port).replace(f'"127.0.0.1:{port}"',
                                                  f'"127.0.0.1:{port}"  {how}')
    farm.daemon('ha1', text + agent.block()).start().wait_open(SERVER)
    eventually('TLS is up', lambda: server.ask('peers')[0]['security'].get('protocol') == 'TLSv1.3')
    server.ask('subscriber-add', subscriber=homeward.subscriber('alice'))
    with raw.Peer.dial('127.0.0.1', server.port) as nas:
        nas.open()
        assert nas.ask(nas.mbr(f'alice@{HOME}')).result == 2001


def test_old_style_the_other_does_not_agree(farm, authority):
    """We demand it, and the CEA has none: no connection."""
    with socket.create_server(('127.0.0.1', 0)) as listener:
        port = listener.getsockname()[1]
        text = homeward.node(f'nas.{VISITED}', VISITED, 'nas',
                             authority.issue(f'nas.{VISITED}').block(),
                             f'peer "{PEER}" {{ connect = "127.0.0.1:{port}"  tls = required  '
                             'inband-tls = true }')
        nas = farm.daemon('nas', text).start()
        connection, _ = listener.accept()
        with raw.Peer(connection, host=PEER) as peer:
            request = peer.receive()
            assert [a.number for a in request.all(INBAND_SECURITY_ID)] == [1]
            peer.answer(request, [
                raw.avp(raw.RESULT_CODE, 2001), *peer.origin(),
                raw.avp(raw.AUTH_APPLICATION_ID, raw.MIP6), raw.avp(raw.VENDOR_ID, 0),
                raw.avp(raw.HOST_IP_ADDRESS, b'\0\1\x7f\0\0\1'),
                raw.avp(raw.PRODUCT_NAME, 'raw', flags=0)])
            assert peer.closed()
        eventually('it is told', lambda: 'the CEA does not agree to TLS' in nas.log())
