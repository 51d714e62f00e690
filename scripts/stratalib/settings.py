# SPDX-License-Identifier: BSD-2-Clause
"""Options common to all commands, from the command line or STRATA_NAME in the environment."""
import os
import re
import shutil
import subprocess
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
LOOP_REFERENCE = 0.022      # seconds that measure_loop() takes where deadlines were chosen
FIRMWARES = ("strata", "distro")


class StrataError(Exception):
    """Ends a command with one line on standard error; status is what the command exits with."""

    def __init__(self, message, status=1):
        super().__init__(message)
        self.status = status


def environment(name, default=None):
    """STRATA_NAME; an empty one is as good as none."""
    return os.environ.get("STRATA_" + name) or default


def measure_loop():
    best = 9.0
    for _ in range(3):
        begin = time.perf_counter()
        total = 0
        for i in range(300000):
            total ^= i
        best = min(best, time.perf_counter() - begin)
    return best


_scale = []


def machine_scale():
    """How many times slower than the reference this machine is now; at least 1."""
    if not _scale:
        one = 2.0 if (os.cpu_count() or 1) < 2 else 1.0
        _scale.append(max(1.0, one * measure_loop() / LOOP_REFERENCE))
    return _scale[0]


def parse_size(text, what):
    """Bytes of "64M", "1G", "65536K" or, as QEMU has it, a bare number of MiB."""
    match = re.fullmatch(r"(\d+)([KkMmGg]?)(i?[Bb])?", text.strip())
    if not match:
        raise StrataError(f"{what}: {text!r} is no size such as 64M or 1G", 2)
    return int(match.group(1)) << {"k": 10, "m": 20, "g": 30}[(match.group(2) or "m").lower()]


def keep_user_files(args, place):
    """Files that the user names relative to place must be found from TOP, too."""
    def absolute(name):
        path = os.path.abspath(os.path.join(place, name))
        return path if os.path.isfile(path) else name

    if os.path.realpath(place) == os.path.realpath(TOP):
        return
    for option in ("kernel", "initrd", "disk"):
        if getattr(args, option, None):
            setattr(args, option, absolute(getattr(args, option)))
    if getattr(args, "host_disk", None):
        args.host_disk = ",".join(absolute(name) for name in args.host_disk.split(","))
    if getattr(args, "vm", None):
        args.vm = ",".join(absolute(name) if name.endswith(".dtb") else name
                           for name in args.vm.split(","))
    if os.sep in args.qemu:
        args.qemu = absolute(args.qemu)


# A PLIC or an APLIC comes with ACLINTs, by which harts interrupt each other without firmware;
# IMSICs can do that themselves.
INTERRUPT_CONTROLLERS = {"none": ",aclint=on", "clint": "", "aplic": ",aclint=on,aia=aplic",
                         "aplic-imsic": ",aia=aplic-imsic"}


def machine_aia(text):
    """AIA= as options of QEMU's machine; aplic-imsic may have guests=N behind it."""
    found = re.fullmatch(r"([a-z-]+)(?:,guests=([0-7]))?", text or "none")
    if not found or found.group(1) not in INTERRUPT_CONTROLLERS or \
            (found.group(2) and found.group(1) != "aplic-imsic"):
        raise StrataError(f"--aia: {text!r} is none of none, clint, aplic, aplic-imsic and "
                          "aplic-imsic,guests=0 to 7", 2)
    return INTERRUPT_CONTROLLERS[found.group(1)] + \
        (f",aia-guests={found.group(2)}" if found.group(2) else "")


class Settings:
    """Where things are and how the machine is made."""

    def __init__(self, args):
        keep_user_files(args, os.getcwd())
        os.chdir(TOP)
        check_choice(args.firmware, FIRMWARES, "--firmware")
        self.out = environment("O", "build")
        self.cache = environment("CACHE", ".cache")
        self.firmware = args.firmware
        self.qemu = args.qemu
        if self.qemu == "qemu10":
            self.qemu = os.path.join(TOP, self.cache, "qemu10/bin/qemu-system-riscv64")
        self.cpu = args.cpu
        self.cpus = args.cpus
        self.aia = machine_aia(getattr(args, "aia", None))
        self._version = None

    def path(self, *parts):
        return os.path.join(self.out, *parts)

    def run_dir(self):
        """A place for archives and sockets of runs under way."""
        name = self.path("run")
        os.makedirs(name, exist_ok=True)
        return name

    def require_qemu(self):
        if shutil.which(self.qemu):
            return
        if "qemu10" in self.qemu:
            raise StrataError(f"no {self.qemu}: scripts/deps qemu10 puts it there")
        raise StrataError(f"no {self.qemu}: Debian package qemu-system-misc (scripts/deps run)")

    def qemu_version(self):
        """QEMU's first line of --version, such as "QEMU emulator version 7.2.22 (...)"."""
        if self._version is None:
            self.require_qemu()
            out = subprocess.run([self.qemu, "--version"], capture_output=True, text=True,
                                 check=False, stdin=subprocess.DEVNULL)
            if out.returncode or not out.stdout:
                raise StrataError(f"{self.qemu} does not run: {out.stderr.strip()[:200]}")
            self._version = out.stdout.splitlines()[0]
        return self._version

    def bios(self):
        """QEMU's arguments that choose the firmware."""
        if self.firmware == "distro":
            return []
        return ["-bios", self.need(self.path("firmware", "fw_dynamic.bin"))]

    def need(self, path):
        """path, if it is there."""
        if not os.path.isfile(path):
            raise StrataError(f"{path} is missing: run make" +
                              (" firmware" if "firmware" in path else ""))
        return path

    def compiler(self):
        """First line of the compiler's --version and its prefix."""
        prefix = "riscv64-unknown-elf-"
        try:
            with open(self.path("toolchain.mk"), encoding="utf-8") as f:
                prefix = re.search(r"^CROSS := (\S+)", f.read(), re.M).group(1)
        except (OSError, AttributeError):
            pass
        gcc = prefix + "gcc"
        if not shutil.which(gcc):
            return "unknown", prefix
        out = subprocess.run([gcc, "--version"], capture_output=True, text=True, check=False)
        return out.stdout.splitlines()[0], prefix


def add_machine_options(parser):
    """The options that every command with a QEMU has."""
    env = environment
    group = parser.add_argument_group("the machine")
    group.add_argument("--qemu", metavar="PATH", default=env("QEMU", "qemu-system-riscv64"),
                       help="QEMU to use, or qemu10 for the one of scripts/deps qemu10")
    group.add_argument("--firmware", choices=FIRMWARES,
                       default=env("FIRMWARE", "strata"),
                       help="OpenSBI with Strata's platform, or the one that QEMU brings")
    group.add_argument("--cpus", metavar="N", default=env("CPUS"), help="harts")
    group.add_argument("--cpu", metavar="MODEL", default=env("CPU"),
                       help="QEMU's -cpu, such as rv64,h=false")
    group.add_argument("--aia", metavar="KIND", default=env("AIA"),
                       help="interrupt controllers: aplic or aplic-imsic[,guests=N] instead of a "
                            "PLIC; clint: a PLIC, and IPIs by firmware alone")
    group.add_argument("--timeout", metavar="S", default=env("TIMEOUT"),
                       help="deadline in seconds (default: scaled to this machine)")


def deadline_of(args, default):
    """Seconds until a run is given up; default is for the reference machine."""
    if args.timeout in (None, ""):
        return default * machine_scale()
    try:
        value = float(args.timeout)
    except ValueError:
        value = 0.0
    if not 0 < value < 1e7:
        raise StrataError(f"--timeout: {args.timeout!r} is no number of seconds", 2)
    return value


def number_of(text, what, low, high):
    """An integer option within its bounds."""
    try:
        value = int(str(text), 0)
    except ValueError:
        value = low - 1
    if not low <= value <= high:
        raise StrataError(f"{what}: {text!r} is not a number from {low} to {high}", 2)
    return value


def check_choice(value, choices, what):
    """A value that came from the environment is not checked by argparse."""
    if value is not None and value not in choices:
        raise StrataError(f"{what}: {value!r} is none of {' '.join(choices)}", 2)


def build_images():
    """When nobody but the user calls us, have make bring the images up to date."""
    if os.environ.get("MAKELEVEL") or environment("NO_BUILD"):
        return
    if not shutil.which("make"):
        raise StrataError("no make: Debian package make")
    os.chdir(TOP)
    command = ["make", "-s", "images"]
    for name in ("O", "FIRMWARE", "CACHE"):
        if environment(name):
            command.append(f"{'STRATA_CACHE' if name == 'CACHE' else name}={environment(name)}")
    if subprocess.run(command, stdin=subprocess.DEVNULL, stdout=2, check=False).returncode:
        raise StrataError("the images do not build (make images)")
