# SPDX-License-Identifier: BSD-2-Clause
"""Virtio devices: the guest `virtio` on QEMU's block device and on Strata's, and refusals."""
import os

from harness import MODES, check, check_line, check_status, spread

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


def hostile(mode):
    def function(bench):
        result = bench.strata("run", "--vm", "hostile-virtio", "--mode", mode)
        check_line(result.out, r"^13 passed, 0 failed")
        check_status(result, 0)
    return function


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
    for turn, mode in enumerate(("hw", "te")):
        spread(environment, f"a hostile virtio driver hurts nobody but itself in {mode}",
               hostile(mode), turn, "virtio")
    spread(environment, "a disk whose image is not in the archive is refused by its name",
           no_image, 0, "virtio")
