# SPDX-License-Identifier: BSD-2-Clause
"""Virtio devices: the guest `virtio` on QEMU's block device and on Strata's, and refusals."""
import os

from harness import MODES, add_case, check, check_line, check_status, spread
from stratalib import disks

DISK_BYTES = 1 << 20


def disk(mode):
    def function(bench):
        image = bench.file(os.path.basename(bench.log) + ".img", b"\xa5" * DISK_BYTES)
        result = bench.strata("run", "--kernel", "virtio", "--mode", mode, "--disk", image)
        check("FAIL:" not in result.out, "a test of the guest failed")
        check_line(result.out, r"^1\d passed, 0 failed")
        check_status(result, 0)
        if mode != "native":
            with open(image, "rb") as f:
                check(f.read() == b"\xa5" * DISK_BYTES, "the image was written")
    return function


def host_disk(bench):
    """What the guest writes is in the file afterwards."""
    image = bench.file(os.path.basename(bench.log) + ".img", bytes(DISK_BYTES))
    result = bench.strata("run", "--kernel", "virtio", "--mode", "hw", "--host-disk", image)
    check_line(result.out, r"^12 passed, 0 failed")
    check_status(result, 0)
    with open(image, "rb") as f:
        check(any(f.read()), "the host's disk is as it was")


def host_disks(bench):
    """Two VMs with a disk each: what one writes is not on the other's."""
    images, trees = [], []
    for number in (1, 2):
        tree = bench.tree("pvguest-hw", kernel="virtio", rename=f"disk{number}")
        tree.add_virtio("--host-disk", "block", {disks.FILE: b"its own\0"})
        images.append(bench.file(f"{os.path.basename(bench.log)}-{number}.img",
                                 bytes(DISK_BYTES * number)))
        trees.append(tree)
    files = disks.assign(bench.settings, trees, ",".join(images))
    with bench.console(trees, cpus=2, extra=disks.options(files)) as session:
        verdict = bench.verdict(session)
        text = session.text()
    check(not verdict.faults(), f"{verdict.faults()}")
    for number in (1, 2):
        check_line(text, rf"^strata: host disk at 0x[0-9a-f]+: {number} MiB")
        check_line(text, rf"^\[disk{number}\] 12 passed, 0 failed")
        with open(images[number - 1], "rb") as f:
            check(any(f.read()), f"disk {number} is as it was")


def hostile_on_host_disk(bench):
    """Resets and nonsense while the host's disk is at work for the device."""
    image = bench.file(os.path.basename(bench.log) + ".img", bytes(DISK_BYTES))
    result = bench.strata("run", "--kernel", "virtio_hostile", "--mode", "hw", "--host-disk",
                          image)
    check_line(result.out, r"^6 passed, 0 failed")
    check_status(result, 0)


def console_input(bench):
    """The tree's order does not matter: its serial port comes behind the console here."""
    tree = bench.tree("pvguest-hw", kernel="virtio_console")
    tree.add_virtio("--console", "console", {})
    soc = tree.root.child("soc")
    soc.children.insert(0, soc.children.pop())
    with bench.console([tree]) as session:
        check(session.expect("^console: type x", bench.left() / 2), "no prompt")
        session.send(b"x")
        bench.verdict(session)
        text = session.text()
    check_line(text, r"^console: a line by virtio")
    check_line(text, r"^2 passed, 0 failed")


def no_image(bench):
    tree = bench.tree("pvguest-hw", bootargs="run=true")
    tree.add_disk("nowhere.img")
    with bench.console([tree]) as session:
        verdict = bench.verdict(session)
    check("no file \"nowhere.img\"" in verdict.refused.get("pvguest-hw", ""),
          f"refused: {verdict.refused}")


def add(environment):
    for turn, mode in enumerate(MODES):
        where = "QEMU's block device" if mode == "native" else f"Strata's block device in {mode}"
        spread(environment, f"the test guest virtio passes on {where}", disk(mode), turn, "virtio")
    spread(environment, "the test guest virtio passes on a disk of the host", host_disk, 0,
           "virtio")
    add_case("the test guest virtio passes in two VMs at once, each on a disk of the host",
             host_disks, group="virtio")
    add_case("a hostile virtio driver hurts nobody but itself on a disk of the host",
             hostile_on_host_disk, group="virtio")
    spread(environment, "what is typed comes to the driver of a virtio console", console_input, 0,
           "virtio")
    spread(environment, "a disk whose image is not in the archive is refused by its name",
           no_image, 0, "virtio")
