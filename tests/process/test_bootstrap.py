# SPDX-License-Identifier: Apache-2.0
"""A mobile node finds its way home: NAS, visited proxy, home server, home agent, all processes."""

import ipaddress

from homeward import (HOME, VISITED, Network, address_of, eventually, pool_of, refused, subscriber)


def check_granted(network, attachment, user='alice'):
    """What the NAS was told is what server and home agent hold."""
    assert attachment['outcome'] == 'bootstrapped'
    assert attachment['result_code'] == 2001
    address = address_of(attachment['home_address'])
    assert address in pool_of(attachment['home_agent_fqdn'])
    session = network.session_of(user)
    assert session['state'] == 'active'
    assert address_of(session['home_address']) == address
    assert session['home_agent'] == attachment['home_agent_fqdn']
    bindings = network.bindings(session['home_agent'])
    binding = next(b for b in bindings if b['user_name'] == f'{user}@{HOME}')
    assert address_of(binding['home_address']) == address
    assert binding['session_id'] == session['home_agent_session']
    assert [a['protocol'] for a in binding['associations']] == ['IKEV2']
    return session


def test_figure_7(network):
    attachment = network.attach('alice')
    session = check_granted(network, attachment)
    assert [a['origin_host'] for a in session['accesses']] == [f'nas1.{VISITED}']
    assert session['accesses'][0]['session_id'] == attachment['session_id']
    assert attachment['server_host'] == f'aaa.{HOME}'
    # The NAS learns how to protect the signalling, and no key.
    assert [a['protocol'] for a in attachment['associations']] == ['IKEV2']
    assert 'key' not in attachment['associations'][0]


def test_second_nas_keeps_agent_and_address(network):
    first = network.attach('alice', nas=1)
    second = network.attach('alice', nas=2)
    for what in ('home_agent_fqdn', 'home_agent_address', 'home_address'):
        assert second[what] == first[what]
    session = check_granted(network, second)
    assert {a['origin_host'] for a in session['accesses']} == {f'nas1.{VISITED}',
                                                               f'nas2.{VISITED}'}
    # The late STR of the old NAS ends only its own access session.
    network.detach(first, nas=1)
    session = eventually('one access session is left', lambda: (
        s := network.session_of('alice')) and s['access_count'] == 1 and s)
    assert session['state'] == 'active'
    assert address_of(session['home_address']) == address_of(first['home_address'])


def test_two_users_two_addresses(network):
    alice, bob = network.attach('alice'), network.attach('bob')
    assert address_of(alice['home_address']) != address_of(bob['home_address'])


def test_static_home_address(network):
    network.subscribe(subscriber('carol', home_address='2001:db8:1:2::77/64',
                                 home_agent=f'ha1.{HOME}'))
    attachment = network.attach('carol')
    assert address_of(attachment['home_address']) == ipaddress.IPv6Address('2001:db8:1:2::77')
    check_granted(network, attachment, 'carol')


def test_MB04_unknown_user_is_refused_like_one_without_mobility(network):
    network.subscribe(subscriber('dave', mobility=False), subscriber('erin', enabled=False))
    words = set()
    for user in ('nobody', 'dave', 'erin'):
        with refused() as caught:
            network.attach(user)
        assert caught[0].code == 1
        assert caught[0].result['outcome'] == 'refused'
        assert caught[0].result['result_code'] == 5003
        words.add(caught[0].result['error_message'].replace(user, ''))
    assert len(words) == 1, words  # names cannot be probed
    assert network.sessions() == []


def test_other_agent_when_one_is_killed(network):
    first = network.attach('alice')
    agent = first['home_agent_fqdn']
    network.agents[agent].kill()
    eventually('the server sees it go', lambda: not network.server.is_open(agent))
    second = network.attach('bob')
    assert second['outcome'] == 'bootstrapped'
    assert second['home_agent_fqdn'] not in (agent, None)
    check_granted(network, second, 'bob')


def test_detach_linger_abort_and_the_pool_is_full_again(network):
    attachment = network.attach('alice')
    agent = attachment['home_agent_fqdn']
    taken = {a['host']: a['pool_taken'] for a in network.server.ask('agents')}
    assert taken[agent] > min(taken.values())
    assert network.detach(attachment)['outcome'] == 'detached'
    # policy.linger is 1 s: the session waits for the node to come back, then ASR ends it.
    lingering = eventually('the session lingers or has ended', lambda: (
        s := network.session_of('alice')) is None or s['state'] in ('lingering', 'ending'))
    assert lingering
    eventually('the session has ended', lambda: network.session_of('alice') is None)
    assert network.bindings(agent) == []
    after = {a['host']: a['pool_taken'] for a in network.server.ask('agents')}
    assert after[agent] == taken[agent] - 1
    assert network.nas[1].ask('attachments') == []


def test_coming_back_while_lingering_keeps_the_address(farm):
    network = Network(farm, policy='linger = 60s')
    first = network.attach('alice')
    network.detach(first)
    eventually('it lingers', lambda: network.session_of('alice')['state'] == 'lingering')
    second = network.attach('alice', nas=2)
    assert second['home_address'] == first['home_address']
    assert second['session_id'] != first['session_id']
    check_granted(network, second)
