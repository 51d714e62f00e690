# SPDX-License-Identifier: BSD-2-Clause
"""The monitor's commands and what it answers, whatever else the display shows meanwhile."""
import re

from harness import check

ESCAPE = b"\x1d"
PROMPT = "strata> "
GUEST = re.compile(r"\[[^\]\s]+\] ")
LISTED = re.compile(r"[> ] \d+ +(\S+) +\w+ +\d+ +(\d+) +\d+  (.*)")


def open_monitor(session, limit):
    """The keyboard is the monitor's from now on."""
    session.send(ESCAPE + b"m")
    check(session.expect(PROMPT, limit), "no prompt of the monitor")


def answer(text, command):
    """
    The lines of this text that the monitor said to its last such command, and those of the
    hypervisor's log among them; not the guests', which come between any two lines. They come inside
    a prompt as well, whose line is shown again as a whole when it goes on: the last one counts.
    """
    lines = text.replace("\r", "").split("\n")
    asked = [n for n, line in enumerate(lines) if line == PROMPT + command]
    check(asked, f"{command} was not taken")
    return [line for line in lines[asked[-1] + 1:]
            if line and not line.startswith(PROMPT) and not GUEST.match(line)]


def ask(session, command, limit):
    """
    What the monitor answers, all of it. A prompt is no sign of its end, because one may be the
    beginning of the command itself, shown again behind a guest's line; the answer to another
    command, which there is not, is one.
    """
    begin = len(session.out)
    mark = f"after-{begin}"
    session.send(f"{command}\n{mark}\n".encode())
    check(session.expect(rf"^{mark}: no such command;.*\n", limit), f"no answer to {command}")
    line = session.out.rfind(b"\n", 0, begin) + 1     # of the prompt, unless a guest's came behind
    text = session.out[line:session.taken].decode(errors="replace")
    return "\n".join(line for line in answer(text, command) if not line.startswith(mark + ": "))


def listed(session, limit):
    """The list: by VM MiB that it has and its state."""
    matches = map(LISTED.fullmatch, ask(session, "list", limit).split("\n"))
    return {match[1]: (int(match[2]), match[3].strip()) for match in matches if match}
