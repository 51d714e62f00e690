# SPDX-License-Identifier: BSD-2-Clause
"""Symbols and bytes of 64-bit little-endian ELF files, for walks and traces."""
import bisect
import struct

PT_LOAD, SHT_SYMTAB = 1, 2
STT_NOTYPE, STT_FUNC, STT_FILE, STT_SECTION = 0, 2, 4, 3


class Elf:
    """An ELF file's loadable bytes and code symbols, moved by `bias`."""

    def __init__(self, path, bias=0):
        self.path, self.bias = path, bias
        with open(path, "rb") as f:
            self.blob = f.read()
        if self.blob[:5] != b"\x7fELF\x02":
            raise ValueError(f"{path}: not a 64-bit ELF file")
        self.entry, phoff, shoff = struct.unpack_from("<3Q", self.blob, 24)
        phsize, phnum, shsize, shnum = struct.unpack_from("<4H", self.blob, 54)
        self.segments = []      # (address, file offset, size, physical address, flags)
        for i in range(phnum):
            kind, flags, offset, vaddr, paddr, filesz, memsz = struct.unpack_from(
                "<2I5Q", self.blob, phoff + i * phsize)
            if kind == PT_LOAD:
                self.segments.append((vaddr + bias, offset, filesz, memsz, paddr + bias, flags))
        self._read_symbols(shoff, shsize, shnum)

    def _read_symbols(self, shoff, shsize, shnum):
        found = {}              # address: name; the first global of an address wins
        self.named = {}         # name: (address, size)
        self.executable = []    # (start, end) of the sections with code
        sections = [struct.unpack_from("<2I4Q2I2Q", self.blob, shoff + i * shsize)
                    for i in range(shnum)]
        self.executable = [(s[3], s[3] + s[5]) for s in sections if s[2] & 4]
        for section in sections:
            if section[1] == SHT_SYMTAB:
                strings = sections[section[6]][4]
                for at in range(section[4], section[4] + section[5], 24):
                    self._take_symbol(at, strings, found)
        self.addresses = sorted(found)
        self.names = [found[a][1] for a in self.addresses]
        self.sizes = [found[a][2] for a in self.addresses]

    def _take_symbol(self, at, strings, found):
        name, info, _, index, value, size = struct.unpack_from("<IBBHQQ", self.blob, at)
        if index == 0 or info & 15 not in (STT_NOTYPE, STT_FUNC):
            return
        end = self.blob.index(b"\0", strings + name)
        text = self.blob[strings + name:end].decode()
        if not text or text[0] in ".$" or not any(a <= value < b for a, b in self.executable):
            return
        self.named[text] = (value + self.bias, size)
        rank = (info & 15 != STT_FUNC, info >> 4 == 0)      # functions first, globals first
        if value + self.bias not in found or found[value + self.bias][0] > rank:
            found[value + self.bias] = (rank, text, size)

    def range(self):
        """(lowest, highest) address."""
        return (min(s[0] for s in self.segments), max(s[0] + s[3] for s in self.segments))

    def holds(self, address):
        return any(s[0] <= address < s[0] + s[3] for s in self.segments)

    def symbol(self, address):
        """(name, offset) of the code symbol that an address belongs to; None if there is none."""
        i = bisect.bisect_right(self.addresses, address) - 1
        if i < 0 or 0 < self.sizes[i] <= address - self.addresses[i]:
            return None
        return self.names[i], address - self.addresses[i]

    def read(self, address, size):
        """Bytes as they are in the file."""
        for start, offset, filesz, *_ in self.segments:
            if start <= address and address + size <= start + filesz:
                return self.blob[offset + address - start:offset + address - start + size]
        return b""
