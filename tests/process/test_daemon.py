# SPDX-License-Identifier: Apache-2.0
"""homewardd itself: readiness, reload, trace, ends, and its example configurations."""

import contextlib
import json
import pathlib
import signal
import socket
import subprocess

import pytest

import diameter_raw as raw
from homeward import (HOME, ROOT_KEY, Control, Home, agent_config, eventually, free_port,
                      nas_config, refused, server_config, subscriber)

EXAMPLES = pathlib.Path(__file__).resolve().parent.parent.parent / 'examples'


@pytest.fixture
def server(farm):
    return farm.daemon('aaa', server_config(agents=())).start()


# ---- readiness ----

def test_ready_is_told_to_the_service_manager(farm, monkeypatch):
    path = farm.folder / 'notify'
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.settimeout(20)
        manager.bind(str(path))
        monkeypatch.setenv('NOTIFY_SOCKET', str(path))
        server = farm.daemon('aaa', server_config(agents=())).start(wait=False)
        assert manager.recv(4096).startswith(b'READY=1\n')
        # What is ready answers: nothing is waited for here.
        assert server.ask('status')['identity'] == f'aaa.{HOME}'
        assert server.stop() == 0
        assert manager.recv(4096).startswith(b'STOPPING=1')


def test_the_real_port_is_told_and_logged(server):
    address = server.ask('status')['listen'][0]
    assert not address.endswith(':0')
    assert f'listen={address}' in server.log()
    with raw.Peer.dial('127.0.0.1', server.port) as peer:
        peer.open()
        eventually('it is counted', lambda: server.ask('status')['connections'] == 1)


def test_both_families_on_one_port(farm):
    port = free_port()
    text = server_config(agents=(), port=port, more=f'listen "[::1]:{port}" {{}}')
    server = farm.daemon('aaa', text).start()
    assert server.ask('status')['listen'] == [f'127.0.0.1:{port}', f'[::1]:{port}']
    for number, host in enumerate(('127.0.0.1', '::1')):
        with raw.Peer.dial(host, port, host=f'p{number}.example.org') as peer:
            peer.open()


def test_who_is_not_admitted_is_closed_at_once(farm):
    text = server_config(agents=()).replace('"127.0.0.0/8"', '"127.1.0.0/16"')
    server = farm.daemon('aaa', text).start()
    with raw.Peer.dial('127.0.0.1', server.port) as peer:
        assert peer.closed()
    assert server.ask('status')['transport']['not_admitted'] == 1


def test_origin_state_id_stays_with_the_state(farm, server):
    """RFC 6733 8.16: it grows when state is lost, and a restart loses none."""
    first = server.ask('status')['origin_state_id']
    server.kill()
    assert server.start().ask('status')['origin_state_id'] == first
    server.stop()
    fresh = farm.daemon('aab', server.text)
    assert fresh.start().ask('status')['origin_state_id'] >= first


# ---- reload ----

def test_SE02_session_ids_of_runs_in_one_second(farm):
    nas = farm.daemon('nas', nas_config(1, 'proxy.visited.example.org', 9))
    told = set()
    for _ in range(6):
        nas.start()
        with refused() as errors:
            nas.ask('attach', user_name='alice@home.example.net')
        told.add(errors[0].result['session_id'])
        nas.kill()
    assert len(told) == 6


def change(daemon, before, after):
    text = daemon.config.read_text()
    assert before in text
    daemon.config.write_text(text.replace(before, after))


def test_reload_brings_the_log_level(server):
    server.config.write_text(server.config.read_text() + 'log { level = debug }\n')
    server.process.send_signal(signal.SIGHUP)
    eventually('the level changes', lambda: server.ask('status')['log_level'] == 'debug')


def test_PS13_reload_adds_and_removes_peers(farm):
    home = Home(farm, agents=(1,))
    server = home.server
    eventually('one peer', lambda: len(server.ask('peers')) == 1)
    server.config.write_text(server.config.read_text() +
                             'peer "ha7.home.example.net" { connect = "127.0.0.1:1" }\n')
    server.ask('reload')
    names = {peer['origin_host'] for peer in server.ask('peers')}
    assert names == {f'ha1.{HOME}', f'ha7.{HOME}'}
    # Those that stay are not disturbed.
    assert server.is_open(f'ha1.{HOME}')
    change(server, 'peer "ha7.home.example.net" { connect = "127.0.0.1:1" }\n', '')
    server.ask('reload')
    eventually('it is gone', lambda: len(server.ask('peers')) == 1)
    assert server.is_open(f'ha1.{HOME}')


def test_reload_brings_who_is_admitted(server):
    with raw.Peer.dial('127.0.0.1', server.port) as peer:
        peer.open()
        change(server, '"127.0.0.0/8"', '"10.0.0.0/8"')
        server.ask('reload')
        # The reset may come before the connection is there for us.
        with contextlib.suppress(ConnectionResetError), \
                raw.Peer.dial('127.0.0.1', server.port, host='late.example.org') as late:
            assert late.closed()
        # Who is in stays in.
        assert peer.ask(raw.message(raw.DEVICE_WATCHDOG, peer.origin())).result == 2001


@pytest.mark.parametrize('before, after, word', [
    ('watchdog = 6s', 'watchdog = 7s', 'timers'),
    (f'aaa.{HOME}', f'aab.{HOME}', 'outside of the blocks'),
    ('unknown = true', 'unknown = false', ''),
    ('policy {', 'limits { sessions = 5 }\npolicy {', 'limits'),
])
def test_reload_says_what_needs_a_restart_and_changes_nothing(server, before, after, word):
    server.config.write_text(server.config.read_text() + 'log { level = debug }\n')
    change(server, before, after)
    with refused() as caught:
        server.ask('reload')
    assert caught[0].code == 1
    assert word in caught[0].error
    status = server.ask('status')
    assert status['log_level'] == 'info'
    assert status['identity'] == f'aaa.{HOME}'
    assert 'the configuration in force stays' in server.log()


# ---- trace ----

def trace_lines(octets):
    return [json.loads(line) for line in octets.splitlines()]


def test_MH07_trace_shows_each_message_once_and_no_key(farm):
    home = Home(farm, agents=(1,), users=(), more=f'trace = "{farm.folder}/trace"')
    home.subscribe(subscriber('alice'))
    watching = home.server.control()
    watching.send('trace', count=6, tag='t')
    with raw.Peer.dial('127.0.0.1', home.port) as peer:
        peer.open()
        assert peer.ask(peer.mbr(f'alice@{HOME}')).result == 2001
        lines = []
        while True:
            lines.append(watching.line())
            assert lines[-1]['tag'] == 't'
            if 'ok' in lines[-1]:
                break
    watching.close()
    assert lines[-1]['result'] == {'messages': 6, 'lost': 0}
    shown = [line['progress'] for line in lines[:-1]]
    codes = [int(m['octets'][10:16], 16) for m in shown]
    mb, mh = raw.MB, mh_code()
    assert codes == [257, 257, mb, mh, mh, mb]
    assert [m['sent'] for m in shown] == [False, True, False, True, False, True]
    assert shown[3]['peer'] == f'ha1.{HOME}'
    assert all(m['time_ns'] > 1_700_000_000 * 10**9 for m in shown)
    # The MHR has its key, as zeros, and the home agent has another one.
    assert '00000247' in shown[3]['octets']  # Keying-Material, 583
    key = shown[3]['octets'].split('00000247')[1][8:8 + 64]  # behind flags and length
    assert set(key) == {'0'}
    assert home.bindings(f'ha1.{HOME}')[0]['associations'][0]['key_name']
    # The file has the same, from the first message on.
    filed = trace_lines((farm.folder / 'trace').read_text())
    assert [m for m in filed if m in shown] == shown
    assert len(filed) > len(shown)
    assert ROOT_KEY not in (farm.folder / 'trace').read_text()


def mh_code():
    return 16777215


def test_a_trace_that_nobody_reads_holds_up_nobody(server):
    watching = server.control()
    watching.send('trace')
    with raw.Peer.dial('127.0.0.1', server.port) as peer:
        peer.open()
        request = raw.message(raw.DEVICE_WATCHDOG, peer.origin())
        for _ in range(20):
            peer.send(request * 1000)
            for _ in range(1000):
                assert peer.receive().result == 2001
    assert server.ask('status')['identity'] == f'aaa.{HOME}'
    watching.close()
    assert server.ask('status')


# ---- ends ----

def test_a_second_signal_ends_at_once(farm):
    text = server_config(agents=()).replace('drain = 5s', 'drain = 300s  closing = 300s')
    server = farm.daemon('aaa', text).start()
    with raw.Peer.dial('127.0.0.1', server.port) as peer:
        peer.open()
        server.process.send_signal(signal.SIGTERM)
        peer.awaited(lambda m: m.code == raw.DISCONNECT_PEER)
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(timeout=15) == 0
        server.process = None


def test_a_stopping_nas_attaches_nobody(network):
    nas = network.nas[1]
    with nas.control() as control:
        control.ask('stop')
        with contextlib.suppress(OSError):  # it may be gone already
            control.send('attach', user_name=f'alice@{HOME}')
            line = control.line()
            assert line is None or line['code'] == 1
    assert nas.process.wait(timeout=15) == 0
    nas.process = None
    assert network.sessions() == []


def test_a_socket_left_over_is_no_obstacle(server):
    server.kill()
    assert (server.data / 'control').exists()
    server.start()
    assert server.ask('status')
    assert server.stop() == 0
    assert not (server.data / 'control').exists()


# ---- a peer whose name has several addresses, or a new one ----

OWN_HOSTS = ['unshare', '--mount', 'sh', '-c', 'mount --bind "$0" /etc/hosts && exec "$@"']


def test_a_peer_that_moves_is_found_again(farm):
    """The name is resolved for each attempt, and all its addresses are tried: first none of the
    name, then one where nobody listens before the right one."""
    hosts = farm.folder / 'hosts'
    hosts.write_text('')
    if subprocess.run([*OWN_HOSTS, str(hosts), 'true'], capture_output=True, check=False,
                      timeout=20).returncode != 0:
        pytest.skip('no right to give a process its own /etc/hosts')
    server = farm.daemon('aaa', server_config(agents=(1,))).start()
    text = agent_config(1, server.port).replace('127.0.0.1', 'the-server.example.net')
    agent = farm.daemon('ha1', text)
    agent.prefix = [*OWN_HOSTS, str(hosts)]
    agent.start()
    eventually('it does not resolve',
               lambda: agent.ask('status')['transport']['dial_failed'] > 0)
    hosts.write_text('::1 the-server.example.net\n127.0.0.2 the-server.example.net\n'
                     '127.0.0.1 the-server.example.net\n')
    server.wait_open(f'ha1.{HOME}')
    assert agent.ask('peers')[0]['remote'] == f'127.0.0.1:{server.port}'


# ---- the examples ----

class AsItIs(pathlib.PosixPath):
    """A configuration that a Daemon takes without writing it."""

    def write_text(self, *_, **__):
        return 0


def example(farm, name, environment):
    """A daemon that runs examples/NAME.conf."""
    daemon = farm.daemon(name, '')
    daemon.config = AsItIs(EXAMPLES / f'{name}.conf')
    daemon.prefix = ['env', f'HOMEWARD_DATA={daemon.data}',
                     *[f'{key}={value}' for key, value in environment.items()]]
    return daemon.start()


def test_the_examples_of_all_roles_bootstrap_a_node(farm):
    places = {'HOMEWARD_HOME_SERVER': f'[::1]:{free_port()}',
              'HOMEWARD_PROXY': f'[::1]:{free_port()}'}
    server, proxy, agent, nas = [example(farm, name, places) for name in
                                 ('home-server', 'proxy', 'home-agent', 'nas')]
    server.wait_open(f'ha1.{HOME}')
    proxy.wait_open(f'aaa.{HOME}')
    nas.wait_open('proxy.visited.example.org')
    server.ask('subscriber-add', subscriber=subscriber('alice'))
    attachment = nas.ask('attach', user_name=f'alice@{HOME}', calling_station_id='02-00-00-00-00-01')
    assert attachment['outcome'] == 'bootstrapped'
    assert attachment['home_agent_fqdn'] == f'ha1.{HOME}'
    assert len(agent.ask('bindings')) == 1
    assert nas.ask('detach', user_name=f'alice@{HOME}')['outcome'] == 'detached'


def test_control_is_one_client_too(server):
    """Several requests in one write are answered in their order."""
    with Control(server.data / 'control') as control:
        control.write(b'{"command":"status","tag":1}\n{"command":"peers","tag":2}\n'
                      b'{"command":"no","tag":3}\n{"command":"log-level","tag":4}\n')
        assert [control.line()['tag'] for _ in range(4)] == [1, 2, 3, 4]
