# SPDX-License-Identifier: Apache-2.0
"""Which layer may include which: downward only, and a library only where its use belongs."""

import pathlib
import posixpath
import re

import tree
from tree import Finding

# layer -> the layers it may include beside itself. What is not here may not be included.
MAY_INCLUDE = {
    'base': set(),
    'dictc': {'base'},
    'diameter': {'base', 'dict/base'},
    'store': {'base'},
    'dns': {'base'},
    'mip6': {'base', 'diameter', 'dns', 'store', 'dict/base', 'dict/mip6'},
    'io': {'base', 'diameter', 'dns', 'mip6', 'store', 'dict/base', 'dict/mip6'},
    'daemon': {'base', 'diameter', 'dns', 'mip6', 'store', 'io', 'dict/base', 'dict/mip6'},
    'cli': {'base', 'diameter', 'mip6', 'store', 'io', 'dict/base', 'dict/mip6'},
}
# The pure service may ask the questions of store and DNS, and knows no implementation of them.
ONLY_HEADERS = {('mip6', 'store'): {'store/store.h'}, ('mip6', 'dns'): {'dns/dns.h'}}

# The service has a room for each role, and one for what roles share; the files beside them are common
# to all. room -> the rooms that it may include; a common file includes none.
ROOMS = {
    'mip6': {
        'accounting': set(),
        'home_agent': {'accounting'},
        'home_server': set(),
        'nas': {'accounting'},
        'proxy': set(),
    },
}

# A header of a library or of the system's IO -> where it may be included (path prefixes in src/).
SYSTEM_HEADERS = (
    (re.compile(r'openssl/'), ('mip6/keys', 'dns/', 'store/', 'io/', 'daemon/', 'cli/')),
    (re.compile(r'libknot/'), ('dns/',)),
    (re.compile(r'sqlite3'), ('store/', 'cli/')),
    (re.compile(r'libpq|postgres'), ('store/',)),
    (re.compile(r'uv\.h|uv/'), ('io/', 'daemon/', 'cli/')),
    (re.compile(r'confuse\.h'), ('daemon/',)),
    (re.compile(r'jansson\.h'), ('io/', 'daemon/', 'cli/')),
    (re.compile(r'pcap'), ('cli/',)),
    # arpa/inet.h gives inet_pton and inet_ntop, functions of their arguments (sansio.py).
    (re.compile(r'sys/|netinet/|arpa/(?!inet\.h)|net/|netdb|poll\.h|pthread|unistd|fcntl|time\.h|'
                r'signal|dirent|termios|threads|stdatomic'),
     ('base/log', 'base/secret', 'store/', 'io/', 'daemon/', 'cli/', 'dictc/')),
)

# diameter/ never names an application.
APPLICATION = re.compile(r'mip6|mobile|nasreq|\bmip_', re.IGNORECASE)


def layer_of(path):
    """'base' of src/base/x.c; 'dict/mip6' of dict/mip6.dia.h; None when it is in no layer."""
    parts = pathlib.PurePosixPath(path).parts
    if parts[:1] == ('dict',):
        return 'dict/' + parts[1].split('.')[0]
    if parts[:1] == ('src',) and len(parts) > 2:
        return parts[1]
    return None


def resolve(root, path, name):
    """What an #include "name" in `path` means, relative to the root."""
    beside = posixpath.normpath(path.parent.as_posix() + '/' + name)
    if (pathlib.Path(root) / beside).exists():
        return beside
    return name if name.startswith('dict/') else 'src/' + name


def judge_own(root, path, layer, line, name):
    target = resolve(root, path, name)
    other = layer_of(target)
    if other == layer:
        return
    if other is None or other not in MAY_INCLUDE[layer]:
        yield Finding(path, line, f'{layer} may not include "{name}"')
    allowed = ONLY_HEADERS.get((layer, other))
    if allowed and target.removeprefix('src/') not in allowed:
        yield Finding(path, line, f'{layer} may include only {", ".join(sorted(allowed))}')


def room_of(path, layer):
    """'nas' of src/mip6/nas/x.c; None of src/mip6/x.c."""
    parts = pathlib.PurePosixPath(path).parts
    return parts[2] if layer in ROOMS and len(parts) > 3 else None


def judge_room(root, path, layer, line, name):
    target = resolve(root, path, name)
    other = room_of(target, layer_of(target))
    room = room_of(path, layer)
    if layer_of(target) != layer or other in (None, room):
        return
    if other not in ROOMS[layer].get(room, set()):
        yield Finding(path, line, f'{room or "a common file"} may not include "{name}"')


def judge_system(path, line, name):
    inside = path.as_posix().removeprefix('src/')
    for pattern, places in SYSTEM_HEADERS:
        if pattern.match(name) and not inside.startswith(places):
            yield Finding(path, line, f'<{name}> does not belong here')


def check(root):
    for path in tree.c_files(root, 'src/'):
        layer = layer_of(path)
        if layer not in MAY_INCLUDE:
            yield Finding(path, 1, 'in no layer that tests/lint/layers.py knows')
            continue
        text = tree.read(root, path)
        for line, kind, name in tree.includes(text):
            if kind == '"':
                yield from judge_own(root, path, layer, line, name)
                yield from judge_room(root, path, layer, line, name)
            else:
                yield from judge_system(path, line, name)
        if layer == 'diameter':
            code = tree.without_comments(text)
            for match in APPLICATION.finditer(code):
                yield Finding(path, tree.line_of(code, match.start()),
                              f'diameter/ names an application: {match.group()}')
