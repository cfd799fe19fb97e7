# SPDX-License-Identifier: Apache-2.0
"""SIGTERM: DPR to every peer, what is under way is finished, exit 0."""

import signal

import pytest

import diameter_raw as raw
from homeward import HOME, Daemon, eventually, server_config


def test_DP05_disconnect_peer_then_exit_0(home):
    server = home.server
    with raw.Peer.dial('127.0.0.1', home.port) as peer:
        peer.open()
        server.process.send_signal(signal.SIGTERM)
        request = peer.awaited(lambda m: m.code == raw.DISCONNECT_PEER)
        assert request.is_request
        assert request.first(raw.DISCONNECT_CAUSE).number == 0  # REBOOTING
        assert request.first(raw.ORIGIN_HOST).text == f'aaa.{HOME}'
        peer.answer(request, [raw.avp(raw.RESULT_CODE, 2001), *peer.origin()])
        assert peer.closed()
    assert server.process.wait(timeout=15) == 0
    server.process = None


def test_DP06_no_answer_to_it(farm):
    more = 'limits { connections = 8 }'
    text = server_config(agents=(), more=more).replace('drain = 5s', 'drain = 2s  closing = 300ms')
    server = farm.daemon('aaa', text).start()
    with raw.Peer.dial('127.0.0.1', server.port) as peer:
        peer.open()
        server.process.send_signal(signal.SIGTERM)
        peer.awaited(lambda m: m.code == raw.DISCONNECT_PEER)
        assert server.process.wait(timeout=10) == 0
        server.process = None
        assert peer.closed()


@pytest.mark.parametrize('number', [signal.SIGTERM, signal.SIGINT])
def test_every_role_ends_with_0(network, number):
    network.attach('alice')
    nodes = [*network.nas.values(), network.proxy, network.server, *network.agents.values()]
    assert [node.end(number) for node in nodes] == [0] * len(nodes)


def test_stop_over_the_control_socket(home):
    home.server.ask('stop')
    assert home.server.process.wait(timeout=15) == 0
    home.server.process = None


def test_a_grant_outlives_a_restart(network):
    before = network.attach('alice')
    assert network.server.stop() == 0
    network.server.start()
    session = network.session_of('alice')
    assert session['home_address'] == before['home_address']
    assert session['home_agent'] == before['home_agent_fqdn']
    eventually('the proxy is back', lambda: network.proxy.is_open(f'aaa.{HOME}'), 20)
    network.server.wait_open(before['home_agent_fqdn'])
    again = network.attach('alice', nas=2)
    assert again['home_address'] == before['home_address']


def test_second_daemon_on_the_same_data_is_refused(farm, home):
    other = Daemon(farm.build, farm.folder, 'aaa', server_config())
    other.log_path = farm.folder / 'other.log'
    other.config = farm.folder / 'other.conf'
    other.start(wait=False)
    assert other.process.wait(timeout=20) not in (0, None)
    other.process = None
    assert str(home.server.data) in other.log()
    assert not other.complaints()
    assert home.server.ask('status')['identity'] == f'aaa.{HOME}'
