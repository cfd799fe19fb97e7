# SPDX-License-Identifier: Apache-2.0
"""The split scenario: a home agent asks its home server for a node, and gets the keys in MBA."""

import diameter_raw as raw
from homeward import HOME, Home, address_of, eventually, pool_of, refused

AGENT = f'ha1.{HOME}'
KEY = 581


def bootstrap(home, user='alice', agent=AGENT, **more):
    return home.agents[agent].ask('bootstrap', user_name=f'{user}@{HOME}', **more)


def is_over(home, user='alice'):
    return home.session_of(user) is None


def test_the_home_agent_asks_for_a_node(farm):
    home = Home(farm, agents=(1, 2), policy='linger = 0s')
    result = bootstrap(home, service_selection='ims')
    assert result['outcome'] == 'bootstrapped'
    address = address_of(result['home_address'])
    assert address in pool_of(AGENT)
    session = home.session_of('alice')
    assert (session['home_agent'], session['service_selection']) == (AGENT, 'ims')
    assert [a['session_id'] for a in session['accesses']] == [result['session_id']]
    binding = home.bindings(AGENT)[0]
    assert binding['session_id'] == result['session_id']
    assert address_of(binding['home_address']) == address
    assert binding['associations'][0]['key_name']
    assert home.bindings(f'ha2.{HOME}') == []
    # The same node again: the same session, nothing allocated twice.
    again = bootstrap(home, service_selection='ims')
    assert (again['session_id'], again['home_address']) == (result['session_id'],
                                                            result['home_address'])
    assert home.session_of('alice')['access_count'] == 1
    home.agents[AGENT].ask('bindings-end', session_id=result['session_id'], left=True)
    eventually('the session is over', lambda: is_over(home))
    assert home.bindings(AGENT) == []


def test_renewed_in_time_rekeyed_by_order_and_aborted(farm):
    home = Home(farm, agents=(1,), policy='linger = 0s  authorization-lifetime = 2s  '
                                          'grace-period = 20s')
    result = bootstrap(home)
    agent = home.agents[AGENT]
    eventually('asked again twice', lambda: agent.log().count('updated') >= 2, limit=20)
    agent.kill()
    agent.start()
    home.server.wait_open(AGENT)
    eventually('after a restart too', lambda: agent.log().count('updated') >= 4, limit=20)
    assert home.session_of('alice')['accesses'][0]['session_id'] == result['session_id']
    before = home.bindings(AGENT)[0]['associations'][0]
    home.server.ask('sessions-reauthorize', name=f'alice@{HOME}')
    eventually('RAR is obeyed', lambda: 're-authorize' not in str(home.session_of('alice')))
    assert home.bindings(AGENT)[0]['associations'][0]['key_epoch'] >= before['key_epoch']
    home.server.ask('sessions-abort', name=f'alice@{HOME}')
    eventually('ASR too', lambda: home.bindings(AGENT) == [])
    eventually('the session is over', lambda: is_over(home))


def test_refused(farm):
    home = Home(farm, agents=(1,))
    with refused() as caught:
        bootstrap(home, 'nobody')
    assert caught[0].result['result_code'] == 5003
    assert home.bindings(AGENT) == []
    assert home.sessions() == []


def test_keys_go_to_the_assigned_home_agent_alone(farm):
    """Neither a client that calls itself a home agent, nor one that has a port."""
    home = Home(farm, agents=(1,))
    bootstrap(home)
    for host in ('ha9.visited.example.org', 'nas1.visited.example.org'):
        with raw.Peer.dial('127.0.0.1', home.port, host=host) as peer:
            peer.open()
            answer = peer.ask(peer.mbr(f'alice@{HOME}', extra=[
                raw.avp(raw.MIP6_HOME_AGENT_FQDN, AGENT, raw.VENDOR)]))
        assert answer.result == 2001
        for association in answer.all(raw.MIP6_SECURITY_ASSOCIATION, raw.VENDOR):
            assert KEY not in [inner.code for inner in association.inner]
