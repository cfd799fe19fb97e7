# SPDX-License-Identifier: Apache-2.0
"""Every message that Homeward emits, dissected by tshark with our dictionary: nothing malformed,
nothing unknown (OP11)."""

import json
import re
import subprocess

import pytest

import diameter_raw as raw
import homeward
import wireshark

BAD = re.compile(r'Malformed|Unknown|Expert Info|Dissector bug|Undecoded')
# In an example, 300 of an Unsigned32 for which Wireshark has names.
NUMBERS_WITHOUT_NAME = re.compile(r'Inband-Security-Id.*Unknown \(30[01]\)')


@pytest.fixture(scope='session')
def dictionary(develop, tmp_path_factory):
    folder = tmp_path_factory.mktemp('wireshark')
    for parent in (folder, folder.parent, folder.parent.parent):
        parent.chmod(0o755)
    return wireshark.shadow(folder, (develop / 'dict/homeward.xml').read_text())


def dissected(dictionary, tmp_path, messages):
    """tshark's words; fails when it did not see each of the messages as Diameter."""
    capture = tmp_path / 'messages.pcap'
    wireshark.write_pcap(capture, messages)
    words = wireshark.dissect(dictionary, capture)
    assert words.count('\nDiameter Protocol') == len(messages)
    return words


def complaints(words):
    """What is wrong, each with the AVP or command that stands above it."""
    lines = words.splitlines()
    return [' / '.join(line.strip() for line in lines[max(0, number - 2):number + 1])
            for number, line in enumerate(lines)
            if BAD.search(line) and not NUMBERS_WITHOUT_NAME.search(line)]


def test_examples_of_every_message(develop, dictionary, tmp_path):
    subprocess.run([develop / 'tests/fuzz/message-seeds', tmp_path], check=True, timeout=60)
    files = sorted(tmp_path.iterdir())
    assert len(files) == 2 * (7 * 2 + 1 + 2 * 2)  # base with the answer-message, mip6
    for file in files:
        words = dissected(dictionary, tmp_path, [file.read_bytes()])
        assert not complaints(words), f'{file.name}: {complaints(words)}'
        (tmp_path / 'messages.pcap').unlink()


@pytest.mark.parametrize('bad', [raw.avp(4711000, b'x'), raw.avp(raw.ORIGIN_STATE_ID, b'\0'),
                                 raw.avp(raw.ORIGIN_REALM, b''), raw.avp(273, 99)],
                         ids=['unknown', 'short', 'empty', 'value'])
def test_the_check_can_fail(dictionary, tmp_path, bad):
    good = [raw.avp(raw.ORIGIN_HOST, 'a.example'), raw.avp(raw.ORIGIN_REALM, 'example')]
    message = raw.message(raw.DISCONNECT_PEER, [*good, raw.avp(273, 0)])
    assert not complaints(dissected(dictionary, tmp_path, [message]))
    message = raw.message(raw.DISCONNECT_PEER, [*good, raw.avp(273, 0), bad])
    assert complaints(dissected(dictionary, tmp_path, [message]))


def traced(farm):
    """The octets of all messages that the daemons of a farm sent, as their traces have them."""
    messages = []
    for daemon in farm.daemons:
        for line in (farm.folder / f'{daemon.name}.trace').read_text().splitlines():
            entry = json.loads(line)
            if entry['sent']:
                messages.append(bytes.fromhex(entry['octets']))
    return messages


def test_OP11_every_message_of_a_run(farm, dictionary, tmp_path):
    made = farm.daemon
    farm.daemon = lambda name, text: made(name, text + f'trace = "{farm.folder}/{name}.trace"\n')
    network = homeward.Network(farm, policy='linger = 0  sa-protocols = { ikev2, mipv6-auth }')
    network.subscribe(homeward.subscriber('static', home_address='2001:db8:1:2::77/64',
                                          home_agent='ha1.home.example.net'))
    attachments = [network.attach(user, nas=nas) for user, nas in
                   (('alice', 1), ('alice', 2), ('bob', 1), ('static', 2))]
    with homeward.refused():
        network.attach('nobody')
    for attachment, nas in zip(attachments, (1, 2, 1, 2)):
        network.detach(attachment, nas)
    homeward.eventually('all sessions have ended', lambda: not network.sessions())
    for daemon in farm.daemons[::-1]:
        daemon.stop()
    messages = traced(farm)
    words = dissected(dictionary, tmp_path, messages)
    assert not complaints(words), complaints(words)
    seen = set(re.findall(r'Command Code: ([\w-]+)', words))
    assert {'Capabilities-Exchange', 'Disconnect-Peer', 'Session-Termination', 'Abort-Session',
            'MIPv6-Bootstrapping', 'MIPv6-Home-Agent'} <= seen
    assert words.count('Keying-Material') >= 3  # there, but with zeros for the key
    keys = set(re.findall(r'Keying-Material: ([0-9a-f]+)', words))
    assert all(set(key) == {'0'} for key in keys), 'a key in a trace'
