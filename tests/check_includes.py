#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Check that #include lines point down the floors of the house.

A room may include itself, its neighbours on the same floor and everything below; what it would
need from above stands in the wrong room. pvguest knows of a hypervisor in kernel/priv only.
"""
import os
import re
import sys

FLOORS = (("lib",), ("drv",), ("hart",), ("mem",), ("vm", "emul"),
          ("mode", "pv", "vsbi", "vdev"), ("monitor",), ("boot",))
FLOOR = {room: n for n, rooms in enumerate(FLOORS) for room in rooms}
INCLUDE = re.compile(r'^\s*#\s*include\s*["<]([^">]+)[">]')


def includes(path):
    """[(line number, name)] of the file's #include lines."""
    with open(path, encoding="utf-8") as f:
        return [(n, m.group(1)) for n, line in enumerate(f, 1) if (m := INCLUDE.match(line))]


def sources(top):
    """Paths of C and assembly files below top, sorted."""
    found = []
    for base, _, files in os.walk(top):
        found += [os.path.join(base, f) for f in files if f.endswith((".c", ".h", ".S"))]
    return sorted(found)


def check_hypervisor():
    """Messages about hypervisor files that include upwards."""
    bad = []
    for path in sources("hypervisor"):
        room = path.split("/")[1]
        if room == "include":
            for n, name in includes(path):
                if name.split("/")[0] in FLOOR:
                    bad.append(f"{path}:{n}: the machine's headers include {name}")
            continue
        if room not in FLOOR:
            bad.append(f"{path}: hypervisor/{room} is on no floor (tests/check_includes.py)")
            continue
        for n, name in includes(path):
            other = name.split("/")[0] if "/" in name else room
            if FLOOR.get(other, 0) > FLOOR[room]:
                bad.append(f"{path}:{n}: {room} includes {name} from the floor above")
    return bad


def check_pvguest():
    """Messages about pvguest files outside priv that know of the hypervisor."""
    bad = []
    for path in sources("pvguest"):
        if path.startswith("pvguest/kernel/priv/"):
            continue
        bad += [f"{path}:{n}: only pvguest/kernel/priv may include {name}"
                for n, name in includes(path) if name.startswith("strata/")]
    return bad


def main():
    bad = check_hypervisor() + check_pvguest()
    for line in bad:
        print(line)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
