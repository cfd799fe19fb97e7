# SPDX-License-Identifier: Apache-2.0
"""A grammar file of dict/, read just far enough to print its tables (dict/README.md is the
language; the compiler that checks it is dictc)."""

import dataclasses
import re

OCCURRENCES = {'0-1': '[ {} ]', '0+': '* [ {} ]', '1+': '1* {{ {} }}', '1': '{{ {} }}'}


@dataclasses.dataclass
class Avp:
    name: str
    code: str
    type: str
    flags: str
    reference: str


@dataclasses.dataclass
class Message:
    name: str
    head: str   # of the first line, from `::=` on
    lines: list  # "[ User-Name ]" ...


class Grammar:
    """`avps`, `commands`, `enums`, `occurrence`, `grouped`, `messages`: what the file says, with its
    errata applied to the messages."""

    def __init__(self, text):
        self.vendor = self.application = ''
        self.document = ''
        self.avps, self.commands, self.enums = {}, {}, {}
        self.occurrence, self.columns = {}, []
        self.messages, self.grouped = {}, {}
        self.errata = []
        for section in re.split(r'^@', re.sub(r'^;.*\n', '', text, flags=re.M), flags=re.M)[1:]:
            head, _, body = section.partition('\n')
            word, _, rest = head.partition(' ')
            read = getattr(self, f'_read_{word}', None)
            if read:
                read(rest.strip(), [line for line in body.splitlines() if line.strip()])

    def _read_id(self, rest, _):
        self.application = rest.split()[0]

    def _read_vendor(self, rest, _):
        self.vendor = rest.split()[0]

    def _read_document(self, rest, _):
        self.document = rest

    def _read_avp_types(self, _, lines):
        for line in lines:
            name, code, *kind, flags, _, section = line.split()
            self.avps[name] = Avp(name, code, kind[0], flags, f'{self.document} {section}')

    def _read_commands(self, _, lines):
        for line in lines:
            name, short, code, _ = line.split()
            self.commands[short] = (name, code)

    def _read_enum(self, rest, lines):
        self.enums[rest] = [tuple(line.strip().rsplit(None, 1)) for line in lines]

    def _read_occurrence(self, _, lines):
        self.columns = lines[0].split()
        for line in lines[1:]:
            name, *cells = line.split()
            self.occurrence[name] = dict(zip(self.columns, cells))

    @staticmethod
    def _blocks(lines):
        for line in lines:
            if '::=' in line:
                block = Message(line.split('::=')[0].strip(), line.split('::=')[1].strip(), [])
                yield block
            else:
                block.lines.append(' '.join(line.split()))

    def _read_messages(self, _, lines):
        names = {name: short for short, (name, _) in self.commands.items()}
        for block in self._blocks(lines):
            name = re.sub(r'[<>]|\(\w+\)', '', block.name).strip()
            self.messages[names[name]] = block

    def _read_grouped(self, _, lines):
        for block in self._blocks(lines):
            self.grouped[block.name] = block

    def _read_errata(self, _, lines):
        for line in lines:
            where, kind, rest = line.split(None, 2)
            self.errata.append((where, kind, *(part.strip() for part in rest.split('='))))

    # ---- what is meant ----

    def _meant(self, short, line):
        """The AVP of a line of a block; '' for `* [ AVP ]`."""
        name = re.sub(r'[][{}<>*]', '', line).strip()
        for where, kind, printed, *meant in self.errata:
            if kind == 'avp' and where in (short, '*') and printed == name:
                name = meant[0]
        return '' if name == 'AVP' else name

    def message(self, short):
        """The lines of a command as it is meant: the document's, then what the table adds."""
        block, code = self.messages[short], self.commands[short][1]
        head = re.sub(r'(?<=Header: )\w+', code, block.head)
        lines = [f'<{self.commands[short][0]}> ::= {head}']
        seen = set()
        for line in block.lines:
            name = self._meant(short, line)
            printed = re.sub(r'[][{}<>*]', '', line).strip()
            cell = self.occurrence.get(name, {}).get(short)
            seen.add(name)
            if name and cell == '1+':
                line = OCCURRENCES['1+'].format(name)
            if name:
                lines.append(line.replace(printed, name))
        for name, cells in self.occurrence.items():
            if name not in seen and cells[short] != '0':
                lines.append(OCCURRENCES[cells[short]].format(name))
        return lines + ['* [ AVP ]']
