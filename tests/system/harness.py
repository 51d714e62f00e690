# SPDX-License-Identifier: BSD-2-Clause
"""Cases of the system test: a name that is a sentence, a function, a deadline, a console log."""
import argparse
import os
import re
import subprocess
import sys
import threading
import time
import zlib
from concurrent.futures import ThreadPoolExecutor

from stratalib import qemu, vms
from stratalib.settings import Settings, StrataError, TOP, machine_scale

NAME_MOST = 110                 # bytes of a case's name that its files begin with
CASE_SECONDS = 90               # on the reference machine with nothing else to do
# Commands that run QEMU; each keeps a deadline of its own.
RUNS = "run", "bench", "breakdown", "compare", "count", "explain", "baseline"
MODES = ("native", "te", "pv0", "pv1", "hw")
VIRTUAL = MODES[1:]


class Failure(Exception):
    """What did not hold."""


class Skip(Exception):
    """Why a case cannot be tried here."""


class Variant:
    """A firmware and a QEMU."""

    def __init__(self, firmware, qemu_name):
        self.firmware, self.qemu_name = firmware, qemu_name
        self.key = (firmware, qemu_name)

    def words(self, primary):
        if self.key == primary.key:
            return ""
        return f", {self.qemu_name} with {self.firmware} firmware"


class Case:
    def __init__(self, sentence, function, variant=None, group="", heavy=False):
        self.sentence, self.function, self.group = sentence, function, group
        self.variant, self.heavy = variant, heavy


CASES = []


def case(sentence, heavy=False):
    """Decorator for a case that runs once, on the primary variant."""
    def add(function):
        CASES.append(Case(sentence, function, group=function.__module__, heavy=heavy))
        return function
    return add


def add_case(sentence, function, variant=None, group="", heavy=False):
    CASES.append(Case(sentence, function, variant, group, heavy))


class Result:
    """What one `strata run` or the like came to."""

    def __init__(self, status, out, err):
        self.status, self.out, self.err = status, out.replace("\r", ""), err

    def all(self):
        return self.out + "\n" + self.err


def communicate(child, stdin, seconds, stop=None):
    """As Popen.communicate(); a line of output that matches stop is the last, and ends it."""
    if stop is None:
        return child.communicate(stdin, timeout=seconds)
    timer = threading.Timer(seconds, child.terminate)
    timer.start()
    out = []
    with ThreadPoolExecutor(1) as pool:
        err = pool.submit(child.stderr.read)
        child.stdin.write(stdin)
        child.stdin.close()
        for line in child.stdout:
            out.append(line)
            if re.search(stop, line.decode(errors="replace").rstrip()):
                child.terminate()
                break
        child.stdout.read()
        child.wait()
        timer.cancel()
        return b"".join(out), err.result()


class Bench:
    """What a case works with: runs of the CLI, consoles, checks. One per case."""

    def __init__(self, env, variant, log):
        self.variant, self.log = variant, log
        self.deadline = CASE_SECONDS * env.scale
        self.begin = time.monotonic()
        self._runs, self._sessions = 0, []
        self._apart = 0.0           # seconds in commands, which have deadlines of their own
        options = argparse.Namespace(
            firmware=variant.firmware, qemu=env.qemus[variant.qemu_name] or variant.qemu_name,
            cpu=None, cpus=None)
        self.settings = Settings(options)
        self.directory = env.directory(log)
        self.parallel = env.jobs

    def left(self):
        """Seconds to the case's end; what its QEMUs had to wait for a processor is not counted."""
        wall = time.monotonic() - self.begin - self._apart
        waited = sum(session.starved() for session in self._sessions)
        return max(1.0, self.deadline - max(wall - waited, wall / qemu.Session.STARVED_MOST))

    def next_log(self):
        self._runs += 1
        return self.log + (f"-{self._runs}" if self._runs > 1 else "") + ".log"

    def file(self, name, data):
        """A file for this case below build/tests/system/; its path."""
        path = os.path.join(self.directory, name)
        with open(path, "wb") as f:
            f.write(data if isinstance(data, bytes) else data.encode())
        return path

    def strata(self, *words, stdin=b"", timeout=None, stop=None):
        """
        scripts/strata WORDS on this variant; its Result. With a line that matches stop, which says
        that it will come to nothing, its output ends.
        """
        env = {k: v for k, v in os.environ.items() if not k.startswith("STRATA_")}
        env.update(STRATA_NO_BUILD="1", STRATA_O=self.settings.out,
                   STRATA_CACHE=self.settings.cache)
        command = [sys.executable, os.path.join(TOP, "scripts/strata"), *words]
        runs = words[0] in RUNS
        if runs:
            command += ["--qemu", self.settings.qemu, "--firmware", self.settings.firmware]
            if "--timeout" not in words:
                command += ["--timeout", str(max(1, int(timeout or self.left() - 2)))]
        child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE, env=env, cwd=TOP)
        begin = time.monotonic()
        patience = (timeout or self.left()) * (qemu.Session.STARVED_MOST if runs else 1) + 10
        try:
            out, err = communicate(child, stdin, patience, stop)
        except subprocess.TimeoutExpired:
            child.terminate()
            out, err = child.communicate()
            err += b"\nno end of scripts/strata"
        if runs:
            self._apart += time.monotonic() - begin
        result = Result(child.returncode, out.decode(errors="replace"),
                        err.decode(errors="replace"))
        with open(self.next_log(), "w", encoding="utf-8") as f:
            f.write(" ".join(command) + "\n" + result.out + "\n---- standard error, status "
                    f"{result.status}\n" + result.err)
        return result

    def console(self, trees, append=None, cpus=1, mem=None, archive=None, extra=()):
        """A scripted console of the hypervisor with these trees; use it in a `with`."""
        blob = vms.archive(trees) if archive is None else archive
        path = self.file(f"{os.path.basename(self.log)}.cpio", blob)
        size = mem or f"{vms.machine_bytes(trees, len(blob)) >> 20}M"
        line = qemu.command(self.settings, self.settings.path("strata.elf"), size, cpus,
                            initrd=path, append=append, extra=extra)
        self._sessions.append(qemu.Session(line, log=self.next_log()))
        return self._sessions[-1]

    def tree(self, name, mode=None, kernel=None, initrd=None, bootargs=None, rename=None,
             vcpus=None):
        """A VM tree of dts/, changed."""
        tree = vms.load(self.settings, name)
        if rename:
            tree.name = rename
        vms.override(self.settings, tree, argparse.Namespace(
            mode=mode, kernel=kernel, initrd=initrd, bootargs=bootargs, world=None, vcpus=vcpus))
        tree.take_files(self.settings)
        return tree

    def verdict(self, session):
        """Wait for QEMU's end; the hypervisor's own verdict about the run."""
        if not session.finish(self.left()):
            raise Failure("QEMU did not end: " + last_line(session.text()))
        verdict = qemu.Verdict()
        verdict.feed(session.out + b"\n")
        return verdict


def last_line(text):
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1][:160] if lines else "nothing on the console"


def check(condition, message):
    if not condition:
        raise Failure(message)


def check_status(result, expected):
    if result.status != expected:
        raise Failure(f"exit status {result.status}, not {expected}: "
                      f"{last_line(result.err or result.out)}")


def check_line(text, pattern):
    """The match of a line; a Failure if there is none."""
    match = re.search(pattern, text, re.M)
    if not match:
        raise Failure(f"no line {pattern!r}; the last one is: {last_line(text)}")
    return match


class Environment:
    """What is tried where."""

    def __init__(self, args):
        self.scale = machine_scale()
        self.full, self.quick, self.soak = args.full, args.quick, args.soak
        self.out = os.environ.get("STRATA_O") or "build"
        cache = os.environ.get("STRATA_CACHE") or ".cache"
        self.qemus = {"the installed QEMU": args.qemu, "QEMU 10": None}
        ten = os.path.join(TOP, cache, "qemu10/bin/qemu-system-riscv64")
        if os.path.exists(ten) and os.path.realpath(ten) != os.path.realpath(args.qemu):
            self.qemus["QEMU 10"] = ten
        self.primary = Variant(args.firmware, "the installed QEMU")
        other = "distro" if args.firmware == "strata" else "strata"
        self.others = [Variant(other, "the installed QEMU"), Variant(args.firmware, "QEMU 10"),
                       Variant(other, "QEMU 10")]
        self.jobs = max(1, min(2, os.cpu_count() or 1))

    def directory(self, log=None):
        path = os.path.dirname(log) if log else os.path.join(self.out, "tests", "system")
        os.makedirs(path, exist_ok=True)
        return path

    def variants(self):
        return [self.primary] + self.others


def spread(environment, sentence, function, turn, group=""):
    """
    A case on the primary variant and on one other by turns, so that each pair of mode, firmware and
    QEMU is met over several cases; on all with --full, on the primary alone with --quick.
    """
    chosen = [environment.primary]
    if environment.full:
        chosen += environment.others
    elif not environment.quick:
        chosen.append(environment.others[turn % len(environment.others)])
    for variant in chosen:
        add_case(sentence + variant.words(environment.primary), function, variant, group)


class Runner:
    """Runs cases two at a time and reports each in one line."""

    def __init__(self, environment):
        self.environment, self.lock = environment, threading.Lock()
        self.count = {"PASS": 0, "FAIL": 0, "SKIP": 0}

    def log_of(self, one):
        name = re.sub(r"[^a-z0-9]+", "-", one.sentence.lower()).strip("-")
        if len(name) > NAME_MOST:   # two that begin alike have two names
            name = f"{name[:NAME_MOST]}-{zlib.crc32(name.encode()):08x}"
        return os.path.join(self.environment.directory(), one.group, name)

    def outcome(self, one):
        variant = one.variant or self.environment.primary
        if self.environment.qemus[variant.qemu_name] is None:
            return "SKIP", "no QEMU 10: scripts/deps qemu10 gets it"
        try:
            one.function(Bench(self.environment, variant, self.log_of(one)))
            return "PASS", ""
        except Skip as why:
            return "SKIP", str(why)
        except Failure as why:
            return "FAIL", str(why)
        except StrataError as why:
            return "FAIL", str(why)
        except Exception as err:    # whatever is wrong with one case, the others run
            return "FAIL", f"{type(err).__name__}: {err}"

    def run(self, one):
        begin = time.monotonic()
        word, why = self.outcome(one)
        with self.lock:
            self.count[word] += 1
            text = f"{word}: {one.sentence}"
            if word == "FAIL":
                text += f": {why} (see {self.log_of(one)}*.log)"
            elif why:
                text += f" ({why})"
            seconds = time.monotonic() - begin
            print(text + (f"  [{seconds:.0f} s]" if seconds > 15 else ""), flush=True)

    def run_all(self, cases):
        """Light cases share the machine; heavy ones, which keep it busy by themselves, follow."""
        with ThreadPoolExecutor(self.environment.jobs) as pool:
            list(pool.map(self.run, [c for c in cases if not c.heavy]))
        for one in cases:
            if one.heavy:
                self.run(one)
        print(f"{self.count['PASS']} passed, {self.count['FAIL']} failed, "
              f"{self.count['SKIP']} skipped")
        return 1 if self.count["FAIL"] else 0
