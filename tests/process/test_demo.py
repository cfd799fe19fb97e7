# SPDX-License-Identifier: Apache-2.0
"""The demo and examples/single, run as a user runs them."""

import json
import os
import pathlib
import signal
import subprocess

import pytest

import keys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
LIMIT = 120
NODES = ['nas1', 'nas2', 'proxy', 'home-server', 'ha1', 'ha2']
ALICE, CAROL, DAVE = (f'{name}@home.example.net' for name in ('alice', 'carol', 'dave'))
ROOT_KEYS = [bytes(range(first, first + 16)) for first in (0x00, 0x20, 0x30)]


def is_running(pid):
    try:
        return pathlib.Path(f'/proc/{pid}/stat').read_text().rsplit(')', 1)[1].split()[0] != 'Z'
    except FileNotFoundError:
        return False


@pytest.fixture
def environment(develop):
    """The programs of the developer build; a complaint of a sanitizer is an exit code."""
    return {**os.environ, 'PATH': f'{develop}/src/cli:{develop}/src/daemon:{os.environ["PATH"]}',
            'HOMEWARD_BIN': str(develop / 'src/daemon'), 'LC_ALL': 'C.UTF-8'}


@pytest.fixture(scope='module')
def shown(request, tmp_path_factory):
    """One run of the demo, as JSON; its directory is kept."""
    develop = request.config.getoption('--develop').resolve()
    directory = tmp_path_factory.mktemp('demo')
    run = subprocess.run([develop / 'src/cli/homeward', 'demo', '--json', '--dir', directory],
                         capture_output=True, text=True, timeout=LIMIT, check=False)
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


def test_each_step_holds(shown):
    assert [step['step'] for step in shown['steps']] == list('abcdef')
    for step in shown['steps']:
        assert len(step['checks']) >= 2
        assert all(check['holds'] for check in step['checks'])
        assert step['events']


def test_the_messages_of_the_first_step_are_those_of_figure_7(shown):
    hops = [(event['from'], event['to'], event['label']) for event in shown['steps'][0]['events']]
    assert hops == [('nas1', 'proxy', 'MBR'), ('proxy', 'home-server', 'MBR'),
                    ('home-server', 'ha1', 'MHR'), ('ha1', 'home-server', 'MHA 2001'),
                    ('home-server', 'proxy', 'MBA 2001'), ('proxy', 'nas1', 'MBA 2001')]


def test_the_sessions_at_the_end(shown):
    sessions = {session['user_name']: session for session in shown['sessions']}
    assert set(sessions) == {ALICE, CAROL}
    assert sessions[ALICE]['access_count'] == 2
    assert sessions[CAROL]['home_address'] == '2001:db8:1:b::ca01/64'


def test_no_process_is_left(shown):
    assert set(shown['processes']) == set(NODES)
    assert not [name for name, pid in shown['processes'].items() if is_running(pid)]


def test_no_log_has_a_complaint(shown):
    for name in NODES:
        log = (pathlib.Path(shown['directory']) / name / 'log').read_text()
        assert 'Sanitizer' not in log and 'runtime error' not in log, log


def test_the_capture_is_well_formed(shown, develop):
    run = subprocess.run([develop / 'src/cli/homeward', 'decode', shown['capture'], '--json'],
                         capture_output=True, text=True, timeout=LIMIT, check=False)
    decoded = json.loads(run.stdout)
    assert run.returncode == 0, decoded.get('error')
    assert decoded['notes'] == []
    assert len(decoded['messages']) == shown['captured']
    commands = {message['command'] for message in decoded['messages']}
    assert {'CER', 'CEA', 'MBR', 'MBA', 'MHR', 'MHA', 'STR', 'STA', 'ASR', 'ASA', 'DPR',
            'DPA'} <= commands


def test_tshark_knows_every_message(shown, develop):
    """Wireshark's own dissector, with the dictionary that dictc made."""
    words = shown['tshark'].split()
    assert words[0] == str(develop / 'src/cli/homeward-tshark')
    run = subprocess.run([*words, '-V'], capture_output=True, text=True, timeout=LIMIT, check=True)
    assert run.stdout.count('Diameter Protocol\n') == shown['captured']
    assert 'MIPv6-Bootstrapping' in run.stdout and 'MIP6-Home-Address' in run.stdout
    wrong = [line for line in run.stdout.splitlines()
             if any(word in line.lower() for word in ('malformed', 'unknown', 'expert info'))]
    assert wrong == []


def psk(root_key, user, home_agent, address, epoch):
    return keys.derive(root_key, keys.PSK, keys.context(user, home_agent, address, epoch))


def test_the_key_of_the_profile():
    key = psk(ROOT_KEYS[0], ALICE, 'ha1.home.example.net', '2001:db8:1:2::5', 1)
    assert key.hex() == 'e9f1ca7ba26b9b01313d8caf99878d14f142da5b934ec1bb9481f2cd77eacc0c'


def test_MH07_no_key_is_left_anywhere(shown):
    secrets = dict(enumerate(ROOT_KEYS))
    for session in shown['sessions']:
        root_key = ROOT_KEYS[0 if session['user_name'] == ALICE else 1]
        secrets[session['user_name']] = psk(root_key, session['user_name'], session['home_agent'],
                                            session['home_address'], session['key_epoch'])
    files = {path: path.read_bytes() for path in pathlib.Path(shown['directory']).rglob('*')
             if path.is_file()}
    assert files
    for path, octets in files.items():
        for key in secrets.values():
            assert key not in octets and key.hex().encode() not in octets, path


def test_what_is_shown_in_the_terminal(environment, develop, tmp_path):
    run = subprocess.run([develop / 'src/cli/homeward', 'demo'], capture_output=True, text=True,
                         timeout=LIMIT, check=False,
                         env={**environment, 'TMPDIR': str(tmp_path)})
    assert run.returncode == 0, run.stderr
    assert '\x1b' not in run.stdout  # no colours: this is no terminal
    assert '✗ kill -9' in run.stdout and '▶' in run.stdout
    for letter in 'abcdef':
        assert f'\n({letter}) ' in run.stdout
    for line in run.stdout.splitlines():
        assert '│' not in line or len(line) <= 80, line
    left = [path.name for path in tmp_path.glob('*/*')]
    assert left == ['demo.pcap']


def test_a_second_demo_in_the_same_directory_is_refused(shown, develop):
    run = subprocess.run([develop / 'src/cli/homeward', 'demo', '--dir', shown['directory']],
                         capture_output=True, text=True, timeout=LIMIT, check=False)
    assert run.returncode == 2
    assert 'name another directory' in run.stderr


class Running:
    """A program in the foreground whose lines are read until one says what is waited for."""

    def __init__(self, command, environment):
        self.lines = []
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                        text=True, env=environment)

    def until(self, words):
        for line in self.process.stdout:
            self.lines.append(line)
            if words in line:
                return line
        raise AssertionError(f'ended without "{words}":\n' + ''.join(self.lines))

    def stop(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        rest, _ = self.process.communicate(timeout=LIMIT)
        self.lines.append(rest)
        return self.process.returncode

    def text(self):
        return ''.join(self.lines)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.stop()


def ask(develop, *words):
    run = subprocess.run([develop / 'src/cli/homeward', *map(str, words), '--json'],
                         capture_output=True, text=True, timeout=LIMIT, check=False)
    return run.returncode, json.loads(run.stdout)


def children(directory):
    """The processes that work in this directory."""
    found = []
    for path in pathlib.Path('/proc').glob('[0-9]*/environ'):
        try:
            if str(directory).encode() in path.read_bytes():
                found.append(int(path.parent.name))
        except OSError:
            pass
    return [pid for pid in found if is_running(pid)]


def test_a_demo_that_is_kept_can_be_talked_to(environment, develop, tmp_path):
    with Running([develop / 'src/cli/homeward', 'demo', '--keep', '--dir', tmp_path],
                 environment) as demo:
        demo.until('keeps running')
        demo.until('logs and traces')
        assert len(children(tmp_path)) == 5  # all but the home agent that was killed
        code, attachment = ask(develop, 'attach', DAVE, '--socket', tmp_path / 'nas2/control')
        assert code == 0
        assert attachment['home_agent_fqdn'] == 'ha2.home.example.net'
        code, sessions = ask(develop, 'sessions', '--socket', tmp_path / 'home-server/control')
        assert DAVE in [session['user_name'] for session in sessions]
        assert demo.stop() == 0, demo.text()
    assert children(tmp_path) == []


def test_a_demo_that_is_interrupted_leaves_nothing_behind(environment, develop, tmp_path):
    with Running([develop / 'src/cli/homeward', 'demo', '--dir', tmp_path], environment) as demo:
        demo.until('Bringing up')
        assert demo.stop(signal.SIGINT) == 1, demo.text()
    assert children(tmp_path) == []


# ---- examples/single ----

def test_the_pair_for_foreign_clients(environment, develop, tmp_path):
    single = ROOT / 'examples/single'
    with Running([single / 'start', tmp_path], environment) as pair:
        pair.until('2 subscribers stored')
        pair.until('ready: send MBR')
        code, agents = ask(develop, 'agents', '--socket', tmp_path / 'home-server/control')
        assert code == 0
        assert [(agent['host'], agent['reachable']) for agent in agents] == [
            ('ha1.home.example.net', True)]
        with Running([develop / 'src/daemon/homewardd', single / 'nas.conf'],
                     {**environment, 'HOMEWARD_DATA': str(tmp_path)}) as nas:
            control = tmp_path / 'nas/control'
            assert ask(develop, 'wait', '--socket', control, '--peer',
                       'aaa.home.example.net')[0] == 0
            code, attachment = ask(develop, 'attach', ALICE, '--socket', control)
            assert code == 0
            assert attachment['home_agent_fqdn'] == 'ha1.home.example.net'
            code, bindings = ask(develop, 'bindings', '--socket', tmp_path / 'home-agent/control')
            assert [binding['user_name'] for binding in bindings] == [ALICE]
            assert nas.stop() == 0, nas.text()
        assert pair.stop() == 0, pair.text()
    assert children(tmp_path) == []


def test_the_pair_says_how_it_is_used(environment):
    run = subprocess.run([ROOT / 'examples/single/start'], capture_output=True, text=True,
                         timeout=LIMIT, check=False, env=environment)
    assert run.returncode == 2
    assert 'usage: ' in run.stderr
