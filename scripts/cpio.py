#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Write newc cpio archives that depend on nothing but names and contents.

usage: cpio.py OUT ENTRY...
ENTRY is NAME=FILE (one member called NAME) or a directory, whose whole tree is taken with names
relative to it. Members are sorted, owned by root, dated 0, numbered in order; files keep their
x bit and nothing else of their mode, links stay links.
"""
import os
import stat
import sys


def _member(name, mode, data, ino, nlink):
    """One newc member: 110 bytes of ASCII header, name, data, each padded to 4 bytes."""
    fields = (ino, mode, 0, 0, nlink, 0, len(data), 0, 0, 0, 0, len(name) + 1, 0)
    out = b"070701" + b"".join(b"%08x" % f for f in fields) + name + b"\0"
    out += b"\0" * (-len(out) % 4)
    out += data
    return out + b"\0" * (-len(out) % 4)


def _read(path):
    """(mode, data) of a host file, link or directory."""
    st = os.lstat(path)
    if stat.S_ISLNK(st.st_mode):
        return stat.S_IFLNK | 0o777, os.readlink(path).encode()
    if stat.S_ISDIR(st.st_mode):
        return stat.S_IFDIR | 0o755, b""
    with open(path, "rb") as f:
        data = f.read()
    return stat.S_IFREG | (0o755 if st.st_mode & 0o100 else 0o644), data


def archive(members):
    """The archive's bytes for {name: (mode, data)}; directories that lack an entry are added."""
    full = dict(members)
    for name in members:
        parts = name.split("/")[:-1]
        for i in range(len(parts)):
            full.setdefault("/".join(parts[: i + 1]), (stat.S_IFDIR | 0o755, b""))
    out = []
    for ino, name in enumerate(sorted(full, key=lambda n: n.split("/")), 1):
        mode, data = full[name]
        out.append(_member(name.encode(), mode, data, ino, 2 if stat.S_ISDIR(mode) else 1))
    out.append(_member(b"TRAILER!!!", 0, b"", 0, 1))
    blob = b"".join(out)
    return blob + b"\0" * (-len(blob) % 512)


def collect(entries):
    """{name: (mode, data)} for command line entries."""
    members = {}
    for entry in entries:
        if "=" in entry:
            name, path = entry.split("=", 1)
            members[name.strip("/")] = _read(os.path.realpath(path))
            continue
        if not os.path.isdir(entry):
            raise ValueError(f"{entry}: neither NAME=FILE nor a directory")
        for base, dirs, files in os.walk(entry):
            for leaf in dirs + files:
                path = os.path.join(base, leaf)
                members[os.path.relpath(path, entry)] = _read(path)
    return members


def main(argv):
    if len(argv) < 2 or argv[1] in ("-h", "--help"):
        print(__doc__.strip())
        return 0 if len(argv) > 1 else 2
    try:
        blob = archive(collect(argv[2:]))
    except (OSError, ValueError) as err:
        print(f"cpio.py: {err}", file=sys.stderr)
        return 1
    tmp = argv[1] + ".tmp"
    with open(tmp, "wb") as f:
        f.write(blob)
    os.replace(tmp, argv[1])
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
