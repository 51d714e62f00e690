# SPDX-License-Identifier: BSD-2-Clause
"""Random commands to the monitor, by fixed seeds: it answers each, and nothing is left behind."""
import os
import random
import socket
import time

from harness import Failure, add_case, check
from lifecycle import full_machine, ready, settled, wait, wait_free
from monitor import ESCAPE, ask, listed, open_monitor
from scheduler import spinner
from stratalib import disks

MACHINES = ((31, 3), (32, 3), (33, 2), (34, 1))     # seeds, and on how many harts
COMMANDS = 3000
LENGTH_FACTOR = 8               # of the deadline
STAYS = "stays"                 # would the last VM end, the machine would, too
WORK = {"te": "This is pvguest", "pv": "This is pvguest", "hw": "This is pvguest",
        "guest-rtc": r"\d+ passed, 0 failed", "guest-aia": r"\d+ passed, 0 failed"}
NONSENSE = ("", "p", "destroy", "destroy nobody", "stats te 99999999999999999999", "list te",
            "vcpu-pin te 0 9", "vcpu-pin te all", "sched-credit te cap", "sched-credit te weight 0",
            "create " + "x" * 150, "a b c d e f g h i")


def nine(bench):
    """VMs of each mode and with each device; some restart, end by themselves, wake each other."""
    busy = bench.tree("pvguest-hw", kernel="diskload", rename="busy")
    busy.add_disk("", "strata,host-disk")
    return [spinner(bench, STAYS, "hw"),
            *(full_machine(bench, mode) for mode in ("te", "pv", "hw")),
            bench.tree("guest-rtc"), bench.tree("guest-aia", mode="te"), busy,
            bench.tree("pvguest-hw", kernel="reboot", rename="boots", vcpus=2),
            bench.tree("speed", kernel="speed", rename="ipi", vcpus=2,
                       bootargs="rows=ipi_other count=1000000000")]


def draw(dice, names, harts):
    """A command. Whatever is drawn, the dice are thrown equally often."""
    name, other = dice.choice(names), dice.choice([STAYS, *names])
    vcpu, hart = dice.choice(("0", "1", "all")), dice.choice(("0", str(harts - 1), "all"))
    weight, cap = dice.randrange(1, 1000), dice.choice((0, 10, 100))
    return dice.choice((
        f"create {name}", f"create {name}", f"create {name}", f"destroy {name}",
        f"destroy {name}",
        f"pause {other}", f"unpause {other}", f"unpause {other}",
        f"vcpu-pin {other} {vcpu} {hart}", f"sched-credit {other} weight {weight} cap {cap}",
        "list", "top", "vcpu-list", "info", "sched-credit", "stats", f"stats {other}",
        f"stats {other} 0", "trace on", "trace off", "trace off", f"trace {other}", "trace all",
        "trace dump 3", "help", dice.choice(NONSENSE)))


def registers(path, out):
    """What QEMU says of all harts, three times, into a file."""
    with socket.socket(socket.AF_UNIX) as monitor, open(out, "wb") as log:
        monitor.connect(path)
        monitor.settimeout(2)
        for _ in range(3):
            monitor.sendall(b"info registers -a\n")
            try:
                while True:
                    log.write(monitor.recv(65536))
            except socket.timeout:
                time.sleep(0.5)


def throw(bench, session, dice, names, harts, limit):
    """All the commands; behind about each second one everything must have been answered."""
    for number in range(1, COMMANDS + 1):
        command = draw(dice, names, harts)
        session.send(command.encode() + b"\n")
        if dice.random() < 0.05:
            session.send(b"console " + STAYS.encode() + b"\n" + ESCAPE + b"m")
        if dice.random() < 0.5:
            continue
        try:
            ask(session, "info", limit)
        except Failure:
            check(not session.ended(), f"QEMU ended behind command {number}, {command}: "
                  f"{session.complaints()}")
            registers(bench.qemu_monitor, bench.log + ".registers")
            raise Failure(f"the monitor is silent behind command {number}, {command}; the harts' "
                          f"registers are in {bench.log}.registers") from None
        if dice.random() < 0.1:
            session.poll(0.5)


def emptied(session, names, limit):
    """As before the commands, all of these ended; KiB that are free then."""
    ask(session, "trace off", limit)
    for name in (*names, STAYS):
        for command in ("vcpu-pin {} all all", "sched-credit {} weight 256 cap 0", "unpause {}"):
            ask(session, command.format(name), limit)
    for name in names:
        ask(session, f"destroy {name}", limit)

    def empty():
        have = listed(session, limit)
        return set(have) == {*names, STAYS} and not any(have[name][0] for name in names)
    wait(session, limit, empty, "VMs that were destroyed do not go")
    free, promised = settled(session, limit)
    check(promised == 0, f"{promised} KiB are still promised to disks")
    return free


def created(session, names, limit):
    session.mark = len(session.text())
    for name in names:
        ask(session, f"create {name}", limit)
    ready(session, WORK, WORK, limit)


def commands(seed, harts):
    def function(bench):
        limit = bench.left() / 2
        bench.deadline *= LENGTH_FACTOR
        trees = nine(bench)
        names = [tree.name for tree in trees if tree.name != STAYS]
        path = bench.file(os.path.basename(bench.log) + ".img", bytes(2 << 20))
        bench.qemu_monitor = os.path.join(bench.directory, f"{seed}.monitor")
        extra = [*disks.options([path]), "-monitor", f"unix:{bench.qemu_monitor},server,nowait"]
        with bench.console(trees, cpus=harts, extra=extra) as session:
            session.mark = 0
            check(session.expect(f"strata: {names[-1]}: mode", limit), "they do not start")
            open_monitor(session, limit)
            ready(session, WORK, WORK, limit)
            ask(session, "trace on", limit)     # it keeps its rings
            before = emptied(session, names, limit)
            created(session, names, limit)
            throw(bench, session, random.Random(seed), names, harts, limit)
            emptied(session, names, limit)
            wait_free(session, limit, before)
            created(session, names, limit)
            session.send(b"poweroff\n")
            check(session.finish(limit), "QEMU does not end")
        check("panic" not in session.text(), "the hypervisor panics")
    return function


def add(environment):
    for seed, harts in MACHINES if environment.soak else ():
        add_case(f"{COMMANDS} random commands to the monitor are answered and leave nothing "
                 f"behind, seed {seed}, on harts: {harts}", commands(seed, harts), group="commands",
                 heavy=True)
