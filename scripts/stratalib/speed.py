# SPDX-License-Identifier: BSD-2-Clause
"""What hw costs, row by row, beside native and beside the most that it may: a part of bench."""
import argparse
import json
import os
import tempfile

from stratalib import count, linux, qemu, vms
from stratalib.settings import Settings, StrataError, deadline_of

SUITE = "speed"
SECONDS = 60                    # a QEMU, on the reference machine
LINUX_SECONDS = 300
QEMU10 = "qemu10"


class Row:
    """
    One operation. most: instructions that it may take, and per_byte of its bytes; None: not said.
    of: what of it is held against that: "all", or "hypervisor", which is without the guest's own.
    """

    def __init__(self, op, guest, sentence, most=None, size=0, of="all"):
        self.op, self.guest, self.sentence, self.of = op, guest, sentence, of
        self.most = None if most is None else most + size / 2


ROWS = {row.op: row for row in (
    Row("null_sbi", "calls", "the cheapest SBI call", 110),
    Row("set_timer", "calls", "SBI set_timer", 40),
    Row("ipi_call", "calls", "SBI send_ipi to oneself, without its delivery", 40),
    Row("console_byte", "calls", "SBI debug_console_write_byte", 40),
    Row("console_line", "calls", "the same for each byte of a line of 64, until it is shown"),
    Row("mmio_read", "calls", "read a register of an emulated UART", 250),
    Row("mmio_write", "calls", "write one", 250),
    Row("first_touch", "calls", "the first store to a page of RAM beside the second", 600),
    Row("ipi_other", "pair", "an IPI to a vCPU that waits, until it runs; both on one hart", 600),
    Row("ipi_other_2", "pair2", "the same, each on a hart of its own (QEMU 10)", 600),
    Row("blk_read_512", "disk", "a disk's block of 512 bytes, alone", 1500, 512, "hypervisor"),
    Row("blk_read_4k", "disk", "one of 4096 bytes", 1500, 4096, "hypervisor"),
    Row("blk_write_4k", "disk", "the same written", 1500, 4096, "hypervisor"),
    Row("blk_load_512", "disk", "512 bytes, 16 requests at a time", 1500, 512, "hypervisor"),
    Row("blk_load_4k", "disk", "4096 bytes, 16 requests at a time", 1500, 4096, "hypervisor"),
    Row("net_alone", "net", "a frame of 64 bytes to another VM and one back, each", None, 64,
        "hypervisor"),
    Row("net_load_64", "net", "a frame of 64 bytes, 16 at a time", 1500, 64, "hypervisor"),
    Row("net_load_1500", "net", "a frame of 1514 bytes, 16 at a time", 1500, 1514, "hypervisor"),
    Row("wake_up", "sleeper", "a VM that sleeps until its timer, wakes and sleeps again"),
    Row("sleep", "sleeper", "a millisecond of sleep", 0),
    Row("vm_ping_pong", "two", "two VMs on one hart that wake in turn: once each", 1000),
    Row("linux_boot", "linux", "Debian's Linux to its first program and power-off"),
)}
LINUX_RATIO = 1.02
LOAD_NOTIFICATIONS = 0.2


def is_suite(name):
    return name == SUITE or name in ROWS


def rows_of(names):
    """The rows that these names of suites and operations choose, in the table's order."""
    return [row for row in ROWS.values() if SUITE in names or row.op in names]


# ---- machines ------------------------------------------------------------------------------------

def machine(settings, trees, cpus=1):
    """(command line, files to remove) of VMs given as (tree, kernel, vCPUs, bootargs)."""
    made = []
    for name, kernel, vcpus, bootargs in trees:
        tree = vms.load(settings, name)
        tree.chosen().set_string("strata,kernel", kernel)
        tree.chosen().set_string("bootargs", bootargs)
        if vcpus > 1:
            tree.set_vcpus(vcpus)
        tree.take_files(settings)
        made.append(tree)
    blob = vms.archive(made)
    handle, path = tempfile.mkstemp(suffix=".cpio", dir=settings.run_dir())
    with os.fdopen(handle, "wb") as f:
        f.write(blob)
    memory = vms.machine_bytes(made, len(blob)) >> 20
    return qemu.command(settings, settings.path("strata.elf"), f"{memory}M", cpus, initrd=path,
                        append="console=raw", icount=True), [path]


def native(settings, kernel, bootargs, cpus=1):
    """The same guest without a hypervisor."""
    return qemu.command(settings, vms.need_file(settings, kernel, "--kernel"), "128M", cpus,
                        append=bootargs, icount=True), []


def told(settings, plan, deadline, log):
    """{op: its BENCH object} of a machine that runs to its end."""
    line, files = plan
    found, verdict = {}, qemu.Verdict()

    def listen(text):
        at = text.find("BENCH {")       # console_byte's bytes may stand before it
        if at >= 0:
            row = json.loads(text[at + 6:])
            found[row["op"]] = row

    verdict.listener = listen
    try:
        with qemu.Session(line, log=log) as session:
            while not session.ended() and session.seconds() < deadline:
                verdict.feed(session.poll(1.0)[1])
            verdict.feed(b"\n")
            if not session.ended():
                raise StrataError(f"no end after {session.seconds():.0f} s (console: {log})")
            if session.status() or verdict.faults():
                raise StrataError(f"{(verdict.faults() or ['QEMU failed'])[0]} (console: {log})")
    finally:
        for name in files:
            os.unlink(name)
    return found


# ---- guests: each gives {column: {op: BENCH object}} ---------------------------------------------

class Bench:
    """What the guests need: settings, deadlines, logs."""

    def __init__(self, settings, args, logs):
        self.settings, self.args, self.logs = settings, args, logs
        self.deadline = deadline_of(args, SECONDS)

    def log(self, name):
        return os.path.join(self.logs, f"speed-{name}.log")

    def told(self, name, plan):
        return told(self.settings, plan, self.deadline, self.log(name))

    def on_qemu10(self):
        """The same with QEMU 10, on which two harts may spin; None if it is not there."""
        words = argparse.Namespace(**{**vars(self.args), "qemu": QEMU10})
        settings = Settings(words)
        try:
            settings.require_qemu()
        except StrataError:
            return None
        return Bench(settings, self.args, self.logs)


def words_of(rows, more=""):
    return "rows=" + ",".join(row.op for row in rows) + more


def calls(bench, rows):
    args = words_of(rows)
    return {"native": bench.told("native", native(bench.settings, "speed", args)),
            "hw": bench.told("hw", machine(bench.settings, [("speed", "speed", 1, args)]))}


def pair(bench, _):
    args = "rows=ipi_other"
    return {"native": bench.told("pair-native", native(bench.settings, "speed", args, 2)),
            "hw": bench.told("pair-hw", machine(bench.settings, [("speed", "speed", 2, args)]))}


def pair2(bench, rows):
    ten = bench.on_qemu10()
    if ten is None:
        why = {"op": rows[0].op, "skip": "no QEMU 10: scripts/deps qemu10 gets it"}
        return {column: {rows[0].op: why} for column in ("native", "hw")}
    args = "rows=ipi_other"
    found = {"native": ten.told("pair2-native", native(ten.settings, "speed", args, 2)),
             "hw": ten.told("pair2-hw", machine(ten.settings, [("speed", "speed", 2, args)], 2))}
    return {column: {rows[0].op: row["ipi_other"]} for column, row in found.items()}


def disk(bench, rows):
    """Natively the device takes no instructions: what is left is the driver's own."""
    args = words_of(rows)
    found = bench.told("disk", machine(bench.settings, [("speed", "speed_io", 1, args)]))
    return {"native": {op: {**row, "insns": row.get("own")} for op, row in found.items()},
            "hw": found}


def net(bench, rows):
    """A pair of machines for each row: they agree on nothing but its name."""
    found = {}
    for row in rows:
        pair_ = [("speed-net1", "speed_io", 1, words_of([row])),
                 ("speed-net2", "speed_io", 1, words_of([row], " peer"))]
        found.update(bench.told(row.op, machine(bench.settings, pair_)))
    return {"hw": found}


def difference(bench, name, plan_of, low, high):
    """Instructions of the run with high beyond those of the one with low."""
    end, totals = count.end_address(bench.settings), []
    for n in (low, high):
        line, files = plan_of(n)
        try:
            totals.append(count.count_line(line, end, bench.deadline, bench.log(name))[0])
        finally:
            for path in files:
                os.unlink(path)
    return totals[1] - totals[0]


def sleeper(bench, rows):
    found = {"native": {}, "hw": {}}
    for row in rows:
        def bare(n, op=row.op):
            return native(bench.settings, "speed", f"rows={op} count={n}")

        def guest(n, op=row.op):
            return machine(bench.settings, [("speed", "speed", 1, f"rows={op} count={n}")])

        for column, plan in (("native", bare), ("hw", guest)):
            insns = difference(bench, f"{row.op}-{column}", plan, 100, 200)
            found[column][row.op] = {"op": row.op, "n": 100, "insns": insns}
    return found


def two(bench, rows):
    def plan(n):
        args = words_of(rows)
        return machine(bench.settings, [
            ("speed", "speed", 1, f"{args} count={n}"),
            ("speed-peer", "speed", 1, f"{args} count={n + 20} peer")])

    insns = difference(bench, rows[0].op, plan, 100, 200)
    return {"hw": {rows[0].op: {"op": rows[0].op, "n": 100, "insns": insns}}}


def linux_boot(bench, rows):
    op = rows[0].op
    if not linux.is_there(bench.settings):
        why = {"op": op, "skip": "scripts/deps linux gets it"}
        return {column: {op: why} for column in ("native", "hw")}
    words = argparse.Namespace(**{**vars(bench.args), "vm": "linux-hw"})
    deadline = deadline_of(bench.args, LINUX_SECONDS)
    return {column: {op: {"op": op, "n": 1, "insns":
                          count.count(bench.settings, words, column, deadline)[1]}}
            for column in ("native", "hw")}


GUESTS = {"calls": calls, "pair": pair, "pair2": pair2, "disk": disk, "net": net,
          "sleeper": sleeper, "two": two, "linux": linux_boot}


# ---- results -------------------------------------------------------------------------------------

def each(told_row, key):
    """A member of a BENCH object for one operation; None if there is none."""
    if not told_row or told_row.get(key) is None or not told_row.get("n"):
        return None
    value = told_row[key] / told_row["n"]
    return int(value) if value == int(value) else round(value, 3)


def judged(row, found):
    """A row of the JSON: figures of one operation."""
    bare, hw = found.get("native", {}).get(row.op), found.get("hw", {}).get(row.op)
    out = {"op": row.op, "sentence": row.sentence, "native": each(bare, "insns"),
           "hw": each(hw, "insns"), "traps": each(hw, "traps"), "hypervisor": None,
           "notifications": each(hw, "notifications"), "most": row.most, "of": row.of,
           "skip": next((r["skip"] for r in (hw, bare) if r and "skip" in r), None)}
    own = each(hw, "own")
    if own is not None:
        out["hypervisor"] = round(out["hw"] - own, 3)
    value = out["hypervisor"] if row.of == "hypervisor" else out["hw"]
    if row.op == "linux_boot" and out["hw"] and out["native"]:
        out["ratio"], out["most_ratio"] = out["hw"] / out["native"], LINUX_RATIO
        out["within"] = out["ratio"] <= LINUX_RATIO
    elif value is not None and row.most is not None:
        out["within"] = value <= row.most
        if "load" in row.op and out["notifications"] is not None and row.op.startswith("blk"):
            out["within"] = out["within"] and out["notifications"] < LOAD_NOTIFICATIONS
    return out


def measure(settings, args, rows, logs):
    """The rows as they come: judged() of each, and lines on what failed."""
    bench = Bench(settings, args, logs)
    for guest, function in GUESTS.items():
        chosen = [row for row in rows if row.guest == guest]
        if not chosen:
            continue
        try:
            found, error = function(bench, chosen), None
        except StrataError as err:
            found, error = {}, str(err)
        for row in chosen:
            out = judged(row, found)
            if error or (out["hw"] is None and not out["skip"]):
                out["skip"] = "failed"
                out["error"] = error or "no figure"
            yield out


HEAD = (f"{'hw beside native':14} {'native':>10} {'hw':>10} {'hypervisor':>10} {'traps':>6} "
        f"{'notified':>8} {'at most':>8}")


def line_of(row):
    def cell(value, width):
        if value is None:
            return "-".rjust(width)
        text = f"{value:.0f}" if value == int(value) or value >= 100 else f"{value:.2f}"
        return text.rjust(width)

    if row.get("skip"):
        return f"{row['op']:16} {row['skip']}{': ' + row['error'] if row.get('error') else ''}"
    most = f"{row['most_ratio']:8.2f}" if "ratio" in row else cell(row["most"], 8)
    text = (f"{row['op']:16} {cell(row['native'], 10)} {cell(row['hw'], 10)} "
            f"{cell(row['hypervisor'], 10)} {cell(row['traps'], 6)} "
            f"{cell(row['notifications'], 8)} {most}")
    if "ratio" in row:
        text += f"  ratio {row['ratio']:.3f}"
    return text + ("" if row.get("within", True) else "  above")
