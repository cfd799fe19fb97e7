# SPDX-License-Identifier: Apache-2.0
"""What `make bench` measures: each function fills a dict of numbers for one round."""

import contextlib
import json
import re
import resource
import subprocess
import time

import programs
from programs import CLIENT, homeward

LIMIT = 120  # seconds for one program
SERVER_WINDOWS = (1, 32, 128, 256)


def generate(release, program, seconds, window=32, **more):
    """One run of the generator; its numbers, and the server's processor time."""
    words = [release / 'tests/bench/generator', '-a', program.address, '-s', seconds, '-w', window]
    for letter, value in more.items():
        words += [f'-{letter}', value]
    words += [*program.options, program.port]
    before = program.cpu()
    done = subprocess.run(['taskset', '-c', CLIENT, *map(str, words)], check=True,
                          timeout=seconds + 20, stdout=subprocess.PIPE, text=True)
    result = json.loads(done.stdout)
    used = program.cpu() - before
    row = {name: result[name] for name in ('tps', 'p50_us', 'p90_us', 'p99_us', 'p999_us')}
    row['cpu_s_per_100k'] = round(used / max(result['answered'], 1) * 1e5, 4)
    row['good'] = round(result['good'] / max(result['counted'], 1), 4)
    return row


def all_good(rows):
    """The rows, when every answer in them was a success: a refusal is quicker than the service."""
    for name, row in rows.items():
        if row['good'] < 0.999:
            raise RuntimeError(f'{name}: only {row["good"]:.1%} of the answers were successes')
    return rows


def servers(release, running, seconds):
    """{program: {window: row}}, the programs taking turns at each window."""
    rows = {name: {} for name in running}
    for window in SERVER_WINDOWS:
        for name, program in running.items():
            # A name of its own: some take their time to forget a peer.
            identity = f'nas{window}-{time.monotonic_ns() % 10**9}.visited.example.org'
            if program.options:
                identity = f'nas1.{homeward.VISITED}'  # its certificate's
            rows[name][f'w{window}'] = generate(release, program, seconds, window, i=identity)
    return rows


def relays(release, running, seconds):
    rows = {name: {} for name in running}
    for window in (128, 2000):
        for name, program in running.items():
            identity = f'nas{window}-{time.monotonic_ns() % 10**9}.visited.example.org'
            rows[name][f'w{window}'] = generate(release, program, seconds, window, i=identity)
    rows['homewardd']['rate20000'] = generate(release, running['homewardd'], seconds, r=20000)
    return rows


# ---- the whole service ----

def fill(release, daemon, subscribers, sessions):
    subprocess.run([release / 'tests/bench/fill_store', daemon.data, str(subscribers),
                    str(sessions)], check=True, timeout=LIMIT)


def set_up_home(made, text, subscribers):
    """A home server with a home agent beside the generator."""
    server = made.daemon('aaa', text, start=False)
    fill(made.release, server, subscribers, 0)
    server.start()
    agent = made.daemon('ha1', homeward.agent_config(1, server.port), core=CLIENT)
    server.wait_open(f'ha1.{homeward.HOME}')
    return server, agent


def bootstraps(release, seconds, windows, users=200000):
    """({window: row}, {window: row} of nodes that are known already): SQLite, full durability."""
    with programs.bench(release) as made:
        server, _ = set_up_home(made, programs.server_text(), users)
        program = programs.program_of(server)
        fresh, first = {}, 0
        for window in windows:
            fresh[f'w{window}'] = generate(release, program, seconds, window, u=users, f=first)
            first += int(fresh[f'w{window}']['tps'] * seconds * 1.2) + window
        known = {f'w{window}': generate(release, program, seconds, window, u=min(first, 20000))
                 for window in windows if window > 1}
    return all_good(fresh), all_good(known)


def bootstraps_on_postgres(release, cluster, seconds, windows, users=40000):
    with programs.bench(release) as made:
        text = programs.server_text(more=f'store {{ url = "{cluster.url()}" }}')
        server = made.daemon('aaa', text)
        made.daemon('ha1', homeward.agent_config(1, server.port), core=CLIENT)
        server.wait_open(f'ha1.{homeward.HOME}')
        for begin in range(0, users, 5000):
            server.ask('subscriber-import', subscribers=[
                homeward.subscriber(f'u{number:08}') for number in range(begin, begin + 5000)])
        program, rows, first = programs.program_of(server), {}, 0
        for window in windows:
            rows[f'w{window}'] = generate(release, program, seconds, window, u=users, f=first)
            first += int(rows[f'w{window}']['tps'] * seconds * 1.2) + window
    return all_good(rows)


# ---- size ----

def scale(release, seconds, sessions):
    """Re-attaching known nodes with a thousand sessions and with `sessions`; start and memory."""
    result = {}
    for count, name in ((1000, '1k'), (sessions, '1m')):
        with programs.bench(release) as made:
            server = made.daemon('aaa', programs.server_text(), start=False)
            fill(release, server, sessions, 0)
            server.start()
            bare = programs.program_of(server).memory()
            server.stop()
            fill(release, server, sessions, count)
            begin = time.monotonic()
            server.start()
            took = time.monotonic() - begin
            program = programs.program_of(server)
            if count == sessions:
                result['bytes_per_mobility_session'] = (program.memory() - bare) / sessions
                result['seconds_per_million_sessions'] = took * 1e6 / sessions
            result[f'tps_at_{name}'] = generate(release, program, seconds, 1024, u=count)['tps']
    return result


def idle_connections(release, count=5000):
    """Octets of memory for each connection that has had CER and CEA, and nothing since."""
    import diameter_raw

    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    count = min(count, most - 100)
    with contextlib.ExitStack() as stack:
        made = stack.enter_context(programs.bench(release))
        daemon = made.daemon('aaa', programs.server_text(
            more=f'limits {{ connections = {count + 200} }}'))
        program = programs.program_of(daemon)
        connect_idle(stack, diameter_raw, program.port, 0, 100)
        before = program.memory()
        connect_idle(stack, diameter_raw, program.port, 100, count)
        return (program.memory() - before) / count


def connect_idle(stack, diameter_raw, port, first, count):
    for number in range(first, first + count):
        peer = diameter_raw.Peer.dial(programs.LOOPBACK, port,
                                      host=f'idle{number}.{homeward.VISITED}')
        stack.callback(peer.close)
        peer.open()


# ---- the codec ----

def codec(release, seconds):
    program = release / 'tests/bench/codec_bench'
    output = subprocess.run(['taskset', '-c', programs.SERVER, program, str(seconds)], check=True,
                            timeout=LIMIT, stdout=subprocess.PIPE, text=True).stdout
    rows = {}
    for message, direction, rate, octets in re.findall(r'(\S+) (\S+) (\d+) (\d+)', output):
        rows.setdefault(message, {'octets': int(octets)})[f'{direction}_per_s'] = int(rate)
    return rows


def timers(release):
    """{who: {what: nanoseconds a timer}}, a million of them."""
    program = release / 'tests/bench/timers_bench'
    output = subprocess.run([program], check=True, timeout=LIMIT, stdout=subprocess.PIPE,
                            text=True).stdout
    rows = {}
    for line in output.splitlines():
        who, what, nanoseconds = line.split()
        rows.setdefault(who, {})[what] = float(nanoseconds)
    return rows
