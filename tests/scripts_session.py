# SPDX-License-Identifier: BSD-2-Clause
"""Tests of sessions with a QEMU, with another program in its place: deadlines, answers."""
import importlib
import os
import subprocess
import sys
import time

from scripts import TOP, stratalib, test

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


# The monitor takes `list` at its prompt, in peace, and while VMs print and end: the prompt comes
# again then, alone for a moment.
ANSWER = ["  #   Name                 Mode     vCPUs  Mem MiB  Time s  State",
          "> 1   one                  te           2       64       3  running",
          "  2   two                  pv           2        0      12  shut down: by SBI reset"]
MARKED = "{mark}\n{mark}: no such command; `help' lists the commands\nstrata> "
PEACE = ("strata> ", "list\n" + "\n".join(ANSWER) + "\nstrata> " + MARKED)
NOISE = ("strata> \n[one] the fir", """st line of a guest
strata> l
[one] the monitor says in vain
strata> list
strata: two: shut down: by SBI system_reset
strata> list
""" + "\n".join(ANSWER[:2]) + """
[one]   2   two                  te           2       64       3  running
""" + ANSWER[2] + """
strata> {mark}
[one] {mark}: no such command; `help' lists the commands
strata> """ + MARKED)


@test("what the monitor answers is found whole between what VMs print, wherever a read ends")
def monitor_answers(_):
    qemu = stratalib("qemu")
    sys.path.append(os.path.join(TOP, "tests", "system"))
    monitor = importlib.import_module("monitor")

    class Replay(qemu.Session):
        """A console that says this to a command, a byte at a time."""

        def __init__(self, text):
            self.out, self.taken, self.rest = text[0].encode(), 8, b""
            self.text_of_answer = text[1]

        def send(self, data):
            assert data.startswith(b"list\n")
            mark = data.decode().split("\n")[1]
            self.rest = self.text_of_answer.format(mark=mark).replace("\n", "\r\n").encode()

        def poll(self, _):
            self.out, self.rest = self.out + self.rest[:1], self.rest[1:]

        def ended(self):
            return not self.rest

        def seconds(self):
            return 0

    for text in (PEACE, NOISE):
        answer = monitor.ask(Replay(text), "list", 1)
        assert answer.split("\n") == ANSWER, answer
        assert monitor.listed(Replay(text), 1) == {
            "one": (64, "running"), "two": (0, "shut down: by SBI reset")}
