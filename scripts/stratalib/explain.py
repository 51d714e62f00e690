# SPDX-License-Identifier: BSD-2-Clause
"""strata explain: walk one operation instruction by instruction through the privilege levels."""
import argparse
import json
import os
import shutil
import subprocess

from stratalib import bench, table
from stratalib.settings import (Settings, StrataError, add_machine_options, build_images,
                                deadline_of, environment)
from stratalib.walk import SHAPES, Space, Visit, walk_operation

WALK_SECONDS = 240


# ---- what is printed ----------------------------------------------------------------------------

class Sources:
    """Source files by addr2line and instructions by objdump, if the tools are there."""

    def __init__(self, settings):
        self.tool = settings.compiler()[1] + "addr2line"
        self.objdump = settings.compiler()[1] + "objdump"
        self.known, self.texts = {}, {}

    def instruction(self, elf, address):
        """An instruction as assembly, or its address."""
        if elf is None or not shutil.which(self.objdump):
            return f"the instruction at {address:#x}"
        if (elf, address) not in self.texts:
            where = address - elf.bias
            out = subprocess.run([self.objdump, "-d", "--no-show-raw-insn",
                                  f"--start-address={where:#x}", f"--stop-address={where + 4:#x}",
                                  elf.path], capture_output=True, text=True, check=False).stdout
            line = [x for x in out.splitlines() if f"{where:x}:" in x][:1]
            text = " ".join(line[0].split(":", 1)[1].split()) if line else f"{address:#x}"
            self.texts[elf, address] = text
        return self.texts[elf, address]

    def look_up(self, elf, addresses):
        if elf is None or not shutil.which(self.tool):
            return
        todo = sorted(addresses)
        text = "\n".join(hex(a - elf.bias) for a in todo)
        out = subprocess.run([self.tool, "-e", elf.path], input=text, capture_output=True,
                             text=True, check=False).stdout
        for address, line in zip(todo, out.splitlines()):
            name = line.split(" ")[0].split(":")[0]
            self.known[elf, address] = "" if name.startswith("?") else os.path.relpath(name) \
                if os.path.isabs(name) else name.removeprefix("./")

    def of(self, where):
        return self.known.get(where, "")


def print_visit(visit, sources, most):
    """One level's stay: its functions in order, or the largest ones when there are many."""
    if visit.how:
        print(f"    trap: {visit.how}")
    plural = "" if visit.insns == 1 else "s"
    print(f"{visit.level:3} {visit.who}: {visit.insns} instruction{plural}")
    runs = visit.runs
    if len(runs) > most:
        sums = {}
        for name, where, count in runs:
            sums.setdefault((name, where), [0, 0])
            sums[name, where][0] += count
            sums[name, where][1] += 1
        runs = [(f"{name} ({times} times)" if times > 1 else name, where, count)
                for (name, where), (count, times) in sorted(sums.items(), key=lambda s: -s[1][0])]
        runs = [r for r in runs if r[2]]
    for name, where, count in runs[:40]:
        print(f"    {count:6}  {name:36} {sources.of(where)}".rstrip())
    if len(runs) > 40:
        print(f"    {sum(r[2] for r in runs[40:]):6}  in {len(runs) - 40} more")
    if visit.last and most:
        text = sources.instruction(*visit.last)
        print(f"            ends with {text}" + ("" if visit.retired else
                                                 ", which traps and does not retire"))


def summarize(walk):
    """Visits that repeat for ever (fork) as sums over levels."""
    sums = {}
    for visit in walk.visits:
        into = sums.setdefault((visit.level, visit.who), Visit(visit.level, visit.who))
        into.insns += visit.insns
        into.runs += visit.runs
    return list(sums.values())


def print_walk(walk, sources):
    places = {run[1] for visit in walk.visits for run in visit.runs}
    for elf in {place[0] for place in places}:
        sources.look_up(elf, {place[1] for place in places if place[0] is elf})
    visits = walk.visits
    if len(visits) > 40:
        print(f"{len(visits)} changes of level; here the sums of each level")
        for visit in summarize(walk):
            print_visit(visit, sources, 0)
        return
    for visit in visits:
        print_visit(visit, sources, 60)


def print_steps(walk):
    for level, at, symbol, count in walk.trace:
        name = f"{symbol[0]}+{symbol[1]:#x}" if symbol else "?"
        print(f"{level:3} {at:016x} {name}{'' if count else '  (traps, not retired)'}")


def print_total(op, mode, walk, base, shape, settings):
    value = walk.insns / shape.per_iteration - (base.insns if base else 0)
    levels = {}
    for visit in walk.visits:
        key = f"{visit.level} ({visit.who})"
        levels[key] = levels.get(key, 0) + visit.insns
    print()
    print(f"walked {walk.insns} instructions: " +
          ", ".join(f"{count} in {level}" for level, count in levels.items()) +
          f"; {walk.traps} traps to HS, {walk.mtraps} entries to M-mode")
    if shape.per_iteration > 1:
        print(f"        for {shape.per_iteration} operations")
    if base and base.insns:
        print(f"less   {base.insns} of the same loop without the operation ({shape.base})")
    print(f"total  {table.number(value)} instructions")
    print("       " + judge_total(op, mode, value, settings))


def judge_total(op, mode, value, settings):
    """The total beside what compare counted, if it was for these images."""
    path = settings.path("compare.json")
    try:
        with open(path, encoding="utf-8") as f:
            data = json.load(f)
        counted = next(row["insns"] for row in data["rows"]
                       if (row["op"], row["column"]) == (op, mode.key))
    except (OSError, ValueError, KeyError, StopIteration):
        return "make compare counts the same operation many times over"
    images = {"kernel_sha256": "pvguest/kernel.elf", "strata_sha256": "strata.elf"}
    if any(data.get(key) != bench.sha256_of(settings.path(image))
           for key, image in images.items()) \
            or data["qemu"] != settings.qemu_version() or \
            not data["firmware"].startswith(settings.firmware):
        return f"{path} is of another build, firmware or QEMU"
    if counted == value:
        return f"as compare counted ({path})"
    return (f"compare counted {table.number(counted)} ({path}): its figure is the mean of many "
            "operations, this is one of them")


# ---- the command --------------------------------------------------------------------------------

# Linux has no operations that can be found by their symbols.
MODES = [key for key, mode in bench.MODES.items() if not mode.is_linux]


def add_options(parser):
    parser.formatter_class = argparse.HelpFormatter
    parser.add_argument("--op", default=environment("OP", "csr_read"),
                        help="one of: " + " ".join(SHAPES))
    parser.add_argument("--mode", default=environment("MODE", "te"),
                        help="one of: " + " ".join(MODES) + "; pv is pv1")
    parser.add_argument("--steps", action="store_true", help="print every instruction, too")
    add_machine_options(parser)


def main(args):
    settings = Settings(args)
    build_images()
    mode_key = "pv1" if args.mode == "pv" else args.mode
    if mode_key not in MODES:
        raise StrataError(f"no mode {args.mode!r} (there are: {' '.join(MODES)})", 2)
    if args.op not in SHAPES:
        raise StrataError(f"no operation {args.op!r} to explain (there are: {' '.join(SHAPES)})", 2)
    mode, shape = bench.MODES[mode_key], SHAPES[args.op]
    if args.op == "timer_sstc" and mode.mode in ("te", "pv"):
        raise StrataError(f"timer_sstc in {mode.title}: guests in te and pv have no Sstc; their "
                          "timer is timer_sbi")
    space = Space(settings, mode)
    settings.run_dir()
    walk, base = walk_operation(settings, mode, shape, space, args.op,
                                deadline_of(args, WALK_SECONDS), args.steps)
    print(f"{args.op} in {mode.title}: {bench.OPS[args.op]}\n")
    if args.steps:
        print_steps(walk)
        print()
    print_walk(walk, Sources(settings))
    print_total(args.op, mode, walk, base, shape, settings)
    return 0
