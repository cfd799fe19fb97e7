# SPDX-License-Identifier: Apache-2.0
"""docs/flows.md is what really happens: each flow is played again and compared, message by message
and AVP by AVP; and its octets say what stands above them."""

import pathlib
import re
import subprocess

import pytest

import flows

DOCUMENT = pathlib.Path(__file__).resolve().parent.parent.parent / 'docs/flows.md'
HEX_LINE = re.compile(r'^ {8}((?:[0-9a-f]{8} ?)+)$')


def chapters():
    return re.split(r'^## \d+\. ', DOCUMENT.read_text(), flags=re.M)[1:]


def messages(chapter):
    """(step, lines of meaning, octets) of each message that the chapter shows."""
    for part in re.split(r'^\*\*', chapter, flags=re.M)[1:]:
        step, body = part.split('**', 1)
        lines = [line[4:] for line in body.splitlines() if line.strip()]
        octets = ''.join(HEX_LINE.match(line).group(1) for line in lines if HEX_LINE.match(line))
        yield step, [line for line in lines if not HEX_LINE.match(line)], octets.replace(' ', '')


def by_link(steps):
    """What went over each link in one direction. Between links the order is chance, unless one
    message is the cause of the other."""
    found = {}
    for step, meaning, _ in steps:
        found.setdefault(step.split('  ')[0], []).append((step, meaning))
    return found


def test_there_are_at_least_eight_flows():
    assert len(chapters()) == len(flows.FLOWS) >= 8


@pytest.mark.parametrize('number', range(len(flows.FLOWS)),
                         ids=[scene.__name__ for _, scene in flows.FLOWS])
def test_flow(develop, number):
    written = by_link(messages(chapters()[number]))
    played = by_link((sent.step(), sent.meaning(), '') for sent in flows.play(develop, number))
    assert written.keys() == played.keys()
    for link, said in written.items():
        assert [step for step, _ in said] == [step for step, _ in played[link]]
        for (step, meaning), (_, happened) in zip(said, played[link]):
            assert [flows.steady(line) for line in meaning] == happened, step


def test_octets_say_what_stands_above_them(develop):
    for chapter in chapters():
        for step, meaning, octets in messages(chapter):
            done = subprocess.run([develop / 'src/cli/homeward', 'decode'], input=octets,
                                  capture_output=True, text=True, timeout=30, check=False)
            assert done.stdout.rstrip().splitlines() == meaning, step
