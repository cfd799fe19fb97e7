# SPDX-License-Identifier: Apache-2.0
"""A freeDiameterd of Debian 12 (1.2.1) as a relay between two of our realms.

What it needs beside names and ports: a certificate even where TLS is unused, signed by a CA (of the
test's own). It relays commands and applications that it has never heard of by Destination-Realm,
adds Route-Record to requests, and to answers as well. It ignores a loopback address in ListenOn and
would listen on every other, so it has no port here and dials both of its peers.
"""

import contextlib
import subprocess

DAEMON = 'freeDiameterd'

CONFIG = '''Identity = "{identity}";
Realm = "{realm}";
Port = 0;
SecPort = 0;
No_SCTP;
TwTimer = 6;
TcTimer = 6;
TLS_Cred = "{folder}/relay.crt", "{folder}/relay.key";
TLS_CA = "{folder}/ca.crt";
{peers}
'''

# The realm of the peer follows from its CEA; without TLS on a link is said peer by peer.
PEER = 'ConnectPeer = "{host}" {{ ConnectTo = "127.0.0.1"; Port = {port}; No_TLS; No_SCTP; }};'


def openssl(*arguments):
    subprocess.run(['openssl', *arguments], check=True, capture_output=True, timeout=60)


def make_certificates(folder, identity):
    """ca.crt, relay.key and relay.crt in `folder`."""
    ca, key, request = folder / 'ca', folder / 'relay.key', folder / 'relay.csr'
    curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
    openssl('req', '-x509', *curve, '-keyout', f'{ca}.key', '-out', f'{ca}.crt', '-days', '2',
            '-subj', '/CN=test CA', '-addext', 'basicConstraints=critical,CA:TRUE')
    openssl('req', *curve, '-keyout', str(key), '-out', str(request), '-subj', f'/CN={identity}')
    openssl('x509', '-req', '-in', str(request), '-CA', f'{ca}.crt', '-CAkey', f'{ca}.key',
            '-CAcreateserial', '-days', '2', '-out', str(folder / 'relay.crt'))


@contextlib.contextmanager
def relay(folder, identity, realm, peers):
    """Runs the relay until the block ends; `peers` is {identity: port} of those that it dials.

    Gives the path of its log.
    """
    make_certificates(folder, identity)
    lines = [PEER.format(host=host, port=number) for host, number in peers.items()]
    (folder / 'relay.conf').write_text(CONFIG.format(
        identity=identity, realm=realm, folder=folder, peers='\n'.join(lines)))
    log = folder / 'relay.log'
    with open(log, 'wb') as output:
        process = subprocess.Popen([DAEMON, '-c', str(folder / 'relay.conf')], stdout=output,
                                   stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
        try:
            yield log
        finally:
            process.terminate()
            try:
                process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
