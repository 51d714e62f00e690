# SPDX-License-Identifier: BSD-2-Clause
"""The result of a comparison, as compare.json holds it: what tables, report and diff read."""
import json

from stratalib.settings import StrataError

SCHEMA = 2
METRICS = ("insns", "traps", "mtraps", "wall_ns")
PRIMARY_FIRMWARE = "strata"


class Column:
    """One way to run the guest: a mode, on a firmware, on a QEMU."""

    def __init__(self, data):
        self.data = data
        self.key, self.title, self.mode = data["key"], data["title"], data["mode"]
        self.firmware, self.qemu = data.get("firmware"), data.get("qemu")
        self.base = data.get("base", "native")      # key of the column it is measured against
        self.short = self.key.split("/")[0]         # without firmware and QEMU: names its colour


def _old_columns(data):
    """Columns of schema 1, which had none: from its rows."""
    firmware, found = data["firmware"].split(":")[0], {}
    for row in data["rows"]:
        step = row["pv_step"]
        key = row["mode"] + ("" if step is None else str(step))
        found.setdefault(key, {
            "key": key, "mode": row["mode"], "firmware": firmware, "qemu": data["qemu"],
            "title": row["mode"] if step is None else f"{row['mode']} step {step}"})
    return list(found.values())


def _key_of(row):
    step = row.get("pv_step")
    return row.get("column") or row["mode"] + ("" if step is None else str(step))


class Result:
    """Rows by column and operation."""

    def __init__(self, data):
        self.data = data
        self.columns = [Column(c) for c in data.get("columns") or _old_columns(data)]
        self._rows = {(_key_of(row), row["op"]): row for row in data["rows"]}
        self.ops = list(dict.fromkeys(row["op"] for row in data["rows"]))
        self.suites = {}            # suite: its operations, in the table's order
        for row in data["rows"]:
            ops = self.suites.setdefault(row.get("suite") or "", [])
            if row["op"] not in ops:
                ops.append(row["op"])
        self.failed = data.get("failed", {})
        self.problems = data.get("problems", [])
        self.has_times = any(row.get("wall_ns") is not None for row in data["rows"])

    def keys(self):
        """(column, operation) of each row, in order."""
        return list(self._rows)

    def row(self, key, op):
        return self._rows.get((key, op))

    def value(self, key, op, what):
        """A figure of a cell, per operation; None if it was not measured."""
        row = self.row(key, op)
        return row.get(what) if row else None

    def skipped(self, key, op):
        """Why a cell is empty: the guest's reason, or "failed", or None."""
        row = self.row(key, op)
        return "failed" if row is None else row.get("skip")

    def title(self, key):
        return next((c.title for c in self.columns if c.key == key), key)

    def base(self, key):
        """The key of the column that this one is compared with."""
        return next((c.base for c in self.columns if c.key == key), "native")

    def ratio(self, key, op, what="insns"):
        value, base = self.value(key, op, what), self.value(self.base(key), op, what)
        return value / base if value is not None and base else None

    def breakdown(self, key, op):
        """{"guest": N, "hypervisor": {cause: N}, "firmware": N or None}, or None."""
        return self.value(key, op, "breakdown")

    def about(self):
        """What made these figures, in one line."""
        return f"{self.data['qemu']}; {self.data['firmware']}; {self.data['compiler']}"


def load(path):
    """The Result in a file that make compare wrote."""
    try:
        with open(path, encoding="utf-8") as f:
            data = json.load(f)
        if data["schema"] not in (1, SCHEMA):
            raise StrataError(f"{path}: schema {data['schema']}, this is {SCHEMA}", 2)
        return Result(data)
    except OSError as err:
        raise StrataError(f"{path}: {err.strerror}", 2) from None
    except (ValueError, KeyError, TypeError, AttributeError) as err:
        raise StrataError(f"{path} is no result of make compare ({type(err).__name__}: {err})",
                          2) from None
