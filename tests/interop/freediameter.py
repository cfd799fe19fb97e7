# SPDX-License-Identifier: Apache-2.0
"""A freeDiameterd of Debian 12 (1.2.1) as a relay between two of our realms.

What it needs beside names and ports: a certificate even where TLS is unused, signed by a CA (of the
test's own). It relays commands and applications that it has never heard of by Destination-Realm,
adds Route-Record to requests, and to answers as well. It ignores a loopback address in ListenOn and
would listen on every other, so it has no port here and dials both of its peers.
"""

import contextlib
import subprocess

import certificates

DAEMON = 'freeDiameterd'

CONFIG = '''Identity = "{identity}";
Realm = "{realm}";
Port = 0;
SecPort = 0;
No_SCTP;
TwTimer = 6;
TcTimer = 6;
TLS_Cred = "{own.certificate}", "{own.key}";
TLS_CA = "{own.authority.certificate}";
{peers}
'''

# The realm of the peer follows from its CEA; how a link has TLS is said peer by peer: not at all,
# before CER (its default), or behind CEA.
PEER = 'ConnectPeer = "{host}" {{ ConnectTo = "127.0.0.1"; Port = {port}; {tls} No_SCTP; }};'
NO_TLS, TLS, OLD_TLS = 'No_TLS;', '', 'TLS_old_method;'


@contextlib.contextmanager
def relay(folder, identity, realm, peers, authority=None, tls=NO_TLS):
    """Runs the relay until the block ends; `peers` is {identity: port} of those that it dials.

    Gives the path of its log.
    """
    own = (authority or certificates.Authority(folder / 'ca')).issue(identity)
    lines = [PEER.format(host=host, port=number, tls=tls) for host, number in peers.items()]
    (folder / 'relay.conf').write_text(CONFIG.format(
        identity=identity, realm=realm, own=own, peers='\n'.join(lines)))
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
