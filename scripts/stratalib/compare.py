# SPDX-License-Identifier: BSD-2-Clause
"""strata compare: the benchmarks in every mode; one table, compare.json and report.html."""
import argparse
import concurrent.futures
import copy
import json
import os
import sys
import threading
import time

from stratalib import bench, breakdown, export, identity, interfaces, linux, report, table
from stratalib.result import METRICS, SCHEMA, Result
from stratalib.settings import (FIRMWARES, Settings, StrataError, build_images, check_choice,
                                deadline_of, environment)

BREAKDOWNS = ("first", "all", "none")
WALL_ROUNDS_MAX = 5
TOTAL_SECONDS = 200             # no round of times begins that would end later than this


def add_options(parser):
    parser.formatter_class = argparse.HelpFormatter
    bench.add_select_options(parser)
    parser.add_argument("--firmwares", metavar="NAME[,NAME...]", default=environment("FIRMWARES"),
                        help="of " + " ".join(FIRMWARES) + ": the same modes on each, side by side")
    parser.add_argument("--qemus", metavar="PATH[,PATH...]", default=environment("QEMUS"),
                        help="QEMUs side by side; qemu10 as for --qemu")
    parser.add_argument("--wall", metavar="ROUNDS", default=environment("WALL"),
                        help=f"rounds of wall times, 0 for none (up to {WALL_ROUNDS_MAX}, as many "
                             f"as fit into {TOTAL_SECONDS} s)")
    parser.add_argument("--no-wall", action="store_const", const="0", dest="wall",
                        help="the same as --wall 0")
    parser.add_argument("--breakdown", choices=BREAKDOWNS, default=environment("BREAKDOWN"),
                        help="in which columns to find out where the instructions go, by a second "
                             "run: of the first firmware and QEMU (the default), all or none")
    parser.add_argument("--json", metavar="FILE", type=export.absolute,
                        default=export.absolute(environment("JSON")),
                        help="write the result there, too (always: build/compare.json)")
    export.add_export_options(parser)


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

    def say(self, text):
        with self.lock:
            self._show(text, True)


class Place:
    """A column to be: a mode, and the firmware and QEMU to run it on."""

    def __init__(self, mode, settings, suffix, title):
        self.mode, self.settings = mode, settings
        self.key, self.title = mode.key + suffix, mode.title + title
        yardstick = "linux-native" if mode.is_linux else "native"
        self.base = yardstick + suffix

    def as_json(self, banner):
        return {"key": self.key, "title": self.title, "mode": self.mode.mode,
                "world": self.mode.world, "pv_step": self.mode.pv_step, "base": self.base,
                "firmware": self.settings.firmware, "firmware_version": banner,
                "qemu": self.settings.qemu_version()}

    def log(self, logs, what=""):
        return os.path.join(logs, self.key.replace("/", "-") + what + ".log")


def _names(text, default):
    return list(dict.fromkeys(n for n in (text or default).split(",") if n)) or [default]


def places_of(args, modes):
    """Every mode on every firmware and QEMU; the first of each is the usual one."""
    found = []
    qemus, firmwares = _names(args.qemus, args.qemu), _names(args.firmwares, args.firmware)
    for firmware in firmwares:
        check_choice(firmware, FIRMWARES, "--firmwares")
    for q, qemu in enumerate(qemus):
        for f, firmware in enumerate(firmwares):
            words = copy.copy(args)
            words.qemu, words.firmware = qemu, firmware
            settings = Settings(words)
            settings.require_qemu()
            names = ([firmware] if f else []) + ([os.path.basename(qemu)] if q else [])
            suffix = "".join("/" + n for n in names)
            title = f" ({', '.join(names)})" if names else ""
            found += [Place(mode, settings, suffix, title) for mode in modes]
    return found


def add_linux(args, places):
    """Linux beside pvguest, on the first firmware and QEMU; lines on what is left out."""
    settings = places[0].settings
    if not linux.is_there(settings):
        return ["Linux beside pvguest: scripts/deps linux gets it; then make compare has its "
                "columns"]
    last = max(n for n, place in enumerate(places) if place.settings is settings)
    places[last + 1:last + 1] = [Place(bench.MODES[key], settings, "", "") for key in linux.USUAL]
    return []


class Comparison:
    """Everything that is known at the end."""

    def __init__(self, ops, places):
        self.ops, self.places = ops, places
        self.settings = places[0].settings
        self.counts = {}            # column: the Run under icount
        self.wall_ns = {}           # (column, op): smallest time of an operation
        self.breakdowns = {}        # (column, op): where its instructions go
        self.interfaces = None      # as stratalib.interfaces measures it
        self.wall_rounds = 0
        self.problems, self.left_out = [], []       # lines
        self.hashes, self.binaries = {}, {}
        self.resolutions = {}       # column: {"percent": how exact its worst row is, "op": it}

    def value(self, key, op, what):
        """I, T, M or W of a cell, per operation; None if it was not measured."""
        if what == "wall_ns":
            return self.wall_ns.get((key, op))
        run = self.counts.get(key)
        row = run.rows.get(op) if run else None
        if what == "traps" and key.startswith(("native", "linux-native")):
            return 0 if bench.per_operation(row, "insns") is not None else None
        return bench.per_operation(row, what)

    def _row(self, place, op):
        run = self.counts.get(place.key)
        told = run.rows.get(op) if run else None
        row = {"op": op, "suite": bench.SUITE_OF[op], "column": place.key, "mode": place.mode.mode,
               "world": place.mode.world, "pv_step": place.mode.pv_step,
               "firmware": place.settings.firmware}
        row.update((what, self.value(place.key, op, what)) for what in METRICS)
        why = "failed" if told is None else told.get("skip")
        if why:
            row["skip"] = why
        if (place.key, op) in self.breakdowns:
            row["breakdown"] = self.breakdowns[place.key, op]
        return row

    def failed_keys(self):
        return [key for key, run in self.counts.items() if run.error]

    def as_json(self):
        settings, runs = self.settings, self.counts
        banner = next((r.firmware for r in runs.values() if r.firmware), "OpenSBI")
        one = {name: next(iter(found.values()), None) for name, found in self.hashes.items()}
        return {"schema": SCHEMA, "qemu": settings.qemu_version(),
                "firmware": f"{settings.firmware}: {banner}", "compiler": settings.compiler()[0],
                "kernel_sha256": one.get("kernel"), "initrd_sha256": one.get("initrd"),
                "strata_sha256": bench.sha256_of(settings.path("strata.elf")),
                "hashes": self.hashes, "binaries": self.binaries,
                "columns": [p.as_json(runs[p.key].firmware if p.key in runs else None)
                            for p in self.places],
                "sentences": {op: bench.OPS[op] for op in self.ops},
                "interfaces": self.interfaces, "wall_rounds": self.wall_rounds,
                "left_out": self.left_out, "resolutions": self.resolutions,
                "problems": self.problems,
                "failed": {k: r.error for k, r in runs.items() if r.error},
                "rows": [self._row(place, op) for op in self.ops for place in self.places]}


def count_all(result, args, progress, logs):
    """I, T and M of every column: deterministic, so several QEMUs may run at once."""
    deadline = deadline_of(args, bench.BENCH_SECONDS)

    def one(place):
        progress.start(place.key)
        run = bench.run_mode(place.settings, place.mode, result.ops, True, deadline,
                             place.log(logs),
                             lambda run, row: progress.row(place.key, run, row))
        run.key = place.key
        progress.done(place.key, run)
        return run

    with concurrent.futures.ThreadPoolExecutor(min(2, os.cpu_count() or 1)) as pool:
        for run in pool.map(one, result.places):
            result.counts[run.key] = run
            if run.error:
                result.problems.append(f"{run.key}: {run.error} (console: {run.log})")
            result.resolutions.update(linux.resolution(run))


def break_down_all(result, args, progress, logs):
    """The instrumented runs, and whether their parts are what the others counted."""
    deadline = deadline_of(args, bench.BENCH_SECONDS)
    places = [p for p in result.places
              if breakdown.is_possible(p.mode) and not result.counts[p.key].error and
              args.breakdown != "none" and
              (args.breakdown == "all" or p.settings is result.settings)]

    def one(place):
        what = f"breakdown: {place.key}"
        progress.start(what)
        found = breakdown.count_mode(place.settings, place.mode, result.ops, deadline,
                                     place.log(logs, "-account"),
                                     lambda run, row: progress.row(what, run, row))
        progress.done(what, found[0])
        return place, found

    with concurrent.futures.ThreadPoolExecutor(min(2, os.cpu_count() or 1)) as pool:
        for place, (run, parts) in pool.map(one, places):
            result.breakdowns.update(((place.key, op), part) for op, part in parts.items())
            result.problems += breakdown.check(place.key, parts, run, result.counts[place.key])


def time_one(result, place, what, args, progress, logs):
    """One run without icount; true if it went well."""
    run = bench.run_mode(place.settings, place.mode, result.ops, False,
                         deadline_of(args, bench.BENCH_SECONDS), place.log(logs, "-wall"),
                         lambda run, row: progress.row(what, run, row))
    progress.done(what, run)
    if run.error:
        result.problems.append(f"{place.key}: without icount: {run.error} (console: {run.log})")
    for op, row in run.rows.items():
        ticks = bench.per_operation(row, "ticks")
        ns = round(ticks * bench.TIMEBASE_NS, 1) if ticks is not None else 0
        if ns > 0:                  # else noise was larger than what was measured
            best = result.wall_ns.get((place.key, op), ns)
            result.wall_ns[place.key, op] = min(ns, best)
    return not run.error


def wall_rounds_of(args):
    """(rounds at most, whether the user asked for just that many)"""
    if args.wall in (None, ""):
        return WALL_ROUNDS_MAX, False
    if not str(args.wall).isdecimal() or int(args.wall) > 1000:
        raise StrataError(f"--wall: {args.wall!r} is no number of rounds from 0 to 1000", 2)
    return int(args.wall), True


def time_all(result, args, progress, logs):
    """W: one QEMU at a time, round after round, the smallest of each cell."""
    rounds, exact = wall_rounds_of(args)
    places = [p for p in result.places if not result.counts[p.key].error]
    if not exact:                   # what is one column beside another, only once
        places = [p for p in places if p.settings is result.settings]
    begin = time.monotonic()
    expected = sum(result.counts[p.key].seconds for p in places)
    for number in range(1, rounds + 1):
        now = time.monotonic()
        if number > 1:
            expected = (now - begin) / (number - 1)
        if not exact and now - progress.begin + expected > TOTAL_SECONDS:
            break
        places = [p for p in places if time_one(result, p, f"time {number}: {p.key}", args,
                                                progress, logs)]
        result.wall_rounds = number
    if result.wall_rounds == 0 and rounds:
        result.left_out.append("wall times: they would take about "
                               f"{expected:.0f} s a round; --wall 1 (WALL=1) takes them")
    elif not exact and len(places) < len(result.places) - len(result.failed_keys()):
        result.left_out.append("wall times of other firmwares and QEMUs: --wall 1 (WALL=1) takes "
                               "them")


def measure_interfaces(result):
    """How wide the interfaces are, if the compiler's tools are there."""
    try:
        result.interfaces = interfaces.measure(result.settings)
    except StrataError as err:
        result.left_out.append(f"the width of the interfaces: {err}")


def main(args):
    if args.firmwares:              # the images that are built are those of the first
        args.firmware = _names(args.firmwares, args.firmware)[0]
    ops, modes = bench.selected_ops(args), bench.parse_modes(args.modes)
    wall_rounds_of(args)
    check_choice(args.breakdown, BREAKDOWNS, "--breakdown")
    places = places_of(args, modes)
    build_images()
    left_out = []
    if not args.modes:
        left_out = add_linux(args, places)
    result = Comparison(ops, places)
    result.left_out += left_out
    for place in places:
        place.settings.bios()
    logs = result.settings.path("compare")
    os.makedirs(logs, exist_ok=True)
    progress = Progress(ops)
    count_all(result, args, progress, logs)
    break_down_all(result, args, progress, logs)
    time_all(result, args, progress, logs)
    identity.check(result)
    measure_interfaces(result)
    data = result.as_json()
    for path in (result.settings.path("compare.json"), args.json):
        if path:
            export.write_file(path, json.dumps(data, indent=1) + "\n")
    shown = Result(data)
    export.write_file(result.settings.path("report.html"), report.html(shown))
    if not export.write_exports(shown, args):
        print(table.everything(shown))
        print(f"{result.settings.path('report.html')}  {result.settings.path('compare.json')}  "
              f"{logs}/*.log")
    for line in result.problems:
        print(f"strata: compare: {line}", file=sys.stderr)
    return 1 if result.problems else 0
