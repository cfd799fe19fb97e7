# SPDX-License-Identifier: Apache-2.0
"""Erlang/OTP's diameter as a client of homewardd, with the dictionary that dictc wrote for it."""

import pathlib
import re
import shutil
import subprocess

import pytest

import certificates
import homeward
from homeward import HOME, Home, address_of

SOURCE = pathlib.Path(__file__).with_name('homeward_client.erl')


def run(*command, **options):
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=90,
                          **options).stdout


@pytest.fixture(scope='session')
def client(develop, tmp_path_factory):
    """Compiles our grammars with diameterc, and the client; gives a function that runs it."""
    folder = tmp_path_factory.mktemp('erlang')
    for name in ('homeward_base', 'homeward_mip6'):
        shutil.copy(develop / f'dict/{name}.dia', folder)
        run('diameterc', '-i', '.', '-o', '.', f'{name}.dia', cwd=folder)
        run('erlc', f'{name}.erl', cwd=folder)
    run('erlc', '-o', '.', str(SOURCE), cwd=folder)

    def ask(port, user, *tls, address='127.0.0.1'):
        """One MBR; {what: value} of all that came out. `tls`: as homeward_client.erl says."""
        words = run('erl', '-noshell', '-pa', '.', '-s', 'homeward_client', 'main', '-extra',
                    address, str(port), 'homeward_mip6', user, *tls, cwd=folder)
        return dict(line.split(' ', 1) if ' ' in line else (line, '')
                    for line in words.splitlines())

    return ask


def test_bootstrap(farm, client):
    home = Home(farm, agents=(1,))
    said = client(home.port, f'alice@{HOME}')
    assert said['cea'] == '2001' and said['cea-errors'] == '[]'
    assert said['mba'] == '2001' and said['mba-errors'] == '[]'
    octets = bytes(int(n) for n in re.findall(r'\d+', said['mba-MIP6-Home-Address']))
    assert octets[:2] == b'\0\x40' and len(octets) == 18
    session = home.session_of('alice')
    assert session['accesses'][0]['origin_host'] == 'otp.visited.example.org'
    assert octets[2:] == address_of(session['home_address']).packed
    assert f'ha1.{HOME}' in said['mba-MIP6-Home-Agent-FQDN']
    assert 'done' in said


def test_AC15_records_of_base_accounting(farm, client):
    """OTP keeps accounting apart from the service (RFC 6733 9.3, split); it is joined all the same."""
    home = Home(farm, agents=(1,))
    said = client(home.port, f'alice@{HOME}')
    assert said['start'] == said['stop'] == '2001'
    assert said['start-errors'] == said['stop-errors'] == '[]'
    line, = home.server.ask('accounting-report')
    assert (line['user_name'], line['records'], line['gaps']) == (f'alice@{HOME}', 2, [])
    assert line['nas'] == ['otp.visited.example.org']
    assert line['acct_multi_session_id'] == home.session_of('alice')['acct_multi_session_id']


def test_refusal(farm, client):
    home = Home(farm, agents=(1,))
    said = client(home.port, f'nobody@{HOME}')
    assert said['mba'] == '5003' and said['mba-errors'] == '[]'
    assert said['mba-Error-Message']
    assert home.sessions() == []


@pytest.mark.parametrize('how', ['before', 'behind'])
def test_bootstrap_with_tls(farm, client, tmp_path, how):
    """OTP's own TLS, before CER and behind CEA."""
    authority = certificates.Authority(tmp_path / 'ca')
    theirs = authority.issue('otp.visited.example.org')
    port = homeward.free_port()
    listen = f'listen "127.0.0.2:{port}" {{ tls = {"true" if how == "before" else "false"} }}'
    inband = 'inband-tls = true' if how == 'behind' else ''
    text = homeward.server_config(agents=(1,), port=port).replace(
        f'listen "127.0.0.1:{port}" {{}}', f'{listen}\nlisten "127.0.0.3:{port}" {{}}')
    text += f'peer "otp.visited.example.org" {{ tls = required  {inband} }}\n'
    server = farm.daemon('aaa', text + authority.issue(f'aaa.{HOME}').block()).start()
    text = homeward.agent_config(1, port).replace('127.0.0.1', '127.0.0.3')
    farm.daemon('ha1', text).start().wait_open(f'aaa.{HOME}')
    server.ask('subscriber-add', subscriber=homeward.subscriber('alice'))
    said = client(port, f'alice@{HOME}', how, str(theirs.certificate), str(theirs.key),
                  str(authority.certificate), address='127.0.0.2')
    assert said['cea'] == '2001' and said['mba'] == '2001' and 'done' in said
    assert 'a connection has TLS: TLSv1.' in server.log()
    assert 'certificate="CN=otp.visited.example.org"' in server.log()
