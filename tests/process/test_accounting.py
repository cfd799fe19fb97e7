# SPDX-License-Identifier: Apache-2.0
"""Accounting with real processes: NASes, a home agent and a raw client tell, a home server keeps,
and the report joins what belongs together.
"""

import contextlib
import csv
import io
import json
import random
import sqlite3
import struct
import subprocess

import pytest

import diameter_raw as raw
from homeward import (HOME, VISITED, ControlError, agent_config, eventually, free_port, nas_config, proxy_config,
                      refused, server_config, subscriber)
from postgres import Cluster

CLIENT = 'accounting { retry = 200ms }'
ALICE = f'alice@{HOME}'


class Accounted:
    """Figure 7 with a second NAS, where all account for what they do."""

    def __init__(self, farm, server='', policy='linger = 0'):
        self.farm = farm
        self.port = free_port()
        self.trace = farm.folder / 'aaa.trace'
        self.server = farm.daemon('aaa', server_config(
            agents=(1,), port=self.port, policy=policy,
            more=f'trace = "{self.trace}"\naccounting {{ {server} }}')).start()
        self.server.ask('subscriber-import', subscribers=[subscriber('alice'), subscriber('bob')])
        self.agent = farm.daemon('ha1', agent_config(1, self.port, CLIENT)).start()
        self.proxy = farm.daemon('proxy', proxy_config(self.port)).start()
        hop = f'proxy.{VISITED}'
        self.nas = {number: farm.daemon(f'nas{number}', nas_config(
            number, hop, self.proxy.port, CLIENT)).start() for number in (1, 2)}
        self.server.wait_open(f'ha1.{HOME}')
        self.server.wait_open(hop)
        for nas in self.nas.values():
            nas.wait_open(hop)

    def attach(self, user, nas=1):
        return self.nas[nas].ask('attach', user_name=f'{user}@{HOME}', interface='wlan0')

    def detach(self, user, nas=1, **used):
        return self.nas[nas].ask('detach', user_name=f'{user}@{HOME}', **used)

    def report(self, **asked):
        return self.server.ask('accounting-report', **asked)

    def line(self, **asked):
        """The one line of the report, when it has been told to its end without a gap."""
        found = self.report(**asked)
        return found[0] if len(found) == 1 and 'end' in found[0] and not found[0]['gaps'] else None

    def received(self):
        """The ACR that the server received: (flags, octets)."""
        came = [json.loads(line) for line in self.trace.read_text().splitlines()]
        octets = [bytes.fromhex(one['octets']) for one in came
                  if not one['sent']]
        return [(o[4], o) for o in octets
                if int.from_bytes(o[5:8], 'big') == raw.ACCOUNTING and o[4] & raw.R]


@pytest.fixture
def accounted(farm):
    return Accounted(farm)


def tool(accounted, *words, code=0):
    """What `homeward` says."""
    ran = subprocess.run([accounted.farm.build / 'src/cli/homeward', *words], capture_output=True,
                         text=True, timeout=30, check=False)
    assert ran.returncode == code, ran.stderr
    return ran.stdout if code == 0 else ran.stderr


# ---- what NASes and home agent tell ----

def test_AC14_a_node_that_moves_is_one_line(accounted):
    first = accounted.attach('alice', 1)
    accounted.nas[1].ask('usage', user_name=ALICE, input_octets=100, output_octets=70)
    accounted.attach('alice', 2)
    accounted.detach('alice', 1, input_octets=1000, output_octets=700)
    accounted.detach('alice', 2, input_octets=5)
    line = eventually('all is told', accounted.line)
    assert line['user_name'] == ALICE
    assert line['home_agent'] == f'ha1.{HOME}'
    assert line['home_address'].split('/')[0] == first['home_address'].split('/')[0]
    assert line['nas'] == [f'nas1.{VISITED}', f'nas2.{VISITED}']
    assert (line['input_octets'], line['output_octets']) == (1005, 700)
    assert 'input_packets' not in line  # nobody told
    assert line['records'] == 6
    assert line['begin'] <= line['end'] and line['duration'] == line['end'] - line['begin']
    assert sorted(s['accounted'] for s in line['sessions']) == ['access', 'access', 'home-agent']
    assert 'input_octets' not in line.get('by_home_agent', {})


def test_what_the_gear_told_is_checked(accounted):
    with refused() as caught:
        accounted.nas[1].ask('usage', user_name=ALICE, input_octets=1)
    assert 'no such node is attached' in caught[0].error
    accounted.attach('alice')
    with refused() as caught:
        accounted.nas[1].ask('usage', user_name=ALICE)
    assert 'no count is given' in caught[0].error
    assert tool(accounted, 'usage', '--socket', accounted.nas[1].control_path,
                '--output-octets', '77', ALICE) == 'told\n'
    tool(accounted, 'detach', '--socket', accounted.nas[1].control_path, ALICE)
    assert eventually('all is told', accounted.line)['output_octets'] == 77


def test_a_session_that_the_operator_ends_is_told_to_its_end(accounted):
    accounted.attach('alice')
    accounted.server.ask('sessions-abort', name=ALICE)
    line = eventually('all is told', accounted.line, 20)
    assert line['records'] == 4
    assert [nas.ask('status')['nas'] for nas in accounted.nas.values()] == [
        {'attachments': 0, 'accounts': 0, 'records_owed': 0}] * 2


def test_AC12_interims_by_the_servers_interval(farm):
    accounted = Accounted(farm, 'interim = 1s')
    accounted.attach('alice')

    def interims():
        told = accounted.report()
        return told and all(s['records'] >= 3 for s in told[0]['sessions']) and told[0]

    line = eventually('START and two INTERIM of each', interims, 20)
    assert line['gaps'] == ['no STOP']
    assert len(line['sessions']) == 2


def test_AC09_demanded_accounting_is_waited_for(farm):
    accounted = Accounted(farm, 'realtime = deliver-and-grant')
    assert accounted.attach('alice')['outcome'] == 'bootstrapped'
    accounted.detach('alice')
    assert eventually('all is told', accounted.line)['records'] == 4


# ---- somebody is away ----

def test_AC10_what_is_owed_arrives_after_all_were_away(accounted):
    accounted.attach('alice')
    eventually('both STARTs', lambda: accounted.report() and accounted.report()[0]['records'] == 2)
    accounted.server.kill()
    with refused():
        accounted.nas[1].ask('attach', user_name=f'bob@{HOME}', interface='wlan0')
    accounted.detach('alice', input_octets=9)
    accounted.nas[1].kill()
    accounted.agent.kill()
    accounted.nas[1].start()
    accounted.server.start()
    accounted.agent.start()

    def told():
        return [s for line in accounted.report(user_name=ALICE) for s in line['sessions']
                if s['accounted'] == 'access' and s['records'] == 2]

    session = eventually('the STOP of the NAS', told, 40)[0]
    assert session['input_octets'] == 9 and session['gaps'] == []
    stops = [flags for flags, octets in accounted.received()
             if raw.parse(octets).first(raw.ACCOUNTING_RECORD_TYPE).number == 4]
    assert any(flags & raw.T for flags in stops)


def test_a_killed_nas_tells_the_stop_of_a_session_that_it_lost(accounted):
    accounted.attach('alice')
    eventually('a line', accounted.report)
    for _ in range(3):
        accounted.nas[1].kill()
        accounted.nas[1].start()
        accounted.nas[1].wait_open(f'proxy.{VISITED}')
    accounted.detach('alice')
    line = eventually('all is told', accounted.line, 20)
    assert line['records'] == 4


def test_no_record_is_lost_or_doubled_by_kills(accounted):
    """Whoever is killed, and when: each session of a NAS that began is told from START to STOP."""
    dice = random.Random(20261124)
    users = [f'u{number}' for number in range(12)]
    accounted.server.ask('subscriber-import', subscribers=[subscriber(user) for user in users])
    granted = set()
    for _ in range(12):
        for user in dice.sample(users, 6):
            with contextlib.suppress(ControlError):  # nobody may be there, or it is attached
                found = accounted.attach(user, dice.choice((1, 2)))
                granted.add(found['session_id'])
        for user in dice.sample(users, 4):
            with contextlib.suppress(ControlError):
                accounted.detach(user, dice.choice((1, 2)))
        victim = dice.choice([accounted.server, accounted.server, *accounted.nas.values(),
                              accounted.agent])
        victim.kill()
        for user in dice.sample(users, 3):
            with contextlib.suppress(ControlError, OSError):
                accounted.detach(user, dice.choice((1, 2)))
        victim.start()
        for nas in accounted.nas.values():
            nas.wait_open(f'proxy.{VISITED}')
        accounted.server.wait_open(f'proxy.{VISITED}')
    for nas in accounted.nas.values():
        for attachment in nas.ask('attachments'):
            nas.ask('detach', session_id=attachment['session_id'])

    def nothing_is_owed():
        counts = [nas.ask('status')['nas'] for nas in accounted.nas.values()]
        return all(c['records_owed'] == 0 and c['accounts'] == 0 for c in counts)

    eventually('nothing is owed', nothing_is_owed, 60)
    told = {s['session_id']: s for line in accounted.report() for s in line['sessions']
            if s['origin_host'].startswith('nas')}
    assert len(granted) > 20
    assert granted <= set(told)
    assert not [s for s in told.values() if s['gaps']]


def test_accounting_changes_by_a_reload(accounted):
    def rewrite(daemon, before, after):
        text = daemon.config.read_text()
        assert before in text
        daemon.config.write_text(text.replace(before, after))
        daemon.ask('reload')

    rewrite(accounted.server, 'accounting {  }', 'accounting { interim = 1s }')
    rewrite(accounted.agent, CLIENT, 'accounting { send = false }')
    accounted.attach('alice')
    line = eventually('INTERIM of the NAS',
                      lambda: (r := accounted.report()) and r[0]['records'] > 2 and r[0])
    assert [s['accounted'] for s in line['sessions']] == ['access']


# ---- a client that is none of ours ----

@pytest.fixture
def server(farm):
    daemon = farm.daemon('aaa', server_config(agents=(), port=free_port())).start()
    return daemon


def dial(server):
    peer = raw.Peer.dial('127.0.0.1', server.port)
    return peer


def records_of(server):
    ran = subprocess.run([server.program.parent.parent / 'cli/homeward', 'accounting', 'records',
                          '--json', '--data', server.data], capture_output=True, text=True,
                         timeout=30, check=False)
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


def test_AC07_a_record_is_there_after_kill_9(server):
    with dial(server) as peer:
        peer.open()
        session = peer.new_session_id()
        for number, kind in enumerate((2, 3, 4)):
            assert peer.ask(peer.acr(session, kind, number)).result == 2001
        server.kill()
    server.start()
    assert [(r['type'], r['number']) for r in records_of(server)] == [
        ('START', 0), ('INTERIM', 1), ('STOP', 2)]
    with dial(server) as peer:  # another life of the client sends it once more, with T
        peer.open()
        again = peer.acr(session, 4, 2, flags=raw.R | raw.P | raw.T)
        assert peer.ask(again).result == 2001
    assert len(records_of(server)) == 3


def test_AC01_AC15_events_of_both_models(server):
    octets = raw.avp(raw.ACCOUNTING_INPUT_OCTETS, struct.pack('>Q', 2**40))
    with dial(server) as peer:
        cea = peer.open((raw.MIP6,))
        assert [a.number for a in cea.all(raw.ACCT_APPLICATION_ID)] == [3]
        for number, application in enumerate((0, 3, raw.MIP6)):
            extra = (raw.avp(raw.ACCT_APPLICATION_ID, application), octets)
            answer = peer.ask(peer.acr('e;1', 1, number, application=application, extra=extra))
            assert (answer.result, answer.application) == (2001, application)
            assert answer.first(raw.ACCT_APPLICATION_ID).number == application
            assert answer.first(raw.ACCOUNTING_RECORD_NUMBER).number == number
    told = records_of(server)
    assert [r['input_octets'] for r in told] == [2**40] * 3
    assert [r['type'] for r in told] == ['EVENT'] * 3


def test_bad_records_are_refused_and_not_kept(server):
    with dial(server) as peer:
        peer.open()
        wrong = {
            5004: peer.acr('s;1', 5, 0),  # no such Accounting-Record-Type
            5008: peer.acr('s;2', 2, 0, extra=(raw.avp(raw.AUTH_APPLICATION_ID, raw.MIP6),)),
            5009: peer.acr('s;3', 2, 0, extra=(raw.avp(raw.ACCOUNTING_RECORD_NUMBER, 1),)),
            5014: peer.acr('s;4', 2, 0, extra=(raw.avp(raw.ACCOUNTING_INPUT_OCTETS, 1),)),
        }
        for code, request in wrong.items():
            answer = peer.ask(request)
            assert answer.result == code
            assert answer.first(raw.FAILED_AVP)
        other = peer.acr('s;5', 2, 0, extra=(raw.avp(raw.ACCT_APPLICATION_ID, 4),))
        assert peer.ask(other).result == 5004
    assert records_of(server) == []


def test_AC13_the_stop_of_a_session_ends_its_sub_sessions(server):
    def sub(number):
        return (raw.avp(raw.ACCOUNTING_SUB_SESSION_ID, struct.pack('>Q', number)),)

    with dial(server) as peer:
        peer.open()
        for number, extra in enumerate((sub(1), sub(2))):
            assert peer.ask(peer.acr('s;1', 2, number, extra=extra)).result == 2001
        assert server.ask('accounting-report')[0]['gaps'] == ['no STOP']
        assert peer.ask(peer.acr('s;1', 4, 2)).result == 2001
    line = server.ask('accounting-report')[0]
    assert line['gaps'] == [] and line['sessions'][0]['sub_sessions'] == 2


def test_AC02_AC03_gaps_are_told(server):
    with dial(server) as peer:
        peer.open()
        for kind, number in ((2, 0), (3, 1), (3, 4), (4, 5)):
            peer.ask(peer.acr('a;1', kind, number, extra=(raw.avp(raw.USER_NAME, 'a@x.example'),)))
        peer.ask(peer.acr('b;1', 4, 7, extra=(raw.avp(raw.USER_NAME, 'b@x.example'),)))
        peer.ask(peer.acr('c;1', 2, 0, extra=(raw.avp(raw.USER_NAME, 'c@x.example'),)))
    gaps = {line['user_name'][0]: line['gaps'] for line in server.ask('accounting-report')}
    assert gaps == {'a': ['2 missing'], 'b': ['no START'], 'c': ['no STOP']}


# ---- the report for people and programs ----

def test_report_as_table_json_and_csv(accounted):
    accounted.attach('alice')
    accounted.detach('alice', input_octets=4711)
    eventually('all is told', accounted.line)
    there = ('--data', accounted.server.data)
    asked = ('--socket', accounted.server.control_path)
    table = tool(accounted, 'accounting', 'report', *asked)
    assert table == tool(accounted, 'accounting', 'report', *there)
    assert ALICE in table and '4711' in table and f'nas1.{VISITED}' in table
    lines = json.loads(tool(accounted, 'accounting', 'report', '--json', *there))
    assert lines == accounted.report()
    rows = list(csv.DictReader(io.StringIO(tool(accounted, 'accounting', 'report', '--csv', *there))))
    assert [(r['user_name'], r['input_octets'], r['gaps']) for r in rows] == [(ALICE, '4711', '')]
    records = list(csv.DictReader(io.StringIO(
        tool(accounted, 'accounting', 'records', '--csv', *there))))
    assert sorted(r['type'] for r in records) == ['START', 'START', 'STOP', 'STOP']
    assert {r['acct_multi_session_id'] for r in records} == {lines[0]['acct_multi_session_id']}


def test_a_report_from_the_database_that_servers_share(accounted):
    accounted.attach('alice')
    accounted.detach('alice', input_octets=4711)
    eventually('all is told', accounted.line)
    accounted.server.stop()
    there = ('--data', accounted.server.data)
    cluster = Cluster().start()
    try:
        shared = ('--url', cluster.url(), '--key-file', accounted.farm.folder / 'shared.key')
        tool(accounted, 'store', 'migrate', *there, *shared, '--server', f'aaa.{HOME}')
        for what in ('report', 'records'):
            table = tool(accounted, 'accounting', what, *there)
            assert '4711' in table
            assert tool(accounted, 'accounting', what, *shared) == table
    finally:
        cluster.close()


def test_report_of_some(accounted):
    accounted.attach('alice')
    accounted.attach('bob', 2)
    eventually('both are told, by all',
               lambda: [x['records'] for x in accounted.report()] == [2, 2])
    assert [x['user_name'] for x in accounted.report(user_name=ALICE)] == [ALICE]
    assert [x['user_name'] for x in accounted.report(agent=f'NAS2.{VISITED}')] == [f'bob@{HOME}']
    assert len(accounted.report(agent=f'ha1.{HOME}')) == 2
    assert accounted.report(since=2**40) == []
    there = ('--data', accounted.server.data, '--json')
    assert len(json.loads(tool(accounted, 'accounting', 'report', '--since', '1h', *there))) == 2
    assert json.loads(tool(accounted, 'accounting', 'report', '--since', '2199-01-01', *there)) == []
    assert '--since' in tool(accounted, 'accounting', 'report', '--since', 'now', *there, code=2)
    assert '--csv or --json' in tool(accounted, 'accounting', 'report', '--csv', *there, code=2)
    assert '--data DIR' in tool(accounted, 'accounting', 'records', code=2)


def test_a_large_table_is_read_beside_the_daemon(server):
    with dial(server) as peer:
        peer.open()
        assert peer.ask(peer.acr('s;0', 1, 0)).result == 2001
    server.stop()
    with sqlite3.connect(server.data / 'store.db') as store:
        names = [row[1] for row in store.execute('PRAGMA table_info(accounting)')]
        others = ','.join(n for n in names if n != 'session_id')
        store.execute(
            'WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i+1 FROM n WHERE i<100000) '
            f"INSERT INTO accounting(session_id,{others}) SELECT CAST('s;'||i AS BLOB),{others} "
            'FROM n, accounting')
    store.close()
    server.start()
    with refused() as caught:
        server.ask('accounting-report')
    assert '--data' in caught[0].error
    lines = subprocess.run([server.program.parent.parent / 'cli/homeward', 'accounting', 'report',
                            '--csv', '--data', server.data], capture_output=True, text=True,
                           timeout=60, check=True).stdout.splitlines()
    assert len(lines) == 1 + 100001
