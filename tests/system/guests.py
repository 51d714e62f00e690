# SPDX-License-Identifier: BSD-2-Clause
"""The bare test guests of tests/guest, each natively and in every mode."""
import glob
import os
import re

from harness import MODES, Failure, add_case, check, check_line, check_status, last_line, spread

# Those that have cases of their own, that measure, or are about the machine below only.
NATIVE_ONLY = ("firmware",)
APART = ("aia", "console", "diskload", "entropy", "hostile", "hostile_csr", "hostile_mmio",
         "hostile_sbi", "migrate", "remap", "rtc", "share", "speed", "speed_io", "virtio",
         "virtio_console", "virtio_hostile")
# What the machine has for IPIs, by its interrupt controllers.
KICKS = {"none": "SSWI", "aplic-imsic": "IMSIC", "clint": "SBI"}


def guest_names(out):
    found = glob.glob(os.path.join(out, "tests", "guest", "*.elf"))
    return sorted(n for n in (os.path.basename(f)[:-4] for f in found) if n not in APART)


def run_guest(name, mode, cpus=1, more=()):
    """A case: the guest reports no failed test and powers off cleanly."""
    def function(bench):
        result = bench.strata("run", "--kernel", name, "--mode", mode, "--cpus", str(cpus), *more)
        failed = [line for line in result.out.splitlines() if line.startswith("FAIL:")]
        check(not failed, f"{len(failed)} failed, the first: {failed[:1]}")
        check_line(result.out, r"^\d+ passed, 0 failed")
        check_status(result, 0)
    return function


def run_aia(mode, guests):
    """A case: APLIC and IMSIC, on a machine with so many guest interrupt files; None: no AIA."""
    def function(bench):
        machine = [] if guests is None else ["--aia", f"aplic-imsic,guests={guests}"]
        result = bench.strata("run", "--vm", "guest-aia", "--mode", mode, *machine)
        check_line(result.out, r"^8 passed, 0 failed")
        check_status(result, 0)
    return function


def run_kicks(controller, by):
    """A case: vCPUs on two harts, which interrupt each other so."""
    def function(bench):
        result = bench.strata("run", "--kernel", "smp", "--mode", "hw", "--vcpus", "3", "--cpus",
                              "2", "--aia", controller)
        check_line(result.out, rf"^Strata, .* IPIs by {by},")
        check_line(result.out, r"^\d+ passed, 0 failed, 0 skipped")
        check_status(result, 0)
    return function


def run_rtc(mode):
    """A case: a VM with a real-time clock; natively the machine's own."""
    def function(bench):
        what = ["--kernel", "rtc"] if mode == "native" else ["--vm", "guest-rtc"]
        result = bench.strata("run", *what, "--mode", mode)
        check_line(result.out, r"^4 passed, 0 failed")
        check_status(result, 0)
    return function


def run_migrate(guests):
    """A case: more vCPUs than harts, whose interrupt files move with them; for few there is one."""
    def function(bench):
        result = bench.strata("run", "--vm", "guest-aia", "--kernel", "migrate", "--mode", "hw",
                              "--aia", f"aplic-imsic,guests={guests}", "--vcpus", "5",
                              "--cpus", "3")
        check_line(result.out, r"^2 passed, 0 failed")
        check_status(result, 0)
    return function


def seeds(bench):
    """A case: what a VM that reboots takes its random numbers from is another thing each time."""
    result = bench.strata("run", "--kernel", "reboot", "--mode", "hw")
    found = re.findall(r"^boot \d, seed ([0-9a-f]{16})", result.out, re.M)
    check(len(found) == 4 and len(set(found)) == 4, f"the seeds of four boots: {found}")
    check_status(result, 0)


def share(bench):
    """
    A case: one that does nothing but reboot beside one that measures what it is left. At 16 ns an
    instruction, so that images of a size that is loaded fast keep a slow hart busy for long.
    """
    images = bench.file(os.path.basename(bench.log) + ".initrd", bytes(16 << 20))
    trees = [bench.tree("pvguest-hw", kernel="share", rename="victim"),
             bench.tree("guest-aia", mode="te", kernel="share", bootargs="reboot", rename="storm",
                        initrd=images)]
    with bench.console(trees, extra=["-icount", "shift=4,sleep=off"]) as session:
        verdict = bench.verdict(session)
        text = session.text()
    check_line(text, r"^\[victim\] 3 passed, 0 failed")
    check_line(text, r"^strata: storm: reboots")
    for name in ("victim", "storm"):
        check(verdict.ended.get(name, ("",))[0] == "shut down", f"{name}: {verdict.ended}")


def counted_alone(mode):
    """A case: a vCPU's hardware counters leave out what its neighbour does on the same hart."""
    def function(bench):
        trees = [bench.tree(f"pvguest-{mode}", mode=mode, kernel="pmu", bootargs=word, rename=word)
                 for word in ("exact", "spin")]
        with bench.console(trees, extra=["-icount", "shift=0,sleep=off"]) as session:
            verdict = bench.verdict(session)
            text = session.text()
        check_line(text, r"^\[exact\] 3 passed, 0 failed")
        for name in ("exact", "spin"):
            check(verdict.ended.get(name, ("",))[0] == "shut down", f"{name}: {verdict.ended}")
    return function


def transcript(bench, name, mode, *options):
    """The lines of a guest that must be the same in every mode."""
    result = bench.strata("run", "--kernel", name, "--mode", mode, *options)
    check_status(result, 0)
    lines = [line for line in result.out.splitlines() if line.startswith("T:")]
    check(lines, f"no transcript in {mode}: {last_line(result.out)}")
    return lines


def compare_transcripts(mode):
    def function(bench):
        native, other = transcript(bench, "csr", "native"), transcript(bench, "csr", mode)
        for a, b in zip(native, other):
            if a != b:
                raise Failure(f"native {a!r}, {mode} {b!r}")
        check(len(other) >= len(native), f"{len(native)} accesses natively, {len(other)} in {mode}")
    return function


def compare_paths(name, mode):
    def function(bench):
        fast, slow = (transcript(bench, name, mode, "--fast", how) for how in ("on", "off"))
        for a, b in zip(fast, slow):
            if a != b:
                raise Failure(f"fast {a!r}, in C {b!r}")
        check(len(fast) == len(slow), f"{len(fast)} lines, {len(slow)} in C")
    return function


def describe(name, mode):
    where = "natively" if mode == "native" else f"in {mode}"
    return f"the test guest {name} passes {where}"


def add(environment):
    turn = 0
    for name in guest_names(environment.out):
        for mode in MODES:
            if name in NATIVE_ONLY and mode != "native":
                continue
            turn += 1
            spread(environment, describe(name, mode), run_guest(name, mode), turn, "guests")
    for mode, guests in (("te", None), ("hw", 1), ("pv", None), ("hw", 0)):
        turn += 1
        where = "" if guests is None else f" with {guests} guest interrupt files"
        spread(environment, describe("aia", mode) + where, run_aia(mode, guests), turn, "guests")
    for turn, (controller, by) in enumerate(KICKS.items()):
        spread(environment, f"harts interrupt each other by {by}: IPIs, fences, starts and stops "
               "of the test guest smp", run_kicks(controller, by), turn, "guests")
    for mode in ("native", "te", "pv", "hw"):
        turn += 1
        spread(environment, describe("rtc", mode), run_rtc(mode), turn, "guests")
    for turn, guests in enumerate((3, 1)):
        spread(environment, "vCPUs change harts with what is in their interrupt files, while they "
               f"fence and send MSIs, with {guests} guest interrupt files a hart",
               run_migrate(guests), turn + 1, "guests")
    add_case("each boot of a VM has an rng-seed of its own", seeds, group="guests")
    add_case("a VM that does nothing but reboot leaves its neighbour its share of the hart", share,
             group="guests")
    for mode in ("te", "hw"):
        add_case("the cycles and instructions of SBI PMU are the vCPU's own, not its neighbour's, "
                 f"in {mode}", counted_alone(mode), group="guests")
    if not environment.quick:
        add_case("the test guest firmware passes natively on two harts",
                 run_guest("firmware", "native", 2), group="guests")
    for mode in ("te", "pv", "hw"):
        spread(environment, f"two vCPUs on one hart see what they steal from each other in {mode}",
               run_guest("sta", mode, 1, ("--vcpus", "2")), turn, "guests")
    add_case("an instruction that another vCPU unmaps and maps again is looked at in hw",
             run_guest("remap", "hw", 2, ("--vcpus", "2")), group="guests")
    for mode, cpus in (("te", 1), ("hw", 2)):
        add_case(f"each hart counts the IPIs and fences that it receives in {mode}",
                 run_guest("pmu", mode, cpus, ("--vcpus", "2")), group="guests")
    for mode in ("te", "pv0"):
        spread(environment, f"every access to an S-mode CSR has the same result in {mode} as "
               "natively", compare_transcripts(mode), turn, "guests")
    for mode in ("te", "pv0", "hw"):
        spread(environment, f"the fast path answers what the path in C answers in {mode}",
               compare_paths("fast", mode), turn, "guests")
    for mode in ("te", "pv0"):
        spread(environment, f"the fast path and C do the same to every S-mode CSR in {mode}",
               compare_paths("csr", mode), turn, "guests")
