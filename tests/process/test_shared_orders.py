# SPDX-License-Identifier: Apache-2.0
"""Two home servers on one PostgreSQL: what an operator says to one, and what one sees of a NAS,
holds for the sessions that the other keeps."""

import shutil

import diameter_raw as raw
import pytest
from diameter_raw import avp
from homeward import HOME, VISITED, eventually, free_port, refused, subscriber
from shared import pair_on, server_config, server_name

ALICE = f'alice@{HOME}'
NAS = f'nas9.{VISITED}'


@pytest.fixture
def pair(farm):
    yield from pair_on(farm)


@pytest.fixture
def kept(pair):
    """alice and bob are kept by the first server; their NAS is also connected with the second."""
    with dial(pair, 1) as first, dial(pair, 2) as second:
        for user in ('alice', 'bob'):
            assert first.ask(first.mbr(f'{user}@{HOME}', session=f'{user};1')).result == 2001
        assert {session['keeper'].split(';')[0] for session in pair.sessions()} == {server_name(1)}
        first.close()
        other = pair.servers_by_number[1]
        eventually('the first has lost the NAS', lambda: not other.is_open(NAS))
        yield second


def dial(pair, number, extra=()):
    made = raw.Peer.dial('127.0.0.1', pair.server_ports[number], host=NAS)
    made.open(extra=extra)
    return made


def obey(nas, code, session):
    request = nas.awaited(lambda m: m.is_request and m.code == code, 20)
    assert request.first(raw.SESSION_ID).text == session
    nas.answer(request, [avp(raw.SESSION_ID, session), avp(raw.RESULT_CODE, 2001), *nas.origin()])


def users(pair):
    return sorted(session['user_name'] for session in pair.sessions())


def keeper_of(pair, user):
    return next(session['keeper'].split(';')[0] for session in pair.sessions()
                if session['user_name'] == f'{user}@{HOME}')


def test_each_server_lists_the_sessions_of_all(pair, kept):
    assert kept.ask(kept.mbr(ALICE, session='alice;2')).result == 2001
    lists = [server.ask('sessions') for server in pair.servers()]
    assert lists[0] == lists[1]
    seen = {session['user_name'][:-len(HOME) - 1]: session for session in lists[0]}
    assert sorted(seen) == ['alice', 'bob']
    assert seen['alice']['keeper'].startswith(server_name(2))
    assert seen['bob']['keeper'].startswith(server_name(1))
    assert seen['alice']['access_count'] == 2
    assert [access['session_id'] for access in seen['alice']['accesses']] == ['alice;1', 'alice;2']
    assert seen['bob']['state'] == 'active'


@pytest.mark.parametrize('by', ['user', 'access session', 'home agent session'])
def test_SE07_abort_through_the_other_server(pair, kept, by):
    other = pair.servers_by_number[2]
    bob = next(session for session in other.ask('sessions') if session['user_name'][:3] == 'bob')
    name = {'user': f'bob@{HOME}', 'access session': 'bob;1',
            'home agent session': bob['home_agent_session']}[by]
    counts = {'sessions': 0 if by == 'access session' else 1, 'accesses': 1}
    assert other.ask('sessions-abort', name=name) == counts
    obey(kept, raw.ABORT_SESSION, 'bob;1')
    assert kept.ask(kept.str_('bob;1')).result == 2001
    eventually('bob is gone', lambda: users(pair) == [ALICE])
    eventually('and his binding', lambda: len(
        [binding for agent in pair.agents for binding in pair.bindings(agent)]) == 1)
    assert keeper_of(pair, 'alice') == server_name(1)


def test_an_order_for_nobody_is_refused(pair):
    with refused() as caught:
        pair.servers_by_number[2].ask('sessions-abort', name=f'nobody@{HOME}')
    assert 'there is no session of this name' in str(caught[0])


def test_new_keys_through_the_other_server_grow_the_epoch_once(pair, kept):
    assert pair.servers_by_number[2].ask('sessions-rekey', name=ALICE) == {
        'sessions': 1, 'accesses': 0}
    obey(kept, raw.RE_AUTH, 'alice;1')
    answer = kept.ask(kept.mbr(ALICE, session='alice;1'))
    assert answer.result == 2001
    association = answer.first(raw.MIP6_SECURITY_ASSOCIATION, raw.VENDOR)
    assert {a.code: a.number for a in association.inner}[7] == 2  # MIP6-Key-Epoch
    for server in pair.servers():
        epochs = {session['user_name'][:3]: session['key_epoch']
                  for session in server.ask('sessions')}
        assert epochs == {'ali': 2, 'bob': 1}
    bindings = {binding['user_name']: binding['associations'][0]['key_epoch']
                for agent in pair.agents for binding in pair.bindings(agent)}
    assert bindings[ALICE] == 2


def test_SE07_a_subscriber_disabled_at_the_other_server_loses_the_service(pair, kept):
    pair.servers_by_number[2].ask('subscriber-disable', user_name=ALICE)
    obey(kept, raw.ABORT_SESSION, 'alice;1')
    assert kept.ask(kept.str_('alice;1')).result == 2001
    eventually('alice is gone', lambda: users(pair) == [f'bob@{HOME}'])


def test_SE06_a_subscriber_changed_at_the_other_server_is_authorized_again(pair, kept):
    changed = subscriber('alice', authorization_lifetime=1234)
    pair.servers_by_number[2].ask('subscriber-import', subscribers=[changed, subscriber('bob')])
    obey(kept, raw.RE_AUTH, 'alice;1')
    answer = kept.ask(kept.mbr(ALICE, session='alice;1'))
    assert (answer.result, answer.first(291).number) == (2001, 1234)  # Authorization-Lifetime


def test_a_home_agent_is_emptied_through_the_other_server(pair, kept):
    other = pair.servers_by_number[2]
    agent = next(session['home_agent'] for session in other.ask('sessions')
                 if session['user_name'] == ALICE)
    there = [session['user_name'] for session in other.ask('sessions')
             if session['home_agent'] == agent]
    assert other.ask('agents-move', host=agent)['sessions'] == len(there)
    for _ in there:
        request = kept.awaited(lambda m: m.is_request and m.code == raw.RE_AUTH, 20)
        session = request.first(raw.SESSION_ID).text
        kept.answer(request, [avp(raw.SESSION_ID, session), avp(raw.RESULT_CODE, 2001),
                              *kept.origin()])
        user = session.split(';')[0]
        assert kept.ask(kept.mbr(f'{user}@{HOME}', session=session)).result == 2001
    eventually('it has none', lambda: not pair.bindings(agent))


def test_SE18_a_nas_restart_that_one_server_sees_ends_the_sessions_of_all(pair):
    with dial(pair, 1, [avp(raw.ORIGIN_STATE_ID, 7)]) as nas:
        state = [avp(raw.ORIGIN_STATE_ID, 7)]
        for user in ('alice', 'bob'):
            answer = nas.ask(nas.mbr(f'{user}@{HOME}', session=f'{user};1', extra=state))
            assert answer.result == 2001
        nas.close()
        eventually('it is seen to go', lambda: not pair.servers_by_number[1].is_open(NAS))
    with dial(pair, 2, [avp(raw.ORIGIN_STATE_ID, 8)]):
        eventually('all has ended', lambda: not pair.sessions(), 20)
        eventually('the agents know', lambda: not any(
            pair.bindings(agent) for agent in pair.agents))


def test_an_agent_that_restarted_while_its_keeper_died_is_pushed_again(pair, kept):
    assert kept.ask(kept.str_('bob;1')).result == 2001
    eventually('alice alone', lambda: users(pair) == [ALICE])
    agent = next(session['home_agent'] for session in pair.servers_by_number[2].ask('sessions'))
    daemon = pair.agents[agent]
    pair.servers_by_number[1].kill()
    daemon.stop()
    shutil.rmtree(daemon.data)
    daemon.start()
    pair.servers_by_number[2].wait_open(agent)
    eventually('the survivor pushes', lambda: [
        binding['user_name'] for binding in pair.bindings(agent)] == [ALICE], 30)


def state_of(server, agent):
    return next(known['state'] for known in server.ask('agents') if known['host'] == agent)


def test_what_is_said_of_a_home_agent_holds_at_all(pair):
    one, other = pair.servers()
    agent = f'ha1.{HOME}'
    one.ask('agents-set', host=agent, state='down')
    assert state_of(one, agent) == 'down'
    eventually('the other knows', lambda: state_of(other, agent) == 'down')
    assert ' agent-set: ' in other.log()
    with dial(pair, 2) as nas:
        for user in ('alice', 'bob'):
            assert nas.ask(nas.mbr(f'{user}@{HOME}', session=f'{user};1')).result == 2001
    assert not pair.bindings(agent)
    other.stop()
    other.start()
    assert state_of(other, agent) == 'down'
    other.ask('agents-set', host=agent, reset=True)
    eventually('the first knows', lambda: state_of(one, agent) == 'up')


# ---- servers that come and go ----


def test_a_second_server_of_one_identity_is_refused(pair, farm):
    first = pair.servers_by_number[1]
    text = server_config(1, free_port(), pair.url, pair.key)
    second = farm.daemon('aaa1-again', text)
    second.start(wait=False)
    assert second.process.wait(20) == 1
    second.process = None
    assert f'another process serves the shared store as {server_name(1)}' in second.log()
    assert 'each server needs an identity of its own' in second.log()
    assert first.ask('status')['store']['leases_lost'] == 0
    first.kill()
    first.start()  # who died is not in the way of itself


def test_twenty_runs_leave_no_block_and_no_row_behind(pair):
    server, database = pair.servers_by_number[2], pair.primary()
    keepers = {pair.servers_by_number[1].ask('status')['store']['keeper']}
    for run in range(20):
        (server.kill if run % 4 == 0 else server.stop)()
        server.start()
        for agent in pair.agents:
            server.wait_open(agent)
        with dial(pair, 2) as nas:
            assert nas.ask(nas.mbr(ALICE, session=f'alice;{run}')).result == 2001
    keepers.add(server.ask('status')['store']['keeper'])

    def named(text):
        return {row[0] for row in database.sql(text)}

    eventually('rows of the living alone', lambda: named(
        "SELECT convert_from(name,'UTF8') FROM server") == keepers, 40)
    assert named("SELECT DISTINCT convert_from(keeper,'UTF8') FROM pool_block") <= keepers
    assert len(pair.sessions()) == 1
