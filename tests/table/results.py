# SPDX-License-Identifier: Apache-2.0
"""What dictc writes, judged by others: by itself again, by Erlang/OTP's compiler, by Wireshark.

usage: results.py DICTC DICT-FOLDER GOOD.dia
"""

import os
import pathlib
import shutil
import struct
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / 'lint'))
import tap  # noqa: E402  pylint: disable=wrong-import-position

DICTC, DICT, GOOD = (pathlib.Path(path).resolve() for path in sys.argv[1:4])
STOCK = pathlib.Path('/usr/share/wireshark')


def dictc(*arguments):
    """Runs the compiler; gives the finished process."""
    return subprocess.run([DICTC, *arguments], capture_output=True, text=True, check=False)


def printed(form, grammar, *arguments):
    """What dictc writes of a grammar file."""
    result = dictc('--format', form, *arguments, grammar)
    assert result.returncode == 0, result.stderr
    return result.stdout


def run(*command, **options):
    """Runs a program that must succeed; gives what it wrote."""
    result = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    assert result.returncode == 0, f'{command}: {result.stdout}{result.stderr}'
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


def avp(code, vendor, data):
    """One AVP, M set."""
    head = struct.pack('>IB', code, 0xC0 if vendor else 0x40)
    head += (8 + 4 * bool(vendor) + len(data)).to_bytes(3, 'big')
    head += struct.pack('>I', vendor) if vendor else b''
    return head + data + bytes(-len(data) % 4)


def message(code, flags, application, avps):
    """One Diameter message."""
    body = b''.join(avps)
    return (b'\x01' + (20 + len(body)).to_bytes(3, 'big') + bytes([flags]) +
            code.to_bytes(3, 'big') + struct.pack('>III', application, 1, 2) + body)


def write_pcap(path, messages):
    """A capture of one TCP connection to port 3868."""
    capture = struct.pack('<IHHiIII', 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101)
    sequence = 1
    for octets in messages:
        packet = struct.pack('>HHIIBBHHH', 40000, 3868, sequence, 1, 0x50, 0x18, 65535, 0, 0)
        packet += octets
        sequence += len(octets)
        packet = struct.pack('>BBHHHBBH4s4s', 0x45, 0, 20 + len(packet), 1, 0, 64, 6, 0,
                             bytes([127, 0, 0, 1]), bytes([127, 0, 0, 1])) + packet
        capture += struct.pack('<IIII', 0, 0, len(packet), len(packet)) + packet
    path.write_bytes(capture)


def shadow(folder, dictionary):
    """Wireshark's data folder once more, with our dictionary behind its own."""
    data = folder / 'wireshark'
    data.mkdir()
    for entry in STOCK.iterdir():
        if entry.name != 'diameter':
            (data / entry.name).symlink_to(entry)
    shutil.copytree(STOCK / 'diameter', data / 'diameter')
    (data / 'diameter' / 'homeward.xml').write_text(dictionary)
    main = data / 'diameter' / 'dictionary.xml'
    text = main.read_text()
    assert text.count('\n\t&Custom;') == 1 and text.count(']>') == 1
    text = text.replace(']>', '\t<!ENTITY homeward SYSTEM "homeward.xml">\n]>')
    main.write_text(text.replace('\n\t&Custom;', '\n\t&Custom;\n\t&homeward;'))
    return data


def dissect(data, capture):
    """tshark's words about a capture. For root it reads its own folder only: we mount over it."""
    command = ['tshark', '-r', str(capture), '-V']
    if os.geteuid() != 0:
        return run(*command, env={**os.environ, 'WIRESHARK_DATA_DIR': str(data)})
    mounted = f'mount --bind {data}/diameter {STOCK}/diameter && exec "$@"'
    return run('unshare', '-m', 'sh', '-c', mounted, 'sh', *command)


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
    avps = [avp(code, vendor, example(kind)) for _, code, kind, vendor in table]
    avps.append(avp(6, 32473, struct.pack('>I', 3)))
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        folder.chmod(0o755)
        capture = folder / 'ours.pcap'
        write_pcap(capture, [message(16777214, 0xC0, 33554438, avps),
                             message(16777215, 0x40, 33554438, avps)])
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
        write_pcap(capture, [message(16777215, 0x40, 33554438, [avp(6, 32473, bytes(4))])])
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
