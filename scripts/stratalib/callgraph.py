# SPDX-License-Identifier: BSD-2-Clause
"""Which functions, and how many source lines of them, can be reached in an ELF file."""
import bisect
import re
import shutil
import struct
import subprocess

from stratalib.elf import Elf
from stratalib.settings import StrataError

FUNCTION = re.compile(r"^([0-9a-f]+) <([^>]+)>:$")
# An address that objdump worked out: a call's or branch's target, or behind # what auipc reaches.
TARGET = re.compile(r"(?:\s|,|# )([0-9a-f]+) <[^>]+>$")
LINE = re.compile(r"^(\S+\.[chS])\s+(\d+)\s+0x([0-9a-f]+)")


def _tool(prefix, tool, *words):
    if not shutil.which(prefix + tool):
        raise StrataError(f"no {prefix}{tool}: it belongs to the compiler (scripts/deps build)")
    out = subprocess.run([prefix + tool, *words], capture_output=True, text=True, check=False,
                         errors="replace")
    if out.returncode:
        raise StrataError(f"{prefix}{tool}: {out.stderr.strip()[:200]}")
    return out.stdout.splitlines()


class CallGraph:
    """
    Edges of an ELF file: calls, branches and tail calls between functions, every function whose
    address a function takes, and, where it refers to a table in memory, whatever functions that
    table holds, over tables in tables. So a dispatch table counts in full as soon as somebody who
    is reachable uses it. A pointer that only comes into being at run time is not followed.
    """

    def __init__(self, path, prefix):
        self.elf = Elf(path)
        self._objects(prefix)
        self._edges(prefix)
        self._lines(prefix)

    def _objects(self, prefix):
        """Data symbols: (address, size, name), sorted."""
        self.objects, self.named = [], {}
        for line in _tool(prefix, "nm", "-S", "--defined-only", self.elf.path):
            fields = line.split()
            if len(fields) == 4 and fields[2] in "rRdD":
                where, size = int(fields[0], 16), int(fields[1], 16)
                self.objects.append((where, size, fields[3]))
                self.named.setdefault(fields[3], []).append((where, size))
        self.objects.sort()
        self.starts = [o[0] for o in self.objects]

    def _edges(self, prefix):
        self.targets = {}           # function's address: addresses that it refers to
        self.ends = {}
        function = None
        for line in _tool(prefix, "objdump", "-d", "--no-show-raw-insn", self.elf.path):
            match = FUNCTION.match(line)
            if match:
                function = int(match.group(1), 16)
                self.targets[function] = set()
                continue
            match = TARGET.search(line)
            if match and function is not None:
                self.targets[function].add(int(match.group(1), 16))
        self.functions = sorted(self.targets)

    def _lines(self, prefix):
        """Code addresses with the source line that they were made from, sorted."""
        found = []
        for line in _tool(prefix, "objdump", "--dwarf=decodedline", self.elf.path):
            match = LINE.match(line)
            if match:
                found.append((int(match.group(3), 16), match.group(1), int(match.group(2))))
        self.lines = sorted(found)
        self.line_starts = [entry[0] for entry in self.lines]

    def function_of(self, address):
        """The start of the function that holds an address; None if none does."""
        if not any(a <= address < b for a, b in self.elf.executable):
            return None
        i = bisect.bisect_right(self.functions, address) - 1
        return self.functions[i] if i >= 0 else None

    def pointers(self, where, size):
        """The words of an object that are addresses of something."""
        data = self.elf.read(where, size & ~7)
        return [w for w, in struct.iter_unpack("<Q", data) if w] if data else []

    def _object_of(self, address):
        i = bisect.bisect_right(self.starts, address) - 1
        if i >= 0 and address < self.objects[i][0] + self.objects[i][1]:
            return self.objects[i]
        return None

    def reach(self, roots, leaves=()):
        """
        Starts of the functions that can be reached from these addresses of code or data. What the
        functions named in leaves call does not count: they end everything.
        """
        todo, seen_functions, seen_objects = list(roots), set(), set()
        leaves = {self.elf.named[name][0] for name in leaves if name in self.elf.named}
        while todo:
            address = todo.pop()
            function = self.function_of(address)
            if function is not None:
                if function not in seen_functions:
                    seen_functions.add(function)
                    todo += self.targets[function] if function not in leaves else ()
                continue
            found = self._object_of(address)
            if found and found not in seen_objects:
                seen_objects.add(found)
                todo += self.pointers(*found[:2])
        return seen_functions

    def line_count(self, functions):
        """How many different source lines these functions were made from, inlined ones too."""
        lines = set()
        for start in functions:
            i = bisect.bisect_right(self.functions, start)
            end = self.functions[i] if i < len(self.functions) else 1 << 64
            for n in range(bisect.bisect_left(self.line_starts, start), len(self.lines)):
                if self.lines[n][0] >= end:
                    break
                lines.add(self.lines[n][1:])
        return len(lines)

    def table(self, name):
        """(address, size) of a data object; there may be several of a name."""
        if name not in self.named:
            raise StrataError(f"{self.elf.path} has no table {name}")
        return self.named[name]

    def code(self, name):
        if name not in self.elf.named:
            raise StrataError(f"{self.elf.path} has no function {name}")
        return self.elf.named[name][0]
