# SPDX-License-Identifier: Apache-2.0
"""kill -9 at a random moment under load, fifty times: what an answer promised is kept, and no home
address has two owners.

The load is raw clients that attach and detach users without pause and write down what they were
told. After each kill the process is started again and what it knows is compared with that. The
promises are: MBA 2001 = user, home agent and address are stored (until an STR of the session has
been sent); STA 2001 = the access session is gone.
"""

import collections
import contextlib
import dataclasses
import ipaddress
import random
import socket
import threading

import diameter_raw as raw
from homeward import HOME, Home, address_of, eventually

KILLS = 50
USERS = 120
CLIENTS = 3
WINDOW = 16  # attach or detach requests under way, of one client
SEED = 20261123


@dataclasses.dataclass
class Told:
    """What one user was told; only the client that serves the user writes it."""

    address: ipaddress.IPv6Address = None
    open: set = dataclasses.field(default_factory=set)     # sessions: MBA 2001 came, no STR sent
    doubt: set = dataclasses.field(default_factory=set)    # a request for it has no answer
    closed: set = dataclasses.field(default_factory=set)   # STA 2001 came


class Client(threading.Thread):
    """One NAS: attaches and detaches its users over one connection until that breaks."""

    def __init__(self, number, port, users, told, seed):
        super().__init__(daemon=True)
        self.peer = raw.Peer.dial('127.0.0.1', port, host=f'load{number}.visited.example.org')
        self.users = users
        self.told = told
        self.random = random.Random(seed)
        self.under_way = {}
        self.counts = collections.Counter()
        self.error = None

    def run(self):
        try:
            self.peer.open()
            while True:
                while len(self.under_way) < WINDOW:
                    self.send_one()
                self.take(self.peer.receive(timeout=30))
        except (raw.Closed, ConnectionError):
            pass
        except Exception as error:  # pylint: disable=broad-except
            self.error = error
        finally:
            self.peer.close()

    def send_one(self):
        user = self.random.choice(self.users)
        told = self.told[user]
        if told.open and self.random.random() < 0.5:
            session = self.random.choice(sorted(told.open))
            told.open.discard(session)
            kind, request = 'str', self.peer.str_(session)
        else:
            session = self.peer.new_session_id()
            kind, request = 'mbr', self.peer.mbr(f'{user}@{HOME}', session=session)
        told.doubt.add(session)
        self.under_way[int.from_bytes(request[12:16], 'big')] = (kind, user, session)
        self.peer.send(request)

    def take(self, message):
        if self.peer.answer_base(message) or message.is_request:
            return
        kind, user, session = self.under_way.pop(message.hop_by_hop)
        told = self.told[user]
        self.counts[kind, message.result] += 1
        if kind == 'mbr' and message.result == 2001:
            told.doubt.discard(session)
            told.open.add(session)
            told.address = raw.home_address(message)
        elif kind == 'mbr':
            told.doubt.discard(session)
        elif message.result == 2001:
            told.doubt.discard(session)
            told.closed.add(session)


def compare(home, told):
    """What the server knows against what the users were told."""
    sessions = home.sessions()
    addresses = [address_of(s['home_address']) for s in sessions]
    twice = [a for a, count in collections.Counter(addresses).items() if count > 1]
    assert not twice, f'one address, two owners: {twice}'
    # One that is ending may stand beside its user's next one; it holds its address until ASA.
    live = [s for s in sessions if s['state'] != 'ending']
    by_user = {s['user_name'].split('@')[0]: s for s in live}
    assert len(by_user) == len(live), 'one user, two mobility sessions'
    for user, words in told.items():
        known = by_user.get(user)
        accesses = {a['session_id'] for a in known['accesses']} if known else set()
        assert words.open <= accesses, f'{user}: promised and lost: {words.open - accesses}'
        assert not words.closed & accesses, f'{user}: ended and back: {words.closed & accesses}'
        if words.open:
            assert address_of(known['home_address']) == words.address, user
    return by_user


def compare_agent(home, by_user, told):
    """Each promise stands at the home agent, too, and there no address has two owners either."""
    bindings = [b for agent in home.agents for b in home.bindings(agent)]
    addresses = [address_of(b['home_address']) for b in bindings]
    assert len(set(addresses)) == len(addresses), 'one address, two bindings'
    bound = {(b['user_name'].split('@')[0], address_of(b['home_address'])) for b in bindings}
    for user, words in told.items():
        if words.open:
            assert (user, words.address) in bound, f'{user}: no binding at the home agent'
            assert by_user[user]['home_agent'] in home.agents


def settle(home, told, counts, clients):
    """After the kill: the clients see it, nothing went wrong with them, their doubts stay."""
    for client in clients:
        with contextlib.suppress(OSError):  # the client may have seen the end already
            client.peer.socket.shutdown(socket.SHUT_RDWR)
        client.join(timeout=30)
        assert not client.is_alive(), 'a client hangs'
        assert client.error is None, repr(client.error)
        counts.update(client.counts)
    for words in told.values():
        words.closed.clear()  # checked once; a Session-Id is not used again


def test_fifty_kills_under_load(farm):
    dice = random.Random(SEED)
    home = Home(farm, agents=(1,), users=[f'u{n}' for n in range(USERS)], policy='linger = 0')
    agent = next(iter(home.agents.values()))
    told = {f'u{n}': Told() for n in range(USERS)}
    counts = collections.Counter()
    for kill in range(KILLS):
        home.server.wait_open(agent.name + '.' + HOME)
        clients = [Client(n, home.port, [f'u{u}' for u in range(n, USERS, CLIENTS)], told,
                          dice.random()) for n in range(CLIENTS)]
        for client in clients:
            client.start()
        wanted = dice.randrange(1, 400)  # answers: a moment that does not depend on the machine
        eventually('load', lambda: sum(sum(c.counts.values()) for c in clients) >= wanted or
                   not any(c.is_alive() for c in clients), 30)
        for victim in dice.choice([[home.server], [home.server], [agent], [home.server, agent]]):
            victim.kill()
        settle(home, told, counts, clients)
        for daemon in (home.server, agent):
            if daemon.process is None:
                daemon.start()
        by_user = compare(home, told)
        eventually('the agent is connected', lambda: home.server.is_open(f'{agent.name}.{HOME}'), 20)
        compare_agent(home, by_user, told)
    print(f'{KILLS} kills, answers: {dict(counts)}')
    assert counts['mbr', 2001] > 20 * KILLS
    assert counts['str', 2001] > 5 * KILLS
