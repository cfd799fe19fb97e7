# SPDX-License-Identifier: Apache-2.0
"""kill -9 of every role at random moments under load: what an answer promised is kept, no home
address has two owners, and when all have gone nothing is left behind."""

import random

from homeward import Network
from load import Load

ROUNDS = 200
RAW_USERS = [f'r{number}' for number in range(90)]
NAS_USERS = [f'n{number}' for number in range(12)]
SEED = 20261123
LIMIT = 900


def victims_of(network, dice):
    """Mostly one, sometimes several; the home server most often."""
    roles = [network.server, network.server, *network.daemons()]
    first = dice.choice(roles)
    others = [daemon for daemon in network.daemons() if daemon is not first]
    return [first, *(daemon for daemon in others if dice.random() < 0.1)]


def kill_rounds(network, load, rounds, dice):
    killed = {daemon.name: 0 for daemon in network.daemons()}
    for _ in range(rounds):
        network.connected()
        load.start()
        load.wait_answers(dice.randrange(1, 400))
        victims = victims_of(network, dice)
        for victim in victims:
            victim.kill()
            killed[victim.name] += 1
        load.end(cut=True)
        for victim in victims:
            victim.start()
        network.connected()
        load.compare()
    return killed


def test_kills_of_every_role_under_load(farm):
    dice = random.Random(SEED)
    network = Network(farm, users=RAW_USERS + NAS_USERS, policy='linger = 0')
    load = Load(network, RAW_USERS, NAS_USERS, seed=dice.random())
    killed = kill_rounds(network, load, ROUNDS, dice)
    network.connected()
    load.drain()
    print(f'kills: {killed}, answers: {dict(load.counts)}')
    assert all(killed.values()), killed
    assert load.counts['mbr', 2001] > 10 * ROUNDS
    assert load.counts['str', 2001] > 5 * ROUNDS
    assert load.counts['re-authorize', 2001] > ROUNDS
    assert load.counts['attach', 'bootstrapped'] > ROUNDS / 2


test_kills_of_every_role_under_load.limit = LIMIT
