# SPDX-License-Identifier: Apache-2.0
"""Runs the functions of a module whose names begin with test_, and reports them as TAP."""

import sys
import traceback


def main(names):
    """`names` is the module's globals(). Ends the process."""
    tests = [(name, function) for name, function in names.items() if name.startswith('test_')]
    print(f'1..{len(tests)}')
    failures = 0
    for number, (name, function) in enumerate(tests, 1):
        try:
            function()
        except Exception:  # pylint: disable=broad-except
            failures += 1
            print(f'not ok {number} {name[len("test_"):]}')
            for line in traceback.format_exc().splitlines():
                print(f'# {line}')
        else:
            print(f'ok {number} {name[len("test_"):]}')
    sys.exit(1 if failures else 0)
