# SPDX-License-Identifier: Apache-2.0
"""What the home server answers to a client that speaks octets: duplicates, faults, STR."""

import struct

import pytest

import diameter_raw as raw
from diameter_raw import MIP6, E, P, R, T, avp, message
from homeward import HOME, eventually


@pytest.fixture
def client(home):
    with raw.Peer.dial('127.0.0.1', home.port) as peer:
        peer.open()
        yield peer


def without_hop_by_hop(answer):
    return answer.octets[:12] + answer.octets[16:]


def test_CX01_capabilities(home):
    with raw.Peer.dial('127.0.0.1', home.port) as peer:
        answer = peer.open()
    assert answer.flags == 0 and answer.application == 0
    assert [a.number for a in answer.all(raw.AUTH_APPLICATION_ID)] == [MIP6]
    assert answer.first(raw.ORIGIN_HOST).text == f'aaa.{HOME}'
    assert answer.first(raw.HOST_IP_ADDRESS).data == b'\0\1\x7f\0\0\1'
    assert answer.first(raw.ORIGIN_STATE_ID)
    assert not answer.first(raw.FAILED_AVP)


def test_MB01_valid_request(home, client):
    answer = client.ask(client.mbr(f'alice@{HOME}', session='raw;1;1'))
    assert answer.result == 2001, answer.error
    assert (answer.flags, answer.application) == (P, MIP6)
    assert answer.first(raw.SESSION_ID).data == b'raw;1;1'
    assert answer.first(raw.AUTH_APPLICATION_ID).number == MIP6
    assert answer.first(raw.AUTH_REQUEST_TYPE).number == 2
    assert answer.first(raw.ORIGIN_HOST).text == f'aaa.{HOME}'
    assert answer.first(raw.ACCT_MULTI_SESSION_ID)
    assert answer.first(raw.MIP6_FEATURE_VECTOR).number == 1
    # No key in an MBA (profile 3): Key is AVP 581 inside the security association.
    for association in answer.all(raw.MIP6_SECURITY_ASSOCIATION, raw.VENDOR):
        assert 581 not in [inner.code for inner in association.inner]
    assert home.session_of('alice')['access_count'] == 1


def test_FO08_FO12_duplicate_gets_the_same_answer(home, client):
    request = client.mbr(f'alice@{HOME}', end_to_end=77, hop_by_hop=1)
    first = client.ask(request)
    assert first.result == 2001
    repeated = client.mbr(f'alice@{HOME}', session=first.first(raw.SESSION_ID).text,
                          end_to_end=77, hop_by_hop=2, flags=R | P | T)
    second = client.ask(repeated)
    assert without_hop_by_hop(second) == without_hop_by_hop(first)
    assert second.hop_by_hop == 2
    assert home.session_of('alice')['access_count'] == 1
    assert sum(a['assigned'] for a in home.server.ask('agents')) == 1


def test_FO09_duplicate_while_the_first_is_in_work(home, client):
    session = client.new_session_id()
    requests = [client.mbr(f'alice@{HOME}', session=session, end_to_end=78, hop_by_hop=n,
                           flags=R | P | (T if n > 11 else 0)) for n in (11, 12, 13)]
    client.send(b''.join(requests))
    answers = [client.awaited(lambda m: not m.is_request) for _ in requests]
    assert sorted(a.hop_by_hop for a in answers) == [11, 12, 13]
    assert len({without_hop_by_hop(a) for a in answers}) == 1
    assert answers[0].result == 2001
    assert home.session_of('alice')['access_count'] == 1


def test_FO08_duplicate_over_a_new_connection(home, client):
    first = client.ask(client.mbr(f'alice@{HOME}', session='raw;2;1', end_to_end=79))
    client.close()
    with raw.Peer.dial('127.0.0.1', home.port) as again:
        again.open()
        second = again.ask(again.mbr(f'alice@{HOME}', session='raw;2;1', end_to_end=79,
                                     flags=R | P | T))
    assert without_hop_by_hop(second) == without_hop_by_hop(first)


@pytest.mark.parametrize('code', [raw.SESSION_ID, raw.AUTH_APPLICATION_ID, raw.ORIGIN_HOST,
                                  raw.ORIGIN_REALM, raw.AUTH_REQUEST_TYPE, raw.USER_NAME])
def test_MB02_missing_avp(home, client, code):
    answer = client.ask(client.mbr(f'alice@{HOME}', omit=(code,)))
    assert answer.result == 5005
    assert [inner.code for inner in answer.first(raw.FAILED_AVP).inner] == [code]
    assert answer.error
    assert home.sessions() == []


def test_MB14_bad_prefix(home, client):
    for data, result in ((bytes([129]) + bytes(16), 5004), (bytes([60]) + b'\xff' * 16, 5004),
                         (b'\x40' + bytes(15), 5014)):
        answer = client.ask(client.mbr(f'alice@{HOME}', extra=[
            avp(raw.MIP6_HOME_LINK_PREFIX, data)]))
        assert answer.result == result, answer.error
        assert answer.first(raw.FAILED_AVP).inner[0].code == raw.MIP6_HOME_LINK_PREFIX
    assert home.sessions() == []


def test_AV18_unknown_avp_with_m(home, client):
    answer = client.ask(client.mbr(f'alice@{HOME}', extra=[avp(4711, b'xyz')]))
    assert answer.result == 5001
    assert answer.first(raw.FAILED_AVP).data == avp(4711, b'xyz')
    assert home.sessions() == []


def test_AV19_unknown_avp_without_m(client):
    answer = client.ask(client.mbr(f'alice@{HOME}', extra=[avp(4711, b'xyz', flags=0)]))
    assert answer.result == 2001


def test_HD10_HD11_unknown_command_and_application(client):
    base = [avp(raw.SESSION_ID, 'raw;3;1'), *client.origin(), avp(raw.DESTINATION_REALM, HOME)]
    answer = client.ask(message(16777000, base, MIP6, R | P))
    assert (answer.result, answer.flags & E) == (3001, E)
    answer = client.ask(message(raw.MB, base, 16777999, R | P))
    assert (answer.result, answer.flags & E) == (3007, E)


def test_RT07_realm_not_served(client):
    answer = client.ask(client.mbr('alice@nowhere.example', realm='nowhere.example'))
    assert (answer.result, answer.flags & E) == (3003, E)


def test_SE04_termination(home, client):
    session = 'raw;4;1'
    client.ask(client.mbr(f'alice@{HOME}', session=session))
    for application, result in ((0, 2001), (0, 5002), (MIP6, 5002)):
        answer = client.ask(client.str_(session, application=application))
        assert answer.result == result
        assert answer.first(raw.SESSION_ID).text == session
    client.ask(client.mbr(f'alice@{HOME}', session='raw;4;2'))
    assert client.ask(client.str_('raw;4;2', application=MIP6)).result == 2001
    eventually('the session has ended', lambda: home.session_of('alice') is None)


def test_HD06_octet_by_octet_and_all_at_once(client):
    request = client.mbr(f'alice@{HOME}', hop_by_hop=501)
    for at in range(len(request)):
        client.send(request[at:at + 1])
    assert client.awaited(lambda m: m.hop_by_hop == 501).result == 2001
    many = [client.mbr(f'bob@{HOME}', hop_by_hop=1000 + n) for n in range(100)]
    client.send(b''.join(many))
    came = {client.awaited(lambda m: not m.is_request).hop_by_hop for _ in many}
    assert came == set(range(1000, 1100))


def test_keys_with_both_protocols(farm, develop):
    """MIPV6_AUTH beside IKEV2: the node is told the SPI it can compute itself (profile 6)."""
    from homeward import Home  # pylint: disable=import-outside-toplevel
    home = Home(farm, agents=(1,), policy='sa-protocols = { ikev2, mipv6-auth }')
    with raw.Peer.dial('127.0.0.1', home.port) as peer:
        peer.open()
        answer = peer.ask(peer.mbr(f'alice@{HOME}'))
    found = answer.all(raw.MIP6_SECURITY_ASSOCIATION, raw.VENDOR)
    protocols = [a.inner[0].number for a in found]
    assert sorted(protocols) == [1, 3]
    binding = home.bindings(f'ha1.{HOME}')[0]
    spi = next(a['spi'] for a in binding['associations'] if a['protocol'] == 'MIPV6_AUTH')
    told = [inner for a in found for inner in a.inner if inner.code == 491]  # MIP-MN-HA-SPI
    assert [inner.number for inner in told] == [spi]
    assert struct.unpack('>I', told[0].data)[0] >= 256
