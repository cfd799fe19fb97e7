# SPDX-License-Identifier: Apache-2.0
"""A home server's store as a whole: its audit while it serves, and moving it into a database."""

import json
import shutil
import sqlite3
import subprocess

import pytest
from homeward import HOME, Network, eventually
from postgres import Cluster


@pytest.fixture
def cluster():
    made = Cluster().start()
    yield made
    made.close()


def tool(develop, *words, code=0):
    done = subprocess.run([str(develop / 'src/cli/homeward'), 'store', *map(str, words)],
                          capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == code, done.stdout + done.stderr
    return done


def test_the_audit_of_a_store_that_serves(farm, develop):
    network = Network(farm)
    network.attach('alice')
    for place in network.stores():
        assert tool(develop, 'check', *place).stdout == 'the store is sound\n'


def test_the_audit_names_what_is_wrong(farm, develop):
    network = Network(farm)
    attached = network.attach('alice')
    network.server.stop()
    store = sqlite3.connect(network.server.data / 'store.db')  # without its foreign keys
    store.execute('DELETE FROM session')
    store.commit()
    store.close()
    done = tool(develop, 'check', '--data', network.server.data, code=1)
    assert f'the access session {attached["session_id"]} belongs to no session' in done.stdout
    assert '1 thing is wrong in this store' in done.stderr
    told = json.loads(tool(develop, 'check', '--data', network.server.data, '--json',
                           code=1).stdout)
    assert told['result']['findings'] == 1


def test_a_store_moves_into_a_database_and_its_sessions_go_on(farm, develop, cluster):
    network = Network(farm)
    alice, bob = network.attach('alice'), network.attach('bob')
    server = network.server
    born = server.ask('status')['origin_state_id']
    key = farm.folder / 'shared.key'
    target = ['--url', cluster.url(), '--key-file', key]
    refused = tool(develop, 'migrate', '--data', server.data, *target, '--server', f'aaa.{HOME}',
                   code=1)
    assert 'stop its daemon first' in refused.stderr
    server.stop()
    done = tool(develop, 'migrate', '--data', server.data, *target, '--server', f'aaa.{HOME}')
    assert 'records were copied' in done.stdout
    assert tool(develop, 'check', *target).stdout == 'the store is sound\n'
    again = tool(develop, 'migrate', '--data', server.data, *target, '--server', f'aaa.{HOME}',
                 code=1)
    assert 'has records already' in again.stderr

    shutil.move(server.data, f'{server.data}.old')
    server.text += f'store {{ url = "{cluster.url()}"  key-file = "{key}" }}\n'
    server.start()
    network.connected()
    assert server.ask('status')['origin_state_id'] == born
    moved = network.attach('alice', nas=2)
    assert moved['home_address'] == alice['home_address']
    assert moved['home_agent_fqdn'] == alice['home_agent_fqdn']
    network.detach(bob)
    eventually('the session of bob is over', lambda: network.session_of('bob') is None)
    assert tool(develop, 'check', *target).stdout == 'the store is sound\n'
    server.stop()  # before its database
