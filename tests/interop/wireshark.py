# SPDX-License-Identifier: Apache-2.0
"""tshark as an independent decoder: captures are made here, dissected with our dictionary beside
Wireshark's own."""

import os
import pathlib
import shutil
import struct
import subprocess

STOCK = pathlib.Path('/usr/share/wireshark')
PORT = 3868


def write_pcap(path, messages):
    """A capture of one TCP connection to port 3868, all messages in one direction."""
    capture = struct.pack('<IHHiIII', 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101)
    sequence = 1
    for octets in messages:
        packet = struct.pack('>HHIIBBHHH', 40000, PORT, sequence, 1, 0x50, 0x18, 65535, 0, 0)
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


def run(*command, **options):
    result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120,
                            **options)
    assert result.returncode == 0, f'{command}: {result.stdout}{result.stderr}'
    return result.stdout


def dissect(data, capture, *arguments):
    """tshark's words about a capture. For root it reads its own folder only: we mount over it."""
    command = ['tshark', '-r', str(capture), *(arguments or ['-V'])]
    if os.geteuid() != 0:
        return run(*command, env={**os.environ, 'WIRESHARK_DATA_DIR': str(data)})
    mounted = f'mount --bind {data}/diameter {STOCK}/diameter && exec "$@"'
    return run('unshare', '-m', 'sh', '-c', mounted, 'sh', *command)
