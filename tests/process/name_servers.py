# SPDX-License-Identifier: Apache-2.0
"""Name servers for tests: a real named, a real knotd, and one whose every answer a test chooses.

All stand on 127.0.0.1 with a folder of their own. `dig` and `nsupdate` are the second opinion: what
a test sees in DNS it sees through them.
"""

import base64
import hashlib
import hmac
import ipaddress
import pathlib
import shutil
import socket
import struct
import subprocess
import threading

from homeward import HOME, STOP_LIMIT, eventually, free_port

SECRET = bytes(range(100, 132))
OTHER_SECRET = bytes(range(32))
KEY = 'homeward'
REVERSE = '8.b.d.0.1.0.0.2.ip6.arpa'
ZONES = (HOME, REVERSE)

ZONE_FILE = '''$TTL 60
@ SOA ns.invalid. root.invalid. 1 3600 600 86400 60
@ NS ns.invalid.
'''


def program(name):
    found = shutil.which(name, path='/usr/sbin:/usr/bin:/sbin:/bin')
    assert found, f'{name} is not installed; packaging/debian-packages names its package'
    return found


def key_file(path, secret=SECRET, name=KEY):
    text = base64.b64encode(secret).decode()
    path.write_text(f'key "{name}" {{\n\talgorithm hmac-sha256;\n\tsecret "{text}";\n}};\n')
    path.chmod(0o600)
    return path


class Server:
    """A process that serves ZONES, with updates by KEY."""

    def __init__(self, folder, port=None):
        self.port = port or free_port()
        self.folder = pathlib.Path(folder) / f'{type(self).__name__.lower()}-{self.port}'
        self.folder.mkdir(exist_ok=True)
        self.folder.chmod(0o777)  # knotd and named may run as users of their own
        self.key = key_file(self.folder / 'key')
        for zone in ZONES:
            (self.folder / zone).write_text(ZONE_FILE)
        self.process = None
        self.configure()

    @property
    def address(self):
        return f'127.0.0.1:{self.port}'

    def start(self):
        with open(self.folder / 'log', 'ab') as log:
            self.process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=log, cwd=self.folder)
        eventually(f'{type(self).__name__} answers', self.answers, 20)
        return self

    def answers(self):
        assert self.process.poll() is None, (self.folder / 'log').read_text()
        return bool(self.dig(HOME, 'SOA')) and bool(self.dig(REVERSE, 'SOA'))

    def stop(self):
        process, self.process = self.process, None
        if not process:
            return
        process.terminate()
        try:
            process.wait(timeout=STOP_LIMIT)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def dig(self, name, kind):
        """The values of a name, sorted."""
        result = subprocess.run(
            [program('dig'), '@127.0.0.1', '-p', str(self.port), '+short', '+tries=1', '+time=2',
             '+tcp', name, kind], capture_output=True, text=True, timeout=20, check=False)
        return sorted(line for line in result.stdout.splitlines() if not line.startswith(';'))

    def addresses(self, name):
        return [ipaddress.IPv6Address(text) for text in self.dig(name, 'AAAA')]

    def pointer(self, address):
        return self.dig(ipaddress.IPv6Address(address).reverse_pointer, 'PTR')

    def update(self, *lines):
        """nsupdate: what somebody else does to the zone."""
        text = '\n'.join([f'server 127.0.0.1 {self.port}', *lines, 'send', ''])
        subprocess.run([program('nsupdate'), '-k', str(self.key)], input=text, text=True,
                       capture_output=True, timeout=20, check=True)


class Named(Server):
    def configure(self):
        zones = '\n'.join(f'zone "{zone}" {{ type primary; file "{zone}"; update-policy {{ '
                          f'grant {KEY} zonesub AAAA TXT A PTR; }}; }};' for zone in ZONES)
        (self.folder / 'named.conf').write_text(f'''
include "{self.key}";
controls {{ }};
options {{
	directory "{self.folder}";
	pid-file "{self.folder}/pid";
	session-keyfile "{self.folder}/session.key";
	listen-on port {self.port} {{ 127.0.0.1; }};
	listen-on-v6 {{ none; }};
	recursion no; dnssec-validation no; empty-zones-enable no; notify no;
}};
{zones}
''')

    def command(self):
        return [program('named'), '-g', '-n', '1', '-c', str(self.folder / 'named.conf')]


class Knotd(Server):
    def configure(self):
        zones = '\n'.join(f'  - domain: {zone}\n    file: {self.folder}/{zone}\n    acl: updates'
                          for zone in ZONES)
        (self.folder / 'knot.conf').write_text(f'''
server:
  rundir: {self.folder}
  listen: 127.0.0.1@{self.port}
database:
  storage: {self.folder}
log:
  - target: stderr
    any: info
key:
  - id: {KEY}
    algorithm: hmac-sha256
    secret: {base64.b64encode(SECRET).decode()}
acl:
  - id: updates
    key: {KEY}
    action: update
zone:
{zones}
''')

    def command(self):
        return [program('knotd'), '-c', str(self.folder / 'knot.conf')]


# ---- a server of one's own, which knows enough of RFC 2136 and RFC 8945 to be wrong on purpose ----

BADSIG, BADKEY, BADTIME = 16, 17, 18


def wire_name(text):
    return b''.join(bytes([len(label)]) + label.encode()
                    for label in text.split('.') if label) + b'\0'


def skip_name(octets, at):
    while octets[at]:
        if octets[at] >= 0xc0:
            return at + 2
        at += 1 + octets[at]
    return at + 1


def split_tsig(octets):
    """(the message without its last record, MAC and time of that record, a TSIG)."""
    counts = struct.unpack_from('!4H', octets, 4)
    at = skip_name(octets, 12) + 4
    for _ in range(sum(counts[1:])):
        begin = at
        at = skip_name(octets, at)
        size = struct.unpack_from('!H', octets, at + 8)[0]
        at += 10 + size
    data = octets[at - size:at]
    name_end = skip_name(data, 0)
    time = int.from_bytes(data[name_end:name_end + 6], 'big')
    size = struct.unpack_from('!H', data, name_end + 8)[0]
    mac = data[name_end + 10:name_end + 10 + size]
    plain = bytearray(octets[:begin])
    struct.pack_into('!H', plain, 10, counts[3] - 1)
    return bytes(plain), mac, time


def tsig_mac(message, time, request=b'', error=0, other=b'', secret=SECRET):
    before = struct.pack('!H', len(request)) + request if request else b''
    variables = (wire_name(KEY) + struct.pack('!HI', 255, 0) + wire_name('hmac-sha256')
                 + time.to_bytes(6, 'big') + struct.pack('!HHH', 300, error, len(other)) + other)
    return hmac.new(secret, before + message + variables, hashlib.sha256).digest()


def with_tsig(message, time, mac, error=0, other=b''):
    data = (wire_name('hmac-sha256') + time.to_bytes(6, 'big') + struct.pack('!HH', 300, len(mac))
            + mac + message[:2] + struct.pack('!HH', error, len(other)) + other)
    out = bytearray(message + wire_name(KEY) + struct.pack('!HHIH', 250, 255, 0, len(data)) + data)
    struct.pack_into('!H', out, 10, 1)
    return bytes(out)


def header(request, rcode, flags=0):
    return request[:2] + struct.pack('!5H', 0x8000 | 5 << 11 | flags | rcode, 0, 0, 0, 0)


def answer(request, rcode=0, flags=0, secret=SECRET):
    """A signed response."""
    _, mac, time = split_tsig(request)
    message = header(request, rcode, flags)
    return with_tsig(message, time, tsig_mac(message, time, mac, secret=secret))


def unsigned(request, rcode=0):
    return header(request, rcode)


def bad_key(request, error=BADSIG):
    _, _, time = split_tsig(request)
    return with_tsig(header(request, 9), time, b'', error)


def bad_time(request, ahead=4000):
    _, mac, time = split_tsig(request)
    other = (time + ahead).to_bytes(6, 'big')
    message = header(request, 9)
    return with_tsig(message, time, tsig_mac(message, time, mac, BADTIME, other), BADTIME, other)


class Puppet:
    """Answers each message by `reply(request, over_tcp)`; None: not at all. Checks every signature."""

    def __init__(self, reply=None):
        self.reply = reply or (lambda request, tcp: None)
        self.requests = []  # (octets, over TCP)
        self.forged = 0
        self.stopping = False
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind(('127.0.0.1', 0))
        self.port = self.udp.getsockname()[1]
        self.tcp = socket.create_server(('127.0.0.1', self.port))
        self.threads = [threading.Thread(target=run, daemon=True)
                        for run in (self.datagrams, self.streams)]
        for thread in self.threads:
            thread.start()

    @property
    def address(self):
        return f'127.0.0.1:{self.port}'

    def take(self, request, tcp):
        plain, mac, time = split_tsig(request)
        self.forged += not hmac.compare_digest(tsig_mac(plain, time), mac)
        self.requests.append((request, tcp))
        return self.reply(request, tcp)

    def datagrams(self):
        while not self.stopping:
            try:
                request, sender = self.udp.recvfrom(65536)
                reply = self.take(request, False) if request else None
                if reply:
                    self.udp.sendto(reply, sender)
            except OSError:
                return

    def streams(self):
        while not self.stopping:
            try:
                stream, _ = self.tcp.accept()
            except OSError:
                return
            with stream, stream.makefile('rb') as reader:
                size = reader.read(2)
                if len(size) < 2:
                    continue
                reply = self.take(reader.read(int.from_bytes(size, 'big')), True)
                if reply:
                    stream.sendall(len(reply).to_bytes(2, 'big') + reply)

    def stop(self):
        self.stopping = True
        for kick in (self.udp, self.tcp):
            try:
                kick.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        for thread in self.threads:
            thread.join(timeout=5)
        self.udp.close()
        self.tcp.close()
        assert self.forged == 0, 'an update had a wrong signature'
