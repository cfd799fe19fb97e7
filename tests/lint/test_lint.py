#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Each check of lint.py bites: a small tree without fault passes, with one planted it does not."""

import pathlib
import shutil
import subprocess
import tempfile

import compliance
import lint
import protocol
import size
import tap

ROOT = pathlib.Path(__file__).resolve().parents[2]
SPDX = '/* SPDX-License-Identifier: Apache-2.0 */\n'


def findings(check, files, build=None):
    """What `check` says of a tree made of {path: text}."""
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        shutil.copy(ROOT / '.clang-format', root)
        for path, text in files.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text)
        if build:
            build(root)
        return [str(finding) for finding in lint.CHECKS[check](root, root / 'build')]


def bites(check, good, bad, word, build=None):
    """`good` has no finding; `bad` has exactly one, which says `word`."""
    assert findings(check, good, build) == [], findings(check, good, build)
    found = findings(check, bad, build)
    assert len(found) == 1 and word in found[0], found


def test_layers_upward_include():
    low = {'src/base/a.h': SPDX, 'src/mip6/s.h': SPDX}
    bites('layers',
          low | {'src/mip6/s.c': '#include "base/a.h"\n'},
          low | {'src/base/a.c': '#include "mip6/s.h"\n'}, 'base may not include "mip6/s.h"')


def test_layers_relative_include():
    files = {'src/diameter/codec/m.h': SPDX, 'src/store/s.h': SPDX}
    bites('layers',
          files | {'src/diameter/node.h': '#include "codec/m.h"\n'},
          files | {'src/diameter/node.h': '#include "../store/s.h"\n'}, '../store/s.h')


def test_layers_roles_do_not_know_each_other():
    files = {'src/mip6/nas/n.h': SPDX, 'src/mip6/accounting/a.h': SPDX}
    bites('layers',
          files | {'src/mip6/nas/n.c': '#include "n.h"\n#include "mip6/accounting/a.h"\n'},
          files | {'src/mip6/home_server/s.c': '#include "mip6/nas/n.h"\n'},
          'home_server may not include')
    bites('layers',
          files | {'src/mip6/c.c': SPDX},
          files | {'src/mip6/c.c': '#include "nas/n.h"\n'}, 'a common file may not include')


def test_layers_service_knows_no_store():
    files = {'src/store/store.h': SPDX, 'src/store/sqlite.h': SPDX}
    bites('layers',
          files | {'src/mip6/s.c': '#include "store/store.h"\n'},
          files | {'src/mip6/s.c': '#include "store/sqlite.h"\n'}, 'only store/store.h')


def test_layers_dictionary_of_an_application():
    bites('layers',
          {'src/diameter/n.c': '#include "dict/base.dia.h"\n'},
          {'src/diameter/n.c': '#include "dict/nas.dia.h"\n'}, 'dict/nas.dia.h')


def test_layers_application_named_in_diameter():
    bites('layers',
          {'src/diameter/n.c': '/* not MIP6-Home-Address */\nint a;\n'},
          {'src/diameter/n.c': 'int mip6_a;\n'}, 'names an application')


def test_layers_system_header():
    bites('layers',
          {'src/io/n.c': '#include <sys/socket.h>\n'},
          {'src/mip6/n.c': '#include <sys/socket.h>\n'}, '<sys/socket.h>')
    assert findings('layers', {'src/mip6/n.c': '#include <uv.h>\n'})
    assert findings('layers', {'src/mip6/pool.c': '#include <openssl/evp.h>\n'})
    assert not findings('layers', {'src/mip6/keys.c': '#include <openssl/evp.h>\n'})


def test_layers_unknown_folder():
    assert findings('layers', {'src/elsewhere/x.c': ''})


def compile_core(name):
    """Compiles src/mip6/NAME.c to where a build has its objects."""
    def build(root):
        target = root / 'build/src/mip6'
        target.mkdir(parents=True)
        subprocess.run(['cc', '-c', '-fPIC', '-Wno-implicit-function-declaration',
                        '-fno-builtin', f'src/mip6/{name}.c', '-o', str(target / f'{name}.c.o')],
                       cwd=root, check=True, timeout=60)
    return build


PURE_CODE = '''#include <string.h>
static const char *const names[] = { "a", "b" };
const char *pick(unsigned i) { return strlen(names[i & 1]) ? names[i & 1] : ""; }
'''


def test_sans_io_each_escape():
    for call in ('socket', 'read', 'write', 'open', 'time', 'clock_gettime', 'gettimeofday', 'rand',
                 'getrandom', 'pthread_mutex_lock', 'uv_run', 'getenv', 'printf', 'fprintf',
                 'sqlite3_exec', 'RAND_bytes', 'SHA256', 'abort', 'exit', 'sleep'):
        bad = PURE_CODE + f'int {call}();\nvoid bad(void) {{ {call}(); }}\n'
        bites('sans_io', {'src/mip6/s.c': PURE_CODE}, {'src/mip6/s.c': bad},
              f'takes {call} from outside', compile_core('s'))


def test_sans_io_keys_may_digest_but_not_draw():
    def of(call):
        code = f'int {call}();\nvoid f(void) {{ {call}(); }}\n'
        return {'src/mip6/keys.c': code}

    bites('sans_io', of('EVP_Digest'), of('RAND_bytes'), 'RAND_bytes', compile_core('keys'))
    assert findings('sans_io', of('EVP_RAND_generate'), compile_core('keys'))


def test_sans_io_global():
    for bad in ('static int counter;\n', 'int counter = 4;\n', 'static __thread int counter;\n'):
        use = 'int next(void) { return ++counter; }\n'
        bites('sans_io', {'src/mip6/s.c': PURE_CODE}, {'src/mip6/s.c': PURE_CODE + bad + use},
              'counter can change', compile_core('s'))


def test_sans_io_nothing_to_prove():
    assert 'nothing is proved' in findings('sans_io', {})[0]


def function(lines):
    return 'int\nf(void)\n{\n'.replace('int\n', 'int ') + '\tg();\n' * (lines - 3) + '}\n'


def test_size_function():
    bites('size', {'src/a.c': function(60)}, {'src/a.c': function(61)}, 'src/a.c:f has 61 lines')


def test_size_file():
    bites('size', {'src/a.c': 'int a;\n' * 600}, {'src/a.c': 'int a;\n' * 601}, '601 lines')


def test_size_ratchet():
    def listed(text):
        return {'src/a.c': function(70), size.LIST: text}

    bites('size', listed('src/a.c:f 70 a table\n'), listed('src/a.c:f 69 a table\n'), 'grew')
    bites('size', listed('src/a.c:f 70 a table\n'), listed('src/a.c:f 71 a table\n'), 'shrank')
    bites('size', {'src/a.c': function(3)},
          {'src/a.c': function(3), size.LIST: 'src/a.c:f 70 gone\n'}, 'strike it')


def test_size_brace_in_string_or_comment():
    text = 'int f(void)\n{\n\tg("}");\n/*\n}\n*/\n' + '\tg();\n' * 60 + '}\n'
    assert 'src/a.c:f' in findings('size', {'src/a.c': text})[0]


def test_spdx():
    bites('spdx', {'src/a.c': SPDX}, {'src/a.c': 'int a;\n'}, 'no SPDX')
    assert findings('spdx', {'tool': '#!/bin/sh\n'})
    assert findings('spdx', {'x/meson.build': '\n'})


def test_format():
    good = SPDX + 'int f(void)\n{\n\treturn 1;\n}\n'
    bites('format', {'src/a.c': good}, {'src/a.c': good.replace('\treturn', '    return')}, 'a.c')


def test_banned_calls():
    for call in lint.BANNED_CALLS:
        bites('banned_calls',
              {'a.c': f'/* {call}( */\nint my_{call}(void);\nchar *a = "{call}(";\n'},
              {'a.c': f'int a = {call}(b);\n'}, call)


def test_unfinished():
    for word in lint.UNFINISHED:
        bites('unfinished', {'a.c': f'int {word}S;\n'}, {'a.c': f'/* {word} later */\n'}, word)
        bites('unfinished', {'a.md': f'No {word} here.\n'}, {'a.md': f'{word}: later\n'}, word)


def test_man_pages():
    good = '.Dd January 1, 2026\n.Dt A 1\n.Os\n.Sh NAME\n.Nm a\n.Nd does a\n'
    bad = good + '.Bl -bogus\n.It\nx\n'
    assert findings('man_pages', {'docs/man/a.1': good}) == []
    assert findings('man_pages', {'docs/man/a.1': bad})


def test_links():
    pages = {'docs/b.md': '# One Thing\n'}
    bites('links', pages | {'a.md': '[b](docs/b.md#one-thing)\n'},
          pages | {'a.md': '[b](docs/c.md)\n'}, 'docs/c.md')
    assert findings('links', pages | {'a.md': '[b](docs/b.md#two)\n'})
    assert not findings('links', {'a.md': '```\n[b](gone.md)\n```\n'})


def test_named_files():
    files = {'src/base/map.c': SPDX}
    good = '`map.c` in `src/base/`, or `base/map.c`; `x->y`, `_init/_fini`, `dict/NAME.dia`, `a b/c`\n'
    bites('named_files', files | {'README.md': good},
          files | {'README.md': good.replace('`map.c`', '`mop.c`')}, 'mop.c: no such file')
    bites('named_files', files | {'ARCHITECTURE.md': good},
          files | {'ARCHITECTURE.md': good.replace('src/base', 'src/bass')}, 'src/bass')


def compliance_tree(row='', rows=None):
    """A page with every id, a row of a section, and one test of each kind."""
    named = {'CX01': '`CX01_a`', 'AV01': '`AV01_zero`', 'MB01': '`test_MB01_a`'}
    ids = rows or [f'| {area}{number:02} | {named.get(f"{area}{number:02}", "not yet")} | |'
                   for area, count in compliance.AREAS.items() for number in range(1, count + 1)]
    return {compliance.PAGE: '\n'.join([row, *ids]) + '\n',
            'tests/scenario/CX01_a.scn': '', 'tests/scenario/bad/CX02_b.scn': '',
            'tests/unit/a.c': SPDX + 'static void no_case(void **state);\n'
                              '/* cmocka_unit_test(gone) */ cmocka_unit_test(AV01_zero),\n',
            'tests/process/test_a.py': 'def test_MB01_a(home):\n', 'src/a.c': SPDX,
            'tests/conf/meson.build': "test('conf', run)\n"}


def test_compliance_names():
    good = compliance_tree('| 1 | C | `CX01_a` `AV01_zero` `test_MB01_a` `conf` `src/a.c` |')
    for name in ('CX01_b', 'CX02_b', 'no_case', 'gone', 'src/b.c', 'test_MB01'):
        bites('compliance', good, compliance_tree(f'| 1 | P | `{name}` |'),
              f'{name}: no such test or file')


def test_compliance_states():
    good = compliance_tree('| 9 | N | nothing |')
    bites('compliance', good, compliance_tree('| 9 | C | all |'), 'C without a test')
    bites('compliance', good, compliance_tree('| 9 | P | some |'), 'P without a test')
    bites('compliance', good, compliance_tree('| 9 | N | `conf` |'), 'N, with a test')


def test_compliance_ids():
    good = compliance_tree()
    rows = good[compliance.PAGE].strip().split('\n')
    bites('compliance', good, compliance_tree(rows=rows[1:]), 'CX01 stands there 0 times')
    bites('compliance', good, compliance_tree(rows=rows + rows[-1:]), 'OP12 stands there 2 times')
    bites('compliance', good, compliance_tree(rows=rows[:1] + ['| CX02 | |'] + rows[2:]),
          'CX02 names either')
    bites('compliance', good, compliance_tree(rows=['| CX01 | `CX01_a` | not yet |'] + rows[1:]),
          'CX01 names either')
    bites('compliance', good, compliance_tree(rows=['| CX01 | `conf` | |'] + rows[1:]),
          'CX01_a is not in the row of CX01')


def test_compliance_counts():
    count = sum(compliance.AREAS.values())
    text = f'Of {count} ids 3 are shown, 0 in part,\nand {count - 3} not yet.'
    bites('compliance', compliance_tree(text), compliance_tree(text.replace('3 are', '4 are')),
          f'of {count} ids 3 are shown, 0 in part, and {count - 3} not yet')


GRAMMAR = '''@id 9 Nine
@vendor 7 Seven
@document profile

@avp_types

\tAn-Avp  1  Unsigned32  V,M  -  2

@commands

\tSome-Thing  STH  5  4.3

@messages

<Some-Thing> ::= < Diameter Header: YYY, REQ >
    < Session-Id >
    [ An Avp ]
    * [ AVP ]

@occurrence 3

\t            STH
\tSession-Id  1
\tAn-Avp      1+
\tClass       0+

@errata

\t*  avp  An Avp = An-Avp
'''


def protocol_tree(page):
    """A page with a made table, a section that a test holds, and a constant."""
    return {protocol.PAGE: page, 'dict/a.dia': GRAMMAR,
            'tests/scenario/CX01_a.scn': '', 'src/x/a.c': '#define WAIT ((dm_time)5 * DM_SECOND)\n'}


def test_protocol_tables():
    rows = '| An-Avp | 1 | 7 | Unsigned32 | V M | this page, 2.2 |\n'
    page = ('<!-- from dict/a.dia: avps -->\n\n'
            '| AVP | code | Vendor-Id | type | flags | defined in |\n|---|---|---|---|---|---|\n'
            f'{rows}\n<!-- end -->\n')
    message = ('<!-- from dict/a.dia: message STH -->\n\n'
               '\t<Some-Thing> ::= < Diameter Header: 5, REQ >\n\t\t< Session-Id >\n'
               '\t\t1* { An-Avp }\n\t\t* [ Class ]\n\t\t* [ AVP ]\n\n<!-- end -->\n')
    bites('protocol', protocol_tree(page), protocol_tree(page.replace('| 1 |', '| 2 |')), 'grammar')
    bites('protocol', protocol_tree(message), protocol_tree(message.replace('1*', '*')), 'grammar')


def test_protocol_tests():
    good = '## A\n\n### B\n\nText.\n\nShown by: `CX01_a`\n\n### C\n\n*Informative.*\n'
    bites('protocol', protocol_tree(good), protocol_tree(good.replace('CX01_a', 'CX02')), 'no such')
    bites('protocol', protocol_tree(good), protocol_tree(good + '## D\n\nText.\n'), 'D: neither')


def test_protocol_constants():
    row = '| a wait | {} | `a.c` `{}` |\n'
    bites('protocol', protocol_tree(row.format('5 s', 'WAIT')),
          protocol_tree(row.format('6 s', 'WAIT')), 'WAIT is 5 s, not 6 s')
    bites('protocol', protocol_tree(row.format('5 s', 'WAIT')),
          protocol_tree(row.format('5 ms', 'WAIT')), 'WAIT is 5 s, not 5 ms')
    bites('protocol', protocol_tree(''), protocol_tree(row.format('5 s', 'GONE')), 'GONE is not')


def test_protocol_vectors():
    page = ('For root `000102030405060708090a0b0c0d0e0f`, NAI `alice@home.example.net`, '
            'FQDN `ha1.home.example.net`, home address `2001:db8:1:2::5`\n'
            '| homeward-mn-ha@mip6 | 1 | e46c63cc8f84ef6f2bf4fcbe28b75adb | 50d1d6cceaceeb19 '
            '| 1355929548 |\n')
    bites('protocol', protocol_tree(page), protocol_tree(page.replace('e46c', 'e46d')), 'vector')
    bites('protocol', protocol_tree(page), protocol_tree(page.replace('548', '549')), 'vector')


def test_foreign_places():
    bites('foreign_places',
          {'a.md': 'https://' + 'www.rfc-editor.org/rfc/rfc6733\n'},
          {'a.md': 'https://' + 'registry.invalid/x\n'}, 'registry.invalid')
    bites('foreign_places', {'a.md': 'at ~/x\n'}, {'a.md': 'in ' + '/ho' + 'me/me/x\n'}, 'machine')


if __name__ == '__main__':
    tap.main(globals())
