# SPDX-License-Identifier: Apache-2.0
"""OP02: the tool says where a node would send a request, for options and for a message in a file."""

import json
import subprocess

from homeward import HOME, VISITED, Network

# STR without application, Session-Id a;1, Destination-Realm home.example.net.
MESSAGE = ('01000038 c0000113 00000000 00000001 00000001'
           '00000107 4000000b 613b3100'
           '0000011b 40000018 686f6d652e6578616d706c652e6e6574')


def explain(develop, daemon, *words, stdin=''):
    run = subprocess.run([develop / 'src/cli/homeward', 'explain', '--socket',
                          daemon.data / 'control', '--json', *words],
                         input=stdin, capture_output=True, text=True, timeout=60, check=False)
    assert 'Sanitizer' not in run.stderr, run.stderr
    return json.loads(run.stdout) if run.returncode == 0 else run.stderr


def test_OP02_explain(farm, develop):
    network = Network(farm, agents=(1,))
    nas, proxy = network.nas[1], network.proxy
    # Without application: a command of the base.
    found = explain(develop, nas, '--destination-realm', HOME)
    assert (found['verdict'], found['error_message']) == (
        'refuse', 'The realm is not served here and this node forwards nothing')
    found = explain(develop, nas, '--own', '--destination-realm', HOME)
    assert (found['verdict'], found['peer'], found['rule']) == (
        'relay', f'proxy.{VISITED}', 'the default route, every application: relay')
    found = explain(develop, proxy, '--destination-realm', HOME, '--application', '33554438')
    assert (found['verdict'], found['peer']) == ('proxy', f'aaa.{HOME}')
    assert found['rule'] == f'the route to realm {HOME}, every application: proxy'
    found = explain(develop, proxy, '--destination-realm', HOME, '--application', '33554438',
                    '--route-record', f'x.example.org,aaa.{HOME}')
    assert (found['verdict'], found['result_code']) == ('refuse', 3002)
    assert found['passed_over'] == [
        {'peer': f'aaa.{HOME}', 'why': f'peer aaa.{HOME} has seen the request already'}]
    assert found['passed_over'][0]['why'] in found['error_message']
    # A message; what an option says goes before it.
    assert explain(develop, proxy, '-', stdin=MESSAGE)['peer'] == f'aaa.{HOME}'
    found = explain(develop, proxy, '-', '--destination-realm', 'nowhere.example', stdin=MESSAGE)
    assert (found['result_code'], found['error_message']) == (
        3003, 'No route to realm nowhere.example is known')
    assert explain(develop, network.server, '-', stdin=MESSAGE)['verdict'] == 'local'
    assert 'an answer' in explain(develop, proxy, '-', stdin=MESSAGE.replace('c0000113', '40000113'))
    assert 'no Diameter' in explain(develop, proxy, '-', stdin='00' * 20)
