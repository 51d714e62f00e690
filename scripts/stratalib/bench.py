# SPDX-License-Identifier: BSD-2-Clause
"""Run pvguest's benchmarks in one mode and read the BENCH lines. Also the command strata bench."""
import argparse
import hashlib
import json
import os
import tempfile

from stratalib import export, linux, qemu, speed, vms
from stratalib.settings import (Settings, StrataError, add_machine_options, build_images,
                                deadline_of, environment)

# suite: (its title, {op: what one operation is}). The order is the tables'. Under lmbench stand the
# rows of tables 3 to 5 of Xen's paper (SOSP 2003) and, at their end, lmbench's pipe.
SUITES = {
    "lmbench": ("lmbench's operations, as in tables 3 to 5 of Xen's paper", {
        "null_call": "a system call that does nothing (getppid)",
        "null_io": "a byte read from /dev/zero or written to /dev/null, the mean of both",
        "stat": "the attributes of a file, found by its path",
        "open_close": "a file opened by its path and closed",
        "select": "whether 100 descriptors can be written to",
        "sig_install": "a signal's handler installed",
        "sig_handle": "a signal caught: handler and return, without the sending",
        "fork": "fork, exit of the child, wait",
        "exec": "fork, execve of a small program, its exit, wait",
        "sh": "fork, execve of a shell that starts a small program, their exits, wait",
        "ctx_2p_0k": "one switch from a process to another",
        "ctx_2p_16k": "one switch between 2 processes that each read 16 KiB of their own",
        "ctx_2p_64k": "one switch between 2 processes that each read 64 KiB of their own",
        "ctx_8p_16k": "one switch in a ring of 8 processes that each read 16 KiB of their own",
        "ctx_8p_64k": "one switch in a ring of 8 processes that each read 64 KiB of their own",
        "ctx_16p_16k": "one switch in a ring of 16 processes that each read 16 KiB of their own",
        "ctx_16p_64k": "one switch in a ring of 16 processes that each read 64 KiB of their own",
        "file_create_0k": "an empty file made in a file system in memory",
        "file_delete_0k": "an empty file deleted",
        "file_create_10k": "a file made and 10 KiB written to it",
        "file_delete_10k": "a file of 10 KiB deleted",
        "mmap": "4 MiB of a file mapped, 26 pages of it written to, unmapped",
        "prot_fault": "a store to a read-only page until its signal is there, without catching it",
        "page_fault": "the first read of a page of a mapped file, and taking it away again",
        "pipe": "one byte to another process through a pipe and one back",
    }),
    "programs": ("whole programs", {
        "cpu_bound": "a program that computes and hardly ever calls the kernel",
        "script_mix": "a shell script that unpacks, sorts, searches, sums and compresses text",
        "busybox_mix": "much the same by Debian's busybox, a program that nobody here wrote",
        "pipe_heavy": "512 KiB in pieces of 512 bytes through two pipes between three processes",
        "fork_heavy": "80 processes, four at a time, each writing to memory; every fourth execs",
        "app_unmodified": "a small server's loop: 500 requests of six system calls",
        "app_paravirtual": "the same source with a C library that knows the guest kernel",
    }),
    "machine": ("what the machine and the hypervisor do", {
        "csr_read": "read sscratch",
        "csr_write": "write sscratch",
        "irq_toggle": "interrupts off and on again (sstatus.SIE)",
        "sret": "SRET to the next instruction, in the same mode",
        "sfence": "SFENCE.VMA of one page",
        "satp_switch": "change to another address space whose tables are known (satp)",
        "timer_sbi": "set the timer through SBI",
        "timer_sstc": "set the timer through stimecmp (Sstc)",
        "null_sbi": "the cheapest SBI call (get spec version)",
        "ipi_self": "an IPI to one's own hart, and its interrupt taken",
        "mmio_read": "read a register of an emulated device",
    }),
}
OPS = {op: sentence for _, ops in SUITES.values() for op, sentence in ops.items()}
SUITE_OF = {op: suite for suite, (_, ops) in SUITES.items() for op in ops}
SCHEMA = 1                      # of bench.json
BENCH_SECONDS = 150             # deadline of one run on the reference machine
TIMEBASE_NS = 100               # QEMU virt counts time at 10 MHz


class Mode:
    """A column of the table. tree: None on the bare machine."""

    def __init__(self, key, mode, world, pv_step, title, tree):
        self.key, self.mode, self.world, self.pv_step = key, mode, world, pv_step
        self.title, self.tree = title, tree
        self.is_linux = key.startswith("linux-")


MODES = {m.key: m for m in (
    Mode("native", "native", None, None, "native", None),
    Mode("te", "te", "vu", None, "te", "bench-te"),
    Mode("pv0", "pv", "vu", 0, "pv step 0", "bench-pv0"),
    Mode("pv1", "pv", "vu", 1, "pv step 1", "bench-pv1"),
    Mode("hw", "hw", None, None, "hw", "bench-hw"),
    Mode("linux-native", "native", None, None, "Linux native", None),
    Mode("linux-te", "te", "vu", None, "Linux te", "bench-linux-te"),
    Mode("linux-hw", "hw", None, None, "Linux hw", "bench-linux-hw"),
)}


class Run:
    """
    What one QEMU told: {op: its BENCH object}, {op: its ACCT objects}, hashes, and what went wrong
    (None: nothing).
    """

    def __init__(self, key):
        self.key, self.rows, self.error, self.seconds = key, {}, None, 0.0
        self.accounts = {}
        self.kernel_sha256 = self.initrd_sha256 = self.firmware = None
        self.initrd = self.log = None   # files of the host


def sha256_of(path):
    with open(path, "rb") as f:
        return hashlib.sha256(f.read()).hexdigest()


def parse_ops(text):
    """Operations in the table's order, given by name or by suite; all of them for "" or "all"."""
    names = [n for n in (text or "all").split(",") if n]
    for name in names:
        if name not in OPS and name not in SUITES and name != "all":
            raise StrataError(f"no operation or suite {name!r} (suites: {' '.join(SUITES)}; "
                              f"operations: {' '.join(OPS)})", 2)
    return [op for op in OPS if op in names or SUITE_OF[op] in names or "all" in names]


def words_of(ops):
    """The shortest option bench= for these operations: a suite's name stands for all of it."""
    words = []
    for suite, (_, members) in SUITES.items():
        chosen = [op for op in members if op in ops]
        words += [suite] if len(chosen) == len(members) else chosen
    return ",".join(words)


def parse_modes(text):
    """Columns in the table's order; pv is both steps, all is all of pvguest, linux the others."""
    names = [n for n in (text or "all").split(",") if n]
    for name in names:
        if name not in MODES and name not in ("all", "pv", "linux"):
            raise StrataError(f"no mode {name!r} (there are: {' '.join(MODES)}, pv, linux, all)", 2)
    return [m for k, m in MODES.items()
            if k in names or ("linux" if m.is_linux else "all") in names or
            ("pv" in names and m.mode == "pv")]


def guest_files(settings, mode):
    """(kernel, root) of a mode: files of the host."""
    if mode.is_linux:
        return (vms.need_file(settings, "linux", mode.key),
                vms.need_file(settings, "linux-bench", mode.key))
    root = "bench.cpio" if has_busybox(settings) else "root.cpio"
    return settings.path("pvguest", "kernel.elf"), settings.path("pvguest", root)


def has_busybox(settings):
    """Whether there is a root with busybox, and of the busybox that was fetched."""
    return os.path.isfile(settings.path("pvguest", "bench.cpio")) and \
        os.path.isfile(os.path.join(settings.cache, "busybox", "busybox"))


def missing_ops(settings, mode, ops):
    """{op: why this mode has no such row}"""
    if mode.is_linux:
        return {op: linux.NO_KERNEL_ROWS for op in ops if SUITE_OF[op] == "machine"}
    if has_busybox(settings):
        return {}
    return {op: "scripts/deps busybox gets the program" for op in ops if op == "busybox_mix"}


def command_of(settings, mode, bootargs, icount, extra=(), account=False):
    """(QEMU's command line, files to remove afterwards) for the guest of a mode."""
    if account:
        bootargs += " account=1"
    if mode.is_linux:
        bootargs += " console=ttyS0 panic=-1"
    kernel, root = guest_files(settings, mode)
    if mode.tree is None:
        return qemu.command(settings, kernel, "256M" if mode.is_linux else "128M", 1,
                            initrd=settings.need(root), append=bootargs, icount=icount,
                            extra=extra), []
    tree = vms.load(settings, mode.tree)
    tree.chosen().set_string("bootargs", bootargs)
    if account:
        tree.hypervisor().props["strata,accounting"] = b""
    tree.files[tree.chosen().string("strata,initrd")] = root
    tree.take_files(settings)
    handle, archive = tempfile.mkstemp(suffix=".cpio", dir=settings.run_dir())
    with os.fdopen(handle, "wb") as f:
        f.write(vms.archive([tree]))
    return qemu.command(settings, settings.path("strata.elf"), "512M" if mode.is_linux else "256M",
                        1, initrd=archive,
                        append="console=raw", icount=icount, extra=extra), [archive]


class Reader:
    """Takes the console's lines; fills a Run."""

    def __init__(self, run, on_row, by_ticks=False):
        self.run, self.on_row, self.complete, self.last = run, on_row, False, ""
        self.by_ticks = by_ticks        # they are instructions, where these were not counted

    def line(self, text):
        text = text.strip()
        if text.startswith("BENCH {"):
            try:
                row = json.loads(text[6:])
                self.run.rows[row["op"]] = row
                if self.by_ticks:
                    linux.count_by_ticks(row)
            except (ValueError, KeyError, TypeError):
                self.run.error = self.run.error or f"cannot read {text[:100]!r}"
                return
            self.on_row(self.run, row)
        elif text.startswith("ACCT {"):
            try:
                account = json.loads(text[5:])
                self.run.accounts.setdefault(account["op"], []).append(account)
            except (ValueError, KeyError, TypeError):
                self.run.error = self.run.error or f"cannot read {text[:100]!r}"
        elif text == "BENCH-END":
            self.complete = True
        elif text.startswith("OpenSBI v"):
            self.run.firmware = text
        elif text:
            self.last = text


def run_mode(settings, mode, ops, icount, deadline, log, on_row=lambda run, row: None,
             account=False):
    """
    One QEMU with the benchmarks of ops in a mode; with account, the guest says where the
    instructions go. Never raises for what the guest does.
    """
    run = Run(mode.key)
    run.log = log
    run.rows = {op: {"op": op, "skip": reason}
                for op, reason in missing_ops(settings, mode, ops).items()}
    ops = [op for op in ops if op not in run.rows]
    if not ops:
        return run
    reader = Reader(run, on_row, mode.is_linux and icount)
    verdict = qemu.Verdict()
    verdict.listener = reader.line
    line, files = command_of(settings, mode, f"bench={words_of(ops)} quiet", icount,
                             account=account)
    try:
        with qemu.Session(line, log=log) as session:
            while not session.ended() and session.seconds() < deadline:
                verdict.feed(session.poll(1.0)[1])
            verdict.feed(b"\n")
            run.seconds = session.seconds()
            ended, status = session.ended(), None
            if ended:
                status = session.status()
            complaint = session.complaints()
    finally:
        for name in files:
            os.unlink(name)
    judge(settings, mode, ops, run, reader, verdict, ended, status, complaint)
    return run


def judge(settings, mode, ops, run, reader, verdict, ended, status, complaint):
    """Fill in hashes and the first thing that went wrong."""
    kernel, run.initrd = guest_files(settings, mode)
    if mode.tree is None:
        run.kernel_sha256, run.initrd_sha256 = sha256_of(kernel), sha256_of(run.initrd)
    else:
        run.kernel_sha256 = verdict.kernels.get(mode.tree, (None, None))[1]
        run.initrd_sha256 = verdict.initrds.get(mode.tree, (None, None))[1]
    faults = verdict.faults()
    missing = [op for op in ops if op not in run.rows]
    if run.error:
        return
    if faults:
        run.error = faults[0]
    elif not ended:
        run.error = f"no end after {run.seconds:.0f} s"
    elif status:
        run.error = complaint or f"QEMU ended with status {status}"
    elif missing:
        run.error = f"no result of {missing[0]}; the last line: {reader.last[:120]!r}"
    if run.error and not faults and missing and reader.last:
        run.error += "" if "last line" in run.error else f"; the last line: {reader.last[:120]!r}"


def per_operation(row, key):
    """A total of a BENCH object divided by its number of operations; None if it is not there."""
    value = row.get(key) if row else None
    if value is None or not row.get("n"):
        return None
    value = value / row["n"]
    return int(value) if value == int(value) else round(value, 3)


# ---- strata bench: the lines as they come -------------------------------------------------------

def add_select_options(parser):
    parser.add_argument("--ops", metavar="OP[,OP...]",
                        default=environment("OPS") or environment("OP"),
                        help="suites: " + " ".join(SUITES) + "; operations: " + " ".join(OPS))
    parser.add_argument("--suites", metavar="SUITE[,SUITE...]", default=environment("SUITES"),
                        help="of " + " ".join(SUITES) + "; with --ops, both are taken")
    parser.add_argument("--modes", metavar="MODE[,MODE...]",
                        default=environment("MODES") or environment("MODE"),
                        help="columns: " + " ".join(MODES) + ", pv for both steps, linux for "
                             "all on Linux, all for the others")
    add_machine_options(parser)


def selected_ops(args):
    """The operations that --ops and --suites choose, in the table's order."""
    suites = [n for n in (args.suites or "").split(",") if n]
    for name in suites:
        if name not in SUITES and name != "all":
            raise StrataError(f"no suite {name!r} (there are: {' '.join(SUITES)})", 2)
    return parse_ops(",".join(suites + [n for n in [args.ops or ""] if n]))


def add_options(parser):
    parser.formatter_class = argparse.HelpFormatter
    add_select_options(parser)


def format_number(value):
    if value is None:
        return "?"
    if isinstance(value, int) or abs(value) >= 1000:
        return f"{value:.0f}"
    return f"{value:.3f}".rstrip("0").rstrip(".")


def print_row(run, row):
    if "skip" in row:
        print(f"{run.key:7} {row['op']:13} skipped: {row['skip']}", flush=True)
        return
    i, t, m = (format_number(per_operation(row, k)) for k in ("insns", "traps", "mtraps"))
    print(f"{run.key:7} {row['op']:13} {i:>9} instructions {t:>6} traps {m:>6} M-mode entries",
          flush=True)


def measure_rows(settings, args, ops, modes, logs):
    """Print the rows of each mode as they come; (rows for the JSON, whether one failed)."""
    rows, failed = [], False
    for mode in modes if ops else []:
        run = run_mode(settings, mode, ops, True, deadline_of(args, BENCH_SECONDS),
                       os.path.join(logs, f"bench-{mode.key}.log"), print_row)
        rows += [{"op": op, "column": mode.key, "skip": row.get("skip"),
                  **{what: per_operation(row, what) for what in ("insns", "traps", "mtraps")}}
                 for op, row in run.rows.items()]
        if run.error:
            print(f"{mode.key:7} failed: {run.error} (console: {run.log})", flush=True)
            failed = True
    return rows, failed


def measure_speed(settings, args, chosen, logs):
    """The same for the table of hw beside native."""
    rows = []
    if chosen:
        print(("\n" + speed.HEAD), flush=True)
    for row in speed.measure(settings, args, chosen, logs):
        rows.append(row)
        print(speed.line_of(row), flush=True)
    return rows, any("error" in row for row in rows)


def split_speed(args):
    """
    Take speed's rows out of --ops and --suites: (those rows, whether others are left). What both
    tables have (null_sbi) is this one's, unless the suite speed is asked for.
    """
    names = [n for text in (args.ops, args.suites) for n in (text or "").split(",") if n]
    own = [n for n in names if speed.is_suite(n) and n not in OPS]
    for option in ("ops", "suites"):
        words = [n for n in (getattr(args, option) or "").split(",") if n]
        setattr(args, option, ",".join(n for n in words if n not in own))
    if not names or "all" in names:
        own.append(speed.SUITE)
    return speed.rows_of(own), not names or bool(args.ops or args.suites)


def main(args):
    settings = Settings(args)
    modes = parse_modes(args.modes)
    chosen, others = split_speed(args)
    ops = selected_ops(args) if others else []
    if args.modes and not any(mode.key == "hw" for mode in modes):
        chosen = []
    build_images()
    logs = settings.path("compare")
    os.makedirs(logs, exist_ok=True)
    rows, failed = measure_rows(settings, args, ops, modes, logs)
    table, bad = measure_speed(settings, args, chosen, logs)
    data = {"schema": SCHEMA, "qemu": settings.qemu_version(), "firmware": settings.firmware,
            "compiler": settings.compiler()[0],
            "strata_sha256": sha256_of(settings.path("strata.elf")), "rows": rows, "speed": table}
    path = settings.path("bench.json")
    export.write_file(path, json.dumps(data, indent=1) + "\n")
    print(f"\n{path}: {len(rows)} rows and {len(table)} of hw beside native")
    return 1 if failed or bad else 0
