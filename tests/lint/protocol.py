#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""docs/protocol.md says what the grammar, the code and the tests say.

* Between `<!-- from dict/NAME: WHAT -->` and `<!-- end -->` stands what the grammar prints;
  `protocol.py --write ROOT` writes it anew.
* Each section names the tests that hold it, in a paragraph that begins with `Shown by:`, or begins
  with `*Informative.*`. Each name is a test of the tree.
* A row whose last cell is a file of src and the name of a constant has the constant's value.
* The test vectors of the keys are computed anew.
"""

import hashlib
import hmac
import ipaddress
import pathlib
import re
import sys

import compliance
import tree
from grammar import Grammar
from tree import Finding

PAGE = 'docs/protocol.md'
MADE = re.compile(r'^<!-- from (dict/\S+): (\w+)(?: (\w+))? -->\n(.*?)^<!-- end -->\n', re.M | re.S)
SECTION = re.compile(r'^(##+) +(.*)$', re.M)
CONSTANT = re.compile(r'^\|(.*)\| `(\w+\.[ch])` `(\w+)` \|$', re.M)
VECTOR = re.compile(r'^\| (homeward-\S+) \| (\d+) \| ([0-9a-f]+) \| ([0-9a-f]+) \| (\S+) \|$', re.M)
VECTOR_HEAD = re.compile(r'For root `([0-9a-f]+)`, NAI `(\S+)`, FQDN `(\S+)`,?\s+home address `(\S+)`')


# ---- tables of the grammar ----

def table(head, rows):
    yield '| ' + ' | '.join(head) + ' |'
    yield '|' + '---|' * len(head)
    for row in rows:
        yield '| ' + ' | '.join(row) + ' |'


def made_commands(grammar, _):
    yield from table(('command', 'abbreviation', 'code', 'reference'),
                     [(name, short, code, f'draft {number}') for (short, (name, code)), number in
                      zip(grammar.commands.items(), ('4.3', '4.4', '4.5', '4.6'))])


def made_avps(grammar, _):
    rows = []
    for avp in grammar.avps.values():
        own = 'V' in avp.flags
        flags = ' '.join(sorted(avp.flags.split(','), reverse=True))
        rows.append((avp.name, avp.code, grammar.vendor if own else '-', avp.type, flags,
                     'this page, 2.2' if own else avp.reference))
    yield from table(('AVP', 'code', 'Vendor-Id', 'type', 'flags', 'defined in'), rows)


def made_enum(grammar, name):
    avp = {name.replace('-', ''): name for name in grammar.enums}[name]
    yield from table((f'value of {avp}', 'name'),
                     [(value, word) for word, value in grammar.enums[avp]])


def made_occurrence(grammar, _):
    yield from table(('AVP', *grammar.columns),
                     [(name, *cells.values()) for name, cells in grammar.occurrence.items()])


def code_block(lines):
    first, *rest = lines
    yield f'\t{first}'
    yield from (f'\t\t{line}' for line in rest)


def made_message(grammar, short):
    yield from code_block(grammar.message(short))


def made_grouped(grammar, name):
    block = {name.replace('-', ''): group for name, group in grammar.grouped.items()}[name]
    yield from code_block([f'{block.name} ::= {block.head}', *block.lines])


def made(root, dictionary, what, name):
    grammar = Grammar((pathlib.Path(root) / dictionary).read_text())
    maker = globals()[f'made_{what}']
    return '\n'.join(maker(grammar, name)) + '\n'


def written(root, text):
    """The page with its tables as the grammar has them."""
    def anew(match):
        dictionary, what, name, _ = match.groups()
        head = match.group().split('\n', 1)[0]
        return f'{head}\n\n{made(root, dictionary, what, name)}\n<!-- end -->\n'

    return MADE.sub(anew, text)


def check_tables(root, text):
    for old, new in zip(MADE.finditer(text), MADE.finditer(written(root, text))):
        if old.group() != new.group():
            yield tree.line_of(text, old.start()), 'not what the grammar says; protocol.py --write'


# ---- the tests that hold it ----

def check_tests(root, text):
    tests = {name for path in tree.files(root) if path.parts[0] == 'tests'
             for name in compliance.tests_of(path, tree.read(root, path) or '')}
    heads = list(SECTION.finditer(text))
    for head, following in zip(heads, [*heads[1:], None]):
        body = text[head.end():following.start() if following else len(text)]
        line = tree.line_of(text, head.start())
        paragraphs = [part.strip() for part in body.split('\n\n')]
        shown = [part for part in paragraphs if part.startswith('Shown by:')]
        only_parts = following and len(following.group(1)) > len(head.group(1))
        if not (shown or only_parts or '*Informative.*' in paragraphs):
            yield line, f'{head.group(2)}: neither "Shown by:" nor "*Informative.*"'
        for part in shown:
            for name in re.findall(r'`([^`]*)`', part):
                if name not in tests:
                    yield line, f'{name}: no such test'


# ---- constants ----

def constant(text, name):
    """(number, unit or '') of a #define; None."""
    found = re.search(rf'^#define {name}\s+(.*?)\s*(?:/\*.*)?$', text, re.M)
    if not found:
        return None
    value = re.sub(r'\(\w+ ?\w*\)', '', found.group(1))
    number = re.search(r'\d+', value)
    unit = {'DM_SECOND': 's', 'DM_MILLISECOND': 'ms'}
    return number.group(), next((short for word, short in unit.items() if word in value), '')


def check_constants(root, text):
    sources = {path.name: path for path in tree.c_files(root, 'src/')}
    for match in CONSTANT.finditer(text):
        said = match.group(1).split('|')[-1].split()
        path = sources.get(match.group(2))
        found = constant(tree.read(root, path), match.group(3)) if path else None
        if not found:
            yield tree.line_of(text, match.start()), f'{match.group(3)} is not in {match.group(2)}'
        elif said[0] != found[0] or (found[1] and said[1:2] != [found[1]]):
            yield (tree.line_of(text, match.start()),
                   f'{match.group(3)} is {" ".join(found)}, not {" ".join(said)}')


# ---- keys ----

def vector(root_key, label, data, size):
    """(key, Key-Name, MIP-MN-HA-SPI), by RFC 5295 3.1.2 and this page."""
    s = label.encode() + b'\0' + data + size.to_bytes(2, 'big')
    key = hmac.new(root_key, s + b'\1', hashlib.sha256).digest()[:size]
    digest = hashlib.sha256(label.encode() + b'\0' + data).digest()
    return (key.hex(), digest[:8].hex(),
            str(256 + int.from_bytes(digest[:4], 'big') % (2**32 - 256)))


def check_vectors(_, text):
    head = VECTOR_HEAD.search(text)
    if not head:
        return
    root_key, nai, fqdn, address = head.groups()
    for match in VECTOR.finditer(text):
        label, epoch, key, name, spi = match.groups()
        data = (nai.encode() + b'\0' + fqdn.lower().encode() + b'\0' +
                ipaddress.ip_address(address).packed + int(epoch).to_bytes(4, 'big'))
        want = vector(bytes.fromhex(root_key), label, data, len(key) // 2)
        if (key, name) != want[:2] or spi not in ('-', want[2]):
            yield tree.line_of(text, match.start()), f'the vector is {" ".join(want)}'


def check(root):
    page = pathlib.Path(root) / PAGE
    if not page.exists():
        return
    text = page.read_text()
    for checker in (check_tables, check_tests, check_constants, check_vectors):
        for line, what in checker(root, text):
            yield Finding(PAGE, line, what)


def main():
    if len(sys.argv) != 3 or sys.argv[1] != '--write':
        sys.exit('usage: protocol.py --write SOURCE-ROOT')
    page = pathlib.Path(sys.argv[2]) / PAGE
    page.write_text(written(sys.argv[2], page.read_text()))


if __name__ == '__main__':
    main()
