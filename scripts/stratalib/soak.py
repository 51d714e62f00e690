# SPDX-License-Identifier: BSD-2-Clause
"""strata soak: boot Linux again and again, and load it for long; nothing may hang or get lost."""
import argparse
import os
import re
import time

from stratalib import qemu, run, vms
from stratalib.files import replacing
from stratalib.settings import (Settings, StrataError, add_machine_options, build_images,
                                deadline_of, machine_scale, number_of)

BOOT_SECONDS = 300              # a boot that takes longer hangs
TURN_BOOTS = 5                  # of one machine, before the next one's turn
SHORT = "console=ttyS0 panic=-1 quiet short"    # of tests/system/linux-init's work
LOAD = "console=ttyS0 quiet root=/dev/vda hostname=linux"
# Guest time passes as real time does; what else the load's machine needs.
LOAD_EXTRA_SECONDS = 300
MACHINES = ((1, 1), (2, 1), (2, 2), (4, 2), (4, 1), (1, 2))     # vCPUs and harts, by turns
# The machine's interrupt controllers, by turns: a PLIC, AIA with more, fewer and no interrupt files
# than vCPUs on a hart. As many as have no factor in common with the machines: each pair is met.
CONTROLLERS = (None, "aplic-imsic,guests=3", None, "aplic-imsic,guests=1", "aplic-imsic,guests=0")

# What Linux or selftest says when there is nothing more to wait for.
FAILED = r"^.*(?:I/O error, dev |selftest: .*, not |emounting filesystem read-only|Kernel panic).*$"

EPILOG = """\
Boots take turns with 1, 2 and 4 virtual CPUs on 1 and 2 harts, with a PLIC and with AIA; each
machine restarts itself a few times. The load is forks, threads, pipes, signals, memory, a disk,
timers and IPIs on 4 virtual CPUs over 2 harts (selftest soak in scripts/roots/linux). A log of the
run that failed stays in build/run/ and is named in the message.
"""


def add_options(parser):
    parser.epilog = EPILOG
    parser.add_argument("--boots", metavar="N", default="200", help="boots in a row (200)")
    parser.add_argument("--seconds", metavar="S", default="600",
                        help="guest time under load (600); 0: none")
    add_machine_options(parser)


def plan_of(settings, args, tree, cpus):
    """The run of one tree, already changed."""
    words = argparse.Namespace(**{**vars(args), "vm": tree, "cpus": str(cpus)}, mode=None,
                               kernel=None, initrd=None, bootargs=None, world=None, trace=None,
                               mem=None, icount=False, vcpus=None)
    return run.make_plan(settings, words)


def tree_file(settings, name, vcpus, changes):
    """A copy of dts/NAME.dts with so many vCPUs and other properties of /chosen."""
    tree = vms.load(settings, name)
    tree.set_vcpus(vcpus)
    for prop, value in changes.items():
        tree.chosen().set_string(prop, value)
    path = settings.path("run", f"soak-{name}-{os.getpid()}.dtb")
    with replacing(path, "wb") as f:
        f.write(tree.data())
    return path


def machine_words(args, machine):
    return f"{machine[0]} vCPUs on {machine[1]} harts, {args.aia or 'PLIC'}"


def one(args, name, machine, bootargs, work):
    """Run a machine with a changed tree and do work(session, log's name) with it."""
    vcpus, cpus = machine
    settings = Settings(args)
    changes = {"bootargs": bootargs}
    if name != "linux":
        changes["strata,initrd"] = "linux-initrd"
    tree = tree_file(settings, name, vcpus, changes)
    log = settings.path("run", f"soak-{os.getpid()}.log")
    try:
        plan = plan_of(settings, args, tree, cpus)
        try:
            with qemu.Session(plan.line, log=log) as session:
                work(session, f"{machine_words(args, machine)} (see {log})")
        finally:
            plan.remove()
    finally:
        os.remove(tree)
    os.remove(log)


class Boots:
    """Boots in a row: each machine restarts itself so many times, and the last one ends."""

    def __init__(self, args, count):
        self.args, self.count, self.done = args, count, 0
        self.begin = time.monotonic()

    def run(self):
        turn = 0
        while self.done < self.count:
            args, machine = self.args, MACHINES[turn % len(MACHINES)]
            args.aia = CONTROLLERS[turn % len(CONTROLLERS)]
            left = min(TURN_BOOTS, self.count - self.done)
            again = " again" if left > 1 else ""
            one(args, "linux-aia" if args.aia else "linux-hw", machine, SHORT + again,
                lambda session, where, n=left: self.boot(session, where, n))
            turn += 1
            passed = time.monotonic() - self.begin
            print(f"boot {self.done} of {self.count}: {machine_words(args, machine)}, "
                  f"{passed / self.done:.1f} s each", flush=True)
        print(f"PASS: {self.count} boots in a row without a hang", flush=True)

    def boot(self, session, where, boots):
        """Boots of one machine."""
        seconds = deadline_of(self.args, BOOT_SECONDS)
        for number in range(boots):
            end = r"^strata: [\w-]+: reboots" if boots > 1 else r"^strata: [\w-]+: shut down"
            found = session.expect(r"^linux: done\r?$", seconds) and session.expect(end, seconds)
            if not found:
                raise StrataError(f"boot {self.done + 1}: {where}: no end, or it did not do its "
                                  f"work: {number} of its {boots} boots came to their ends")
            self.done += 1


def load(session, where, seconds, deadline):
    """The lines that tell of the load; a StrataError if it went wrong."""
    failed = session.expect(FAILED, deadline)
    if failed:
        raise StrataError(f"{where}: {failed.group().decode(errors='replace').strip()}")
    if not session.ended():
        raise StrataError(f"{where}: no end after {deadline:.0f} s")
    text = session.text()
    if not re.search(r"^selftest: done$", text, re.M) or \
            not re.search(r"^strata: [\w-]+: shut down", text, re.M):
        raise StrataError(f"{where}: the load failed")
    print("\n".join(line for line in text.splitlines() if re.match("selftest: |pulse: |PASS", line)
                    and "round " not in line))
    print(f"PASS: {seconds} s of load on 4 vCPUs over 2 harts")


def main(args):
    settings = Settings(args)
    build_images()
    count = number_of(args.boots, "--boots", 0, 1000000)
    seconds = number_of(args.seconds, "--seconds", 0, 1000000)
    settings.run_dir()
    for name in ("linux", "linux-initrd", "linux-devices", "linux-disk.img", "linux-root"):
        vms.need_file(settings, name, "soak")
    if count:
        Boots(args, count).run()
    args.aia = None
    if seconds:
        deadline = 2 * seconds + LOAD_EXTRA_SECONDS * machine_scale()
        one(args, "linux", (4, 2), f"{LOAD} test=soak:{seconds}",
            lambda session, where: load(session, where, seconds, deadline))
    return 0
