# SPDX-License-Identifier: BSD-2-Clause
"""build/report.html in a browser without a screen: scripts/deps report gets it."""
import os
import re
import shutil
import subprocess
import tempfile

from harness import Skip, add_case, check
from stratalib import bench, interfaces, report, why
from stratalib.callgraph import CallGraph
from stratalib.result import SCHEMA, Result

BROWSER = ("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync",
           "--disable-background-networking", "--disable-component-update",
           "--enable-logging=stderr")
PHONE_PIXELS = 360
HANG_SECONDS = 600              # a page takes two
COLUMNS = (("native", None, 1), ("te", None, 9), ("pv0", 0, 10), ("pv1", 1, 3), ("hw", None, 1))


def made_up():
    """A result with everything that the page can show; the figures mean nothing."""
    columns, rows = [], []
    for suffix, firmware, more in (("", "strata", 0), ("/distro", "distro", 5)):
        for key, step, factor in COLUMNS:
            mode = "pv" if step is not None else key
            columns.append({"key": key + suffix, "title": key + suffix, "mode": mode,
                            "pv_step": step, "firmware": firmware, "qemu": "a <QEMU>",
                            "base": "native" + suffix})
            for n, op in enumerate(bench.OPS):
                insns = 100 * (n + 1) * factor + more * (factor > 8)
                rows.append({"op": op, "suite": bench.SUITE_OF[op], "column": key + suffix,
                             "insns": insns, "traps": factor - 1, "mtraps": 0, "wall_ns": 7.5,
                             "breakdown": {"guest": 60, "firmware": more, "hypervisor": {
                                 f"EXC_INST_ILLEGAL csr c{i}": insns / (i + 9)
                                 for i in range(factor)}}})
    rows[3].update(insns=None, traps=None, wall_ns=None, breakdown=None, skip="no <Sstc> & co")
    return Result({"schema": SCHEMA, "qemu": "a <QEMU>", "firmware": "strata: F", "compiler": "C",
                   "columns": columns, "rows": rows, "wall_rounds": 1, "left_out": ["<nothing>"],
                   "problems": ["a </script> problem"], "hashes": {"kernel": {"te": "0" * 64}},
                   "interfaces": {"note": "a note", "rows": [
                       {"title": "calls", "entries": 9, "functions": 9, "lines": "-"}]}})


def browse(place, page, *options):
    """(document afterwards, messages of the console) of a page."""
    if not shutil.which("chromium"):
        raise Skip("no chromium: scripts/deps report gets it")
    with tempfile.TemporaryDirectory(prefix="strata") as profile:
        child = subprocess.run(
            ["chromium", *BROWSER, f"--user-data-dir={profile}", *options, "--dump-dom",
             "file://" + os.path.abspath(page)], capture_output=True, text=True, check=False,
            stdin=subprocess.DEVNULL, timeout=HANG_SECONDS, errors="replace")
    check("<html" in child.stdout, f"chromium shows nothing: {child.stderr[-200:]}")
    return child.stdout, [line for line in child.stderr.splitlines() if ":CONSOLE" in line]


def silent(place):
    page = place.file("report.html", report.html(made_up()))
    shown, messages = browse(place, page)
    check(not messages, "\n".join(messages))
    check('class="has-js"' in shown, "the script did not run")
    check("<script>" in shown and shown.count("</script>") == 1, "a guest's word became a script")


def alone(_):
    page = report.html(made_up())
    found = re.findall(r"https?:|\bsrc=|<link|@import|url\((?!#)", page)
    check(not found, f"the page asks for something: {found}")
    for op in bench.OPS:
        check(op in why.WHY, f"no explanation of {op} in scripts/stratalib/why.py")
        check(len(re.findall(r"[.?](?:\s|$)", why.WHY[op])) >= 2, f"{op}: less than two sentences")
        check(f'id="op-{op}"' in page, f"no card for {op}")


def sorting(place):
    click = """<script>document.querySelectorAll("#figures th button")[2].click();
document.documentElement.dataset.order = Array.from(document.querySelectorAll("#figures tbody tr"),
function (r) { return r.cells[0].firstChild.textContent; }).join(",");</script>"""
    result = made_up()
    page = place.file("sorted.html", report.html(result).replace("</body>", click + "</body>"))
    shown, messages = browse(place, page)
    check(not messages, "\n".join(messages))
    order = re.search(r'data-order="([a-z][^"]*)"', shown).group(1).split(",")
    values = [result.ratio("te", op) for op in order]
    known = [v for v in values if v is not None]
    check(known == sorted(known, reverse=True) and len(order) == len(bench.OPS), f"{order}")
    check(all(v is not None for v in values[:len(known)]), "empty cells come last")


def phone(place):
    """Nothing but tables, which scroll by themselves, is wider than a phone."""
    tell = "<script>parent.postMessage(document.documentElement.scrollWidth, '*')</script>"
    place.file("inner.html", report.html(made_up()).replace("</body>", tell + "</body>"))
    page = place.file("phone.html", f"""<!DOCTYPE html><html><body><script>
addEventListener("message", function (e) {{ document.body.dataset.width = e.data; }});
</script><iframe src="inner.html" style="width:{PHONE_PIXELS}px;height:800px;border:0"></iframe>
</body></html>""")
    shown, _ = browse(place, page, "--virtual-time-budget=3000")
    width = re.search(r'data-width="(\d+)"', shown)
    check(width and int(width.group(1)) <= PHONE_PIXELS, f"{width and width.group(1)} pixels wide")


def widths(place):
    """The call graph reaches what a guest can reach, and nothing that only the start-up does."""
    strata = CallGraph(place.settings.path("strata.elf"), place.settings.compiler()[1])
    exits = [p for where in strata.table("hw_exits") for p in strata.pointers(*where)]
    names = {strata.elf.symbol(f)[0] for f in strata.reach(exits, interfaces.ENDS)}
    for name in ("mmio_exit_load", "hw_exit_ecall", "vsbi_call"):
        check(name in names, f"{name} is not reached from the exits of hw")
    for name in ("main", "boot_vms", "te_exit_ecall"):
        check(name not in names, f"{name} is reached from the exits of hw")
    rows = {row["title"]: row for row in interfaces.measure(place.settings)["rows"]}
    whole = rows.pop("Strata as a whole")
    check(all(row["lines"] in ("-",) or 0 < row["lines"] < whole["lines"]
              for row in rows.values()), f"{rows}")
    with open("pvguest/kernel/sys/syscall.h", encoding="utf-8") as f:
        calls = len(set(re.findall(r"^\tx\(\d+, (\w+),", f.read(), re.M)))
    counted = next(iter(rows.values()))["entries"]
    check(counted == calls, f"{counted} system calls counted, {calls} in the table's source")


def baseline(place):
    result = place.strata("baseline")
    if result.status == 3:
        raise Skip(result.err.strip().splitlines()[-1])
    check(result.status == 0, result.out.strip() + result.err.strip()[-200:])


def add(_):
    for sentence, function in (
            ("the page loads in a browser without a message on its console", silent),
            ("the page needs nothing but itself and explains every row", alone),
            ("a click on a mode sorts the table by its ratio", sorting),
            ("interfaces are measured by what a guest can reach", widths),
            ("the page is not wider than a phone", phone)):
        add_case("report: " + sentence, function, group="reporting")
    add_case("baseline: no row has more instructions or traps than tests/baseline.json allows",
             baseline, group="reporting", heavy=True)
