# SPDX-License-Identifier: BSD-2-Clause
"""Bad configuration and hostile guests: one VM is refused or stopped, the others run."""
import os
import struct

from harness import add_case, check, check_line
from stratalib import fdt, vms

GOOD = "good"


def good_tree(bench):
    """The VM that must run whatever stands beside it."""
    return bench.tree("pvguest-hw", kernel="hello", rename=GOOD)


def refused(bench, bad_trees, pattern, archive=None, names=("bad",)):
    """The bad VMs are refused by one line each; the good one runs; QEMU ends."""
    trees = [*bad_trees, good_tree(bench)]
    with bench.console(trees, archive=archive) as session:
        verdict = bench.verdict(session)
        text = session.text()
    for name in names:
        lines = [line for line in text.splitlines()
                 if line.startswith(f"strata: {name}: ") and " sha256 " not in line]
        check(len(lines) == 1 and "refused: " in lines[0], f"the lines of {name}: {lines}")
        check_line(lines[0], pattern)
    check(verdict.ended.get(GOOD, ("",))[0] == "shut down", f"{GOOD}: {verdict.ended.get(GOOD)}")
    check(not verdict.panics, f"{verdict.panics}")


def changed(pattern, change):
    """A case: the tree of a good VM, spoilt by change(tree)."""
    def function(bench):
        bad = bench.tree("pvguest-hw", kernel="hello", rename="bad")
        change(bad)
        refused(bench, [bad], pattern)
    return function


def drop_mode(tree):
    del tree.hypervisor().props["strata,mode"]


def odd_mode(tree):
    tree.hypervisor().set_string("strata,mode", "fast")


def odd_world(tree):
    tree.set_mode("te")
    tree.hypervisor().set_string("strata,world", "elsewhere")


def drop_hypervisor(tree):
    tree.root.children.remove(tree.hypervisor())


def drop_memory(tree):
    tree.root.children.remove(tree.root.all("memory")[0])


def drop_kernel(tree):
    del tree.chosen().props["strata,kernel"]


def drop_cpus(tree):
    tree.root.children.remove(tree.root.child("cpus"))


def drop_reg(tree):
    del tree.root.all("memory")[0].props["reg"]


def overlap(tree):
    extra = fdt.Node("memory@80001000")
    extra.set_string("device_type", "memory")
    extra.props["reg"] = fdt.cell64(0x80001000) + fdt.cell64(0x100000)
    tree.root.children.append(extra)


def memory_on_device(tree):
    memory = tree.root.all("memory")[0]
    memory.props["reg"] = fdt.cell64(0x10000000) + fdt.cell64(0x4000000)


def memory_unaligned(tree):
    memory = tree.root.all("memory")[0]
    memory.props["reg"] = fdt.cell64(0x80000800) + fdt.cell64(0x4000000)


def memory_wraps(tree):
    memory = tree.root.all("memory")[0]
    memory.props["reg"] = fdt.cell64(0x80000000) + fdt.cell64(0xffffffffffff0000)


def too_much(tree):
    tree.set_memory(16 << 30)


def disk_too_large(tree):
    tree.add_virtio("--disk", "block", {"strata,size": fdt.cell64(16 << 30)})


def missing_kernel(tree):
    tree.chosen().set_string("strata,kernel", "no-such-kernel")


def missing_initrd(tree):
    tree.chosen().set_string("strata,initrd", "no-such-initrd")


def pv_step(tree):
    tree.set_mode("pv")
    tree.hypervisor().props["strata,pv-step"] = struct.pack(">I", 77)


TREES = (
    ("without strata,mode", drop_mode, "strata,mode"),
    ("with an unknown mode", odd_mode, "strata,mode.*fast|fast.*mode"),
    ("with an unknown world", odd_world, "world"),
    ("with an unknown pv step", pv_step, "pv-step"),
    ("without a hypervisor node", drop_hypervisor, "hypervisor"),
    ("without memory", drop_memory, "memory"),
    ("whose memory has no reg", drop_reg, "reg"),
    ("whose memory nodes overlap", overlap, "overlap|memory"),
    ("whose memory lies on a device", memory_on_device, "overlap|memory"),
    ("whose memory is not page aligned", memory_unaligned, "align"),
    ("whose memory wraps around", memory_wraps, "memory"),
    ("that asks for more memory than there is", too_much, "memory"),
    ("with a disk that may take more memory than there is", disk_too_large, "strata,quota"),
    ("without a processor", drop_cpus, "cpu"),
    ("that names no kernel", drop_kernel, "strata,kernel"),
    ("that names a missing kernel", missing_kernel, "no-such-kernel"),
    ("that names a missing initrd", missing_initrd, "no-such-initrd"),
)


def raw_tree(blob, pattern):
    def function(bench):
        refused(bench, [vms.Tree("bad", blob)], pattern)
    return function


def cut_tree(bench):
    """Every prefix of a tree is refused: forty VMs at once."""
    whole = bench.tree("pvguest-hw", kernel="hello").data()
    bad = []
    for i in range(40):
        tree = vms.Tree(f"cut{i}", b"")
        tree.root, tree.blob = None, whole[:len(whole) * i // 40]
        bad.append(tree)
    refused(bench, bad, "refused", names=tuple(t.name for t in bad))


def junk_kernel(data, pattern):
    def function(bench):
        path = bench.file(os.path.basename(bench.log) + ".bin", data)
        bad = bench.tree("pvguest-hw", kernel=path, rename="bad")
        refused(bench, [bad], pattern)
    return function


def elf_header(**changes):
    """A 64-bit RISC-V ELF with one program header, some fields changed."""
    field = dict(machine=243, phoff=64, phnum=1, phentsize=56, entry=0x80200000, offset=0x1000,
                 paddr=0x80200000, filesz=16, memsz=16)
    field.update(changes)
    ident = b"\x7fELF\x02\x01\x01" + b"\0" * 9
    head = ident + struct.pack("<HHIQQQIHHHHHH", 2, field["machine"], 1, field["entry"],
                               field["phoff"], 0, 0, 64, field["phentsize"], field["phnum"],
                                0, 0, 0)
    head += struct.pack("<IIQQQQQQ", 1, 7, field["offset"], field["paddr"], field["paddr"],
                        field["filesz"], field["memsz"], 4096)
    return head.ljust(0x1000, b"\0") + b"\x13\0\0\0" * 4


KERNELS = (
    ("is neither ELF nor Image", b"this is no kernel\n" * 100, "kernel"),
    ("is empty", b"", "kernel"),
    ("is an ELF for another machine", elf_header(machine=62), "machine|RISC-V"),
    ("is an ELF whose segment lies outside the file", elf_header(filesz=1 << 40, memsz=1 << 40),
     "kernel"),
    ("is an ELF whose segment lies outside the memory", elf_header(paddr=0x40000000), "kernel"),
    ("is an ELF whose headers lie outside the file", elf_header(phoff=1 << 50), "kernel"),
    ("is an ELF whose segment wraps around",
     elf_header(paddr=(1 << 64) - 0x1000, memsz=0x10000), "kernel"),
    ("is an ELF that starts outside its memory", elf_header(entry=0x1000), "kernel|entry"),
)


def same_name(bench):
    """Two trees of one name: the first runs, the second is refused."""
    with bench.console([good_tree(bench), good_tree(bench)]) as session:
        verdict = bench.verdict(session)
    check("another tree" in str(verdict.refused.get(GOOD)), f"refused: {verdict.refused}")
    check(verdict.ended.get(GOOD, ("",))[0] == "shut down", f"{GOOD}: {verdict.ended}")


def damaged_archive(bench):
    """Members before the damage start, the damage is one line, the run fails."""
    first = bench.tree("pvguest-hw", kernel="hello", rename="aaa")
    blob = vms.archive([first])
    at = blob.rindex(b"070701")             # the trailer's header
    with bench.console([first], archive=blob[:at] + b"garbage" * 10) as session:
        verdict = bench.verdict(session)
        text = session.text()
    check_line(text, r"^strata: the archive is damaged")
    check(verdict.ended.get("aaa", ("",))[0] == "shut down", f"aaa: {verdict.ended}")


def truncated_archive(bench):
    """An archive cut at many places: never a panic, always an end."""
    tree = bench.tree("pvguest-hw", kernel="hello", rename="cut")
    blob = vms.archive([tree])
    for part in (0, 5, 109, 110, 120, 300, len(blob) // 2, len(blob) - 600):
        with bench.console([tree], archive=blob[:part] or b"\0") as session:
            verdict = bench.verdict(session)
        check(not [p for p in verdict.panics if "panic" in p], f"cut at {part}: {verdict.panics}")
        check(verdict.panics or verdict.refused, f"cut at {part}: nobody complains")


def hostile_archive(bench):
    """Sizes that wrap, names without end, numbers that are none."""
    def member(name, size, name_size=None, magic=b"070701"):
        fields = [1, 0o100644, 0, 0, 1, 0, size, 0, 0, 0, 0, name_size or len(name) + 1, 0]
        return magic + b"".join(b"%08x" % f for f in fields) + name + b"\0"

    for blob in (member(b"a.dtb", 0xffffffff), member(b"a.dtb", 0x7ffffff0),
                 member(b"a.dtb", 16, 0xffffffff), member(b"a.dtb", 16, 0x1000),
                 member(b"a.dtb", 16, magic=b"070702"), b"070701" + b"zzzzzzzz" * 13,
                 b"\x7f" * 4096, member(b"\x1b[2J\n.dtb", 4) + b"abcd" * 8):
        with bench.console([], archive=blob) as session:
            verdict = bench.verdict(session)
            check("\x1b[2J" not in session.text(), "a name reaches the terminal as it is")
        check(not [p for p in verdict.panics if "panic" in p], f"{verdict.panics}")


def no_archive(bench):
    result = bench.strata("run", "--vm", bench.file("empty.dtb", b""))
    check(result.status == 1, f"exit status {result.status}")
    check_line(result.err, r"empty: refused")


def hostile_guest(mode, word, pattern):
    """A guest that goes wrong for ever is stopped, or destroyed by the user; a good one runs on."""
    def function(bench):
        bad = bench.tree("pvguest-hw", mode=mode, kernel="hostile", bootargs=word, rename="bad")
        with bench.console([bad, good_tree(bench)], cpus=1) as session:
            verdict = bench.verdict(session)
            text = session.text()
        check_line(text, pattern)
        check(verdict.ended.get(GOOD, ("",))[0] == "shut down", f"{GOOD}: {verdict.ended}")
        check(not verdict.panics, f"{verdict.panics}")
    return function


def hostile_random(mode, seed):
    def function(bench):
        bad = bench.tree("pvguest-hw", mode=mode, kernel="hostile", rename="bad",
                         bootargs=f"seed={seed} count=4000")
        with bench.console([bad, good_tree(bench)]) as session:
            verdict = bench.verdict(session)
        check("bad" in verdict.ended, "the hostile VM does not end")
        check(verdict.ended.get(GOOD, ("",))[0] == "shut down", f"{GOOD}: {verdict.ended}")
        check(not verdict.panics, f"{verdict.panics}")
    return function


def add(environment):
    add_case("of two trees of one name the second is refused", same_name, group="badinput")
    for words, change, pattern in TREES:
        add_case(f"a VM tree {words} is refused by one line, another VM runs",
                 changed(pattern, change), group="badinput")
    for words, blob in (("that is empty", b""), ("of text", b"/dts-v1/;\n" * 9),
                        ("of zeros", b"\0" * 4096),
                        ("whose header lies about its size",
                         struct.pack(">10I", fdt.MAGIC, 1 << 30, 56, 56, 40, 17, 16, 0, 9, 9))):
        add_case(f"a VM tree {words} is refused by one line, another VM runs",
                 raw_tree(blob, "tree"), group="badinput")
    add_case("each of forty trees cut short is refused by one line, another VM runs", cut_tree,
             group="badinput")
    for words, data, pattern in KERNELS:
        add_case(f"a kernel that {words} is refused by one line, another VM runs",
                 junk_kernel(data, pattern), group="badinput")
    add_case("an archive with a damaged end starts the VMs before the damage", damaged_archive,
             group="badinput")
    add_case("an archive cut short anywhere ends in a message and no panic", truncated_archive,
             group="badinput")
    add_case("an archive with hostile sizes and names ends in a message and no panic",
             hostile_archive, group="badinput")
    add_case("a run whose only tree is empty fails and says why", no_archive, group="badinput")
    for mode in ("te", "pv1", "hw"):
        for word in ("fault", "vector", "handler", "tables"):
            add_case(f"a guest in {mode} that faults for ever ({word}) is stopped with one line",
                     hostile_guest(mode, word, r"^strata: bad: stopped: \S"), group="badinput")
        add_case(f"a guest in {mode} that ends with a failure is reported, another VM runs",
                 hostile_guest(mode, "crash", r"^strata: bad: "), group="badinput")
        for seed in range(1, 2 if environment.quick else 9 if environment.full else 3):
            add_case(f"a guest in {mode} that tries random instructions and calls hurts nobody, "
                     f"seed {seed}", hostile_random(mode, seed), group="badinput")
