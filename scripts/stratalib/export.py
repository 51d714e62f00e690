# SPDX-License-Identifier: BSD-2-Clause
"""A comparison as comma-separated values and as Markdown; also the command strata report."""
import argparse
import csv
import io
import os
import sys

from stratalib import report, table
from stratalib.files import replacing
from stratalib.result import load
from stratalib.settings import TOP, StrataError, environment

FIELDS = ("suite", "op", "column", "mode", "pv_step", "world", "firmware", "qemu", "insns", "traps",
          "mtraps", "wall_ns", "ratio_insns", "ratio_wall", "skip")


def as_csv(result):
    """One line for each cell of the table, one column for each figure; empty: not measured."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(FIELDS)
    for key, op in result.keys():
        row = dict(result.row(key, op))
        column = next(c for c in result.columns if c.key == key)
        row.update(column=key, firmware=column.firmware, qemu=column.qemu)
        for name, what in (("ratio_insns", "insns"), ("ratio_wall", "wall_ns")):
            ratio = result.ratio(key, op, what)
            row[name] = None if ratio is None else f"{ratio:.4f}"
        writer.writerow(["" if row.get(f) is None else row[f] for f in FIELDS])
    return out.getvalue()


def _markdown_cell(result, column, op):
    if result.skipped(column.key, op):
        return "-"
    insns = table.number(result.value(column.key, op, "insns"))
    if column.key == column.base:
        return insns
    traps = table.small(result.value(column.key, op, "traps"))
    return f"{insns} / {traps} / {table.ratio(result.ratio(column.key, op))}"


def as_markdown(result):
    """Tables of I / T / ratio, one for each suite, as in the README."""
    out = []
    for suite, ops in result.suites.items():
        out += [f"### {suite}", ""] if suite else []
        out += ["| operation | " + " | ".join(c.title for c in result.columns) + " |",
                "|---" + "|---:" * len(result.columns) + "|"]
        for op in ops:
            cells = " | ".join(_markdown_cell(result, c, op) for c in result.columns)
            out.append(f"| `{op}` | {cells} |")
        out.append("")
    out += ["In each cell: instructions / traps to the hypervisor / ratio of the instructions to "
            "native.", "", result.about() + "."]
    return "\n".join(out) + "\n"


WRITERS = {"csv": as_csv, "markdown": as_markdown}


def write_file(path, text):
    """A file that is complete or as before; an error says which file."""
    try:
        with replacing(path) as f:
            f.write(text)
    except OSError as err:
        raise StrataError(f"{path}: {err.strerror}", 2) from None


def absolute(path):
    """A file that the user names, wherever the command was started; - is standard output."""
    return path if path in (None, "-") else os.path.abspath(path)


def add_export_options(parser):
    for name in WRITERS:
        parser.add_argument(f"--{name}", metavar="FILE", nargs="?", const="-",
                            type=absolute, default=absolute(environment(name.upper())),
                            help=f"write the table as {name} (to standard output, if no FILE)")


def write_exports(result, args):
    """What was asked for; true if it took the place of the table on standard output."""
    printed = False
    for name, writer in WRITERS.items():
        path = getattr(args, name)
        if path == "-":
            sys.stdout.write(writer(result))
            printed = True
        elif path:
            write_file(path, writer(result))
    return printed


# ---- strata report: a result that is there already ----------------------------------------------

def add_options(parser):
    parser.formatter_class = argparse.HelpFormatter
    parser.add_argument("file", metavar="COMPARE.JSON", nargs="?", type=absolute,
                        help="a result of make compare (build/compare.json)")
    parser.add_argument("--html", metavar="FILE", type=absolute, help="write the page")
    add_export_options(parser)


def main(args):
    path = args.file or os.path.join(TOP, environment("O", "build"), "compare.json")
    result = load(path)
    if args.html:
        write_file(args.html, report.html(result))
    if not write_exports(result, args) and not args.html:
        print(table.everything(result))
    return 0
