# SPDX-License-Identifier: BSD-2-Clause
"""VMs come and go while the machine runs: what they had is given back, and others have it."""
import os
import re
import struct

from harness import add_case, check, check_line
from monitor import ask, listed, open_monitor
from scheduler import spinner
from stratalib import disks

DISK_BYTES = 8 << 20
ROUNDS = 4
HEAP_KIB = 16


def quad(value):
    return struct.pack(">Q", value)


def machine(session, limit):
    """KiB that are free for all, and that are promised to disks."""
    text = ask(session, "info", limit)
    return (int(check_line(text, r"^free memory, KiB +(\d+)").group(1)),
            int(check_line(text, r"^promised to disks, KiB +(\d+)").group(1)))


def wait(session, limit, right, what):
    end = session.seconds() + limit
    while not right():
        check(session.seconds() < end, what)


def wait_free(session, limit, kib):
    """As much is free as it was when as many VMs ran; the heap keeps a page here or there."""
    wait(session, limit, lambda: abs(machine(session, limit)[0] - kib) <= HEAP_KIB,
         f"memory is lost, or was never there: {kib} KiB are not free again")


def settled(session, limit):
    """As machine(), when the last of a VM's memory, which goes behind its line, has gone."""
    last = []

    def same():
        last[:] = [*last[-2:], machine(session, limit)]
        return len(last) == 3 and last[0] == last[1] == last[2]
    wait(session, limit, same, "free memory does not settle")
    return last[-1]


def gone(session, names, limit):
    """Wait until these have nothing any more; how the list says that they ended."""
    have = {}

    def nothing():
        have.update(listed(session, limit))
        return not any(have[name][0] for name in names)
    wait(session, limit, nothing, f"{names} do not go")
    return {name: have[name][1] for name in names}


def full_machine(bench, mode):
    """pvguest with two vCPUs, a disk that it may fill, a network, a console and entropy."""
    tree = bench.tree(f"pvguest-{mode}", rename=mode, vcpus=2)
    tree.add_virtio("--disk", "block", {"strata,size": quad(DISK_BYTES)})
    tree.add_net()
    for sort in ("console", "rng"):
        tree.add_virtio("--" + sort, sort, {})
    return tree


def ready(session, verdict_of, names, limit):
    """Wait until each of them has said in this round what it says when it works."""
    for name in names:
        end = session.seconds() + limit
        while not re.search(rf"^\[{name}\] {verdict_of[name]}", session.text()[session.mark:],
                            re.M):
            check(session.seconds() < end and not session.ended(), f"{name} does not work")
            session.poll(0.2)


def counted(session, name, limit):
    """It has statistics: it is alive, or they are all that is left of it."""
    text = ask(session, f"stats {name}", limit)
    check_line(text, rf"^{name}: 2 vCPUs")
    check_line(text, r"^ *\w+ +[1-9]\d*\r?$")


def again(bench):
    """
    Four times: some end by themselves, some are destroyed, one of them with the machine's disk at
    work for it, and all are created again. After the first time nothing is lost.
    """
    bench.deadline *= 2
    limit = bench.left() / 4
    work = {mode: "This is pvguest" for mode in ("te", "pv", "hw")}
    work["guest-rtc"] = work["guest-aia"] = r"\d+ passed, 0 failed"
    busy = bench.tree("pvguest-hw", kernel="diskload", rename="busy")
    busy.add_disk("", "strata,host-disk")
    trees = [spinner(bench, "stays", "hw"), *(full_machine(bench, m) for m in ("te", "pv", "hw")),
             bench.tree("guest-rtc"), bench.tree("guest-aia", mode="te"), busy]
    ends = {"guest-rtc": "shut down: by SBI system_reset",
            "busy": "destroyed: by a monitor command", "te": "destroyed: by a monitor command"}
    path = bench.file(os.path.basename(bench.log) + ".img", bytes(2 << 20))
    seen = []
    with bench.console(trees, cpus=2, extra=disks.options([path])) as session:
        session.mark = 0
        check(session.expect("strata: busy: mode", limit), "they do not start")
        open_monitor(session, limit)
        for _ in range(ROUNDS):
            ready(session, work, work, limit)
            for name in ("te", "pv", "hw", "busy"):
                ask(session, f"destroy {name}", limit)
            how = gone(session, [*work, "busy"], limit)
            check(all(how[name] == end for name, end in ends.items()), f"they ended: {how}")
            if len(seen) > 1:
                wait_free(session, limit, seen[1][0])
            seen.append(settled(session, limit))
            check(seen[-1][1] == 0, f"{seen[-1][1]} KiB are still promised to disks")
            counted(session, "te", limit)
            session.mark = len(session.text())
            for name in how:
                ask(session, f"create {name}", limit)
        ready(session, work, work, limit)
        counted(session, "te", limit)
        check("runs already" in ask(session, "create te", limit), "a second one is created")
        check("no tree" in ask(session, "create nobody", limit), "one without a tree is created")
        session.send(b"poweroff\n")
        check(session.finish(limit), "QEMU does not end")


def other(bench):
    """There is room for one of two disks: the second VM runs when the first has gone."""
    limit = bench.left() / 4
    trees = [spinner(bench, "stays", "hw")]
    for name in ("first", "second"):
        tree = bench.tree("pvguest-hw", kernel="virtio", rename=name)
        tree.add_virtio("--disk", "block", {"strata,size": quad(128 << 20)})
        trees.append(tree)
    with bench.console(trees, mem="384M") as session:
        check(session.expect(r"strata: second: refused: .*strata,quota", limit),
              "there is room for both")
        check(session.expect(r"^\[first\] 1\d passed, 0 failed", limit), "the first does not work")
        open_monitor(session, limit)
        check(gone(session, ["first"], limit)["first"].startswith("shut down"), "how it ended")
        session.send(b"create second\n")
        check(session.expect(r"^\[second\] 1\d passed, 0 failed", limit),
              "the second does not work")
        session.send(b"poweroff\n")
        check(session.finish(limit), "QEMU does not end")


def entropy(bench):
    """The same VM three times: no two lives begin with the same random numbers."""
    limit = bench.left() / 6
    tree = bench.tree("pvguest-hw", kernel="entropy", rename="one")
    tree.add_virtio("--rng", "rng", {})
    line = r"^\[one\] entropy: ([0-9a-f]{16}) and ([0-9a-f]{16})\r?$"
    with bench.console([spinner(bench, "stays", "hw"), tree]) as session:
        session.mark = 0
        check(session.expect(r"strata: one: mode", limit), "it does not start")
        open_monitor(session, limit)
        for life in range(3):
            if life > 0:
                ask(session, "create one", limit)
            ready(session, {"one": "1 passed, 0 failed"}, ["one"], limit)
            session.mark = len(session.text())
            gone(session, ["one"], limit)
        found = re.findall(line, session.text(), re.M)
        session.send(b"poweroff\n")
        check(session.finish(limit), "QEMU does not end")
    check(len(found) == 3, f"what three lives told: {found}")
    for what, numbers in zip(("seeds", "bytes of the device"), zip(*found)):
        check(len(set(numbers)) == 3, f"the {what} of three lives: {numbers}")


def add(environment):
    for variant in environment.variants() if environment.full else [environment.primary]:
        add_case("VMs that end give back all that they had, and run again by create" +
                 variant.words(environment.primary), again, variant, "lifecycle")
    add_case("a VM that is created again begins with other random numbers", entropy,
             group="lifecycle")
    add_case("a VM that was refused has the memory and the disk's of one that has ended", other,
             group="lifecycle")
