# SPDX-License-Identifier: BSD-2-Clause
"""Step through one operation of the table by QEMU's gdb stub, and note who ran what."""
import os
import struct
import tempfile

from stratalib import bench, gdb, qemu
from stratalib.elf import Elf
from stratalib.settings import StrataError

STEPS_MAX = 2000000
FIRMWARE_BASE, FIRMWARE_SIZE = 0x80000000, 0x80000
USER_END = 1 << 38
UNROLL = 10                     # pvguest/kernel/bench/ops.h, OPS_UNROLL
KERNEL_WARM = 250               # rounds after which the kernel's windows are warm
ECALL = b"\x73\0\0\0"
LEVELS = ("U", "VU", "VS", "S", "HS", "M")      # from the least privileged

CAUSES = {
    0: "instruction address misaligned", 1: "instruction access fault", 2: "illegal instruction",
    3: "breakpoint", 4: "load address misaligned", 5: "load access fault",
    6: "store address misaligned", 7: "store access fault", 8: "environment call from U or VU",
    9: "environment call from S", 10: "environment call from VS", 12: "instruction page fault",
    13: "load page fault", 15: "store page fault", 20: "instruction guest-page fault",
    21: "load guest-page fault", 22: "virtual instruction", 23: "store guest-page fault",
    1 << 63 | 1: "supervisor software interrupt", 1 << 63 | 2: "VS software interrupt",
    1 << 63 | 3: "machine software interrupt", 1 << 63 | 5: "supervisor timer interrupt",
    1 << 63 | 6: "VS timer interrupt", 1 << 63 | 7: "machine timer interrupt",
    1 << 63 | 9: "supervisor external interrupt", 1 << 63 | 10: "VS external interrupt",
}


class Shape:
    """How an operation stands in the code: function, its base, operations in one iteration."""

    def __init__(self, run, base=None, unroll=0, per_iteration=1, warm=0, base_warm=None):
        self.run, self.base, self.unroll = run, base, unroll
        self.per_iteration, self.warm = per_iteration, warm
        self.base_warm = warm if base_warm is None else base_warm


def _kernel(op, **changes):
    return Shape("ops_" + op, **{"unroll": UNROLL, "warm": KERNEL_WARM, **changes})


def _user(run, base="loop_empty", count=100, **changes):
    """The warm-up is two windows and a half of pvguest/user/bench/window.c."""
    return Shape(run, base, **{"warm": count * 5 // 2, **changes})


# Rings of more processes and whole programs are too long to be walked.
SHAPES = {
    "null_call": _user("null_run", count=200),
    "null_io": _user("io_run", count=100, per_iteration=2),
    "stat": _user("stat_run"),
    "open_close": _user("open_run"),
    "select": _user("select_run", count=50),
    "sig_install": _user("install_run", count=200),
    "sig_handle": _user("catch_run", "send_run"),
    "fork": _user("exit_run", count=8),
    "exec": _user("exec_run", count=4),
    "sh": _user("shell_run", count=4),
    "ctx_2p_0k": _user("pipe_run", "ring_base", count=50, per_iteration=2, base_warm=250),
    "file_create_0k": _user("create_run", count=20),
    "file_delete_0k": _user("delete_run", count=20),
    "file_create_10k": _user("create_run", count=20),
    "file_delete_10k": _user("delete_run", count=20),
    "mmap": _user("mmap_run", count=10),
    "page_fault": _user("fault_run", count=256),
    "pipe": _user("pipe_run"),
    "sret": _kernel("sret", base="ops_sret_base"),
    "satp_switch": _kernel("satp_switch", unroll=2 * UNROLL),
    "ipi_self": _kernel("ipi_self", base="ops_ipi_base", unroll=0, warm=10 * KERNEL_WARM),
}
for _op in bench.SUITES["machine"][1]:
    if _op not in SHAPES:
        SHAPES[_op] = _kernel(_op)


# ---- where the operation begins and ends --------------------------------------------------------

def _sign(value, bits):
    return value - (1 << bits) if value >> (bits - 1) else value


def branch_offset(code, at):
    """(length, offset) of the instruction at code[at:]; offset None: no branch or jump."""
    half, = struct.unpack_from("<H", code, at)
    if half & 3 != 3:
        kind = (half & 3, half >> 13)
        if kind in ((1, 6), (1, 7)):            # c.beqz, c.bnez
            offset = ((half >> 12 & 1) << 8 | (half >> 5 & 3) << 6 | (half >> 2 & 1) << 5 |
                      (half >> 10 & 3) << 3 | (half >> 3 & 3) << 1)
            return 2, _sign(offset, 9)
        if kind == (1, 5):                      # c.j
            offset = ((half >> 12 & 1) << 11 | (half >> 8 & 1) << 10 | (half >> 9 & 3) << 8 |
                      (half >> 6 & 1) << 7 | (half >> 7 & 1) << 6 | (half >> 2 & 1) << 5 |
                      (half >> 11 & 1) << 4 | (half >> 3 & 7) << 1)
            return 2, _sign(offset, 12)
        return 2, None
    word, = struct.unpack_from("<I", code, at)
    if word & 0x7f == 0x63:
        offset = ((word >> 31) << 12 | (word >> 7 & 1) << 11 | (word >> 25 & 63) << 5 |
                  (word >> 8 & 15) << 1)
        return 4, _sign(offset, 13)
    if word & 0xfff == 0x6f:
        offset = ((word >> 31) << 20 | (word >> 12 & 255) << 12 | (word >> 20 & 1) << 11 |
                  (word >> 21 & 1023) << 1)
        return 4, _sign(offset, 21)
    return 4, None


def find_loop(elf, name):
    """(first address, address behind the body, address of the branch back) of a function's loop."""
    if name not in elf.named:
        raise StrataError(f"{elf.path} has no function {name}")
    start, size = elf.named[name]
    code, at, found, previous = elf.read(start, size), 0, None, 0
    while at + 2 <= len(code):
        length, offset = branch_offset(code, at)
        if offset is not None and -at <= offset < 0:
            found = (start + at + offset, start + previous, start + at)     # the last one closes it
        previous, at = at, at + length
    if found is None:
        raise StrataError(f"{name} has no loop to walk")
    return found


def find_unit(elf, name, unroll):
    """(begin, end) of one operation: a copy in unrolled code, else between branches back."""
    first, behind, branch = find_loop(elf, name)
    if not unroll:
        return branch, branch
    if (behind - first) % unroll:
        raise StrataError(f"{name}: {behind - first} bytes are not {unroll} equal copies")
    size = (behind - first) // unroll
    return first + 3 * size, first + 4 * size


# ---- the walk -----------------------------------------------------------------------------------

class Space:
    """Which code an address is, at which privilege level it runs."""

    def __init__(self, settings, mode):
        self.kernel = Elf(settings.path("pvguest", "kernel.elf"))
        self.strata = None if mode.tree is None else Elf(settings.path("strata.elf"))
        self.kernel_level = {"native": "S", "hw": "VS"}.get(mode.mode, "VU")
        self.user_level = "U" if mode.mode == "native" else "VU"
        self.firmware = None
        if settings.firmware == "strata":
            self.firmware = Elf(settings.need(settings.path("firmware", "fw_dynamic.elf")),
                                FIRMWARE_BASE)
        self.programs = {}
        debug = settings.path("pvguest", "debug")
        for name in os.listdir(debug) if os.path.isdir(debug) else []:
            if name in ("bench", "true", "sh"):
                self.programs[name] = Elf(os.path.join(debug, name))

    def place(self, pc):
        """(level, who, ELF file or None)."""
        if self.strata and self.strata.holds(pc):
            return "HS", "Strata", self.strata
        if self.kernel.holds(pc):
            return self.kernel_level, "guest kernel", self.kernel
        if FIRMWARE_BASE <= pc < FIRMWARE_BASE + FIRMWARE_SIZE:
            return "M", "OpenSBI", self.firmware
        if pc < USER_END:
            return self.user_level, "guest program", None
        return "?", "unknown code", None

    def program_at(self, stub, pc):
        """The program whose bytes are at pc."""
        data = stub.memory(pc, 8)
        for elf in self.programs.values():
            if data and elf.read(pc, 8) == data:
                return elf
        return None


class Visit:
    """A stay at one level: what ran there, in order."""

    def __init__(self, level, who):
        self.level, self.who, self.runs, self.insns = level, who, [], 0
        self.how = ""           # how it was entered
        self.last = None        # (ELF file, address) of the instruction that ended it
        self.retired = True     # that instruction counts

    def take(self, name, where, insns):
        """Instructions of a function; the ones that follow each other are one run."""
        if not self.runs or self.runs[-1][0] != name:
            self.runs.append([name, where, 0])
        self.runs[-1][2] += insns
        self.insns += insns


class Walk:
    """All visits of one operation."""

    def __init__(self):
        self.visits, self.insns, self.traps, self.mtraps, self.trace = [], 0, 0, 0, []


def describe_trap(stub, level):
    """Cause and value of a trap that has just been taken at a level."""
    prefix = "m" if level == "M" else "s"
    cause, value = stub.read(prefix + "cause"), stub.read(prefix + "tval")
    if cause is None:
        return "trap"
    number = f"{cause & 63}" + (" interrupt" if cause >> 63 else "")
    return f"{CAUSES.get(cause, 'cause')} ({number}), {prefix}tval {value:#x}"


class Walker:
    """Steps the machine from one address to another."""

    def __init__(self, stub, space):
        self.stub, self.space = stub, space

    def reach(self, elf, address, times):
        """Run until address is met for the times-th time, where the bytes are elf's."""
        expected, met = elf.read(address, 8), 0
        kernel = elf is self.space.kernel
        while True:
            self.stub.set_break(address)
            if self.stub.go() != address:
                raise StrataError("the machine stopped somewhere else than asked")
            self.stub.clear_break(address)
            if kernel or self.stub.memory(address, 8) == expected:
                met += 1
                if met >= times:
                    return
            self.stub.step()

    def walk(self, end, keep=False):
        """From here until the next visit of `end` at this level."""
        stub, space, walk = self.stub, self.space, Walk()
        pc, count = stub.read(gdb.PC), stub.read("minstret")
        root = stub.read("satp") if space.kernel_level != "VS" else stub.read("vsatp")
        home, visit, program = space.place(pc)[0], None, None
        process = None if space.kernel.holds(pc) else root
        for _ in range(STEPS_MAX):
            level, who, elf = space.place(pc)
            if visit is None or (level, who) != (visit.level, visit.who):
                visit = self._enter(walk, visit, level, who)
                program = space.program_at(stub, pc) if who == "guest program" else None
            at, was = pc, count
            pc = stub.step()
            count = stub.read("minstret")
            if not walk.trace and not visit.runs and len(walk.visits) == 1:
                # At a breakpoint the counter still lacks what ran since QEMU's last look at it.
                stays = space.place(pc)[:2] == (level, who)
                was = count - (1 if stays or (elf or program).read(at, 4) == ECALL else 0)
            symbol = (elf or program).symbol(at) if elf or program else None
            name = symbol[0] if symbol else "patched site" if who == "guest kernel" else "?"
            visit.take(name, (elf or program, at - symbol[1] if symbol else at), count - was)
            if keep:
                walk.trace.append((level, at, symbol, count - was))
            if space.place(pc)[:2] != (level, who):
                visit.last, visit.retired = (elf or program, at), count != was
            if pc == end and space.place(pc)[0] == home and self._same(process, at):
                walk.insns = sum(v.insns for v in walk.visits)
                return walk
        raise StrataError(f"no end of the operation after {STEPS_MAX} instructions")

    def _same(self, process, at):
        """In user code the loop of another process is not ours; pvguest runs one per benchmark."""
        return process is None or self.space.place(at)[1] == "guest program" or at == 0

    def _enter(self, walk, before, level, who):
        visit = Visit(level, who)
        walk.visits.append(visit)
        if before is not None:
            up = LEVELS.index(level) > LEVELS.index(before.level) \
                if level in LEVELS and before.level in LEVELS else True
            if level == before.level:
                up = who == "guest kernel"      # te and pv: both in VU, never directly
            if up:
                visit.how = describe_trap(self.stub, level)
                walk.traps += level == "HS"
                walk.mtraps += level == "M"
        return visit


# ---- from the boot to the end of the walk --------------------------------------------------------

def walk_operation(settings, mode, shape, space, op, deadline, keep):
    """(walk, base walk or None) by a QEMU that is stepped through its gdb stub."""
    elf = space.kernel if shape.run.startswith("ops_") else space.programs.get("bench")
    if elf is None:
        raise StrataError("build/pvguest/debug/bench is missing: run make")
    begin, end = find_unit(elf, shape.run, shape.unroll)
    with tempfile.TemporaryDirectory(prefix="strata") as place:
        path = os.path.join(place, "gdb")
        line, files = bench.command_of(settings, mode, f"bench={op} quiet", True,
                                       ("-S", "-gdb", f"unix:{path},server=on,wait=off"))
        try:
            with qemu.Session(line, log=settings.path("run", "explain.log")) as session:
                stub = gdb.Stub(path, deadline, session)
                try:
                    stub.allow_interrupts()
                    walker = Walker(stub, space)
                    walker.reach(elf, begin, shape.warm)
                    walk = walker.walk(end, keep)
                    base = None
                    if shape.base and begin != end:
                        base_unit = find_unit(elf, shape.base, shape.unroll)
                    elif shape.base:
                        base_unit = find_unit(elf, shape.base, 0)
                    if shape.base:
                        again = shape.base_warm - shape.warm if shape.base == shape.run else 3
                        walker.reach(elf, base_unit[0], again)
                        base = walker.walk(base_unit[1])
                finally:
                    stub.close()
                    session.poll(0)
        finally:
            for name in files:
                os.unlink(name)
    return walk, base
