# SPDX-License-Identifier: Apache-2.0
"""The proof that the core is sans-IO, read from its object files.

Whatever an object of base (but log), diameter, dns or mip6 takes from outside must be defined in these
layers or stand in the list below: functions of their arguments alone, and the heap. A list of what
is allowed, because a list of what is forbidden is never complete. And no object may hold data that
can change: a node has no globals.
"""

import pathlib
import re
import subprocess

from tree import Finding

LAYERS = ('base', 'diameter', 'dns', 'mip6')
# The one file of base that writes: it gets a file descriptor and a clock.
EXEMPT = ('src/base/', 'log.c.o')

PURE = re.compile(r'''
    (mem(cpy|move|set|cmp|chr|rchr|mem|pcpy)
    |str(len|nlen|chr|rchr|cmp|ncmp|casecmp|ncasecmp|str|spn|cspn|pbrk)
    |malloc|calloc|realloc|reallocarray|free
    |v?snprintf|strto(l|ll|ul|ull|d|f)|__isoc\d+_strto\w+
    |qsort|bsearch|abs|llabs|ldexp|frexp|nan|strerror|strerrordesc_np
    |explicit_bzero|__ctype_\w+|tolower|toupper|is(alpha|alnum|digit|xdigit|print|space|upper|lower)
    |inet_(ntop|pton)|hton[sl]|ntoh[sl]
    |__errno_location
    |__(mem|str)\w+_chk|__v?snprintf_chk|__explicit_bzero_chk
    |__stack_chk_fail|_GLOBAL_OFFSET_TABLE_|__tls_get_addr
    |__asan_\w+|__ubsan_\w+|__sanitizer_\w+|__lsan_\w+|__odr_asan\S*|__gcov\w+
    )$''', re.VERBOSE)
# Digests, where keys and signatures are made. No RAND_: randomness is given.
CRYPTO = re.compile(r'(EVP_(?!.*[Rr][Aa][Nn][Dd])|HMAC|SHA256|OSSL_PARAM|CRYPTO_memcmp|OPENSSL_cleanse)\w*$')
CRYPTO_OBJECTS = re.compile(r'(^|/)(mip6-?\w*/.*keys|dns/)')
# Messages by libknot, in dns; but for what reads the clock. Its inline functions assert.
KNOT = re.compile(r'(knot_(?!tsig_(sign|\w*check|rdata_store_current_time))\w+|__assert_fail)$')

CONSTANT_SECTIONS = re.compile(r'\.data\.rel\.ro')
# What the sanitizers put beside our data.
SANITIZER_DATA = re.compile(r'(\.LASAN|__odr_asan|\.Lubsan|__asan|\.LC|__compound_literal)')


def objects(build):
    """The object files of the core's layers."""
    for layer in LAYERS:
        for path in sorted((pathlib.Path(build) / 'src' / layer).rglob('*.o')):
            if layer == 'base' and path.name == EXEMPT[1]:
                continue
            yield path


def run(*command):
    result = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    return result.stdout.splitlines()


def symbols(path):
    """(defined, undefined) names of an object file."""
    defined, undefined = set(), set()
    for line in run('nm', '-P', str(path)):
        name, kind = line.split()[:2]
        (undefined if kind in 'Uvw' else defined).add(name)
    return defined, undefined


def changing_data(path):
    """Names of objects in sections that can be written at run time."""
    for line in run('objdump', '-t', str(path)):
        # 0000000000000000 l     O .bss  0000000000000004 name
        match = re.match(r'[0-9a-f]{16} (.{7}) (\S+)\s+[0-9a-f]{16}\s+(?:\.hidden )?(\S+)', line)
        if not match:
            continue
        flags, section, name = match.groups()
        writable = section == '*COM*' or re.match(r'\.(data|bss|tdata|tbss|tm_clone)', section)
        if 'd' in flags or not writable:  # d: the section's own symbol
            continue
        if not CONSTANT_SECTIONS.match(section) and not SANITIZER_DATA.match(name):
            yield name


def check(_root, build):
    found = list(objects(build))
    if not found:
        yield Finding(build, 0, 'no object file of the core: nothing is proved')
    tables = {path: symbols(path) for path in found}
    inside = set().union(*(defined for defined, _ in tables.values())) if tables else set()
    for path, (_, undefined) in tables.items():
        name = path.relative_to(build)
        for symbol in sorted(undefined - inside):
            crypto = CRYPTO.match(symbol) and CRYPTO_OBJECTS.search(name.as_posix())
            knot = KNOT.match(symbol) and '/dns/' in name.as_posix()
            if not PURE.match(symbol) and not crypto and not knot:
                yield Finding(name, 0, f'takes {symbol} from outside: not sans-IO')
        for symbol in changing_data(path):
            yield Finding(name, 0, f'{symbol} can change: a global')
