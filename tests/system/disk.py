# SPDX-License-Identifier: BSD-2-Clause
"""Disks of pvguest: ext2 on QEMU's block device and on Strata's, and a root that is a disk."""
import os
import shutil
import struct
import subprocess

from harness import Skip, add_case, check, check_line, check_status, spread

SECONDS = 300                   # a program that hangs; each takes less than one
PATH = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
PATTERN = bytes(i * 7 // 3 & 255 for i in range(300000))
# What test-ext2 leaves behind: fill() of its seed 8.
LEFT = bytes(((i + 8) * 2654435761 & 0xffffffff) >> 13 & 255 for i in range(12345))
BLOCKS = {"native": 1024, "te": 4096, "pv0": 2048, "pv1": 1024, "hw": 4096}


def tool(*words):
    """A program of e2fsprogs; its status and what it said."""
    if not shutil.which(words[0], path=PATH):
        raise Skip(f"no {words[0]}: Debian package e2fsprogs")
    done = subprocess.run(words, env={**os.environ, "PATH": PATH}, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, check=False, timeout=SECONDS)
    return done.returncode, done.stdout.decode(errors="replace")


def image(bench, block, mib=8):
    """A disk with an ext2 file system that has a few files."""
    name = f"{os.path.basename(bench.log)}-{os.getpid()}"
    root = os.path.join(bench.directory, name + ".dir")
    shutil.rmtree(root, ignore_errors=True)
    os.makedirs(os.path.join(root, "dir"))
    with open(os.path.join(root, "dir", "pattern"), "wb") as f:
        f.write(PATTERN)
    os.symlink("dir/pattern", os.path.join(root, "link"))
    path = os.path.join(bench.directory, name + ".img")
    if os.path.exists(path):
        os.unlink(path)
    status, said = tool("mke2fs", "-q", "-F", "-t", "ext2", "-b", str(block), "-d", root, path,
                        f"{mib}M")
    check(status == 0, said)
    shutil.rmtree(root)
    return path


def passed(text):
    failed = [line for line in text.splitlines() if "FAIL" in line]
    check(not failed, f"{len(failed)} failed, the first: {failed[:1]}")
    return check_line(text, r"(\d+) passed, 0 failed, (\d+) skipped").groups()


def programs(mode, vcpus=1):
    """test-ext2 passes; what QEMU wrote to the file is what the host's tools expect."""
    def function(bench):
        words = ["--vcpus", str(vcpus)] if mode != "native" else []
        path = image(bench, BLOCKS[mode])
        result = bench.strata("run", "--kernel", "pvguest", "--initrd", "root.cpio", "--mode", mode,
                              "--cpus", str(vcpus), *words, "--disk", path,
                              "--bootargs", "run=/bin/test-ext2 quiet")
        check(passed(result.out) == ("13", "1"), "a case was left out")
        check_status(result, 0)
        if mode == "native":
            status, said = tool("e2fsck", "-fn", path)
            check(status == 0, said)
            status, said = tool("debugfs", "-R", f"dump /left/file {path}.left", path)
            with open(path + ".left", "rb") as f:
                check(f.read() == LEFT, "the file that was left is another one on the host")
    return function


def load(mode, harts):
    """stress, which finds the disk by itself; the host's e2fsck looks at it afterwards."""
    def function(bench):
        words = ["--vcpus", str(harts)] if mode != "native" else []
        path = image(bench, BLOCKS[mode])
        result = bench.strata("run", "--kernel", "pvguest", "--initrd", "root.cpio", "--mode", mode,
                              "--cpus", str(harts), *words, "--disk", path,
                              "--bootargs", "run=/bin/stress quiet")
        failed = [line for line in result.out.splitlines() if "FAIL" in line]
        check(not failed, f"{failed[:2]}")
        check_line(result.out, r"PASS: stress")
        check_status(result, 0)
        if mode == "native":
            status, said = tool("e2fsck", "-fn", path)
            check(status == 0, said)
    return function


def read_only(bench):
    tree = bench.tree("pvguest-hw", bootargs="run=/bin/test-ext2 quiet")
    path = image(bench, 1024)
    tree.files["disk.img"] = path
    tree.add_disk("disk.img")
    node = next(n for n in tree.devices() if n.string("strata,image"))
    node.props["strata,read-only"] = b""
    with bench.console([tree]) as session:
        bench.verdict(session)
        text = session.text()
    check(passed(text) == ("3", "11"), "other cases than the read-only ones ran")


def broken(bench):
    """What is no ext2, or more than ext2, is refused by name; the shell goes on."""
    path = bench.file(os.path.basename(bench.log) + ".img", b"\0" * (4 << 20))
    status, said = tool("mke2fs", "-q", "-F", "-t", "ext4", path)
    check(status == 0, said)
    result = bench.strata("run", "--mode", "native", "--disk", path, "--initrd", "root.cpio",
                          "--bootargs", "root=/dev/vda")
    check_line(result.out, r"ext2: vda: feature .*extent")


def tables(partitions, gpt):
    """A disk's first MiB: an MBR, or a GPT behind a protective one; [(number, start, size)]."""
    head = bytearray(1 << 20)

    def entry(at, kind, start, size):
        struct.pack_into("<B3sB3sII", head, at, 0, b"", kind, b"", start, size)

    struct.pack_into("<H", head, 510, 0xaa55)
    if not gpt:
        for number, start, size in partitions:
            entry(446 + 16 * (number - 1), 0x83, start, size)
        return bytes(head)
    entry(446, 0xee, 1, 0xffffffff)
    struct.pack_into("<8s4I4Q16sQ2I", head, 512, b"EFI PART", 0x10000, 92, 0, 0, 1, 0, 34, 0,
                     b"", 2, 128, 128)
    for number, start, size in partitions:
        struct.pack_into("<16s16s2Q", head, 1024 + 128 * (number - 1), b"\1" * 16, b"\2" * 16,
                         start, start + size - 1)
    return bytes(head)


def partitions(gpt):
    """The root is the second partition; the third, which the disk is too short for, is left out."""
    def function(bench):
        path = bench.settings.path("pvguest", "root.ext2")
        if not os.path.isfile(path):
            raise Skip("no root.ext2: Debian package e2fsprogs, then make")
        with open(path, "rb") as f:
            data = f.read()
        count = len(data) // 512
        head = tables([(1, 100, 50), (2, 2048, count), (3, 4096, 1 << 30)], gpt)
        disk = bench.file(os.path.basename(bench.log) + ".img", head + data)
        result = bench.strata("run", "--mode", "native", "--disk", disk, "--bootargs",
                              "root=/dev/vda2 ro run=/bin/hello")
        check_line(result.out, r"^vda1: 50 sectors")
        check_line(result.out, rf"^vda2: {count} sectors")
        check_line(result.out, r"partition 3 reaches beyond the disk")
        check_line(result.out, r"(?i)hello")
        check_status(result, 0)
    return function


def root(vm):
    """The root file system is a disk, which the shell reads and writes."""
    def function(bench):
        if not os.path.isfile(bench.settings.path("pvguest", "root.ext2")):
            raise Skip("no root.ext2: Debian package e2fsprogs, then make")
        where = ("--vm", vm) if vm else ("--vm", "pvguest-disk-te", "--mode", "native")
        script = "cat /etc/motd >/new\ncat /new /new | wc\nsha256sum /bin/hello\npoweroff\n"
        result = bench.strata("run", *where, stdin=script.encode())
        check_line(result.out, r"vda: \d+ sectors")
        check_line(result.out, r" 2 +\d+ +\d+")
        check_line(result.out, r"[0-9a-f]{64}  /bin/hello")
        check_status(result, 0)
    return function


def add(environment):
    for turn, mode in enumerate(BLOCKS):
        if environment.quick and mode not in ("native", "hw"):
            continue
        where = "natively, and the host's e2fsck likes the result" if mode == "native" \
            else f"in {mode}"
        spread(environment, f"pvguest reads and writes ext2 on a disk {where}", programs(mode),
               turn, "disk")
    for mode, harts in (("native", 4), ("pv1", 2)):
        where = "natively" if mode == "native" else f"in {mode}"
        add_case(f"pvguest reads and writes ext2 {where} on harts: {harts}",
                 programs(mode, harts), environment.primary, "disk")
        add_case(f"a random load {where} on harts: {harts} and on a disk leaves all memory as it "
                 "was", load(mode, harts), environment.primary, "disk")
    spread(environment, "a read-only disk is mounted read-only and refuses writes", read_only, 1,
           "disk")
    spread(environment, "a disk that is more than ext2 is refused by its features", broken, 0,
           "disk")
    for turn, kind in enumerate(("an MBR", "a GPT")):
        spread(environment, f"the partitions of {kind} are disks, and one can be the root",
               partitions(kind == "a GPT"), turn, "disk")
    for turn, vm in enumerate((None, "pvguest-disk-te", "pvguest-disk-pv", "pvguest-disk-hw")):
        spread(environment, f"{vm or 'pvguest natively'} has a disk as its root", root(vm), turn,
               "disk")
