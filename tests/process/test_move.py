# SPDX-License-Identifier: Apache-2.0
"""Home agents that die, drain and return, as processes: their sessions go on elsewhere."""

import shutil
import subprocess
import time

from homeward import Network, eventually


def other_of(network, agent):
    return next(name for name in network.agents if name != agent)


def test_MH05_a_node_moves_when_its_home_agent_was_killed(farm):
    network = Network(farm, policy='linger = 1s  move-after = 0')
    first = network.attach('alice')
    network.attach('alice', nas=2)
    agent = first['home_agent_fqdn']
    other = other_of(network, agent)
    network.agents[agent].kill()
    eventually('the server sees it go', lambda: not network.server.is_open(agent))
    second = network.attach('alice')
    assert second['outcome'] == 'bootstrapped'
    assert second['home_agent_fqdn'] == other
    assert second['home_address'] != first['home_address']

    def both_know():
        """RAR lets the second NAS hear of it."""
        found = network.nas[2].ask('attachments')
        return found and found[0]['home_agent_fqdn'] == other

    eventually('the other NAS has the new home', both_know)
    # It returns with its bindings, and is told to drop the one of the old session.
    network.agents[agent].start()
    network.server.wait_open(agent)
    eventually('the old agent has dropped it', lambda: network.bindings(agent) == [], 30)
    binding, = network.bindings(other)
    assert binding['home_address'] == second['home_address']
    eventually('the server has only the new session', lambda: [
        session['access_count'] for session in network.sessions()] == [2])


def test_an_agent_is_drained_and_emptied(farm, develop):
    network = Network(farm)
    first = network.attach('alice')
    agent = first['home_agent_fqdn']
    other = other_of(network, agent)
    network.server.ask('agents-set', host=agent, state='draining')
    assert network.attach('alice')['home_agent_fqdn'] == agent  # it keeps what it has
    assert network.attach('bob')['home_agent_fqdn'] == other
    done = subprocess.run(
        [str(develop / 'src/cli/homeward'), 'agents', 'move', agent, '--json', '--socket',
         str(network.server.control_path)], capture_output=True, text=True, check=True)
    assert '"sessions": 1' in done.stdout
    eventually('the session is at the other agent', lambda: all(
        s['home_agent'] == other for s in network.sessions()))
    eventually('the drained one is empty', lambda: network.bindings(agent) == [])
    eventually('the NAS has heard of it', lambda: [
        a['home_agent_fqdn'] for a in network.nas[1].ask('attachments')
        if a['user_name'].startswith('alice')] == [other])


def test_MH09_an_agent_that_lost_its_state_while_the_server_was_away(farm):
    network = Network(farm)
    first = network.attach('alice')
    agent = network.agents[first['home_agent_fqdn']]
    born = agent.ask('status')['origin_state_id']
    network.server.kill()
    agent.kill()
    shutil.rmtree(agent.data)
    # Its Origin-State-Id is the second in which its store began.
    eventually('the clock goes on', lambda: int(time.time()) > born)
    network.server.start()
    agent.start()
    eventually('its binding is pushed again', lambda: [
        b['home_address'] for b in agent.ask('bindings')] == [first['home_address']], 30)


def test_the_nases_are_told_when_a_home_agent_ends_the_session(farm, develop):
    network = Network(farm)
    first = network.attach('alice')
    network.attach('alice', nas=2)
    agent = network.agents[first['home_agent_fqdn']]
    binding, = agent.ask('bindings')
    subprocess.run([str(develop / 'src/cli/homeward'), 'bindings', 'end', binding['session_id'],
                    '--socket', str(agent.control_path)], check=True, capture_output=True)
    eventually('no NAS has the service any more', lambda: not any(
        nas.ask('attachments') for nas in network.nas.values()))
    eventually('nothing is left at the server', lambda: network.sessions() == [])
    assert network.attach('alice')['outcome'] == 'bootstrapped'
