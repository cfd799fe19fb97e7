# SPDX-License-Identifier: Apache-2.0
"""A redirect agent, and who follows it: attaching needs its answer 3006 and the server it names."""

from homeward import (HOME, LOOPBACK, VISITED, WAY_BACK, Home, free_port, nas_config, node,
                      refused)

AGENT = 'redirect.example.com'
# A DiameterURI has a name, and a name that every machine resolves to itself is its own address.
HERE = '127.0.0.1'


def redirect_agent(farm, to, usage='dont-cache'):
    return farm.daemon('redirect', node(
        AGENT, 'example.com', 'proxy', 'listen "127.0.0.1:0" {}', LOOPBACK,
        f'route "{HOME}" {{ action = redirect  redirect-to = {{ "{to}" }}  '
        f'redirect-usage = {usage} }}')).start()


def nas_of(farm, agent, more):
    nas = farm.daemon('nas1', nas_config(1, AGENT, agent.port, more)).start()
    nas.wait_open(AGENT)
    return nas


def attach(nas, user):
    return nas.ask('attach', user_name=f'{user}@{HOME}', interface='wlan0')


def requests_of(daemon, peer):
    return next(p['requests_out'] for p in daemon.ask('peers') if p['origin_host'] == peer)


def test_RT23_redirected_to_a_peer(farm):
    """The first request asks the redirect agent, the second knows the way."""
    home = Home(farm, agents=(1,))
    agent = redirect_agent(farm, f'aaa://aaa.{HOME}:{home.port}', 'realm-and-application')
    nas = nas_of(farm, agent, f'peer "aaa.{HOME}" {{ connect = "127.0.0.1:{home.port}" }}')
    nas.wait_open(f'aaa.{HOME}')
    for user in ('alice', 'bob'):
        assert attach(nas, user)['home_agent_fqdn'] == f'ha1.{HOME}'
    assert requests_of(nas, AGENT) == 1
    assert requests_of(nas, f'aaa.{HOME}') == 2
    assert len(home.sessions()) == 2


def test_RT23_redirected_to_a_stranger(farm):
    """It is dialled; without leave to do so the request ends with 3002 and why."""
    home = Home(farm, agents=(1,), more=WAY_BACK.replace(f'proxy.{VISITED}', HERE))
    port = free_port()
    relay = farm.daemon('relay', node(
        HERE, VISITED, 'proxy', f'listen "127.0.0.1:{port}" {{}}', LOOPBACK,
        f'peer "aaa.{HOME}" {{ connect = "127.0.0.1:{home.port}" }}',
        f'route "{HOME}" {{ peers = {{ "aaa.{HOME}" }} }}')).start()
    relay.wait_open(f'aaa.{HOME}')
    agent = redirect_agent(farm, f'aaa://{HERE}:{port}')
    nas = nas_of(farm, agent, 'redirect { follow = dial }')
    assert attach(nas, 'alice')['home_agent_fqdn'] == f'ha1.{HOME}'
    assert nas.is_open(HERE)
    nas.stop()
    careful = farm.daemon('nas2', nas_config(2, AGENT, agent.port)).start()
    careful.wait_open(AGENT)
    with refused() as caught:
        attach(careful, 'bob')
    assert caught[0].result['result_code'] == 3002
