#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs one libFuzzer target: its seeds, then a bounded number of mutations, always the same ones.

Seeds are files of octets, `.hex` files (hexadecimal digits, anything after `#` is a comment), or
`.lines` files with one seed a line.
A crash is kept beside the target, as NAME-crash-*, with the way to repeat it.
"""

import argparse
import pathlib
import re
import subprocess
import sys
import tempfile


def read_seeds(path):
    octets = path.read_bytes()
    if path.suffix == '.hex':
        return [bytes.fromhex(re.sub(r'#.*', '', octets.decode()))]
    return octets.splitlines() if path.suffix == '.lines' else [octets]


def gather(places, corpus):
    """Copies all seeds of files and folders into `corpus`; their number."""
    paths = [path for place in places for path in [place, *sorted(place.rglob('*'))]
             if path.is_file()]
    seeds = [octets for path in paths for octets in read_seeds(path)]
    for number, octets in enumerate(seeds):
        (corpus / f'{number:04}').write_bytes(octets)
    return len(seeds)


def add_examples(program, prefix, corpus):
    """What the program writes into a folder becomes seeds; their number."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([str(program), folder], check=True, timeout=60)
        examples = sorted(pathlib.Path(folder).iterdir())
        for path in examples:
            (corpus / path.name).write_bytes(prefix + path.read_bytes())
    return len(examples)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('target', type=pathlib.Path)
    parser.add_argument('--seeds', type=pathlib.Path, action='append', default=[])
    parser.add_argument('--examples', type=pathlib.Path, help='a program that writes seeds')
    parser.add_argument('--prefix', type=bytes.fromhex, default=b'',
                        help='octets before each example, in hexadecimal')
    parser.add_argument('--dictionary', type=pathlib.Path, help='words of the language')
    parser.add_argument('--runs', type=int, default=20000)
    parser.add_argument('--max-len', type=int, default=4096)
    parser.add_argument('--must-crash', action='store_true')
    options = parser.parse_args()

    with tempfile.TemporaryDirectory() as folder:
        corpus = pathlib.Path(folder)
        count = gather(options.seeds, corpus)
        if options.examples:
            count += add_examples(options.examples, options.prefix, corpus)
        if not count:
            print(f'no seeds in {options.seeds}')
            return 1
        command = [str(options.target), f'-runs={options.runs}', '-seed=1', '-timeout=20',
                   '-rss_limit_mb=2048', f'-max_len={options.max_len}', '-print_final_stats=1',
                   f'-artifact_prefix={options.target}-']
        if options.dictionary:
            command.append(f'-dict={options.dictionary}')
        result = subprocess.run([*command, str(corpus)], capture_output=True, timeout=280,
                                encoding='utf-8', errors='replace')
    lines = result.stderr.splitlines()
    print(f'{count} seeds')
    print('\n'.join(lines[-60:] if result.returncode else
                    [line for line in lines if line.startswith(('stat::', 'Done'))]))
    if options.must_crash:
        seen = result.returncode != 0 and 'ERROR: AddressSanitizer: heap-buffer-overflow' in \
            result.stderr
        print('the planted bug was seen' if seen else 'THE PLANTED BUG WAS NOT SEEN')
        return 0 if seen else 1
    return 0 if result.returncode == 0 else 1


if __name__ == '__main__':
    sys.exit(main())
