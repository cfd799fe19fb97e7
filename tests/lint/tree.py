# SPDX-License-Identifier: Apache-2.0
"""The files of the tree, and C files taken apart just as far as the checks need it."""

import dataclasses
import pathlib
import re

# A folder that holds one of these is a build, whatever its name.
BUILD_MARKS = ('build.ninja', 'meson-private')
NOT_OURS = {'.git', '__pycache__', '.pytest_cache', 'build'}

COMMENT_OR_STRING = re.compile(
    r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.DOTALL)
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.MULTILINE)


@dataclasses.dataclass
class Finding:
    """One thing that is not as it should be."""

    path: str
    line: int
    what: str

    def __str__(self):
        return f'{self.path}:{self.line}: {self.what}'


@dataclasses.dataclass
class Function:
    path: str
    name: str
    line: int
    length: int  # lines, from the one with its name to the closing brace


def files(root):
    """Every file of ours below `root`, as paths relative to it, in order."""
    found = []
    waiting = [pathlib.Path(root)]
    while waiting:
        folder = waiting.pop()
        entries = sorted(folder.iterdir())
        if any(entry.name in BUILD_MARKS for entry in entries):
            continue
        for entry in entries:
            if entry.name in NOT_OURS or entry.is_symlink() or entry.name.endswith('.pyc'):
                continue
            if entry.is_dir():
                waiting.append(entry)
            else:
                found.append(entry.relative_to(root))
    return sorted(found)


def c_files(root, below=''):
    return [path for path in files(root)
            if path.suffix in ('.c', '.h') and path.as_posix().startswith(below)]


def read(root, path):
    """The text of a file; None when it is not text."""
    octets = (pathlib.Path(root) / path).read_bytes()
    if b'\0' in octets:
        return None
    try:
        return octets.decode()
    except UnicodeDecodeError:
        return None


def line_of(text, offset):
    return text.count('\n', 0, offset) + 1


def blank(match):
    """As many lines as the text had, and nothing else."""
    return '\n' * match.group().count('\n') or ' '


def without_comments(text):
    def keep_strings(match):
        return blank(match) if match.group().startswith('/') else match.group()

    return COMMENT_OR_STRING.sub(keep_strings, text)


def bare_code(text):
    """Without comments, and with empty string and character literals."""
    def reduce(match):
        return blank(match) if match.group().startswith('/') else '""'

    return COMMENT_OR_STRING.sub(reduce, text)


def includes(text):
    """(line, '<' or '"', name) of each #include."""
    code = without_comments(text)
    return [(line_of(code, match.start()), *match.groups()) for match in INCLUDE.finditer(code)]


def functions(path, text):
    """The functions of a C file that is formatted by .clang-format: `{` and `}` in column one."""
    lines = bare_code(text).split('\n')
    head = start = None
    for number, line in enumerate(lines):
        if line == '{' and start is None:
            start = number
            head = number
            while head > 0 and re.match(r'[^#}\s].*[^;}]$|[ \t]+\S.*[^;}]$', lines[head - 1]):
                head -= 1
        elif line == '}' and start is not None:
            name = re.search(r'(\w+)\s*\(', ' '.join(lines[head:start]))
            yield Function(str(path), name.group(1) if name else '?', head + 1, number - head + 1)
            start = None
