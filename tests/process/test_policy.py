# SPDX-License-Identifier: Apache-2.0
"""Home agents, locations and policy that change while sessions live."""

import subprocess

import pytest

from homeward import HOME, VISITED, Network, agent_block, eventually, refused


@pytest.fixture
def network(farm):
    return Network(farm, users=('alice', 'bob', 'carol'), policy='linger = 0s')


def rewrite(daemon, before, after):
    text = daemon.config.read_text()
    assert before in text
    daemon.config.write_text(text.replace(before, after))


def agents_of(server):
    return {agent['host']: agent for agent in server.ask('agents')}


def number_of(attachment):
    return int(attachment['home_agent_fqdn'][2])


def test_an_agent_leaves_the_configuration_and_its_sessions_stay(network):
    server = network.server
    alice = network.attach('alice')
    left, other = number_of(alice), 3 - number_of(alice)
    rewrite(server, agent_block(left), '')
    server.ask('reload')
    assert agents_of(server)[f'ha{left}.{HOME}']['left']
    assert len(network.sessions()) == 1
    # At another NAS the node keeps what it has; whoever is new goes elsewhere.
    again = network.attach('alice', nas=2)
    assert again['home_address'] == alice['home_address']
    assert number_of(again) == left
    for user in ('bob', 'carol'):
        assert number_of(network.attach(user)) == other
    network.detach(alice)
    network.detach(again, nas=2)
    eventually('the agent goes with its last session',
               lambda: f'ha{left}.{HOME}' not in agents_of(server))
    assert not network.bindings(f'ha{left}.{HOME}')


def test_an_agent_location_and_policy_come_without_a_restart(network):
    server = network.server
    started = server.ask('status')['pid'], server.ask('status')['started']
    rewrite(server, 'policy { linger = 0s }', 'policy { linger = 0s  session-timeout = 2d }')
    rewrite(server, agent_block(2), agent_block(2, 'location = "north"'))
    server.config.write_text(server.config.read_text() + '''
location "north" { nas-identifier = { "nas1.*" } }
location "south" { nas-identifier = { "nas2.*" }  near = { "north" } }
''')
    server.ask('reload')
    first = network.attach('alice')
    assert number_of(first) == 2
    assert first['session_timeout'] == 2 * 86400
    rewrite(server, agent_block(1), agent_block(1, 'location = "south"'))
    server.ask('reload')
    assert number_of(network.attach('bob', nas=2)) == 1
    assert (server.ask('status')['pid'], server.ask('status')['started']) == started
    assert server.is_open(f'ha1.{HOME}') and server.is_open(f'ha2.{HOME}')


def test_weight_capacity_and_pool_count_for_new_decisions(network):
    server = network.server
    alice = network.attach('alice')
    mine, other = number_of(alice), 3 - number_of(alice)
    rewrite(server, agent_block(mine), agent_block(mine, 'capacity = 1  weight = 100'))
    server.ask('reload')
    assert agents_of(server)[f'ha{mine}.{HOME}']['full']
    assert number_of(network.attach('bob')) == other
    rewrite(server, agent_block(mine, 'capacity = 1  weight = 100'),
            agent_block(mine, 'weight = 100'))
    server.ask('reload')
    assert number_of(network.attach('carol')) == mine
    agent = agents_of(server)[f'ha{mine}.{HOME}']
    assert (agent['sessions'], agent['pool_taken'], agent['weight']) == (2, 2, 100)


def test_the_name_in_the_keys_of_sessions_stays(network):
    server = network.server
    alice = network.attach('alice')
    mine = number_of(alice)
    line = server.config.read_text()[:server.config.read_text().index(
        agent_block(mine))].count('\n') + 1
    rewrite(server, agent_block(mine), agent_block(mine, 'fqdn = "other.home.example.net"'))
    with refused() as caught:
        server.ask('reload')
    assert 'fqdn' in caught[0].error and f':{line}:' in caught[0].error
    assert agents_of(server)[f'ha{mine}.{HOME}']['fqdn'] == f'ha{mine}.{HOME}'
    network.detach(alice)
    eventually('no session', lambda: not network.sessions())
    server.ask('reload')
    assert agents_of(server)[f'ha{mine}.{HOME}']['fqdn'] == 'other.home.example.net'


def test_what_an_operator_sets_of_an_agent_outlives_restart_and_reload(network):
    server = network.server
    ha1, ha2 = f'ha1.{HOME}', f'ha2.{HOME}'
    server.ask('agents-set', host=ha1, state='draining', capacity=7)
    assert number_of(network.attach('alice')) == 2
    server.kill()
    server.start()
    agent = agents_of(server)[ha1]
    assert (agent['state'], agent['capacity'], agent['set']) == \
        ('draining', 7, ['state', 'capacity'])
    server.ask('reload')
    assert agents_of(server)[ha1]['state'] == 'draining'
    server.ask('agents-set', host=ha1, reset=True)
    server.ask('agents-set', host=ha2, state='down')
    server.wait_open(ha1)
    network.proxy.wait_open(f'aaa.{HOME}')
    assert number_of(network.attach('bob')) == 1
    agent = agents_of(server)[ha1]
    assert (agent['state'], agent['capacity'], agent['set']) == ('up', 0, [])
    with refused() as caught:
        server.ask('agents-set', host='ha9.home.example.net', state='up')
    assert caught[0].code == 1 and 'ha9' in caught[0].error


def taken(server):
    counts = server.ask('status')['home_server']
    return counts, [(a['host'], a['sessions'], a['pool_taken'], a['prefix_taken'], a['assigned'])
                    for a in server.ask('agents')]


def test_explain_tells_the_decision_and_takes_nothing(network):
    server = network.server
    before = taken(server)
    for _ in range(20):
        told = server.ask('explain-mbr', user_name=f'alice@{HOME}',
                          nas_identifier=f'nas1.{VISITED}', origin_realm=VISITED)
    assert taken(server) == before
    assert (told['choice'], told['result_code'], told['tries']) == \
        ('assign', 2001, [{'host': told['answer']['home_agent']}])
    assert all(agent['fits'] for agent in told['home_agents'])
    alice = network.attach('alice')
    assert alice['home_agent_fqdn'] == told['answer']['home_agent_fqdn']
    assert alice['home_address'] == told['answer']['home_address']
    told = server.ask('explain-mbr', user_name=f'alice@{HOME}')
    assert (told['choice'], told['session']) == ('reuse', 'active')
    assert told['answer']['home_address'] == alice['home_address']
    assert server.ask('explain-mbr', user_name=f'nobody@{HOME}')['result_code'] == 5003
    with refused() as caught:
        server.ask('explain-mbr', user_name=f'alice@{HOME}', nas_address='nonsense')
    assert caught[0].code == 2


def test_explain_for_people(network):
    server = network.server
    server.ask('agents-set', host=f'ha1.{HOME}', state='draining')
    tool = network.farm.build / 'src/cli/homeward'
    said = subprocess.run([tool, 'explain-mbr', '--socket', server.control_path, '--dns-name',
                           'a.example.net', f'bob@{HOME}'], capture_output=True, text=True,
                          check=True).stdout
    for words in ('1  The subscriber', 'there is none', 'draining', 'fits', 'assign: ha2',
                  'Result-Code 2001 DIAMETER_SUCCESS, if the home agent agrees', 'the pool'):
        assert words in said, said
