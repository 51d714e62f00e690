# SPDX-License-Identifier: BSD-2-Clause
"""strata soak: boot Linux again and again, and load it for long; nothing may hang or get lost."""
import argparse
import re
import time

from stratalib import qemu, run, vms
from stratalib.settings import (Settings, StrataError, add_machine_options, build_images,
                                deadline_of, machine_scale, number_of)

BOOT_SECONDS = 120              # a boot that takes longer hangs
# Guest time passes as real time does; what else the load's machine needs.
LOAD_EXTRA_SECONDS = 300
MACHINES = ((1, 1), (2, 1), (2, 2), (4, 2), (4, 1))     # vCPUs and harts, by turns

EPILOG = """\
Boots take turns with 1, 2 and 4 virtual CPUs on 1 and 2 harts. The load is forks, threads, pipes,
signals, memory, timers and IPIs on 4 virtual CPUs over 2 harts (selftest soak in pvguest/linux).
A log of the run that failed stays in build/run/soak.log.
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


def tree_file(settings, name, vcpus, more=""):
    """A copy of dts/NAME.dts with so many vCPUs and more on its command line."""
    tree = vms.load(settings, name)
    tree.set_vcpus(vcpus)
    bootargs = tree.chosen().string("bootargs") or ""
    tree.chosen().set_string("bootargs", f"{bootargs} {more}".strip())
    path = settings.path("run", f"soak-{name}.dtb")
    with open(path, "wb") as f:
        f.write(tree.data())
    return path


def one(settings, args, name, machine, wanted, seconds, more=""):
    """Run a machine to its end; the line that was wanted, or a StrataError."""
    vcpus, cpus = machine
    plan = plan_of(settings, args, tree_file(settings, name, vcpus, more), cpus)
    log = settings.path("run", "soak.log")
    try:
        with qemu.Session(plan.line, log=log) as session:
            ended = session.finish(seconds)
            text = session.text()
    finally:
        plan.remove()
    found = re.search(wanted, text, re.M)
    where = f"{vcpus} vCPUs on {cpus} harts"
    if not ended:
        raise StrataError(f"{where}: no end after {seconds:.0f} s (see {log})")
    if not found or not re.search(r"^strata: [\w-]+: shut down", text, re.M):
        raise StrataError(f"{where}: it did not do its work (see {log})")
    return found.group(0)


def boots(settings, args, count):
    begin = time.monotonic()
    for number in range(count):
        machine = MACHINES[number % len(MACHINES)]
        one(settings, args, "linux-hw", machine, r"^linux: done$",
            deadline_of(args, BOOT_SECONDS))
        passed = time.monotonic() - begin
        print(f"boot {number + 1} of {count}: {machine[0]} vCPUs on {machine[1]} harts, "
              f"{passed / (number + 1):.1f} s each", flush=True)
    print(f"PASS: {count} boots in a row without a hang", flush=True)


def main(args):
    settings = Settings(args)
    build_images()
    count = number_of(args.boots, "--boots", 0, 1000000)
    seconds = number_of(args.seconds, "--seconds", 0, 1000000)
    settings.run_dir()
    for name in ("linux", "linux-initrd", "linux-root"):
        vms.need_file(settings, name, "soak")
    if count:
        boots(settings, args, count)
    if seconds:
        line = one(settings, args, "linux", (4, 2), r"^selftest: done$",
                   2 * seconds + LOAD_EXTRA_SECONDS * machine_scale(), f"test=soak:{seconds}")
        print(f"PASS: {seconds} s of load on 4 vCPUs over 2 harts: {line}")
    return 0
