# SPDX-License-Identifier: BSD-2-Clause
"""strata qemu: QEMU without the launcher in between, also stopped and waiting for a debugger."""
import os
import shlex
import sys

from stratalib import run
from stratalib.settings import Settings, build_images

GDB_PORT = 1234


def add_options(parser):
    run.add_options(parser)
    parser.epilog = None
    parser.add_argument("--gdb", action="store_true",
                        help=f"stop before the first instruction, wait for gdb on port {GDB_PORT}")
    parser.add_argument("--print", action="store_true", dest="show",
                        help="print the command line and do nothing")


def main(args):
    settings = Settings(args)
    build_images()
    plan = run.make_plan(settings, args)
    line = list(plan.line)
    at = line.index("-display")
    line[at:at + 2] = ["-nographic"]
    for path in plan.files:
        fixed = settings.path("run", "qemu.cpio")
        os.replace(path, fixed)
        line = [fixed if word == path else word for word in line]
    if args.gdb:
        line += ["-gdb", f"tcp:127.0.0.1:{GDB_PORT}", "-S"]
        print(f"strata: in another terminal: gdb-multiarch {settings.path('strata.elf')} "
              f"-ex 'target remote :{GDB_PORT}'", file=sys.stderr)
    print("strata: " + shlex.join(line), file=sys.stderr, flush=True)
    if args.show:
        return 0
    print("strata: " + (run.KEYS_NATIVE if plan.native else run.KEYS), file=sys.stderr, flush=True)
    os.execvp(line[0], line)
    return 1
