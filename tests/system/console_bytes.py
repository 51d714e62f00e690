# SPDX-License-Identifier: BSD-2-Clause
"""Output byte by byte: in order, whoever writes and however, soon, and none of it is lost."""
import re
import string

from harness import check, check_line, spread

SHOWN = (
    ("one hart's bytes, blocks and uart", r"^C: ways (abcdefghi){8}\r*$"),
    ("a long line", r"^C: long (0123456789){300}\r*$"),
    ("two harts in turn", r"^C: harts (abcd){40}\r*$"),
    ("two harts at once", r"^C: both [A-Za-z]{10400}\r*$"),
    ("a hart that stopped", r"^C: its last words and mine\r*$"),
    ("a prompt and an answer", r"^C: prompt> got x\r*$"),
    ("a prompt of one that sleeps", r"^C: sleeper> got x\r*$"),
    ("a reboot", r"^C: before the reboot\r*$"),
    ("the end", r"^C: before the end\r*$"),
)


def in_order(mode, cpus):
    """A case: the guest console; it gets its key only when its prompt is there."""
    def function(bench):
        tree = bench.tree(f"pvguest-{mode}", kernel="console", vcpus=2)
        with bench.console([tree], cpus=cpus) as session:
            for prompt in ("prompt", "sleeper"):
                check(session.expect(f"^C: {prompt}> ", bench.left() / 2),
                      f"no {prompt}; the last line: {session.text().splitlines()[-1:]}")
                session.send(b"x")
            verdict = bench.verdict(session)
            text = session.text()
        for what, pattern in SHOWN:
            check(len(check_line(text, pattern).group(0)) > 0, what)
        both = re.search(r"^C: both (.*)", text, re.M).group(1)
        for letters in (string.ascii_lowercase, string.ascii_uppercase):
            check("".join(c for c in both if c in letters) == letters * 200,
                  f"bytes of one of two harts at once are out of order: {letters}")
        check("FAIL:" not in text, "a call failed")
        check([how for how, _ in verdict.ended.values()] == ["shut down"], f"{verdict.ended}")
    return function


def add(environment):
    for turn, (mode, cpus) in enumerate((("hw", 1), ("hw", 2), ("te", 1))):
        harts = "one hart" if cpus == 1 else "two harts"
        spread(environment, f"the bytes of a console come in order, soon, and none is lost in "
               f"{mode} on {harts}", in_order(mode, cpus), turn, "consoles")
