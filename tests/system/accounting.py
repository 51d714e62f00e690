# SPDX-License-Identifier: BSD-2-Clause
"""Where the instructions of a row go: the instrumented run's parts are the other run's whole."""
import re

from harness import MODES, add_case, check, check_line, check_status, spread
from monitor import ask, open_monitor
from stratalib import bench

FEW = "csr_read,null_sbi,mmio_read,null_call"
EXPECTED = {        # parts of these rows that must be there
    "native": (r"^  firmware ", None),
    "te": (r"^  EXC_SYSCALL BASE\.get_spec_version ", r"^  EXC_LOAD_GUEST_PAGE_FAULT ns16550a "),
    "pv0": (r"^  EXC_SYSCALL STRATA\.csr_read sscratch ", r"^  EXC_SYSCALL STRATA\.iret "),
    "pv1": (r"^  EXC_SYSCALL BASE\.get_spec_version ", r"^  EXC_SYSCALL STRATA\.iret "),
    "hw": (r"^  EXC_SUPERVISOR_SYSCALL BASE\.get_spec_version ",
           r"^  EXC_LOAD_GUEST_PAGE_FAULT ns16550a "),
}


def sums(mode, ops):
    """strata breakdown itself fails where the sums differ by more than 2 %."""
    def function(bench_):
        result = bench_.strata("breakdown", "--modes", mode, "--ops", ops)
        check_status(result, 0)
        check("together" not in result.out, "the parts are not the whole")
        rows = re.findall(r"^(\w+) in .*: [\d.]+ instructions$", result.out, re.M)
        skipped = {"timer_sstc"} if mode != "hw" and mode != "native" else set()
        missing = set(bench.parse_ops(ops)) - set(rows) - skipped
        check(not missing, f"nothing about {sorted(missing)}")
        for pattern in EXPECTED[mode]:
            if pattern and (bench_.variant.firmware == "strata" or "firmware" not in pattern):
                check_line(result.out, pattern)
    return function


def monitor(bench_):
    """A tree that asks for it gets a second group of counters, another one none."""
    counted, plain = bench_.tree("pvguest-te", rename="counted"), bench_.tree("pvguest-hw")
    counted.hypervisor().props["strata,accounting"] = b""
    with bench_.console([counted, plain]) as session:
        check(session.expect(r"\[counted\].*\$ ", bench_.left()), "no prompt")
        open_monitor(session, 20)
        text = ask(session, "stats counted", 20)
        check(re.search(r"insns\.guest +\d+(?s:.*)insns\.EXC_INST_ILLEGAL csrrw satp +\d+", text),
              "no instructions by cause")
        text = ask(session, "stats pvguest-hw", 20)
        check(re.search(r"^pvguest-hw: 1 vCPU(?s:.*) schedules +\d+$", text, re.M),
              "no statistics")
        check("insns." not in text, "a VM whose tree does not ask for an account has one")
        session.send(b"poweroff\n")
        check(session.finish(20), "QEMU does not end")


def add(environment):
    for turn, mode in enumerate(MODES):
        where = "natively" if mode == "native" else f"in {mode}"
        spread(environment, f"guest, hypervisor and firmware together are what a row costs {where}",
               sums(mode, FEW), turn, "accounting")
        if environment.full:
            add_case(f"the parts of every row are its whole {where}", sums(mode, "lmbench,machine"),
                     group="accounting", heavy=True)
    add_case("stats says where the instructions go, of a VM whose tree asks for it", monitor,
             group="accounting")
