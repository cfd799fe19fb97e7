# SPDX-License-Identifier: Apache-2.0
"""What a NAS does over time: it re-authorizes, obeys RAR and ASR, and says why it leaves."""

import contextlib
import socket
import struct

import pytest

import diameter_raw as raw
from diameter_raw import MIP6, P, R, avp, message
from homeward import HOME, VISITED, Network, eventually, nas_config

SERVER = f'aaa.{HOME}'
NAS = f'nas1.{VISITED}'
AUTHORIZATION_LIFETIME, AUTH_GRACE_PERIOD, RE_AUTH_REQUEST_TYPE = 291, 276, 285


class HomeServer(raw.Peer):
    """A home server at the level of octets, whom one NAS dials."""

    def capabilities(self):
        request = self.awaited(lambda m: m.code == raw.CAPABILITIES_EXCHANGE)
        address = request.first(raw.HOST_IP_ADDRESS).data
        self.answer(request, [avp(raw.RESULT_CODE, 2001), *self.origin(),
                              avp(raw.HOST_IP_ADDRESS, address), avp(raw.VENDOR_ID, 0),
                              avp(raw.PRODUCT_NAME, 'raw', flags=0),
                              avp(raw.AUTH_APPLICATION_ID, MIP6)])

    def mbr_comes(self):
        return self.awaited(lambda m: m.is_request and m.code == raw.MB)

    def grant(self, request, *more, result=2001):
        address = bytes([0, 64]) + socket.inet_pton(socket.AF_INET6, '2001:db8:1:2::5')
        self.answer(request, [
            avp(raw.SESSION_ID, request.first(raw.SESSION_ID).data),
            avp(raw.AUTH_APPLICATION_ID, MIP6), avp(raw.AUTH_REQUEST_TYPE, 2),
            avp(raw.RESULT_CODE, result), *self.origin(),
            *([avp(raw.MIP6_HOME_AGENT_FQDN, f'ha1.{HOME}', raw.VENDOR),
               avp(raw.MIP6_HOME_ADDRESS, address, raw.VENDOR)] if result == 2001 else []), *more])

    def order(self, code, session, application, *more):
        avps = [avp(raw.SESSION_ID, session), *self.origin(),
                avp(raw.DESTINATION_REALM, VISITED), avp(raw.DESTINATION_HOST, NAS),
                avp(raw.AUTH_APPLICATION_ID, MIP6), *more]
        return self.ask(message(code, avps, application, R | P))

    def rar(self, session, application=0, kind=0):
        return self.order(raw.RE_AUTH, session, application, avp(RE_AUTH_REQUEST_TYPE, kind))

    def asr(self, session, application=0):
        return self.order(raw.ABORT_SESSION, session, application)

    def str_comes(self):
        request = self.awaited(lambda m: m.is_request and m.code == raw.SESSION_TERMINATION)
        self.answer(request, [avp(raw.SESSION_ID, request.first(raw.SESSION_ID).data),
                              avp(raw.RESULT_CODE, 2001), *self.origin()])
        return request


class Scene:
    """A NAS and the home server that it dials."""

    def __init__(self, farm):
        self.listener = socket.create_server(('127.0.0.1', 0))
        self.listener.settimeout(10)
        self.nas = farm.daemon('nas1', nas_config(1, SERVER, self.listener.getsockname()[1]))
        self.nas.start()
        self.server = None
        self.accept()

    def accept(self):
        if self.server:
            self.server.close()
        self.server = HomeServer(self.listener.accept()[0], host=SERVER, realm=HOME)
        self.server.capabilities()
        self.nas.wait_open(SERVER)

    @contextlib.contextmanager
    def asked(self, command, **parameters):
        """A command in work while the block plays the server; its result comes in the list."""
        result = []
        with self.nas.control() as control:
            control.send(command, **parameters)
            yield result
            result.append(control.end())

    def attach(self, *more, **parameters):
        with self.asked('attach', user_name=f'alice@{HOME}', interface='wlan0',
                        **parameters) as result:
            request = self.server.mbr_comes()
            self.server.grant(request, *more)
        assert result[0]['outcome'] == 'bootstrapped'
        return result[0]['session_id']

    def close(self):
        self.server.close()
        self.listener.close()


@pytest.fixture
def scene(farm):
    made = Scene(farm)
    yield made
    made.close()


@pytest.mark.parametrize('application', [0, MIP6])
def test_SE05_SE06_rar(scene, application):
    session = scene.attach(service_selection='ims')
    assert scene.server.rar('other;1;2', application).result == 5002
    answer = scene.server.rar(session, application, kind=1)
    assert (answer.result, answer.application) == (2001, application)
    assert answer.first(raw.SESSION_ID).text == session
    request = scene.server.mbr_comes()
    assert request.first(raw.SESSION_ID).text == session
    assert request.first(raw.DESTINATION_HOST).text == SERVER
    assert request.first(raw.AUTH_REQUEST_TYPE).number == 3  # kind 1: AUTHORIZE_AUTHENTICATE
    assert request.first(493).text == 'ims'  # Service-Selection
    scene.server.grant(request)
    eventually('it goes on', lambda: 'reauthorized' in scene.nas.log())
    assert [a['session_id'] for a in scene.nas.ask('attachments')] == [session]


@pytest.mark.parametrize('application', [0, MIP6])
def test_SE07_SE08_asr(scene, application):
    session = scene.attach()
    assert scene.server.asr('other;1;2', application).result == 5002
    assert len(scene.nas.ask('attachments')) == 1
    answer = scene.server.asr(session, application)
    assert (answer.result, answer.application) == (2001, application)
    request = scene.server.str_comes()
    assert request.first(raw.SESSION_ID).text == session
    assert request.first(raw.TERMINATION_CAUSE).number == 4  # DIAMETER_ADMINISTRATIVE
    assert request.application == application
    assert scene.nas.ask('attachments') == []
    assert scene.server.asr(session, application).result == 5002


def test_asr_holds_over_a_restart(scene):
    """ASA is the word that the session has ended: a crash does not bring it back."""
    session = scene.attach()
    assert scene.server.asr(session).result == 2001
    scene.nas.kill()
    scene.nas.start()
    assert scene.nas.ask('attachments') == []


def test_SE12_renewed_in_time_also_after_a_restart(scene):
    lifetimes = [avp(AUTHORIZATION_LIFETIME, 3), avp(AUTH_GRACE_PERIOD, 30)]
    session = scene.attach(*lifetimes, called_station_id='ap-1')
    for _ in range(2):
        request = scene.server.mbr_comes()
        assert request.first(raw.SESSION_ID).text == session
        scene.server.grant(request, *lifetimes)
    eventually('it is stored', lambda: scene.nas.log().count('reauthorized') == 2)
    scene.nas.kill()
    scene.nas.start()
    scene.accept()
    request = scene.server.mbr_comes()
    assert request.first(raw.SESSION_ID).text == session
    assert request.first(30).text == 'ap-1'  # Called-Station-Id
    scene.server.grant(request, result=5003)
    eventually('a refusal ends it', lambda: scene.nas.ask('attachments') == [])


def test_SE12_nobody_renews_it(scene):
    scene.attach(avp(AUTHORIZATION_LIFETIME, 2), avp(AUTH_GRACE_PERIOD, 1))
    for _ in range(2):  # to the server that granted it, then to any
        request = scene.server.mbr_comes()
        scene.server.grant(request, result=4006)
    assert not request.first(raw.DESTINATION_HOST)
    assert scene.server.str_comes().first(raw.TERMINATION_CAUSE).number == 6  # AUTH_EXPIRED
    eventually('it has ended', lambda: scene.nas.ask('attachments') == [])


def test_SE13_session_timeout(scene):
    scene.attach(avp(27, 1))
    assert scene.server.str_comes().first(raw.TERMINATION_CAUSE).number == 8  # SESSION_TIMEOUT


@pytest.mark.parametrize('cause, number', [(None, 1), ('administrative', 4), ('link-broken', 5),
                                           ('user-moved', 7)])
def test_SE04_cause_of_a_detach(scene, cause, number):
    session = scene.attach()
    why = {'cause': cause} if cause else {}
    with scene.asked('detach', session_id=session, **why) as result:
        assert scene.server.str_comes().first(raw.TERMINATION_CAUSE).number == number
    assert result[0]['outcome'] == 'detached'


def test_lifetimes_of_a_real_home_server(farm):
    """NAS, proxy, home server, home agent: access goes on beyond its lifetime, until it is refused."""
    network = Network(farm, policy='linger = 1s  authorization-lifetime = 2s  grace-period = 20s')
    attachment = network.attach('alice')
    log = network.nas[1].log
    eventually('renewed three times', lambda: log().count('reauthorized') >= 3, limit=20)
    session = network.session_of('alice')
    assert [a['session_id'] for a in session['accesses']] == [attachment['session_id']]


def test_orders_of_a_real_home_server(farm):
    """RAR and ASR go through the proxy to the NAS, MBR and STR come back; the address is free again."""
    network = Network(farm, policy='linger = 1s  authorization-lifetime = 1h')
    first = network.attach('alice')
    other = network.attach('bob')
    network.server.ask('sessions-reauthorize', name=f'alice@{HOME}')
    eventually('renewed', lambda: 'reauthorized' in network.nas[1].log())
    accesses = network.session_of('alice')['accesses']
    assert [a['session_id'] for a in accesses] == [first['session_id']]
    network.server.ask('sessions-abort', name=f'alice@{HOME}')
    eventually('the NAS has stopped the service', lambda: [
        a['session_id'] for a in network.nas[1].ask('attachments')] == [other['session_id']])
    eventually('its session is over', lambda: network.session_of('alice') is None)
    assert [b['user_name'] for agent in network.agents for b in network.bindings(agent)] == [
        f'bob@{HOME}']
    network.server.ask('subscriber-disable', user_name=f'bob@{HOME}')
    eventually('so has bob', lambda: network.nas[1].ask('attachments') == [])


def test_without_the_application_access_goes_on(farm):
    """3001 of a server is logged once, for as many nodes as there are."""
    made = Scene(farm)
    with contextlib.closing(made):
        for user in ('alice', 'bob'):
            with made.asked('attach', user_name=f'{user}@{HOME}') as result:
                request = made.server.mbr_comes()
                made.server.answer(request, [
                    avp(raw.SESSION_ID, request.first(raw.SESSION_ID).data), *made.server.origin(),
                    avp(raw.RESULT_CODE, 3001)], flags=raw.E | P)
            assert result[0]['outcome'] == 'no-mobility-service'
        assert made.nas.log().count('no-mobility-service') == 1
        assert struct.unpack('>I', request.first(raw.AUTH_REQUEST_TYPE).data) == (2,)
