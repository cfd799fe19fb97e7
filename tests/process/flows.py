# SPDX-License-Identifier: Apache-2.0
"""The message flows of docs/flows.md: played by real processes, and written down.

A flow is a function that plays a scene on a Stage and a paragraph about it (its docstring). What is
written down is what the processes traced: who sent what to whom, with every octet. The document is
made by

    /usr/bin/python3 tests/process/flows.py --develop build/develop docs/flows.md

and test_flows.py plays them again and compares.
"""

import argparse
import dataclasses
import json
import pathlib
import re
import subprocess
import sys
import textwrap

import diameter_raw as raw
import homeward
import name_servers
from homeward import HOME, VISITED

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent

# Messages of connections, not of sessions.
CONNECTION = {raw.CAPABILITIES_EXCHANGE, raw.DEVICE_WATCHDOG, raw.DISCONNECT_PEER}
NAMES = {raw.RE_AUTH: 'RA', raw.ACCOUNTING: 'AC', raw.ABORT_SESSION: 'AS',
         raw.SESSION_TERMINATION: 'ST', raw.MB: 'MB', raw.MH: 'MH'}
# What differs from run to run.
VARIABLE = [
    (re.compile(r';\d+;\d+'), ';N;N'),
    (re.compile(r'(hop-by-hop|end-to-end) 0x[0-9a-f]+'), r'\1 N'),
    (re.compile(r'(Origin-State-Id|Event-Timestamp|Acct-Session-Time) .*'), r'\1 N'),
    (re.compile(r'\d+ octets$'), 'N octets'),
    (re.compile(r'(aaa://[\w.]+):\d+'), r'\1:N'),
]
POLICY = 'linger = 0  addresses = counter'
OCTETS_IN_LINE = 32


@dataclasses.dataclass
class Sent:
    """One message on one connection."""

    time: int
    sender: str
    receiver: str
    octets: str  # hexadecimal
    decoded: list = dataclasses.field(default_factory=list)

    @property
    def name(self):
        """MBR, MBA ..."""
        return self.decoded[0].split()[0]

    @property
    def result(self):
        found = [line.split()[1] for line in self.decoded if line.startswith('    Result-Code')]
        return f' {found[0]}' if found else ''

    def step(self):
        return f'{short(self.sender)} -> {short(self.receiver)}  {self.name}{self.result}'

    def meaning(self):
        """What it says, without what differs from run to run."""
        return [steady(line) for line in self.decoded]


def short(identity):
    return identity.split('.')[0]


def identity_of(node):
    return re.search('identity = "(.*?)"', node.text).group(1)


def steady(line):
    for pattern, instead in VARIABLE:
        line = pattern.sub(instead, line)
    return line


class Stage:
    """nas1, nas2, proxy, aaa, ha1, ha2 of figure 7; `more` adds to a configuration by name.
    `first_agent` is more of the server's words about ha1. `others` are configurations of nodes that
    start behind them and dial the proxy."""

    def __init__(self, farm, users=('alice',), policy=POLICY, first_agent='', others=None, **more):
        self.farm = farm
        self.port = homeward.free_port()
        traced = {name: f'trace = "{farm.folder}/{name}.trace"\n' + more.get(name, '')
                  for name in ('aaa', 'ha1', 'ha2', 'proxy', 'nas1', 'nas2')}
        proxy_port = homeward.free_port()
        hop = f'proxy.{VISITED}'
        configurations = {
            'aaa': homeward.server_config(policy=policy, port=self.port, more=traced['aaa']),
            'ha1': homeward.agent_config(1, self.port, traced['ha1']),
            'ha2': homeward.agent_config(2, self.port, traced['ha2']),
            'proxy': homeward.proxy_config(self.port, traced['proxy'], own_port=proxy_port),
            'nas1': homeward.nas_config(1, hop, proxy_port, traced['nas1']),
            'nas2': homeward.nas_config(2, hop, proxy_port, traced['nas2']),
        }
        configurations['aaa'] = configurations['aaa'].replace(
            'pool = "2001:db8:1:2::/64"', f'pool = "2001:db8:1:2::/64" {first_agent}')
        # Counted addresses begin at 1: the agents' own ones are out of the way.
        for name in ('ha1', 'ha2'):
            configurations[name] = configurations[name].replace('2::1/64', '2::ffff/64')
        self.nodes = {name: farm.daemon(name, text) for name, text in configurations.items()}
        for node in self.nodes.values():
            node.start()
        for agent in ('ha1', 'ha2'):
            self['aaa'].wait_open(f'{agent}.{HOME}')
        self['proxy'].wait_open(f'aaa.{HOME}')
        for nas in ('nas1', 'nas2'):
            self[nas].wait_open(hop)
        for name, text in (others or {}).items():
            self.add(name, text(proxy_port))
            self['proxy'].wait_open(identity_of(self.nodes[name]))
        records = [homeward.subscriber(user) if isinstance(user, str) else user for user in users]
        self['aaa'].ask('subscriber-import', subscribers=records)
        self.seen = 0

    def add(self, name, text):
        """Another node, traced."""
        trace = f'trace = "{self.farm.folder}/{name}.trace"\n'
        self.nodes[name] = self.farm.daemon(name, text + trace).start()

    def __getitem__(self, name):
        return self.nodes[name]

    def attach(self, user='alice', nas='nas1', **more):
        return self[nas].ask('attach', user_name=f'{user}@{HOME}', interface='wlan0', **more)

    def detach(self, attachment, nas='nas1'):
        return self[nas].ask('detach', session_id=attachment['session_id'])

    def curtain(self):
        """What was sent up to here is no part of the flow."""
        self.seen = len(self.sent())

    def sent(self):
        """All messages of sessions so far, in the order in which they left."""
        found = []
        for node in self.nodes.values():
            identity = identity_of(node)
            path = self.farm.folder / f'{node.name}.trace'
            for line in path.read_text().splitlines():
                record = json.loads(line)
                code = int(record['octets'][10:16], 16)
                if record['sent'] and code not in CONNECTION:
                    found.append(Sent(record['time_ns'], identity, record['peer'],
                                      record['octets']))
        return sorted(found, key=lambda sent: sent.time)

    def flow(self):
        return self.sent()[self.seen:]

    def names(self):
        """MBR, MBA ... of the flow so far."""
        named = []
        for sent in self.flow():
            code, request = int(sent.octets[10:16], 16), int(sent.octets[8:10], 16) & raw.R
            named.append(NAMES[code] + ('R' if request else 'A'))
        return named


# ---- the flows, in the order of the document ----

def bootstrapping(farm):
    """The draft's figure 7. The NAS asks for alice, the proxy passes it on with a Route-Record, the
    home server chooses the nearest home agent, allocates an address, stores both, pushes the keys,
    stores that the agent has them, and answers."""
    stage = Stage(farm)
    stage.attach()
    return stage.flow()


def moving(farm):
    """Alice turns up at another NAS. Her mobility session is there already: the same home agent and
    home address are answered, and no home agent is asked."""
    stage = Stage(farm)
    stage.attach()
    stage.curtain()
    stage.attach(nas='nas2')
    return stage.flow()


def leaving(farm):
    """Alice's only access session ends. With `linger = 0` the home agent is told at once to let her
    go; as the access device of its session it answers the ASR and sends STR. Only then is her
    address free again."""
    stage = Stage(farm)
    attachment = stage.attach()
    stage.curtain()
    stage.detach(attachment)
    homeward.eventually('nothing is left', lambda: not stage['aaa'].ask('sessions') and
                        stage.names().count('STA') == 3)
    return stage.flow()


def reauthorizing(farm):
    """The operator asks for it, or alice's subscription changed. The server's RAR reaches the NAS
    of the access session; the NAS answers, and asks again with the same Session-Id."""
    stage = Stage(farm)
    stage.attach()
    stage.curtain()
    stage['aaa'].ask('sessions-reauthorize', name=f'alice@{HOME}')
    homeward.eventually('the MBA came', lambda: stage.names().count('MBA') == 2)
    return stage.flow()


def aborting(farm):
    """The operator ends alice's service: ASR to the NAS, which answers and ends the access session
    with STR; then her home agent is told. One request to each side is under way at a time."""
    stage = Stage(farm)
    stage.attach()
    stage.curtain()
    stage['aaa'].ask('sessions-abort', name=f'alice@{HOME}')
    homeward.eventually('nothing is left', lambda: not stage['aaa'].ask('sessions') and
                        stage.names().count('STA') == 3)
    return stage.flow()


def refused(farm):
    """A subscriber without mobility service gets the same answer as nobody at all, so that names
    cannot be probed. No home agent is asked, nothing is allocated."""
    stage = Stage(farm, users=[{**homeward.subscriber('carol'), 'mobility': False}])
    with homeward.refused():
        stage.attach('carol')
    return stage.flow()


def next_candidate(farm):
    """The first home agent has no room (5006); what was allocated for it is given back and the next
    one is asked."""
    stage = Stage(farm, users=('alice', 'bob'), first_agent='weight = 9',
                  ha1='home-agent-role { capacity = 1 }')
    stage.attach('bob')
    stage.curtain()
    stage.attach()
    return stage.flow()


def faulty(farm):
    """A home address whose prefix length is 129. The answer carries the offending AVP as it came,
    and nothing was allocated."""
    stage = Stage(farm)
    with raw.Peer.dial('127.0.0.1', stage.port, host=f'raw.{VISITED}') as peer:
        peer.open()
        hint = raw.avp(raw.MIP6_HOME_ADDRESS, bytes([0, 129]) + bytes(16), vendor=raw.VENDOR)
        request = peer.mbr(f'alice@{HOME}', extra=[hint])
        answer = peer.ask(request)
    return [Sent(0, f'raw.{VISITED}', f'aaa.{HOME}', request.hex()),
            Sent(1, f'aaa.{HOME}', f'raw.{VISITED}', answer.octets.hex())]


def duplicate(farm):
    """A client whose connection failed, or who heard nothing, sends its MBR again: T is set, the
    End-to-End Identifier is the one of before. It gets the same octets, and nothing is allocated
    twice."""
    stage = Stage(farm)
    with raw.Peer.dial('127.0.0.1', stage.port, host=f'raw.{VISITED}') as peer:
        peer.open()
        session = peer.new_session_id()
        flow = []
        for flags in (raw.R | raw.P, raw.R | raw.P | raw.T):
            request = peer.mbr(f'alice@{HOME}', session=session, end_to_end=77, flags=flags)
            answer = peer.ask(request)
            flow += [Sent(len(flow), f'raw.{VISITED}', f'aaa.{HOME}', request.hex()),
                     Sent(len(flow) + 1, f'aaa.{HOME}', f'raw.{VISITED}', answer.octets.hex())]
    return flow


def rekeying(farm):
    """Alice's keys are renewed, here by an operator's order. Her home agent is asked by RAR, and gets
    the keys of the next epoch by MHR with the same Session-Id; then her NAS is asked to come again,
    and the MBA tells it the epoch of which alice makes the same keys."""
    stage = Stage(farm)
    stage.attach()
    stage.curtain()
    stage['aaa'].ask('sessions-rekey', name=f'alice@{HOME}')
    homeward.eventually('the MBA came', lambda: stage.names().count('MBA') == 2)
    return stage.flow()


def redirected(farm):
    """A third NAS knows a redirect agent and nobody else for the home realm. The agent names the home
    server and goes out of the way: the NAS, which has that one as a peer, sends the same MBR there."""
    stage = Stage(farm)
    agent = f'dra.{VISITED}'
    stage.add('dra', homeward.node(
        agent, VISITED, 'proxy', 'listen "127.0.0.1:0" {}', homeward.LOOPBACK,
        f'route "{HOME}" {{ action = redirect  '
        f'redirect-to = {{ "aaa://aaa.{HOME}:{stage.port}" }} }}'))
    stage.add('nas3', homeward.nas_config(
        3, agent, stage['dra'].port,
        f'peer "aaa.{HOME}" {{ connect = "127.0.0.1:{stage.port}" }}'))
    for peer in (agent, f'aaa.{HOME}'):
        stage['nas3'].wait_open(peer)
    stage.attach(nas='nas3')
    return stage.flow()


def is_accounting(sent):
    return int(sent.octets[10:16], 16) == raw.ACCOUNTING


def accounting(farm):
    """Alice comes and goes: the NAS accounts for her access session, the home agent for its own. Both
    START and both STOP have her Acct-Multi-Session-Id. The other messages are those of flows 1 and
    3 and are left out."""
    counted = 'accounting {}'
    stage = Stage(farm, ha1=counted, nas1=counted)
    attachment = stage.attach()
    # Each START goes one hop or two; then each STOP.
    homeward.eventually('both are started', lambda: stage.names().count('ACA') == 3)
    stage.detach(attachment)
    homeward.eventually('both are stopped', lambda: stage.names().count('ACA') == 6)
    return [sent for sent in stage.flow() if is_accounting(sent)]


def local_agent(farm):
    """The visited network offers a home agent of its own: the proxy sets LOCAL_HOME_AGENT_ASSIGNMENT
    and adds the hint, as its agreement with home says. Alice's subscription allows it. The MHR comes
    back into the visited network, through the proxy, which is trusted with keys here."""
    agent = f'ha9.{VISITED}'
    address = '2001:db8:9:2::ffff/64'
    stage = Stage(
        farm, users=[homeward.subscriber('alice', local_home_agent=True)],
        aaa=homeward.WAY_BACK + f'home-agent "{agent}" {{ realm = "{VISITED}"  '
            f'address = "{address}"  pool = "2001:db8:9:2::/64"  local = true }}',
        proxy=f'agreement "{HOME}" {{ allow-local = true  local-home-agent = "{address}"  '
              f'local-home-agent-fqdn = "{agent}" }}',
        others={'ha9': lambda port: homeward.node(
            agent, VISITED, 'home-agent',
            f'peer "proxy.{VISITED}" {{ connect = "127.0.0.1:{port}" }}',
            f'route "*" {{ peers = {{ "proxy.{VISITED}" }} }}',
            f'link "2001:db8:9:2::/64" {{ address = "{address}" }}')})
    stage.attach()
    return stage.flow()


def split(farm):
    """The split scenario: alice talks to her home agent, which asks the home server for her. The MBA
    brings the keys, as the client is the home agent that is assigned; no MHR follows. When alice has
    left, the home agent ends the access session."""
    stage = Stage(farm)
    result = stage['ha1'].ask('bootstrap', user_name=f'alice@{HOME}')
    stage['ha1'].ask('bindings-end', session_id=result['session_id'], left=True)
    homeward.eventually('nothing is left', lambda: not stage['aaa'].ask('sessions') and
                        'STA' in stage.names())
    return stage.flow()


def naming(farm):
    """Alice asks for a name in DNS. The home server claims it, by RFC 2136, between the second commit
    and the MBA, which says that it is done (Status 0). With the end of the session the name is
    removed, before the home agent is told."""
    server = name_servers.Puppet(lambda request, tcp: name_servers.answer(request))
    key = name_servers.key_file(farm.folder / 'update.key')
    try:
        stage = Stage(farm, users=[homeward.subscriber('alice', fqdn=f'.{HOME}')],
                      aaa=f'dns-zone "{HOME}" {{ servers = {{ "{server.address}" }}  '
                          f'key-file = "{key}" }}')
        attachment = stage.attach(dns_name=f'alice.{HOME}')
        assert attachment['dns_status'] == 0
        stage.detach(attachment)
        homeward.eventually('nothing is left', lambda: not stage['aaa'].ask('sessions') and
                            stage.names().count('STA') == 3)
        homeward.eventually('the name is gone', lambda: not stage['aaa'].ask('dns')['held'])
        return stage.flow()
    finally:
        server.stop()


def agent_dies(farm):
    """Alice is attached at two NASes when her home agent dies. The next MBR gives her another one, with
    another address (`move-after = 0`); her other NAS is asked to come again and learns of it. When the
    old home agent returns with what it had, it is told to let go."""
    stage = Stage(farm, policy=f'{POLICY}  move-after = 0')
    stage.attach()
    stage.attach(nas='nas2')
    stage.curtain()
    stage['ha1'].kill()
    homeward.eventually('it is seen', lambda: not stage['aaa'].is_open(f'ha1.{HOME}'))
    stage.attach()
    homeward.eventually('the other NAS knows', lambda: stage.names().count('MBA') == 4)
    stage['ha1'].start()
    homeward.eventually('the old one is told', lambda: 'STA' in stage.names(), limit=30)
    return stage.flow()


FLOWS = [
    ('Bootstrapping', bootstrapping),
    ('A node moves', moving),
    ('Detachment', leaving),
    ('Re-authorization', reauthorizing),
    ('The operator ends it', aborting),
    ('Refused', refused),
    ('The next home agent', next_candidate),
    ('A faulty request', faulty),
    ('A duplicate', duplicate),
    ('New keys', rekeying),
    ('Accounting', accounting),
    ('A home agent of the visited network', local_agent),
    ('The split scenario', split),
    ('A name in DNS', naming),
    ('A home agent dies', agent_dies),
    ('A redirect agent', redirected),
]


# ---- writing ----

def decode(tool, flow):
    """Gives each message its text."""
    for sent in flow:
        done = subprocess.run([tool, 'decode'], input=sent.octets, capture_output=True, text=True,
                              timeout=30, check=False)
        sent.decoded = done.stdout.rstrip().splitlines()
    return flow


def play(build, number):
    """One flow of FLOWS on processes of `build`; what was wrong with their end raises."""
    farm = homeward.Farm(build)
    try:
        flow = FLOWS[number][1](farm)
    finally:
        wrong = farm.close()
        farm.remove()
    assert not wrong, wrong
    return decode(build / 'src/cli/homeward', flow)


def hexadecimal(octets):
    """Lines of 32 octets, in words of four."""
    words = re.findall('.{1,8}', octets)
    return [' '.join(words[at:at + OCTETS_IN_LINE // 4])
            for at in range(0, len(words), OCTETS_IN_LINE // 4)]


def avp_texts(decoded):
    """The lines of each AVP of the message, inner ones with it."""
    groups = []
    for line in decoded[1:]:
        if line.startswith('     ') and groups:
            groups[-1].append(line)
        else:
            groups.append([line])
    return groups


def write_message(sent):
    octets = sent.octets
    yield sent.decoded[0]
    yield '        ' + hexadecimal(octets[:40])[0]
    at = 40
    for texts in avp_texts(sent.decoded):
        size = int(octets[at + 10:at + 16], 16)
        end = at + 2 * (size + -size % 4)
        yield from texts
        yield from ('        ' + line for line in hexadecimal(octets[at:end]))
        at = end


def write_flow(number, flow):
    title, scene = FLOWS[number]
    yield f'## {number + 1}. {title}'
    yield ''
    yield from textwrap.wrap(' '.join(scene.__doc__.split()), 100)
    yield ''
    yield from (f'    {sent.step()}' for sent in flow)
    yield ''
    for sent in flow:
        yield f'**{sent.step()}**'
        yield ''
        yield from (f'    {line}' for line in write_message(sent))
        yield ''


HEAD = """<!-- SPDX-License-Identifier: Apache-2.0 -->
# Message flows, with octets

What real processes sent to each other when the scenes of `tests/process/flows.py` were played; that
program writes this page, and `tests/process/test_flows.py` plays the scenes again and compares.
Messages of connections (capabilities exchange, watchdog, disconnect) are left out. The data of
secret AVPs are zeros, as in every trace. The nodes are those of the draft's figure 7: `nas1`, `nas2`
and `proxy` in visited.example.org, the home server `aaa` and the home agents `ha1` and `ha2` in
home.example.net; `ha9` is a home agent of the visited network, `dra` a redirect agent there, `raw` a
client that only speaks octets. Above the octets of each AVP stands what they say.
"""


def main():
    parser = argparse.ArgumentParser(description='play the message flows and write them down')
    parser.add_argument('--develop', type=pathlib.Path, default=ROOT / 'build/develop')
    parser.add_argument('document', type=pathlib.Path)
    options = parser.parse_args()
    lines = HEAD.splitlines() + ['']
    for number, (title, _) in enumerate(FLOWS):
        print(f'{number + 1}. {title}', file=sys.stderr, flush=True)
        lines += write_flow(number, play(options.develop.resolve(), number))
    options.document.write_text('\n'.join(lines).rstrip() + '\n')


if __name__ == '__main__':
    main()
