# SPDX-License-Identifier: BSD-2-Clause
"""Debian's busybox, unmodified, on pvguest: the same in every mode, and as on Linux."""
import os
import re
import threading
import time

import busybox_root
import cpio as newc
from harness import MODES, TOP, Failure, Skip, add_case, check, check_line, check_status
from stratalib import vms

HERE = os.path.join(TOP, "tests/system/busybox")
SECONDS_FACTOR = 4          # of an ordinary case's deadline
STRESS_SECONDS = 3
SOAK_SECONDS = 600          # of guest time
LINUX = "linux"

INITTAB = """\
::sysinit:/etc/init.d/rcS
{}ttyS0::wait:/bin/sleep 0.2
ttyS0::wait:/sbin/poweroff -f
"""
# What the boots of each mode do: commands and cases where all of them fit into a minute.
JOBS = {"commands": "/test/run", "cases": "/test/run-cases", "stress": "/test/stress {}"}
USUAL = {"native": ("commands", "cases"), "te": ("commands",), "pv0": ("commands",),
         "pv1": ("commands", "stress"), "hw": ("commands", "stress")}


def read_text(name):
    with open(os.path.join(HERE, name), encoding="utf-8") as f:
        return f.read()


def sentences():
    """The sentences of the cases, in order."""
    return re.findall(r"^try '([^']+)'", read_text("cases"), re.M)


def root(bench, jobs, seconds):
    """An archive of busybox whose init does these jobs and switches off; None without busybox."""
    path = os.path.join(bench.settings.cache, "busybox", "busybox")
    if not os.path.isfile(path):
        raise Skip("no busybox: scripts/deps busybox gets it")
    with open(path, "rb") as f:
        members = busybox_root.members(f.read(), [os.path.join(TOP, "scripts/roots/busybox")])
    lines = "".join(f"ttyS0::wait:{JOBS[job].format(seconds)}\n" for job in jobs)
    members["etc/inittab"] = (0o100644, INITTAB.format(lines).encode())
    for name in ("run", "run-cases", "commands", "cases", "stress"):
        members["test/" + name] = (0o100755, read_text(name).encode())
    return newc.archive(members)


class Boots:
    """One boot for each mode and variant, whose output several cases look at."""

    def __init__(self):
        self.lock, self.locks, self.outputs = threading.Lock(), {}, {}

    def output(self, bench, mode, jobs, seconds=STRESS_SECONDS):
        key = (mode, bench.variant.key, jobs, seconds)
        with self.lock:
            mine = self.locks.setdefault(key, threading.Lock())
        with mine:
            if key not in self.outputs:
                self.outputs[key] = None
                self.outputs[key] = boot(bench, mode, jobs, seconds)
        if self.outputs[key] is None:
            raise Failure("the boot failed, see the first case")
        return self.outputs[key]


BOOTS = Boots()


def boot(bench, mode, jobs, seconds):
    bench.deadline *= SECONDS_FACTOR
    initrd = bench.file(os.path.basename(bench.log) + ".cpio", root(bench, jobs, seconds))
    words = ["--vm", f"busybox-{mode.replace('pv1', 'pv')}"]
    if mode == LINUX:
        if vms.guest_file(bench.settings, "linux") is None:
            raise Skip("no Linux: scripts/deps linux gets it")
        words = ["--mode", "native", "--kernel", "linux", "--mem", "256M",
                 "--bootargs", "console=ttyS0 quiet loglevel=1"]
    result = bench.strata("run", *words, "--initrd", initrd)
    check_status(result, 0)
    return result.out


def transcript(jobs, mode):
    """Each command says and returns what tests/system/busybox/transcript has."""
    def function(bench):
        out = BOOTS.output(bench, mode, jobs)
        text = re.search(r"^---- begin\n(.*)^---- end$", out, re.M | re.S)
        check(text, "the commands did not come to their end")
        told, expected = text.group(1).splitlines(), read_text("transcript").splitlines()
        command = ""
        for line, right in zip(told + [""], expected + [""]):
            if right.startswith("$ "):
                command = right
            check(line == right, f"{command}: {line!r}, not {right!r}")
        check(len(told) == len(expected), f"{len(told)} lines, not {len(expected)}")
        check(sum(line.startswith("$ ") for line in told) >= 150, "fewer than 150 commands")
    return function


def single(jobs, mode, sentence):
    def function(bench):
        out = BOOTS.output(bench, mode, jobs)
        line = check_line(out, rf"^(PASS|FAIL): {re.escape(sentence)}(?:$|: (.*(?:\n(?!PASS|"
                               r"FAIL|cases:).*)*))")
        check(line.group(1) == "PASS", line.group(2))
    return function


def stress(jobs, mode, seconds=STRESS_SECONDS):
    def function(bench):
        if seconds == SOAK_SECONDS:
            bench.deadline *= 10
        out = BOOTS.output(bench, mode, jobs, seconds)
        lines = re.findall(r"^stress: (.*)$", out, re.M)
        check(lines, "the stress did not come to its end")
        check(re.fullmatch(r"[1-9]\d* rounds, 0 pages and 0 objects lost", lines[-1]),
              "; ".join(lines))
    return function


# What is typed, and what must come then.
TYPED = (
    ("sleep 100\n", r"sleep 100\r*\n"), ("\x1a", r"Stopped +sleep 100"),
    ("jobs\n", r"Stopped +sleep 100"), ("bg\n", r"\[1\] sleep 100"), ("fg\n", r"sleep 100\r*\n"),
    ("\x03", r"# "), ("echo status $?\n", r"^status 130\r*\n"),
    ("cat &\n", r"# "),
    ("until grep -q '^State:.T' /proc/$!/status; do :; done\n", r"Stopped \(tty input\) +cat"),
    ("kill -9 %1; wait; echo gone\n", r"^gone\r*\n"),
    ("cat\n", r"cat\r*\n"), ("abd\x7fc\n", r"^abc\r*\n"), ("\x04", r"# "),
    ("stty -echo; stty | grep -o -e -echo; stty echo\n", r"^-echo\r*\n"),
    ("sh -c 'trap \"echo resized\" WINCH; stty rows 30 cols 90; :'\n", r"^resized\r*\n"),
    ("stty size\n", r"^30 90\r*\n"), ("vi /tmp/x\n", r"/tmp/x"), ("ifrom vi\x1b", r"\[Modified\]"),
    (":wq\r", r"# "), ("cat /tmp/x\n", r"^from vi\r*\n"), ("seq 100 | less\n", r"K20\r*\n"),
    (" ", r"K40\r*\n"), ("q", r"# "), ("exit\n", r"built-in shell[^$]*# "),
    ("poweroff\n", r"Requesting system poweroff"),
)
# Typed until it is answered: the program that it is for may not have begun to read.
AGAIN = "\x1a", "\x03", "abd\x7fc\n"


def typed(bench, session, keys, answer):
    session.send(keys.encode())
    end = session.seconds() + bench.left() / 2
    while not session.expect(answer, 5):
        check(session.seconds() < end and not session.ended(),
              f"after {keys!r} no {answer!r}: {session.text()[-200:]!r}")
        if keys in AGAIN:
            session.send(keys.encode())


def console(tree):
    """Job control, line editing, signals from keys, vi and less over the serial console."""
    def function(bench):
        if vms.guest_file(bench.settings, "busybox") is None:
            raise Skip("no busybox: scripts/deps busybox gets it")
        bench.deadline *= 2
        with bench.console([bench.tree(tree)]) as session:
            check(session.expect(r"~ # ", bench.left()), "no prompt")
            for keys, answer in TYPED:
                typed(bench, session, keys, answer)
                time.sleep(0.3)
    return function


def describe(mode):
    return {"native": "natively", LINUX: "on Linux"}.get(mode, f"in {mode}")


def add(environment):
    """The usual jobs on the primary variant; --full: all jobs everywhere, and Linux."""
    count = len(re.findall(r"^\$ ", read_text("transcript"), re.M))
    for tree in ("busybox-te", "busybox-pv", "busybox-hw") if environment.full else ("busybox-te",):
        add_case(f"{tree} has job control, keys, vi and less on the console", console(tree),
                 group="busybox")
    modes = MODES + ((LINUX,) if environment.full else ())
    for variant in environment.variants() if environment.full else [environment.primary]:
        for mode in modes:
            jobs = tuple(JOBS) if environment.full else USUAL[mode]
            if mode == LINUX:
                jobs = ("commands", "cases")
                if variant.key != environment.primary.key:
                    continue
            where = describe(mode) + variant.words(environment.primary)
            add_case(f"busybox {where}: {count} commands answer as on Linux",
                     transcript(jobs, mode), variant, "busybox")
            for sentence in sentences() if "cases" in jobs else ():
                add_case(f"busybox {where}: {sentence}", single(jobs, mode, sentence), variant,
                         "busybox")
            if "stress" in jobs:
                add_case(f"busybox {where}: forks, pipes and signals lose no memory",
                         stress(jobs, mode), variant, "busybox")
            if environment.soak and mode != LINUX:
                add_case(f"busybox {where}: ten minutes of forks, pipes and signals lose no memory",
                         stress(("stress",), mode, SOAK_SECONDS), variant, "busybox")
