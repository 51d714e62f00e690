# SPDX-License-Identifier: BSD-2-Clause
"""strata test: boots under QEMU; the cases are in tests/system."""
import argparse
import os
import sys

from stratalib.settings import TOP, StrataError, add_machine_options, build_images, environment


def add_options(parser):
    parser.formatter_class = argparse.HelpFormatter
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument("--full", action="store_true",
                      help="every mode with every firmware and QEMU")
    kind.add_argument("--debian", action="store_true",
                      help="Debian with systemd, and nothing else: minutes")
    kind.add_argument("--quick", action="store_true", help="one firmware and QEMU, fewer boots")
    parser.add_argument("--soak", action="store_true",
                        help="with the stress of ten minutes in each mode, and of the monitor")
    parser.add_argument("--only", metavar="TEXT", default=environment("ONLY"),
                        help="cases whose sentence contains this")
    parser.add_argument("--list", action="store_true", help="print the sentences, run nothing")
    add_machine_options(parser)


def main(args):
    os.chdir(TOP)
    build_images()
    sys.path.insert(0, os.path.join(TOP, "tests", "system"))
    import accounting   # noqa: E402
    import badinput     # noqa: E402
    import busybox      # noqa: E402
    import commands     # noqa: E402
    import console_bytes    # noqa: E402
    import consoles     # noqa: E402
    import debian       # noqa: E402
    import disk         # noqa: E402
    import guests       # noqa: E402
    import harness      # noqa: E402
    import host         # noqa: E402
    import hostile      # noqa: E402
    import lifecycle    # noqa: E402
    import linux        # noqa: E402
    import linux_devices    # noqa: E402
    import moves        # noqa: E402
    import pvguest      # noqa: E402
    import reporting    # noqa: E402
    import scheduler    # noqa: E402
    import virtio       # noqa: E402
    place = harness.Environment(args)
    modules = (host, reporting, guests, pvguest, accounting, consoles, console_bytes, scheduler,
               badinput, lifecycle, commands, moves, hostile, linux, linux_devices, virtio, disk,
               busybox)
    for module in (debian,) if args.debian else modules:
        module.add(place)
    cases = [c for c in harness.CASES if not args.only or args.only in c.sentence]
    if not cases:
        raise StrataError(f"no case contains {args.only!r}", 2)
    if args.list:
        print("\n".join(c.sentence for c in cases))
        return 0
    return harness.Runner(place).run_all(cases)
