# SPDX-License-Identifier: Apache-2.0
"""Starts real homewardd processes, talks to their control sockets, and sees that they end well.

A Daemon is one process with its configuration, data directory and log. A Network is the draft's
Figure 7: NAS, visited proxy, home server, home agents, each a process of its own on loopback.
Nothing here sleeps for a fixed time: `eventually` waits for what a test wants to see.
"""

import contextlib
import ipaddress
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time

READY_LIMIT = 20
STOP_LIMIT = 20
HOME = 'home.example.net'
VISITED = 'visited.example.org'
ROOT_KEY = '000102030405060708090a0b0c0d0e0f'
SANITIZER = re.compile(r'(ERROR: \w*Sanitizer|runtime error:|SUMMARY: \w*Sanitizer|Assertion .* failed)')


def eventually(what, check, limit=10):
    """Calls `check` until it gives something true, and gives that; fails with `what` in time."""
    end = time.monotonic() + limit
    while True:
        result = check()
        if result:
            return result
        if time.monotonic() > end:
            raise AssertionError(f'not within {limit} s: {what}')
        time.sleep(0.01)


def free_port():
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


class ControlError(Exception):
    """{"ok": false}: a command that was wrong (code 2) or could not be done (code 1)."""

    def __init__(self, reply):
        super().__init__(reply.get('error'))
        self.code = reply.get('code')
        self.error = reply.get('error', '')
        self.result = reply.get('result')


class Control:
    """One connection to a control socket (docs/control.md)."""

    def __init__(self, path, timeout=30):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(timeout)
        try:
            self.socket.connect(str(path))
        except OSError:
            self.socket.close()
            raise
        self.waiting = b''

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def write(self, octets):
        self.socket.sendall(octets)

    def line(self):
        """The next line as an object; None when the daemon closed the connection."""
        while b'\n' not in self.waiting:
            more = self.socket.recv(65536)
            if not more:
                return None
            self.waiting += more
        line, self.waiting = self.waiting.split(b'\n', 1)
        return json.loads(line)

    def send(self, command, **parameters):
        self.write(json.dumps({'command': command, **parameters}).encode() + b'\n')

    def end(self):
        """The end of the reply to what was sent; progress lines are passed over."""
        while True:
            reply = self.line()
            if reply is None:
                raise ConnectionError('the control connection was closed')
            if 'ok' in reply:
                break
        if not reply['ok']:
            raise ControlError(reply)
        return reply['result']

    def ask(self, command, **parameters):
        self.send(command, **parameters)
        return self.end()


class Daemon:
    """A homewardd. `text` is its configuration without `data`; None: the file is there already."""

    def __init__(self, build, folder, name, text):
        self.program = pathlib.Path(build) / 'src/daemon/homewardd'
        self.folder = pathlib.Path(folder)
        self.name = name
        self.text = text
        self.data = self.folder / name
        self.config = self.folder / f'{name}.conf'
        self.log_path = self.folder / f'{name}.log'
        self.process = None
        self.control_path = self.data / 'control'
        self.prefix = []  # a command before the program (unshare, nsenter)
        self.environment = {}

    def start(self, wait=True):
        assert self.process is None, f'{self.name} runs already'
        if self.text is not None:
            self.config.write_text(self.text + f'\ndata = "{self.data}"\n')
        environment = {**os.environ, 'ASAN_OPTIONS': 'detect_leaks=1:abort_on_error=0',
                       'UBSAN_OPTIONS': 'print_stacktrace=1', **self.environment}
        with open(self.log_path, 'ab') as log:
            self.process = subprocess.Popen(
                [*self.prefix, str(self.program), str(self.config)], stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, env=environment, cwd=self.folder)
        if wait:
            self.wait_ready()
        return self

    def wait_ready(self):
        def ready():
            code = self.process.poll()
            assert code is None, f'{self.name} ended with {code}:\n{self.log()}'
            try:
                return self.ask('status')
            except (OSError, ConnectionError):
                return None

        return eventually(f'{self.name} answers on its control socket', ready, READY_LIMIT)

    def control(self):
        return Control(self.control_path)

    def ask(self, command, **parameters):
        with self.control() as control:
            return control.ask(command, **parameters)

    def log(self):
        return self.log_path.read_text(errors='replace') if self.log_path.exists() else ''

    @property
    def port(self):
        """The first port it listens on."""
        return int(self.ask('status')['listen'][0].rsplit(':', 1)[1])

    def is_open(self, peer):
        return any(p['origin_host'] == peer and p['open'] for p in self.ask('peers'))

    def wait_open(self, peer):
        eventually(f'{self.name} has {peer} open', lambda: self.is_open(peer), READY_LIMIT)

    def stop(self):
        """SIGTERM; its exit code."""
        return self.end(signal.SIGTERM)

    def kill(self):
        return self.end(signal.SIGKILL)

    def end(self, number):
        process, self.process = self.process, None
        process.send_signal(number)
        try:
            return process.wait(timeout=STOP_LIMIT)
        except subprocess.TimeoutExpired as error:
            process.kill()
            process.wait()
            raise AssertionError(f'{self.name} did not end in {STOP_LIMIT} s:\n{self.log()}') \
                from error

    def complaints(self):
        """What a sanitizer said."""
        return [line for line in self.log().splitlines() if SANITIZER.search(line)]


class Farm:
    """All daemons of one test, in one folder; at the end all are stopped and looked at."""

    def __init__(self, build):
        self.build = build
        # A short path: a Unix socket's name has 107 octets.
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix='hw-'))
        self.daemons = []

    def daemon(self, name, text):
        made = Daemon(self.build, self.folder, name, text)
        self.daemons.append(made)
        return made

    def example(self, path, **environment):
        """A daemon with a configuration of examples/, which takes its data from a variable."""
        made = self.daemon(path.stem, None)
        made.config = path
        made.environment = {'HOMEWARD_DATA': str(made.data), **environment}
        return made

    def close(self):
        """Stops what still runs; gives all that was wrong, in words."""
        wrong = []
        for daemon in reversed(self.daemons):
            if daemon.process:
                try:
                    code = daemon.stop()
                    if code != 0:
                        wrong.append(f'{daemon.name} ended with {code} after SIGTERM')
                except AssertionError as error:
                    wrong.append(str(error))
            if daemon.complaints():
                wrong.append(f'{daemon.name}:\n{daemon.log()[-6000:]}')
        return wrong

    def logs(self):
        return '\n'.join(f'--- {daemon.name}\n{daemon.log()[-4000:]}' for daemon in self.daemons)

    def remove(self):
        shutil.rmtree(self.folder, ignore_errors=True)


TIMERS = 'timers { watchdog = 6s  reconnect = 200ms  connect = 5s  drain = 5s }\n'
LOOPBACK = 'accept { unknown = true  from = { "127.0.0.0/8", "::1/128" } }\n'


def node(identity, realm, role, *parts):
    head = f'identity = "{identity}"\nrealm = "{realm}"\nroles = {{ {role} }}\n'
    if role in ('nas', 'home-agent') and 'accounting {' not in ''.join(parts):
        parts = (*parts, 'accounting { send = false }')  # test_accounting.py has it
    return '# SPDX-License-Identifier: Apache-2.0\n' + head + TIMERS + '\n'.join(parts) + '\n'


def agent_block(number, more=''):
    """The server's view of home agent `number`: pool 2001:db8:NUMBER:2::/64."""
    return (f'home-agent "ha{number}.{HOME}" {{ address = "2001:db8:{number}:1::1/64"  '
            f'pool = "2001:db8:{number}:2::/64"  {more} }}')


def server_config(agents=(1, 2), policy='linger = 1s', more='', port=0, agent_more=''):
    blocks = [agent_block(number, agent_more) for number in agents]
    peers = [f'peer "ha{number}.{HOME}" {{}}' for number in agents]
    return node(f'aaa.{HOME}', HOME, 'home-server', f'listen "127.0.0.1:{port}" {{}}', LOOPBACK,
                f'policy {{ {policy} }}', *blocks, *peers, more)


def agent_config(number, port, more=''):
    return node(f'ha{number}.{HOME}', HOME, 'home-agent',
                f'peer "aaa.{HOME}" {{ connect = "127.0.0.1:{port}" }}',
                f'link "2001:db8:{number}:2::/64" {{ address = "2001:db8:{number}:2::1/64" }}',
                more)


def proxy_config(port, more='', own_port=0):
    return node(f'proxy.{VISITED}', VISITED, 'proxy', f'listen "127.0.0.1:{own_port}" {{}}', LOOPBACK,
                f'peer "aaa.{HOME}" {{ connect = "127.0.0.1:{port}" }}',
                f'route "{HOME}" {{ peers = {{ "aaa.{HOME}" }}  action = proxy }}', more)


def nas_config(number, hop, port, more=''):
    return node(f'nas{number}.{VISITED}', VISITED, 'nas',
                f'peer "{hop}" {{ connect = "127.0.0.1:{port}" }}',
                f'route "*" {{ peers = {{ "{hop}" }} }}', more)


# The home server's way to what is behind the visited proxy: RAR and ASR for a NAS, MHR for an agent.
WAY_BACK = (f'peer "proxy.{VISITED}" {{}}\n'
            f'route "{VISITED}" {{ peers = {{ "proxy.{VISITED}" }} }}\n')


def subscriber(name, **more):
    return {'user_name': f'{name}@{HOME}', 'root_key': ROOT_KEY, **more}


def pool_of(agent_fqdn):
    number = re.match(r'ha(\d+)\.', agent_fqdn).group(1)
    return ipaddress.IPv6Network(f'2001:db8:{number}:2::/64')


def address_of(text):
    return ipaddress.IPv6Interface(text).ip


class Home:
    """A home server with its home agents, connected. `agents` are the numbers of those that run."""

    def __init__(self, farm, agents=(1, 2), users=('alice', 'bob'), prepare=None, **config):
        self.farm = farm
        port = free_port()  # kept over restarts
        self.server = farm.daemon('aaa', server_config(agents=agents, port=port, **config))
        if prepare:
            prepare(self.server)
        self.server.start()
        self.port = port
        self.agents = {}
        for number in agents:
            self.agents[f'ha{number}.{HOME}'] = farm.daemon(
                f'ha{number}', agent_config(number, port)).start()
        for identity in self.agents:
            self.server.wait_open(identity)
        if users:
            self.subscribe(*users)

    def subscribe(self, *users):
        records = [subscriber(user) if isinstance(user, str) else user for user in users]
        self.server.ask('subscriber-import', subscribers=records)

    def ports(self):
        """Where clients reach the home servers."""
        return [self.port]

    def sessions(self):
        return self.server.ask('sessions')

    def agents_known(self):
        """The home agents as the server has them."""
        return self.server.ask('agents')

    def session_of(self, user):
        """The one mobility session of a user, or None."""
        found = [s for s in self.sessions() if s['user_name'] == f'{user}@{HOME}']
        assert len(found) <= 1, found
        return found[0] if found else None

    def bindings(self, agent):
        return self.agents[agent].ask('bindings')


class Network(Home):
    """Figure 7, and a second NAS."""

    def __init__(self, farm, proxy_more='', more='', **config):
        super().__init__(farm, more=WAY_BACK + more, **config)
        proxy_port = free_port()  # kept over restarts
        self.proxy = farm.daemon('proxy', proxy_config(self.port, proxy_more, proxy_port)).start()
        hop = f'proxy.{VISITED}'
        self.nas = {}
        for number in (1, 2):
            self.nas[number] = farm.daemon(
                f'nas{number}', nas_config(number, hop, self.proxy.port)).start()
        self.proxy.wait_open(f'aaa.{HOME}')
        self.server.wait_open(hop)
        for nas in self.nas.values():
            nas.wait_open(hop)

    def attach(self, user, nas=1, interface='wlan0', **more):
        return self.nas[nas].ask('attach', user_name=f'{user}@{HOME}', interface=interface, **more)

    def detach(self, attachment, nas=1):
        return self.nas[nas].ask('detach', session_id=attachment['session_id'])

    def servers(self):
        return [self.server]

    def stores(self):
        """For each store, what `homeward store check` has to be told; the server's comes beside
        those of its home agents."""
        agents = [str(agent.data) for agent in self.agents.values()]
        return [['--data', str(self.server.data), *agents],
                *(['--data', str(daemon.data)] for daemon in [self.proxy, *self.nas.values()])]

    def daemons(self):
        return [self.server, *self.agents.values(), self.proxy, *self.nas.values()]

    def connected(self):
        """Waits until each is connected with its next ones."""
        for agent in self.agents:
            self.server.wait_open(agent)
        self.proxy.wait_open(f'aaa.{HOME}')
        self.server.wait_open(f'proxy.{VISITED}')
        for nas in self.nas.values():
            nas.wait_open(f'proxy.{VISITED}')


@contextlib.contextmanager
def refused():
    """Gives a list that holds the ControlError afterwards; fails when there was none."""
    caught = []
    try:
        yield caught
    except ControlError as error:
        caught.append(error)
    assert caught, 'the command was not refused'
