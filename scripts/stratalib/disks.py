# SPDX-License-Identifier: BSD-2-Clause
"""
The machine's disks: the files of HOST_DISK=, and those that VM trees bring with them. A tree that
says strata,host-file = "NAME" has a disk of its own, build/disks/TREE.img, which begins as a copy
of NAME and keeps what the VM writes. Only the launcher knows this property: the hypervisor is told
the disk's number, strata,host-disk.
"""
import itertools
import os
import sys

from stratalib import vms
from stratalib.files import replacing
from stratalib.settings import StrataError

FILE, NUMBER = "strata,host-file", "strata,host-disk"
# QEMU's virtio windows in the order of the disks' numbers; the second is the network's.
WINDOWS = (0, 2, 3, 4, 5, 6, 7)
CHUNK = 1 << 20


def copy_sparse(source, target):
    """Copy a file; zeros take no room. An interrupted copy leaves no target."""
    with open(source, "rb") as old, replacing(target, "wb") as new:
        size = 0
        while chunk := old.read(CHUNK):
            size += len(chunk)
            if chunk.count(0) == len(chunk):
                new.seek(len(chunk), os.SEEK_CUR)
            else:
                new.write(chunk)
        new.truncate(size)


def own_disk(settings, tree, name):
    """The disk of a tree's own, which begins as a copy of the file NAME."""
    path = settings.path("disks", tree.name + ".img")
    if not os.path.isfile(path):
        source = vms.need_file(settings, name, tree.name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        copy_sparse(source, path)
        print(f"strata: {tree.name}: {path} is its disk; without that file it begins anew",
              file=sys.stderr, flush=True)
    return path


def nodes_with(trees, prop):
    return [(tree, node) for tree in trees if tree.root for node in tree.devices()
            if prop in node.props]


def assign(settings, trees, given):
    """
    The machine's disks by number, for trees that are changed accordingly. The user's files come
    first; trees with a disk of their own take the numbers that no tree names, in turn, and their
    own file where the user gave none.
    """
    files = {n: vms.need_file(settings, name, "--host-disk")
             for n, name in enumerate(given.split(",") if given else ())}
    named = nodes_with(trees, NUMBER)
    taken = {int.from_bytes(node.props[NUMBER], "big") for _, node in named}
    free = (n for n in itertools.count() if n not in taken)
    own = nodes_with(trees, FILE)
    if given and not named and not own and trees and trees[0].root:
        trees[0].add_disk(None, NUMBER)
    for tree, node in own:
        name, number = node.string(FILE), next(free)
        del node.props[FILE]
        node.props[NUMBER] = number.to_bytes(4, "big")
        if number not in files:
            files[number] = own_disk(settings, tree, name)
    lacking = [n for n in range(max(files, default=-1)) if n not in files]
    if lacking:
        raise StrataError(f"--host-disk: a tree names disk {lacking[0]}: give the machine one", 2)
    if len(files) > len(WINDOWS):
        raise StrataError(f"--host-disk: QEMU's machine has room for {len(WINDOWS)} disks, not for "
                          f"{len(files)}", 2)
    return [files[n] for n in sorted(files)]


def options(files, more=""):
    """QEMU's options for these disks, modern devices as Strata's are; more: of each -drive."""
    out = ["-global", "virtio-mmio.force-legacy=false"] if files else []
    for number, path in enumerate(files):
        name = path.replace(",", ",,")
        out += ["-drive", f"if=none,id=disk{number},format=raw,file={name}{more}", "-device",
                f"virtio-blk-device,drive=disk{number},bus=virtio-mmio-bus.{WINDOWS[number]}"]
    return tuple(out)
