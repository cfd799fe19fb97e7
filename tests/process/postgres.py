# SPDX-License-Identifier: Apache-2.0
"""A PostgreSQL of the test's own: its directory, its unix socket, no port; primary or standby.

PostgreSQL refuses to run as root, so as root the system's user postgres runs it.
"""

import os
import pathlib
import pwd
import shutil
import signal
import subprocess
import tempfile

from homeward import eventually

PROGRAMS = pathlib.Path('/usr/lib/postgresql/15/bin')
SETTINGS = ['listen_addresses=', 'max_wal_senders=4', 'shared_buffers=32MB', 'max_connections=40']


def runner():
    """A command before the programs, and the user that owns the files."""
    if os.geteuid() != 0:
        return [], None
    return ['setpriv', '--reuid=postgres', '--regid=postgres', '--clear-groups'], \
        pwd.getpwnam('postgres')


class Cluster:
    def __init__(self, primary=None):
        self.prefix, owner = runner()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix='hw-pg-'))  # a socket's name is short
        self.process = None
        if owner:
            os.chown(self.folder, owner.pw_uid, owner.pw_gid)
        self.folder.chmod(0o755)
        self.data = self.folder / 'data'
        if primary:
            self.run('pg_basebackup', '-D', self.data, '-R', '-N', '-X', 'stream', '-c', 'fast',
                     '-d', f'host={primary.folder} user=homeward')
        else:
            self.run('initdb', '-D', self.data, '-A', 'trust', '-U', 'homeward', '-E', 'UTF8',
                     '--no-locale', '-N')

    def run(self, program, *arguments):
        return subprocess.run([*self.prefix, PROGRAMS / program, *arguments], check=True,
                              cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, timeout=120).stdout

    def start(self):
        settings = [word for setting in SETTINGS for word in ('-c', setting)]
        with open(self.folder / 'log', 'ab') as log:
            self.process = subprocess.Popen(
                [*self.prefix, PROGRAMS / 'postgres', '-D', self.data, '-k', self.folder, *settings],
                cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        eventually('the database takes connections', self.is_up, 60)
        return self

    def is_up(self):
        assert self.process.poll() is None, (self.folder / 'log').read_text()
        return subprocess.run([PROGRAMS / 'pg_isready', '-q', '-h', self.folder], check=False,
                              timeout=30).returncode == 0

    def sql(self, text):
        """Rows of the answer, each a list of texts."""
        out = subprocess.run([PROGRAMS / 'psql', '-X', '-A', '-t', '-F', '\t', '-v',
                              'ON_ERROR_STOP=1', '-c', text, self.url()],
                             check=True, stdout=subprocess.PIPE, text=True, timeout=60).stdout
        return [line.split('\t') for line in out.splitlines()]

    def url(self, *others):
        """For this one, or for whichever of several is the primary."""
        hosts = ','.join(str(cluster.folder) for cluster in (self, *others))
        more = ' target_session_attrs=read-write' if others else ''
        return f'host={hosts} user=homeward dbname=postgres connect_timeout=2{more}'

    def promote(self):
        self.run('pg_ctl', '-D', self.data, '-w', 'promote')

    def stop(self, number=signal.SIGINT):
        """SIGINT: sessions are cut off, all is written; SIGQUIT: at once, as a crash."""
        process, self.process = self.process, None
        if process:
            process.send_signal(number)
            process.wait(timeout=60)

    def close(self):
        self.stop(signal.SIGQUIT)
        shutil.rmtree(self.folder, ignore_errors=True)
