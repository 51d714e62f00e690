# SPDX-License-Identifier: BSD-2-Clause
"""The parts of scripts/strata that need no QEMU."""
import argparse
import glob
import os

from harness import add_case, check
from stratalib import bench, compare, fdt, qemu, report, settings, table, tracelog, vms, walk
from stratalib.result import Result


def trees_survive(bench_):
    for path in glob.glob(bench_.settings.path("dts", "*.dtb")):
        with open(path, "rb") as f:
            root = fdt.parse(f.read())
        again = fdt.parse(fdt.build(root))

        def same(a, b, path=path):
            check(a.name == b.name and a.props == b.props, f"{path}: {a.name}")
            check(len(a.children) == len(b.children), f"{path}: {a.name}")
            for one, other in zip(a.children, b.children):
                same(one, other)
        same(root, again)


def no_tree(_):
    for blob in (b"", b"\xd0\x0d\xfe\xed", b"\xd0\x0d\xfe\xed" + b"\xff" * 60, b"x" * 200):
        try:
            fdt.parse(blob)
        except ValueError:
            continue
        check(False, f"{blob[:8]!r} is taken for a tree")


def sizes(_):
    for text, value in (("64M", 64 << 20), ("1G", 1 << 30), ("128", 128 << 20), ("4096k", 4 << 20),
                        ("64MiB", 64 << 20)):
        check(settings.parse_size(text, "x") == value, text)
    for text in ("", "M", "1T", "-1M", "1.5G"):
        try:
            settings.parse_size(text, "x")
        except settings.StrataError:
            continue
        check(False, f"{text!r} is taken for a size")


def verdicts(_):
    verdict = qemu.Verdict()
    for part in (b"strata: a: mode te, 64 MiB\r\nstrata: a: ker",
                 b"nel pvguest sha256 " + b"0" * 64,
                 b"\nstrata: b: refused: memory: too much\n[a] strata: c: stopped: no\n",
                 b"strata: a: shut down: by SBI\nstrata: panic: trap\n"):
        verdict.feed(part)
    check(verdict.started == {"a": "te"} and verdict.kernels == {"a": ("pvguest", "0" * 64)},
          f"{verdict.started} {verdict.kernels}")
    check(verdict.faults() == ["b: refused: memory: too much", "panic: trap"],
          f"{verdict.faults()}")


def branches(_):
    for word, expected in ((0xfee79be3, -10), (0xff3ff06f, -14), (0x00000013, None),
                           (0x00008067, None)):        # bne, j, nop, ret
        got = walk.branch_offset(word.to_bytes(4, "little"), 0)
        check(got == (4, expected), f"{word:#x}: {got}")
    for half, expected in ((0xfff5, -4), (0xdd6d, -6), (0xbfe5, -8), (0x8082, None)):
        got = walk.branch_offset(half.to_bytes(2, "little"), 0)      # c.bnez, c.beqz, c.j, ret
        check(got == (2, expected), f"{half:#x}: {got}")


class FakeSettings:
    firmware = "strata"

    @staticmethod
    def path(*parts):
        return os.path.join("build", *parts)

    @staticmethod
    def qemu_version():
        return "a QEMU"

    @staticmethod
    def compiler():
        return "a compiler", ""


def fake_comparison(skip):
    """A comparison whose figures are made up, with a mode that failed."""
    places = [compare.Place(mode, FakeSettings, "", "") for mode in bench.MODES.values()]
    result = compare.Comparison(list(bench.OPS), places)
    for place in places:
        run = bench.Run(place.key)
        for op in bench.OPS:
            run.rows[op] = {"op": op, "n": 10, "insns": 25, "traps": 10, "mtraps": None, "ticks": 3}
        if place.key == skip:
            run.rows, run.error = {}, "no end <after> 9 s"
            result.problems.append(f"{skip}: {run.error}")
        result.counts[place.key] = run
    result.counts["te"].rows["timer_sstc"] = {"op": "timer_sstc", "skip": "no <Sstc>"}
    return result


def failed_mode(_):
    """A mode that failed leaves the others in the table, and says so in its own cells."""
    data = fake_comparison("hw").as_json()
    result = Result(data)
    text = table.counts(result) + table.footer(result)
    check(text.count("failed") == len(bench.OPS) + 1, text)
    check("2.5     1   1.00" in text, text)
    check(len(data["rows"]) == len(bench.MODES) * len(bench.OPS), "rows")
    check(data["failed"] == {"hw": "no end <after> 9 s"}, f"{data['failed']}")
    page = report.html(result)
    check("&lt;after&gt;" in page and "no &lt;Sstc&gt;" in page and "<after>" not in page,
          "the guest's words are quoted in the report")


def averages(_):
    for total, expected in ((10, 1), (25, 2.5), (0, 0), (1, 0.1), (None, None)):
        got = bench.per_operation({"n": 10, "insns": total}, "insns")
        check(got == expected, f"{total}: {got}")
    check(bench.parse_ops("mmap,csr_read") == ["mmap", "csr_read"], "the table's order")
    check([m.key for m in bench.parse_modes("pv,native")] == ["native", "pv0", "pv1"], "pv is two")


def log_lines(_):
    line = (b"riscv_cpu_do_interrupt: hart:1, async:1, cause:0000000000000005, "
            b"epc:0x0000000080200000, tval:0x0000000000000000, desc=s_timer")
    trap = tracelog.Trap(tracelog.LOG.search(line))
    check((trap.hart, trap.interrupt, trap.epc, trap.name()) ==
          (1, True, 0x80200000, "IRQ_S_TIMER"), f"{vars(trap)}")


def modes(_):
    tree = vms.Tree("x", fdt.build(fdt.Node()))
    tree.set_mode("pv0")
    node = tree.hypervisor()
    check(node.string("strata,mode") == "pv" and node.cells("strata,pv-step") == (0,), "pv0")
    tree.set_mode("te")
    check("strata,pv-step" not in node.props, "te has no step")
    tree.set_memory(1 << 30)
    check(tree.memory_bytes() == 1 << 30, "memory")


def user_files(place):
    kernel = place.file("kernel-of-the-user", b"")
    place.file("tree.dtb", b"")
    away = os.path.dirname(kernel)
    args = argparse.Namespace(kernel="kernel-of-the-user", initrd="root.cpio", qemu="qemu",
                              vm="pvguest-te,tree.dtb")
    settings.keep_user_files(args, away)
    check(os.path.samefile(args.kernel, os.path.join(settings.TOP, kernel)), args.kernel)
    check(os.path.isabs(args.kernel) and args.initrd == "root.cpio", "a name is no file")
    check(args.vm == "pvguest-te," + os.path.abspath(os.path.join(away, "tree.dtb")), args.vm)


def explain_sstc(place):
    for mode in ("te", "pv0", "pv1"):
        result = place.strata("explain", "--op", "timer_sstc", "--mode", mode)
        check(result.status == 1 and "have no Sstc" in result.err, result.err)


def add(_):
    for sentence, function in (
            ("every VM tree is the same after it was read and written", trees_survive),
            ("what is no device tree is not taken for one", no_tree),
            ("sizes are read as QEMU reads them, others are refused", sizes),
            ("the hypervisor's lines are understood however they arrive", verdicts),
            ("branches are decoded with their offsets", branches),
            ("a mode that failed leaves the others in table, JSON and report", failed_mode),
            ("totals become figures per operation without loss", averages),
            ("a line of QEMU's log is understood", log_lines),
            ("a mode put into a tree brings its step and nothing of the last one", modes),
            ("files named from another directory are found", user_files),
            ("explain says that te and pv have no Sstc", explain_sstc)):
        add_case("host: " + sentence, function, group="host")
