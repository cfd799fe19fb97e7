# SPDX-License-Identifier: Apache-2.0
"""A home server that asks: ASR and RAR to a NAS that speaks octets, ordered through its control
socket or by a changed subscriber; its home agents are real."""

import subprocess

import pytest

import diameter_raw as raw
from diameter_raw import MIP6, avp
from homeward import HOME, Home, eventually, refused, subscriber

ALICE = f'alice@{HOME}'


@pytest.fixture
def nas(home):
    with raw.Peer.dial('127.0.0.1', home.port) as peer:
        peer.open()
        yield peer


def attach(nas, session):
    answer = nas.ask(nas.mbr(ALICE, session=session))
    assert answer.result == 2001, answer.error
    return raw.home_address(answer)


def request_of(nas, code):
    return nas.awaited(lambda m: m.is_request and m.code == code)


def agree(nas, request, result=2001):
    session = request.first(raw.SESSION_ID).data
    nas.answer(request, [avp(raw.SESSION_ID, session), avp(raw.RESULT_CODE, result),
                         *nas.origin()])
    return session.decode()


def is_gone(home):
    return home.session_of('alice') is None and not any(
        home.bindings(agent) for agent in home.agents)


def test_SE07_abort_to_every_access_session_then_to_the_home_agent(home, nas):
    attach(nas, 'raw;1;1')
    attach(nas, 'raw;1;2')
    assert home.server.ask('sessions-abort', name=ALICE) == {'sessions': 1, 'accesses': 2}
    asked = [request_of(nas, raw.ABORT_SESSION) for _ in range(2)]
    assert {r.first(raw.AUTH_APPLICATION_ID).number for r in asked} == {MIP6}
    for request in asked:
        agree(nas, request)
    assert home.session_of('alice')['access_count'] == 2  # until STR
    for request in asked:
        answer = nas.ask(nas.str_(request.first(raw.SESSION_ID).data.decode()))
        assert answer.result == 2001
    eventually('the home agent has let go', lambda: is_gone(home))
    with refused() as caught:
        home.server.ask('sessions-abort', name=ALICE)
    assert caught[0].code == 1


def test_SE09_abort_is_repeated_when_the_nas_is_gone(home, nas):
    attach(nas, 'raw;1;1')
    nas.close()
    eventually('the server sees it go', lambda: not home.server.is_open(nas.host))
    home.server.ask('sessions-abort', name='raw;1;1')
    with raw.Peer.dial('127.0.0.1', home.port) as back:
        back.open()
        request = back.awaited(lambda m: m.is_request and m.code == raw.ABORT_SESSION, 20)
        agree(back, request, 5002)
        eventually('it is ended here', lambda: home.session_of('alice')['access_count'] == 0)


def test_SE06_a_changed_subscriber_is_authorized_again(home, nas):
    address = attach(nas, 'raw;1;1')
    home.subscribe(subscriber('alice', authorization_lifetime=1234))
    assert agree(nas, request_of(nas, raw.RE_AUTH)) == 'raw;1;1'
    answer = nas.ask(nas.mbr(ALICE, session='raw;1;1'))
    assert answer.result == 2001
    assert raw.home_address(answer) == address
    assert answer.first(291).number == 1234  # Authorization-Lifetime
    access, = home.session_of('alice')['accesses']
    assert access['expires'] >= access['opened'] + 1234


def test_SE07_a_disabled_subscriber_loses_the_service(home, nas):
    attach(nas, 'raw;1;1')
    home.server.ask('subscriber-disable', user_name=ALICE)
    agree(nas, request_of(nas, raw.ABORT_SESSION))
    assert nas.ask(nas.str_('raw;1;1')).result == 2001
    eventually('the home agent has let go', lambda: is_gone(home))


def test_a_subscriber_deleted_before_a_crash_is_aborted_after_it(home, nas):
    attach(nas, 'raw;1;1')
    home.server.ask('subscriber-delete', user_name=ALICE)
    request_of(nas, raw.ABORT_SESSION)  # not answered
    home.server.kill()
    home.server.start()
    with raw.Peer.dial('127.0.0.1', home.port) as back:
        back.open()
        agree(back, back.awaited(lambda m: m.is_request and m.code == raw.ABORT_SESSION, 20), 5002)
        eventually('nothing is left', lambda: home.session_of('alice') is None, 30)


def test_the_tool_asks(home, nas, develop):
    attach(nas, 'raw;1;1')
    tool = [str(develop / 'src/cli/homeward'), 'sessions', 'reauthorize', ALICE, '--socket',
            str(home.server.control_path)]
    done = subprocess.run(tool, capture_output=True, text=True, check=True)
    assert [line.split() for line in done.stdout.splitlines()] == [
        ['mobility', 'sessions', '1'], ['access', 'sessions', '1']]
    agree(nas, request_of(nas, raw.RE_AUTH))
    assert nas.ask(nas.mbr(ALICE, session='raw;1;1')).result == 2001


def test_new_keys_by_order_reach_home_agent_and_nas(home, nas):
    address = attach(nas, 'raw;1;1')
    session = home.session_of('alice')
    before, = home.bindings(session['home_agent'])
    assert home.server.ask('sessions-rekey', name=ALICE) == {'sessions': 1, 'accesses': 0}
    agree(nas, request_of(nas, raw.RE_AUTH))  # the node is to learn the epoch
    answer = nas.ask(nas.mbr(ALICE, session='raw;1;1'))
    assert raw.home_address(answer) == address
    after, = home.bindings(session['home_agent'])
    assert after['session_id'] == before['session_id']
    old, new = before['associations'][0], after['associations'][0]
    assert (old['key_epoch'], new['key_epoch']) == (1, 2)
    assert new['key_name'] != old['key_name']
    association = answer.first(raw.MIP6_SECURITY_ASSOCIATION, raw.VENDOR)
    assert {a.code: a.number for a in association.inner}[7] == 2  # MIP6-Key-Epoch


def test_keys_are_renewed_before_they_end(farm):
    home = Home(farm, agents=(1,), policy='linger = 1s key-lifetime = 4s')
    with raw.Peer.dial('127.0.0.1', home.port) as nas:
        nas.open()
        attach(nas, 'raw;1;1')
        for epoch in (2, 3):
            agree(nas, request_of(nas, raw.RE_AUTH))
            assert nas.ask(nas.mbr(ALICE, session='raw;1;1')).result == 2001
            assert home.session_of('alice')['key_epoch'] >= epoch
        binding, = home.bindings(f'ha1.{HOME}')
        assert binding['associations'][0]['key_epoch'] >= 3
