# SPDX-License-Identifier: Apache-2.0
"""Two home servers on one PostgreSQL: any of them answers any message of any session."""

import collections
import os
import pathlib
import signal
import subprocess
import threading

import diameter_raw as raw
import pytest
from homeward import HOME, VISITED, Control, eventually, free_port
from load import Load
from postgres import Cluster
from shared import SharedNetwork, pair_on


@pytest.fixture
def pair(farm):
    yield from pair_on(farm)


def peer(pair, number, host=f'nas9.{VISITED}'):
    """A NAS made of octets, connected with this server alone."""
    made = raw.Peer.dial('127.0.0.1', pair.server_ports[number], host=host)
    made.open()
    return made


def mbr(client, user, session):
    answer = client.ask(client.mbr(f'{user}@{HOME}', session=session), timeout=30)
    assert answer.result == 2001, (answer.result, answer.error)
    return raw.home_address(answer)


def test_attach_at_one_and_go_on_at_the_other(pair):
    with peer(pair, 1) as first, peer(pair, 2, f'nas8.{VISITED}') as second:
        session = first.new_session_id()
        address = mbr(first, 'alice', session)
        assert mbr(second, 'alice', second.new_session_id()) == address  # another NAS
    with peer(pair, 2) as again:  # the same NAS, at the other server
        assert mbr(again, 'alice', session) == address  # re-authorization
        assert len(pair.sessions()) == 1
        assert len(pair.sessions()[0]['accesses']) == 2
        assert again.ask(again.str_(session)).result == 2001
    assert len(pair.sessions()[0]['accesses']) == 1
    with peer(pair, 1) as late:
        assert late.ask(late.str_(session)).result == 5002


def test_a_subscriber_changes_at_one_and_the_other_knows(pair):
    with peer(pair, 2) as client:
        mbr(client, 'alice', 'nas9;1')
        pair.servers_by_number[1].ask('subscriber-disable', user_name=f'alice@{HOME}')
        answer = client.ask(client.mbr(f'alice@{HOME}', session='nas9;2'))
        assert answer.result == 5003


# ---- one of them is gone ----


def load_on(pair, users=60, seed=1):
    names = [f'user{number}' for number in range(users)]
    pair.subscribe(*names)
    load = Load(pair, names[6:], names[:6], raw_clients=4, seed=seed)
    load.start()
    return load


def assert_answers(load):
    """A client hears of trouble behind its server as 3004, never as anything else."""
    codes = {result for _, result in load.counts if isinstance(result, int)}
    assert codes <= {2001, 3004, 5002}, load.counts


def check_store(pair):
    """The database's own word: no address and no user twice."""
    database = pair.primary()
    for column in ('home_address', 'home_prefix'):
        assert database.sql(f'SELECT {column}, count(*) FROM session WHERE {column} IS NOT NULL AND '
                            f"{column}_length > 64 GROUP BY 1 HAVING count(*) > 1") == []
    assert database.sql('SELECT user_name, service_selection, count(*) FROM session WHERE state < 3 '
                        'GROUP BY 1, 2 HAVING count(*) > 1') == []


def test_one_killed_under_load_costs_nothing_that_was_promised(pair):
    load = load_on(pair)
    load.wait_answers(300)
    pair.servers_by_number[2].kill()
    before = load.answers()
    eventually('the other one goes on', lambda: load.revive() or load.total() > before + 300, 60)
    load.end(cut=False)
    check_store(pair)
    load.compare()
    # What the killed one kept lingers and ends at the other one.
    pair.servers_by_number[2].start()
    pair.connected()
    load.drain()


test_one_killed_under_load_costs_nothing_that_was_promised.limit = 300


def test_what_a_killed_server_kept_is_taken_over(pair):
    with peer(pair, 1) as client:
        mbr(client, 'alice', 'nas9;1')
        mbr(client, 'bob', 'nas9;2')
        assert client.ask(client.str_('nas9;2')).result == 2001  # lingers: a timer of this server
        pair.servers_by_number[1].kill()
    eventually('the lingering one has ended', lambda: [session['user_name'] for session in
               pair.sessions()] == [f'alice@{HOME}'], 20)
    eventually('the other one is kept', lambda: pair.sessions()[0]['keeper'].startswith('aaa2.'), 20)
    assert pair.servers_by_number[2].ask('status')['store']['adopted'] >= 1
    assert ' adopted: ' in pair.servers_by_number[2].log()
    with peer(pair, 2) as client:
        assert client.ask(client.str_('nas9;1')).result == 2001
    eventually('no session is left', lambda: not pair.sessions())
    eventually('no binding is left', lambda: not any(pair.bindings(agent) for agent in pair.agents))


def test_an_orderly_stop_hands_over(pair):
    with peer(pair, 1) as client:
        mbr(client, 'alice', 'nas9;1')
        keeper = pair.sessions()[0]['keeper']
        assert keeper.startswith('aaa1.')
        pair.servers_by_number[1].stop()
        eventually('the other one keeps the session', lambda: pair.sessions()[0]['keeper'].startswith(
            'aaa2.'))
    with peer(pair, 2) as client:
        assert client.ask(client.str_('nas9;1')).result == 2001
    eventually('it lingers and ends', lambda: not pair.sessions())


# ---- the database is away ----


def test_the_database_restarts_under_load(pair):
    load = load_on(pair, seed=2)
    load.wait_answers(300)
    pair.databases[0].stop()
    pair.databases[0].start()
    before = load.total()
    eventually('it goes on by itself', lambda: load.revive() or load.total() > before + 300, 60)
    load.end(cut=False)
    assert_answers(load)
    check_store(pair)
    load.compare()
    load.drain()


test_the_database_restarts_under_load.limit = 300


def test_without_the_database_the_answer_is_3004(pair):
    with peer(pair, 1) as client:
        mbr(client, 'alice', 'nas9;1')
        pair.databases[0].stop(signal.SIGQUIT)
        answer = client.ask(client.mbr(f'bob@{HOME}', session='nas9;2'), timeout=30)
        assert answer.result == 3004
        assert 'SQL' not in (answer.error or '').upper()
        assert client.ask(client.str_('nas9;1'), timeout=30).result == 3004
        pair.databases[0].start()
        eventually('it serves again', lambda: client.ask(
            client.mbr(f'bob@{HOME}', session='nas9;3'), timeout=30).result == 2001, 30)
        assert client.ask(client.str_('nas9;1'), timeout=30).result == 2001


DATABASE_WORDS = ('sql', 'relation', 'table', 'column', 'permission', 'statement', 'postgres',
                  'session_gone', 'database')


def test_a_fault_inside_of_the_database_is_no_peers_business(pair):
    """Somebody renames a table: the answer is an honest failure in our own words, and the renaming
    back is all that it takes."""
    with peer(pair, 1) as client:
        mbr(client, 'alice', 'nas9;1')
        pair.databases[0].sql('ALTER TABLE session RENAME TO session_gone')
        for message in (client.mbr(f'bob@{HOME}', session='nas9;2'), client.str_('nas9;1')):
            answer = client.ask(message, timeout=30)
            assert answer.result in (3004, 5012)
            assert answer.error
            for word in DATABASE_WORDS:
                assert word not in answer.error.lower(), answer.error
        pair.databases[0].sql('ALTER TABLE session_gone RENAME TO session')
        eventually('it serves again', lambda: client.ask(
            client.mbr(f'bob@{HOME}', session='nas9;3'), timeout=30).result == 2001, 30)
        assert client.ask(client.str_('nas9;1'), timeout=30).result in (2001, 5002)


@pytest.fixture
def standby(farm):
    first = Cluster().start()
    second = Cluster(primary=first).start()
    # What is committed is at the standby too: a fail-over loses nothing that was promised.
    first.sql("ALTER SYSTEM SET synchronous_standby_names = '*'")
    first.sql('SELECT pg_reload_conf()')
    made = SharedNetwork(farm, url=first.url(second), databases=(first, second))
    yield made
    made.close()


def test_fail_over_to_the_standby_under_load(standby):
    first, second = standby.databases
    load = load_on(standby, seed=3)
    load.wait_answers(200)
    first.stop(signal.SIGQUIT)
    second.promote()
    before = load.total()
    eventually('it goes on at the standby', lambda: load.revive() or load.total() > before + 200, 60)
    load.end(cut=False)
    assert_answers(load)
    check_store(standby)
    load.compare()
    load.drain()


test_fail_over_to_the_standby_under_load.limit = 300


# ---- an address has one owner ----


def bootstrap_many(client, users, addresses):
    waiting = {}
    for user in users:
        request = client.mbr(f'{user}@{HOME}', session=client.new_session_id())
        waiting[int.from_bytes(request[12:16], 'big')] = user
        client.send(request)
        while len(waiting) >= 32:
            take_one(client, waiting, addresses)
    while waiting:
        take_one(client, waiting, addresses)


def take_one(client, waiting, addresses):
    message = client.receive(timeout=60)
    if client.answer_base(message) or message.is_request:
        return
    user = waiting.pop(message.hop_by_hop)
    assert message.result == 2001, (user, message.result, message.error)
    addresses.setdefault(user, set()).add(raw.home_address(message))


def test_two_thousand_bootstraps_through_both(pair):
    users = [f'many{number}' for number in range(1000)]
    pair.subscribe(*users)
    seen = [{}, {}]
    # Every user at both, in another order: the second one to come is given what the first has.
    orders = [users, users[500:] + users[:500]]
    threads = []
    for number in (1, 2):
        client = peer(pair, number, f'many{number}.{VISITED}')
        made = threading.Thread(target=bootstrap_many,
                                args=(client, orders[number - 1], seen[number - 1]))
        made.start()
        threads.append(made)
    for thread in threads:
        thread.join(120)
    assert len(seen[0]) == len(seen[1]) == 1000
    assert seen[0] == seen[1]
    owners = collections.Counter(address for found in seen[0].values() for address in found)
    assert len(owners) == 1000 and set(owners.values()) == {1}
    assert len(pair.sessions()) == 1000
    blocks = pair.primary().sql("SELECT convert_from(pool,'UTF8'), block, count(*) FROM pool_block "
                                'GROUP BY 1, 2')
    assert len(blocks) == 4 and {count for _, _, count in blocks} == {'1'}, blocks
    check_store(pair)


# ---- examples/shared ----

EXAMPLES = pathlib.Path(__file__).resolve().parents[2] / 'examples/shared'


def ready_lines(process):
    for line in process.stdout:
        if line.startswith('ready: '):
            return line
    raise AssertionError(f'{process.args[0]} ended before it was ready')


@pytest.mark.parametrize('given', [True, False], ids=['a database is given', 'of its own'])
def test_the_example_serves_with_one_of_its_servers_killed(farm, develop, given):
    places = {f'HOMEWARD_SERVER_{number}': f'[::1]:{free_port()}' for number in (1, 2)}
    farm.folder.chmod(0o755)  # PostgreSQL's user looks into it
    database = Cluster().start() if given else None
    command = [EXAMPLES / 'start', farm.folder, *([database.url()] if given else [])]
    environment = {**os.environ, 'HOMEWARD_BIN': '', **places,
                   'PATH': f'{develop}/src/daemon:{develop}/src/cli:{os.environ["PATH"]}'}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as example:
        try:
            ready_lines(example)
            nas = farm.example(EXAMPLES / 'nas.conf', **places, HOMEWARD_DATA=str(farm.folder))
            nas.start()
            nas.wait_open(f'aaa1.{HOME}')
            nas.wait_open(f'aaa2.{HOME}')
            attachment = nas.ask('attach', user_name=f'alice@{HOME}', interface='wlan0')
            assert attachment['outcome'] == 'bootstrapped'
            number = attachment['server_host'][len('aaa')]
            with Control(farm.folder / f'home-server{number}/control') as server:
                os.kill(server.ask('status')['pid'], signal.SIGKILL)
            again = nas.ask('attach', user_name=f'alice@{HOME}', interface='wlan1')
            assert again['home_address'] == attachment['home_address']
            assert nas.ask('detach', session_id=attachment['session_id'])['result_code'] == 2001
        finally:
            example.terminate()
            example.wait(60)
            if database:
                database.close()
