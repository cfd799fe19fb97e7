# SPDX-License-Identifier: Apache-2.0
"""The openssl command as the TLS of a peer, client and server."""

import contextlib
import io
import subprocess

import pytest

import certificates
import diameter_raw as raw
import homeward
from homeward import HOME, VISITED, eventually

PEER = f'raw.{VISITED}'


class Pipes:
    """What raw.Peer wants of a socket, over the pipes of a process."""

    def __init__(self, process):
        self.process = process

    def sendall(self, octets):
        self.process.stdin.write(octets)
        self.process.stdin.flush()

    def recv(self, size):
        return self.process.stdout.read1(size)

    def getsockname(self):
        return ('127.0.0.1', 0)

    def settimeout(self, _seconds):
        """A test has a time-out as a whole."""

    def close(self):
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()


@contextlib.contextmanager
def running(command, certificate, *more):
    process = subprocess.Popen(
        ['openssl', command, '-quiet', '-verify_return_error', '-cert', certificate.certificate,
         '-key', certificate.key, '-CAfile', certificate.authority.certificate, *more],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert isinstance(process.stdout, io.BufferedReader)
    try:
        yield raw.Peer(Pipes(process), host=PEER)
    finally:
        process.kill()
        process.communicate()


@pytest.fixture(scope='module')
def authority(tmp_path_factory):
    return certificates.Authority(tmp_path_factory.mktemp('tls') / 'ca')


@pytest.mark.parametrize('version', ['-tls1_2', '-tls1_3'])
def test_s_client(farm, authority, version):
    text = homeward.server_config(agents=(), more=f'peer "{PEER}" {{ tls = required }}').replace(
        'listen "127.0.0.1:0" {}', 'listen "127.0.0.1:0" { tls = true }')
    server = farm.daemon('aaa', text + authority.issue(f'aaa.{HOME}').block()).start()
    with running('s_client', authority.issue(PEER, file='client'), version, '-connect',
                 f'127.0.0.1:{server.port}', '-verify_hostname', f'aaa.{HOME}') as peer:
        peer.open()
        assert peer.ask(raw.message(raw.DEVICE_WATCHDOG, peer.origin())).result == 2001
        assert server.ask('peers')[0]['security']['subject'] == f'CN={PEER}'


@pytest.mark.parametrize('version', ['-tls1_2', '-tls1_3'])
def test_s_server(farm, authority, version):
    port = homeward.free_port()
    text = homeward.node(f'nas1.{VISITED}', VISITED, 'nas', f'peer "{PEER}" {{ connect = '
                         f'"127.0.0.1:{port}"  tls = required }}',
                         authority.issue(f'nas1.{VISITED}').block())
    with running('s_server', authority.issue(PEER, file='server'), version, '-Verify', '3',
                 '-accept', f'127.0.0.1:{port}') as peer:
        nas = farm.daemon('nas1', text).start()
        request = peer.receive()
        assert request.code == raw.CAPABILITIES_EXCHANGE
        peer.answer(request, [
            raw.avp(raw.RESULT_CODE, 2001), *peer.origin(),
            raw.avp(raw.AUTH_APPLICATION_ID, raw.MIP6), raw.avp(raw.VENDOR_ID, 0),
            raw.avp(raw.HOST_IP_ADDRESS, b'\0\1\x7f\0\0\1'),
            raw.avp(raw.PRODUCT_NAME, 'raw', flags=0)])
        eventually('it is open', lambda: nas.is_open(PEER))
        facts = nas.ask('peers')[0]['security']
        assert facts['protocol'] == {'-tls1_2': 'TLSv1.2', '-tls1_3': 'TLSv1.3'}[version]
        nas.kill()
