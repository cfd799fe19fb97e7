# SPDX-License-Identifier: Apache-2.0
"""Load that writes down what it was promised, and the comparison of that with what is kept.

Two kinds of clients serve users of their own: a RawClient is a NAS made of octets with many
requests under way, a NasClient steers a real NAS through its control socket, one node at a time.
Both attach, move, re-authorize and detach without pause until their connection breaks.

The promises are: MBA 2001 = user, home agent and address are stored, until an STR of the session
has been sent; STA 2001 = the access session is gone; `bootstrapped` at a NAS = all of that, and the
NAS knows its attachment.
"""

import collections
import contextlib
import dataclasses
import ipaddress
import random
import socket
import threading

import diameter_raw as raw
from homeward import HOME, ControlError, address_of, eventually

WINDOW = 16  # requests under way of one RawClient


@dataclasses.dataclass
class Told:
    """What one user was told; only the client that serves the user writes it."""

    address: ipaddress.IPv6Address = None
    open: set = dataclasses.field(default_factory=set)    # sessions: MBA 2001 came, no STR sent
    doubt: set = dataclasses.field(default_factory=set)   # a request for it has no answer
    closed: set = dataclasses.field(default_factory=set)  # STA 2001 came


class RawClient(threading.Thread):
    """One NAS: attaches and detaches its users over one connection until that breaks."""

    def __init__(self, number, port, told, seed):
        super().__init__(daemon=True)
        # Its name is its own for ever: a session belongs to the host that opened it.
        self.port = port
        self.peer = raw.Peer.dial('127.0.0.1', port, host=f'load{number}.visited.example.org')
        self.told = told
        self.random = random.Random(seed)
        self.under_way = {}
        self.counts = collections.Counter()
        self.error = None
        self.stopping = False

    def run(self):
        try:
            self.peer.open()
            while self.under_way or not self.stopping:
                while len(self.under_way) < WINDOW and not self.stopping:
                    self.send_one()
                self.take(self.peer.receive(timeout=30))
        except (raw.Closed, ConnectionError):
            pass
        except Exception as error:  # pylint: disable=broad-except
            self.error = error
        finally:
            self.peer.close()

    def stop(self):
        """What is under way is waited for."""
        self.stopping = True

    def cut(self):
        with contextlib.suppress(OSError):  # the client may have seen the end already
            self.peer.socket.shutdown(socket.SHUT_RDWR)

    def send_one(self):
        user = self.random.choice(sorted(self.told))
        told = self.told[user]
        session = self.random.choice(sorted(told.open)) if told.open else None
        what = self.random.random()
        if session and what < 0.45:
            told.open.discard(session)
            kind, request = 'str', self.peer.str_(session)
        elif session and what < 0.6:
            # A failed re-authorization ends the session: from here on nothing is promised.
            told.open.discard(session)
            kind, request = 're-authorize', self.peer.mbr(f'{user}@{HOME}', session=session)
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
        if message.result == 2001:
            told.doubt.discard(session)
            (told.closed if kind == 'str' else told.open).add(session)
            if kind != 'str':
                told.address = raw.home_address(message)

    def is_let_in(self):
        """False, and a new connection, while the last one has not been seen to end."""
        try:
            return self.peer.open()
        except raw.Closed:
            self.peer.close()
            self.peer = raw.Peer.dial('127.0.0.1', self.port, host=self.peer.host)
            return False

    def detach_all(self):
        """On a connection of its own: STR for all that is, or may be, open."""
        eventually(f'{self.peer.host} is let in', self.is_let_in)
        with self.peer:
            for told in self.told.values():
                for session in sorted(told.open | told.doubt):
                    answer = self.peer.ask(self.peer.str_(session), timeout=30)
                    assert answer.result in (2001, 5002), (answer.result, answer.error)
                told.open.clear()
                told.doubt.clear()


class NasClient(threading.Thread):
    """Attaches and detaches nodes at real NASes; a node moves from one to the other."""

    def __init__(self, networks, told, seed):
        super().__init__(daemon=True)
        self.nases = networks
        self.told = told
        self.random = random.Random(seed)
        self.counts = collections.Counter()
        self.error = None
        self.stopping = False

    def run(self):
        try:
            while not self.stopping:
                self.step(self.random.choice(sorted(self.told)))
        except (OSError, ConnectionError):
            pass  # the NAS was killed
        except Exception as error:  # pylint: disable=broad-except
            self.error = error

    def stop(self):
        self.stopping = True

    cut = stop

    def step(self, user):
        told = self.told[user]
        if told.open and self.random.random() < 0.5:
            name, session = self.random.choice(sorted(told.open))
            told.open.discard((name, session))
            told.doubt.add((name, session))
            self.ask(name, 'detach', session_id=session)
            return
        name = self.random.choice(sorted(self.nases))
        # Where the node is attached already this re-authorizes; a failure may end the session.
        told.open -= {known for known in told.open if known[0] == name}
        result = self.ask(name, 'attach', user_name=f'{user}@{HOME}', interface='wlan0')
        if result and result['outcome'] == 'bootstrapped':
            told.open.add((name, result['session_id']))
            told.address = address_of(result['home_address'])

    def ask(self, name, command, **parameters):
        """The result, or None when it could not be done."""
        try:
            result = self.nases[name].ask(command, **parameters)
        except ControlError as error:
            result = error.result
            self.counts[command, (result or {}).get('result_name', 'failed')] += 1
            return None
        self.counts[command, result['outcome']] += 1
        return result

    def detach_all(self):
        for nas in self.nases.values():
            for attachment in nas.ask('attachments'):
                with contextlib.suppress(ControlError):  # it ends in any case
                    nas.ask('detach', session_id=attachment['session_id'])
        for told in self.told.values():
            told.open.clear()
            told.doubt.clear()


class Load:
    """All clients of one round, on a Network: `raw_clients` of octets, and one at its NASes."""

    def __init__(self, network, raw_users, nas_users, raw_clients=3, seed=0):
        self.network = network
        self.dice = random.Random(seed)
        self.raw_told = [{} for _ in range(raw_clients)]
        for number, user in enumerate(raw_users):
            self.raw_told[number % raw_clients][user] = Told()
        self.nas_told = {user: Told() for user in nas_users}
        self.clients = []
        self.counts = collections.Counter()

    def told(self):
        """(user, Told) of all."""
        for group in (*self.raw_told, self.nas_told):
            yield from group.items()

    def ports(self):
        """Where raw clients dial, in turn: the servers, and the proxy."""
        return [*self.network.ports(), self.network.proxy.port]

    def make_client(self, place):
        if place == len(self.raw_told):
            nases = {nas.name: nas for nas in self.network.nas.values()}
            return NasClient(nases, self.nas_told, self.dice.random())
        ports = self.ports()
        return RawClient(place, ports[place % len(ports)], self.raw_told[place],
                         self.dice.random())

    def make_clients(self):
        return [self.make_client(place) for place in range(len(self.raw_told) + 1)]

    def start(self):
        self.clients = self.make_clients()
        for client in self.clients:
            client.start()

    def total(self):
        """Answers of all clients so far."""
        return sum(self.counts.values()) + self.answers()

    def revive(self):
        """Replaces clients whose connection broke, as soon as they can connect again."""
        for place, client in enumerate(self.clients):
            if client.is_alive():
                continue
            try:
                fresh = self.make_client(place)
            except OSError:
                continue
            self.collect(client)
            self.clients[place] = fresh
            fresh.start()

    def collect(self, client):
        assert client.error is None, repr(client.error)
        self.counts.update(client.counts)

    def answers(self):
        return sum(sum(client.counts.values()) for client in self.clients)

    def runs(self):
        return any(client.is_alive() for client in self.clients)

    def wait_answers(self, wanted, limit=30):
        """A moment that does not depend on how fast the machine is."""
        eventually('load', lambda: self.answers() >= wanted or not self.runs(), limit)

    def end(self, cut):
        """The clients end: at once, or when what is under way was answered."""
        for client in self.clients:
            if cut:
                client.cut()
            client.stop()
        for client in self.clients:
            client.join(timeout=60)
            assert not client.is_alive(), f'{client} hangs'
            self.collect(client)
        self.clients = []

    def compare(self):
        """Every promise against what servers, home agents and NASes know."""
        network = self.network
        by_user = live_sessions(network.sessions())
        bound = bindings(network)
        attached = {(nas.name, attachment['session_id']) for nas in network.nas.values()
                    for attachment in nas.ask('attachments')}
        for user, told in self.told():
            compare_user(user, told, by_user.get(user), bound)
            for session in told.open:
                assert isinstance(session, str) or session in attached, f'{user}: {session}'
            told.closed.clear()  # checked once; a Session-Id is not used again

    def drain(self):
        """Everything is detached: nothing may be left, at a server or at a home agent."""
        for client in self.make_clients():
            client.detach_all()
        network = self.network
        for nas in network.nas.values():
            nas.stop()
        # What a killed NAS had asked for and never heard of is detached in its name.
        for session in network.sessions():
            for access in session['accesses']:
                detach_as(network.ports()[0], access)
        eventually('no session is left', lambda: not network.sessions(), 60)
        eventually('no binding is left', lambda: not bindings(network), 60)
        for agent in network.agents_known():
            assert agent['pool_taken'] == 0, agent
            assert agent['sessions'] == 0, agent


def live_sessions(sessions):
    """By user; fails when an address or a user stands twice."""
    # One that its home agent has let go has none: it is there until its NASes have been told.
    addresses = [address_of(session['home_address']) for session in sessions
                 if 'home_address' in session]
    twice = [address for address, count in collections.Counter(addresses).items() if count > 1]
    assert not twice, f'one address, two owners: {twice}'
    # One that is ending may stand beside its user's next one; it holds its address until ASA.
    live = [session for session in sessions if session['state'] != 'ending']
    by_user = {session['user_name'].split('@')[0]: session for session in live}
    assert len(by_user) == len(live), 'one user, two mobility sessions'
    return by_user


def bindings(network):
    """(user, address) at the home agents; fails when two have one address."""
    found = [binding for agent in network.agents for binding in network.bindings(agent)]
    addresses = [address_of(binding['home_address']) for binding in found]
    assert len(set(addresses)) == len(addresses), 'one address, two bindings'
    return {(binding['user_name'].split('@')[0], address_of(binding['home_address']))
            for binding in found}


def detach_as(port, access):
    with raw.Peer.dial('127.0.0.1', port, host=access['origin_host'],
                       realm=access['origin_realm']) as peer:
        peer.open()
        assert peer.ask(peer.str_(access['session_id'])).result == 2001


def session_id(session):
    """A NasClient's are with the name of the NAS."""
    return session if isinstance(session, str) else session[1]


def compare_user(user, told, known, bound):
    accesses = {access['session_id'] for access in known['accesses']} if known else set()
    promised = {session_id(session) for session in told.open}
    assert promised <= accesses, f'{user}: promised and lost: {promised - accesses}'
    back = told.closed & accesses
    assert not back, f'{user}: ended and back: {back}'
    if promised:
        assert address_of(known['home_address']) == told.address, user
        assert (user, told.address) in bound, f'{user}: no binding at the home agent'
