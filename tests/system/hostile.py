# SPDX-License-Identifier: BSD-2-Clause
"""
Guests that try everything, by fixed seeds: SBI calls, CSRs, device registers, virtqueues. They
share the machine with a VM that works on and whose answers are checked; the monitor answers after.
"""
import hashlib
import re

from harness import Failure, add_case, check, check_line, spread
from monitor import ESCAPE, listed, open_monitor
from stratalib import qemu

LENGTH_FACTOR = 40          # of an ordinary case's deadline: complete sweeps take tens of minutes
GOOD = "good"
# The worker's own work: programs with checks of their own, again and again.
WORK = (b"test-pipe && test-process && echo work'-'done\n", r"^\[good\] work-done")
SUM = hashlib.sha256(b"strata\n").hexdigest()


def machine(bench, trees):
    """
    Its time passes by instructions: the guests' own deadlines do not depend on what else the
    machine below does. Asleep it must wait in earnest, or QEMU would not look at what is typed.
    """
    return bench.console(trees, extra=qemu.ICOUNT_STEPPING)


def bad_trees(bench, mode, full):
    more = " full" if full else ""
    return [
        bench.tree("pvguest-hw", mode=mode, kernel="hostile_sbi", vcpus=2, rename="bad-sbi",
                   bootargs="seed=1" + more),
        bench.tree("pvguest-hw", mode=mode, kernel="hostile_csr", rename="bad-csr",
                   bootargs="seed=1" + more),
        bench.tree("hostile-virtio", mode=mode, kernel="hostile_mmio", rename="bad-mmio",
                   bootargs="seed=1" + more),
        bench.tree("hostile-virtio", mode=mode, rename="bad-virtio",
                   bootargs="rounds=" + ("20000" if full else "250")),
    ]


def expect(session, pattern, seconds, what):
    if not session.expect(pattern, seconds):
        raise Failure(f"{what}: no {pattern!r}; the last line: {session.text().splitlines()[-1:]}")


def wait_ended(bench, session, bad, how):
    """Each of the hostile VMs has ended so; the lines may come in any order, and soon."""
    def ended():
        return set(re.findall(rf"^strata: (\S+): (?:{how})", session.text(), re.M))
    while not ended().issuperset(tree.name for tree in bad):
        if session.ended() or bench.left() <= 1:
            raise Failure(f"ended are {sorted(ended())}; the last line: "
                          f"{session.text().splitlines()[-1:]}")
        session.poll(1.0)


def check_worker(bench, session):
    """The VM beside them still computes and the monitor still answers; then all ends."""
    session.send(b"echo strata | sha256sum\n")
    expect(session, SUM, bench.left(), "the worker's sum")
    open_monitor(session, bench.left())
    check(GOOD in listed(session, bench.left()), "the monitor's list is wrong")
    session.send(ESCAPE + ESCAPE + b"poweroff\n")
    verdict = bench.verdict(session)
    check(verdict.ended.get(GOOD, ("",))[0] == "shut down", f"{GOOD}: {verdict.ended}")
    check(not verdict.panics, f"{verdict.panics}")
    return verdict


def side_by_side(mode, full=False):
    def function(bench):
        if full:
            bench.deadline *= LENGTH_FACTOR
        bad = bad_trees(bench, mode, full)
        good = bench.tree("pvguest-te", rename=GOOD)
        with machine(bench, [good, *bad]) as session:
            expect(session, r"This is pvguest[^$]*\$ ", bench.left(), "the worker's shell")
            session.send(WORK[0])
            wait_ended(bench, session, bad, "shut down|stopped|destroyed")
            expect(session, WORK[1], bench.left(), "the worker's work")
            verdict = check_worker(bench, session)
            text = session.text()
        failed = [line for line in text.splitlines() if "FAIL:" in line]
        check(not failed, f"{len(failed)} failed, the first: {failed[:1]}")
        for tree in bad:
            check(verdict.ended[tree.name][0] == "shut down", f"{verdict.ended[tree.name]}")
            check_line(text, rf"^\[{tree.name}\] \d+ passed, 0 failed")
    return function


def ending(mode):
    """Calls that end their caller stop its VM in words; the others go on."""
    def function(bench):
        bad = [bench.tree("pvguest-hw", mode=mode, kernel="hostile_sbi", vcpus=2,
                          rename=f"bad-{end}", bootargs=f"end={end}")
               for end in ("stop", "start", "suspend")]
        good = bench.tree("pvguest-te", rename=GOOD)
        with machine(bench, [good, *bad]) as session:
            expect(session, r"This is pvguest[^$]*\$ ", bench.left(), "the worker's shell")
            wait_ended(bench, session, bad, "stopped: ")
            check_worker(bench, session)
            check("it goes on" not in session.text(), "a call returned that must not")
    return function


def aia(mode, guests):
    """The registers of an APLIC and of interrupt files, in hardware and in software."""
    def function(bench):
        bench.settings.aia = f",aia=aplic-imsic,aia-guests={guests}"
        bad = [bench.tree("guest-aia", mode=mode, kernel=f"hostile_{what}", rename=f"bad-{what}")
               for what in ("mmio", "csr")]
        good = bench.tree("pvguest-te", rename=GOOD)
        with machine(bench, [good, *bad]) as session:
            expect(session, r"This is pvguest[^$]*\$ ", bench.left(), "the worker's shell")
            wait_ended(bench, session, bad, "shut down")
            check_worker(bench, session)
            check("FAIL:" not in session.text(), "a test of a guest failed")
    return function


def add(environment):
    for turn, mode in enumerate(("te", "pv1", "hw")):
        spread(environment, f"hostile guests in {mode} hurt nobody, and a VM beside them works on",
               side_by_side(mode), turn, "hostile")
        if environment.full:
            add_case(f"hostile guests in {mode}, at length, hurt nobody", side_by_side(mode, True),
                     group="hostile", heavy=True)
        add_case(f"a guest in {mode} that ends itself by SBI ends itself alone", ending(mode),
                 group="hostile")
    for turn, (mode, guests) in enumerate((("hw", 1), ("te", 0), ("hw", 0))):
        add_case(f"a guest in {mode} that abuses an APLIC and an IMSIC hurts nobody, "
                 f"with {guests} guest interrupt files", aia(mode, guests),
                 environment.variants()[turn], "hostile")
