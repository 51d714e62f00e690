#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Write an ext2 image that depends on nothing but names and contents.

usage: ext2.py OUT ENTRY...
ENTRY is as for cpio.py: NAME=FILE, or a directory whose tree is taken. mke2fs and debugfs of
e2fsprogs do the work; the order of files, their times, the identity of the file system and its hash
seed are fixed. The image has as much room again as its files take, and the usual empty directories.
"""
import os
import shutil
import stat
import struct
import subprocess
import sys
import tempfile

import cpio

PATH = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
IDENTITY = "53747261-7461-4578-8432-000000000001"
TIME = 1767225600               # the first second of 2026
BLOCK, INODE = 4096, 256
DIRECTORIES = ("dev", "mnt", "proc", "tmp")
SUPER = 1024


def run(*words, text=""):
    """A program that must succeed; debugfs tells of failures only in what it says."""
    environment = {**os.environ, "PATH": PATH, "E2FSPROGS_FAKE_TIME": str(TIME),
                   "MKE2FS_CONFIG": os.devnull}
    done = subprocess.run(words, env=environment, input=text.encode(), check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if done.returncode:
        raise OSError(f"{words[0]}: {done.stderr.decode(errors='replace').strip()}")


def commands(members, directory):
    """What debugfs is told: every member in order; contents lie in files of directory."""
    lines = []
    for number, name in enumerate(sorted(members, key=lambda n: n.split("/"))):
        mode, data = members[name]
        if stat.S_ISDIR(mode):
            lines.append(f'mkdir "/{name}"')
        elif stat.S_ISLNK(mode):
            lines.append(f'symlink "/{name}" "{data.decode()}"')
        else:
            path = os.path.join(directory, str(number))
            with open(path, "wb") as f:
                f.write(data)
            lines.append(f'write "{path}" "/{name}"')
        lines.append(f'set_inode_field "/{name}" mode 0{mode:o}')
        lines += [f'set_inode_field "/{name}" {field} 0' for field in ("uid", "gid")]
    return "\n".join(lines) + "\n"


def set_times(path):
    """The times of every inode: debugfs takes some of them from the host's files."""
    with open(path, "r+b") as f:
        image = bytearray(f.read())
        inodes, _, _, _, _, first = struct.unpack_from("<6I", image, SUPER)
        per_group, = struct.unpack_from("<I", image, SUPER + 40)
        for index in range(inodes):
            group = (first + 1) * BLOCK + index // per_group * 32
            table, = struct.unpack_from("<I", image, group + 8)
            at = table * BLOCK + index % per_group * INODE
            if struct.unpack_from("<H", image, at + 26)[0]:     # it has links
                struct.pack_into("<3I", image, at + 8, TIME, TIME, TIME)
                image[at + 132:at + 152] = struct.pack("<3I2I", 0, 0, 0, TIME, 0)
                struct.pack_into("<I", image, at + 100, 0)      # generation: a random number
        f.seek(0)
        f.write(image)


def make(out, members):
    for name in list(members) + [d + "/x" for d in DIRECTORIES]:
        parts = name.split("/")[:-1]
        for i in range(len(parts)):
            members.setdefault("/".join(parts[: i + 1]), (stat.S_IFDIR | 0o755, b""))
    members["tmp"] = (stat.S_IFDIR | 0o1777, b"")
    data = sum(len(data) + BLOCK for _, data in members.values())
    size = (2 * data + (4 << 20)) >> 20
    work = tempfile.mkdtemp()
    try:
        run("mke2fs", "-q", "-F", "-t", "ext2", "-b", str(BLOCK), "-I", str(INODE), "-m", "0",
            "-O", "none,filetype,sparse_super,large_file", "-U", IDENTITY,
            "-E", f"hash_seed={IDENTITY},root_owner=0:0", out, f"{size}M")
        run("debugfs", "-w", "-f", "-", out, text=commands(members, work))
        set_times(out)
        run("e2fsck", "-fn", out)
    finally:
        shutil.rmtree(work)


def main(argv):
    if len(argv) < 3:
        print(__doc__.strip())
        return 0 if "--help" in argv or "-h" in argv else 2
    try:
        make(argv[1] + ".tmp", cpio.collect(argv[2:]))
    except (OSError, ValueError) as err:
        print(f"ext2.py: {err}", file=sys.stderr)
        return 1
    os.replace(argv[1] + ".tmp", argv[1])
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
