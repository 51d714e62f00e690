# SPDX-License-Identifier: BSD-2-Clause
"""TRACE=full: QEMU's log of every trap, merged with the trace that the hypervisor prints.

The hypervisor's lines are in order and each of its traps is in QEMU's log, too. What stands in the
log between two of them went by without HS: from VU to VS under hw, to M-mode, or natively.
"""
import os
import re
import tempfile
from collections import deque

from stratalib.elf import Elf
from stratalib.settings import StrataError

LOG = re.compile(rb"hart:(\d+), async:(\d), cause:([0-9a-f]+), epc:0x([0-9a-f]+), "
                 rb"tval:0x([0-9a-f]+)")
EXIT = re.compile(rb"^trace: [\d.]+ h(\d+) (?:(\S+)/\d+ )?\S+->HS (EXC|IRQ)_\w+ sepc 0x([0-9a-f]+)")
CALL = re.compile(rb"^trace: [\d.]+ h(\d+) HS->M ")
DELEGATION = re.compile(rb"^Boot HART (MIDELEG|MEDELEG) *: 0x([0-9a-f]+)", re.M)

FIRMWARE = range(0x80000000, 0x80080000)
HYPERVISOR = range(0xffffffc000000000, 0xffffffc400000000)      # hypervisor/include/riscv/layout.h

EXCEPTIONS = {
    0: "EXC_INST_MISALIGNED", 1: "EXC_INST_ACCESS", 2: "EXC_INST_ILLEGAL", 3: "EXC_BREAKPOINT",
    4: "EXC_LOAD_MISALIGNED", 5: "EXC_LOAD_ACCESS", 6: "EXC_STORE_MISALIGNED",
    7: "EXC_STORE_ACCESS", 8: "EXC_SYSCALL", 9: "EXC_HYPERVISOR_SYSCALL",
    10: "EXC_SUPERVISOR_SYSCALL", 12: "EXC_INST_PAGE_FAULT", 13: "EXC_LOAD_PAGE_FAULT",
    15: "EXC_STORE_PAGE_FAULT", 20: "EXC_INST_GUEST_PAGE_FAULT", 21: "EXC_LOAD_GUEST_PAGE_FAULT",
    22: "EXC_VIRTUAL_INST_FAULT", 23: "EXC_STORE_GUEST_PAGE_FAULT",
}
INTERRUPTS = {1: "IRQ_S_SOFT", 2: "IRQ_VS_SOFT", 3: "IRQ_M_SOFT", 5: "IRQ_S_TIMER",
              6: "IRQ_VS_TIMER", 7: "IRQ_M_TIMER", 9: "IRQ_S_EXT", 10: "IRQ_VS_EXT",
              11: "IRQ_M_EXT", 12: "IRQ_S_GEXT"}
ECALL_S = 9
ECALL_VS = 10
ECALL_U = 8


class Trap:
    """One entry of QEMU's log."""

    def __init__(self, match):
        self.hart, self.interrupt = int(match.group(1)), match.group(2) == b"1"
        self.cause, self.epc, self.tval = (int(match.group(i), 16) for i in (3, 4, 5))
        self.cause &= 63

    def name(self):
        table = INTERRUPTS if self.interrupt else EXCEPTIONS
        return table.get(self.cause, f"cause {self.cause}")


class Merger:
    """Takes the console's bytes, gives them on with the lines of QEMU's log between them."""

    def __init__(self, settings, plan, write):
        self.write, self.native = write, plan.native
        self.modes = {t.name: t.hypervisor().string("strata,mode") for t in plan.trees if t.root}
        self.guests = {}
        for name, path in self._kernels(plan):
            try:
                self.guests[name] = Elf(path)
            except (ValueError, OSError, IndexError):
                pass            # an Image: all that is not user code by its cause is the kernel
        handle, self.path = tempfile.mkstemp(suffix=".log", dir=settings.run_dir())
        self.log = os.fdopen(handle, "rb")
        self.rest, self.line = b"", b""
        self.waiting = {}       # hart: entries of the log that are not placed yet
        self.vm = {}            # hart: the VM of its last trace line
        self.delegated = {"MEDELEG": 0, "MIDELEG": 0}
        self.banner, self.begun, self.at_start = b"", False, True

    @staticmethod
    def _kernels(plan):
        if plan.native:
            return [("", path) for _, path in plan.symbols]
        return [(t.name, t.files.get(t.chosen().string("strata,kernel") or "", ""))
                for t in plan.trees if t.root]

    def qemu_options(self):
        if " " in self.path or "," in self.path:
            raise StrataError(f"{self.path}: QEMU takes no such name for its log")
        return ["-d", "int", "-D", self.path]

    def close(self):
        """The end: what is left is printed."""
        self._read_log()
        self._emit(self.line)
        if self.line and not self.at_start:
            self._emit(b"\n")
        for hart in sorted(self.waiting):
            self._print_before(hart, None)
        self.log.close()
        os.unlink(self.path)

    # ---- the console's side ---------------------------------------------------------------------

    def feed(self, data):
        self._read_log()
        *lines, last = (self.line + data).split(b"\n")
        for line in lines:
            self._take(line)
        self.line = last
        if last and not b"trace: ".startswith(last[:7]):
            self._emit(last)            # a prompt
            self.line = b""
        if self.native and self.at_start:
            for hart in sorted(self.waiting):
                self._print_before(hart, None)

    def learn(self, data):
        """What M-mode delegates stands in OpenSBI's banner, which the user does not see."""
        if len(self.banner) < 65536:
            self.banner += data
            for name, value in DELEGATION.findall(self.banner):
                self.delegated[name.decode()] = int(value, 16)

    def _take(self, line):
        """A whole line of the console: first what QEMU logged before it."""
        if line.startswith(b"trace: ") and not self.begun:
            self._print_boot()
        match = EXIT.match(line)
        call = CALL.match(line)
        if match:
            hart = int(match.group(1))
            if match.group(2):
                self.vm[hart] = match.group(2).decode()
            self._print_before(hart, lambda t: t.epc == int(match.group(4), 16) and
                               t.interrupt == (match.group(3) == b"IRQ"))
        elif call:
            self._print_before(int(call.group(1)),
                               lambda t: t.cause == ECALL_S and t.epc in HYPERVISOR)
        self._emit(line + b"\n")

    def _emit(self, data):
        if data:
            self.at_start = data.endswith(b"\n")
            self.write(data)

    # ---- QEMU's side ----------------------------------------------------------------------------

    def _read_log(self):
        data = self.rest + self.log.read()
        *lines, self.rest = data.split(b"\n")
        for line in lines:
            match = LOG.search(line)
            if match:
                trap = Trap(match)
                self.waiting.setdefault(trap.hart, deque()).append(trap)

    def _print_boot(self):
        """What firmware and hypervisor did before the first line of the hypervisor's trace."""
        self.begun = True
        for queue in self.waiting.values():
            while queue and (queue[0].epc in FIRMWARE or queue[0].epc in HYPERVISOR):
                self._print(queue.popleft())

    def _print_before(self, hart, is_it):
        """Print a hart's entries up to the one that a line of the hypervisor's is about."""
        queue = self.waiting.get(hart, deque())
        if is_it is not None and not any(is_it(t) for t in queue):
            return              # not there: rather nothing than everything in the wrong place
        if queue and not self.at_start:
            self._emit(b"\n")
        while queue:
            trap = queue.popleft()
            known = is_it is not None and is_it(trap)
            if known and self._goes_to(trap) != "M" or known and trap.epc in HYPERVISOR:
                return
            self._print(trap)
            if known:
                return          # M-mode took it and passed it on to HS

    def _level(self, trap):
        """Where a trap came from."""
        if trap.epc in FIRMWARE:
            return "M"
        if self.native:
            kernel, user = "S", "U"
        else:
            if trap.epc in HYPERVISOR:
                return "HS"
            mode = self.modes.get(self.vm.get(trap.hart, ""), "hw")
            if mode in ("te", "pv"):
                return "VU"
            kernel, user = "VS", "VU"
        if not trap.interrupt and trap.cause in (ECALL_U, ECALL_S, ECALL_VS):
            return user if trap.cause == ECALL_U else kernel
        guest = self.guests.get("" if self.native else self.vm.get(trap.hart, ""))
        return kernel if guest is None or guest.holds(trap.epc) else user

    def _goes_to(self, trap):
        which = "MIDELEG" if trap.interrupt else "MEDELEG"
        if trap.epc in FIRMWARE or not self.delegated[which] >> trap.cause & 1:
            return "M"
        if self.native:
            return "S"
        return "HS" if trap.epc in HYPERVISOR else "VS"

    def _print(self, trap):
        level, to = self._level(trap), self._goes_to(trap)
        why = {"M": "M-mode's own" if level == "M" else "M-mode has not delegated it",
               "S": "delegated to S-mode",
                "VS": "delegated by hedeleg or hideleg: HS never sees it",
               "HS": "the hypervisor's own"}[to]
        vm = "" if self.native or level in ("M", "HS") else self.vm.get(trap.hart, "") + " "
        pc = "pc" if trap.interrupt else "epc"
        text = (f"trace: QEMU h{trap.hart} {vm}{level}->{to} {trap.name()} {pc} {trap.epc:#x} "
                f"tval {trap.tval:#x}: {why}\n")
        self._emit(text.encode())
