# SPDX-License-Identifier: Apache-2.0
"""Keys: that they are the profile's, and that none is left anywhere (MH03, MH07)."""

import base64
import json
import os
import random
import shutil
import signal
import subprocess

import pytest

import certificates
import diameter_raw as raw
import homeward
import keys
from homeward import HOME, VISITED, eventually, subscriber

AGENT = f'ha1.{HOME}'
# RFC 6733 9.8 and RFC 6734, profile 2
KEY, KEYING_MATERIAL, KEY_NAME, MIP_MN_HA_SPI = 581, 583, 586, 491
MIP6_SA_PROTOCOL, MIP6_KEY_EPOCH = 6, 7
PROTOCOLS = {1: 'IKEV2', 2: 'IKEV1', 3: 'MIPV6_AUTH'}


# ---- MH03 ----

def member(avps, code, vendor=0):
    return next(a for a in avps if (a.code, a.vendor) == (code, vendor))


@pytest.fixture
def agent(farm):
    """A home server, and a home agent that is this test."""
    text = homeward.server_config(agents=(1,), policy='sa-protocols = { ikev2, ikev1, mipv6-auth }')
    server = farm.daemon('aaa', text).start()
    with raw.Peer.dial('127.0.0.1', server.port, host=AGENT, realm=HOME) as peer:
        peer.open()
        peer.server = server
        yield peer


def test_MH03_keys_that_leave_are_those_of_hashlib(agent):
    root = os.urandom(24)
    user = f'Alice@{HOME}'
    agent.server.ask('subscriber-add',
                     subscriber={'user_name': user, 'root_key': root.hex()})
    with raw.Peer.dial('127.0.0.1', agent.server.port) as nas:
        nas.open()
        nas.send(nas.mbr(user))
        request = agent.awaited(lambda m: m.code == raw.MH and m.is_request)
        address = raw.home_address(request)
        found = [a.inner for a in request.all(raw.MIP6_SECURITY_ASSOCIATION, raw.VENDOR)]
        agent.answer(request, [
            raw.avp(raw.SESSION_ID, request.first(raw.SESSION_ID).data),
            raw.avp(raw.AUTH_APPLICATION_ID, raw.MIP6), raw.avp(raw.RESULT_CODE, 2001),
            *agent.origin()])
        assert nas.awaited(lambda m: m.code == raw.MB).result == 2001
    assert [PROTOCOLS[member(a, MIP6_SA_PROTOCOL, raw.VENDOR).number] for a in found] == \
        list(PROTOCOLS.values())
    for association in found:
        protocol = PROTOCOLS[member(association, MIP6_SA_PROTOCOL, raw.VENDOR).number]
        label = keys.LABELS[protocol]
        epoch = member(association, MIP6_KEY_EPOCH, raw.VENDOR).number
        data = keys.context(user, AGENT, address, epoch)
        key = member(association, KEY).inner
        assert epoch == 1
        assert member(key, KEYING_MATERIAL).data == keys.derive(root, label, data)
        assert member(key, KEY_NAME).text == keys.name(label, data)
        if protocol == 'MIPV6_AUTH':
            assert member(association, MIP_MN_HA_SPI).number == keys.spi(data)


def test_MH03_names_and_spis_at_the_home_agent(farm):
    home = homeward.Home(farm, agents=(1,), users=(),
                         policy='sa-protocols = { ikev2, mipv6-auth }')
    home.subscribe(subscriber('alice'))
    with raw.Peer.dial('127.0.0.1', home.port) as nas:
        nas.open()
        assert nas.ask(nas.mbr(f'alice@{HOME}')).result == 2001
    binding = home.bindings(AGENT)[0]
    data = keys.context(f'alice@{HOME}', AGENT, binding['home_address'], 1)
    for association in binding['associations']:
        assert association['key_name'] == keys.name(keys.LABELS[association['protocol']], data)
    assert [a.get('spi') for a in binding['associations']] == [None, keys.spi(data)]


def test_MH03_the_table_of_the_profile():
    """The search below would find nothing if it looked for the wrong keys."""
    root = bytes(range(16))
    data = keys.context(f'alice@{HOME}', AGENT, '2001:db8:1:2::5', 1)
    assert keys.derive(root, keys.PSK, data).hex() == \
        'e9f1ca7ba26b9b01313d8caf99878d14f142da5b934ec1bb9481f2cd77eacc0c'
    assert keys.derive(root, keys.MN_HA, data).hex() == 'e46c63cc8f84ef6f2bf4fcbe28b75adb'
    assert (keys.name(keys.PSK, data), keys.spi(data)) == ('d733d7bc744b9eb2', 1355929548)


# ---- MH07 ----

class Life:
    """Figure 7 over TLS with all that can write something, and the keys that it knows."""

    def __init__(self, farm, folder):
        self.farm = farm
        self.roots = {f'{name}@{HOME}': os.urandom(32) for name in ('alice', 'bob')}
        self.secrets = {f'root of {user}': key for user, key in self.roots.items()}
        self.said = {}  # what was told by commands
        authority = certificates.Authority(folder / 'ca')
        port = homeward.free_port()
        texts = {
            'aaa': homeward.server_config(
                agents=(1, 2), policy='linger = 1s  sa-protocols = { ikev2, mipv6-auth }',
                port=port).replace(f'"127.0.0.1:{port}" {{}}', f'"127.0.0.1:{port}" {{ tls = true }}'),
            'ha1': homeward.agent_config(1, port), 'ha2': homeward.agent_config(2, port),
            'nas1': homeward.nas_config(1, f'aaa.{HOME}', port),
        }
        names = {'aaa': f'aaa.{HOME}', 'ha1': f'ha1.{HOME}', 'ha2': f'ha2.{HOME}',
                 'nas1': f'nas1.{VISITED}'}
        self.daemons = {}
        for name, text in texts.items():
            text = text.replace(f'connect = "127.0.0.1:{port}"',
                                f'connect = "127.0.0.1:{port}"  tls = required')
            text += (f'{authority.issue(names[name]).block()}\nlog {{ level = debug }}\n'
                     f'trace = "{farm.folder}/{name}.trace"\n')
            self.daemons[name] = farm.daemon(name, text).start()
        self.wait_open()

    def __getitem__(self, name):
        return self.daemons[name]

    def wait_open(self):
        for peer in f'ha1.{HOME}', f'ha2.{HOME}', f'nas1.{VISITED}':
            self['aaa'].wait_open(peer)
        self['nas1'].wait_open(f'aaa.{HOME}')

    def tool(self, *words, daemon=None, stdin=''):
        """Runs the tool, as text and as JSON; both are kept."""
        where = ['--socket', str(self[daemon].control_path)] if daemon else []
        for form in [], ['--json']:
            run = subprocess.run([str(self.farm.build / 'src/cli/homeward'), *words, *where, *form],
                                 input=stdin, capture_output=True, text=True, timeout=60,
                                 check=False)
            self.said[f'{" ".join(words)} {form} {len(self.said)}'] = \
                (run.stdout + run.stderr).encode()

    def ask(self, name, command, **parameters):
        try:
            result = self[name].ask(command, **parameters)
        except homeward.ControlError as error:
            result = [error.error, error.result]
        self.said[f'{name} {command} {len(self.said)}'] = json.dumps(result).encode()
        return result

    def learn(self):
        """The keys of the sessions that are there now."""
        for session in self.ask('aaa', 'sessions'):
            data = keys.context(session['user_name'], session['home_agent_fqdn'],
                                session['home_address'], session['key_epoch'])
            for label in keys.PSK, keys.MN_HA:
                where = f'{label} of {session["user_name"]}, epoch {session["key_epoch"]}, ' \
                        f'{session["home_address"]}'
                self.secrets[where] = keys.derive(self.roots[session['user_name']], label, data)

    def attach(self, user, interface):
        attachment = self.ask('nas1', 'attach', user_name=user, interface=interface)
        assert attachment['outcome'] == 'bootstrapped'
        self.learn()
        return attachment

    def things(self):
        """All that was written and told, but for what the test itself put there."""
        files = {}
        for path in self.farm.folder.rglob('*'):
            if path.is_file() and not path.is_symlink():
                files[str(path.relative_to(self.farm.folder))] = path.read_bytes()
        return {**files, **self.said}


def live(life):
    """A life with all its turns; afterwards nothing runs any more."""
    alice, bob = life.roots
    for user, key in life.roots.items():
        life.tool('subscriber', 'add', user, '--root-key', '-', daemon='aaa', stdin=key.hex())
    with life['aaa'].control() as watching:
        watching.send('trace', count=0)
        first = life.attach(alice, 'wlan0')
        life.attach(bob, 'wlan1')
        life.ask('nas1', 'detach', session_id=first['session_id'])
        eventually('the trace is told', lambda: watching.line())
        life.said['trace'] = watching.waiting
    # What is wrong is told without repeating it.
    wrong = life.roots[alice].hex() + 'zz'
    life.ask('aaa', 'subscriber-add', subscriber={'user_name': alice, 'root_key': wrong})
    life.ask('aaa', 'subscriber-add', subscriber={'user_name': alice, 'root_key': wrong[:-2],
                                                  'what': 1})
    life['aaa'].kill()
    life['ha1'].kill()
    life['aaa'].start()
    life['ha1'].start()
    life.wait_open()
    life.attach(alice, 'wlan2')
    for name in life.daemons:
        for command in 'status', 'peers':
            life.ask(name, command)
            life.tool(command, daemon=name)
    for command in 'sessions', 'agents', 'subscriber-list':
        life.ask('aaa', command)
    for agent in 'ha1', 'ha2':
        life.ask(agent, 'bindings')
        life.tool('bindings', daemon=agent)
    life.tool('sessions', daemon='aaa')
    life.tool('subscriber', 'list', daemon='aaa')
    life.tool('sessions', 'reauthorize', bob, daemon='aaa')
    life.tool('sessions', 'rekey', alice, daemon='aaa')
    eventually('there are new keys', lambda: [
        s['key_epoch'] for s in life.ask('aaa', 'sessions') if s['user_name'] == alice][0] > 1)
    life.learn()
    life.tool('attachments', daemon='nas1')
    for name in life.daemons:
        for line in (life.farm.folder / f'{name}.trace').read_text().splitlines():
            octets = json.loads(line)['octets']
            if octets[10:16] == f'{raw.MH:06x}':
                life.tool('decode', stdin=octets)
    life.codes = {name: life[name].end(signal.SIGABRT) for name in ('aaa', 'ha1', 'ha2')}


@pytest.fixture
def life(farm, tmp_path):
    return Life(farm, tmp_path)


def test_MH07_a_whole_life_leaves_no_key(life):
    live(life)
    assert len(life.secrets) >= 2 + 2 * 2 + 2  # roots, both keys of both, and alice's new ones
    things = life.things()
    assert {'aaa/store.db', 'ha1/store.db', 'aaa.trace', 'aaa.log', 'aaa.conf'} <= set(things), \
        sorted(things)
    assert b'00000247' in things['ha1.trace']  # there was Keying-Material, blanked
    assert any(name.startswith('decode') and b'Keying-Material' in octets
               for name, octets in things.items())
    assert keys.leaks(things, life.secrets) == []
    # Nothing of the memory of those that crashed, and they did.
    assert set(life.codes.values()) <= {-signal.SIGABRT, 1}
    assert not [name for name in things if 'core' in name.rsplit('/', 1)[-1]]


def test_a_new_key_for_the_store(farm, life):
    """homeward store rekey at both ends, killed at any moment too: what was promised is there."""
    alice = next(iter(life.roots))
    life.tool('subscriber', 'add', alice, '--root-key', '-', daemon='aaa',
              stdin=life.roots[alice].hex())
    life.attach(alice, 'wlan0')
    bindings = life['ha1'].ask('bindings') + life['ha2'].ask('bindings')
    tool = farm.build / 'src/cli/homeward'

    def rekey(name):
        return [str(tool), 'store', 'rekey', '--data', str(life[name].data)]

    refused = subprocess.run(rekey('aaa'), capture_output=True, text=True, timeout=60, check=False)
    assert refused.returncode == 1 and 'is in use; stop its daemon first' in refused.stderr
    keys_before = {name: (life[name].data / 'store.key').read_bytes()
                   for name in ('aaa', 'ha1', 'ha2')}
    for name in keys_before:
        life[name].stop()
    chance = random.Random(9)
    for _ in range(12):
        with subprocess.Popen(rekey('aaa'), stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL) as run:
            try:
                run.wait(timeout=chance.uniform(0.005, 0.15))
            except subprocess.TimeoutExpired:
                run.kill()
        listed = subprocess.run([str(tool), 'subscriber', 'list', '--json', '--data',
                                 str(life['aaa'].data)], capture_output=True, text=True,
                                timeout=60, check=False)
        assert listed.returncode == 0, listed.stderr
        assert [r['user_name'] for r in json.loads(listed.stdout)] == [alice]
    for name, key in keys_before.items():
        done = subprocess.run(rekey(name), capture_output=True, text=True, timeout=60, check=True)
        assert 'a new key is in force' in done.stdout
        assert (life[name].data / 'store.key').read_bytes() != key
        life[name].start()
    life.wait_open()
    assert life['ha1'].ask('bindings') + life['ha2'].ask('bindings') == bindings
    life.attach(alice, 'wlan1')
    assert keys.leaks(life.things(), life.secrets) == []


# ---- random keys ----

def material(request):
    """What a MHR brings, protocol by protocol, with the epoch."""
    found = {}
    for association in request.all(raw.MIP6_SECURITY_ASSOCIATION, raw.VENDOR):
        key = member(member(association.inner, KEY).inner, KEYING_MATERIAL)
        protocol = member(association.inner, MIP6_SA_PROTOCOL, raw.VENDOR).number
        epoch = member(association.inner, MIP6_KEY_EPOCH, raw.VENDOR).number
        found[protocol, epoch] = key.data
    return found


def taken(agent, nas, user):
    """A MBR, the MHR that follows, MHA and MBA: the keys of the MHR and the MBA."""
    nas.send(nas.mbr(user))
    request = agent.awaited(lambda m: m.code == raw.MH and m.is_request)
    accept(agent, request)
    answer = nas.awaited(lambda m: m.code == raw.MB)
    assert answer.result == 2001, answer.error
    return material(request), answer


def accept(agent, request, state=1):
    agent.answer(request, [
        raw.avp(raw.SESSION_ID, request.first(raw.SESSION_ID).data),
        raw.avp(raw.AUTH_APPLICATION_ID, raw.MIP6), raw.avp(raw.RESULT_CODE, 2001),
        raw.avp(raw.ORIGIN_STATE_ID, state), *agent.origin()])


def derived(root, user, address):
    data = keys.context(user, AGENT, address, 1)
    return {(protocol, 1): keys.derive(root, keys.LABELS[name], data)
            for protocol, name in PROTOCOLS.items()}


def test_MH07_random_keys_are_nowhere_and_stay_those_of_their_session(farm):
    port = homeward.free_port()
    server = farm.daemon('aaa', homeward.server_config(
        agents=(1,), port=port, more=f'log {{ level = debug }}\ntrace = "{farm.folder}/trace"',
        policy='linger = 1s  random-keys = true  sa-protocols = { ikev2, ikev1, mipv6-auth }'))
    server.start()
    roots = {f'{name}@{HOME}': os.urandom(32) for name in ('alice', 'bob')}
    for user, root in roots.items():
        server.ask('subscriber-add', subscriber={'user_name': user, 'root_key': root.hex()})
    found, said = {}, {}
    with raw.Peer.dial('127.0.0.1', port, host=AGENT, realm=HOME) as agent, \
            raw.Peer.dial('127.0.0.1', port) as nas:
        agent.open(extra=[raw.avp(raw.ORIGIN_STATE_ID, 1)])
        nas.open()
        for user in roots:
            found[user], answer = taken(agent, nas, user)
            assert set(found[user]) == {(1, 1), (2, 1), (3, 1)}
            assert not set(found[user].values()) & \
                set(derived(roots[user], user, raw.home_address(answer)).values())
            for association in answer.all(raw.MIP6_SECURITY_ASSOCIATION, raw.VENDOR):
                assert {a.code for a in association.inner} & {KEY, MIP6_KEY_EPOCH} == set()
    alice, bob = found.values()
    assert not set(alice.values()) & set(bob.values())
    said['sessions'] = json.dumps(server.ask('sessions')).encode()
    assert b'"random_keys": true' in said['sessions']
    server.kill()
    server.start()
    # The home agent lost its state: it is told again, and gets the same keys.
    with raw.Peer.dial('127.0.0.1', port, host=AGENT, realm=HOME) as agent:
        agent.open(extra=[raw.avp(raw.ORIGIN_STATE_ID, 2)])
        again = []
        for _ in roots:
            request = agent.awaited(lambda m: m.code == raw.MH and m.is_request)
            again.append(material(request))
            accept(agent, request, state=2)
    assert sorted(map(str, again)) == sorted(map(str, found.values()))
    server.stop()
    secrets = {f'{user} {where}': key for user, all_keys in found.items()
               for where, key in all_keys.items()}
    things = {str(path.relative_to(farm.folder)): path.read_bytes()
              for path in farm.folder.rglob('*') if path.is_file()}
    assert {'aaa/store.db', 'aaa.log', 'trace'} <= set(things)
    assert keys.leaks({**things, **said}, secrets) == []


def test_MH07_the_search_finds_what_is_planted():
    key = os.urandom(32)
    planted = {
        'raw': b'junk' + key + b'junk',
        'half': b'junk' + key[16:] + b'junk',
        'hex': b'"' + key.hex().encode() + b'"',
        'HEX': key.hex().upper().encode(),
        'colons': key.hex(':').encode(),
        'base64': base64.b64encode(key),
        'base64 of more': base64.b64encode(b'x' + key + b'y'),
        'url': base64.urlsafe_b64encode(b'xy' + key),
    }
    innocent = {'other': os.urandom(5000), 'hex of other': os.urandom(500).hex().encode()}
    assert keys.leaks({**planted, **innocent}, {'it': key}) == \
        sorted((name, 'it') for name in planted)


def in_memory(pid, secrets):
    """{name of a secret: how often it is in what the process can write}."""
    found = dict.fromkeys(secrets, 0)
    with open(f'/proc/{pid}/maps', encoding='utf-8') as maps, \
            open(f'/proc/{pid}/mem', 'rb', buffering=0) as memory:
        for line in maps:
            bounds, rights = line.split()[:2]
            start, end = (int(bound, 16) for bound in bounds.split('-'))
            # The sanitizer reserves terabytes, and readers of its shadow find nothing of ours.
            if not rights.startswith('rw') or end - start > 1 << 30:
                continue
            memory.seek(start)
            try:
                octets = memory.read(end - start)
            except OSError:
                continue
            for name, secret in secrets.items():
                found[name] += octets.count(secret)
    return {name: count for name, count in found.items() if count}


@pytest.mark.skipif(os.geteuid() != 0, reason='the memory of a process is for root to read')
def test_MH07_memory_keeps_what_is_in_use_and_nothing_else(life):
    """A sanitizer keeps freed memory as it was: whoever frees a key without wiping it is found."""
    alice, bob = life.roots
    for user, root in life.roots.items():
        life.ask('aaa', 'subscriber-add', subscriber={'user_name': user, 'root_key': root.hex()})
    attachments = [life.attach(user, 'wlan0') for user in life.roots]
    derived = {name: key for name, key in life.secrets.items() if 'root' not in name}

    def memory(name, secrets):
        return in_memory(life[name].process.pid, secrets)

    # The server makes the keys when it pushes them; the roots came in over the control socket.
    assert memory('aaa', derived) == {}
    assert memory('aaa', life.secrets) == {f'root of {alice}': 1, f'root of {bob}': 1}
    assert memory('aaa', {user: root.hex().encode() for user, root in life.roots.items()}) == {}
    assert memory('nas1', life.secrets) == {}
    # Each is at its home agent, once.
    assert sorted([*memory('ha1', derived).items(), *memory('ha2', derived).items()]) == \
        sorted((name, 1) for name in derived)
    for attachment in attachments:
        life.ask('nas1', 'detach', session_id=attachment['session_id'])
    eventually('the bindings are gone',
               lambda: not life['ha1'].ask('bindings') + life['ha2'].ask('bindings'))
    assert {**memory('ha1', life.secrets), **memory('ha2', life.secrets)} == {}


def as_nobody(*command):
    return ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', *command]


@pytest.mark.skipif(os.geteuid() != 0, reason='another user is needed')
def test_MH07_no_core_and_nobody_may_look_in(farm):
    """The same user may not read the process's memory, which is what a core dump needs too."""
    server = farm.daemon('aaa', homeward.server_config(agents=()))
    server.prefix = as_nobody()
    shutil.chown(farm.folder, 65534, 65534)
    server.start()
    limits = open(f'/proc/{server.process.pid}/limits', encoding='ascii').read()
    assert [line.split()[4:6] for line in limits.splitlines() if 'core file' in line] == [['0', '0']]
    look = subprocess.run(as_nobody('cat', f'/proc/{server.process.pid}/environ'),
                          capture_output=True, check=False, timeout=30)
    assert look.returncode != 0 and b'Permission denied' in look.stderr
    with subprocess.Popen(as_nobody('sleep', '60')) as other:
        try:
            eventually('another process can be looked into', lambda: not subprocess.run(
                as_nobody('cat', f'/proc/{other.pid}/environ'), capture_output=True,
                check=False, timeout=30).returncode)
        finally:
            other.kill()
