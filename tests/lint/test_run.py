#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""tests/run adds up what it is told: fed with canned logs of meson and pytest."""

import importlib.machinery
import importlib.util
import json
import pathlib
import tempfile

import tap

ROOT = pathlib.Path(__file__).resolve().parents[2]


def load_run():
    loader = importlib.machinery.SourceFileLoader('run', str(ROOT / 'tests/run'))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader('run', loader))
    loader.exec_module(module)
    return module


run = load_run()


def cases_of(entries, suites):
    """What tests/run makes of these meson logs: [(name, outcome)]."""
    with tempfile.TemporaryDirectory() as folder:
        logs = pathlib.Path(folder) / 'meson-logs'
        logs.mkdir()
        lines = [json.dumps(entry) for entry in entries]
        (logs / 'testlog.json').write_text('\n'.join(lines) + '\n')
        (logs / 'testlog.junit.xml').write_text(f'<testsuites>{suites}</testsuites>')
        return run.meson_cases(folder)


def outcomes(cases):
    return [(case.name, case.outcome) for case in cases]


def test_every_subtest_counts():
    suites = '''<testsuite name="homeward.codec"><testcase name="1 a"/>
        <testcase name="2 b"><failure/></testcase><testcase name="3 c"><skipped/></testcase>
        </testsuite>'''
    entries = [{'name': 'codec', 'result': 'FAIL', 'returncode': 1, 'stdout': 'not ok 2'}]
    cases = cases_of(entries, suites)
    assert outcomes(cases) == [('codec: 1 a', 'passed'), ('codec: 2 b', 'failed'),
                               ('codec: 3 c', 'skipped')]
    assert 'not ok 2' in cases[1].text


def test_names_with_suites_before_them():
    suites = '''<testsuite name="homeward.homeward:unit / codec"><testcase name="1 a"/>
        <testcase name="2 b"/></testsuite>'''
    entries = [{'name': 'homeward:unit / codec', 'result': 'OK', 'returncode': 0, 'stdout': '1..2'}]
    assert outcomes(cases_of(entries, suites)) == [('codec: 1 a', 'passed'),
                                                   ('codec: 2 b', 'passed')]


def test_subtests_that_are_lost_fail():
    entries = [{'name': 'codec', 'result': 'OK', 'returncode': 0, 'stdout': '1..2\nok 1\nok 2'}]
    assert outcomes(cases_of(entries, '')) == [('codec', 'failed')]


def test_a_leak_behind_passed_cases_fails():
    suites = '<testsuite name="homeward.codec"><testcase name="1 a"/></testsuite>'
    entries = [{'name': 'codec', 'result': 'ERROR', 'returncode': 1, 'stderr': 'LeakSanitizer'}]
    cases = cases_of(entries, suites)
    assert outcomes(cases) == [('codec: 1 a', 'passed'), ('codec', 'failed')]
    assert 'LeakSanitizer' in cases[1].text


def test_a_plain_test_counts_once():
    entries = [{'name': 'homeward:x / lint', 'result': 'OK', 'returncode': 0},
               {'name': 'gone', 'result': 'SKIP', 'returncode': 77, 'stdout': 'no kernel SCTP'},
               {'name': 'slow', 'result': 'TIMEOUT', 'returncode': -9}]
    cases = cases_of(entries, '')
    assert outcomes(cases) == [('lint', 'passed'), ('gone', 'skipped'), ('slow', 'failed')]
    assert 'no kernel SCTP' in cases[1].text


def test_a_silent_tap_program_fails():
    entries = [{'name': 'empty', 'result': 'SKIP', 'returncode': 0, 'stdout': ''},
               {'name': 'said', 'result': 'SKIP', 'returncode': 0, 'stdout': '1..0 # SKIP why'}]
    assert outcomes(cases_of(entries, '')) == [('empty', 'failed'), ('said', 'skipped')]


def test_control_characters_do_not_hide_results():
    suites = '<testsuite name="homeward.x"><testcase name="1 \x1b[31m"/></testsuite>'
    entries = [{'name': 'x', 'result': 'OK', 'returncode': 0}]
    assert len(cases_of(entries, suites)) == 1


def test_last_line_and_verdict():
    passed, failed, skipped = (run.Case('x', outcome) for outcome in
                               ('passed', 'failed', 'skipped'))
    assert run.summary([passed, passed]) == ('2 passed, 0 failed', True)
    assert run.summary([passed, skipped]) == ('1 passed, 0 failed, 1 skipped', True)
    assert run.summary([passed, failed]) == ('1 passed, 1 failed', False)
    assert run.summary([]) == ('0 passed, 0 failed', False)
    assert run.summary([skipped]) == ('0 passed, 0 failed, 1 skipped', False)


if __name__ == '__main__':
    tap.main(globals())
