# SPDX-License-Identifier: BSD-2-Clause
"""strata debian: debootstrap's second stage in a VM, once, on the disk of scripts/deps debian."""
import argparse
import os
import re
import subprocess
import sys
import tempfile
import time

import cpio                     # scripts/cpio.py
import ext2                     # scripts/ext2.py
from stratalib import disks, qemu, run, vms
from stratalib.settings import (Settings, StrataError, TOP, add_machine_options, build_images,
                                deadline_of)

INSTALL_SECONDS = 3600          # under emulation, on a machine with other work
OWN_FILES = "scripts/roots/debian"      # they lie in /strata on the disk
SHOWN = re.compile(r"^(I: |W: |E: |debian: |strata: )")

EPILOG = """\
The VM is dts/debian-install.dts; it runs debootstrap's second stage and switches itself off, which
takes many minutes. The result is debian/root.ext4 in the cache; dts/debian.dts begins with a copy.
make does it when it is needed. A log is in build/run/debian.log.
"""


def add_options(parser):
    parser.epilog = EPILOG
    parser.add_argument("--out", metavar="FILE", help="the disk (debian/root.ext4 in the cache)")
    add_machine_options(parser)


def plant(path):
    """Put our own files into /strata of an ext4 file system."""
    members = cpio.collect([os.path.join(TOP, OWN_FILES)])
    for name in list(members):
        for up in range(1, name.count("/") + 1):
            members.setdefault(name.rsplit("/", up)[0], (0o40755, b""))
    members = {"strata": (0o40755, b""), **{"strata/" + n: m for n, m in members.items()}}
    with tempfile.TemporaryDirectory() as directory:
        ext2.run("debugfs", "-w", "-f", "-", path, text=ext2.commands(members, directory))


def check_disk(path):
    """
    e2fsck must find nothing but what it mends by itself; what was deleted takes no room any more.
    Then the disk gets its journal.
    """
    status = subprocess.run(["e2fsck", "-fp", "-E", "discard", path],
                            env={**os.environ, "PATH": ext2.PATH}, check=False,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if status.returncode > 1:
        raise StrataError(f"the disk is damaged: {status.stdout.decode(errors='replace')[-300:]}")
    ext2.run("tune2fs", "-O", "has_journal", path)


class Progress:
    """Shows debootstrap's and the hypervisor's lines with the time, counts the packages."""

    def __init__(self):
        self.begin, self.line, self.packages, self.installed = time.monotonic(), "", 0, None

    def feed(self, data):
        *lines, self.line = (self.line + data.decode(errors="replace")).split("\n")
        for line in (one.rstrip("\r") for one in lines):
            if line.startswith("Setting up "):
                self.packages += 1
            if SHOWN.match(line):
                print(f"{time.monotonic() - self.begin:5.0f} s  {line} "
                      f"({self.packages} packages set up)", flush=True)
            self.installed = self.installed or re.match(r"debian: installed after \d+ s", line)


def second_stage(settings, args, disk):
    """Run the VM to its end."""
    words = argparse.Namespace(**{**vars(args), "vm": "debian-install", "host_disk": disk},
                               disk_options=",cache=unsafe", mode=None, kernel=None, initrd=None,
                               bootargs=None, world=None, trace=None, mem=None, icount=False,
                               vcpus=None)
    plan = run.make_plan(settings, words)
    progress, deadline = Progress(), deadline_of(args, INSTALL_SECONDS)
    try:
        with qemu.Session(plan.line, log=settings.path("run", "debian.log")) as session:
            while not session.ended() and session.seconds() < deadline:
                progress.feed(session.poll(5.0)[1])
            ended = session.ended()
    finally:
        plan.remove()
    progress.feed(b"\n")
    if not ended or not progress.installed:
        raise StrataError(("Debian's second stage failed" if ended else
                           f"Debian's second stage has no end after {deadline:.0f} s") +
                          f" (see {settings.path('run', 'debian.log')})")


def main(args):
    settings = Settings(args)
    build_images()
    settings.run_dir()
    first = vms.need_file(settings, "debian-first", "debian")
    out = args.out or os.path.join(settings.cache, "debian", "root.ext4")
    print("strata: installing Debian in a VM: this is done once and takes many minutes",
          file=sys.stderr, flush=True)
    work = out + ".new"
    disks.copy_sparse(first, work)
    plant(work)
    second_stage(settings, args, work)
    check_disk(work)
    os.replace(work, out)
    return 0
