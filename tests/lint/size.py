# SPDX-License-Identifier: Apache-2.0
"""How long functions and files are.

The limit is 60 lines for a function and 600 for a file. What is longer stands in long.txt with its
length and reason. The list is a ratchet: an entry that became shorter, or unneeded, is a finding
too, so a length only goes down.
"""

import pathlib
import re
import statistics

import tree
from tree import Finding

FUNCTION_LIMIT = 60
FILE_LIMIT = 600
LIST = 'tests/lint/long.txt'


def read_list(root):
    """{name: (lines, line number)}: `NAME LINES REASON` on each line, # begins a comment."""
    path = pathlib.Path(root) / LIST
    entries = {}
    if path.exists():
        for number, line in enumerate(path.read_text().splitlines(), 1):
            words = line.split('#')[0].split(None, 2)
            if words:
                lines = int(words[1]) if len(words) == 3 and words[1].isdigit() else -1
                entries[words[0]] = (lines, number)
    return entries


def measure(root):
    """(functions, {file: lines}) of all C and Python in the tree."""
    functions, lengths = [], {}
    for path in tree.files(root):
        if path.suffix not in ('.c', '.h', '.py'):
            continue
        text = tree.read(root, path) or ''
        lengths[str(path)] = text.count('\n')
        if path.suffix != '.py':
            functions += tree.functions(path, text)
    return functions, lengths


def check(root):
    functions, lengths = measure(root)
    long = {f'{f.path}:{f.name}': (f.length, f.path, f.line) for f in functions
            if f.length > FUNCTION_LIMIT}
    long |= {path: (lines, path, 1) for path, lines in lengths.items() if lines > FILE_LIMIT}
    allowed = read_list(root)
    for name, (lines, path, line) in sorted(long.items()):
        if name not in allowed:
            yield Finding(path, line, f'{name} has {lines} lines; split it')
        elif lines > allowed[name][0]:
            yield Finding(path, line, f'{name} grew from {allowed[name][0]} to {lines} lines')
    for name, (lines, number) in allowed.items():
        if lines < 0:
            yield Finding(LIST, number, 'not `NAME LINES REASON`')
        elif name not in long:
            yield Finding(LIST, number, f'{name} needs no exception any more: strike it')
        elif long[name][0] < lines:
            yield Finding(LIST, number, f'{name} shrank to {long[name][0]} lines: say so')


def report(root):
    """The largest functions and files of src/, in words."""
    functions, lengths = measure(root)
    ours = sorted((f for f in functions if f.path.startswith('src/')), key=lambda f: -f.length)
    files = sorted(((lines, path) for path, lines in lengths.items()
                    if re.match(r'src/', path)), reverse=True)
    if ours:
        median = statistics.median(f.length for f in ours)
        yield f'src: {len(ours)} functions, median {median:.0f} lines; {len(files)} files'
    for function in ours[:5]:
        yield f'{function.length} lines: {function.name} ({function.path}:{function.line})'
    for lines, path in files[:5]:
        yield f'{lines} lines: {path}'
