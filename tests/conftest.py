# SPDX-License-Identifier: Apache-2.0
"""What all tests of real processes share: where the builds are, and a time-out for each test."""

import pathlib
import signal

import pytest

import homeward

ROOT = pathlib.Path(__file__).resolve().parent.parent
TEST_LIMIT = 180


def pytest_addoption(parser):
    parser.addoption('--develop', type=pathlib.Path, default=ROOT / 'build/develop')
    parser.addoption('--release', type=pathlib.Path, default=ROOT / 'build/release')


@pytest.fixture(scope='session')
def develop(request):
    """The developer build: sanitizers on."""
    return request.config.getoption('--develop').resolve()


@pytest.fixture(scope='session')
def release(request):
    return request.config.getoption('--release').resolve()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_protocol(item):
    """A test that hangs fails after TEST_LIMIT seconds (or its own `limit`), with the line where it hung."""
    # A test of many rounds says by itself how long it may take.
    limit = getattr(item.function, 'limit', TEST_LIMIT)

    def too_long(_signal, _frame):
        pytest.fail(f'not done after {limit} s')

    before = signal.signal(signal.SIGALRM, too_long)
    signal.alarm(limit)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    if report.when == 'call':
        item.failed = report.failed


@pytest.fixture
def farm(develop, request):
    """Where a test's daemons live. Afterwards each must have ended well and without a complaint
    of a sanitizer, whatever the test itself said."""
    made = homeward.Farm(develop)
    yield made
    wrong = made.close()
    failed = getattr(request.node, 'failed', True)
    if failed or wrong:
        print(made.logs())
    made.remove()
    assert not wrong, '\n'.join(wrong)


@pytest.fixture
def network(farm):
    return homeward.Network(farm)


@pytest.fixture
def home(farm):
    return homeward.Home(farm)
