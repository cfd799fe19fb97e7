# SPDX-License-Identifier: Apache-2.0
"""freeDiameterd as the visited network's relay between our NAS and our home server."""

import pytest

import certificates
import freediameter
import homeward
from homeward import HOME, VISITED, Home, address_of, eventually, pool_of, refused

RELAY = f'relay.{VISITED}'


@pytest.fixture
def nas(farm):
    """A NAS that waits for the relay: freeDiameterd listens on no loopback address, so it dials."""
    text = homeward.node(f'nas1.{VISITED}', VISITED, 'nas', 'listen "127.0.0.1:0" {}',
                         f'peer "{RELAY}" {{}}', f'route "*" {{ peers = {{ "{RELAY}" }} }}')
    return farm.daemon('nas1', text).start()


def test_relay(farm, nas, tmp_path):
    home = Home(farm, agents=(1,), policy='linger = 0')
    peers = {f'aaa.{HOME}': home.port, f'nas1.{VISITED}': nas.port}
    with freediameter.relay(tmp_path, RELAY, VISITED, peers) as log:
        try:
            nas.wait_open(RELAY)
            home.server.wait_open(RELAY)
            attachment = nas.ask('attach', user_name=f'alice@{HOME}', interface='wlan0')
            assert attachment['outcome'] == 'bootstrapped'
            assert address_of(attachment['home_address']) in pool_of(f'ha1.{HOME}')
            session = home.session_of('alice')
            assert [a['origin_host'] for a in session['accesses']] == [f'nas1.{VISITED}']
            with refused() as caught:
                nas.ask('attach', user_name=f'nobody@{HOME}', interface='wlan0')
            assert caught[0].result['result_code'] == 5003
            # The relay itself refuses what it cannot route.
            with refused() as caught:
                nas.ask('attach', user_name='alice@nowhere.example', interface='wlan0')
            assert caught[0].result['result_code'] in (3002, 3003)
            assert nas.ask('detach', session_id=attachment['session_id'])['outcome'] == 'detached'
            eventually('the session has ended', lambda: home.session_of('alice') is None)
        except BaseException:
            print(log.read_text()[-6000:])
            raise


@pytest.mark.parametrize('tls', [freediameter.TLS, freediameter.OLD_TLS],
                         ids=['before-CER', 'behind-CEA'])
def test_relay_with_tls(farm, tmp_path, tls):
    """GnuTLS on the other side, in both of the ways that TLS began with Diameter."""
    authority = certificates.Authority(tmp_path / 'ca')
    old = tls == freediameter.OLD_TLS
    how = f'peer "{RELAY}" {{ tls = required  {"inband-tls = true" if old else ""} }}'
    listen = f'listen "127.0.0.1:0" {{ tls = {"false" if old else "true"} }}'
    port = homeward.free_port()
    text = homeward.server_config(agents=(1,), port=port).replace(
        f'listen "127.0.0.1:{port}" {{}}', f'{listen}\nlisten "127.0.0.2:{port}" {{}}')
    server = farm.daemon('aaa', text + how + authority.issue(f'aaa.{HOME}').block()).start()
    text = homeward.agent_config(1, port).replace('127.0.0.1', '127.0.0.2')
    farm.daemon('ha1', text).start().wait_open(f'aaa.{HOME}')
    text = homeward.node(f'nas1.{VISITED}', VISITED, 'nas', listen, how,
                         f'route "*" {{ peers = {{ "{RELAY}" }} }}')
    nas = farm.daemon('nas1', text + authority.issue(f'nas1.{VISITED}').block()).start()
    server.ask('subscriber-add', subscriber=homeward.subscriber('alice'))
    peers = {f'aaa.{HOME}': server.port, f'nas1.{VISITED}': nas.port}
    with freediameter.relay(tmp_path, RELAY, VISITED, peers, authority, tls) as log:
        try:
            nas.wait_open(RELAY)
            server.wait_open(RELAY)
            eventually('TLS is up', lambda: all(
                peer['security'].get('protocol') for daemon in (nas, server)
                for peer in daemon.ask('peers') if peer['origin_host'] == RELAY))
            attachment = nas.ask('attach', user_name=f'alice@{HOME}', interface='wlan0')
            assert attachment['outcome'] == 'bootstrapped'
        except BaseException:
            print(log.read_text()[-6000:])
            raise
