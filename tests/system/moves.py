# SPDX-License-Identifier: BSD-2-Clause
"""
vCPUs that wake each other, sleep or spin are moved, paused and given other shares by random
commands to the monitor, by fixed seeds: all of them go on.
"""
import random
import time

from harness import add_case, check, spread
from monitor import ask
from scheduler import monitor, spinner, times

ROUNDS, ROUNDS_SOAK = 30, 1000
MACHINES = ((41, 3), (42, 2), (43, 4), (44, 1))     # seeds, and on how many harts
VCPUS = {"one": 2, "two": 2, "three": 2, "wakes": 1, "spins": 1}
LENGTH_FACTOR = 2               # of the deadline; in a soak, for as many rounds


def trees(bench):
    found = [bench.tree("speed", kernel="speed", mode=mode, rename=name, vcpus=2,
                        bootargs="rows=ipi_other count=1000000000")
             for name, mode in (("one", "hw"), ("two", "hw"), ("three", "te"))]
    return [*found, spinner(bench, "spins"),
            bench.tree("speed", kernel="speed", rename="wakes",
                       bootargs="rows=wake_up count=1000000000")]


def draw(dice, harts):
    name = dice.choice(list(VCPUS))
    place = dice.choice([*map(str, range(harts)), "all"])
    weight, cap = dice.choice((64, 256, 1024)), dice.choice((0, 0, 10, 50, 150))
    return dice.choice(3 * (f"vcpu-pin {name} {dice.randrange(VCPUS[name])} {place}",) +
                       (f"pause {name}", f"unpause {name}",
                        f"sched-credit {name} weight {weight} cap {cap}"))


def stuck(before, after):
    """Who has neither left its guest nor, spinning, run since."""
    return [key for key, now in after.items()
            if (now[2] if key[0] == "spins" else now[5]) <=
            before[key][2 if key[0] == "spins" else 5]]


def moved(seed, harts, rounds):
    def function(bench):
        bench.deadline *= LENGTH_FACTOR * rounds / ROUNDS
        limit = bench.left() / rounds
        dice = random.Random(seed)
        with bench.console(trees(bench), cpus=harts) as session:
            monitor(session, ("one", "two", "three"), bench.left() / 3)
            for _ in range(rounds):
                commands = [draw(dice, harts) for _ in range(dice.randrange(1, 8))]
                session.send("".join(command + "\n" for command in commands).encode())
                for name in VCPUS:
                    ask(session, f"unpause {name}", 10 * limit)
                before, end = times(session, limit), session.seconds() + 10 * limit
                while still := stuck(before, times(session, limit)):
                    check(session.seconds() < end, f"{still} do not go on behind {commands}")
                    time.sleep(0.05)
            session.send(b"poweroff\n")
            check(session.finish(10 * limit), "QEMU does not end")
    return function


def add(environment):
    spread(environment, "vCPUs go on wherever random commands move them", moved(40, 3, ROUNDS), 0,
           "moves")
    for seed, harts in MACHINES if environment.soak else ():
        add_case(f"vCPUs go on wherever {ROUNDS_SOAK} rounds of random commands move them, seed "
                 f"{seed}, on harts: {harts}", moved(seed, harts, ROUNDS_SOAK), group="moves",
                 heavy=True)
