# SPDX-License-Identifier: Apache-2.0
"""The store cannot commit: a full disk, a locked database. MBA 5012, a log line, recovery."""

import contextlib
import errno
import sqlite3
import subprocess

import pytest

import diameter_raw as raw
from homeward import HOME, Home, eventually

# In a mount namespace of its own the data directory is a disk of 4 MiB.
SMALL_DISK = ['unshare', '--mount', 'sh', '-c',
              'mkdir -p "$0" && mount -t tmpfs -o size=4m,mode=0700 tmpfs "$0" && exec "$@"']


def may_mount():
    return subprocess.run(['unshare', '--mount', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt'],
                          capture_output=True, check=False, timeout=20).returncode == 0


def on_small_disk(server):
    server.prefix = [*SMALL_DISK, str(server.data)]
    server.control_path = server.folder / 'control'  # the data directory is seen by it alone


@contextlib.contextmanager
def filled(path):
    """The disk is full to the last octet as long as the block runs."""
    filler = f'{path}/filler'
    with open(filler, 'wb', buffering=0) as file:
        for size in (65536, 4096, 512, 1):
            with contextlib.suppress(OSError):
                while True:
                    file.write(b'\0' * size)
    try:
        yield
    finally:
        subprocess.run(['rm', '-f', filler], check=True)


def check_refused_plainly(answer):
    assert answer.result == 5012
    assert answer.error
    lowered = answer.error.lower()
    assert 'sql' not in lowered and 'select' not in lowered


def grant(peer, user):
    return peer.ask(peer.mbr(f'{user}@{HOME}'), timeout=40)


@pytest.mark.skipif(not may_mount(), reason='no right to mount a small disk')
def test_full_disk(farm):
    users = [f'u{n}' for n in range(400)]
    home = Home(farm, agents=(1,), users=('alice', 'bob', *users), prepare=on_small_disk,
                more=f'control = "{farm.folder}/control"')
    disk = f'/proc/{home.server.process.pid}/root{home.server.data}'
    with raw.Peer.dial('127.0.0.1', home.port) as peer:
        peer.open()
        first = grant(peer, 'alice')
        assert first.result == 2001
        granted, refused = {}, None
        with filled(disk):
            # The log of the database may have room left in its last block: go on until it has not.
            for user in users:
                answer = grant(peer, user)
                if answer.result != 2001:
                    refused = answer
                    break
                granted[user] = raw.home_address(answer)
            assert refused, 'the disk never became full'
            check_refused_plainly(refused)
            assert any(word in home.server.log().lower() for word in ('full', 'space')), \
                home.server.log()
            assert home.server.process.poll() is None
            kept = home.session_of('alice')
        after = eventually('granted again', lambda: (a := grant(peer, 'bob')).result == 2001 and a)
        assert raw.home_address(after) != raw.home_address(first)
    # What was promised before, and between, is still there.
    assert kept['home_address'].split('/')[0] == str(raw.home_address(first))
    for user, address in granted.items():
        assert home.session_of(user)['home_address'].split('/')[0] == str(address)


@pytest.mark.skipif(not may_mount(), reason='no right to mount a small disk')
def test_AC06_accounting_on_a_full_disk(farm):
    home = Home(farm, agents=(), users=(), prepare=on_small_disk,
                more=f'control = "{farm.folder}/control"')
    disk = f'/proc/{home.server.process.pid}/root{home.server.data}'
    with raw.Peer.dial('127.0.0.1', home.port) as peer:
        peer.open()
        taken = 0
        with filled(disk):
            while (answer := peer.ask(peer.acr('s;1', 3, taken), timeout=40)).result == 2001:
                taken += 1
                assert taken < 10000, 'the disk never became full'
            assert answer.result == 4002 and answer.error
            assert answer.first(raw.ACCOUNTING_RECORD_NUMBER).number == taken
        eventually('taken again',
                   lambda: peer.ask(peer.acr('s;1', 3, taken)).result == 2001)
    line = home.server.ask('accounting-report')[0]
    assert line['records'] == taken + 1 and line['gaps'] == ['no START', 'no STOP']


def database_of(home):
    """The path of the SQLite file of the home server."""
    for path in sorted(home.server.data.iterdir()):
        if path.is_file() and path.read_bytes()[:15] == b'SQLite format 3':
            return path
    raise AssertionError('no database in the data directory')


def test_locked_database(home):
    with raw.Peer.dial('127.0.0.1', home.port) as peer:
        peer.open()
        first = grant(peer, 'alice')
        assert first.result == 2001
        other = sqlite3.connect(database_of(home), timeout=5, isolation_level=None)
        try:
            other.execute('BEGIN IMMEDIATE')
            check_refused_plainly(grant(peer, 'bob'))
            assert 'lock' in home.server.log().lower()
            assert home.session_of('bob') is None
        finally:
            other.close()
        after = eventually('granted again', lambda: (a := grant(peer, 'bob')).result == 2001 and a)
        assert raw.home_address(after) != raw.home_address(first)
    assert home.session_of('alice')['home_address'].split('/')[0] == str(raw.home_address(first))


def test_there_is_such_an_errno():
    """The small disk says ENOSPC, not another thing: else the first test shows nothing."""
    if not may_mount():
        pytest.skip('no right to mount a small disk')
    script = 'import sys\ntry:\n open(sys.argv[1]+"/x","wb",buffering=0).write(bytes(8<<20))\n' \
             ' n=open(sys.argv[1]+"/y","wb",buffering=0).write(b"x"*8192)\nexcept OSError as e:\n' \
             ' print(e.errno)\n'
    result = subprocess.run([*SMALL_DISK, '/mnt', '/usr/bin/python3', '-c', script, '/mnt'],
                            capture_output=True, text=True, check=False, timeout=20)
    assert result.stdout.strip() == str(errno.ENOSPC)
