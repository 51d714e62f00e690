# SPDX-License-Identifier: BSD-2-Clause
"""strata interfaces: how wide each interface is, counted in the programs that were built."""
import argparse
import glob
import re
from collections import Counter

from stratalib.callgraph import CallGraph
from stratalib.settings import Settings, add_machine_options, build_images

NOTE = ("Entries: what one can ask for. Reachable: functions that the entries can come to over "
        "calls, branches and tables of functions, and the source lines that these were made from. "
        "A table that is only found at run time counts in full; what ends the machine is not "
        "followed. A line that can be reached is not one that is wrong: the figures bound where to "
        "look, they do not prove safety.")

ENDS = ("panic", "assert_fail", "panic_trap")       # the machine or the kernel stops there
LOOP = ("guest_trap", "sched_run")                  # the way in, and what follows a stay
HEADERS = "/usr/include/asm-generic/unistd.h"       # of the host; the same numbers on RISC-V


def add_options(parser):
    parser.formatter_class = argparse.HelpFormatter
    add_machine_options(parser)


def _row(title, graph, roots, entries):
    functions = graph.reach(roots, ENDS)
    return {"title": title, "entries": entries, "functions": len(functions),
            "lines": graph.line_count(functions)}


def _words(graph, name):
    """The pointers in a table of the program, in order."""
    return [p for where in graph.table(name) for p in graph.pointers(*where)]


def linux_calls():
    """System calls of Linux' generic table by the host's header; None without it."""
    try:
        with open(HEADERS, encoding="utf-8") as f:
            text = f.read()
    except OSError:
        return None
    return len(set(re.findall(r"^#define __NR(?:3264)?_(?!arch_specific|syscalls)(\w+)\s+\d+",
                              text, re.M)))


def sbi_functions():
    """SBI functions that have a name, without Strata's own extension."""
    with open("hypervisor/vsbi/names.c", encoding="utf-8") as f:
        text = f.read()
    found = re.findall(r"\*const (\w+)_functions\[\] = \{(.*?)\};", text, re.S)
    return sum(len(re.findall(r'"\w+"', body)) for name, body in found if name != "strata")


def device_registers():
    """Registers, and areas of registers, that the emulated devices tell apart."""
    found = set()
    for path in glob.glob("hypervisor/vdev/*.c"):
        with open(path, encoding="utf-8") as f:
            found |= set(re.findall(r"\b(?:case|offset >=) (V[A-Z]+_\w+)", f.read()))
    return len(found)


def _operations(graph, pattern=r"\w+_ops"):
    """
    Tables of operations that are called over pointers in structures: which one, only run time
    knows, so all of them count.
    """
    return [where for name, places in graph.named.items() if re.fullmatch(pattern, name)
            for where, _ in places]


def _devices(graph):
    """Roots of the emulated devices: their operations, and what they have called back."""
    code = [where for name, (where, _) in graph.elf.named.items()
            if re.match(r"v[a-z]+_dev_", name)]
    exits = [graph.code("mmio_exit_load"), graph.code("mmio_exit_store")]
    return code + exits + _operations(graph, r"v\w+_ops|console_\w+_ops")


def _handled(pointers):
    """How many entries of a table of exits are not the usual answer."""
    return len(pointers) - Counter(pointers).most_common(1)[0][1] if pointers else 0


def measure(settings):
    """{"rows": [...], "note": ...} for compare.json."""
    prefix = settings.compiler()[1]
    kernel = CallGraph(settings.need(settings.path("pvguest", "kernel.elf")), prefix)
    strata = CallGraph(settings.need(settings.path("strata.elf")), prefix)
    calls = _words(kernel, "syscall_table")
    rows = [_row("system calls of pvguest's kernel (a container's wall)", kernel, calls,
                 len(set(calls)))]
    linux = linux_calls()
    if linux:
        rows.append({"title": "system calls of Linux (a container's wall; its code not counted)",
                     "entries": linux, "functions": "-", "lines": "-"})
    devices = _devices(strata)
    for mode in ("hw", "te", "pv"):
        exits = _words(strata, f"{mode}_exits")
        roots = exits + [strata.code(name) for name in LOOP] + devices + _operations(strata)
        roots += [where for where, _ in strata.table("mode_" + mode)]
        rows.append(_row(f"{mode}: all that can stop a guest, by cause (a virtual machine's wall)",
                         strata, roots, _handled(exits)))
    hypercalls = _words(strata, "calls")
    rows += [_row("of these: SBI calls", strata, [strata.code("vsbi_call")], sbi_functions()),
             _row("of these: hypercalls of mode pv", strata, hypercalls, len(hypercalls)),
             _row("of these: device registers", strata, devices, device_registers())]
    everything = strata.reach(strata.functions)
    rows.append({"title": "Strata as a whole", "entries": "-", "functions": len(everything),
                 "lines": strata.line_count(everything)})
    return {"rows": rows, "note": NOTE}


def text(found):
    """The table for a terminal."""
    lines = [f"{'interface':70} {'entries':>8} {'functions':>10} {'lines':>7}"]
    lines += [f"{r['title']:70} {r['entries']:>8} {r['functions']:>10} {r['lines']:>7}"
              for r in found["rows"]]
    return "\n".join(lines + ["", found["note"]])


def main(args):
    settings = Settings(args)
    build_images()
    print(text(measure(settings)))
    return 0
