# SPDX-License-Identifier: BSD-2-Clause
"""The comparison as plain text."""
from stratalib import identity, linux, published

FIRST = 16
PUBLISHED = ("xen", "vmw", "uml", "pvm")     # the others are in report.html


def number(value):
    """A count per operation: whole from 100 on, else as many decimals as it has, one at most."""
    if value is None:
        return "?"
    if isinstance(value, float) and abs(value) < 100:
        return f"{value:.1f}" if value != int(value) else f"{value:.0f}"
    return f"{value:.0f}"


def small(value):
    """T: usually 0, 1, 2."""
    if value is None:
        return "?"
    return f"{value:.0f}" if value == int(value) or value >= 100 else f"{value:.2f}"


def ratio(value):
    if value is None:
        return "-"
    return f"{value:.2f}" if value < 100 else f"{value:.0f}"


def exact(value):
    """A count with all the digits that it has."""
    return f"{value:.3f}".rstrip("0").rstrip(".") if value is not None else "?"


def _cell(result, column, op, width):
    skip = result.skipped(column.key, op)
    if skip:
        return ("failed" if skip.startswith("failed") else "-").rjust(width)
    i, t = result.value(column.key, op, "insns"), result.value(column.key, op, "traps")
    return (f"{number(i):>8} {small(t):>5} "
            f"{ratio(result.ratio(column.key, op)):>6}").rjust(width)


def _time_cell(result, column, op, width):
    ns = result.value(column.key, op, "wall_ns")
    if ns is None or result.skipped(column.key, op):
        return "-".rjust(width)
    return f"{ns:>10.0f} {ratio(result.ratio(column.key, op, 'wall_ns')):>6}".rjust(width)


def _rule(text, width):
    return text.center(width, "-") if width > len(text) + 2 else text


def _grid(result, columns, heads, cell, width):
    """A table with one line for each operation, under the names of the suites."""
    lines = [" " * FIRST + "".join("  " + _rule(f" {c.title} ", width - 2) for c in columns),
             "operation".ljust(FIRST) + heads.rjust(width) * len(columns)]
    for suite, ops in result.suites.items():
        lines += [f"[{suite}]"] if len(result.suites) > 1 else []
        lines += [op.ljust(FIRST) + "".join(cell(result, c, op, width) for c in columns)
                  for op in ops]
    return [line.rstrip() for line in lines]


def counts(result):
    """I, T and the ratio of I to native."""
    lines = ["", "Instructions (I) and traps to the hypervisor (T) per operation; I relative to "
             "native", ""]
    return "\n".join(lines + _grid(result, result.columns, f"{'I':>8} {'T':>5} {'ratio':>6}", _cell,
                                   24))


def times(result):
    """W in nanoseconds and relative to native."""
    rounds = result.data.get("wall_rounds", 0)
    timed = [c for c in result.columns
             if any(result.value(c.key, op, "wall_ns") is not None for op in result.ops)]
    lines = ["", f"Wall time (W) in ns per operation, the least of {rounds} run"
             f"{'s' * (rounds != 1)} under QEMU's emulation; relative to native", ""]
    return "\n".join(lines + _grid(result, timed, f"{'ns':>10} {'ratio':>6}", _time_cell, 20))


def beside(result):
    """Our ratios beside published ones; "" where there is nothing to put there."""
    ops = [op for op in result.ops if published.ratios(op)]
    ours = [c for c in result.columns if c.key != c.base]
    if not ops or not ours:
        return ""
    theirs = [k for k in PUBLISHED if any(k in published.ratios(op) for op in ops)]
    heads = [c.title for c in ours] + [published.title(k) for k in theirs]
    widths = [max(9, len(text) + 3) for text in heads]
    lines = ["", "Ratios to native beside published ones.", published.CAVEAT, "",
             "operation".ljust(FIRST) + "".join(t.rjust(w) for t, w in zip(heads, widths))]
    for op in ops:
        cells = [ratio(result.ratio(c.key, op)) for c in ours]
        cells += [ratio(published.ratios(op).get(k)) for k in theirs]
        lines.append(op.ljust(FIRST) + "".join(c.rjust(w) for c, w in zip(cells, widths)))
    return "\n".join(lines)


def footer(result):
    lines = [""]
    reasons = {}
    for op in result.ops:
        for column in result.columns:
            why = result.skipped(column.key, op)
            if why and why != "failed":
                reasons.setdefault((op, why), []).append(column.title)
    groups = {}                     # rows that are missing in the same columns, for the same reason
    for (op, why), titles in reasons.items():
        groups.setdefault((", ".join(titles), why), []).append(op)
    lines += [f"{' '.join(ops)} in {titles}: {why}" for (titles, why), ops in groups.items()]
    lines += [f"{key} failed: {error}" for key, error in result.failed.items()]
    lines += [f"left out: {line}" for line in result.data.get("left_out", [])]
    lines += linux.lines(result)
    lines.append(result.about())
    lines += identity.lines(result)
    return "\n".join(lines)


def everything(result):
    """All that the command prints."""
    parts = [counts(result)]
    if result.has_times:
        parts.append(times(result))
    return "\n".join(p for p in parts + [beside(result), footer(result)] if p)
