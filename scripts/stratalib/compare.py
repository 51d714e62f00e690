# SPDX-License-Identifier: BSD-2-Clause
"""strata compare: the benchmarks in every mode; one table, compare.json and report.html."""
import argparse
import concurrent.futures
import json
import os
import sys
import threading
import time

from stratalib import bench, report, table
from stratalib.settings import Settings, build_images, deadline_of

WALL_ROUNDS_MAX = 5
TOTAL_SECONDS = 85              # no further round of times that would end later than this


def add_options(parser):
    parser.formatter_class = argparse.HelpFormatter
    bench.add_select_options(parser)
    parser.add_argument("--no-wall", action="store_true", help="count only, take no times")


class Progress:
    """What runs now, on standard error: one line that changes on a terminal, else some lines."""

    def __init__(self, ops):
        self.begin, self.lock, self.count = time.monotonic(), threading.Lock(), len(ops)
        self.now, self.tty, self.said = {}, sys.stderr.isatty(), 0.0

    def _show(self, text, final):
        elapsed = time.monotonic() - self.begin
        if self.tty:
            print(f"\r\033[K{elapsed:4.0f} s  {text}"[:118] + ("\n" if final else ""), end="",
                  file=sys.stderr, flush=True)
        elif final or time.monotonic() - self.said > 10:
            self.said = time.monotonic()
            print(f"{elapsed:4.0f} s  {text}", file=sys.stderr, flush=True)

    def row(self, what, run, row):
        with self.lock:
            self.now[what] = f"{what} {row['op']} ({len(run.rows)}/{self.count})"
            self._show(", ".join(self.now.values()), False)

    def start(self, what):
        with self.lock:
            self.now[what] = f"{what} starts"
            self._show(", ".join(self.now.values()), not self.tty)

    def done(self, what, run):
        with self.lock:
            self.now.pop(what, None)
            self._show(f"{what}: " + (f"failed: {run.error}" if run.error else
                                      f"{len(run.rows)} operations in {run.seconds:.1f} s"), True)


class Comparison:
    """Everything that is known at the end."""

    def __init__(self, settings, ops, modes):
        self.settings, self.ops, self.modes = settings, ops, modes
        self.counts = {}            # mode key: the Run under icount
        self.wall_ns = {}           # (mode key, op): smallest time of an operation
        self.wall_rounds = 0
        self.problems = []          # lines
        self.kernel_sha256 = self.initrd_sha256 = self.strata_sha256 = None
        self.firmware = self.compiler = self.qemu = None
        self.binaries = {}

    def row(self, key, op):
        run = self.counts.get(key)
        return run.rows.get(op) if run else None

    def value(self, key, op, what):
        """I, T or M of a cell, per operation; None if it was not measured."""
        if what == "wall_ns":
            return self.wall_ns.get((key, op))
        if key == "native" and what == "traps":
            return 0 if bench.per_operation(self.row(key, op), "insns") is not None else None
        return bench.per_operation(self.row(key, op), what)

    def skipped(self, key, op):
        """Why a cell is empty: the guest's reason, or "failed", or None."""
        row = self.row(key, op)
        if row is None:
            return "failed"
        return row.get("skip")

    def ratio(self, key, op, what="insns"):
        value, native = self.value(key, op, what), self.value("native", op, what)
        return value / native if value is not None and native else None

    def as_json(self):
        rows = []
        for op in self.ops:
            for mode in self.modes:
                row = {"op": op, "mode": mode.mode, "world": mode.world, "pv_step": mode.pv_step}
                for key in ("insns", "traps", "mtraps", "wall_ns"):
                    row[key] = self.value(mode.key, op, key)
                if self.skipped(mode.key, op):
                    row["skip"] = self.skipped(mode.key, op)
                rows.append(row)
        return {"schema": 1, "qemu": self.qemu, "firmware": self.firmware,
                "compiler": self.compiler, "kernel_sha256": self.kernel_sha256,
                "initrd_sha256": self.initrd_sha256, "strata_sha256": self.strata_sha256,
                "binaries": self.binaries,
                "failed": {k: r.error for k, r in self.counts.items() if r.error}, "rows": rows}


def count_all(result, args, progress, logs):
    """I, T and M of every mode: deterministic, so several QEMUs may run at once."""
    deadline = deadline_of(args, bench.BENCH_SECONDS)

    def one(mode):
        progress.start(mode.key)
        run = bench.run_mode(result.settings, mode, result.ops, True, deadline,
                             os.path.join(logs, mode.key + ".log"),
                             lambda run, row: progress.row(mode.key, run, row))
        progress.done(mode.key, run)
        return run

    with concurrent.futures.ThreadPoolExecutor(min(2, os.cpu_count() or 1)) as pool:
        for run in pool.map(one, result.modes):
            result.counts[run.key] = run
            if run.error:
                result.problems.append(f"{run.key}: {run.error} (console: {run.log})")


def time_all(result, args, progress, logs):
    """W: one QEMU at a time, round after round, the smallest of each cell."""
    deadline = deadline_of(args, bench.BENCH_SECONDS)
    modes = [m for m in result.modes if not result.counts[m.key].error]
    begin = time.monotonic()
    for number in range(1, WALL_ROUNDS_MAX + 1):
        for mode in modes:
            what = f"time {number}: {mode.key}"
            run = bench.run_mode(result.settings, mode, result.ops, False, deadline,
                                 os.path.join(logs, f"{mode.key}-wall.log"),
                                 lambda run, row, what=what: progress.row(what, run, row))
            progress.done(what, run)
            if run.error:
                result.problems.append(f"{mode.key}: without icount: {run.error} "
                                       f"(console: {run.log})")
                modes = [m for m in modes if m is not mode]
            for op, row in run.rows.items():
                ticks = bench.per_operation(row, "ticks")
                if ticks is not None:
                    ns = round(ticks * bench.TIMEBASE_NS, 1)
                    if ns > 0:      # else noise was larger than what was measured
                        best = result.wall_ns.get((mode.key, op), ns)
                        result.wall_ns[mode.key, op] = min(ns, best)
        result.wall_rounds = number
        now = time.monotonic()
        if now - progress.begin + (now - begin) / number > TOTAL_SECONDS:
            break


def check_hashes(result):
    """One kernel and one set of programs in all modes, or it is an error."""
    for what, title in (("kernel_sha256", "kernel"), ("initrd_sha256", "initrd")):
        seen = {}
        for run in result.counts.values():
            digest = getattr(run, what)
            if digest:
                seen.setdefault(digest, []).append(run.key)
            elif not run.error:
                result.problems.append(f"{run.key}: the hypervisor printed no hash of its {title}")
        if len(seen) > 1:
            result.problems.append(f"the {title}s differ: " + ", ".join(
                f"{'/'.join(keys)} {digest[:12]}" for digest, keys in seen.items()))
        if seen:
            setattr(result, what, next(iter(seen)))
    root = result.settings.path("pvguest", "root")
    for base, _, files in sorted(os.walk(root)):
        for name in sorted(files):
            path = os.path.join(base, name)
            result.binaries["/" + os.path.relpath(path, root)] = bench.sha256_of(path)


def write_file(path, text):
    with open(path + ".tmp", "w", encoding="utf-8") as f:
        f.write(text)
    os.replace(path + ".tmp", path)


def describe(result):
    settings = result.settings
    result.qemu = settings.qemu_version()
    result.compiler = settings.compiler()[0]
    banner = next((r.firmware for r in result.counts.values() if r.firmware), "OpenSBI")
    result.strata_sha256 = bench.sha256_of(settings.path("strata.elf"))
    result.firmware = f"{settings.firmware}: {banner}"


def main(args):
    settings = Settings(args)
    build_images()
    result = Comparison(settings, bench.parse_ops(args.ops), bench.parse_modes(args.modes))
    settings.require_qemu()
    settings.bios()
    logs = settings.path("compare")
    os.makedirs(logs, exist_ok=True)
    progress = Progress(result.ops)
    count_all(result, args, progress, logs)
    if not args.no_wall:
        time_all(result, args, progress, logs)
    check_hashes(result)
    describe(result)
    write_file(settings.path("compare.json"), json.dumps(result.as_json(), indent=1) + "\n")
    write_file(settings.path("report.html"), report.html(result))
    print(table.counts(result))
    if result.wall_ns:
        print(table.times(result))
    print(table.footer(result))
    for line in result.problems:
        print(f"strata: compare: {line}", file=sys.stderr)
    return 1 if result.problems else 0
