# SPDX-License-Identifier: Apache-2.0
"""Keying material leaves only over a protected or trusted link (profile 6).

Loopback counts as trusted, so the untrusted case needs another address: 192.0.2.1 on the loopback
device of a network namespace made for the test.
"""

import subprocess

import pytest

import certificates
import homeward
from homeward import HOME, VISITED, eventually, refused

ADDRESS = '192.0.2.1'
HOLDER = ['unshare', '--net', 'sh', '-c',
          f'ip link set lo up && ip address add {ADDRESS}/32 dev lo && echo up && exec cat']


@pytest.fixture
def inside():
    """A command prefix that runs a program in a network namespace with ADDRESS."""
    holder = subprocess.Popen(HOLDER, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True)
    try:
        if holder.stdout.readline().strip() != 'up':
            pytest.skip('no right to make a network namespace: ' + holder.stderr.read().strip())
        yield ['nsenter', '--net', '--target', str(holder.pid)]
    finally:
        holder.stdin.close()
        holder.wait(timeout=10)


def build(farm, inside, trust, change=lambda name, text: text):
    """Server, agent and NAS on ADDRESS; `trust` is what the peer block of the agent says."""
    text = homeward.server_config(agents=(1,))
    text = text.replace('"127.0.0.1:0"', f'"{ADDRESS}:3868"').replace('"127.0.0.0/8"', '"0.0.0.0/0"')
    text = text.replace(f'peer "ha1.{HOME}" {{}}', f'peer "ha1.{HOME}" {{ {trust} }}')
    texts = {
        'aaa': text,
        'ha1': homeward.agent_config(1, 3868).replace('127.0.0.1', ADDRESS),
        'nas1': homeward.nas_config(1, f'aaa.{HOME}', 3868).replace('127.0.0.1', ADDRESS),
    }
    made = {}
    for name, words in texts.items():
        made[name] = farm.daemon(name, change(name, words))
        made[name].prefix = inside
        made[name].start()
    made['aaa'].wait_open(f'ha1.{HOME}')
    made['nas1'].wait_open(f'aaa.{HOME}')
    made['aaa'].ask('subscriber-add', subscriber=homeward.subscriber('alice'))
    return made


def test_no_keys_over_an_untrusted_link(farm, inside):
    made = build(farm, inside, '')
    with refused() as caught:
        made['nas1'].ask('attach', user_name=f'alice@{HOME}', interface='wlan0')
    result = caught[0].result
    assert result['result_code'] == 5012
    assert 'no protected path to the home agent' in result['error_message']
    assert made['ha1'].ask('bindings') == []
    assert made['aaa'].ask('sessions') == []
    peer = next(p for p in made['aaa'].ask('peers') if p['origin_host'] == f'ha1.{HOME}')
    assert peer['protected'] is False


def test_keys_over_a_link_that_the_configuration_trusts(farm, inside):
    made = build(farm, inside, 'trusted-link = true')
    attachment = made['nas1'].ask('attach', user_name=f'alice@{HOME}', interface='wlan0')
    assert attachment['outcome'] == 'bootstrapped'
    binding = eventually('the binding', lambda: made['ha1'].ask('bindings'))[0]
    assert binding['associations'][0]['key_name']
    assert binding['server_host'] == f'aaa.{HOME}'
    assert VISITED not in binding['server_realm']


def test_TL01_keys_over_tls(farm, inside, tmp_path):
    """MBR, MHR and their answers, both hops over TLS, nothing trusted."""
    authority = certificates.Authority(tmp_path / 'ca')
    blocks = {'aaa': authority.issue(f'aaa.{HOME}').block(),
              'ha1': authority.issue(f'ha1.{HOME}').block(),
              'nas1': authority.issue(f'nas1.{VISITED}').block()}

    def with_tls(name, text):
        text = text.replace(f'listen "{ADDRESS}:3868" {{}}', f'listen "{ADDRESS}" {{ tls = true }}')
        text = text.replace(f'connect = "{ADDRESS}:3868"', f'connect = "{ADDRESS}"  tls = required')
        return text.replace('unknown = true', 'unknown = true  tls = required') + blocks[name]

    made = build(farm, inside, 'tls = required', with_tls)
    assert made['aaa'].ask('status')['listen'] == [f'{ADDRESS}:5868']
    attachment = made['nas1'].ask('attach', user_name=f'alice@{HOME}', interface='wlan0')
    assert attachment['outcome'] == 'bootstrapped'
    binding = eventually('the binding', lambda: made['ha1'].ask('bindings'))[0]
    assert binding['associations'][0]['key_name']
    for peer in made['aaa'].ask('peers'):
        assert peer['protected'] and peer['security']['protocol'] == 'TLSv1.3'
    assert made['nas1'].ask('detach', session_id=attachment['session_id'])['outcome'] == 'detached'
