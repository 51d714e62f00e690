# SPDX-License-Identifier: BSD-2-Clause
"""strata run: virtual machines, or one guest natively, with the terminal or a file as console."""
import os
import re
import sys
import tempfile
import termios

from stratalib import disks, qemu, tracelog, vms
from stratalib.settings import (Settings, StrataError, add_machine_options, build_images,
                                check_choice, deadline_of, environment, machine_scale,
                                number_of, parse_size)

RUN_SECONDS = 300
TRACES = ("0", "1", "full")
NETS = ("user",)
END_OF_INPUT = b"\x04"          # Ctrl-D: what a terminal's user types there
KEYS = ("Ctrl-A X ends QEMU, Ctrl-] then m opens Strata's monitor, Ctrl-] then n gives the input "
        "to the next VM, Ctrl-] then ? tells the rest")
KEYS_NATIVE = "Ctrl-A X ends QEMU"

EPILOG = """\
Each option is also read from the environment as make passes it: STRATA_VM, STRATA_MODE, and so on.
Standard input that is no terminal goes to the console that has the input; at its end a Ctrl-D
follows, and another for each VM that gets the input later. Exit status: 0 if every VM has shut down
by itself; 1 if one was refused, crashed or was destroyed; 2 for a wrong option; 124 at the
deadline.
"""


def add_options(parser):
    env = environment
    parser.epilog = EPILOG
    group = parser.add_argument_group("what runs (nothing: a te, a pv and a hw VM of pvguest)")
    group.add_argument("--vm", metavar="NAME[,NAME...]", default=env("VM"),
                       help="VM trees: dts/NAME.dts, or a .dtb file; busybox-native and the like: "
                            "the files of busybox-hw without a hypervisor")
    group.add_argument("--mode", choices=vms.MODES, default=env("MODE"),
                       help="override the mode; pv is pv1, step 1; native: no hypervisor")
    group.add_argument("--world", default=env("WORLD"), help="override the world of te and pv: vu")
    group.add_argument("--kernel", metavar="FILE", default=env("KERNEL"),
                       help="an ELF or Image file, pvguest, u-boot, or a test guest's name")
    group.add_argument("--initrd", metavar="FILE", default=env("INITRD"))
    group.add_argument("--disk", metavar="FILE", default=env("DISK"),
                       help="a disk image: a virtio block device of each guest")
    group.add_argument("--host-disk", metavar="FILE[,FILE...]", default=env("HOST_DISK"),
                       help="disk images: disks of the machine, for the trees that name one, or "
                       "else for the first tree; what is written stays in them")
    group.add_argument("--net", choices=NETS, default=env("NET"),
                       help="user: a network device for each guest, joined to QEMU's user network")
    group.add_argument("--bootargs", metavar="S", default=os.environ.get("STRATA_BOOTARGS"),
                       help="the guest's command line")
    group.add_argument("--vcpus", metavar="N", default=env("VCPUS"),
                       help="virtual CPUs of each VM; natively --cpus says how many harts")
    group.add_argument("--mem", metavar="SIZE", default=env("MEM"),
                       help="memory of a guest given by --kernel or --mode, else of the machine")
    parser.add_argument("--trace", choices=TRACES, default=env("TRACE"),
                        help="1: print each privilege transition through HS; full: all others, too")
    parser.add_argument("--fast", choices=("on", "off"), default=env("FAST"),
                        help="off: the hypervisor answers every exit in C, for comparison")
    parser.add_argument("--icount", action="store_true", help="deterministic instruction counting")
    add_machine_options(parser)


def is_interactive():
    return os.isatty(0)


class Plan:
    """A QEMU command line, the file it needs and how to read its console."""

    def __init__(self):
        self.line, self.native, self.files, self.trees = [], False, [], []
        self.symbols = []       # (what, ELF file) for traces

    def remove(self):
        for path in self.files:
            try:
                os.unlink(path)
            except OSError:
                pass


def machine_disk(settings, name):
    """QEMU's own block device at the first of its virtio windows."""
    return disks.options([vms.need_file(settings, name, "--disk")]) if name else ()


def machine_net(net):
    """QEMU's user network behind a virtio device, at the second window."""
    if not net:
        return ()
    return ("-global", "virtio-mmio.force-legacy=false", "-netdev", "user,id=net",
            "-device", "virtio-net-device,netdev=net,bus=virtio-mmio-bus.1")


def native_disks(settings, args, tree):
    """The user's disks; else what the tree has: its image, which stays as it is, or disks."""
    if getattr(args, "disk", None):
        return machine_disk(settings, args.disk)
    image = next((n.string("strata,image") for n in tree.devices() if n.string("strata,image")),
                 None) if tree else None
    given = getattr(args, "host_disk", None)
    if image and not given:
        return disks.options([vms.need_file(settings, image, "--disk")], ",snapshot=on")
    return disks.options(disks.assign(settings, [tree] if tree else [], given))


def plan_native(settings, args):
    """The guest on bare OpenSBI: QEMU's own -kernel, -initrd and -append."""
    plan = Plan()
    plan.native = True
    kernel, initrd, bootargs = args.kernel or "pvguest", args.initrd, args.bootargs
    size, tree = 128 << 20, None
    if args.vm:
        if "," in args.vm:
            raise StrataError("--mode native runs one guest at a time", 2)
        tree = vms.load(settings, args.vm)
        kernel = args.kernel or tree.chosen().string("strata,kernel") or "pvguest"
        initrd = initrd or (None if args.kernel else tree.chosen().string("strata,initrd"))
        bootargs = bootargs if bootargs is not None else tree.chosen().string("bootargs")
        size = max(size, tree.memory_bytes())
    elif kernel == "pvguest":
        initrd = initrd or "root.cpio"
    cpus = number_of(args.cpus or 1, "--cpus", 1, 512)
    size = parse_size(args.mem, "--mem") if args.mem else size
    plan.line = qemu.command(
        settings, vms.need_file(settings, kernel, "--kernel"), f"{size >> 20}M", cpus,
        initrd=vms.need_file(settings, initrd, "--initrd") if initrd else None,
        append=bootargs, icount=args.icount,
        extra=native_disks(settings, args, tree) + machine_net(getattr(args, "net", None)))
    plan.symbols = [("guest", vms.need_file(settings, kernel, "--kernel"))]
    return plan


def plan_hypervised(settings, args, options=()):
    """The hypervisor with an archive of VMs."""
    plan = Plan()
    plan.trees = vms.make(settings, args)
    own = bool(args.kernel or args.mode or args.initrd)
    host_disks = disks.assign(settings, plan.trees, getattr(args, "host_disk", None))
    blob = vms.archive(plan.trees)
    handle, name = tempfile.mkstemp(suffix=".cpio", dir=settings.run_dir())
    plan.files.append(name)
    with os.fdopen(handle, "wb") as f:
        f.write(blob)
    size = vms.machine_bytes(plan.trees, len(blob))
    if args.mem and not own:
        size = parse_size(args.mem, "--mem")
    default_cpus = 1 if len(plan.trees) == 1 or args.icount else 2
    cpus = number_of(args.cpus or default_cpus, "--cpus", 1, 512)
    words = list(options)
    if args.trace in ("1", "full"):
        words.append("trace=1")
    if getattr(args, "fast", None) == "off":
        words.append("fast=off")
    plan.line = qemu.command(settings, settings.path("strata.elf"), f"{size >> 20}M", cpus,
                             initrd=name, append=" ".join(words) or None, icount=args.icount,
                             extra=disks.options(host_disks,
                                                 getattr(args, "disk_options", "")) +
                             machine_net(getattr(args, "net", None)))
    return plan


def name_native(settings, args):
    """VM=X-native, unless there is such a tree: the files of X-hw without a hypervisor."""
    base = re.fullmatch(r"([\w-]+)-native", args.vm or "")
    if base and not os.path.isfile(settings.path("dts", args.vm + ".dtb")):
        args.vm, args.mode = base.group(1) + "-hw", "native"


def make_plan(settings, args, options=()):
    name_native(settings, args)
    check_choice(args.mode, vms.MODES, "--mode")
    check_choice(args.trace, TRACES, "--trace")
    check_choice(getattr(args, "net", None), NETS, "--net")
    settings.need(settings.path("strata.elf" if args.mode != "native" else "dts/pvguest-te.dtb"))
    if args.mode == "native":
        return plan_native(settings, args)
    return plan_hypervised(settings, args, options)


class Terminal:
    """The user's terminal in raw mode, as QEMU sets it, given back at the end."""

    def __init__(self, fd):
        self.fd, self.saved = fd, termios.tcgetattr(fd)
        raw = termios.tcgetattr(fd)
        raw[0] &= ~(termios.IGNBRK | termios.BRKINT | termios.PARMRK | termios.ISTRIP |
                    termios.INLCR | termios.IGNCR | termios.ICRNL | termios.IXON)
        raw[1] |= termios.OPOST
        raw[3] &= ~(termios.ECHO | termios.ECHONL | termios.ICANON | termios.IEXTEN | termios.ISIG)
        termios.tcsetattr(fd, termios.TCSADRAIN, raw)

    def restore(self):
        termios.tcsetattr(self.fd, termios.TCSADRAIN, self.saved)


class Feeder:
    """
    Copies standard input to the console; at its end a Ctrl-D for each VM that gets the input.

    A guest that starts may empty its serial port, so a file waits until a guest has spoken and been
    silent for a moment: whoever reads then has said its prompt. A Ctrl-D that is typed while no
    program reads may get lost (Linux does so when a shell changes its terminal's mode), so it is
    typed again when the console has been silent for long.
    """
    SILENCE_SECONDS, PATIENCE_SECONDS, AGAIN_SECONDS = 1.3, 15.0, 5.0

    def __init__(self, session, verdict, interactive, native):
        self.session, self.verdict = session, verdict
        self.interactive, self.native = interactive, native
        self.open, self.over, self.ends_sent, self.last_output = interactive, False, 0, None
        self.fd, self.plain, self.watched = 0, False, False
        self.last_end = 0.0

    def output(self, guest_speaks):
        if guest_speaks:
            self.last_output = self.session.seconds()

    def wait(self, left):
        """How long poll() may sleep."""
        if not self.open:
            return min(left, 0.1)
        return 0.0 if self.plain and not self.over and self.session.backlog() < 65536 \
            else min(left, 5.0)

    def _is_time(self):
        now, scale = self.session.seconds(), machine_scale()
        if self.native or self.verdict.started:
            if self.last_output is not None:
                return now - self.last_output > self.SILENCE_SECONDS * scale
        return now > self.PATIENCE_SECONDS * scale

    def step(self, woken):
        if not self.open:
            self.open = self._is_time()
        if self.open and not self.over and not self.watched and not self.plain:
            try:
                self.session.watch(self.fd, "stdin")
                self.watched = True
            except (PermissionError, ValueError, OSError):
                self.plain = True       # a plain file is always ready
        if self.open and not self.over and ("stdin" in woken or self.plain):
            self._copy()
        if self.over and not self.interactive and not self.session.backlog():
            if self.ends_sent <= len(self.verdict.ended) or self._is_ignored():
                self.ends_sent = len(self.verdict.ended) + 1
                self.last_end = self.session.seconds()
                self.session.send(END_OF_INPUT)

    def _is_ignored(self):
        since = max(self.last_end, self.last_output or 0.0)
        return self.session.seconds() - since > self.AGAIN_SECONDS * machine_scale()

    def _copy(self):
        if self.session.backlog() >= 65536:
            return
        try:
            data = os.read(self.fd, 65536)
        except OSError:
            data = b""
        if data:
            self.session.send(data)
            return
        self.over = True
        if self.watched:
            self.session.unwatch(self.fd)


class Banner:
    """Keeps the firmware's forty lines from the user, unless nothing comes after them."""
    LAST = re.compile(rb"^Boot HART MEDELEG.*\n", re.M)

    def __init__(self, write):
        self.write, self.held, self.over = write, b"", False

    def feed(self, data):
        """Pass on what is for the user; True if anything was."""
        if self.over:
            self.write(data)
            return True
        self.held += data
        end = self.LAST.search(self.held)
        if end or len(self.held) > 16384:
            rest, self.over = self.held[end.end() if end else 0:], True
            if rest:
                self.write(rest)
            return bool(rest)
        return False

    def close(self):
        if not self.over and self.held:
            self.write(self.held)


def converse(session, verdict, deadline, native, write, learn=None):
    """Run until QEMU ends or the deadline; True if it ended. learn sees the firmware's lines."""
    feeder = Feeder(session, verdict, is_interactive(), native)
    banner = Banner(write)
    try:
        while not session.ended():
            left = 3600.0 if deadline is None else deadline - session.seconds()
            if left <= 0:
                return False
            woken, fresh = session.poll(feeder.wait(left))
            if fresh:
                verdict.feed(fresh)
                if learn:
                    learn(fresh)
                feeder.output(banner.feed(fresh) and (native or verdict.guest_spoke))
            feeder.step(woken)
        return True
    finally:
        banner.close()


def explain_end(verdict, plan, status, complaints):
    """(messages, exit status) of a run whose QEMU has ended."""
    faults = verdict.faults()
    if status != 0:
        faults.append(f"QEMU ended with status {status}" if status > 0 else
                      f"QEMU was killed by signal {-status}")
        if complaints:
            faults.append(complaints)
    if not plan.native and status == 0 and not faults and not is_interactive():
        lacking = [t.name for t in plan.trees if t.name not in verdict.ended]
        if lacking:
            faults.append(f"{', '.join(lacking)}: the machine ended before")
    return faults, 1 if faults else 0


def write_out(data):
    """Console output to standard output, all of it."""
    view = memoryview(data)
    while view:
        try:
            view = view[os.write(1, view):]
        except BlockingIOError:
            pass
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def run_plan(plan, args, settings, deadline):
    interactive = is_interactive()
    terminal = None
    verdict = qemu.Verdict()
    merger = None
    line = plan.line
    if args.trace == "full":
        merger = tracelog.Merger(settings, plan, write_out)
        line = line + merger.qemu_options()
    if interactive:
        print("strata: " + (KEYS_NATIVE if plan.native else KEYS), file=sys.stderr, flush=True)
    with qemu.Session(line, mux=interactive) as session:
        try:
            terminal = Terminal(0) if interactive else None
            ended = converse(session, verdict, deadline, plan.native,
                             merger.feed if merger else write_out,
                             merger.learn if merger else None)
        finally:
            if terminal:
                terminal.restore()
            if merger:
                merger.close()
        verdict.feed(b"\n")
        if not ended:
            print(f"\nstrata: no end after {deadline:.0f} s (TIMEOUT=): QEMU is stopped",
                  file=sys.stderr)
            return 124
        faults, status = explain_end(verdict, plan, session.status(), session.complaints())
    for fault in faults:
        print(f"strata: run: {fault}", file=sys.stderr)
    return status


def ensure_stdin():
    """A closed standard input is as good as an empty one."""
    try:
        os.fstat(0)
    except OSError:
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)


def main(args):
    ensure_stdin()
    settings = Settings(args)
    build_images()
    if args.trace == "0":
        args.trace = None
    deadline = None
    if args.timeout or not is_interactive():
        deadline = deadline_of(args, RUN_SECONDS)
    plan = make_plan(settings, args)
    try:
        return run_plan(plan, args, settings, deadline)
    finally:
        plan.remove()
