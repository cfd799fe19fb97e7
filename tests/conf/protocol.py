#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The defaults that docs/protocol.md tells against `homewardd --options`: a row whose last cell is
`block.option` has its default. Usage: protocol.py HOMEWARDD protocol.md"""

import pathlib
import re
import sys

from manual import from_program

ROW = re.compile(r'^\|[^|]*\| ([^|]*?) \| `([a-z-]+)\.([a-z-]+)` \|$', re.M)


def main():
    program = from_program(sys.argv[1])
    rows = ROW.findall(pathlib.Path(sys.argv[2]).read_text())
    wrong = [f'{block}.{option}: the page says {default}, homewardd '
             f'{program.get((block, option), "nothing")}'
             for default, block, option in rows
             if program.get((block, option), ('', ''))[1] != f'default {default}']
    print('1..1')
    for line in wrong:
        print(f'# {line}')
    print('not ok' if wrong or not rows else 'ok', 1,
          '- the page says what homewardd --options says')
    return bool(wrong or not rows)


if __name__ == '__main__':
    sys.exit(main())
