# SPDX-License-Identifier: BSD-2-Clause
"""strata baseline: count two dozen rows again; fail if one is dearer than tests/baseline.json."""
import argparse
import json
import os

from stratalib import bench, compare, diff, export, speed
from stratalib.result import Result, load
from stratalib.settings import StrataError, add_machine_options, build_images

FILE = "tests/baseline.json"
OPS = ("null_call", "fork", "ctx_2p_0k", "mmap", "prot_fault", "page_fault", "csr_read",
       "irq_toggle", "sfence", "null_sbi", "ipi_self", "mmio_read")
# Of the table of hw beside native, those that no row above stands for.
SPEED = ("set_timer", "ipi_call", "console_byte", "mmio_write", "ipi_other", "blk_read_512",
         "blk_load_4k", "net_load_64", "net_load_1500", "wake_up", "vm_ping_pong")
THRESHOLD_PERCENT = 2.0
KEPT = ("schema", "qemu", "firmware", "compiler")
KEPT_OF_COLUMN = ("key", "title", "mode", "world", "pv_step", "base", "firmware", "qemu")
KEPT_OF_ROW = ("op", "suite", "column", "insns", "traps", "skip")

EPILOG = f"""\
exit status: 0 nothing dearer by more than the threshold, 1 something is or is missing, 3 {FILE}
was made with another compiler, QEMU or firmware, so nothing can be said. --update makes it anew;
commit it with the change that made a row dearer, and say why.
"""


def add_options(parser):
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = EPILOG
    parser.add_argument("--update", action="store_true", help=f"write {FILE} instead")
    parser.add_argument("--threshold", metavar="PCT", type=float, default=THRESHOLD_PERCENT,
                        help=f"per cent by which a figure may grow ({THRESHOLD_PERCENT:g})")
    add_machine_options(parser)


def _kept(data, names):
    return {name: data[name] for name in names if data.get(name) is not None}


def lasting(data):
    """What of a result is worth keeping, as text with one line for each row."""
    head = json.dumps({**_kept(data, KEPT),
                       "columns": [_kept(c, KEPT_OF_COLUMN) for c in data["columns"]]}, indent=1)
    rows = ",\n".join("  " + json.dumps(_kept(row, KEPT_OF_ROW)) for row in data["rows"])
    return head.rstrip("}").rstrip() + ',\n "rows": [\n' + rows + "\n ]\n}\n"


def refuse_others(old, new):
    """The two must have been made by the same compiler, QEMU and firmware."""
    reasons = diff.other_makers(old, new)
    if reasons:
        raise StrataError(f"{FILE} was made differently: {'; '.join(reasons)}", diff.OTHER_MAKERS)


def prepare(args):
    """What is to be measured: these rows in every mode."""
    words = argparse.Namespace(**vars(args), qemus=None, firmwares=None)
    places = compare.places_of(words, bench.parse_modes("native,te,pv,hw"))
    return compare.Comparison([op for op in bench.OPS if op in OPS], places)


def refuse_early(old, result):
    """The same, before anything ran; the firmware's version is known only afterwards."""
    settings = result.settings
    about = {"qemu": settings.qemu_version(), "compiler": settings.compiler()[0],
             "firmware": f"{settings.firmware}: {old.data['firmware'].partition(': ')[2]}"}
    refuse_others(old, Result({**old.data, **about}))


def measure_speed(args, settings, logs):
    """Rows of hw beside native, as those of a comparison."""
    for row in speed.measure(settings, args, speed.rows_of(SPEED), logs):
        if "error" in row:
            raise StrataError(f"{row['op']}: {row['error']}")
        yield {"op": row["op"], "suite": speed.SUITE, "column": "hw", "insns": row["hw"],
               "traps": row["traps"], "skip": row["skip"]}


def measure(args, result):
    """Counts alone, as compare.json has them."""
    places = result.places
    for place in places:
        place.settings.bios()
    logs = result.settings.path("compare", "baseline")
    os.makedirs(logs, exist_ok=True)
    compare.count_all(result, args, compare.Progress(result.ops), logs)
    if result.problems:
        raise StrataError("; ".join(result.problems))
    data = result.as_json()
    data["rows"] += measure_speed(args, result.settings, logs)
    return data


def main(args):
    old = None if args.update else load(FILE)
    build_images()
    result = prepare(args)
    if old:
        refuse_early(old, result)
    data = measure(args, result)
    if args.update:
        export.write_file(FILE, lasting(data))
        print(f"{FILE}: {len(data['rows'])} rows")
        return 0
    new = Result(data)
    refuse_others(old, new)
    found = diff.Difference(old, new)
    print(diff.show(found, args.threshold))
    return 1 if found.worse(args.threshold) or found.missing else 0
