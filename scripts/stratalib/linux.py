# SPDX-License-Identifier: BSD-2-Clause
"""What is special about the benchmarks on Linux: which rows there are, and how they are counted."""
import os

# Under -icount shift=0 an instruction takes 1 ns, and QEMU's virt counts time at 10 MHz.
INSNS_PER_TICK = 100
# A window and its base loop begin and end within a tick.
TICKS_UNSURE = 2
NO_KERNEL_ROWS = "pvguest's kernel measures it; Linux has no such measurement"
USUAL = ("linux-native", "linux-hw")    # columns of make compare, if Linux is there


def is_there(settings):
    """Whether scripts/deps linux has been run."""
    return os.path.isfile(os.path.join(settings.cache, "linux", "Image")) and \
        os.path.isfile(settings.path("linux", "bench.cpio"))


def count_by_ticks(row):
    """
    Linux denies programs instret (a read is SIGILL), but not time, which under icount is
    instructions as well: a window's figure is exact to some ticks.
    """
    if row.get("insns") is None and "ticks" in row:
        row["insns"], row["by_ticks"] = row["ticks"] * INSNS_PER_TICK, True


def resolution(run):
    """{column: how exact its worst row is}, if it was counted in ticks."""
    rows = [(round(100 * TICKS_UNSURE / row["ticks"], 2), op) for op, row in run.rows.items()
            if row.get("by_ticks") and row["ticks"]]
    if not rows:
        return {}
    percent, op = max(rows)
    return {run.key: {"percent": percent, "op": op}}


def lines(result):
    """What the table says of it, of a stratalib.result.Result."""
    out = [f"{result.title(key)}: instructions from time, {INSNS_PER_TICK} a tick, because Linux "
           f"denies programs the counter: exact to {r['percent']:g} % ({r['op']}) or better"
           for key, r in result.data.get("resolutions", {}).items()]
    guests = [c.title for c in result.columns if c.short.startswith("linux-") and c.key != c.base]
    if guests:
        out.append(f"{', '.join(guests)}: T is not known; no program of Linux can ask the "
                   "hypervisor")
    return out
