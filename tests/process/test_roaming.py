# SPDX-License-Identifier: Apache-2.0
"""Between networks: a home agent of the visited network, the agreement of its proxy, keys on the way
there, and names that are a way through other realms."""

import pytest

import homeward
from homeward import (HOME, VISITED, Home, Network, address_of, eventually, nas_config, node,
                      proxy_config, refused, subscriber)
from test_links import ADDRESS, inside  # noqa: F401, pylint: disable=unused-import

PROXY = f'proxy.{VISITED}'
AGENT = f'ha9.{VISITED}'
VIA = 'via.example.com'
ALLOWED = f'''agreement "home.*" {{
    allow-local = true
    local-home-agent = "2001:db8:9:2::1/64"
    local-home-agent-fqdn = "{AGENT}"
    strip = {{ 31 }}
}}'''
AT_THE_SERVER = (f'home-agent "{AGENT}" {{ realm = "{VISITED}"  address = "2001:db8:9:2::1/64"  '
                 f'pool = "2001:db8:9:2::/64"  local = true }}\n')


def agent_text(port):
    return node(AGENT, VISITED, 'home-agent', f'peer "{PROXY}" {{ connect = "127.0.0.1:{port}" }}',
                f'route "*" {{ peers = {{ "{PROXY}" }} }}',
                'link "2001:db8:9:2::/64" { address = "2001:db8:9:2::1/64" }')


def roaming(farm, proxy_more=ALLOWED, **config):
    """Figure 7 with a home agent in the visited network, a neighbour of the proxy alone."""
    network = Network(farm, proxy_more=proxy_more, more=AT_THE_SERVER, agents=(1,), **config)
    network.agents[AGENT] = farm.daemon('ha9', agent_text(network.proxy.port)).start()
    network.proxy.wait_open(AGENT)
    network.subscribe(subscriber('alice', local_home_agent=True), subscriber('bob'))
    return network


def is_over(network, user='alice'):
    return network.session_of(user) is None


def test_MB21_home_agent_of_the_visited_network(farm):
    """The proxy offers it, MHR goes through the proxy to it, and so do ASR and STR."""
    network = roaming(farm)
    attachment = network.attach('alice', calling_station_id='00-23-32-C9-79-38')
    assert (attachment['home_agent_fqdn'], attachment['feature_vector']) == (AGENT, 3)
    binding = network.bindings(AGENT)[0]
    assert address_of(binding['home_address']) == address_of(attachment['home_address'])
    assert (binding['server_host'], len(binding['associations'])) == (f'aaa.{HOME}', 1)
    # Who may have none is served at home; both go on beside each other.
    assert network.attach('bob')['home_agent_fqdn'] == f'ha1.{HOME}'
    network.server.ask('sessions-abort', name=f'alice@{HOME}')
    eventually('the session is over', lambda: is_over(network))
    assert network.bindings(AGENT) == []
    assert [a['user_name'] for a in network.nas[1].ask('attachments')] == [f'bob@{HOME}']
    eventually('its STR has come back', lambda: any(
        p['origin_host'] == PROXY and p['answers_in'] and not p['pending']
        for p in network.agents[AGENT].ask('peers')))


def test_str_of_the_home_agent_comes_home(farm):
    """The key is over: the home agent's STR finds its way through the proxy."""
    network = roaming(farm, policy='linger = 300s  key-lifetime = 2s')
    network.attach('alice')
    network.detach(network.nas[1].ask('attachments')[0])
    eventually('the home agent has said so', lambda: is_over(network))
    assert network.bindings(AGENT) == []


def test_SE06_new_keys_through_the_proxy(farm):
    """RAR, RAA, MHR and MHA of a rollover pass the proxy; the NAS behind it hears of the epoch."""
    network = roaming(farm)

    def keys():
        return [(a['key_epoch'], a['key_name'])
                for a in network.bindings(AGENT)[0]['associations']]

    def requests_to_the_agent():
        return next(p['requests_out'] for p in network.proxy.ask('peers')
                    if p['origin_host'] == AGENT)

    attachment = network.attach('alice')
    (epoch, name), = keys()
    before = requests_to_the_agent()
    assert epoch == 1 and attachment['associations'][0]['epoch'] == 1
    assert network.server.ask('sessions-rekey', name=f'alice@{HOME}')['sessions'] == 1
    eventually('the home agent has the new key', lambda: keys()[0][0] == 2)
    assert keys()[0][1] != name
    assert requests_to_the_agent() - before >= 2  # RAR, MHR; and who watches
    eventually('the node can learn the epoch', lambda: [
        a['associations'][0]['epoch'] for a in network.nas[1].ask('attachments')] == [2])
    assert network.session_of('alice')['home_address'] == attachment['home_address']


def test_MB22_the_agreement_forbids_it(farm):
    """What the NAS offers by itself does not pass, and a MHR from home is not let in either."""
    network = roaming(farm, proxy_more='agreement "*" {}')
    attachment = network.attach('alice', home_agent_fqdn=AGENT,
                                home_agent_address='2001:db8:9:2::1/64', feature_vector=3)
    assert (attachment['home_agent_fqdn'], attachment['feature_vector']) == (f'ha1.{HOME}', 1)
    direct = farm.daemon('nas3', nas_config(3, f'aaa.{HOME}', network.port)).start()
    direct.wait_open(f'aaa.{HOME}')
    network.subscribe(subscriber('carol', local_home_agent=True))
    carol = direct.ask('attach', user_name=f'carol@{HOME}', home_agent_fqdn=AGENT,
                       home_agent_address='2001:db8:9:2::1/64', feature_vector=3)
    assert carol['home_agent_fqdn'] == f'ha1.{HOME}'
    assert 'the agreement with this realm gives it no home agent here' in network.proxy.log()
    assert network.bindings(AGENT) == []


@pytest.mark.parametrize('trusted', [False, True])
def test_MH08_keys_through_the_proxy(farm, inside, trusted):  # noqa: F811
    """The proxy is trusted by the server; whether its link to the home agent is, the proxy knows."""
    def moved(text):
        return text.replace('127.0.0.1:0', f'{ADDRESS}:3868').replace('127.0.0.1', ADDRESS) \
            .replace('"127.0.0.0/8"', '"0.0.0.0/0"')

    trust = 'trusted-link = true' if trusted else ''
    server = homeward.server_config(agents=(), more=homeward.WAY_BACK + AT_THE_SERVER)
    server = server.replace(f'peer "{PROXY}" {{}}', f'peer "{PROXY}" {{ trusted-link = true }}')
    proxy = proxy_config(3868, ALLOWED + f'\npeer "{AGENT}" {{ {trust} }}')
    texts = {
        'aaa': moved(server),
        'proxy': moved(proxy).replace(f'listen "{ADDRESS}:3868"', f'listen "{ADDRESS}:3869"'),
        'ha9': moved(agent_text(3869)),
        'nas1': moved(nas_config(1, PROXY, 3869)),
    }
    made = {}
    for name, text in texts.items():
        made[name] = farm.daemon(name, text)
        made[name].prefix = inside
        made[name].start()
    for daemon, peer in (('proxy', f'aaa.{HOME}'), ('proxy', AGENT), ('nas1', PROXY),
                         ('aaa', PROXY)):
        made[daemon].wait_open(peer)
    made['aaa'].ask('subscriber-add', subscriber=subscriber('alice', local_home_agent=True))
    if trusted:
        assert made['nas1'].ask('attach', user_name=f'alice@{HOME}')['home_agent_fqdn'] == AGENT
        return
    with refused() as caught:
        made['nas1'].ask('attach', user_name=f'alice@{HOME}')
    assert caught[0].result['outcome'] == 'refused'
    assert 'no protected path to the home agent' in made['proxy'].log()
    assert made['ha9'].ask('bindings') == []


def test_a_decorated_name_is_a_way(farm):
    """home.example.net!alice@via.example.com: through the realm via.example.com (RFC 5729)."""
    mediator_name = f'proxy.{VIA}'
    home = Home(farm, agents=(1,), policy='linger = 0s  authorization-lifetime = 2s')
    mediator = farm.daemon('mediator', node(
        mediator_name, VIA, 'proxy', 'listen "127.0.0.1:0" {}', homeward.LOOPBACK,
        f'peer "aaa.{HOME}" {{ connect = "127.0.0.1:{home.port}" }}',
        f'route "{HOME}" {{ peers = {{ "aaa.{HOME}" }}  action = proxy }}')).start()
    # The visited network knows the mediating one alone.
    proxy = farm.daemon('proxy', node(
        PROXY, VISITED, 'proxy', 'listen "127.0.0.1:0" {}', homeward.LOOPBACK,
        f'peer "{mediator_name}" {{ connect = "127.0.0.1:{mediator.port}" }}',
        f'route "{VIA}" {{ peers = {{ "{mediator_name}" }}  action = proxy }}')).start()
    nas = farm.daemon('nas1', nas_config(1, PROXY, proxy.port)).start()
    mediator.wait_open(f'aaa.{HOME}')
    proxy.wait_open(mediator_name)
    nas.wait_open(PROXY)
    attachment = nas.ask('attach', user_name=f'{HOME}!alice@{VIA}')
    assert attachment['outcome'] == 'bootstrapped'
    assert attachment['server_host'] == f'aaa.{HOME}'
    assert home.session_of('alice')['accesses'][0]['session_id'] == attachment['session_id']
    eventually('it is renewed on the same way', lambda: 'reauthorized' in nas.log())
    detached = nas.ask('detach', session_id=attachment['session_id'])
    assert (detached['outcome'], detached['result_code']) == ('detached', 2001)
    eventually('the session is over', lambda: is_over(home))
    with refused() as caught:
        nas.ask('attach', user_name=f'alice@{HOME}')
    assert caught[0].result['result_code'] in (3002, 3003)
