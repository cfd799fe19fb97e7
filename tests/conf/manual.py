#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""homewardd.conf.5 against `homewardd --options`: the same blocks, the same options, the same
types, defaults and demands. Usage: manual.py HOMEWARDD homewardd.conf.5"""

import re
import subprocess
import sys


def from_program(program):
    """{(block, option): (type, remark)}; a block alone has option None."""
    text = subprocess.run([program, '--options'], check=True, capture_output=True,
                          text=True).stdout
    found = {}
    block = ''
    for line in text.splitlines():
        head = re.match(r'([a-z0-9-]+)( "\.\.\.")? \{\}', line)
        option = re.match(r'\t([a-z0-9-]+) = (.*?)(?:  \((required|default .*)\))?$', line)
        if head:
            block = head.group(1)
            found[block, None] = ('', '')
        elif option:
            found[block, option.group(1)] = (option.group(2), option.group(3) or '')
    return found


def from_manual(path):
    with open(path, encoding='utf-8') as file:
        text = file.read()
    body = text.split('.Sh OPTIONS AND BLOCKS\n')[1].split('\n.Sh ')[0]
    found = {}
    for section in re.split(r'^\.Ss ', body, flags=re.M)[1:]:
        title = section.splitlines()[0]
        block = '' if title == 'The file itself' else title.split()[0]
        if block:
            found[block, None] = ('', '')
        for item in re.split(r'^\.It Ic ', section, flags=re.M)[1:]:
            name, kind = item.splitlines()[0].split(' = ', 1)
            remark = re.search(r'^(Required|Default (.*))\.$', item, flags=re.M)
            remark = remark.group(1)[0].lower() + remark.group(1)[1:] if remark else ''
            found[block, name] = (kind, remark)
    return found


def main():
    program, manual = from_program(sys.argv[1]), from_manual(sys.argv[2])
    wrong = [f'{block}/{name}: homewardd says {program.get((block, name))}, '
             f'the manual {manual.get((block, name))}'
             for block, name in sorted({*program, *manual}, key=str)
             if program.get((block, name)) != manual.get((block, name))]
    print('1..1')
    for line in wrong:
        print(f'# {line}')
    print('not ok' if wrong or not program else 'ok', 1,
          '- the manual says what homewardd --options says')
    return bool(wrong)


if __name__ == '__main__':
    sys.exit(main())
