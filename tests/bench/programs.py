# SPDX-License-Identifier: Apache-2.0
"""The programs that `make bench` measures, each a process pinned to the server's core."""

import contextlib
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / 'process')]

import certificates  # noqa: E402
import homeward  # noqa: E402

homeward.READY_LIMIT = 120  # a million sessions

SERVER, CLIENT = '0', '1'  # cores
LOOPBACK = '127.0.0.1'
# freeDiameter refuses to listen on a loopback address; this one is on `lo` of our own network.
FOREIGN = '192.0.2.1'
RAW = 'raw.home.example.net'
TICKS = os.sysconf('SC_CLK_TCK')


class Program:
    """What the generator needs to know of a server that runs."""

    def __init__(self, pid, port, address=LOOPBACK, options=()):
        self.pid, self.port, self.address, self.options = pid, port, address, list(options)

    def cpu(self):
        """Seconds of processor time so far."""
        fields = pathlib.Path(f'/proc/{self.pid}/stat').read_text().rsplit(')', 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def memory(self):
        """Resident octets."""
        status = pathlib.Path(f'/proc/{self.pid}/status').read_text()
        return int(re.search(r'VmRSS:\s+(\d+)', status)[1]) * 1024


@contextlib.contextmanager
def started(command, core=SERVER, log=subprocess.DEVNULL, **options):
    process = subprocess.Popen(['taskset', '-c', core, *map(str, command)], stderr=log,
                               stdin=subprocess.DEVNULL, text=True, **options)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def port_of(process):
    line = process.stdout.readline()
    assert line.strip().isdigit(), f'{process.args} did not print its port: {line!r}'
    return int(line)


@contextlib.contextmanager
def raw_responder(release, core=SERVER):
    command = [release / 'tests/bench/raw_responder', RAW, homeward.HOME]
    with started(command, core, stdout=subprocess.PIPE) as process:
        yield Program(process.pid, port_of(process))


class Bench:
    """Our own daemons, in folders of their own, which are gone at the end."""

    def __init__(self, release):
        self.release = release
        self.farm = homeward.Farm(release)

    def daemon(self, name, text, core=SERVER, start=True):
        daemon = self.farm.daemon(name, text)
        daemon.prefix = ['taskset', '-c', core]
        if start:
            daemon.start()
        return daemon

    def close(self):
        for line in self.farm.close():
            print(line, file=sys.stderr)
        self.farm.remove()


@contextlib.contextmanager
def bench(release):
    made = Bench(release)
    try:
        yield made
    finally:
        made.close()


def program_of(daemon, options=()):
    return Program(daemon.process.pid, daemon.port, options=options)


def server_text(**more):
    return homeward.server_config(agents=(1,), policy='linger = 1h', **more)


@contextlib.contextmanager
def our_server(release):
    with bench(release) as made:
        yield program_of(made.daemon('aaa', server_text()))


@contextlib.contextmanager
def our_tls_server(release):
    with bench(release) as made:
        authority = certificates.Authority(made.farm.folder / 'ca')
        own = authority.issue(f'aaa.{homeward.HOME}')
        theirs = authority.issue(f'nas1.{homeward.VISITED}')
        text = server_text(more=own.block()).replace(
            f'listen "{LOOPBACK}:0" {{}}', f'listen "{LOOPBACK}:0" {{ tls = true }}')
        daemon = made.daemon('aaa', text)
        yield program_of(daemon, ['-c', theirs.certificate, '-k', theirs.key])


@contextlib.contextmanager
def our_relay(release):
    with raw_responder(release, CLIENT) as raw, bench(release) as made:
        daemon = made.daemon('relay', homeward.node(
            f'relay.{homeward.VISITED}', homeward.VISITED, 'proxy',
            f'listen "{LOOPBACK}:0" {{}}', homeward.LOOPBACK,
            f'peer "{RAW}" {{ connect = "{LOOPBACK}:{raw.port}" }}',
            f'route "{homeward.HOME}" {{ peers = {{ "{RAW}" }}  action = relay }}'))
        daemon.wait_open(RAW)
        yield program_of(daemon)


# ---- freeDiameter ----

FREEDIAMETER = '''Identity = "{identity}";
Realm = "{realm}";
Port = {port};
SecPort = 0;
No_SCTP;
No_IPv6;
ListenOn = "{address}";
TLS_Cred = "{own.certificate}", "{own.key}";
TLS_CA = "{own.authority.certificate}";
LoadExtension = "acl_wl.fdx" : "{folder}/acl.conf";
{more}
'''
# The dictionaries that know the AVPs of the request, in the order in which they build on each other.
DICTIONARIES = ('dict_nasreq', 'dict_eap', 'dict_rfc5777', 'dict_mip6i')
TUNED = 'AppServThreads = 1;\n'


@contextlib.contextmanager
def freediameter(folder, identity, more):
    folder.mkdir(parents=True)
    own = certificates.Authority(folder / 'ca').issue(identity)
    (folder / 'acl.conf').write_text('ALLOW_IPSEC *.example.org\n')
    port = homeward.free_port()
    path = folder / 'fd.conf'
    path.write_text(FREEDIAMETER.format(
        identity=identity, realm=identity.split('.', 1)[1], port=port, address=FOREIGN, own=own,
        folder=folder, more=more))
    with open(folder / 'log', 'wb') as log, \
            started(['freeDiameterd', '-c', path], log=log, stdout=log) as process:
        homeward.eventually('freeDiameterd is up', lambda: b'STATE_CORE' in (
            folder / 'log').read_bytes() or listens(port), 20)
        yield Program(process.pid, port, FOREIGN)


def listens(port):
    """Whether someone does, without connecting."""
    return f':{port:04X} 00000000:0000 0A' in pathlib.Path('/proc/net/tcp').read_text()


@contextlib.contextmanager
def freediameter_server(release, folder, tuned):
    more = ''.join(f'LoadExtension = "{name}.fdx";\n' for name in DICTIONARIES)
    more += f'LoadExtension = "{release / "tests/bench/freediameter_answer.fdx"}";\n'
    with freediameter(folder, f'fd.{homeward.HOME}', more + TUNED * tuned) as program:
        yield program


@contextlib.contextmanager
def freediameter_relay(release, folder, tuned):
    with raw_responder(release, CLIENT) as raw:
        more = (f'ConnectPeer = "{RAW}" {{ ConnectTo = "{LOOPBACK}"; Port = {raw.port}; No_TLS; '
                'No_SCTP; };\n')
        with freediameter(folder, f'fd.{homeward.VISITED}', more + TUNED * tuned) as program:
            homeward.eventually('its peer is open', lambda: b"'STATE_OPEN'" in (
                folder / 'log').read_bytes(), 20)
            yield program


# ---- Erlang ----

def compile_erlang(release, folder):
    folder.mkdir(parents=True)
    for name in ('homeward_base', 'homeward_mip6'):
        shutil.copy(release / f'dict/{name}.dia', folder)
        for command in (['diameterc', '-i', '.', '-o', '.', f'{name}.dia'], ['erlc', f'{name}.erl']):
            subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL, timeout=120)
    subprocess.run(['erlc', '-o', '.', HERE / 'erlang_answer.erl'], cwd=folder, check=True,
                   timeout=120)


@contextlib.contextmanager
def erlang_server(folder, tuned):
    words = ['erl', '-noshell', '-pa', '.', '-s', 'erlang_answer', 'main', '-extra',
             'homeward_mip6', *['tuned'] * tuned]
    with started(words, cwd=folder, stdout=subprocess.PIPE) as process:
        yield Program(process.pid, port_of(process))


def wait(seconds):
    """For a server to come to rest between two measures, nothing else."""
    time.sleep(seconds)
