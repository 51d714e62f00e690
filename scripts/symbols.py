#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Link an image that contains the table of its own function symbols.

usage: CC=... NM=... symbols.py OUT LINKER-ARGUMENT...
The image gets, in section .rodata.symbols, sorted by address:
    const struct { uint64_t addr; const char *name; } symbol_table[];
    const uint64_t symbol_count;
The first link has an empty table. As the table stands behind the text its size moves no function;
should it do so all the same (by relaxation), the link is repeated until the addresses stand still.
"""
import os
import subprocess
import sys


def text_symbols(elf):
    """[(address, name)] of functions and labels in executable sections, one a place."""
    out = subprocess.run([os.environ["NM"], "-n", elf], check=True, capture_output=True, text=True)
    found = {}
    for line in out.stdout.splitlines():
        part = line.split()
        if len(part) == 3 and part[1] in "tTwW" and not part[2].startswith((".L", "$")):
            found.setdefault(int(part[0], 16), part[2])
    return sorted(found.items())


def table(symbols):
    """The table as assembly text."""
    text = ["\t.section .rodata.symbols, \"a\"", "\t.balign 8",
            "\t.globl symbol_count", "symbol_count:", f"\t.quad {len(symbols)}",
            "\t.globl symbol_table", "symbol_table:"]
    for i, (addr, _) in enumerate(symbols):
        text.append(f"\t.quad {addr:#x}, .Lname{i}")
    for i, (_, name) in enumerate(symbols):
        text.append(f".Lname{i}:\t.asciz \"{name}\"")
    return "\n".join(text) + "\n"


def main(argv):
    out, args = argv[1], argv[2:]
    source = out + ".symbols.S"
    symbols = []
    for _ in range(4):
        with open(source, "w", encoding="ascii") as f:
            f.write(table(symbols))
        link = [os.environ["CC"], "-o", out + ".tmp", *args, source]
        status = subprocess.run(link, check=False).returncode
        if status:
            return status
        now = text_symbols(out + ".tmp")
        if now == symbols:
            os.replace(out + ".tmp", out)
            return 0
        symbols = now
    print(f"symbols.py: {out}: addresses do not stand still", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv))
