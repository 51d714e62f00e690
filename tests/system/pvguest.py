# SPDX-License-Identifier: BSD-2-Clause
"""pvguest: boots, runs programs, several of it at once, the same counts every time."""
import glob
import os
import re
import subprocess

from harness import TOP, MODES, add_case, check, check_line, check_status, spread
from monitor import open_monitor
from stratalib import fdt, qemu
from stratalib.bench import parse_ops

APART = {"test-ext2"}           # it needs a disk: disk.py
TREES = {"te": "pvguest-te", "pv0": "pvguest-pv0", "pv1": "pvguest-pv", "hw": "pvguest-hw"}


def boot_and_type(mode):
    """The shell answers what is typed, and `poweroff` ends it."""
    def function(bench):
        where = ("--mode", "native") if mode == "native" else ("--vm", TREES[mode])
        result = bench.strata("run", *where, stdin=b"echo one two | wc\nuname -a\npoweroff\n")
        check_line(result.out, r"1 +2 +8")
        check_line(result.out, r"Linux")
        check_status(result, 0)
    return function


def interrupt(bench):
    """Ctrl-C ends what runs or the line that is typed; the same shell goes on."""
    with bench.console([bench.tree("pvguest-te")]) as session:
        def expect(pattern):
            check(session.expect(pattern, bench.left() / 2), f"no {pattern!r} in "
                  f"{session.text().splitlines()[-3:]}")

        expect(r"\$ ")
        for command in (b"spin", b"sleep 100; echo no", b"cat", b"cat | cat"):
            session.send(command + b"\n")
            expect(re.escape(command.decode()) + r"\r?\n")
            session.send(b"\x03")
            expect(r"\$ ")
        session.send(b"echo status $? of $$\n")
        expect(r"^status 130 of (\d+)\r?\n\$ ")
        session.send(b"echo 'begun\n")
        expect(r"> ")
        session.send(b"\x03")
        expect(r"\$ ")
        session.send(b"\x1c\x1aecho still $$\n")
        expect(r"^still \d+\r?\n\$ ")
        session.send(b"poweroff\n")
        expect(r"strata: pvguest-te: shut down")
        text = session.text()
    check("\nno" not in text and "init:" not in text, "the rest of a line ran, or the shell died")
    first, then = re.findall(r"^(?:status 130 of|still) (\d+)$", text, re.M)
    check(first == then, f"shell {first} and then shell {then}")


def end_of_input(bench):
    result = bench.strata("run", "--vm", "pvguest-hw", stdin=b"echo done\n")
    check_status(result, 0)
    check_line(result.out, r"^strata: pvguest-hw: shut down")


def long_input(mode):
    """More input than the terminal holds waits in the device until the shell reads on."""
    def function(bench):
        lines = "".join(f"echo line {i} >>/long\n" for i in range(600))
        where = ("--mode", "native") if mode == "native" else ("--vm", TREES[mode])
        result = bench.strata("run", *where, stdin=(lines + "wc /long\npoweroff\n").encode())
        check_status(result, 0)
        check_line(result.out, r"600 +1200 +5290")
    return function


def run_program(program, mode):
    def function(bench):
        result = bench.strata("run", "--kernel", "pvguest", "--initrd", "root.cpio", "--mode", mode,
                              "--bootargs", f"run=/bin/{program} quiet")
        failed = [line for line in result.out.splitlines() if line.startswith("FAIL")]
        check(not failed, f"{len(failed)} failed, the first: {failed[:1]}")
        check_line(result.out, r"\d+ passed, 0 failed")
        check_status(result, 0)
    return function


def panic(mode):
    """A guest kernel that cannot go on is a failure of the run, also without a hypervisor."""
    def function(bench):
        result = bench.strata("run", "--kernel", "pvguest", "--initrd", "root.cpio", "--mode", mode,
                              "--bootargs", "init=/no/such/program quiet")
        check_line(result.out, r"panic: /no/such/program cannot be run")
        check_status(result, 1)
    return function


def early_panic(bench):
    """A machine whose tree has no memory: the kernel ends before it has a map of its own."""
    path = bench.file(os.path.basename(bench.log) + ".dtb", b"")
    settings = bench.settings
    kernel = settings.path("pvguest", "kernel.elf")
    line = qemu.command(settings, kernel, "128M", 1)
    subprocess.run([*line, "-machine", f"dumpdtb={path}"], check=True, capture_output=True,
                   timeout=bench.left())
    with open(path, "rb") as f:
        root = fdt.parse(f.read())
    root.children = [node for node in root.children if not node.name.startswith("memory")]
    path = bench.file(os.path.basename(bench.log) + ".dtb", fdt.build(root))
    with qemu.Session([*line, "-dtb", path], log=bench.next_log()) as session:
        check(session.finish(bench.left()), "QEMU does not end")
        check_line(session.text(), r"panic: no device tree, or no memory")
        status = session.status(bench.left())
    check(status == 1, f"exit status {status}")


PASSED = r"\d+ passed, 0 failed"
SMP_PROGRAMS = {"test-smp": PASSED, "test-thread": PASSED, "test-futex": PASSED,
                "test-vfs": PASSED, "test-mount": PASSED, "test-proc": PASSED, "test-lock": PASSED,
                "stress": r"PASS: stress", "pulse": r"PASS: pulse"}
# (program, mode, vCPUs, harts) of a normal run; natively the harts are all there is.
SMP = [("test-smp", "native", 4, 4), ("test-smp", "te", 2, 2), ("test-smp", "hw", 4, 1),
       ("test-thread", "native", 2, 2), ("test-thread", "te", 4, 1), ("test-thread", "pv0", 2, 2),
       ("test-thread", "hw", 2, 1), ("test-futex", "te", 2, 2), ("test-futex", "pv1", 4, 2),
       ("test-vfs", "pv1", 2, 2), ("test-mount", "te", 2, 2), ("test-proc", "native", 4, 4),
       ("test-lock", "hw", 4, 2),
       ("stress", "native", 4, 4), ("stress", "hw", 4, 2), ("stress", "pv1", 2, 1),
       ("pulse", "hw", 4, 2)]


def smp_choice(environment):
    if not environment.full:
        return SMP
    shapes = [("native", n, n) for n in (1, 2, 4)]
    shapes += [(mode, vcpus, harts) for mode in MODES if mode != "native"
               for vcpus in (1, 2, 4) for harts in (1, 2)]
    return [(program, *shape) for program in SMP_PROGRAMS for shape in shapes]


def smp(program, mode, vcpus, harts):
    """A program's verdict on several harts or vCPUs."""
    def function(bench):
        words = ["--vcpus", str(vcpus)] if mode != "native" else []
        result = bench.strata("run", "--kernel", "pvguest", "--initrd", "root.cpio", "--mode", mode,
                              "--cpus", str(harts), *words,
                              "--bootargs", f"run=/bin/{program} quiet")
        failed = [line for line in result.out.splitlines() if line.startswith("FAIL")]
        check(not failed, f"{len(failed)} failed, the first: {failed[:1]}")
        check_line(result.out, SMP_PROGRAMS[program])
        check_status(result, 0)
    return function


def add_smp(environment):
    for program, mode, vcpus, harts in smp_choice(environment):
        where = f"natively on harts: {harts}" if mode == "native" else \
            f"in {mode} with vCPUs: {vcpus}, on harts: {harts}"
        what = {"stress": "a random load goes well and leaves all memory as it was",
                "pulse": "no timer, wake-up or signal between processors is lost"
                }.get(program, f"the program {program} passes")
        add_case(f"{what} {where}", smp(program, mode, vcpus, harts), group="pvguest")


def bench_rows(bench, mode, ops):
    result = bench.strata("bench", "--modes", mode, "--ops", ops)
    check_status(result, 0)
    rows = {}
    for line in result.out.splitlines():
        match = re.match(r"\S+ +(\S+) +([\d.]+) instructions +([\d.?]+) traps", line)
        if match:
            rows[match.group(1)] = match.group(2, 3)
    return rows


SUBSET = "csr_read,irq_toggle,null_sbi,lmbench"
# Kernel and user rows, rows of one process, of a child, of a ring, with files and with mappings.
ALONE = ("csr_read", "exec", "ctx_16p_64k", "file_create_10k", "page_fault")
REPEAT_FACTOR = 3           # of an ordinary case's deadline: seven runs of QEMU


def repeatable(mode):
    """Two runs give the same I and T; a row alone gives the same as with others."""
    def function(bench):
        bench.deadline *= REPEAT_FACTOR
        first, second = bench_rows(bench, mode, SUBSET), bench_rows(bench, mode, SUBSET)
        wanted = parse_ops(SUBSET)
        check(sorted(first) == sorted(wanted), f"{sorted(first)}, not {sorted(wanted)}")
        check(first == second, f"{first} and then {second}")
        for op in ALONE:
            alone = bench_rows(bench, mode, op)
            check(alone[op] == first[op], f"{op}: with others {first[op]}, alone {alone[op]}")
    return function


def limits(mode, expected):
    """{op: (I at most, T)} holds; None: not looked at."""
    def function(bench):
        rows = bench_rows(bench, mode, ",".join(expected))
        for op, (most, traps) in expected.items():
            i, t = rows[op]
            check(most is None or float(i) <= most, f"{op}: {i} instructions, more than {most}")
            check(traps is None or float(t) == traps, f"{op}: {t} traps, not {traps}")
    return function


LIMITS = {
    "native": {"csr_read": (1, 0), "null_call": (200, 0)},
    "te": {"csr_read": (140, 1), "satp_switch": (None, 1)},
    "pv0": {"csr_read": (None, 1)},
    "pv1": {"csr_read": (None, 0), "csr_write": (None, 0), "irq_toggle": (None, 0)},
    "hw": {"null_call": (None, 0), "null_sbi": (130, 1)},
}


def three_at_once(bench):
    """A te, a pv and a hw VM on two harts, each doing work that the others' must not disturb."""
    trees = [bench.tree(t, bootargs="run=/bin/test-process quiet")
             for t in ("pvguest-te", "pvguest-pv", "pvguest-hw")]
    with bench.console(trees, cpus=2) as session:
        verdict = bench.verdict(session)
        text = session.text()
    for tree in trees:
        check_line(text, rf"^\[{tree.name}\].*\d+ passed, 0 failed")
        check(verdict.ended.get(tree.name, ("",))[0] == "shut down",
              f"{tree.name}: {verdict.ended.get(tree.name)}")


def two_on_one_hart(bench):
    """A VM that never yields does not stop the other on the only hart."""
    spinner = bench.tree("pvguest-te", kernel="hostile", bootargs="spin", rename="spinner")
    worker = bench.tree("pvguest-hw", bootargs="run=/bin/test-time quiet", rename="worker")
    with bench.console([spinner, worker]) as session:
        check(session.expect(r"\[worker\].*\d+ passed, 0 failed", bench.left()),
              "the worker does not get its work done beside a spinning VM")
        check(session.expect(r"strata: worker: shut down", bench.left()), "worker does not end")
        open_monitor(session, 20)
        session.send(b"destroy spinner\n")
        check(session.expect("strata: spinner: destroyed", 20), "the spinner is not destroyed")
        check(session.finish(20), "QEMU does not end with the last VM")


def add(environment):
    for turn, mode in enumerate(MODES):
        where = "natively" if mode == "native" else f"in {mode}"
        spread(environment, f"pvguest boots {where}, its shell obeys and poweroff ends the run",
               boot_and_type(mode), turn, "pvguest")
        add_case(f"more input than the terminal holds is not lost {where}", long_input(mode),
                 group="pvguest")
        spread(environment,
               f"a benchmark {where} counts the same in each run, alone or with others",
               repeatable(mode), turn + 1, "pvguest")
        if environment.primary.firmware == "strata":
            add_case(f"operations {where} cost no more than they may", limits(mode, LIMITS[mode]),
                     group="pvguest")
    sources = glob.glob(os.path.join(TOP, "pvguest/user/bin/test-*.c"))
    programs = sorted({os.path.basename(f)[:-2] for f in sources} - APART)
    for turn, program in enumerate(programs):
        for offset, mode in enumerate(MODES):
            if environment.quick and offset != turn % len(MODES):
                continue
            where = "natively" if mode == "native" else f"in {mode}"
            add_case(f"the program {program} passes {where}", run_program(program, mode),
                     group="pvguest")
    add_smp(environment)
    for turn, mode in enumerate(("native", "te")):
        where = "natively" if mode == "native" else f"in {mode}"
        spread(environment, f"a panic of pvguest {where} makes the run fail", panic(mode), turn,
               "pvguest")
    add_case("a panic of pvguest before it has a map makes the run fail", early_panic,
             group="pvguest")
    add_case("Ctrl-C ends what the shell runs, never the shell", interrupt, group="pvguest")
    spread(environment, "a te, a pv and a hw VM run at the same time on 2 harts", three_at_once, 1,
           "pvguest")
    add_case("a VM that loops with interrupts off does not stop another on the same hart",
             two_on_one_hart, group="pvguest")
    add_case("at the end of standard input the guest's shell ends and with it the run",
             end_of_input, group="pvguest")
