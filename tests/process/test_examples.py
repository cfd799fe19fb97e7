# SPDX-License-Identifier: Apache-2.0
"""The example of each role, started as it is: together they are Figure 7.

examples/tls is the same without the proxy, over TLS. (examples/demo and examples/single:
test_demo.py; `--check` of all of them: tests/conf.)
"""

import pathlib
import subprocess

import pytest

import homeward
from homeward import HOME, VISITED

EXAMPLES = pathlib.Path(__file__).resolve().parents[2] / 'examples'
ROLES = ('home-server', 'home-agent', 'proxy', 'nas')


@pytest.fixture
def nodes(farm):
    places = {'HOMEWARD_HOME_SERVER': f'[::1]:{homeward.free_port()}',
              'HOMEWARD_PROXY': f'[::1]:{homeward.free_port()}'}
    return {role: farm.example(EXAMPLES / f'{role}.conf', **places).start() for role in ROLES}


def test_the_roles_find_each_other_and_bootstrap_a_node(nodes):
    nodes['home-agent'].wait_open(f'aaa.{HOME}')
    nodes['proxy'].wait_open(f'aaa.{HOME}')
    nodes['nas'].wait_open(f'proxy.{VISITED}')
    nodes['home-server'].ask('subscriber-add', subscriber=homeward.subscriber('alice'))
    attachment = nodes['nas'].ask('attach', user_name=f'alice@{HOME}', interface='wlan0')
    assert attachment['outcome'] == 'bootstrapped'
    # location "paris", by the NAS-Identifier; ha2 is not even running.
    assert attachment['home_agent_fqdn'] == f'ha1.{HOME}'
    bindings = nodes['home-agent'].ask('bindings')
    assert [binding['user_name'] for binding in bindings] == [f'alice@{HOME}']
    assert [node.stop() for node in reversed(nodes.values())] == [0] * len(nodes)


def test_the_three_of_examples_tls(farm):
    folder = farm.folder / 'tls'
    identities = [f'aaa.{HOME}', f'ha1.{HOME}', f'nas1.{VISITED}']
    subprocess.run([EXAMPLES / 'tls/make-certificates', folder, *identities], check=True,
                   timeout=60)
    places = {'HOMEWARD_HOME_SERVER': f'[::1]:{homeward.free_port()}',
              'HOMEWARD_TLS_DIR': str(folder), 'HOMEWARD_DATA': str(farm.folder)}
    nodes = {role: farm.example(EXAMPLES / f'tls/{role}.conf', **places)
             for role in ('home-server', 'home-agent', 'nas')}
    for role, node in nodes.items():
        node.control_path = farm.folder / role / 'control'
        node.start()
    nodes['home-agent'].wait_open(f'aaa.{HOME}')
    nodes['nas'].wait_open(f'aaa.{HOME}')
    nodes['home-server'].ask('subscriber-add', subscriber=homeward.subscriber('alice'))
    attachment = nodes['nas'].ask('attach', user_name=f'alice@{HOME}', interface='wlan0')
    assert attachment['outcome'] == 'bootstrapped'
    assert [peer['security']['protocol'] for peer in nodes['home-server'].ask('peers')] == \
        ['TLSv1.3', 'TLSv1.3']
    assert not [line for node in nodes.values() for line in node.log().splitlines()
                if ' warning certificate' in line]


def test_every_example_of_a_role_is_run():
    assert {path.stem for path in EXAMPLES.glob('*.conf')} == set(ROLES)
