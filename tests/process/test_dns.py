# SPDX-License-Identifier: Apache-2.0
"""Names of mobile nodes in DNS, at a real named and a real knotd, and at servers that misbehave."""

import ipaddress
import time

import pytest

import name_servers
from homeward import HOME, Network, address_of, eventually, server_config, subscriber
from name_servers import REVERSE, Knotd, Named, Puppet, answer, bad_key, bad_time, unsigned

ALICE = f'alice.{HOME}'


def dns_config(folder, *servers, secret=name_servers.SECRET, timeout='500ms', limit='3s',
               zones=(HOME, REVERSE)):
    key = name_servers.key_file(folder / 'update.key', secret)
    addresses = ', '.join(f'"{server.address}"' for server in servers)
    blocks = [f'dns-zone "{zone}" {{ servers = {{ {addresses} }}  key-file = "{key}"  ttl = 60s }}'
              for zone in zones]
    return '\n'.join([f'dns {{ timeout = {timeout}  mba-limit = {limit} }}', *blocks])


def figure_7(farm, *servers, linger='0s', **config):
    users = (subscriber('alice', fqdn=f'.{HOME}'), subscriber('bob', fqdn=f'bob.{HOME}'))
    return Network(farm, users=users, policy=f'linger = {linger}  move-after = 0',
                   more=dns_config(farm.folder, *servers, **config))


@pytest.fixture(params=[Named, Knotd], ids=['named', 'knotd'])
def name_server(request, farm):
    server = request.param(farm.folder)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def puppet():
    made = Puppet()
    yield made
    made.stop()


def attach_by_name(network, user='alice', name=ALICE, **more):
    attachment = network.attach(user, dns_name=name, **more)
    assert attachment['outcome'] == 'bootstrapped'
    assert attachment['result_code'] == 2001
    return attachment


def owed(network):
    return network.server.ask('dns')


def assert_named(server, name, address):
    """dig sees it both ways, with the marker that tells nobody whose it is."""
    assert server.addresses(name) == [address]
    assert server.pointer(address) == [f'{name}.']
    (marker,) = server.dig(name, 'TXT')
    assert marker.startswith('"homeward-owner=') and len(marker) == 2 + 15 + 64


def assert_gone(server, name, address):
    for kind in ('AAAA', 'TXT', 'A'):
        assert server.dig(name, kind) == []
    assert server.pointer(address) == []


# ---- a real name server ----

def test_MB31_the_name_is_in_dns_before_the_mba(farm, name_server):
    network = figure_7(farm, name_server)
    attachment = attach_by_name(network)
    assert attachment['dns_status'] == 0
    assert_named(name_server, ALICE, address_of(attachment['home_address']))
    assert network.session_of('alice')['fqdn'] == ALICE
    # Once more, from the other NAS: nothing to do, and said so.
    assert attach_by_name(network, nas=2)['dns_status'] == 0
    assert owed(network)['asked'] == 1


def test_MB31_whose_name_it_may_not_be(farm, name_server):
    network = figure_7(farm, name_server)
    assert attach_by_name(network, 'bob', ALICE)['dns_status'] == 129
    assert attach_by_name(network, 'alice', 'alice.example.org')['dns_status'] == 129
    assert name_server.addresses(ALICE) == []
    assert owed(network)['updates'] == 0


def test_MB32_a_name_of_somebody_else_stays_as_it_is(farm, name_server):
    network = figure_7(farm, name_server)
    name_server.update(f'update add {ALICE} 60 AAAA 2001:db8::99')
    assert attach_by_name(network)['dns_status'] == 130
    assert name_server.addresses(ALICE) == [ipaddress.IPv6Address('2001:db8::99')]
    assert name_server.dig(ALICE, 'TXT') == []
    eventually('the refusal is in the log', lambda: 'in use by another' in network.server.log())
    # Nothing is left behind: neither a debt nor another try.
    assert owed(network)['held'] == 0


def test_MB33_the_end_of_the_session_removes_both_records(farm, name_server):
    network = figure_7(farm, name_server)
    attachment = attach_by_name(network)
    address = address_of(attachment['home_address'])
    assert_named(name_server, ALICE, address)
    network.detach(attachment)
    eventually('both records are removed', lambda: owed(network)['held'] == 0)
    assert_gone(name_server, ALICE, address)
    eventually('the session is gone', lambda: network.sessions() == [])
    assert owed(network)['removed'] == 1


def test_MB33_the_r_bit_removes_at_once(farm, name_server):
    network = figure_7(farm, name_server)
    address = address_of(attach_by_name(network)['home_address'])
    again = attach_by_name(network, nas=2, dns_remove=True)
    assert again['dns_status'] == 0
    assert_gone(name_server, ALICE, address)
    assert network.session_of('alice')['state'] == 'active'


def test_MB31_another_name_and_another_address_replace_the_first(farm, name_server):
    network = figure_7(farm, name_server, linger='0s')
    other = f'a2.{HOME}'
    first = address_of(attach_by_name(network)['home_address'])
    assert attach_by_name(network, nas=2, name=other)['dns_status'] == 0
    eventually('the first name is gone', lambda: name_server.addresses(ALICE) == [])
    assert_named(name_server, other, first)


def test_MB33_an_address_that_was_left_behind_is_replaced(farm, name_server):
    """The marker is ours: whatever stands there goes (a server that lost its store, say)."""
    network = figure_7(farm, name_server)
    first = attach_by_name(network)
    address = address_of(first['home_address'])
    (marker,) = name_server.dig(ALICE, 'TXT')
    network.detach(first)
    eventually('it is removed', lambda: owed(network)['held'] == 0)
    name_server.update(f'update add {ALICE} 60 AAAA 2001:db8::77',
                       f'update add {ALICE} 60 TXT {marker}')
    attachment = attach_by_name(network)
    assert attachment['dns_status'] == 0
    assert_named(name_server, ALICE, address_of(attachment['home_address']))
    assert address != ipaddress.IPv6Address('2001:db8::77')


def test_MB32_a_wrong_key_is_reported_plainly_and_never_shown(farm, name_server):
    network = figure_7(farm, name_server, secret=name_servers.OTHER_SECRET)
    assert attach_by_name(network)['dns_status'] == 130
    log = eventually('the log says why', lambda: (
        text := network.server.log()) and 'does not take our key: BADSIG' in text and text)
    assert name_server.addresses(ALICE) == []
    for secret in (name_servers.SECRET, name_servers.OTHER_SECRET):
        assert secret.hex() not in log
        assert name_servers.base64.b64encode(secret).decode() not in log


def test_MB33_a_debt_outlives_the_name_server_and_homewardd(farm, name_server):
    network = figure_7(farm, name_server)
    attachment = attach_by_name(network)
    address = address_of(attachment['home_address'])
    name_server.stop()
    network.detach(attachment)
    eventually('a first try has failed', lambda: owed(network)['names'][0]['failures'] >= 1)
    eventually('the session is gone', lambda: network.sessions() == [])
    (debt,) = owed(network)['names']
    assert (debt['state'], debt['fqdn']) == ('owed', ALICE)
    network.server.kill()
    network.server.start()
    eventually('the debt is known again', lambda: owed(network)['owed'] == 1)
    eventually('the next try fails too', lambda: owed(network)['names'][0]['failures'] >= 1)
    name_server.start()
    assert name_server.addresses(ALICE) == [address]
    network.server.stop()
    network.server.start()
    eventually('the debt is paid', lambda: owed(network)['held'] == 0)
    assert_gone(name_server, ALICE, address)


def test_MB33_the_name_moves_to_another_home_agent(farm, name_server):
    """The home agent dies; the node's next MBR does not speak of the name."""
    network = figure_7(farm, name_server)
    first = attach_by_name(network)
    agent = first['home_agent_fqdn']
    network.agents[agent].kill()
    eventually('the server sees it go', lambda: not network.server.is_open(agent))
    second = network.attach('alice', nas=2)
    assert second['home_agent_fqdn'] != agent
    address = address_of(second['home_address'])
    eventually('the name leads to the new address', lambda: name_server.addresses(ALICE) == [address])
    eventually('the old one is forgotten', lambda: owed(network)['held'] == 1)
    assert_named(name_server, ALICE, address)
    assert name_server.pointer(address_of(first['home_address'])) == []


# ---- servers that misbehave ----

def test_MB32_a_silent_server_delays_the_mba_by_its_limit_alone(farm, puppet):
    network = figure_7(farm, puppet, limit='700ms', timeout='5s')
    began = time.monotonic()
    attachment = attach_by_name(network)
    took = time.monotonic() - began
    assert attachment['dns_status'] == 130
    assert 0.7 <= took < 4, took
    # Those without a wish do not wait at all.
    began = time.monotonic()
    network.attach('bob')
    assert time.monotonic() - began < 0.7
    # The update goes on: now the server speaks, at the second try of the same message.
    puppet.reply = lambda request, tcp: answer(request)
    eventually('the name is made in the background', lambda: owed(network)['made'] == 1, 15)
    assert attach_by_name(network, nas=2)['dns_status'] == 0


def test_MB32_the_second_server_is_asked_when_the_first_keeps_silent(farm, puppet):
    silent = Puppet()
    puppet.reply = lambda request, tcp: answer(request)
    network = figure_7(farm, silent, puppet, timeout='200ms')
    assert attach_by_name(network)['dns_status'] == 0
    assert len(silent.requests) == 2  # the same octets twice
    assert silent.requests[0] == silent.requests[1]
    # From now on the good one comes first, for the reverse zone as for this one.
    assert network.attach('bob', dns_name=f'bob.{HOME}')['dns_status'] == 0
    assert len(silent.requests) == 2
    silent.stop()


def test_MB32_servfail_goes_to_the_next_server_and_refused_does_not(farm, puppet):
    failing = Puppet(lambda request, tcp: answer(request, rcode=2))
    puppet.reply = lambda request, tcp: answer(request)
    network = figure_7(farm, failing, puppet)
    assert attach_by_name(network)['dns_status'] == 0
    puppet.reply = lambda request, tcp: answer(request, rcode=5)
    count = len(failing.requests)
    assert network.attach('bob', dns_name=f'bob.{HOME}')['dns_status'] == 130
    assert len(failing.requests) == count
    assert 'answered REFUSED' in network.server.log()
    failing.stop()


def test_MB31_a_truncated_response_is_asked_for_again_over_tcp(farm, puppet):
    puppet.reply = lambda request, tcp: answer(request, flags=0 if tcp else 0x200)
    network = figure_7(farm, puppet)
    assert attach_by_name(network)['dns_status'] == 0
    assert [tcp for _, tcp in puppet.requests] == [False, True, False, True]


def test_MB31_a_long_message_goes_over_tcp_at_once(farm, puppet):
    puppet.reply = lambda request, tcp: answer(request)
    network = figure_7(farm, puppet)
    name = '.'.join(['a' * 63, 'b' * 63, 'c' * 63, HOME])
    assert attach_by_name(network, name=name)['dns_status'] == 0
    for request, tcp in puppet.requests:
        assert tcp == (len(request) > 512)


@pytest.mark.parametrize('reply, words', [
    (lambda request: unsigned(request), 'answered NOERROR without a signature'),
    (lambda request: unsigned(request, 5), 'answered REFUSED without a signature'),
    (lambda request: answer(request, secret=bytes(32)), 'with a wrong signature'),
    (lambda request: bad_key(request, name_servers.BADKEY), 'does not take our key: BADKEY'),
    (lambda request: bad_time(request), 'BADTIME: its clock is'),
    (lambda request: b'\0' * 12, 'does not answer'),
    (lambda request: answer(request)[:40], 'does not answer'),
], ids=['unsigned', 'unsigned-refusal', 'forged', 'badkey', 'badtime', 'zeros', 'half'])
def test_MB32_what_is_not_the_servers_word_is_not_believed(farm, puppet, reply, words):
    puppet.reply = lambda request, tcp: reply(request)
    network = figure_7(farm, puppet, timeout='200ms')
    assert attach_by_name(network)['dns_status'] == 130
    eventually(f'the log says: {words}', lambda: words in network.server.log())
    assert owed(network)['made'] == 0


def test_MB32_nobody_listens(farm):
    """ICMP tells: no try is waited for."""
    gone = Puppet()
    gone.stop()
    network = figure_7(farm, gone, timeout='20s', limit='20s')
    began = time.monotonic()
    assert attach_by_name(network)['dns_status'] == 130
    assert time.monotonic() - began < 10
    assert 'connection refused' in network.server.log()


def test_MB31_no_reverse_zone_no_pointer(farm):
    server = Named(farm.folder)
    server.start()
    try:
        network = figure_7(farm, server, zones=(HOME,))
        attachment = attach_by_name(network)
        assert attachment['dns_status'] == 0
        assert server.addresses(ALICE) == [address_of(attachment['home_address'])]
        assert server.pointer(address_of(attachment['home_address'])) == []
        network.detach(attachment)
        eventually('it is removed', lambda: owed(network)['held'] == 0)
        assert server.dig(ALICE, 'AAAA') == []
    finally:
        server.stop()


def test_no_zone_no_update(network):
    network.subscribe(subscriber('alice', fqdn=f'.{HOME}'))
    assert network.attach('alice', dns_name=ALICE)['dns_status'] == 128


@pytest.mark.parametrize('spoil, words', [
    (lambda key: key.chmod(0o604), 'chmod o-rwx'),
    (lambda key: key.write_text('key "a" { algorithm hmac-md5; secret "AAAA"; };'), 'hmac-sha256'),
    (lambda key: key.unlink(), 'No such file'),
], ids=['open', 'md5', 'missing'])
def test_a_key_file_that_is_none_ends_the_start(farm, puppet, spoil, words):
    config = dns_config(farm.folder, puppet)
    server = farm.daemon('aaa', server_config(more=config))
    spoil(farm.folder / 'update.key')
    server.start(wait=False)
    assert server.process.wait(timeout=20) == 1
    server.process = None
    assert words in server.log()
    assert 'update.key' in server.log()
