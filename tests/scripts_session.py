# SPDX-License-Identifier: BSD-2-Clause
"""Tests of the deadlines of a QEMU, with another program in its place."""
import os
import subprocess
import sys
import time

from scripts import stratalib, test

SPIN = [sys.executable, "-c", "import os, sys\nos.sched_setaffinity(0, {int(sys.argv[1])})\n"
        "while True: pass"]


def spinners(count):
    """Programs that take all of one processor, and its number."""
    hart = str(min(os.sched_getaffinity(0)))
    return [subprocess.Popen(SPIN + [hart]) for _ in range(count)], hart


@test("a machine that is busy with other things makes no deadline shorter")
def starved_session(_):
    others, hart = spinners(3)
    try:
        with stratalib("qemu").Session(SPIN + [hart]) as session:
            session.LOOK_SECONDS = 0
            assert not session.finish(0.5)
            # A quarter of the processor was left for it, or less; not every kernel counts that.
            least = 0.5 if os.path.exists("/proc/self/schedstat") else 0
            assert session.starved() >= least, (session.starved(), session.seconds())
    finally:
        for other in others:
            other.kill()
            other.wait()


@test("a program that sleeps for ever meets its deadline, and one that starves for ever does")
def sleeping_session(_):
    qemu = stratalib("qemu")
    with qemu.Session([sys.executable, "-c", "import time\ntime.sleep(1000)"]) as session:
        begin = time.monotonic()
        assert not session.finish(0.5)
        assert time.monotonic() - begin >= 0.4
    with qemu.Session([sys.executable, "-c", "import time\ntime.sleep(1000)"]) as session:
        session.starved = lambda: 1e9
        session.STARVED_MOST = 2
        begin = time.monotonic()
        assert not session.finish(0.2)
        assert time.monotonic() - begin >= 0.3
