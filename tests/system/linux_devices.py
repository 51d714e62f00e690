# SPDX-License-Identifier: BSD-2-Clause
"""Debian's Linux on an ext4 root: alone, with neighbours, rebooting, destroyed."""
import os
import re
import shutil
import time

from harness import add_case, check, check_line, check_status, last_line
from linux import need_linux
from stratalib import run as runner
from stratalib import soak, vms

SECONDS_FACTOR = 4          # of an ordinary case's deadline
LONG_MIB = 32               # of a file; a longer one gets more time
ROOT_BYTES = 512 << 20      # of the disk: strata,size in dts/linux-machine.dtsi


def own_file(bench, name, data):
    """A file that no other case has."""
    os.makedirs(bench.log, exist_ok=True)
    return bench.file(os.path.join(os.path.basename(bench.log), name), data)


def files(bench, tests, vcpus=None, mode=None):
    """Trees like dts/linux.dts with names and test=WORD...; their .dtb files, for --vm."""
    need_linux(bench, "linux-root")
    bench.deadline *= SECONDS_FACTOR / 2
    out = []
    for number, (name, words) in enumerate(tests.items(), 1):
        bootargs = f"console=ttyS0 quiet root=/dev/vda hostname={name} " \
                   f"address=10.0.0.{number}/24 test={words}"
        tree = bench.tree("linux", bootargs=bootargs, vcpus=vcpus, mode=mode, rename=name)
        out.append(own_file(bench, name + ".dtb", tree.data()))
    return ",".join(out)


def run(bench, tests, *words, vcpus=None, mode=None):
    """Run them to their ends; what they said."""
    result = bench.strata("run", "--vm", files(bench, tests, vcpus, mode), *words,
                          stop=soak.FAILED)
    for name in tests:
        said = rf"^\[{name}\] selftest: done$" if len(tests) > 1 else r"^selftest: done$"
        check_line(result.out, said)
    check_status(result, 0)
    return result.out


def disk(size):
    def function(bench):
        bench.deadline *= max(1, size / LONG_MIB)
        run(bench, {"linux": f"counters,disk:{size}"})
    return function


def transfer(size):
    def function(bench):
        bench.deadline *= max(1, size / LONG_MIB)
        run(bench, {
            "linux": f"serve:{size}:10.0.0.2", "linux2": f"fetch:{size}:10.0.0.1"
        }, "--cpus", "2")
    return function


def counters(mode):
    def function(bench):
        out = run(bench, {"linux": "counters:exact"}, "--icount", mode=mode)
        check_line(out, r"^PASS: counters: ")
    return function


def full_disk(bench):
    """The disk has less room than is written, and a peer is waited for that does not come."""
    name = files(bench, {"linux": "serve:8:10.0.0.2"})
    tree = vms.load(bench.settings, name)
    for node in tree.devices():
        if "strata,quota" in node.props:
            node.props["strata,quota"] = (1 << 20).to_bytes(8, "big")
    tree.take_files(bench.settings)
    own_file(bench, "linux.dtb", tree.data())
    result = bench.strata("run", "--vm", name, stop=soak.FAILED)
    check("I/O error" in last_line(result.out), f"it ended with {last_line(result.out)!r}")
    check(result.status != 0, "all is well")


def reboot(bench):
    """The neighbour is up for as long as the run lasts, and its sums are right."""
    out = run(bench, {"linux": "reboot:4", "linux2": "load:8"}, "--cpus", "2")
    check_line(out, r"^strata: linux: reboots")
    check("strata: linux2: reboots" not in out, "the neighbour was rebooted, too")


def three(bench):
    run(bench, {f"linux{n}": "load:2,disk:4" for n in (1, 2, 3)}, "--cpus", "2")


def expect(session, pattern, seconds):
    check(session.expect(pattern, seconds),
          f"no {pattern!r}; the last line: {session.text().splitlines()[-1:]}")


def shells(bench):
    """linux, linux2 and linux3, whose names are in /etc/hosts: a shell on each console."""
    need_linux(bench, "linux-root")
    bench.deadline *= SECONDS_FACTOR / 2
    names = ("linux", "linux2", "linux3")
    limit = bench.left() / 2
    with bench.console([bench.tree(name) for name in names], cpus=2) as session:
        for _ in names:
            expect(session, r"Ctrl-D or `poweroff` ends this VM", limit)
        for number, name in enumerate(names, 1):
            peer = names[number % 3]
            session.send(b"\x1d%d" % number)
            session.send(f"ping -c 2 -W 60 {peer} | grep -c ' from '; echo $(hostname) of "
                         "$(nproc)\n".encode())
            expect(session, rf"^\[{name}\] 2\r?$", limit)
            expect(session, rf"^\[{name}\] {name} of {2 if number == 3 else 1}\r?$", limit)
        session.send(b"date +seconds:%s:\n")
        check(session.expect(r"seconds:(\d+):", limit), "no date")
        off = int(re.findall(r"seconds:(\d+):", session.text())[-1]) - time.time()
        check(abs(off) < 3600, f"the guest's clock is {off:.0f} s off")
        for number, name in enumerate(names, 1):
            session.send(b"\x1d%dpoweroff\n" % number)
            expect(session, rf"^strata: {name}: shut down", limit)
        check(session.finish(limit), "QEMU does not end with the last VM")


def created_again(bench):
    """One is destroyed while the other pings it without end, and is there again after create."""
    need_linux(bench, "linux-root")
    bench.deadline *= SECONDS_FACTOR / 2
    limit = bench.left() / 2
    with bench.console([bench.tree(name) for name in ("linux", "linux2")], cpus=2) as session:
        for _ in range(2):
            expect(session, r"Ctrl-D or `poweroff` ends this VM", limit)
        session.send(b"\x1d1while :; do ping -c 9 -i 0.01 linux2 >/run/pings; done 2>/dev/null &\n")
        session.send(b"\x1dmdestroy linux2\n")
        expect(session, r"^strata: linux2: destroyed", limit)
        ended = session.seconds() + limit
        while not session.expect(r"^strata: linux2: mode hw", 2):
            check(session.seconds() < ended, "it is not created")
            session.send(b"create linux2\n")       # unless it is still ending
        expect(session, r"Ctrl-D or `poweroff` ends this VM", limit)
        session.send(b"\x1d1ping -c 2 -W 60 linux2 | grep -c ' from '\n")
        expect(session, r"^\[linux\] 2\r?$", limit)
        session.send(b"\x1dmpoweroff\n")
        check(session.finish(limit), "QEMU does not end with the last VM")


def host_root(bench):
    """A file with the root on it, for HOST_DISK=; and the tree that uses it."""
    path = own_file(bench, "root.img", b"")
    shutil.copyfile(vms.guest_file(bench.settings, "linux-root"), path)
    os.truncate(path, ROOT_BYTES)
    return path


def on_host_disk(bench, words):
    """A tree like dts/linux.dts whose disk is the machine's."""
    name = files(bench, {"linux": words})
    tree = vms.load(bench.settings, name)
    for node in tree.devices():
        if node.props.pop("strata,image", None):
            node.props.pop("strata,size", None)
            node.props.pop("strata,quota", None)
            node.props["strata,host-disk"] = bytes(4)
    tree.take_files(bench.settings)
    own_file(bench, "linux.dtb", tree.data())
    return name, tree


def shutdown_keeps(bench):
    """What was written before a clean shutdown is there in the next run."""
    need_linux(bench, "linux-root")
    path = host_root(bench)
    for words in ("write:8", "keep:8"):
        name, _ = on_host_disk(bench, words)
        result = bench.strata("run", "--vm", name, "--host-disk", path, stop=soak.FAILED)
        check_line(result.out, r"^selftest: done$")
        check_status(result, 0)


def destroy_keeps(size):
    """A VM is destroyed while it writes, after a sync; the next run replays its journal."""
    def function(bench):
        need_linux(bench, "linux-root")
        bench.deadline *= max(1, size / LONG_MIB)
        path = host_root(bench)
        _, tree = on_host_disk(bench, f"write:{size},disk:64")
        extra = runner.machine_disk(bench.settings, path)
        with bench.console([tree], extra=extra) as session:
            check(session.expect(rf"selftest: written: {size} MiB", bench.left() / 2),
                  "nothing is written")
            session.poll(0.5)
            session.send(b"\x1dmdestroy linux\n")
            check(session.expect(r"strata: linux: destroyed", 60), "the VM is not destroyed")
            session.finish(30)
        name, _ = on_host_disk(bench, f"keep:{size},disk:4")
        result = bench.strata("run", "--vm", name, "--host-disk", path, stop=soak.FAILED)
        check_line(result.out, r"^selftest: done$")
        check_status(result, 0)
    return function


def add(environment):
    """Short ones in every run, with full sizes and on every QEMU with --full."""
    full = environment.full
    sizes = (64, 100) if full else (8, 8)
    cases = (
        (f"Linux writes and reads a file of {sizes[0]} MiB on virtio-blk, and fsck is content",
         disk(sizes[0])),
        (f"two Linux VMs ping each other and transfer {sizes[1]} MiB over virtio-net",
         transfer(sizes[1])),
        ("reboot inside a Linux VM restarts that VM only, and its root keeps what it wrote",
         reboot),
        ("a Linux VM that is destroyed leaves its root as a disk would", destroy_keeps(sizes[0])),
        ("three Linux VMs run at once, with a shell on each console, and power off by themselves",
         shells),
        ("a Linux root keeps what it wrote over a clean shutdown", shutdown_keeps),
        ("three Linux VMs run at once, each with a load and a disk", three),
        ("a Linux VM that is destroyed while another one pings it is created again, and answers",
         created_again),
        ("a Linux VM whose disk fails ends its test with what it said", full_disk),
    )
    for mode in ("hw", "te") if full else ():
        add_case("perf_event_open of Debian's Linux counts a program's cycles and instructions in "
                 f"{mode}", counters(mode), group="linux", heavy=True)
    for variant in environment.variants() if full else [environment.primary]:
        if variant.firmware != environment.primary.firmware:
            continue
        for number, (sentence, function) in enumerate(cases):
            if full or number < 5:
                add_case(sentence + variant.words(environment.primary), function, variant, "linux",
                         heavy=True)
