# SPDX-License-Identifier: Apache-2.0
"""The tool `homeward` as a user has it: exit codes, sentences, JSON."""

import json
import os
import pathlib
import socket
import subprocess
import threading

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
FINE, REFUSED, BAD_INPUT, NO_DAEMON = 0, 1, 2, 3
ALICE_KEY = '000102030405060708090a0b0c0d0e0f'

# A DWR of nas.example.org, by hand (RFC 6733 5.5.1).
DWR = ('01000040 80000118 00000000 00000001 00000002'
       '00000108 40000017 6e61732e 6578616d 706c652e 6f726700'
       '00000128 40000013 6578616d 706c652e 6f726700')


@pytest.fixture
def tool(develop):
    """Runs homeward; gives its exit code, standard output and standard error."""
    def run(*words, stdin='', environment=None):
        process = subprocess.run(
            [develop / 'src/cli/homeward', *map(str, words)], input=stdin, timeout=60,
            capture_output=True, text=True, env={**os.environ, **(environment or {})})
        assert 'Sanitizer' not in process.stderr and 'runtime error' not in process.stderr
        return process.returncode, process.stdout, process.stderr
    return run


@pytest.fixture
def answering(tmp_path):
    """A control socket that gives the same reply lines to every request, and keeps what it read."""
    path = tmp_path / 'control'
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen()
    read = []

    def serve(lines):
        connection, _ = listener.accept()
        with connection:
            read.append(json.loads(connection.makefile().readline()))
            connection.sendall(''.join(json.dumps(line) + '\n' for line in lines).encode())

    def with_lines(*lines):
        thread = threading.Thread(target=serve, args=[lines], daemon=True)
        thread.start()
        return path, read
    yield with_lines
    listener.close()


def test_wrong_usage_with_json_is_json(tool):
    for words in (['--json', 'fly'], ['peers', '--fly', '--json'], ['attach', '--json'],
                  ['decode', 'a', 'b', '--json']):
        code, out, err = tool(*words)
        failure = json.loads(out)
        assert code == failure['exit'] == BAD_INPUT
        assert failure['error'] and 'homeward: ' in err
    # Behind the end of the options it is an argument.
    assert tool('peers', '--', '--json')[1] == ''


def test_usage_is_exit_code_2(tool):
    for words in ([], ['fly'], ['peers', '--fly'], ['attach'], ['decode', 'a', 'b'],
                  ['subscriber'], ['demo', '--dir']):
        code, out, error = tool(*words)
        assert code == BAD_INPUT, words
        assert out == ''
        assert error.startswith('homeward: '), words


def test_help_lists_every_command(tool):
    code, out, _ = tool('--help')
    assert code == FINE
    names = [line[2:22].strip() for line in out.splitlines() if line.startswith('  ')]
    assert {'attach', 'decode', 'demo', 'subscriber import', 'wait'} <= set(names)
    for name in names:
        code, out, _ = tool(*name.split(), '--help')
        assert code == FINE
        assert out.startswith(f'usage: homeward {name}')


def test_the_version(tool, develop):
    daemon = subprocess.run([develop / 'src/daemon/homewardd', '--version'], check=True,
                            capture_output=True, text=True)
    assert tool('--version')[:2] == (FINE, daemon.stdout.replace('homewardd', 'homeward'))


def test_characters_follow_the_locale(tool, tmp_path):
    """The ladder's lines are ASCII where nothing else can be shown."""
    for variables, mark in (({'LC_ALL': 'C'}, ' x kill -9'), ({'LC_ALL': 'C.UTF-8'}, ' ✗ kill -9')):
        code, out, error = tool('demo', environment={**variables, 'TMPDIR': str(tmp_path)})
        assert code == FINE, error
        assert mark in out
        assert out.isascii() == (variables['LC_ALL'] == 'C')


def test_no_daemon_is_exit_code_3(tool, tmp_path):
    for words in (['peers'], ['attach', 'alice@x.net'], ['stop'], ['subscriber', 'list']):
        code, out, error = tool(*words, '--socket', tmp_path / 'nobody')
        assert code == NO_DAEMON
        assert f'{tmp_path}/nobody' in error
    assert tool('peers', environment={'HOMEWARD_CONTROL': str(tmp_path / 'no')})[0] == NO_DAEMON


def test_a_failure_is_json_too(tool, tmp_path):
    code, out, error = tool('peers', '--json', '--socket', tmp_path / 'nobody')
    failure = json.loads(out)
    assert (code, failure['exit']) == (NO_DAEMON, NO_DAEMON)
    assert failure['error'] in error


def test_a_request_has_what_the_options_say(tool, answering):
    path, read = answering({'progress': {}}, {'ok': True, 'result': {
        'outcome': 'bootstrapped', 'user_name': 'a@b.c', 'result_code': 2001}})
    code, out, _ = tool('attach', 'a@b.c', '--dns-name', 'a.b.c', '--feature-vector', '0x3',
                        '--dns-remove', '--socket', path)
    assert code == FINE
    assert read == [{'command': 'attach', 'user_name': 'a@b.c', 'dns_name': 'a.b.c',
                     'feature_vector': 3, 'dns_remove': True}]
    assert 'bootstrapped' in out and '2001' in out


def test_a_refusal_shows_its_result(tool, answering):
    reply = {'ok': False, 'code': 1, 'error': 'not authorised',
             'result': {'outcome': 'refused', 'result_code': 5003}}
    path, _ = answering(reply)
    code, out, error = tool('attach', 'a@b.c', '--socket', path)
    assert code == REFUSED
    assert '5003' in out
    assert error == 'homeward attach: not authorised\n'
    path, _ = answering(reply)
    code, out, _ = tool('attach', 'a@b.c', '--socket', path, '--json')
    assert json.loads(out) == {'error': 'not authorised', 'exit': 1, 'result': reply['result']}


def test_what_a_wrong_daemon_says_is_told(tool, answering):
    for lines, word in (([], 'closed'), (['no object'], 'no JSON object')):
        path, _ = answering(*lines)
        code, _, error = tool('peers', '--socket', path)
        assert code == NO_DAEMON
        assert word in error


def test_text_from_a_peer_cannot_steer_the_terminal(tool, answering):
    path, _ = answering({'ok': True, 'result': [{'origin_host': '\x1b[2Jevil'}]})
    _, out, _ = tool('peers', '--socket', path)
    assert '\x1b' not in out and '\\x1b[2Jevil' in out


def test_subscribers_without_a_daemon(tool, tmp_path):
    data = tmp_path / 'data'
    table = tmp_path / 's.csv'
    table.write_text(f'user_name,root_key\nalice@home.net,{ALICE_KEY}\nbob@home.net,{ALICE_KEY}\n')
    assert tool('subscriber', 'import', table, '--data', data)[:2] == (
        FINE, '2 subscribers stored\n')
    assert tool('subscriber', 'disable', 'bob@home.net', '--data', data)[0] == FINE
    assert tool('subscriber', 'add', 'carol@home.net', '--data', data, '--root-key', '-',
                '--home-address', '2001:db8::5/64', stdin=ALICE_KEY + '\n')[0] == FINE
    assert tool('subscriber', 'delete', 'alice@home.net', '--data', data)[0] == FINE
    code, out, _ = tool('subscriber', 'list', '--data', data, '--json')
    assert code == FINE
    listed = {record['user_name']: record for record in json.loads(out)}
    assert set(listed) == {'bob@home.net', 'carol@home.net'}
    assert not listed['bob@home.net']['enabled']
    assert listed['carol@home.net']['home_address'] == '2001:db8::5/64'
    assert listed['carol@home.net']['root_key_octets'] == 16
    code, _, error = tool('subscriber', 'enable', 'nobody@home.net', '--data', data)
    assert code == REFUSED
    assert 'there is no subscriber nobody@home.net' in error


def test_the_realm_is_filed_in_lower_case_without_a_daemon_too(tool, tmp_path):
    data = tmp_path / 'data'

    def listed():
        return {record['user_name']: record['enabled']
                for record in json.loads(tool('subscriber', 'list', '--data', data, '--json')[1])}

    for user in ('Alice@Home.NET', 'Alice@home.net'):
        assert tool('subscriber', 'add', user, '--data', data, '--root-key', ALICE_KEY)[0] == FINE
    assert listed() == {'Alice@home.net': True}
    assert tool('subscriber', 'disable', 'Alice@HOME.net', '--data', data)[0] == FINE
    assert listed() == {'Alice@home.net': False}
    assert tool('subscriber', 'disable', 'alice@home.net', '--data', data)[0] == REFUSED
    assert tool('subscriber', 'delete', 'Alice@hOME.net', '--data', data)[0] == FINE
    assert listed() == {}


def test_a_wrong_table_stores_nothing(tool, tmp_path):
    data = tmp_path / 'data'
    table = tmp_path / 's.csv'
    table.write_text(f'user_name,root_key\nalice@home.net,{ALICE_KEY}\nbob@home.net,12\n')
    code, _, error = tool('subscriber', 'import', table, '--data', data)
    assert code == BAD_INPUT
    assert f'{table}:3: root_key ' in error
    assert tool('subscriber', 'import', '/dev/null', '--data', data)[0] == BAD_INPUT
    table.write_text(f'user_name,root_key\ncarol@home.net,{ALICE_KEY}\n')
    tool('subscriber', 'import', table, '--data', data)
    assert len(json.loads(tool('subscriber', 'list', '--data', data, '--json')[1])) == 1


def test_an_import_is_sent_in_pieces_that_belong_together(tool, tmp_path):
    path = tmp_path / 'control'
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen()
    pieces = []

    def serve():
        connection, _ = listener.accept()
        with connection, connection.makefile('rw') as lines:
            for line in lines:
                pieces.append(json.loads(line))
                print('{"ok": true, "result": {}}', file=lines, flush=True)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    table = tmp_path / 's.csv'
    table.write_text('user_name,root_key\n'
                     + ''.join(f'u{i}@b.c,{ALICE_KEY}\n' for i in range(10000)))
    assert tool('subscriber', 'import', table, '--socket', path)[0] == FINE
    thread.join(timeout=60)
    listener.close()
    assert sum(len(piece['subscribers']) for piece in pieces) == 10000
    assert len(pieces) > 1
    before = 0
    for piece in pieces:
        assert piece.get('from', 0) == before
        before += len(piece['subscribers'])
        assert piece.get('more', False) == (before < 10000)


def test_every_mistake_of_a_table_is_told_before_anything_is_sent(tool, tmp_path):
    table = tmp_path / 's.csv'
    table.write_text('user_name,root_key,home_address\n'
                     f'a@b.c,{ALICE_KEY},2001:db8::1/64\n'
                     f'b@b.c,12,\n'
                     f'a@B.C,{ALICE_KEY},\n'
                     f'd@b.c,{ALICE_KEY},2001:db8:0::1/128\n')
    code, _, error = tool('subscriber', 'import', table, '--socket', tmp_path / 'nobody')
    assert code == BAD_INPUT
    lines = error.splitlines()
    assert lines[0] == 'homeward subscriber import: nothing is stored; 3 mistakes:'
    assert [line.split(' ')[0] for line in lines[1:]] == [
        f'{table}:{number}:' for number in (3, 4, 5)]
    assert 'line 2' in lines[2] and 'line 2' in lines[3]
    assert all('; ' in line for line in lines[1:])
    table.write_text('user_name,root_key\n' + 'x,y\n' * 30)
    lines = tool('subscriber', 'import', table)[2].splitlines()
    assert len(lines) == 22
    assert lines[-1] == 'and 40 more'


def test_MH07_no_key_in_the_store_or_on_the_terminal(tool, tmp_path):
    data = tmp_path / 'data'
    said = ''.join(tool('subscriber', 'add', 'alice@home.net', '--data', data, '--root-key',
                        ALICE_KEY)[1:])
    said += ''.join(tool('subscriber', 'list', '--data', data, '--json')[1:])
    assert ALICE_KEY not in said
    for path in data.iterdir():
        octets = path.read_bytes()
        assert ALICE_KEY.encode() not in octets and bytes.fromhex(ALICE_KEY) not in octets, path


def test_decode_takes_hex_octets_and_rows(tool, tmp_path):
    wire = bytes.fromhex(DWR)
    for name, octets in (('hex', DWR.encode()), ('octets', wire), ('row', wire + wire)):
        path = tmp_path / name
        path.write_bytes(octets)
        code, out, error = tool('decode', path, '--json')
        assert (code, error) == (FINE, '')
        messages = json.loads(out)['messages']
        assert len(messages) == len(octets) // 64 or name == 'hex'
        assert messages[0]['command'] == 'DWR'
        assert messages[0]['avps'][0] == {'name': 'Origin-Host', 'code': 264, 'vendor': 0,
                                          'flags': ['M'], 'text': 'nas.example.org'}
    code, out, _ = tool('decode', stdin=DWR)
    assert code == FINE
    assert '    Origin-Host nas.example.org\n' in out


def test_decode_names_what_is_wrong(tool, tmp_path):
    for text, code, sentence in (
            ('', BAD_INPUT, 'there is nothing to decode'),
            ('0100', BAD_INPUT, 'octet 0: a Diameter header has 20 octets, 2 are left'),
            ('01 0z', BAD_INPUT, "line 1, column 4: half an octet"),
            ('02' + DWR[2:], BAD_INPUT, 'octet 0: this is no Diameter header'),
            (DWR[:-2], BAD_INPUT, 'octet 0: the message has 64 octets, 63 are there'),
            (DWR.replace('00000108', '00000109'), REFUSED, '1 of 1 messages are faulty')):
        found, _, error = tool('decode', stdin=text)
        assert found == code, text
        assert sentence in error


def test_decode_refuses_a_damaged_capture(tool, tmp_path):
    path = tmp_path / 'x.pcap'
    path.write_bytes(b'\xd4\xc3\xb2\xa1' + bytes(7))
    code, _, error = tool('decode', path)
    assert code == BAD_INPUT
    assert 'the capture cannot be read' in error


def test_wait_gives_up_in_time(tool, tmp_path):
    code, _, error = tool('wait', '--timeout', '0', '--socket', tmp_path / 'deep/er/control')
    assert code == NO_DAEMON
    assert 'no daemon answers' in error
