# SPDX-License-Identifier: Apache-2.0
"""What dictc writes, judged by others: by itself again, by Erlang/OTP's compiler, by Wireshark.

usage: results.py DICTC DICT-FOLDER GOOD.dia
"""

import os
import pathlib
import struct
import subprocess
import sys
import tempfile

TESTS = pathlib.Path(__file__).parent.parent
sys.path[:0] = [str(TESTS / folder) for folder in ('lint', 'process', 'interop')]
# pylint: disable=wrong-import-position
import tap  # noqa: E402
from diameter_raw import MB, MH, MIP6, P, R, VENDOR, avp, message  # noqa: E402
from wireshark import dissect, run, shadow, write_pcap  # noqa: E402

DICTC, DICT, GOOD = (pathlib.Path(path).resolve() for path in sys.argv[1:4])


def dictc(*arguments):
    """Runs the compiler; gives the finished process."""
    return subprocess.run([DICTC, *arguments], capture_output=True, text=True, check=False)


def printed(form, grammar, *arguments):
    """What dictc writes of a grammar file."""
    result = dictc('--format', form, *arguments, grammar)
    assert result.returncode == 0, result.stderr
    return result.stdout


def written_in_c(grammar, folder):
    """The two C files of a grammar."""
    output = folder / 'c'
    result = dictc('--output', output, '--include', DICT, grammar)
    assert result.returncode == 0, result.stderr
    return [pathlib.Path(f'{output}{suffix}').read_text() for suffix in ('.h', '.c')]


def printed_again(grammar):
    """Parse, print, parse: the same grammar, by its own printing and by its C."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        again = folder / grammar.name
        again.write_text(printed('dia', grammar, '--include', DICT))
        assert printed('dia', again, '--include', DICT) == again.read_text()
        assert written_in_c(again, folder) == written_in_c(grammar, folder)
        assert len(again.read_text()) > 1000


def test_base_printed_and_parsed_again():
    printed_again(DICT / 'base.dia')


def test_mip6_printed_and_parsed_again():
    printed_again(DICT / 'mip6.dia')


def test_good_printed_and_parsed_again():
    printed_again(GOOD)


def test_otp_compiles_ours():
    """diameterc takes base and mip6, and has read from them what we meant."""
    questions = (
        "{1, '*'} = homeward_mip6:avp_arity('MHR', 'MIP6-Security-Association'),"
        "{0, 1} = homeward_mip6:avp_arity('MBR', 'MIP6-Home-Address'),"
        "{0, '*'} = homeward_mip6:avp_arity('MBA', 'Class'),"
        "0 = homeward_mip6:avp_arity('MBA', 'Destination-Realm'),"
        "{3, 192, 32473} = homeward_mip6:avp_header('MIP6-Home-Address'),"
        "{16777215, 192, 33554438} = homeward_mip6:msg_header('MHR'),"
        "{16777214, 64, 33554438} = homeward_mip6:msg_header('MBA'),"
        "1 = homeward_mip6:avp_arity('Key', 'Key-Type'),"
        "{1, '*'} = homeward_base:avp_arity('CER', 'Host-IP-Address'),"
        "{0, 1} = homeward_base:avp_arity('answer-message', 'Session-Id'),"
        "{257, 128, 0} = homeward_base:msg_header('CER'),"
        "io:put_chars(\"as we meant\"), halt(0).")
    with tempfile.TemporaryDirectory() as folder:
        for grammar in ('base', 'mip6'):
            source = pathlib.Path(folder) / f'homeward_{grammar}.dia'
            source.write_text(printed('otp', DICT / f'{grammar}.dia'))
            run('diameterc', '-i', folder, '-o', folder, source)
            run('erlc', '-o', folder, source.with_suffix('.erl'))
        answer = run('erl', '-noshell', '-pa', folder, '-eval', questions)
        assert 'as we meant' in answer, answer


def avp_table(grammar):
    """(name, code, type, vendor) of every AVP, from the grammar in its one spelling."""
    text = printed('dia', grammar)
    rows = text.split('@avp_types')[1].split('@')[0].split('\n')
    for row in filter(None, (row.split() for row in rows)):
        flags = row[4] if row[3] == 'secret' else row[3]
        yield row[0], int(row[1]), row[2], 32473 if 'V' in flags else 0


def example(kind):
    """A value of a type."""
    if kind == 'Unsigned64':
        return bytes(7) + b'\x01'
    if kind in ('Unsigned32', 'Enumerated'):
        return bytes(3) + b'\x02'
    if kind.startswith('OctetString('):
        return bytes(int(kind[len('OctetString('):-1]))
    return b'' if kind == 'Grouped' else b'example.net'


def test_wireshark_knows_ours():
    """Commands, application, vendor, every AVP and our values by name; nothing malformed."""
    table = list(avp_table(DICT / 'mip6.dia'))
    avps = [avp(code, example(kind), vendor) for _, code, kind, vendor in table]
    avps.append(avp(6, 3, VENDOR))
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        folder.chmod(0o755)
        capture = folder / 'ours.pcap'
        write_pcap(capture, [message(MB, avps, MIP6, R | P), message(MH, avps, MIP6, P)])
        data = shadow(folder, printed('wireshark', DICT / 'mip6.dia'))
        words = dissect(data, capture)
    assert len(table) == 25
    for name, code, _, vendor in table:
        assert words.count(f'AVP: {name}({code}) ') >= 2, f'{name} is not known'
        assert not vendor or f'AVP Code: {code} {name}' in words
    for part in ('Command Code: MIPv6-Bootstrapping (16777214)',
                 'Command Code: MIPv6-Home-Agent (16777215)',
                 'ApplicationId: Diameter MIPv6 Integrated (33554438)', 'vnd=Homeward',
                 'MIP6-SA-Protocol: IKEV1 (2)', 'MIP6-SA-Protocol: MIPV6_AUTH (3)',
                 'Key-Type: rMSK (2)'):
        assert part in words, part
    assert 'Unknown' not in words and 'Malformed' not in words


def test_wireshark_without_ours():
    """The stock dictionary does not know them: else the test above would show nothing."""
    with tempfile.TemporaryDirectory() as name:
        capture = pathlib.Path(name) / 'ours.pcap'
        write_pcap(capture, [message(MH, [avp(6, 0, VENDOR)], MIP6, P)])
        words = run('tshark', '-r', str(capture), '-V')
    assert 'Unknown' in words and 'MIP6-SA-Protocol' not in words


def test_help_and_usage():
    assert dictc('--help').returncode == 0
    assert '--format' in dictc('--help').stdout
    for arguments, what in (((), 'no grammar file'), (('--format', 'pdf', 'x'), 'pdf'),
                            (('--nonsense',), 'nonsense'), (('a', 'b'), 'more than one'),
                            ((str(GOOD),), '--output'), (('-f', 'dia', '/nowhere/x.dia'),
                                                         '/nowhere/x.dia')):
        result = dictc(*arguments)
        assert result.returncode == 2, arguments
        assert what in result.stderr and result.stdout == '', result.stderr


def test_bad_grammar_leaves_the_old_result():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        grammar = folder / 'bad.dia'
        grammar.write_text('@id 1\n@name bad\n@prefix bad\n@avp_typs\n')
        old = folder / 'bad.out'
        old.write_text('old')
        result = dictc('--format', 'dia', '--output', old, grammar)
        assert result.returncode == 2
        assert result.stderr == (f"{grammar}:4:1: unknown section '@avp_typs'; "
                                 "did you mean 'avp_types'?\n")
        assert old.read_text() == 'old'
        assert sorted(path.name for path in folder.iterdir()) == ['bad.dia', 'bad.out']


def test_result_replaces_the_old_one_whole():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        output = folder / 'base.out'
        output.write_text('old')
        held = output.open()  # a reader of the old one keeps the old one
        result = dictc('--format', 'dia', '--output', output, DICT / 'base.dia')
        assert result.returncode == 0, result.stderr
        assert held.read() == 'old' and '@avp_types' in output.read_text()
        mask = os.umask(0)
        os.umask(mask)
        assert output.stat().st_mode & 0o777 == 0o666 & ~mask
        assert [path.name for path in folder.iterdir()] == ['base.out']


def test_result_that_cannot_be_written():
    result = dictc('--format', 'dia', '--output', '/nowhere/at/all', DICT / 'base.dia')
    assert result.returncode == 2
    assert '/nowhere/at/all: No such file' in result.stderr


tap.main(globals())
