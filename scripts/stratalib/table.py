# SPDX-License-Identifier: BSD-2-Clause
"""The comparison as plain text."""
FIRST = 14


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


def _cell(result, key, op, width):
    skip = result.skipped(key, op)
    if skip:
        return ("failed" if skip.startswith("failed") else "-").rjust(width)
    i, t = result.value(key, op, "insns"), result.value(key, op, "traps")
    return f"{number(i):>8} {small(t):>5} {ratio(result.ratio(key, op)):>6}".rjust(width)


def _rule(text, width):
    return text.center(width, "-") if width > len(text) + 2 else text


def counts(result):
    """I, T and the ratio of I to native."""
    width = 22
    lines = ["", "Instructions (I) and traps to the hypervisor (T) per operation; I relative to "
             "native", ""]
    lines.append(" " * FIRST + "".join("  " + _rule(f" {m.title} ", width - 2)
                                       for m in result.modes))
    lines.append("operation".ljust(FIRST) + "".join(
        f"{'I':>8} {'T':>5} {'ratio':>6}".rjust(width) for _ in result.modes))
    for op in result.ops:
        lines.append(op.ljust(FIRST) + "".join(_cell(result, m.key, op, width)
                                               for m in result.modes))
    return "\n".join(line.rstrip() for line in lines)


def _time_cell(result, key, op, width):
    ns = result.value(key, op, "wall_ns")
    if ns is None or result.skipped(key, op):
        return "-".rjust(width)
    return f"{ns:>10.0f} {ratio(result.ratio(key, op, 'wall_ns')):>6}".rjust(width)


def times(result):
    """W in nanoseconds and relative to native."""
    width = 20
    lines = ["", f"Wall time (W) in ns per operation, the least of {result.wall_rounds} run"
             f"{'s' * (result.wall_rounds != 1)} under QEMU's emulation; relative to native", ""]
    lines.append(" " * FIRST + "".join("  " + _rule(f" {m.title} ", width - 2)
                                       for m in result.modes))
    lines.append("operation".ljust(FIRST) + "".join(f"{'ns':>10} {'ratio':>6}".rjust(width)
                                                    for _ in result.modes))
    for op in result.ops:
        lines.append(op.ljust(FIRST) + "".join(_time_cell(result, m.key, op, width)
                                               for m in result.modes))
    return "\n".join(line.rstrip() for line in lines)


def footer(result):
    lines = [""]
    reasons = {}
    for op in result.ops:
        for mode in result.modes:
            why = result.skipped(mode.key, op)
            if why and why != "failed":
                reasons.setdefault((op, why), []).append(mode.title)
    for (op, why), titles in reasons.items():
        lines.append(f"{op} in {', '.join(titles)}: {why}")
    for key, run in result.counts.items():
        if run.error:
            lines.append(f"{key} failed: {run.error}")
    lines.append(f"{result.qemu}; {result.firmware}; {result.compiler}")
    if result.kernel_sha256:
        lines.append(f"the same kernel in all modes: sha256 {result.kernel_sha256}")
    if result.initrd_sha256:
        lines.append(f"the same programs in all modes: sha256 {result.initrd_sha256}")
    lines.append(f"{result.settings.path('report.html')}  {result.settings.path('compare.json')}  "
                 f"{result.settings.path('compare')}/*.log")
    return "\n".join(lines)
