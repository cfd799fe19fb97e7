# SPDX-License-Identifier: Apache-2.0
"""A sample of bad input over real sockets; all of it is in tests/unit/mip6/test_bad_*.c."""

import ipaddress
import socket
import struct

import pytest

import diameter_raw as raw
import homeward
from diameter_raw import VENDOR, avp
from homeward import HOME, VISITED

AGENT = f'ha1.{HOME}'
KEY, KEY_TYPE, KEYING_MATERIAL, SA_PROTOCOL, CLASS = 581, 582, 583, 6, 25


def address(text, length=64, reserved=0):
    return bytes([reserved, length]) + ipaddress.IPv6Address(text).packed


def prefix(text, length=64):
    return bytes([length]) + ipaddress.IPv6Address(text).packed


def hint(text, **how):
    return avp(raw.MIP6_HOME_ADDRESS, address(text, **how), vendor=VENDOR)


def link(text, **how):
    return avp(raw.MIP6_HOME_LINK_PREFIX, prefix(text, **how))


def association(*inner):
    return avp(raw.MIP6_SECURITY_ASSOCIATION, b''.join(inner), vendor=VENDOR)


def key(*inner):
    return avp(KEY, b''.join(inner))


def failed(answer):
    return answer.first(raw.FAILED_AVP).data


PROTOCOL = avp(SA_PROTOCOL, 1, vendor=VENDOR)
MATERIAL = avp(KEYING_MATERIAL, b'0123456789abcdef0123456789abcdef')
GOOD_KEY = key(avp(KEY_TYPE, 3), MATERIAL)

# what comes in addition, the answer's Result-Code, and its Failed-AVP where that is another
MBR = [
    ([hint('ff0e::5')], 5004, None),
    ([hint('2001:db8:1:2::5', length=129)], 5004, None),
    ([link('fe80::')], 5004, None),
    ([link('2001:db8:1:2::1')], 5004, None),
    ([avp(raw.MIP6_HOME_AGENT_FQDN, 'ha_1.example', vendor=VENDOR)], 5004, None),
    ([avp(raw.MIP6_HOME_ADDRESS, address('2001:db8::5')[:17], vendor=VENDOR)], 5014, None),
    ([hint('2001:db8:1:2::5'), link('2001:db8:2:2::')], 5007, None),
    ([avp(CLASS, b'first')], 5008, None),
    ([hint('::'), hint('::', reserved=0)], 5009, [hint('::')]),
    ([avp(99999, b'?', vendor=VENDOR)], 5001, None),
]


def test_MB14_a_mbr_that_is_wrong_leaves_nothing(home):
    with raw.Peer.dial('127.0.0.1', home.port) as client:
        client.open()
        for extra, code, shown in MBR:
            answer = client.ask(client.mbr(f'alice@{HOME}', extra=extra))
            assert (answer.result, failed(answer)) == (code, b''.join(shown or extra)), extra
            assert answer.error
        assert home.sessions() == []
        assert {(a['sessions'], a['pool_taken']) for a in home.agents_known()} == {(0, 0)}
        assert client.ask(client.mbr(f'alice@{HOME}')).result == 2001


MHR = [
    ([], 5005, [association(avp(SA_PROTOCOL, 0, vendor=VENDOR))]),
    ([association(PROTOCOL)], 5005, [association(key(avp(KEY_TYPE, 0), avp(KEYING_MATERIAL, b'')))]),
    ([association(PROTOCOL, key(avp(KEY_TYPE, 1), MATERIAL))], 5004,
     [association(key(avp(KEY_TYPE, 1)))]),
    ([association(PROTOCOL, GOOD_KEY), association(PROTOCOL, GOOD_KEY)], 5007,
     [association(PROTOCOL), association(PROTOCOL)]),
    ([association(PROTOCOL, GOOD_KEY), hint('2001:db8:7::5')], 5004, [hint('2001:db8:7::5')]),
    ([association(PROTOCOL, GOOD_KEY), avp(raw.NAS_IDENTIFIER, 'nas')], 5008,
     [avp(raw.NAS_IDENTIFIER, 'nas')]),
]


def test_MH02_a_mhr_that_is_wrong_leaves_nothing(farm):
    text = homeward.node(AGENT, HOME, 'home-agent', 'listen "127.0.0.1:0" {}', homeward.LOOPBACK,
                         'link "2001:db8:1:2::/64" { address = "2001:db8:1:2::1/64" }')
    agent = farm.daemon('ha1', text).start()
    with raw.Peer.dial('127.0.0.1', agent.port, host=f'aaa.{HOME}', realm=HOME) as server:
        server.open()

        def mhr(extra):
            avps = [avp(raw.SESSION_ID, server.new_session_id()),
                    avp(raw.AUTH_APPLICATION_ID, raw.MIP6), *server.origin(),
                    avp(raw.DESTINATION_REALM, HOME), avp(raw.AUTH_REQUEST_TYPE, 2), *extra]
            return server.ask(raw.message(raw.MH, avps, raw.MIP6, raw.R | raw.P))

        for extra, code, shown in MHR:
            answer = mhr(extra)
            assert (answer.result, failed(answer)) == (code, b''.join(shown)), extra
        assert agent.ask('bindings') == []
        assert mhr([association(PROTOCOL, GOOD_KEY), hint('2001:db8:1:2::5')]).result == 2001
        assert len(agent.ask('bindings')) == 1


def test_MH06_a_mha_that_is_wrong_is_not_believed(farm):
    server = farm.daemon('aaa', homeward.server_config(agents=(1,))).start()
    server.ask('subscriber-add', subscriber=homeward.subscriber('alice'))
    with raw.Peer.dial('127.0.0.1', server.port, host=AGENT, realm=HOME) as agent, \
            raw.Peer.dial('127.0.0.1', server.port) as nas:
        agent.open()
        nas.open()
        nas.send(nas.mbr(f'alice@{HOME}'))
        request = agent.awaited(lambda m: m.code == raw.MH and m.is_request)
        agent.answer(request, [avp(raw.SESSION_ID, request.first(raw.SESSION_ID).data),
                               avp(raw.AUTH_APPLICATION_ID, raw.MIP6), avp(raw.RESULT_CODE, 2001),
                               *agent.origin(), hint('ff0e::5')])
        assert nas.awaited(lambda m: m.code == raw.MB).result == 5012
        # it may have installed something: it is told to let go of it
        told = agent.awaited(lambda m: m.code == raw.ABORT_SESSION and m.is_request)
        assert told.first(raw.SESSION_ID).data == request.first(raw.SESSION_ID).data


def test_MB14_a_mba_that_is_wrong_is_not_believed(farm):
    with socket.create_server(('127.0.0.1', 0)) as listener:
        nas = farm.daemon('nas1', homeward.nas_config(1, f'aaa.{HOME}',
                                                      listener.getsockname()[1])).start(wait=False)
        listener.settimeout(10)
        server = raw.Peer(listener.accept()[0], host=f'aaa.{HOME}', realm=HOME)
        with server, nas.control() as command:
            request = server.awaited(lambda m: m.code == raw.CAPABILITIES_EXCHANGE)
            answer = raw.parse(server.cer())
            server.answer(request, [avp(raw.RESULT_CODE, 2001), *(
                avp(a.code, a.data, flags=a.flags) for a in answer.avps)])
            nas.wait_open(f'aaa.{HOME}')
            command.send('attach', user_name=f'alice@{HOME}', interface='wlan0')
            request = server.awaited(lambda m: m.code == raw.MB)
            server.answer(request, [
                avp(raw.SESSION_ID, request.first(raw.SESSION_ID).data),
                avp(raw.AUTH_APPLICATION_ID, raw.MIP6), avp(raw.AUTH_REQUEST_TYPE, 2),
                avp(raw.RESULT_CODE, 2001), *server.origin(),
                hint('2001:db8:1:2::5'), association(PROTOCOL, GOOD_KEY)])
            ended = server.awaited(lambda m: m.code == raw.SESSION_TERMINATION)
            assert ended.first(raw.TERMINATION_CAUSE).number == 3  # DIAMETER_BAD_ANSWER
            with pytest.raises(homeward.ControlError, match='grants what cannot be'):
                command.end()
            assert nas.ask('attachments') == []
