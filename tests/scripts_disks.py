# SPDX-License-Identifier: BSD-2-Clause
"""Tests of how the machine gets its disks, and of Debian's."""
import contextlib
import io
import lzma
import os

from scripts import script, stratalib, test, write


class MadeUpTree:
    """What disks.assign() needs of a VM tree: devices with these properties."""

    def __init__(self, name, *devices):
        fdt = stratalib("fdt")
        self.name, self.root, self.nodes = name, fdt.Node(""), []
        for props in devices:
            self.nodes.append(fdt.Node("virtio"))
            self.nodes[-1].props.update(props)

    def devices(self):
        return self.nodes

    def add_disk(self, _, prop):
        self.nodes.append(stratalib("fdt").Node("virtio"))
        self.nodes[-1].props[prop] = bytes(4)

    def number(self):
        return int.from_bytes(self.nodes[-1].props["strata,host-disk"], "big")


class MadeUpPlace:
    """Settings whose files are below a directory."""

    def __init__(self, tmp):
        self.tmp, self.cache = tmp, tmp

    def path(self, *parts):
        return os.path.join(self.tmp, *parts)


@test("disks: the user's files come first, trees with a disk of their own take what is left")
def disks_assign(tmp):
    disks, vms = stratalib("disks"), stratalib("vms")
    for name in ("one", "two"):
        write(f"{tmp}/{name}", name)
    mine = {disks.FILE: f"{tmp}/two\0".encode()}
    named = {disks.NUMBER: bytes(4)}
    trees = [MadeUpTree("a", mine), MadeUpTree("b", named), MadeUpTree("c", mine)]
    with contextlib.redirect_stderr(io.StringIO()):
        found = disks.assign(MadeUpPlace(tmp), trees, f"{tmp}/one")
    assert [t.number() for t in trees] == [1, 0, 2], [t.number() for t in trees]
    assert found == [f"{tmp}/one", f"{tmp}/disks/a.img", f"{tmp}/disks/c.img"], found
    assert disks.FILE not in trees[0].nodes[0].props, "the hypervisor would see it"
    given = [MadeUpTree("a", mine)]
    assert disks.assign(MadeUpPlace(tmp), given, f"{tmp}/one,{tmp}/two")[0] == f"{tmp}/one"
    assert given[0].number() == 0
    plain = [MadeUpTree("d"), MadeUpTree("e")]
    assert disks.assign(MadeUpPlace(tmp), plain, f"{tmp}/one") == [f"{tmp}/one"]
    assert plain[0].number() == 0 and not plain[1].nodes
    assert vms.guest_file(MadeUpPlace(tmp), f"{tmp}/one")


@test("disks: a disk that nobody gave and more than the machine has room for are refused")
def disks_refuse(tmp):
    disks, settings = stratalib("disks"), stratalib("settings")
    write(f"{tmp}/one", "one")
    mine = {disks.FILE: f"{tmp}/one\0".encode()}
    for trees, given, word in (
            ([MadeUpTree("a", {disks.NUMBER: bytes(4)}), MadeUpTree("b", mine)], None, "disk 0"),
            ([MadeUpTree(str(n), mine) for n in range(8)], None, "room for 7"),
            ([MadeUpTree("a", mine)], f"{tmp}/no", "no file")):
        try:
            with contextlib.redirect_stderr(io.StringIO()):
                disks.assign(MadeUpPlace(tmp), trees, given)
            assert False, word
        except settings.StrataError as err:
            assert word in str(err), err


@test("disks: a copy has the same bytes, and its zeros take no room")
def disks_copy(tmp):
    disks = stratalib("disks")
    with open(f"{tmp}/a", "wb") as f:
        f.write(b"begin" + bytes(5 << 20) + b"end" + bytes(3 << 20))
    disks.copy_sparse(f"{tmp}/a", f"{tmp}/b")
    with open(f"{tmp}/a", "rb") as a, open(f"{tmp}/b", "rb") as b:
        assert a.read() == b.read()
    assert os.stat(f"{tmp}/b").st_blocks * 512 < 4 << 20, os.stat(f"{tmp}/b")


@test("debian: a package's members lose their compression and nothing else")
def debian_unpressed(_):
    first = script("debian_first.py")

    def deb(members):
        return b"!<arch>\n" + b"".join(
            name.ljust(16) + b"0".ljust(12) + b"0".ljust(6) * 2 + b"100644  " +
            str(len(data)).encode().ljust(10) + b"`\n" + data + b"\n" * (len(data) & 1)
            for name, data in members)

    def packed(end, pack):
        return deb([(b"debian-binary", b"2.0\n"), (b"control.tar" + end, pack(b"control")),
                    (b"data.tar" + end, pack(b"data"))])

    assert first.unpressed(packed(b".xz", lzma.compress)) == packed(b"", bytes)
    for bad in (b"", packed(b".xz", bytes)):
        try:
            first.unpressed(bad)
            assert False, bad
        except (ValueError, lzma.LZMAError):
            pass


@test("debian: the list of packages is cut to those that are installed")
def debian_list(_):
    text = "Package: a\nVersion: 1\n\nPackage: ab\nVersion: 2\n\nPackage: b\nVersion: 3\n"
    cut = script("debian_first.py").cut_list(text, {"a", "b"})
    assert cut == "Package: a\nVersion: 1\n\nPackage: b\nVersion: 3\n\n", cut
