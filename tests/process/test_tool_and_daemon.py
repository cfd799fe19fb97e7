# SPDX-License-Identifier: Apache-2.0
"""The tool and a real daemon: what it says over the control socket, and what becomes of it."""

import json
import socket
import subprocess

import pytest

KEY = '303132333435363738393a3b3c3d3e3f'
LIMIT = 60
HOME_SERVER = '''
identity = "aaa.home.example.net"
realm = "home.example.net"
roles = {{ home-server }}
data = "{data}"
listen "[::1]:0" {{}}
accept {{ unknown = true  from = {{ "::1/128" }} }}
home-agent "ha1.home.example.net" {{ address = "2001:db8:1::1/64"  pool = "2001:db8:1::/64" }}
'''


class Server:
    def __init__(self, develop, directory):
        self.tool = develop / 'src/cli/homeward'
        self.data = directory / 'data'
        self.configuration = directory / 'homewardd.conf'
        self.configuration.write_text(HOME_SERVER.format(data=self.data))
        self.process = subprocess.Popen([develop / 'src/daemon/homewardd', self.configuration],
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                        text=True)

    def ask(self, *words, stdin=''):
        """Exit code and JSON."""
        code, out = self.say(*words, '--json', stdin=stdin)
        return code, json.loads(out)

    def say(self, *words, stdin=''):
        run = subprocess.run([self.tool, *words, '--socket', self.data / 'control'], input=stdin,
                             capture_output=True, text=True, timeout=LIMIT, check=False)
        assert 'Sanitizer' not in run.stderr, run.stderr
        return run.returncode, run.stdout

    def end(self):
        log, _ = self.process.communicate(timeout=LIMIT)
        assert 'Sanitizer' not in log and 'runtime error' not in log, log
        return self.process.returncode


@pytest.fixture
def server(develop, tmp_path):
    running = Server(develop, tmp_path)
    try:
        assert running.say('wait')[0] == 0
        yield running
    finally:
        if running.process.poll() is None:
            running.process.terminate()
        assert running.end() == 0


def names(server):
    return {record['user_name']: record for record in server.ask('subscriber', 'list')[1]}


def test_a_subscribers_life(server):
    assert server.say('subscriber', 'list') == (0, 'no subscriber\n')
    code, result = server.ask('subscriber', 'add', 'dave@home.example.net', '--root-key', '-',
                              '--home-address', '2001:db8:1::d/64', '--sa-protocols',
                              'ikev2,mipv6-auth', '--local-home-agent', 'yes',
                              '--session-timeout', '600', '--key-lifetime', '60',
                              '--fqdn', 'dave.example.net,.dave.example.net', stdin=KEY)
    assert (code, result) == (0, {'count': 1})
    record = names(server)['dave@home.example.net']
    assert record['home_address'] == '2001:db8:1::d/64'
    assert record['sa_protocols'] == ['IKEV2', 'MIPV6_AUTH']
    assert record['local_home_agent'] and record['enabled']
    assert (record['session_timeout'], record['key_lifetime']) == (600, 60)
    assert record['fqdn'] == 'dave.example.net,.dave.example.net'
    assert record['root_key_octets'] == 16 and 'root_key' not in record
    assert server.ask('subscriber', 'disable', 'dave@home.example.net')[0] == 0
    assert not names(server)['dave@home.example.net']['enabled']
    assert server.ask('subscriber', 'enable', 'dave@home.example.net')[0] == 0
    assert names(server)['dave@home.example.net']['enabled']
    assert server.ask('subscriber', 'delete', 'dave@home.example.net')[0] == 0
    assert names(server) == {}
    code, failure = server.ask('subscriber', 'delete', 'dave@home.example.net')
    assert code == 1
    assert failure['error']


def test_the_store_is_read_alike_with_and_without_the_daemon(server, tmp_path):
    table = tmp_path / 's.csv'
    table.write_text('user_name,root_key,home_prefix,fqdn,home_agent,key_lifetime\n'
                     f'a@home.example.net,{KEY},2001:db8:9::/48,a.example.net,,50\n'
                     f'b@home.example.net,{KEY},,.example.net,"ha1.home.example.net",\n')
    assert server.ask('subscriber', 'import', str(table))[1] == {'count': 2}
    alone = subprocess.run([server.tool, 'subscriber', 'list', '--data', server.data, '--json'],
                           capture_output=True, text=True, timeout=LIMIT, check=True)
    def by_name(records):
        return sorted(records, key=lambda record: record['user_name'])

    assert by_name(json.loads(alone.stdout)) == by_name(server.ask('subscriber', 'list')[1])


def exported(server, where):
    run = subprocess.run([server.tool, 'subscriber', 'export', *where], capture_output=True,
                         timeout=LIMIT, check=True)
    assert bytes.fromhex(KEY) not in run.stdout and KEY.encode() not in run.stdout
    return run.stdout.decode()


@pytest.mark.parametrize('alone', [False, True])
def test_edit_and_export_leave_the_key_where_it_is(server, tmp_path, alone):
    """Round trip: what is exported, changed and imported keeps its root keys, or names the line."""
    where = ['--socket', str(server.data / 'control')]
    table = tmp_path / 's.csv'
    if alone:
        where = ['--data', str(tmp_path / 'alone')]

    def tool(*words):
        run = subprocess.run([server.tool, *words, *where], capture_output=True, text=True,
                             timeout=LIMIT, check=False)
        return run.returncode, run.stdout + run.stderr

    table.write_text('user_name,root_key,home_address,fqdn,sa_protocols,enabled\n'
                     f'a@home.example.net,{KEY},2001:db8:9::a/64,"a.x.net,.a.x.net",IKEV2 IKEV1,\n'
                     f'b@home.example.net,{KEY},,,,no\n')
    assert tool('subscriber', 'import', str(table))[0] == 0
    before = exported(server, where)
    assert '"a.x.net,.a.x.net"' in before and 'root_key' not in before
    # as it is
    table.write_text(before)
    assert tool('subscriber', 'import', str(table)) == (0, '2 subscribers stored\n')
    assert exported(server, where) == before
    # one by one
    assert tool('subscriber', 'edit', 'a@HOME.example.net', '--key-lifetime', '60',
                '--home-address', '')[0] == 0
    code, told = tool('subscriber', 'edit', 'nobody@home.example.net', '--enabled', 'yes')
    assert code == 1 and 'there is no subscriber nobody@home.example.net' in told
    listed = {r['user_name']: r for r in json.loads(tool('subscriber', 'list', '--json')[1])}
    edited = listed['a@home.example.net']
    assert edited['key_lifetime'] == 60 and 'home_address' not in edited
    assert edited['fqdn'] == 'a.x.net,.a.x.net' and edited['sa_protocols'] == ['IKEV2', 'IKEV1']
    assert {r['root_key_octets'] for r in listed.values()} == {16}
    assert not listed['b@home.example.net']['enabled']
    # a new one needs a key: all or nothing, and the line is told
    after = exported(server, where)
    table.write_text('# changed\nuser_name,enabled\nb@home.example.net,yes\n\nc@home.example.net,\n')
    code, told = tool('subscriber', 'import', str(table))
    assert code != 0 and f'{table}:5: root_key is missing; add it' in told
    assert exported(server, where) == after


class Client:
    """A client of the control socket that speaks for itself."""

    def __init__(self, server):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(LIMIT)
        self.socket.connect(str(server.data / 'control'))
        self.lines = self.socket.makefile('rw')

    def send(self, users, **members):
        records = [{'user_name': user, 'root_key': KEY} for user in users]
        print(json.dumps({'command': 'subscriber-import', 'subscribers': records, **members}),
              file=self.lines, flush=True)

    def piece(self, users, **members):
        self.send(users, **members)
        return json.loads(self.lines.readline())

    def close(self):
        self.lines.close()
        self.socket.close()


def test_an_import_in_pieces_is_committed_at_the_last(server):
    client = Client(server)
    assert client.piece(['a@b.c'], more=True)['result'] == {'count': 1}
    assert names(server) == {}
    assert client.piece(['no NAI'], more=True, **{'from': 1})['error'].startswith('record 2: ')
    assert 'from is 2' in client.piece(['x@b.c'], **{'from': 2})['error']
    other = Client(server)
    assert 'another import' in other.piece(['o@b.c'], more=True)['error']
    assert other.piece(['p@b.c'])['ok']
    assert set(names(server)) == {'p@b.c'}
    assert client.piece(['b@b.c'], **{'from': 1})['result'] == {'count': 2}
    assert set(names(server)) == {'a@b.c', 'b@b.c', 'p@b.c'}
    assert other.piece(['o@b.c'], more=True)['ok']
    client.close()
    other.close()


def test_an_import_whose_client_goes_away_is_forgotten(server):
    client = Client(server)
    assert client.piece(['a@b.c'], more=True)['ok']
    client.close()
    other = Client(server)
    answer = other.piece(['b@b.c'], more=True)
    while 'another import' in answer.get('error', ''):
        answer = other.piece(['b@b.c'], more=True)
    assert answer['result'] == {'count': 1}
    assert other.piece(['c@b.c'], **{'from': 1})['result'] == {'count': 2}
    assert set(names(server)) == {'b@b.c', 'c@b.c'}
    other.close()


def test_a_large_file_is_one_import(server, tmp_path):
    table = tmp_path / 's.csv'
    table.write_text('user_name,root_key\n'
                     + ''.join(f'u{i}@b.c,{KEY}\n' for i in range(20000)))
    assert server.ask('subscriber', 'import', str(table))[1] == {'count': 20000}
    assert server.ask('status')[1]['home_server']['subscribers'] == 20000


def test_an_import_has_a_limit(server, tmp_path):
    client = Client(server)
    assert '200000' in client.piece(['a@b.c'], more=True, **{'from': 200000})['error']
    client.close()
    table = tmp_path / 's.csv'
    table.write_text('user_name,root_key\n'
                     + ''.join(f'u{i}@b.c,{KEY}\n' for i in range(200001)))
    code, failure = server.ask('subscriber', 'import', str(table))
    assert code == 2
    assert f'{table}:200002: ' in failure['error'] and '200000' in failure['error']
    assert names(server) == {}


def test_a_directory_in_use_is_not_changed_from_outside(server):
    run = subprocess.run([server.tool, 'subscriber', 'delete', 'a@b.c', '--data', server.data],
                         capture_output=True, text=True, timeout=LIMIT, check=False)
    assert run.returncode == 1
    assert 'ask its daemon' in run.stderr


def test_what_the_daemon_refuses_is_told(server):
    code, failure = server.ask('attach', 'a@home.example.net')
    assert code in (1, 2)
    assert failure['error']
    assert server.say('bindings')[0] in (1, 2)


def test_status_and_agents(server):
    code, status = server.ask('status')
    assert code == 0
    assert status['identity'] == 'aaa.home.example.net'
    assert status['listen'][0].startswith('[::1]:')
    code, out = server.say('status')
    assert code == 0 and 'aaa.home.example.net' in out and status['listen'][0] in out
    code, out = server.say('agents')
    assert out.splitlines()[0].split()[:2] == ['home', 'agent']
    assert out.splitlines()[1].split()[0] == 'ha1.home.example.net'
    assert server.say('sessions') == (0, 'no mobility session\n')
    assert server.say('peers') == (0, 'no peer\n')


def test_reload_tells_what_is_wrong(server):
    assert server.say('reload')[0] == 0
    server.configuration.write_text('identity = 7 {')
    code, failure = server.ask('reload')
    assert code in (1, 2)
    assert 'homewardd.conf:1' in json.dumps(failure)


def test_stop(server):
    assert server.say('stop') == (0, 'done\n')
    assert server.end() == 0
    assert server.say('status')[0] == 3


def test_wait_for_a_peer_that_does_not_come(server):
    code, failure = server.ask('wait', '--peer', 'ha1.home.example.net', '--timeout', '0')
    assert code == 1
    assert failure['error'] == 'ha1.home.example.net is not open'
