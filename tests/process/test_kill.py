# SPDX-License-Identifier: Apache-2.0
"""kill -9 of every role at random moments under load: what an answer promised is kept, no home
address has two owners, and when all have gone nothing is left behind. With SQLite, and with two
home servers on a PostgreSQL that is killed like everybody else."""

import random
import signal
import subprocess

from homeward import Network, eventually
from load import Load
from postgres import Cluster
from shared import SharedNetwork

ROUNDS = 200
SHARED_ROUNDS = 50
RAW_USERS = [f'r{number}' for number in range(90)]
NAS_USERS = [f'n{number}' for number in range(12)]
SEED = 20261123
LIMIT = 900


class Database:
    """A database as a victim."""

    name = 'database'

    def __init__(self, cluster):
        self.cluster = cluster

    def kill(self):
        self.cluster.stop(signal.SIGQUIT)

    def start(self):
        self.cluster.start()


def victims_of(network, others, dice):
    """Mostly one, sometimes several; a home server most often."""
    everybody = [*network.daemons(), *others]
    first = dice.choice([*network.servers(), *network.servers(), *everybody])
    rest = [victim for victim in everybody if victim is not first]
    return [first, *(victim for victim in rest if dice.random() < 0.1)]


def kill_rounds(network, load, rounds, dice, others=()):
    """`others`: who may be killed beside the network's daemons."""
    killed = {victim.name: 0 for victim in [*network.daemons(), *others]}
    for _ in range(rounds):
        network.connected()
        load.start()
        load.wait_answers(dice.randrange(1, 400))
        victims = victims_of(network, others, dice)
        for victim in victims:
            victim.kill()
            killed[victim.name] += 1
        load.end(cut=True)
        for victim in sorted(victims, key=lambda victim: victim not in others):
            victim.start()
        network.connected()
        load.compare()
    return killed


def findings(network, develop):
    for place in network.stores():
        done = subprocess.run([str(develop / 'src/cli/homeward'), 'store', 'check', *place],
                              capture_output=True, text=True, timeout=60, check=False)
        if done.stdout != 'the store is sound\n':
            yield place, done.stdout, done.stderr


def check_stores(network, develop):
    """What was cut off by the last kill is carried to its end meanwhile."""
    found = None

    def is_sound():
        nonlocal found
        found = list(findings(network, develop))
        return not found

    try:
        eventually('every store is sound, and they agree', is_sound, 60)
    except AssertionError as error:
        raise AssertionError(found) from error


def check_counts(load, killed, rounds):
    print(f'kills: {killed}, answers: {dict(load.counts)}')
    assert all(killed.values()), killed
    assert load.counts['mbr', 2001] > 10 * rounds
    assert load.counts['str', 2001] > 5 * rounds
    assert load.counts['re-authorize', 2001] > rounds
    assert load.counts['attach', 'bootstrapped'] > rounds / 2


def test_kills_of_every_role_under_load(farm, develop):
    dice = random.Random(SEED)
    network = Network(farm, users=RAW_USERS + NAS_USERS, policy='linger = 0')
    load = Load(network, RAW_USERS, NAS_USERS, seed=dice.random())
    killed = kill_rounds(network, load, ROUNDS, dice)
    network.connected()
    check_stores(network, develop)
    load.drain()
    check_counts(load, killed, ROUNDS)
    check_stores(network, develop)


def test_kills_of_every_role_and_of_the_shared_database(farm, develop):
    dice = random.Random(SEED)
    cluster = Cluster().start()
    try:
        network = SharedNetwork(farm, users=RAW_USERS + NAS_USERS, databases=[cluster],
                                policy='linger = 0')
        load = Load(network, RAW_USERS, NAS_USERS, seed=dice.random())
        killed = kill_rounds(network, load, SHARED_ROUNDS, dice, [Database(cluster)])
        network.connected()
        check_stores(network, develop)
        load.drain()
        check_counts(load, killed, SHARED_ROUNDS)
        check_stores(network, develop)
        for server in network.servers():
            server.stop()
    finally:
        cluster.close()


test_kills_of_every_role_under_load.limit = LIMIT
test_kills_of_every_role_and_of_the_shared_database.limit = LIMIT
