#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Sample configurations against what homewardd says of them.

Each good/*.conf (and example configuration) must pass; each bad/*.conf must fail with exit code 2
and the lines of the .err file beside it. With --write the .err files are written anew: read the
difference before it is committed. TAP on stdout.
"""
import argparse
import os
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent


def check(daemon, path):
    """Exit code, stdout and stderr of --check, with the file called by a name that is the same
    on every machine."""
    environment = dict(os.environ)
    for name in re.findall(r"\$\{(\w+)\}", path.read_text(errors="replace")):
        environment[name] = "state" if name.endswith(("DATA", "DIR")) else "[::1]:3868"
    done = subprocess.run([daemon, "--check", path.name], cwd=path.parent, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60, env=environment)
    return done.returncode, done.stdout, done.stderr


def good(daemon, path):
    code, out, err = check(daemon, path)
    if code == 0 and not err and out == f"{path.name}: good\n":
        return None
    return f"exit code {code}, not 0\n{out}{err}"


def bad(daemon, path, write):
    code, out, err = check(daemon, path)
    expected = path.with_suffix(".err")
    if write:
        expected.write_text(err)
    if code != 2 or out:
        return f"exit code {code}, not 2\n{out}{err}"
    if not err.strip():
        return "nothing was said"
    if err != expected.read_text():
        return f"expected:\n{expected.read_text()}said:\n{err}"
    for line in err.splitlines():
        if "; " not in line:
            return f"does not say what to do: {line}"
        if not names_its_line(path, line):
            return f"another line is meant: {line}"
    return None


def names_its_line(path, finding):
    """What is quoted as NAME = "VALUE" stands in the line that is named, unless it has several."""
    found = re.match(r'[^:]*:(\d+): (\S+) = "([^"\\]*)', finding)
    if not found or "\\x0a" in finding:
        return True
    line = path.read_text().splitlines()[int(found.group(1)) - 1]
    return found.group(2) in line and found.group(3) in line


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--write", action="store_true")
    parser.add_argument("daemon")
    options = parser.parse_args()
    daemon = str(pathlib.Path(options.daemon).resolve())
    samples = [(path, good(daemon, path)) for path in sorted(HERE.glob("good/*.conf"))]
    samples += [(path, good(daemon, path))
                for path in sorted((HERE / "../../examples").rglob("*.conf"))]
    samples += [(path, bad(daemon, path, options.write)) for path in sorted(HERE.glob("bad/*.conf"))]
    print(f"1..{len(samples)}")
    failed = 0
    for number, (path, why) in enumerate(samples, 1):
        print(f"{'not ok' if why else 'ok'} {number} - {path.parent.name}/{path.stem}")
        for line in (why or "").splitlines():
            print(f"# {line}")
        failed += bool(why)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
