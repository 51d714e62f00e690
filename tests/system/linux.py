# SPDX-License-Identifier: BSD-2-Clause
"""Debian's Linux, unmodified: boots, works and powers off in each mode, on one vCPU and on two."""
import struct
import subprocess

from harness import Skip, add_case, check, check_line, check_status, last_line
from monitor import ask, open_monitor
from stratalib import vms
from stratalib.settings import machine_aia

SECONDS_FACTOR = 2          # of an ordinary case's deadline
USUAL = (("te", 1), ("hw", 1))
OLD, NEW = "the installed QEMU", "QEMU 10"
# vCPUs and harts in hw: on which QEMU and with which interrupt controller each is tried in an
# ordinary run, so that each pair of the four is met. hw on one vCPU with a PLIC is among USUAL, two
# vCPUs with AIA among AIA.
SMP = {(1, 1): (OLD, "PLIC"), (1, 2): (NEW, "AIA"), (2, 1): (NEW, "PLIC"), (2, 2): (OLD, "AIA"),
       (4, 1): (OLD, "AIA"), (4, 2): (NEW, "PLIC")}
ELSEWHERE = ((1, 1), (2, 2))
ALL = [(mode, cpus) for cpus in (1, 2) for mode in ("native", "te", "pv", "hw")]
# mode, vCPUs, guest interrupt files; two vCPUs on two harts and four with one file left over.
AIA = [("hw", 2, 3), ("hw", 1, 0), ("hw", 1, 3), ("hw", 4, 1), ("te", 1, 0), ("pv", 1, 0)]


def need_linux(bench, *files):
    for name in ("linux", "linux-initrd", *files):
        if vms.guest_file(bench.settings, name) is None:
            raise Skip("no Linux: scripts/deps linux gets it")
    bench.deadline *= SECONDS_FACTOR


def boot(mode, cpus):
    """tests/system/linux-init says `linux: done` if all of its work came out right."""
    def function(bench):
        need_linux(bench)
        words = ["--vm", "linux-smp" if cpus == 2 else f"linux-{mode}"]
        if mode == "native":
            words = ["--vm", "linux-hw"]
        if mode == "native" or cpus == 2:
            words += ["--mode", mode]
        result = bench.strata("run", *words, "--cpus", str(cpus))
        check_line(result.out, rf"^linux: processors: {cpus}$")
        check_line(result.out, r"^linux: done$")
        check_line(result.out, r"reboot: Power down$")
        if mode != "native":
            check_line(result.out, r"^strata: linux-\w+: shut down")
        check_status(result, 0)
    return function


def many(vcpus, harts, controller):
    def function(bench):
        need_linux(bench)
        words = ["--vm", "linux-hw"]
        if controller == "AIA":
            # With four vCPUs there are more of them on a hart than it has interrupt files.
            words = ["--vm", "linux-aia", "--initrd", "linux-initrd", "--aia",
                     f"aplic-imsic,guests={3 if vcpus < 4 else 1}"]
        result = bench.strata("run", *words, "--vcpus", str(vcpus), "--cpus", str(harts))
        check_line(result.out, rf"^linux: processors: {vcpus}$")
        check_line(result.out, r"^linux: done$")
        check_status(result, 0)
    return function


def disk(mode):
    """tests/system/linux-devices mounts an ext4 file system, writes, and reads it again."""
    def function(bench):
        need_linux(bench)
        if vms.guest_file(bench.settings, "linux-disk.img") is None:
            raise Skip("no modules: scripts/deps linux gets them")
        result = bench.strata("run", "--vm", "linux-disk", "--mode", mode)
        check_line(result.out, r"^linux: disk: 49152 sectors, serial strata-10001000$")
        check_line(result.out, r"^linux: file written: ")
        check_line(result.out, r"^linux: done$")
        check_status(result, 0)
    return function


def partitioned(image, sectors):
    """A disk whose only partition, at sector 2048, is the image."""
    table = bytearray(512)
    table[446:462] = struct.pack("<B3sB3sII", 0, b"", 0x83, b"", 2048, sectors)
    table[510:] = b"\x55\xaa"
    return bytes(table) + bytes(2047 * 512) + image + bytes(1 << 20)


def host_disk(bench):
    """The partition holds what Linux wrote, and its file system is clean."""
    need_linux(bench)
    path = vms.guest_file(bench.settings, "linux-disk.img")
    if path is None:
        raise Skip("no modules: scripts/deps linux gets them")
    with open(path, "rb") as f:
        image = f.read()
    before = partitioned(image, len(image) // 512)
    disk_ = bench.file("host-disk.img", before)
    result = bench.strata("run", "--vm", "linux-host-disk", "--host-disk", disk_)
    check_line(result.out, r"^linux: disk: 49152 sectors, serial strata-10001000$")
    check_line(result.out, r"^linux: done$")
    check_status(result, 0)
    with open(disk_, "rb") as f:
        after = f.read()
    end = 2048 * 512 + len(image)
    check(after[:2048 * 512] == before[:2048 * 512] and after[end:] == before[end:],
          "something outside the partition was written")
    inside = bench.file("partition.img", after[2048 * 512:end])
    fsck = subprocess.run(["/sbin/e2fsck", "-fn", inside], capture_output=True, check=False)
    check(fsck.returncode == 0, f"e2fsck: {fsck.stdout.decode()[-300:]}")
    more = subprocess.run(["/sbin/debugfs", "-R", "cat /more", inside], capture_output=True,
                          check=False).stdout
    check(more == b"".join(b"%d\n" % i for i in range(1, 300001)), "the file is not as written")


def aia(mode, vcpus, guests):
    """The serial port and the disk interrupt by MSIs; guests: the hart's interrupt files."""
    def function(bench):
        need_linux(bench)
        if vms.guest_file(bench.settings, "linux-disk.img") is None:
            raise Skip("no modules: scripts/deps linux gets them")
        machine = ["--aia", f"aplic-imsic,guests={guests}"] if mode == "hw" else []
        result = bench.strata("run", "--vm", "linux-aia", "--mode", mode, "--vcpus", str(vcpus),
                              "--cpus", str(min(vcpus, 2)), *machine)
        check_line(result.out, rf"^linux: processors: {vcpus}$")
        check_line(result.out, r"^linux: interrupts by MSI: [1-9]\d* of a disk, [1-9]\d* of a uart")
        check_line(result.out, r"^linux: done$")
        check_status(result, 0)
    return function


def moved_aia(bench):
    """
    Its vCPUs go from hart to hart with the contents of their interrupt files while it works, and it
    restarts with the files in use.
    """
    need_linux(bench)
    if vms.guest_file(bench.settings, "linux-disk.img") is None:
        raise Skip("no modules: scripts/deps linux gets them")
    bench.deadline *= SECONDS_FACTOR
    bench.settings.aia = machine_aia("aplic-imsic,guests=1")
    tree = bench.tree("linux-aia", vcpus=2, bootargs="console=ttyS0 panic=-1 quiet short again")
    moves = 0
    with bench.console([tree], cpus=2) as session:
        check(session.expect("linux: processors: 2", bench.left() / 2), "it does not start")
        open_monitor(session, 60)
        for boot in range(2):
            while not session.expect(r"^linux: done", 0.3):
                check(bench.left() > 1 and not session.ended(), f"boot {boot + 1} does not end: "
                      f"{last_line(session.text())}")
                session.send(b"vcpu-pin linux-aia %d %d\n" % (moves & 1, moves >> 1 & 1))
                moves += 1
        count = check_line(ask(session, "stats linux-aia", 60), r"^ *migrations +(\d+)$")
        check(int(count.group(1)) > 1, "no vCPU has moved")
        check(moves > 8, f"only {moves} moves were tried")
    check("linux: interrupts by MSI: " in session.text(), "no interrupts by MSI")


def refuse_aia(bench):
    """A tree with IMSICs on a machine without AIA."""
    need_linux(bench)
    result = bench.strata("run", "--vm", "linux-aia")
    check_line(result.out, r"^strata: linux-aia: refused: imsics@28000000: compatible: ")
    check_status(result, 1)


def network(bench):
    """Two machines on a switch: ping, and a transfer whose sum both know."""
    need_linux(bench)
    if vms.guest_file(bench.settings, "linux-devices") is None:
        raise Skip("no modules: scripts/deps linux gets them")
    bench.deadline *= SECONDS_FACTOR
    result = bench.strata("run", "--vm", "linux-net1,linux-net2", "--cpus", "2")
    for vm in ("linux-net1", "linux-net2"):
        for line in ("ping: 5", "entropy: 256", "through the virtio console", "done"):
            check_line(result.out, rf"^\[{vm}\] linux: {line}$")
    check_line(result.out, r"^\[linux-net1\] linux: received: 0e10426a1d5bddffcef02f1345787128  -$")
    check_status(result, 0)


def uplink(bench):
    """QEMU's user network has a gateway, which answers."""
    need_linux(bench)
    if vms.guest_file(bench.settings, "linux-devices") is None:
        raise Skip("no modules: scripts/deps linux gets them")
    result = bench.strata("run", "--vm", "linux-hw", "--initrd", "linux-devices", "--net", "user",
                          "--bootargs", "earlycon=sbi console=ttyS0 panic=-1 net=user")
    check_line(result.out, r"^linux: gateway: 3$")
    check_line(result.out, r"^linux: done$")
    check_status(result, 0)


def count_twice(bench):
    """count finds the same instructions in two runs, and hardly more in hw than natively."""
    need_linux(bench)
    texts = []
    for _ in range(2):
        result = bench.strata("count", "--vm", "linux-hw", "--modes", "native,hw")
        check_status(result, 0)
        texts.append(result.out)
    check(texts[0] == texts[1], f"{texts[0]!r} and then {texts[1]!r}")
    ratio = float(check_line(texts[0], r"^hw .* ([\d.]+)$").group(1))
    check(0.9 < ratio <= 1.02, f"{ratio} times the native instructions")


def describe(mode, cpus):
    where = "natively" if mode == "native" else f"in {mode}"
    what = {1: "one hart", 2: "two harts"} if mode == "native" else {1: "one vCPU", 2: "two vCPUs"}
    return f"Debian's Linux, unmodified, boots, works and powers off {where} on {what[cpus]}"


def plural(count):
    return "s" if count > 1 else ""


def add_many(environment):
    """hw with several vCPUs, harts, controllers: all on both QEMUs with --full, else each pair."""
    for variant in environment.variants():
        if variant.firmware != environment.primary.firmware:
            continue
        for (vcpus, harts), usual in SMP.items():
            for controller in ("PLIC", "AIA"):
                if environment.full or ((variant.qemu_name, controller) == usual and
                                        (vcpus, harts) not in ELSEWHERE):
                    add_case(f"Debian's Linux, unmodified, boots in hw with {vcpus} "
                             f"vCPU{plural(vcpus)} on {harts} hart{plural(harts)} with "
                             f"{controller}" + variant.words(environment.primary),
                             many(vcpus, harts, controller), variant, "linux", heavy=True)


def add(environment):
    """te and hw; with --full all, two vCPUs with one firmware. Each keeps the machine busy."""
    for variant in environment.variants() if environment.full else [environment.primary]:
        for mode, cpus in ALL if environment.full else USUAL:
            if cpus == 1 or variant.firmware == environment.primary.firmware:
                add_case(describe(mode, cpus) + variant.words(environment.primary),
                         boot(mode, cpus), variant, "linux", heavy=True)
        for mode in ("te", "hw") if environment.full else ("hw",):
            add_case(f"Debian's Linux, unmodified, works on an ext4 disk of Strata's in {mode}" +
                     variant.words(environment.primary), disk(mode), variant, "linux", heavy=True)
        add_case("Debian's Linux, unmodified, writes an ext4 partition of the host's disk" +
                 variant.words(environment.primary), host_disk, variant, "linux", heavy=True)
        add_case("Debian's Linux reaches QEMU's user network through Strata's switch" +
                 variant.words(environment.primary), uplink, variant, "linux", heavy=True)
        for mode, vcpus, guests in AIA if environment.full else AIA[:1]:
            add_case(f"Debian's Linux, unmodified, gets its interrupts as MSIs in {mode} on "
                     f"{vcpus} vCPUs, with {guests} guest interrupt files a hart" +
                     variant.words(environment.primary), aia(mode, vcpus, guests), variant,
                     "linux", heavy=True)
        if environment.full and variant.firmware == environment.primary.firmware:
            add_case("vCPUs of Debian's Linux move from hart to hart with their interrupt files, "
                     "also over a restart" + variant.words(environment.primary), moved_aia, variant,
                     "linux", heavy=True)
        if environment.full:
            add_case("two Debian Linux VMs ping each other and transfer a file over Strata's "
                     "switch" + variant.words(environment.primary), network, variant, "linux",
                     heavy=True)
    add_case("a tree with IMSICs is refused in hw on a machine without AIA", refuse_aia,
             group="linux")
    add_many(environment)
    if environment.full and environment.primary.firmware == "strata":
        add_case("count finds the same instructions in Linux's life in two runs", count_twice,
                 group="linux", heavy=True)
