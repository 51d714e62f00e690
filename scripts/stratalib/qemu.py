# SPDX-License-Identifier: BSD-2-Clause
"""Start QEMU, talk to its console, never leave one behind."""
import ctypes
import glob
import os
import re
import selectors
import signal
import subprocess
import time

ICOUNT = ["-icount", "shift=0,sleep=off", "-seed", "1",
          "-rtc", "base=2026-01-01,clock=vm"]
# Under sleep=off a single step through the gdb stub never returns (QEMU 7.2 and 10).
ICOUNT_STEPPING = ["-icount", "shift=0"] + ICOUNT[2:]
PR_SET_PDEATHSIG = 1
# Looked up here: a child that a thread has forked may not wait for a loader's lock.
try:
    PRCTL = ctypes.CDLL(None).prctl
except (OSError, AttributeError):
    PRCTL = None                # not Linux: then only a clean end reaps


def command(settings, kernel, mem, cpus, initrd=None, append=None, icount=False, extra=()):
    """QEMU's command line up to the console's."""
    settings.require_qemu()
    line = [settings.qemu, "-machine", "virt" + settings.aia, "-smp", str(cpus), "-m", mem,
            "-display", "none", "-no-reboot"]
    if settings.cpu:
        line += ["-cpu", settings.cpu]
    line += settings.bios()
    line += ["-kernel", settings.need(kernel)]
    if initrd:
        line += ["-initrd", initrd]
    if append:
        line += ["-append", append]
    if icount:
        line += ICOUNT_STEPPING if "-gdb" in extra else ICOUNT
    return line + list(extra)


def _die_with_parent():
    if PRCTL:
        PRCTL(PR_SET_PDEATHSIG, signal.SIGKILL)


class Session:
    """One QEMU whose console is two pipes. Use it in a `with`, so that it is always reaped."""

    LOOK_SECONDS = 0.2          # starved() looks this often
    STARVED_MOST = 10           # a run may take this many times its deadline on the wall's clock

    def __init__(self, line, log=None, mux=False):
        serial = ["-serial", "mon:stdio"] if mux else ["-serial", "stdio", "-monitor", "none"]
        self.begin, self._looked, self._starved = time.monotonic(), 0.0, 0.0
        self.out = b""          # everything the console said
        self.taken = 0          # how much of it expect() has used up
        self._queue = bytearray()
        self._log = open(log, "wb") if log else None
        self._errors = b""
        self.process = subprocess.Popen(
            line + serial, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            preexec_fn=_die_with_parent, bufsize=0)
        self._select = selectors.DefaultSelector()
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            os.set_blocking(pipe.fileno(), False)
        self._select.register(self.process.stdout, selectors.EVENT_READ, "out")
        self._select.register(self.process.stderr, selectors.EVENT_READ, "err")
        self._open = 2
        self._writing = False

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """Kill QEMU if it still runs; wait for it. Its exit status, negative for a signal."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            try:
                pipe.close()
            except OSError:
                pass
        if self._log:
            self._log.close()
            self._log = None
        self._select.close()
        return self.process.returncode

    def starved(self):
        """
        Seconds that QEMU was ready to run and had no processor, which others used, or its own other
        threads: Linux's "run delay" of the thread that has the most of it. 0 where the kernel does
        not count it.
        """
        now = time.monotonic()
        if now - self._looked < self.LOOK_SECONDS or self.process.returncode is not None:
            return self._starved
        self._looked = now
        for name in glob.glob(f"/proc/{self.process.pid}/task/*/schedstat"):
            try:
                with open(name, encoding="ascii") as f:
                    self._starved = max(self._starved, int(f.read().split()[1]) / 1e9)
            except (OSError, ValueError, IndexError):
                pass                # the thread has just ended
        return self._starved

    def seconds(self):
        """
        Seconds since the start in which QEMU ran or slept. Deadlines are of these, so that no run
        is given up because the machine is busy; wall time is bounded all the same.
        """
        wall = time.monotonic() - self.begin
        return max(wall - self.starved(), wall / self.STARVED_MOST)

    def watch(self, fd, name):
        """Have poll() also wake up for this file."""
        self._select.register(fd, selectors.EVENT_READ, name)

    def unwatch(self, fd):
        self._select.unregister(fd)

    def send(self, data):
        """Queue bytes for the console's input."""
        self._queue += data
        self._interest()

    def backlog(self):
        return len(self._queue)

    def _interest(self):
        want = bool(self._queue)
        if want and not self._writing:
            self._select.register(self.process.stdin, selectors.EVENT_WRITE, "in")
        elif not want and self._writing:
            self._select.unregister(self.process.stdin)
        self._writing = want

    def _write(self):
        try:
            sent = os.write(self.process.stdin.fileno(), self._queue[:4096])
        except BlockingIOError:
            return
        except OSError:
            sent = len(self._queue)         # QEMU is gone
        del self._queue[:sent]
        self._interest()

    def _read(self, pipe):
        try:
            data = os.read(pipe.fileno(), 65536)
        except BlockingIOError:
            return None
        if not data:
            self._select.unregister(pipe)
            self._open -= 1
        return data

    def ended(self):
        """QEMU has closed its output: nothing more will come."""
        return self._open == 0

    def poll(self, seconds):
        """Wait at most so long for anything; ([names of watched files], new output)."""
        fresh, woken = b"", []
        for key, _ in self._select.select(max(0.0, seconds)):
            if key.data == "in":
                self._write()
            elif key.data == "err":
                self._errors = (self._errors + (self._read(key.fileobj) or b""))[-8192:]
            elif key.data == "out":
                fresh += self._read(key.fileobj) or b""
            else:
                woken.append(key.data)
        if fresh:
            self.out += fresh
            if self._log:
                self._log.write(fresh)
                self._log.flush()
        return woken, fresh

    def status(self, patience=60.0):
        """QEMU's exit status after ended()."""
        try:
            return self.process.wait(patience)
        except subprocess.TimeoutExpired:
            return self.close()

    def complaints(self):
        """QEMU's own messages, in one line."""
        text = self._errors.decode(errors="replace").strip()
        return "; ".join(line for line in text.splitlines() if line)[:500]

    # ---- for scripted consoles ------------------------------------------------------------------

    def text(self):
        return self.out.decode(errors="replace").replace("\r", "")

    def expect(self, pattern, seconds):
        """Wait for a regular expression behind what was expected last; its match, or None."""
        expression = re.compile(pattern.encode() if isinstance(pattern, str) else pattern, re.M)
        until = self.seconds() + seconds
        while True:
            match = expression.search(self.out, self.taken)
            if match:
                self.taken = match.end()
                return match
            left = until - self.seconds()
            if left <= 0 or self.ended():
                return None
            self.poll(min(left, 1.0))

    def finish(self, seconds):
        """Wait for QEMU's end; False if it does not come."""
        until = self.seconds() + seconds
        while not self.ended():
            left = until - self.seconds()
            if left <= 0:
                return False
            self.poll(min(left, 1.0))
        return True


class Verdict:
    """What the hypervisor's own lines say about a run, fed with console output as it comes."""

    LINES = (
        ("refused", re.compile(rb"^strata: (\S+): refused: (.*)$")),
        ("ended", re.compile(rb"^strata: (\S+): (shut down|stopped|destroyed)(?:: (.*))?$")),
        ("started", re.compile(rb"^strata: (\S+): mode (\S+),")),
        ("kernel", re.compile(rb"^strata: (\S+): kernel (\S+) sha256 ([0-9a-f]{64})$")),
        ("initrd", re.compile(rb"^strata: (\S+): initrd (\S+) sha256 ([0-9a-f]{64})$")),
        ("panic", re.compile(rb"^(strata: panic: .*|strata: no virtual machine to run"
                             rb"|strata: the archive is damaged.*)$")),
    )

    def __init__(self):
        self._line = b""
        self.refused, self.ended, self.started, self.panics = {}, {}, {}, []
        self.kernels, self.initrds = {}, {}
        self.listener = None    # called for each whole line
        self.guest_spoke = False

    def feed(self, data):
        self._line += data
        *lines, self._line = self._line.split(b"\n")
        if len(self._line) > 65536:
            self._line = b""
        for line in lines:
            self._take(line.rstrip(b"\r"))
        if self._line and self.started and not b"strata: ".startswith(self._line[:8]):
            self.guest_spoke = True     # a prompt

    def _take(self, line):
        if self.listener:
            self.listener(line.decode(errors="replace"))
        if not line.startswith(b"strata: "):
            self.guest_spoke = self.guest_spoke or bool(self.started)
            return
        for kind, expression in self.LINES:
            match = expression.match(line)
            if match:
                getattr(self, "_" + kind)(*((g or b"").decode(errors="replace")
                                            for g in match.groups()))
                return

    def _refused(self, name, why):
        self.refused[name] = why

    def _ended(self, name, how, why):
        self.ended[name] = (how, why)

    def _started(self, name, mode):
        self.started[name] = mode

    def _kernel(self, name, file, digest):
        self.kernels[name] = (file, digest)

    def _initrd(self, name, file, digest):
        self.initrds[name] = (file, digest)

    def _panic(self, text):
        self.panics.append(text)

    def faults(self):
        """One line for each thing that went wrong."""
        out = [f"{name}: refused: {why}" for name, why in self.refused.items()]
        out += [f"{name}: {how}{': ' + why if why else ''}"
                for name, (how, why) in self.ended.items() if how != "shut down"]
        return out + [text.removeprefix("strata: ") for text in self.panics]
