# SPDX-License-Identifier: BSD-2-Clause
"""VM trees: find them, override what the user says, collect the archive that Strata boots from."""
import copy
import os
import re
import struct

import cpio as newc             # scripts/cpio.py
from stratalib import fdt
from stratalib.settings import StrataError, number_of, parse_size

MODES = ("native", "te", "pv", "pv0", "pv1", "hw")
TEMPLATE = "pvguest-te"     # a VM on the fly is this tree with other names in it
GENERIC = ("pvguest", "u-boot", "busybox")
FETCHED = {"u-boot": "guests", "busybox": "busybox", "linux": "linux",
           "linux-initrd": "linux", "linux-devices": "linux", "linux-bench": "linux",
           "linux-disk.img": "linux", "linux-initramfs": "linux",
           "linux-root": "linux", "debian-first": "debian",
           "debian-root": "debian"}       # by scripts/deps


def guest_file(settings, name):
    """The host's file for a name in a VM tree or KERNEL=, INITRD=; None if there is none."""
    if os.path.isfile(name):
        return name
    for path in (
            {"pvguest": settings.path("pvguest", "kernel.elf"),
             "root.cpio": settings.path("pvguest", "root.cpio"),
             "root.ext2": settings.path("pvguest", "root.ext2"),
             "busybox": settings.path("busybox", "root.cpio"),
             "u-boot": os.path.join(settings.cache, "u-boot", "uboot.elf"),
             "linux": os.path.join(settings.cache, "linux", "Image"),
             "linux-initrd": settings.path("linux", "initrd.cpio"),
             "linux-devices": settings.path("linux", "initrd-devices.cpio"),
             "linux-bench": settings.path("linux", "bench.cpio"),
             "linux-disk.img": settings.path("linux", "disk.img"),
             "linux-initramfs": settings.path("linux", "initramfs.cpio"),
             "linux-root": settings.path("linux", "root.ext4"),
             "debian-first": os.path.join(settings.cache, "debian", "first.ext4"),
             "debian-root": os.path.join(settings.cache, "debian", "root.ext4")}.get(name),
            settings.path("tests", "guest", name + ".elf"),
            settings.path("tests", "guest", name)):
        if path and os.path.isfile(path):
            return path
    return None


def need_file(settings, name, option):
    path = guest_file(settings, name)
    if path is None:
        hint = f": scripts/deps {FETCHED[name]} gets it" if name in FETCHED else ""
        raise StrataError(f"{option}: no file {name}{hint}", 2)
    return path


class Tree:
    """One VM: its name, its tree (or bytes that are none) and the files that it names."""

    def __init__(self, name, blob):
        self.name = name
        self.blob = blob
        self.files = {}             # name in the archive: the host's file
        try:
            self.root = fdt.parse(blob)
        except ValueError:
            self.root = None        # the hypervisor says what is wrong with it

    def chosen(self):
        return self.root.child("chosen", make=True)

    def hypervisor(self):
        return self.root.child("hypervisor", make=True)

    def memory_bytes(self):
        """Bytes of guest RAM, where address and size have two cells."""
        total = 0
        for node in self.root.all("memory") if self.root else []:
            cells = node.cells("reg")
            for i in range(0, len(cells) - 3, 4):
                total += (cells[i + 2] << 32) | cells[i + 3]
        return total

    def disk_bytes(self):
        """What the hypervisor reserves for its disks in memory, without their tables."""
        total = 0
        for node in self.devices() if self.root else []:
            image = self.files.get(node.string("strata,image"))
            if (node.string("strata,virtio") != "block" or "strata,read-only" in node.props or
                    not (image or "strata,size" in node.props)):
                continue
            size = int.from_bytes(node.props.get("strata,size", b""), "big")
            size = size or os.path.getsize(image)
            quota = int.from_bytes(node.props.get("strata,quota", b""), "big")
            total += min(size, quota or size)
        return total

    def set_memory(self, size):
        memory = (self.root.all("memory") or [self.root.child("memory@80000000", make=True)])[0]
        base = memory.props.get("reg", fdt.cell64(0x80000000))[:8]
        memory.props["reg"] = base + fdt.cell64(size)

    def set_vcpus(self, count):
        """As many cpu nodes, alike but for their numbers, and the PLIC's contexts for them."""
        cpus = self.root.child("cpus")
        pattern = cpus and cpus.child("cpu")
        if pattern is None:
            raise StrataError(f"{self.name}: --vcpus: the tree has no cpu node", 2)
        free = 1 + max(fdt.phandles(self.root), default=0)
        others = [n for n in cpus.children if not n.name.startswith("cpu@")]
        made = []
        for number in range(count):
            cpu = copy.deepcopy(pattern)
            cpu.name = f"cpu@{number:x}"
            cpu.props["reg"] = number.to_bytes(4, "big")
            cpu.props.pop("phandle", None)
            cpu.child("interrupt-controller").props["phandle"] = (free + number).to_bytes(4, "big")
            made.append(cpu)
        cpus.children = made + others
        for imsics in self.root.child("soc").all("imsics") if self.root.child("soc") else []:
            imsics.props["interrupts-extended"] = b"".join(
                struct.pack(">2I", free + n, 9) for n in range(count))
            imsics.props["reg"] = imsics.props["reg"][:8] + fdt.cell64(0x1000 * count)
        for plic in self.root.child("soc").all("plic") if self.root.child("soc") else []:
            plic.props["interrupts-extended"] = b"".join(
                struct.pack(">4I", free + n, 11, free + n, 9) for n in range(count))

    def set_mode(self, mode):
        node = self.hypervisor()
        node.props.pop("strata,pv-step", None)
        if mode.startswith("pv"):
            step = int(mode[2:] or "1")
            mode = "pv"
            node.props["strata,pv-step"] = step.to_bytes(4, "big")
        node.set_string("strata,mode", mode)

    def devices(self):
        """The nodes of the root and of its buses."""
        out = list(self.root.children)
        for node in self.root.children:
            if b"simple-bus" in node.props.get("compatible", b""):
                out += node.children
        return out

    def add_disk(self, name, prop="strata,image"):
        """A block device on a file of the archive, copied as it is written, or on a host's disk."""
        value = name.encode() + b"\0" if prop == "strata,image" else bytes(4)
        self.add_virtio("--disk", "block", {prop: value})

    def add_net(self):
        """A network device on the default switch, unless the tree has one already."""
        if all(node.string("strata,virtio") != "net" for node in self.devices()):
            self.add_virtio("--net", "net", {})

    def add_virtio(self, option, sort, props):
        """A virtio device in the first free place."""
        soc, nodes = self.root.child("soc"), self.devices()
        plic = next((n for n in nodes if b"plic" in n.props.get("compatible", b"")), None)
        if soc is None or plic is None or "phandle" not in plic.props:
            raise StrataError(f"{option}: {self.name} has no soc with a plic", 2)
        sources = {n.cells("interrupts")[0] for n in nodes if n.cells("interrupts")}
        for number in range(1, 9):      # where QEMU's machine has them
            node = fdt.Node(f"virtio@{0x10000000 + 0x1000 * number:x}")
            if number in sources or soc.child(node.name):
                continue
            node.set_string("compatible", "virtio,mmio")
            node.props["reg"] = fdt.cell64(0x10000000 + 0x1000 * number) + fdt.cell64(0x1000)
            node.props["interrupts"] = number.to_bytes(4, "big")
            node.props["interrupt-parent"] = plic.props["phandle"]
            node.set_string("strata,virtio", sort)
            node.props.update(props)
            soc.children.append(node)
            return
        raise StrataError(f"{option}: {self.name} has no room for one more device", 2)

    def take_files(self, settings):
        """Find the files that the tree names; what is not found is left to the hypervisor."""
        if self.root is None or self.root.child("chosen") is None:
            return
        names = [self.chosen().string(prop) for prop in ("strata,kernel", "strata,initrd")]
        names += [node.string("strata,image") for node in self.devices()]
        for name in names:
            if name and name not in self.files:
                path = guest_file(settings, name)
                if path is None and name in FETCHED:
                    raise StrataError(
                        f"{self.name}: no {name}: scripts/deps {FETCHED[name]} gets it")
                if path:
                    self.files[name] = path

    def data(self):
        return self.blob if self.root is None else fdt.build(self.root)


def load(settings, name):
    """The tree dts/NAME.dts as built, or a .dtb file of the user's."""
    path = name if name.endswith(".dtb") else settings.path("dts", name + ".dtb")
    if not os.path.isfile(path):
        known = sorted(f[:-4] for f in os.listdir(settings.path("dts")) if f.endswith(".dtb")) \
            if os.path.isdir(settings.path("dts")) else []
        raise StrataError(f"no VM tree {name} (there are: {' '.join(known)})", 2)
    with open(path, "rb") as f:
        return Tree(os.path.basename(path)[:-4], f.read())


def _archive_name(path, used):
    """A name for the user's file in the archive."""
    name = re.sub(r"[^A-Za-z0-9._-]", "_", os.path.basename(path)) or "file"
    while name in used or name.endswith(".dtb"):
        name += "_"
    return name


def override(settings, tree, args):
    """Put MODE=, WORLD=, KERNEL=, INITRD=, DISK=, BOOTARGS= into a tree."""
    if tree.root is None:
        return
    chosen = tree.chosen()
    if args.mode:
        tree.set_mode(args.mode)
    if args.world:
        tree.hypervisor().set_string("strata,world", args.world)
    if args.kernel:
        path = need_file(settings, args.kernel, "--kernel")
        name = args.kernel if args.kernel in GENERIC else _archive_name(path, tree.files)
        tree.files[name] = path
        chosen.set_string("strata,kernel", name)
        if name != "pvguest" and not args.initrd:
            chosen.props.pop("strata,initrd", None)
    if args.initrd:
        path = need_file(settings, args.initrd, "--initrd")
        name = _archive_name(path, tree.files)
        tree.files[name] = path
        chosen.set_string("strata,initrd", name)
    if getattr(args, "disk", None):
        path = need_file(settings, args.disk, "--disk")
        name = _archive_name(path, tree.files)
        tree.files[name] = path
        tree.add_disk(name)
    if getattr(args, "net", None):
        tree.add_net()
    if args.bootargs is not None:
        chosen.set_string("bootargs", args.bootargs)
    if getattr(args, "vcpus", None):
        tree.set_vcpus(number_of(args.vcpus, "--vcpus", 1, 512))


def make(settings, args):
    """The trees that a command's options ask for."""
    own = bool(args.kernel or args.mode or args.initrd)
    if args.vm:
        trees = [load(settings, n) for n in args.vm.split(",") if n]
        names = [t.name for t in trees]
        for name in names:
            if names.count(name) > 1:
                raise StrataError(f"--vm: {name} is named twice", 2)
    elif own:
        trees = [load(settings, TEMPLATE)]
        base = os.path.basename(args.kernel or "pvguest").rsplit(".", 1)[0]
        trees[0].name = (re.sub(r"[^A-Za-z0-9_-]", "-", base) or "guest")[:40]
        trees[0].root.set_string("model", "Strata virtual machine: " + trees[0].name)
        if not args.mode:
            trees[0].set_mode("te" if args.cpu and "h=false" in args.cpu else "hw")
    else:
        trees = [load(settings, n) for n in ("pvguest-te", "pvguest-pv", "pvguest-hw")]
    for tree in trees:
        override(settings, tree, args)
        if args.mem and own and tree.root is not None:
            tree.set_memory(parse_size(args.mem, "--mem"))
        tree.take_files(settings)
    return trees


def archive(trees):
    """
    The newc archive of trees and the files that they name. Members are sorted by name; the trees
    keep their order, which decides who gets the input first, by directories that are numbers.
    """
    members = {}
    for number, tree in enumerate(trees):
        place = f"{number:03}/" if len(trees) > 1 else ""
        members[place + tree.name + ".dtb"] = (0o100644, tree.data())
        for name, path in tree.files.items():
            with open(path, "rb") as f:
                members[name] = (0o100644, f.read())
    return newc.archive(members)


def machine_bytes(trees, archive_size):
    """Memory for a machine in which all these fit, within reason: 2 GiB at most."""
    need = sum(t.memory_bytes() + t.disk_bytes() for t in trees)
    need += 2 * archive_size + (128 << 20)
    size = 256 << 20
    while size < need and size < 2 << 30:
        size += 128 << 20
    return size
