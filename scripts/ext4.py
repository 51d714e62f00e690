# SPDX-License-Identifier: BSD-2-Clause
"""
An ext4 image whose contents are given, for a disk that is larger than the image: the tables lie in
front and what follows the last file is left out, since a disk reads as zeros behind its image.
"""
import os
import stat
import tempfile

import ext2

BLOCK = 4096
INODES, JOURNAL_MIB = 16384, 8
INODE_BYTES = 256       # smaller ones have no room for a time after 2038
# As Debian's mke2fs has them, but for backups of the superblock, which would lie far behind.
FEATURES = ("none,has_journal,ext_attr,dir_index,filetype,extent,64bit,flex_bg,metadata_csum,"
            "sparse_super2,large_file,huge_file,dir_nlink,extra_isize")
LAYOUT = "packed_meta_blocks=1,num_backup_sb=0,lazy_itable_init=0,root_owner=0:0"


def cut(path):
    """Drop the zeros at the end."""
    with open(path, "r+b") as f:
        end = f.seek(0, os.SEEK_END)
        while end:
            f.seek(end - (1 << 20) if end > 1 << 20 else 0)
            left = f.read(min(end, 1 << 20)).rstrip(b"\0")
            begin = max(0, end - (1 << 20))
            if left:
                end = -(-(begin + len(left)) // BLOCK) * BLOCK
                break
            end = begin
        f.truncate(end)


def image(path, members, size):
    """Write members, {name: (mode, data)} as of cpio.archive(), for a disk of size bytes."""
    full = dict(members)
    for name in members:
        parts = name.split("/")[:-1]
        for i in range(len(parts)):
            full.setdefault("/".join(parts[: i + 1]), (stat.S_IFDIR | 0o755, b""))
    if os.path.exists(path):
        os.unlink(path)
    ext2.run("mke2fs", "-q", "-F", "-t", "ext4", "-b", str(BLOCK), "-N", str(INODES),
             "-I", str(INODE_BYTES), "-m", "0", "-J", f"size={JOURNAL_MIB}",
             "-O", FEATURES, "-E", LAYOUT, "-L", "strata", "-U", ext2.IDENTITY, path,
             f"{size >> 10}k")
    with tempfile.TemporaryDirectory() as directory:
        ext2.run("debugfs", "-w", "-f", "-", path, text=ext2.commands(full, directory))
    cut(path)
