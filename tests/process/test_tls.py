# SPDX-License-Identifier: Apache-2.0
"""TLS before CER (RFC 6733 13.1): who is let in, who is not, and what is said of it."""

import os
import random
import re
import signal
import socket
import ssl
import subprocess
import time

import pytest

import certificates
import diameter_raw as raw
import homeward
from homeward import HOME, VISITED, eventually

SERVER = f'aaa.{HOME}'
PEER = f'raw.{VISITED}'


@pytest.fixture(scope='module')
def authority(tmp_path_factory):
    return certificates.Authority(tmp_path_factory.mktemp('tls') / 'ca')


@pytest.fixture(scope='module')
def ours(authority):
    return authority.issue(SERVER)


@pytest.fixture(scope='module')
def theirs(authority):
    return authority.issue(PEER)


def config(ours, *parts, more='', agents=()):
    """A home server with a plain and a secure listener."""
    text = homeward.server_config(agents=agents, more='\n'.join(parts))
    return text.replace('listen "127.0.0.1:0" {}', 'listen "127.0.0.1:0" {}\n'
                        'listen "127.0.0.2:0" { tls = true }\n' + ours.block(more))


@pytest.fixture
def server(farm, ours):
    return farm.daemon('aaa', config(ours, f'peer "{PEER}" {{ tls = required }}')).start()


def secure_port(daemon):
    return int(daemon.ask('status')['listen'][1].rsplit(':', 1)[1])


def dial(daemon, context, host=PEER):
    """An end without close_notify is an error (ssl.SSLEOFError), no end."""
    plain = socket.create_connection(('127.0.0.2', secure_port(daemon)), timeout=10)
    return raw.Peer(context.wrap_socket(plain, suppress_ragged_eofs=False), host=host)


def security(daemon, peer=PEER):
    found = next((p for p in daemon.ask('peers') if p['origin_host'] == peer), {})
    return found.get('security', {})


def is_refused(daemon, context):
    """The handshake, or what comes after it in TLS 1.3, ends the connection before a CEA."""
    try:
        with dial(daemon, context) as peer:
            peer.send(peer.cer())
            peer.receive()
        return False
    except (ssl.SSLError, raw.Closed, ConnectionError):
        return True


def wait_log(daemon, pattern):
    eventually(f'the log has {pattern}', lambda: re.search(pattern, daemon.log()))


# ---- good ----

@pytest.mark.parametrize('version', [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3],
                         ids=['1.2', '1.3'])
def test_TL01_good_certificate(server, theirs, version):
    with dial(server, theirs.client(version=version)) as peer:
        peer.open()
        answer = peer.ask(raw.message(raw.DEVICE_WATCHDOG, peer.origin()))
        assert answer.result == 2001
        facts = security(server)
        assert facts['transport'] == 'tls'
        assert facts['protocol'] == version.name.replace('_', '.')
        assert facts['cipher'] == peer.socket.cipher()[0]
        assert facts['subject'] == f'CN={PEER}'
        assert time.time() + 86400 < facts['expires'] < time.time() + 3 * 86400


def test_TL01_many_octets_pass_in_any_pieces(server, theirs):
    """More than a TLS record and more than a read, both ways."""
    padding = raw.avp(0x0f000001, bytes(50000), flags=0)
    with dial(server, theirs.client()) as peer:
        peer.open()
        requests = [raw.message(raw.DEVICE_WATCHDOG, [*peer.origin(), padding])
                    for _ in range(40)]
        octets = b''.join(requests)
        chance = random.Random(1)
        while octets:
            size = chance.choice([1, 100, 16384, 70000])
            peer.send(octets[:size])
            octets = octets[size:]
        for _ in requests:
            assert peer.receive().result == 2001


def test_TL01_homewardd_dials_with_tls(farm, authority, ours):
    agent = authority.issue(f'ha1.{HOME}')
    port = homeward.free_port()
    text = config(ours, agents=(1,)).replace('"127.0.0.2:0"', f'"127.0.0.2:{port}"')
    server = farm.daemon('aaa', text).start()
    text = homeward.agent_config(1, port).replace('127.0.0.1', '127.0.0.2').replace('}\nlink', '  tls = required }\nlink')
    farm.daemon('ha1', text + agent.block()).start().wait_open(SERVER)
    assert security(server, f'ha1.{HOME}')['protocol'] == 'TLSv1.3'
    shown = subprocess.run([farm.build / 'src/cli/homeward', '--socket', server.control_path,
                            'peers'], capture_output=True, text=True, check=True, timeout=30)
    assert f'CN=ha1.{HOME}' in shown.stdout and 'TLS_AES' in shown.stdout


def test_TL01_close_notify(server, theirs):
    with dial(server, theirs.client()) as peer:
        peer.open()
        server.ask('stop')
        request = peer.receive()
        assert request.code == raw.DISCONNECT_PEER
        peer.answer_base(request)
        assert peer.closed()


# ---- bad ----

def test_TL02_wrong_authority(server, authority, tmp_path):
    stranger = certificates.Authority(tmp_path / 'other', 'another CA').issue(PEER)
    assert is_refused(server, stranger.client(believes=authority))
    wait_log(server, r'connection-refused: .*certificate is refused: unable to get local issuer')
    assert server.ask('status')['transport']['tls_failed'] == 1


def test_TL02_expired(server, authority):
    late = authority.issue(PEER, file='late', ends='20210101000000Z')
    assert is_refused(server, late.client())
    wait_log(server, rf'certificate is refused: certificate has expired \(CN={PEER}\)')


def test_TL02_no_certificate(server, authority):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.load_verify_locations(authority.certificate)
    assert is_refused(server, context)
    wait_log(server, 'peer did not return a certificate')


@pytest.mark.parametrize('name', [f'other.{VISITED}', f'*.{VISITED}', VISITED],
                         ids=['other', 'wildcard', 'domain'])
def test_TL02_name_is_not_origin_host(server, authority, name):
    other = authority.issue(name, file='other')
    with dial(server, other.client()) as peer:
        answer = peer.ask(peer.cer())
        assert answer.result == 3010
        assert 'certificate does not name this Origin-Host' in answer.error
        assert peer.closed()
    wait_log(server, 'The certificate does not name this Origin-Host')
    assert not server.is_open(PEER)


def test_TL02_common_name_only_where_the_configuration_says_so(farm, server, ours, authority):
    plain = authority.issue(PEER, file='cn', san=False)
    with dial(server, plain.client()) as peer:
        assert peer.ask(peer.cer()).result == 3010
    text = config(ours, f'peer "{PEER}" {{ tls = required }}', more='common-name = true')
    lenient = farm.daemon('lenient', text).start()
    with dial(lenient, plain.client()) as peer:
        peer.open()
    # A dNSName that does not fit is not mended by a CN that does.
    both = authority.issue(f'other.{VISITED}', file='both', subject=PEER)
    with dial(lenient, both.client()) as peer:
        assert peer.ask(peer.cer()).result == 3010


def test_TL02_the_one_that_we_dial_is_another(farm, authority, ours):
    """The server's certificate does not name the peer that was dialled: no CER is sent."""
    server = farm.daemon('aaa', config(ours, 'peer "ha1.home.example.net" {}')).start()
    text = homeward.node(f'ha1.{HOME}', HOME, 'nas', authority.issue(f'ha1.{HOME}').block(),
                         f'peer "zzz.{HOME}" {{ connect = "127.0.0.2:{secure_port(server)}"  '
                         'tls = required }')
    agent = farm.daemon('ha1', text).start()
    wait_log(agent, 'its certificate does not name the peer that was dialled')
    assert not agent.is_open(f'zzz.{HOME}')
    assert server.ask('status')['transport']['tls_failed'] == 0


# ---- policy ----

def test_TL03_required_but_plain(server):
    with raw.Peer.dial('127.0.0.1', server.port, host=PEER) as peer:
        answer = peer.ask(peer.cer())
        assert answer.result == 5017
        assert 'must begin with TLS' in answer.error
        assert peer.closed()
    wait_log(server, 'must begin with TLS')
    assert not server.is_open(PEER)


def test_TL03_plain_on_the_secure_port(server):
    with raw.Peer.dial('127.0.0.2', secure_port(server), host=PEER) as peer:
        peer.send(peer.cer())
        assert peer.closed()
    wait_log(server, 'TLS failed: wrong version number')


def test_TL03_none_but_tls(farm, ours, theirs):
    server = farm.daemon('aaa', config(ours, f'peer "{PEER}" {{ tls = none }}')).start()
    with dial(server, theirs.client()) as peer:
        assert peer.ask(peer.cer()).result == 5017
    with raw.Peer.dial('127.0.0.1', server.port, host=PEER) as peer:
        peer.open()
        assert security(server) == {'transport': 'tcp'}


def test_TL03_unknown_peers_must_have_tls(farm, ours, theirs):
    text = config(ours).replace('unknown = true', 'unknown = true  tls = required')
    server = farm.daemon('aaa', text).start()
    with raw.Peer.dial('127.0.0.1', server.port, host=PEER) as peer:
        assert peer.ask(peer.cer()).result == 5017
    with dial(server, theirs.client()) as peer:
        peer.open()


def test_TL04_no_certificate_is_needed(farm):
    text = homeward.server_config(agents=(), more=f'peer "{PEER}" {{ tls = none }}')
    server = farm.daemon('aaa', text).start()
    with raw.Peer.dial('127.0.0.1', server.port, host=PEER) as peer:
        peer.open()
        assert peer.ask(raw.message(raw.DEVICE_WATCHDOG, peer.origin())).result == 2001


@pytest.mark.parametrize('version', ['-tls1', '-tls1_1'])
def test_TL05_old_versions_are_refused(server, theirs, version):
    command = ['openssl', 's_client', version, '-cipher', 'ALL:@SECLEVEL=0', '-connect',
               f'127.0.0.2:{secure_port(server)}', '-cert', theirs.certificate, '-key', theirs.key]
    run = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=30)
    assert run.returncode != 0
    assert b'alert protocol version' in run.stderr
    wait_log(server, 'TLS failed: unsupported protocol')


# ---- files ----

def test_TL06_reload_is_for_new_connections(server, authority, ours, theirs):
    copy = authority.issue(SERVER, file='copy')
    new = authority.issue(SERVER, file='new')
    server.stop()
    server.text = server.text.replace(str(ours.certificate), str(copy.certificate)).replace(
        str(ours.key), str(copy.key))
    server.start()
    client = theirs.client()
    with dial(server, client) as peer:
        peer.open()
        before = peer.socket.getpeercert()['serialNumber']
        os.replace(new.certificate, copy.certificate)
        os.replace(new.key, copy.key)
        server.process.send_signal(signal.SIGHUP)
        wait_log(server, 'the configuration has been read again')
        with dial(server, client) as second:
            assert second.socket.getpeercert()['serialNumber'] != before
        assert peer.ask(raw.message(raw.DEVICE_WATCHDOG, peer.origin())).result == 2001


def test_TL06_a_reload_with_bad_files_changes_nothing(server, authority, ours, theirs):
    copy = authority.issue(SERVER, file='kept')
    server.stop()
    server.text = server.text.replace(str(ours.key), str(copy.key)).replace(
        str(ours.certificate), str(copy.certificate))
    server.start()
    copy.key.unlink()
    with pytest.raises(homeward.ControlError):
        server.ask('reload')
    wait_log(server, rf'aaa.conf:\d+: {copy.key} cannot be read: No such file')
    with dial(server, theirs.client()) as peer:
        peer.open()


def say_of(farm, text, code=2):
    """What a homewardd says that cannot start."""
    daemon = farm.daemon('bad', text)
    daemon.start(wait=False)
    process, daemon.process = daemon.process, None
    assert process.wait(timeout=20) == code
    return daemon.log()


def test_TL06_files_that_cannot_be_used(farm, authority, ours, theirs):
    text = config(ours)
    line = text[:text.index('tls { certificate')].count('\n') + 1
    said = say_of(farm, text.replace(str(ours.certificate), '/nowhere'))
    assert f'bad.conf:{line}: /nowhere cannot be read: No such file' in said
    said = say_of(farm, text.replace(str(ours.certificate), str(ours.key)))
    assert re.search(rf'bad.conf:{line}: .* cannot be used as a certificate: .*; ', said)
    said = say_of(farm, text.replace(str(ours.key), str(theirs.key)))
    assert f'bad.conf:{line}: {theirs.key} does not fit the certificate; ' in said
    said = say_of(farm, text.replace(f'ca = "{authority.certificate}"', f'ca = "{ours.key}"'))
    assert re.search(rf'bad.conf:{line}: .* cannot be used as CA certificates: .*; ', said)


def test_TL06_a_key_that_others_can_read(farm, authority):
    open_key = authority.issue(SERVER, file='open')
    open_key.key.chmod(0o644)
    assert re.search(r'bad.conf:\d+: .*open.key may be read by others .*; chmod 600 it',
                     say_of(farm, config(open_key)))


def test_TL06_doubtful_certificates_are_warned_of(farm, authority):
    late = authority.issue('other.example.net', file='doubtful', ends='20210101000000Z')
    server = farm.daemon('aaa', config(late)).start()
    assert re.search(r'warning certificate: .*aaa.conf:\d+: .* has expired; ', server.log())
    assert f'does not name "{SERVER}" as a dNSName' in server.log()


# ---- strangers ----

def client_hello():
    """The first flight of a real client."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    client = context.wrap_bio(incoming, outgoing)
    with pytest.raises(ssl.SSLWantReadError):
        client.do_handshake()
    return outgoing.read()


def test_TL07_stalled_handshake(farm, ours, theirs):
    server = farm.daemon('aaa', config(ours, more='handshake = 400ms')).start()
    hello = client_hello()
    for octets in b'', hello[:3], hello[:-1], hello:
        with socket.create_connection(('127.0.0.2', secure_port(server)), timeout=10) as stalled:
            stalled.sendall(octets)
            began = time.monotonic()
            while stalled.recv(65536):
                pass
            assert 0.3 < time.monotonic() - began < 5
    wait_log(server, 'TLS handshake was not done in time')
    assert server.ask('status')['connections'] == 0
    with dial(server, theirs.client()) as peer:
        peer.open()


def test_TL07_garbage(server, theirs):
    """Truncated, mutated and random records: closed, and the others are served."""
    chance = random.Random(6733)
    hello = client_hello()
    with dial(server, theirs.client()) as good:
        good.open()
        for number in range(150):
            octets = bytearray(hello)
            if number % 3 == 0:
                octets = bytearray(chance.randbytes(chance.randrange(1, 400)))
            elif number % 3 == 1:
                octets = octets[:chance.randrange(1, len(octets))]
            else:
                for _ in range(chance.randrange(1, 8)):
                    octets[chance.randrange(len(octets))] = chance.randrange(256)
            with socket.create_connection(('127.0.0.2', secure_port(server)), 10) as bad:
                bad.sendall(octets)
                bad.shutdown(socket.SHUT_WR)
                try:
                    while bad.recv(65536):
                        pass
                except ConnectionError:
                    pass
        assert good.ask(raw.message(raw.DEVICE_WATCHDOG, good.origin())).result == 2001
    eventually('all are gone', lambda: server.ask('status')['connections'] == 0)


def test_TL07_one_peer_that_never_reads(farm, ours, theirs, authority):
    """RB05 under TLS: what waits for it is bounded, it is closed, and nobody else notices."""
    slow = f'slow.{VISITED}'
    server = farm.daemon('aaa', config(ours).replace(
        'policy {', 'limits { output = 64k }\npolicy {')).start()
    with dial(server, theirs.client()) as good, \
            dial(server, authority.issue(slow).client(), slow) as bad:
        good.open()
        bad.open()
        bad.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        request = raw.message(raw.DEVICE_WATCHDOG, bad.origin())
        bad.socket.settimeout(2)
        try:
            for _ in range(400):
                bad.socket.sendall(request * 500)
        except OSError:
            pass
        assert good.ask(raw.message(raw.DEVICE_WATCHDOG, good.origin())).result == 2001
        eventually('it is closed', lambda: not server.is_open(slow))


def test_TL07_garbage_on_an_open_connection(server, theirs):
    """Octets that are no record, below an open connection: it ends, nothing of them is read."""
    with dial(server, theirs.client()) as peer:
        peer.open()
        below = socket.socket(fileno=os.dup(peer.socket.fileno()))
        below.sendall(b'\x17\x03\x03\x00\x20' + bytes(32))
        below.close()
        eventually('it is closed', lambda: not server.is_open(PEER))
    wait_log(server, r'TLS failed: (decryption failed or bad record mac|bad record)')
