# SPDX-License-Identifier: BSD-2-Clause
"""Who runs where and for how long: shares, caps, sleep, more vCPUs than harts, migration."""
import os
import re
import struct
import time

from harness import MODES, add_case, check, check_line, spread
from monitor import ask, open_monitor
from stratalib import disks

LINE = r"^(\S+) +(\d+) +(\d+) +(\w+) +(\d+) +(\d+) +(\d+) +0x[0-9a-f]+ +(\d+)\r?$"


def cell(value):
    return struct.pack(">I", value)


def times(session, limit):
    """vcpu-list: by VM and vCPU the hart, the state, ms run, waited and slept, exits."""
    found = {}
    for name, vcpu, hart, state, *numbers in re.findall(
            LINE, ask(session, "vcpu-list", limit), re.M):
        found[name, int(vcpu)] = (int(hart), state, *map(int, numbers))
    return found


def over(session, seconds, limit):
    """What each vCPU ran, waited, slept (ms) and left (exits) in the next seconds."""
    before = times(session, limit)
    time.sleep(seconds)
    after = times(session, limit)
    return {key: tuple(b - a for a, b in zip(before[key][2:], after[key][2:])) for key in after}


def until(session, limit, right, what):
    """
    What each vCPU has run, waited, slept (ms) and left (exits) from now on, once it is right: when
    the machine has had no time for QEMU, whose turn it was is charged for that, and it takes the
    scheduler a while to make up for it. One that is wrong never does.
    """
    before, end = times(session, limit), session.seconds() + limit
    while True:
        time.sleep(1)
        after = times(session, limit)
        ran = {key: tuple(b - a for a, b in zip(before[key][2:], after[key][2:]))
               for key in after}
        if right(ran):
            return ran
        check(session.seconds() < end, f"{what}: {ran}")


def spinner(bench, name, mode="te", **properties):
    """A VM that never sleeps."""
    tree = bench.tree(f"pvguest-{mode}", bootargs="run=/bin/spin", rename=name)
    for key, value in properties.items():
        tree.hypervisor().props["strata," + key] = cell(value)
    return tree


def monitor(session, vms, limit):
    for name in vms:        # in the order of the archive
        check(session.expect(rf"strata: {name}: mode", limit),
              f"{name} does not run")
    open_monitor(session, limit)
    time.sleep(2)


def weights(bench):
    limit = bench.left() / 4

    def ratio(low, high):
        """heavy's time to light's, after three seconds at least."""
        def right(ran):
            light, heavy = ran["light", 0][0], ran["heavy", 0][0]
            return light + heavy >= 3000 and low <= heavy / light <= high
        return right
    with bench.console([spinner(bench, "light", weight=256),
                        spinner(bench, "heavy", "hw", weight=512)]) as session:
        monitor(session, ("light", "heavy"), limit)
        ran = until(session, limit, ratio(1.9, 2.1), "not 1 to 2")
        light, heavy = ran["light", 0], ran["heavy", 0]
        # Each wait is longer than the other's run by a switch, and the lines are not of one moment.
        check(abs(light[1] - heavy[0]) <= 60 + heavy[0] // 20,
              f"{light[1]} ms stolen while {heavy[0]} ms were run")
        ask(session, "sched-credit heavy weight 256", limit)
        until(session, limit, ratio(0.95, 1.05), "not 1 to 1")
        session.send(b"poweroff\n")
        check(session.finish(limit), "QEMU does not end")


def share(key, wanted, off):
    """Does a vCPU run this part of the time that it would? After a second at least."""
    def right(ran):
        run, wait = ran[key][:2]
        return run + wait >= 1000 and abs(run / (run + wait) - wanted) <= off
    return right


def cap(bench):
    limit = bench.left() / 3

    def capped(ran):
        run, wait = ran["capped", 0][:2]
        return wait >= 500 and wait / 10 <= run <= wait / 2
    with bench.console([spinner(bench, "capped", cap=50)]) as session:
        monitor(session, ("capped",), limit)
        until(session, limit, share(("capped", 0), 0.5, 0.03), "not a half")
        ask(session, "sched-credit capped cap 0", limit)
        ran = over(session, 3, limit)["capped", 0]
        check(ran[1] <= 30, f"without a cap it waited {ran[1]} ms beside {ran[0]}")
        ask(session, "sched-credit capped cap 30", limit)
        until(session, limit, capped, "a cap does not hold for a VM that runs alone")
        session.send(b"poweroff\n")
        check(session.finish(limit), "QEMU does not end")


def cpu_ms(session, limit):
    """top: by VM what it has had, in ms, the work of host interrupts for its devices included."""
    return {name: int(ms) for name, ms in re.findall(
        r"^(\S+) +\d+ +(\d+) +\d+\.\d +\d+\.\d\r?$", ask(session, "top", limit), re.M)}


def disk_cap(bench):
    """
    A VM that sleeps while the machine's disk works for it, and whose interrupts are most of what it
    costs: its cap holds for those, too.
    """
    limit = bench.left() / 3
    busy = bench.tree("pvguest-hw", kernel="diskload", rename="disk")
    busy.add_disk("", "strata,host-disk")
    busy.hypervisor().props["strata,cap"] = cell(10)
    path = bench.file(os.path.basename(bench.log) + ".img", bytes(2 << 20))
    with bench.console([busy, spinner(bench, "good", "hw")],
                       extra=disks.options([path])) as session:
        monitor(session, ("disk", "good"), limit)
        before, end = cpu_ms(session, limit), session.seconds() + limit
        while True:
            time.sleep(1)
            ran = {name: ms - before[name] for name, ms in cpu_ms(session, limit).items()}
            part = ran["disk"] / max(1, sum(ran.values()))
            if sum(ran.values()) >= 3000 and 0.03 < part < 0.13:
                break
            check(session.seconds() < end, f"the disk's VM had {part:.2f}: {ran}")
        own = times(session, limit)["disk", 0][2]
        all_of_it = cpu_ms(session, limit)["disk"]
        # Half of it is interrupts that came while the other one ran; 0 if they count for nobody.
        check(all_of_it > 1.25 * own,
              f"of {all_of_it} ms {own} were its own: its interrupts are free")
        session.send(b"poweroff\n")
        check(session.finish(limit), "QEMU does not end")


def sleep(bench):
    """It waits at its prompt, though it was paused; another VM works beside it, or not."""
    limit = bench.left() / 3
    trees = [bench.tree(f"pvguest-{m}", bootargs="run=/bin/cat", rename=f"sleeper-{m}")
             for m in ("te", "pv", "hw")]
    with bench.console(trees + [spinner(bench, "busy")]) as session:
        monitor(session, ("busy",), limit)
        for tree in trees:
            ask(session, f"pause {tree.name}", limit)
            ask(session, f"unpause {tree.name}", limit)
        end = session.seconds() + limit
        while True:             # they may not have come to their sleep yet
            ran = {key[0]: n for key, n in over(session, 4, limit).items() if key[0] != "busy"}
            if all(n[0] == n[3] == 0 < n[2] for n in ran.values()):
                break
            check(session.seconds() < end, f"they do not sleep: {ran}")
        session.send(b"poweroff\n")
        check(session.finish(limit), "QEMU does not end")


def wait_paused(session, limit, name):
    """None of its vCPUs runs any more: their harts are told by an interrupt."""
    end = session.seconds() + limit
    while any(now[1] != "paused" for key, now in times(session, limit).items() if key[0] == name):
        check(session.seconds() < end, f"{name} does not pause")


def pinned(bench):
    """Harts by vcpu-pin; pause and unpause."""
    limit = bench.left() / 6
    with bench.console([spinner(bench, "one"), spinner(bench, "two", "hw")], cpus=2) as session:
        monitor(session, ("one", "two"), limit)
        for harts in ((0, 0), (1, 1), (1, 0), (0, 1)):
            for name, hart in zip(("one", "two"), harts):
                ask(session, f"vcpu-pin {name} 0 {hart}", limit)
            wanted = 0.5 if harts[0] == harts[1] else 1
            until(session, limit, share(("one", 0), wanted, 0.08), f"on {harts} not {wanted}")
            now = times(session, limit)
            check((now["one", 0][0], now["two", 0][0]) == harts, f"not on {harts}: {now}")
        ask(session, "vcpu-pin one all all", limit)
        ask(session, "pause one", limit)
        wait_paused(session, limit, "one")
        ran = over(session, 1, limit)
        check(ran["one", 0] == (0, 0, 0, 0), f"paused, it had {ran['one', 0]}")
        ask(session, "unpause one", limit)
        until(session, limit, lambda ran: ran["one", 0][0] > 300, "unpaused, it does not run")
        ask(session, "pause one", limit)
        ask(session, "destroy one", limit)
        check(session.expect(r"strata: one: destroyed", limit) or
              "strata: one: destroyed" in session.text(), "a paused VM cannot be destroyed")
        session.send(b"poweroff\n")
        check(session.finish(limit), "QEMU does not end")


def woken(bench):
    """
    vCPUs that wake each other all the time, on harts of their own or on one: moved, paused and
    destroyed, they sleep in their exits or are about to. Whoever is not woken runs no more.
    """
    limit = bench.left() / 6
    trees = [bench.tree("speed", kernel="speed", rename=name, vcpus=2,
                        bootargs="rows=ipi_other count=1000000000") for name in ("one", "two")]

    def go_on(ran):
        return all(ran[name, vcpu][0] >= 10 for name in ("one", "two") for vcpu in (0, 1))

    with bench.console(trees, cpus=3) as session:
        monitor(session, ("one", "two"), limit)
        until(session, limit, go_on, "one does not run")
        for harts in ("01", "00", "12", "21"):
            for vcpu, hart in enumerate(harts):
                ask(session, f"vcpu-pin one {vcpu} {hart}", limit)
            until(session, limit, go_on, f"on {harts} one does not run")
        for _ in range(5):
            ask(session, "pause one", limit)
            ask(session, "unpause one", limit)
        ask(session, "pause two", limit)
        wait_paused(session, limit, "two")
        ran = over(session, 1, limit)
        check(all(ran["two", vcpu] == (0, 0, 0, 0) for vcpu in (0, 1)), f"paused, it had {ran}")
        ask(session, "unpause two", limit)
        until(session, limit, go_on, "unpaused, one does not run")
        ask(session, "destroy one", limit)
        check(session.expect(r"strata: one: destroyed", limit) or
              "strata: one: destroyed" in session.text(), "it cannot be destroyed")
        session.send(b"poweroff\n")
        check(session.finish(limit), "QEMU does not end")


def cpu_seconds(session):
    """What QEMU has used of the machine that the test runs on."""
    with open(f"/proc/{session.process.pid}/stat", encoding="ascii") as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def asleep(bench):
    """Its timer's interrupt is pending for good; the hart's WFI must not see it."""
    limit = bench.left() / 3
    with bench.console([spinner(bench, "one", "hw")]) as session:
        monitor(session, ("one",), limit)
        ask(session, "pause one", limit)
        time.sleep(1)
        used = [cpu_seconds(session)]
        time.sleep(2)
        used.append(cpu_seconds(session))
        ask(session, "unpause one", limit)
        time.sleep(2)
        used.append(cpu_seconds(session))
        paused, running = used[1] - used[0], used[2] - used[1]
        check(paused <= running / 4, f"paused it takes {paused:.2f} s, running {running:.2f} s")
        session.send(b"poweroff\n")
        check(session.finish(limit), "QEMU does not end")


def crowd(mode, cpus, vcpus):
    """The SMP guest with IPIs, remote fences, starts and stops, beside VMs that never sleep."""
    def function(bench):
        base = {"te": "pvguest-te", "pv0": "pvguest-pv0", "pv1": "pvguest-pv",
                "hw": "pvguest-hw"}[mode]
        trees = [bench.tree(base, kernel=name[:-1], rename=name, vcpus=vcpus)
                 for name in ("smp0", "fp0", "fp1")]
        with bench.console(trees, cpus=cpus) as session:
            bench.verdict(session)
            text = session.text()
        check_line(text, r"\[smp0\] \d+ passed, 0 failed")
        check_line(text, r"\[fp1\] \d+ passed, 0 failed")
        check("FAIL:" not in text, "a test failed")
    return function


def floats(bench):
    """Three that use FP by turns on one hart."""
    trees = [bench.tree(f"pvguest-{mode}", kernel="fp", rename=f"fp-{mode}")
             for mode in ("te", "pv", "hw")]
    with bench.console(trees, cpus=1) as session:
        bench.verdict(session)
        text = session.text()
    for tree in trees:
        check_line(text, rf"\[{tree.name}\] \d+ passed, 0 failed")


def few_ids(bench):
    """Without VMIDs and ASIDs all share what there is, and fences keep them apart."""
    trees = [bench.tree(f"pvguest-{mode}", kernel=kernel, rename=f"{mode}-{kernel}", vcpus=2)
             for mode in ("te", "pv", "hw") for kernel in ("paging", "smp")]
    with bench.console(trees, cpus=2, append="vmid-bits=0 asid-bits=0") as session:
        bench.verdict(session)
        text = session.text()
    for tree in trees:
        check_line(text, rf"\[{tree.name}\] \d+ passed, 0 failed")


def add(environment):
    turn = 0
    for mode in MODES:
        if mode == "native":
            continue
        for cpus, vcpus in ((1, 2), (2, 3), (3, 2)):
            turn += 1
            spread(environment, f"the SMP guest passes in {mode} with {vcpus} vCPUs on {cpus} "
                   "harts, beside two other VMs", crowd(mode, cpus, vcpus), turn, "scheduler")
    spread(environment, "VMs that use FP by turns on one hart keep their registers and fcsr",
           floats, 0, "scheduler")
    spread(environment, "more VMs than VMIDs and more address spaces than ASIDs run", few_ids, 1,
           "scheduler")
    spread(environment, "two VMs that never sleep share a hart by their weights", weights, 1,
           "scheduler")
    spread(environment, "a VM gets half a hart with a cap of 50", cap, 2, "scheduler")
    add_case("a VM's cap of 10 holds for the work of the disk that it keeps busy", disk_cap,
             group="scheduler")
    spread(environment, "a VM that sleeps has no exit and no time", sleep, 3, "scheduler")
    add_case("a hart whose VM is paused sleeps, whatever interrupts wait", asleep,
             group="scheduler")
    spread(environment, "vcpu-pin moves a vCPU that runs; pause and unpause", pinned, 4,
           "scheduler")
    add_case("vCPUs that wake each other go on when they are moved and paused, and end when they "
             "are destroyed", woken, group="scheduler")
