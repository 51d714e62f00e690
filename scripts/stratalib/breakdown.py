# SPDX-License-Identifier: BSD-2-Clause
"""
Where the instructions of a row go: guest, hypervisor by cause, firmware. Also strata breakdown.

A second, instrumented run of the benchmarks (the VM tree says strata,accounting) tells the parts;
the first one, without, tells the whole. The two must agree, or the row says so.
"""
import argparse
import os

from stratalib import bench
from stratalib.settings import Settings, build_images, deadline_of

TOLERANCE = 0.02
# A row that is one instruction has no 2 %: what an operation may be off in any case.
LEAST_INSNS = 0.5
WIDTH = 44


def per_operation(account, name):
    """The parts or exits of an ACCT object per operation; without what rounds to nothing."""
    values = {k: round(v / account["n"], 3) for k, v in account[name].items()}
    return {k: int(v) if v == int(v) else v for k, v in values.items() if v}


def of_account(account):
    """
    {"guest": instructions, "hypervisor": {cause: instructions}, "firmware": instructions or None
    where nobody counts them (then they are part of what called it), "exits": {cause: how often}}
    """
    parts, exits = per_operation(account, "parts"), per_operation(account, "exits")
    guest = parts.pop("guest", 0)
    firmware = parts.pop("firmware", 0 if "firmware" in account["parts"] else None)
    exits.pop("firmware", None)
    parts = dict(sorted(parts.items(), key=lambda part: -part[1]))
    return {"guest": guest, "hypervisor": parts, "firmware": firmware, "exits": exits}


def median(accounts):
    """Of the accounts of a row's windows the one in the middle: as the row itself is chosen."""
    ordered = sorted(accounts, key=lambda a: sum(a["parts"].values()) / a["n"])
    return ordered[len(ordered) // 2]


def total(breakdown):
    return breakdown["guest"] + sum(breakdown["hypervisor"].values()) + (breakdown["firmware"] or 0)


def agrees(breakdown, insns):
    """Whether the parts are the whole of the uninstrumented run."""
    return abs(total(breakdown) - insns) <= max(TOLERANCE * insns, LEAST_INSNS)


def is_possible(mode):
    """Only pvguest opens and closes the account's windows."""
    return not mode.is_linux


def count_mode(settings, mode, ops, deadline, log, on_row=lambda run, row: None):
    """The instrumented run of a mode: (the Run, {op: breakdown})."""
    run = bench.run_mode(settings, mode, ops, True, deadline, log, on_row, account=True)
    return run, {op: of_account(median(accounts)) for op, accounts in run.accounts.items()}


def check(key, breakdowns, run, counted):
    """Lines about rows of a column whose parts are not the whole that the other run counted."""
    lines = []
    if run.error:
        return [f"{key}: instrumented: {run.error} (console: {run.log})"]
    for op, row in counted.rows.items():
        insns = bench.per_operation(row, "insns")
        if insns is None:
            continue
        if op not in breakdowns:
            lines.append(f"{key} {op}: nobody said where its instructions go")
        elif not agrees(breakdowns[op], insns):
            lines.append(f"{key} {op}: its parts are {total(breakdowns[op]):.0f} "
                         f"instructions, not {insns:.0f}")
    return lines


# ---- strata breakdown: one row as text ----------------------------------------------------------

def add_options(parser):
    parser.formatter_class = argparse.HelpFormatter
    bench.add_select_options(parser)


def row_lines(name, insns, whole, exits):
    share = f"{100 * insns / whole:5.1f} %" if whole else ""
    times = f"{bench.format_number(exits)} times" if exits else ""
    return f"  {name:{WIDTH}} {bench.format_number(insns):>9} {share} {times}".rstrip()


def text(mode, op, insns, breakdown):
    """A row's parts, the dearest first."""
    whole = total(breakdown)
    lines = [f"{op} in {mode.title}: {bench.format_number(insns)} instructions"]
    lines.append(row_lines("guest", breakdown["guest"], whole, None))
    for name, value in breakdown["hypervisor"].items():
        lines.append(row_lines(name, value, whole, breakdown["exits"].get(name)))
    if breakdown["firmware"] is None:
        lines.append("  (the firmware does not count: its part is in those above)")
    elif breakdown["firmware"]:
        lines.append(row_lines("firmware", breakdown["firmware"], whole, None))
    if not agrees(breakdown, insns):
        lines.append(f"  these are {bench.format_number(whole)} together: the instrumented run "
                     "differs from the other")
    return "\n".join(lines)


def main(args):
    settings = Settings(args)
    build_images()
    ops = bench.selected_ops(args)
    modes = [m for m in bench.parse_modes(args.modes) if is_possible(m)]
    logs = settings.path("compare")
    os.makedirs(logs, exist_ok=True)
    failed = 0
    for mode in modes:
        deadline = deadline_of(args, bench.BENCH_SECONDS)
        counted = bench.run_mode(settings, mode, ops, True, deadline,
                                 os.path.join(logs, f"bench-{mode.key}.log"))
        run, breakdowns = count_mode(settings, mode, ops, deadline,
                                     os.path.join(logs, f"bench-{mode.key}-account.log"))
        for op in ops:
            insns = bench.per_operation(counted.rows.get(op), "insns")
            if op in breakdowns and insns is not None:
                print(text(mode, op, insns, breakdowns[op]), flush=True)
        problems = ([f"{mode.key}: {counted.error} (console: {counted.log})"] if counted.error
                    else check(mode.key, breakdowns, run, counted))
        for line in problems:
            print(f"strata: breakdown: {line}", flush=True)
            failed = 1
    return failed
