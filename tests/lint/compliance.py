# SPDX-License-Identifier: Apache-2.0
"""docs/compliance.md names only what is there.

In that page backquotes are kept for tests and paths: each must exist in the tree. A row whose state
is C or P names at least one test, a row whose state is N names none; the rows of the conformance
ids say either tests or `not yet`, and each id stands there once. A test that is named after an id
stands in its row, and the page counts its rows well.
"""

import pathlib
import re

import tree
from tree import Finding

PAGE = 'docs/compliance.md'
# Conformance ids: areas A to P, and how many each has.
AREAS = {'CX': 20, 'PS': 16, 'WD': 14, 'DP': 10, 'HD': 18, 'AV': 30, 'ER': 14, 'RT': 28, 'FO': 14,
         'SE': 18, 'AC': 16, 'TL': 7, 'RB': 13, 'OV': 12, 'MB': 33, 'MH': 15, 'HA': 14, 'OP': 12}
NOT_YET = 'not yet'
NAME = re.compile(r'`([^`]*)`')
ROW_ID = re.compile(r'[A-Z]{2}\d{2}$')
IDS_OF_TEST = re.compile(r'(?:test_)?((?:[A-Z]{2}\d{2}_)+)')
COUNTED = re.compile(r'Of (\d+) ids (\d+) are shown, (\d+) in part, and (\d+) not yet')

# The unit tests have macros of their own (TEST, CODEC_TEST ...) for a case with a set-up.
CMOCKA = re.compile(r'\b(?:cmocka_unit_test\w*|(?:[A-Z]+_)?TEST)\(\s*(\w+)')
PYTHON = re.compile(r'^def (test_\w+)\(', re.MULTILINE)
MESON = re.compile(r"\btest\('([\w-]+)',")
FUZZ = re.compile(r"^\t+\['(\w+)', \[", re.MULTILINE)


def tests_of(path, text):
    """The names of the tests that a file of tests/ brings."""
    if path.suffix == '.scn' and path.parent.name == 'scenario':
        return {path.stem}
    if path.suffix == '.c':
        return set(CMOCKA.findall(re.sub(r'^#.*', '', tree.without_comments(text), flags=re.M)))
    if path.suffix == '.py':
        return set(PYTHON.findall(text))
    if path.name == 'meson.build':
        return set(MESON.findall(text)) | {f'fuzz-{name}' for name in FUZZ.findall(text)}
    return set()


def known(root):
    """Every name that may stand in backquotes."""
    names = set()
    for path in tree.files(root):
        names.add(path.as_posix())
        if path.parts[0] == 'tests':
            names |= tests_of(path, tree.read(root, path) or '')
    return names


def cells_of(line):
    return [cell.strip() for cell in line.strip().strip('|').split('|')]


def judge_row(cells):
    """What is wrong with a row of the page, or None."""
    named = any(NAME.search(cell) for cell in cells[1:])
    if ROW_ID.match(cells[0]):
        if named == any(cell.startswith(NOT_YET) for cell in cells[1:]):
            return f'{cells[0]} names either tests or "{NOT_YET}"'
    elif len(cells) > 2 and cells[1] in ('C', 'P') and not named:
        return f'{cells[0]}: {cells[1]} without a test'
    elif len(cells) > 2 and cells[1] == 'N' and named:
        return f'{cells[0]}: N, with a test'
    return None


def missing_ids(seen):
    for area, count in AREAS.items():
        for number in range(1, count + 1):
            name = f'{area}{number:02}'
            if seen.count(name) != 1:
                yield Finding(PAGE, 0, f'{name} stands there {seen.count(name)} times')


def missing_tests(root, rows):
    """Tests that are named after an id and do not stand in its row."""
    for path in tree.files(root):
        if path.parts[0] != 'tests' or 'lint' in path.parts or 'bad' in path.parts:
            continue
        for name in tests_of(path, tree.read(root, path) or ''):
            ids = IDS_OF_TEST.match(name)
            for one in ids.group(1).strip('_').split('_') if ids else []:
                if one in rows and name not in NAME.findall(' '.join(rows[one])):
                    yield Finding(PAGE, 0, f'{name} is not in the row of {one}')


def miscounted(text, rows):
    said = COUNTED.search(' '.join(text.split()))
    tested = [cells for cells in rows.values() if NAME.search(' '.join(cells))]
    shown = sum(not cells[-1] for cells in tested)
    right = (len(rows), shown, len(tested) - shown, len(rows) - len(tested))
    if said and tuple(map(int, said.groups())) != right:
        yield Finding(PAGE, 0, 'of {} ids {} are shown, {} in part, and {} not yet'.format(*right))


def check(root):
    page = pathlib.Path(root) / PAGE
    if not page.exists():
        return
    names, seen, rows = known(root), [], {}
    for number, line in enumerate(page.read_text().splitlines(), 1):
        for name in NAME.findall(line):
            if name not in names:
                yield Finding(PAGE, number, f'{name}: no such test or file')
        if line.startswith('|'):
            cells = cells_of(line)
            if ROW_ID.match(cells[0]):
                seen.append(cells[0])
                rows[cells[0]] = cells
            what = judge_row(cells)
            if what:
                yield Finding(PAGE, number, what)
    yield from missing_ids(seen)
    yield from missing_tests(root, rows)
    yield from miscounted(page.read_text(), rows)
