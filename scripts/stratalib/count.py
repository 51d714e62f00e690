# SPDX-License-Identifier: BSD-2-Clause
"""strata count: the instructions of a guest's whole life, from its first to its power-off."""
import argparse
import json
import os
import re
import tempfile

from stratalib import export, gdb, qemu, run, vms
from stratalib.elf import Elf
from stratalib.settings import (Settings, StrataError, add_machine_options, build_images,
                                deadline_of)

COUNT_SECONDS = 300             # a mode, on the reference machine
FIRMWARE_BASE, KERNEL_BASE = 0x80000000, 0x80200000
# A guest's life begins where the firmware enters the native kernel, or Strata its first vCPU.
FIRST_FUNCTION = "vcpu_enter"
# Every power-off comes here: the guest's own natively, Strata's behind its last VM.
LAST_FUNCTION = "sbi_system_reset"
# QEMU's tree shows a native Linux a register for it, too; it shall not use that.
NO_REGISTER = "initcall_blacklist=syscon_poweroff_driver_init"
A0, A1 = 10, 11                 # of the stub's register numbers: type and reason, 0 if all is well

EPILOG = """\
Two counts: from reset to the guest's first instruction, which is the firmware, and Strata as it
loads and hashes the guest's files; and from there to the power-off, with the ratio to native if
that is among the modes. All levels count, an idle hart does not: QEMU counts (-icount, rr=record).
"""


def add_options(parser):
    parser.epilog = EPILOG
    parser.add_argument("--vm", metavar="NAME", default="linux-hw",
                        help="a VM tree whose guest powers off by itself (linux-hw)")
    parser.add_argument("--modes", default="native,te,pv,hw",
                        help="of " + " ".join(vms.MODES) + " (native,te,pv,hw)")
    parser.add_argument("--json", metavar="FILE", help="write the figures there, too")
    add_machine_options(parser)


def end_address(settings):
    """Where the firmware powers the machine off."""
    if settings.firmware != "strata":
        raise StrataError("count needs FIRMWARE=strata, whose symbols are known", 2)
    firmware = Elf(settings.need(settings.path("firmware", "fw_dynamic.elf")), FIRMWARE_BASE)
    return firmware.named[LAST_FUNCTION][0]


def addresses(settings, mode):
    """Where the guest's life begins and ends."""
    strata = Elf(settings.need(settings.path("strata.elf")))
    begin = KERNEL_BASE if mode == "native" else strata.named[FIRST_FUNCTION][0]
    return begin, end_address(settings)


def plan_of(settings, args, mode):
    """The run of `strata run --vm NAME --mode MODE`."""
    bootargs = vms.load(settings, args.vm).chosen().string("bootargs") or ""
    words = argparse.Namespace(vm=args.vm, mode=mode, cpus=args.cpus, icount=True, world=None,
                               kernel=None, initrd=None, trace=None, mem=None,
                               bootargs=f"{bootargs} {NO_REGISTER}".strip())
    return run.make_plan(settings, words)


def recorded(line, place):
    """A command line, recorded and under a debugger."""
    line = list(line)
    line[line.index("-icount") + 1] += ",rr=record,rrfile=" + os.path.join(place, "record")
    return line + ["-S", "-gdb", f"unix:{os.path.join(place, 'gdb')},server=on,wait=off"]


def executed(stub):
    """Instructions so far."""
    told = stub.monitor("info replay")
    match = re.search(r"instruction count = (\d+)", told)
    if not match:
        raise StrataError(f"QEMU tells no count: {told.strip()!r}")
    return int(match.group(1))


def count_line(line, address, deadline, log):
    """(instructions of this QEMU until this address, the registers a0 and a1 there)"""
    with tempfile.TemporaryDirectory(prefix="strata") as place:
        with qemu.Session(recorded(line, place), log=log) as session:
            stub = gdb.Stub(os.path.join(place, "gdb"), deadline, session)
            try:
                stub.set_break(address)
                stub.go()
                return executed(stub), (stub.read(A0), stub.read(A1))
            finally:
                stub.close()
                session.poll(0.5)


def count_to(settings, args, mode, address, deadline):
    """The same of a VM in a mode."""
    plan = plan_of(settings, args, mode)
    try:
        return count_line(plan.line, address, deadline,
                          settings.path("run", f"count-{mode}.log"))
    finally:
        plan.remove()


def count(settings, args, mode, deadline):
    """
    (instructions until the guest begins, from there to its power-off). Two runs, which are the same
    to the instruction: after a stop QEMU does not go on under sleep=off.
    """
    begin, end = addresses(settings, mode)
    before, _ = count_to(settings, args, mode, begin, deadline)
    total, cause = count_to(settings, args, mode, end, deadline)
    if cause != (0, 0):
        raise StrataError(f"{mode}: the guest ended badly (see build/run/count-{mode}.log)")
    return before, total - before


def main(args):
    settings = Settings(args)
    build_images()
    modes = [m for m in args.modes.split(",") if m]
    for mode in modes:
        if mode not in vms.MODES:
            raise StrataError(f"no mode {mode!r} (there are: {' '.join(vms.MODES)})", 2)
    settings.run_dir()
    native, rows = None, []
    print(f"{args.vm:16} {'before':>14} {'its life':>14}    ratio")
    for mode in modes:
        before, life = count(settings, args, mode, deadline_of(args, COUNT_SECONDS))
        native = life if mode == "native" else native
        ratio = f"{life / native:9.3f}" if native else ""
        print(f"{mode:16} {before:14} {life:14}{ratio}", flush=True)
        rows.append({"mode": mode, "before": before, "life": life,
                     "ratio": life / native if native else None})
    if args.json:
        data = {"vm": args.vm, "qemu": settings.qemu_version(), "rows": rows}
        export.write_file(args.json, json.dumps(data, indent=1) + "\n")
    return 0
