# SPDX-License-Identifier: Apache-2.0
"""Erlang/OTP's diameter as a client of homewardd, with the dictionary that dictc wrote for it."""

import pathlib
import re
import shutil
import subprocess

import pytest

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

    def ask(port, user):
        """One MBR; {what: value} of all that came out."""
        words = run('erl', '-noshell', '-pa', '.', '-s', 'homeward_client', 'main', '-extra',
                    '127.0.0.1', str(port), 'homeward_mip6', user, cwd=folder)
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


def test_refusal(farm, client):
    home = Home(farm, agents=(1,))
    said = client(home.port, f'nobody@{HOME}')
    assert said['mba'] == '5003' and said['mba-errors'] == '[]'
    assert said['mba-Error-Message']
    assert home.sessions() == []
