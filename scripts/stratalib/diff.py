# SPDX-License-Identifier: BSD-2-Clause
"""strata diff: what changed between two results of make compare; fails above a threshold."""
import argparse

from stratalib import table
from stratalib.export import absolute
from stratalib.result import load
from stratalib.settings import StrataError

WHAT = ("insns", "traps", "mtraps", "wall_ns")
NAMES = {"insns": "instructions", "traps": "traps", "mtraps": "M-mode entries", "wall_ns": "ns"}
MADE_BY = ("compiler", "qemu", "firmware")
THRESHOLD_PERCENT = 1.0
OTHER_MAKERS = 3                # exit status: these two cannot be compared


def add_options(parser):
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = ("exit status: 0 nothing above the threshold, 1 something is dearer or is "
                     "missing,\n2 wrong usage, 3 made by other compilers, QEMUs or firmwares")
    parser.add_argument("old", metavar="OLD.json", type=absolute)
    parser.add_argument("new", metavar="NEW.json", type=absolute)
    parser.add_argument("--threshold", metavar="PCT", type=float, default=THRESHOLD_PERCENT,
                        help=f"per cent by which a figure may grow ({THRESHOLD_PERCENT:g})")
    parser.add_argument("--what", metavar="FIGURE[,FIGURE...]", default="insns,traps",
                        help="of " + " ".join(WHAT) + " (insns,traps)")
    parser.add_argument("--common", action="store_true",
                        help="rows that only one of them has are no failure")
    parser.add_argument("--anyway", action="store_true",
                        help="compare results of other compilers, QEMUs or firmwares, too")
    parser.add_argument("--all", action="store_true", help="print unchanged rows, too")


class Change:
    """A figure in both results."""

    def __init__(self, key, op, what, old, new):
        self.key, self.op, self.what, self.old, self.new = key, op, what, old, new

    def percent(self):
        """How much dearer it is; infinite for what cost nothing before."""
        if self.old:
            return 100 * (self.new - self.old) / self.old
        return 0.0 if self.new == self.old else float("inf")

    def line(self):
        percent = self.percent()
        text = "new" if percent == float("inf") else f"{percent:+.2f} %"
        return (f"{text:>10}  {self.key + ' ' + self.op:26} {NAMES[self.what]:13} "
                f"{table.exact(self.old):>12} -> {table.exact(self.new)}")


class Difference:
    """Changes, the largest first, and the rows that only one result has."""

    def __init__(self, old, new, what=("insns", "traps")):
        self.changes, self.missing, self.added = [], [], []
        for place in dict.fromkeys(old.keys() + new.keys()):
            had, has = (r.value(*place, "insns") is not None for r in (old, new))
            if had and has:
                for figure in what:
                    a, b = old.value(*place, figure), new.value(*place, figure)
                    if a is not None and b is not None:
                        self.changes.append(Change(*place, figure, a, b))
            elif had:
                self.missing.append(place)
            elif has:
                self.added.append(place)
        self.changes.sort(key=lambda c: -abs(c.percent()))

    def worse(self, threshold):
        return [c for c in self.changes if c.percent() > threshold]


def other_makers(old, new):
    """Lines that say why two results cannot be compared."""
    return [f"{name}: {old.data.get(name)} and {new.data.get(name)}" for name in MADE_BY
            if old.data.get(name) != new.data.get(name)]


def show(difference, threshold, every=False):
    """The lines of a difference, without the verdict."""
    lines = [c.line() for c in difference.changes if every or c.new != c.old]
    for word, places in (("missing", difference.missing), ("added", difference.added)):
        lines += [f"{word:>10}  {key} {op}" for key, op in places]
    worse, changed = difference.worse(threshold), [c for c in difference.changes if c.new != c.old]
    lines.append(f"{len(difference.changes)} figures compared: {len(changed)} changed, "
                 f"{len(worse)} dearer by more than {threshold:g} %, "
                 f"{len(difference.missing)} rows missing, {len(difference.added)} added")
    return "\n".join(lines)


def main(args):
    what = [w for w in args.what.split(",") if w]
    for name in what:
        if name not in WHAT:
            raise StrataError(f"no figure {name!r} (there are: {' '.join(WHAT)})", 2)
    if not 0 <= args.threshold < 1e6:
        raise StrataError(f"--threshold: {args.threshold:g} is no number of per cent", 2)
    old, new = load(args.old), load(args.new)
    reasons = other_makers(old, new)
    if reasons and not args.anyway:
        raise StrataError("made differently, so a difference says nothing (--anyway compares all "
                          "the same): " + "; ".join(reasons), OTHER_MAKERS)
    difference = Difference(old, new, what)
    print(show(difference, args.threshold, args.all))
    failed = difference.worse(args.threshold) or (difference.missing and not args.common)
    return 1 if failed else 0
