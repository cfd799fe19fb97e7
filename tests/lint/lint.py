#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The rules of the house that a program can watch: usage: lint.py SOURCE-ROOT BUILD-ROOT

Each check takes the roots and gives findings; each is shown to bite by test_lint.py.
"""

import pathlib
import re
import subprocess
import sys

import compliance
import layers
import protocol
import sansio
import size
import tap
import tree
from tree import Finding

# Calls with a safer sibling: dm_text, dm_writer, strtoull with its end looked at.
BANNED_CALLS = ('strcpy', 'strcat', 'sprintf', 'vsprintf', 'gets', 'atoi', 'atol', 'atof', 'strtok')
# Spelled in two halves, so that this file does not find itself.
UNFINISHED = [first + second for first, second in
              (('TO', 'DO'), ('FIX', 'ME'), ('XX', 'X'), ('HA', 'CK'))]
SOURCE_SUFFIXES = {'.c', '.h', '.py', '.dia', '.conf', '.erl', '.escript', '.build', '.sh', '.ini',
                   '.scn', '.sql', '.lua'}
SOURCE_NAMES = {'Makefile', 'meson_options.txt', '.clang-format'}
# The only hosts that a text may name in a URL: standards, licence, and names made for examples.
URL_HOSTS = re.compile(
    r'(www\.rfc-editor\.org|www\.w3\.org|datatracker\.ietf\.org|www\.apache\.org|www\.iana\.org|spdx\.org'
    r'|localhost|127\.0\.0\.1|\[::1\]|(.*\.)?example(\.(com|net|org))?)(:\d+)?$')
URL = re.compile(r'\bhttps?://([^/\s"\'<>)]+)')
HOME_PATH = re.compile(r'(?<![\w.])/(?:home|root)/\w')


def check_layers(root, _build):
    """Includes go downward only."""
    return layers.check(root)


def check_sans_io(root, build):
    """The core has no IO, no clock, no global state."""
    return sansio.check(root, build)


def check_size(root, _build):
    """Functions of 60 lines, files of 600, exceptions named."""
    return size.check(root)


def check_spdx(root, _build):
    """Every source says its licence."""
    for path in tree.files(root):
        text = tree.read(root, path)
        if text is None:
            continue
        script = text.startswith('#!')
        if path.suffix not in SOURCE_SUFFIXES and path.name not in SOURCE_NAMES and not script:
            continue
        if 'SPDX-License-Identifier: Apache-2.0' not in '\n'.join(text.split('\n')[:3]):
            yield Finding(path, 1, 'no SPDX-License-Identifier in the first three lines')


def check_format(root, _build):
    """clang-format has nothing to change."""
    paths = [str(path) for path in tree.c_files(root)]
    if not paths:
        return
    command = ['clang-format', '--dry-run', '-Werror', '--style=file', *paths]
    result = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=120)
    for path, line, what in re.findall(r'^(\S+?):(\d+):\d+: error: (.*)', result.stderr, re.M):
        yield Finding(path, int(line), what)
    if result.returncode != 0 and 'error:' not in result.stderr:
        yield Finding('clang-format', 0, result.stderr.strip() or 'failed')


def check_banned_calls(root, _build):
    """No call that cannot be told how much room there is, or that hides errors."""
    pattern = re.compile(r'(?<![\w.>])(' + '|'.join(BANNED_CALLS) + r')\s*\(')
    for path in tree.c_files(root):
        code = tree.bare_code(tree.read(root, path))
        for match in pattern.finditer(code):
            yield Finding(path, tree.line_of(code, match.start()), f'{match.group(1)} is banned')


def check_unfinished(root, _build):
    """A decision is a page in docs/decisions, a gap a row in docs/compliance.md."""
    word = re.compile(r'\b(' + '|'.join(UNFINISHED) + r')\b')
    marker = re.compile(r'\b(' + '|'.join(UNFINISHED) + r')\b\s*[:(]')  # prose may name the words
    for path in tree.files(root):
        text = tree.read(root, path)
        if text is None or path.name == 'LICENSE' or path.suffix == '.dia':
            continue  # a grammar quotes its document byte for byte, which prints such words
        for match in (marker if path.suffix == '.md' else word).finditer(text):
            yield Finding(path, tree.line_of(text, match.start()), f'{match.group(1)} in the tree')


def check_man_pages(root, _build):
    """mandoc finds no error."""
    pages = [path for path in tree.files(root) if re.fullmatch(r'\.[1-8]', path.suffix)
             and path.as_posix().startswith('docs/man/')]
    for page in pages:
        command = ['mandoc', '-T', 'lint', '-W', 'error', str(page)]
        result = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=30)
        for line in (result.stdout + result.stderr).splitlines():
            yield Finding(page, 0, line)


def check_compliance(root, _build):
    """docs/compliance.md names only tests that are there."""
    return compliance.check(root)


def check_protocol(root, _build):
    """docs/protocol.md says what the grammar, the constants and the tests say."""
    return protocol.check(root)


def anchors(text):
    """The fragments that a Markdown page's headings give."""
    for heading in re.findall(r'^#+\s+(.*?)\s*#*$', text, re.M):
        kept = re.sub(r'[^\w\- ]', '', heading.lower())
        yield kept.replace(' ', '-')


def check_links(root, _build):
    """Every link between pages leads to a file, and to a heading of it."""
    root = pathlib.Path(root)
    for path in tree.files(root):
        if path.suffix != '.md':
            continue
        text = re.sub(r'```.*?```', tree.blank, tree.read(root, path), flags=re.DOTALL)
        for match in re.finditer(r'\[[^\]]*\]\(([^)\s]+)\)', text):
            if re.match(r'[a-z]+:', match.group(1)):
                continue
            name, _, fragment = match.group(1).partition('#')
            target = root / path.parent / name if name else root / path
            line = tree.line_of(text, match.start())
            if not target.exists():
                yield Finding(path, line, f'link to {name}, which is not there')
            elif fragment and fragment not in anchors(target.read_text()):
                yield Finding(path, line, f'link to #{fragment}, no heading of {target.name}')


# What a page may call by a name between backquotes that is a file of the tree, whole or its end.
NAMED_FILE = re.compile(r'(?![_.])[\w./-]*(?:/[\w./-]*|\.(?:c|h|py|md|dia|scn|conf|txt|build))$')
PLACEHOLDER = re.compile(r'\b[A-Z]{4,}\b(?!\.md)')


def check_named_files(root, _build):
    """What the pages for newcomers call a file, is one."""
    paths = [f'/{path.as_posix()}' for path in tree.files(root)]
    for page in ('README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md'):
        text = (pathlib.Path(root) / page).read_text() if f'/{page}' in paths else ''
        for match in re.finditer(r'`([^`\n]+)`', text):
            name = match.group(1).rstrip('/')
            if not NAMED_FILE.match(match.group(1)) or PLACEHOLDER.search(name):
                continue
            if not any(path.endswith(f'/{name}') or f'/{name}/' in path for path in paths):
                yield Finding(page, tree.line_of(text, match.start()), f'{name}: no such file')


def check_foreign_places(root, _build):
    """The tree names no directory of one machine and no host but those of the standards."""
    here = pathlib.Path(root).resolve()
    # "/first/" of the checkout's own path, unless that is a folder every system has.
    first = here.parts[1] if len(here.parts) > 2 else ''
    common = {'usr', 'tmp', 'opt', 'var', 'srv', 'mnt', 'home', 'root'}
    own = re.compile(rf'(?<![\w.]){re.escape("/" + first + "/")}\w') if first not in common else None
    for path in tree.files(root):
        text = tree.read(root, path)
        if text is None or path.name == 'LICENSE':
            continue
        for match in URL.finditer(text):
            if not URL_HOSTS.match(match.group(1)):
                yield Finding(path, tree.line_of(text, match.start()),
                              f'{match.group()}: not one of the hosts that may be named')
        for pattern in filter(None, (HOME_PATH, own if first else None)):
            for match in pattern.finditer(text):
                yield Finding(path, tree.line_of(text, match.start()),
                              f'{match.group()}...: a path of one machine')


CHECKS = {name[len('check_'):]: check for name, check in list(globals().items())
          if name.startswith('check_')}


def main():
    root, build = sys.argv[1:3]

    def test_of(check):
        def test():
            findings = [str(finding) for finding in check(root, build)]
            assert not findings, '\n' + '\n'.join(findings)
        return test

    for line in size.report(root):
        print(f'# {line}')
    tap.main({f'test_{name}': test_of(check) for name, check in CHECKS.items()})


if __name__ == '__main__':
    main()
