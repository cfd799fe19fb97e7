# SPDX-License-Identifier: Apache-2.0
"""Bad input of people and programs: the control socket, configurations, the command line."""

import json
import pathlib
import stat
import subprocess

import pytest

import homeward
from homeward import HOME, Control, refused, server_config, subscriber


@pytest.fixture
def server(farm):
    return farm.daemon('aaa', server_config(agents=())).start()


def test_only_the_owner_may_open_it(server):
    assert stat.S_IMODE((server.data / 'control').stat().st_mode) == 0o600
    assert stat.S_IMODE(server.data.stat().st_mode) == 0o700


@pytest.mark.parametrize('line', [
    b'', b'{', b'[]', b'"status"', b'null', b'{}', b'{"command": 7}', b'{"command": "no-such"}',
    b'{"command": "status", "extra": 1}', b'{"command": "attach"}', b'\xff\xfe', b'{"command":\0}',
    b'{"command": "log-level", "level": "loud"}', b'{"command": "log-level", "level": {}}',
    b'{"command": "subscriber-add", "subscriber": {"user_name": "x@y.example", "root_key": "zz"}}',
    b'{"command": "subscriber-import", "subscribers": {}}',
    b'[' * 100000,
    json.dumps({'command': 'status', 'tag': None, 'x' * 5000: 1}).encode(),
])
def test_a_wrong_request_is_answered_with_code_2(server, line):
    with server.control() as control:
        control.write(line + b'\n')
        reply = control.line()
        assert reply['ok'] is False
        assert reply['code'] == 2
        assert reply['error']
        assert control.ask('status')['identity'] == f'aaa.{HOME}'  # the connection lives on


def test_what_cannot_be_done_is_answered_with_code_1_and_a_reason(server):
    with refused() as caught:
        server.ask('subscriber-delete', user_name=f'nobody@{HOME}')
    assert caught[0].code == 1
    assert 'subscriber' in caught[0].error
    with refused() as caught:  # a key is kept, where there is one
        server.ask('subscriber-add', subscriber={'user_name': 'x@y.example'})
    assert caught[0].code == 1
    assert 'root_key' in caught[0].error or 'root key' in caught[0].error


def test_tag_comes_back(server):
    with server.control() as control:
        control.send('status', tag={'a': [1, 'x']})
        assert control.line()['tag'] == {'a': [1, 'x']}


def test_a_line_without_end_is_refused(server):
    with server.control() as control:
        try:
            for _ in range(17):
                control.write(b'x' * (1 << 20))
            reply = control.line()
        except ConnectionError:
            reply = {'ok': False}
        assert reply is None or reply['ok'] is False
    assert server.ask('status')


def control_of(server):
    """A connection to the control socket; None when its queue is full at the moment."""
    try:
        return server.control()
    except BlockingIOError:
        return None


def status_of(server):
    try:
        return server.ask('status')
    except ConnectionError:  # all its places are taken at the moment
        return None


def test_half_a_line_then_gone(server):
    for _ in range(50):
        with homeward.eventually('a place', lambda: control_of(server)) as control:
            control.write(b'{"command": "sta')
    assert homeward.eventually('an answer', lambda: status_of(server))


def test_import_is_all_or_nothing(server):
    records = [subscriber('one'), dict(subscriber('two'), root_key='00')]
    with refused() as caught:
        server.ask('subscriber-import', subscribers=records)
    assert caught[0].code == 2
    assert server.ask('subscriber-list') == []


def test_a_root_key_never_comes_out(server):
    key = 'deadbeef' * 4
    server.ask('subscriber-add', subscriber=subscriber('alice', root_key=key))
    listed = json.dumps(server.ask('subscriber-list'))
    assert key not in listed
    assert json.loads(listed)[0]['root_key_octets'] == 16
    server.stop()
    octets = bytes.fromhex(key)
    for path in server.data.rglob('*'):
        if path.is_file():
            content = path.read_bytes()
            assert octets not in content and key.encode() not in content, path
    assert key not in server.log()


def test_commands_of_another_role_are_refused(server):
    for command in ('attach', 'bindings'):
        with refused() as caught:
            server.ask(command, **({'user_name': 'x@y.example'} if command == 'attach' else {}))
        assert caught[0].code in (1, 2)


def run(program, *arguments):
    return subprocess.run([str(program), *arguments], capture_output=True, text=True, timeout=30,
                          check=False)


@pytest.fixture
def program(develop):
    return develop / 'src/daemon/homewardd'


@pytest.mark.parametrize('arguments', [(), ('--no-such',), ('--check',), ('a', 'b'),
                                       ('/nonexistent.conf',), ('--check', '/nonexistent.conf'),
                                       ('/',)])
def test_a_wrong_command_line_ends_with_2(program, arguments):
    result = run(program, *arguments)
    assert result.returncode == 2
    assert result.stderr.strip()
    assert 'Sanitizer' not in result.stderr


def test_a_wrong_configuration_names_its_line(program, tmp_path):
    path = tmp_path / 'bad.conf'
    path.write_text('identity = "aaa.home.example.net"\nrealm = "home.example.net"\n'
                    'roles = { home-servr }\n')
    for arguments in ((str(path),), ('--check', str(path))):
        result = run(program, *arguments)
        assert result.returncode == 2
        assert f'{path}:3: ' in result.stderr


def test_a_port_in_use_is_said(farm, server):
    text = server_config(agents=(), port=server.port).replace(f'aaa.{HOME}', f'bbb.{HOME}')
    other = farm.daemon('bbb', text).start(wait=False)
    assert other.process.wait(timeout=20) not in (0, None)
    other.process = None
    assert str(server.port) in other.log()


def test_log_as_json(farm):
    text = server_config(agents=(), more='log { format = json  level = debug }')
    server = farm.daemon('aaa', text).start()
    server.stop()
    lines = server.log().splitlines()
    assert lines
    for line in lines:
        assert isinstance(json.loads(line), dict)


def test_reload_with_a_faulty_file_changes_nothing(server):
    """RB10"""
    good = server.config.read_text()
    server.config.write_text(good + 'nonsense = 1\n')
    with refused() as caught:
        server.ask('reload')
    assert 'nonsense' in caught[0].error
    assert server.ask('status')['identity'] == f'aaa.{HOME}'
    server.config.write_text(good)
    server.ask('reload')


def test_no_file_of_the_system_is_the_data(farm):
    """The data directory cannot be made: said with the path, and nothing runs on."""
    blocked = farm.folder / 'file'
    blocked.write_text('')
    server = farm.daemon('aaa', server_config(agents=()))
    server.data = pathlib.Path(blocked) / 'data'
    server.start(wait=False)
    assert server.process.wait(timeout=20) not in (0, None)
    server.process = None
    assert str(blocked) in server.log()


def test_control_clients_are_limited_and_others_served(farm):
    server = farm.daemon('aaa', server_config(agents=(), more='limits { control-clients = 4 }'))
    server.start()
    held = [Control(server.data / 'control') for _ in range(3)]
    with Control(server.data / 'control') as last:
        assert last.ask('status')
        for control in held:
            assert control.ask('status')
    for control in held:
        control.close()
    assert server.ask('status')
