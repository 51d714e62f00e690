#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Tests of the host scripts that builds and checks rest on.

Prints PASS: and FAIL: lines named by what must hold, and the totals.
"""
import argparse
import csv
import hashlib
import importlib
import importlib.machinery
import importlib.util
import json
import os
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TESTS = []
sys.dont_write_bytecode = True


def module_of(name, path):
    """A Python file of the tree as a module."""
    loader = importlib.machinery.SourceFileLoader(name.replace(".", "_"), os.path.join(TOP, path))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
    loader.exec_module(module)
    return module


def script(name):
    """A script of scripts/ as a module."""
    return module_of(name, "scripts/" + name)


def test(sentence):
    def add(function):
        TESTS.append((sentence, function))
        return function
    return add


def write(path, text, mode=0o644):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
    os.chmod(path, mode)


@test("a prefix without a compiler is named and leaves what was found before")
def _(tmp):
    found = os.path.join(tmp, "toolchain.mk")
    write(found, "CROSS := riscv64-unknown-elf-\n")
    for prefix, package in (("no-such-", "gcc-riscv64-unknown-elf"),
                            ("/no/such/riscv64-linux-gnu-", "gcc-riscv64-linux-gnu")):
        out = subprocess.run([os.path.join(TOP, "scripts/toolchain"), found, prefix,
                              "TOOLPREFIX"], capture_output=True, text=True, check=False)
        assert out.returncode == 1 and out.stdout.count("\n") == 1, out
        assert f"TOOLPREFIX={prefix}: no {prefix}gcc" in out.stdout, out
        assert package in out.stdout, out
        with open(found, encoding="utf-8") as f:
            assert f.read() == "CROSS := riscv64-unknown-elf-\n"


def newc(blob):
    """[(name, mode, data)] of an archive, by the format's definition."""
    found, at = [], 0
    while True:
        assert blob[at:at + 6] == b"070701", at
        field = [int(blob[at + 6 + 8 * i:at + 14 + 8 * i], 16) for i in range(13)]
        name = blob[at + 110:at + 110 + field[11] - 1].decode()
        at = (at + 110 + field[11] + 3) & ~3
        data = blob[at:at + field[6]]
        at = (at + field[6] + 3) & ~3
        if name == "TRAILER!!!":
            return found
        assert field[2] == field[3] == field[5] == 0, "owner and date are 0"
        found.append((name, field[1], data))


@test("cpio: members are sorted, directories come first and are made up where missing")
def _(tmp):
    cpio = script("cpio.py")
    write(f"{tmp}/sh", "program", 0o755)
    write(f"{tmp}/motd", "odd")
    members = newc(cpio.archive(cpio.collect([f"etc/motd={tmp}/motd", f"bin/sh={tmp}/sh"])))
    assert [m[0] for m in members] == ["bin", "bin/sh", "etc", "etc/motd"], members
    assert [m[1] for m in members] == [0o40755, 0o100755, 0o40755, 0o100644], members
    assert members[1][2] == b"program" and members[3][2] == b"odd"


@test("cpio: the same names and contents give the same bytes, whatever the dates and owners")
def _(tmp):
    cpio = script("cpio.py")
    blobs = []
    for n in (1, 2):
        write(f"{tmp}/{n}/a/b", "text")
        os.utime(f"{tmp}/{n}/a/b", (n, n))
        blobs.append(cpio.archive(cpio.collect([f"{tmp}/{n}"])))
    assert blobs[0] == blobs[1]


@test("cpio: a file that is not there is an error of one line and writes nothing")
def _(tmp):
    out = subprocess.run([sys.executable, f"{TOP}/scripts/cpio.py", f"{tmp}/out", f"a={tmp}/no"],
                         capture_output=True, text=True, check=False)
    assert out.returncode == 1 and out.stderr.count("\n") == 1, out
    assert not os.path.exists(f"{tmp}/out")


@test("symbols: the table lists every address once, in order")
def _(tmp):
    text = script("symbols.py").table([(0x10, "first"), (0x20, "second")])
    assert text.index(".quad 0x10") < text.index(".quad 0x20")
    assert "symbol_count:\n\t.quad 2" in text and '.asciz "second"' in text


@test("total: results are added up and a command that says nothing is a failure")
def _(tmp):
    out = subprocess.run([f"{TOP}/scripts/total", "a=echo 1 passed, 0 failed, 2 skipped",
                          "b=echo x: 3 passed, 0 failed, 0 skipped", "c=true"],
                         capture_output=True, text=True, check=False)
    assert out.stdout.splitlines()[-1] == "4 passed, 1 failed, 2 skipped", out.stdout
    assert out.returncode == 1


@test("total: a command that fails behind a good result is a failure")
def _(tmp):
    out = subprocess.run([f"{TOP}/scripts/total", "a=echo 1 passed, 0 failed, 0 skipped; exit 3"],
                         capture_output=True, text=True, check=False)
    assert out.stdout.splitlines()[-1] == "1 passed, 1 failed, 0 skipped", out.stdout


@test("unit: a program that is missing or dies without a word is one failure")
def _(tmp):
    write(f"{tmp}/good", "#!/bin/sh\necho 'PASS: it holds'\n", 0o755)
    write(f"{tmp}/dies", "#!/bin/sh\nexit 9\n", 0o755)
    out = subprocess.run([f"{TOP}/scripts/unit", f"{tmp}/good", f"{tmp}/dies", f"{tmp}/no"],
                         capture_output=True, text=True, check=False)
    assert out.stdout.splitlines()[-1] == "unit: 1 passed, 2 failed, 0 skipped", out.stdout
    assert out.returncode == 1


@test("check: finds a private path, a server, a long line and a missing licence")
def _(tmp):
    check = script("check")
    os.chdir(tmp)
    slash = "/"
    write(f"{tmp}/a.c", f"{slash}home{slash}me\nhttp:{slash}{slash}host\n" + "x" * 101 + "\n")
    assert len(check.check_private(["a.c"])) == 2
    assert len(check.check_layout(["a.c"])) == 1
    assert len(check.check_spdx(["a.c"])) == 1


@test("check_includes: an upward include is named with file, line and room")
def _(tmp):
    write(f"{tmp}/hypervisor/mem/page.c", '#include "lib/list.h"\n#include "vm/vm.h"\n')
    write(f"{tmp}/hypervisor/vm/vm.c", '#include "emul/insn.h"\n#include "mem/page.h"\n')
    out = subprocess.run([f"{TOP}/tests/check_includes.py"], cwd=tmp, capture_output=True,
                         text=True, check=False)
    assert out.returncode == 1 and out.stdout.count("\n") == 1, out.stdout
    assert "hypervisor/mem/page.c:2: mem includes vm/vm.h" in out.stdout


def doc_messages(tmp, text, **files):
    """What check_docs says of a README with this text in a tree with these files."""
    write(f"{tmp}/README.md", text)
    write(f"{tmp}/Makefile", "O ?= build\nrun test: images\n")
    for name, body in files.items():
        write(f"{tmp}/src/{name}.c", body)
    os.chdir(tmp)
    docs = module_of("check_docs", "tests/check_docs.py")
    return docs.messages(docs.tree())


@test("check_docs: what is there is accepted, in prose and in commands")
def _(tmp):
    bad = doc_messages(tmp, "# A b\n[x](#a-b) [y](src/page.c) `src/page.c` `src/NAME.c`\n"
                       "`page_alloc()`\n```\nmake run O=x\n```\n", page="void page_alloc(void);\n")
    assert bad == [], bad


@test("check_docs: a missing file, heading, function, target, variable and command are named")
def _(tmp):
    bad = doc_messages(tmp, "# A\n[x](no.md)\n[y](#b)\n`src/no.c`\n`page_free()`\n`make walk`\n"
                       "`make run LEGS=2`\n`scripts/no`\n", page="void page_alloc(void);\n")
    assert [m.split(":")[1] for m in bad] == ["2", "3", "4", "5", "6", "7", "8"], bad


@test("check_docs: an example that is not the file's text and an empty table of figures fail")
def _(tmp):
    bad = doc_messages(tmp, "<!-- from src/a.c -->\n```c\nint b;\n```\n"
                       "<!-- figures: x -->\n<!-- end -->\n", a="int a;\n")
    assert len(bad) == 2, bad


@test("check_docs: the constants of the interface are read from the headers as numbers")
def _(tmp):
    docs = module_of("check_docs", "tests/check_docs.py")
    os.chdir(TOP)
    found = docs.header_constants()
    assert found["STRATA_F_SHARED_PAGE"] == 2 and found["STRATA_EID"] == 0x08535452, found
    assert found["STRATA_FW_ALL"] == 2 ** 64 - 1, found
    assert "STRATA_ABI_H" not in found


@test("deps: an unknown group is refused with the usage")
def _(tmp):
    out = subprocess.run([f"{TOP}/scripts/deps", "nonsense"], capture_output=True, text=True,
                         check=False)
    assert out.returncode == 2 and "usage:" in out.stderr


def stratalib(name):
    """A module of the command line."""
    if f"{TOP}/scripts" not in sys.path:
        sys.path.insert(0, f"{TOP}/scripts")
    return importlib.import_module("stratalib." + name)


def made_up(rows, **about):
    """A result of make compare: rows are (column, operation, instructions, traps)."""
    result = stratalib("result")
    data = {"schema": result.SCHEMA, "qemu": "Q", "firmware": "strata: F", "compiler": "C",
            "columns": [{"key": k, "title": k, "mode": k.split("/")[0], "firmware": "strata",
                         "qemu": "Q", "base": "native"}
                        for k in dict.fromkeys(r[0] for r in rows)],
            "rows": [{"column": key, "op": op, "suite": "s", "mode": key, "insns": insns,
                      "traps": traps, **({"skip": "no such thing"} if insns is None else {})}
                     for key, op, insns, traps in rows], **about}
    return result.Result(data)


def strata_of(*words):
    return subprocess.run([sys.executable, f"{TOP}/scripts/strata", *words], capture_output=True,
                          text=True, check=False, cwd="/")


OLD = (("native", "fork", 1000, 0), ("te", "fork", 2000, 10), ("te", "mmap", 100, 1))


@test("diff: rows are sorted by change, and what one result lacks is named")
def _(tmp):
    diff = stratalib("diff")
    new = made_up((("native", "fork", 1010, 0), ("te", "fork", 1000, 12), ("te", "exec", 5, 1),
                   ("te", "mmap", None, None)))
    found = diff.Difference(made_up(OLD), new)
    assert [(c.key, c.what, round(c.percent(), 3)) for c in found.changes] == \
        [("te", "insns", -50), ("te", "traps", 20), ("native", "insns", 1),
         ("native", "traps", 0)], [c.line() for c in found.changes]
    assert found.missing == [("te", "mmap")] and found.added == [("te", "exec")]
    text = diff.show(found, 5)
    assert "missing  te mmap" in text and "added  te exec" in text, text
    assert "3 changed, 1 dearer by more than 5 %" in text, text


@test("diff: a trap where there was none is above every threshold")
def _(tmp):
    diff = stratalib("diff")
    found = diff.Difference(made_up(OLD[:1]), made_up((("native", "fork", 1000, 1),)))
    assert [c.what for c in found.worse(1e5)] == ["traps"]


@test("diff: exit status 1 above the threshold or for a missing row, 3 for other compilers")
def _(tmp):
    def file(name, rows, **about):
        write(f"{tmp}/{name}", json.dumps(made_up(rows, **about).data))
        return f"{tmp}/{name}"

    old = file("old", OLD)
    dearer = file("dearer", ((*OLD[0],), ("te", "fork", 2030, 10), OLD[2]))
    other = file("other", OLD, compiler="D")
    for words, status in (((old, old), 0), ((old, dearer), 1), ((dearer, old), 0),
                          ((old, dearer, "--threshold", "2"), 0), ((old, other), 3),
                          ((old, other, "--anyway"), 0), ((old, file("less", OLD[:2])), 1),
                          ((old, f"{tmp}/less", "--common"), 0), ((old, f"{tmp}/no"), 2),
                          ((old, old, "--what", "luck"), 2), ((old, old, "--threshold", "-1"), 2)):
        out = strata_of("diff", *words)
        assert out.returncode == status, (words, out)
    assert "compiler: C and D" in strata_of("diff", old, other).stderr


@test("result: what is no result of compare is refused in one line")
def _(tmp):
    for text in ("", "[]", "{}", '{"schema": 2, "rows": 3}', '{"schema": 99}', "\x00"):
        write(f"{tmp}/x", text)
        out = strata_of("report", f"{tmp}/x")
        assert out.returncode == 2 and out.stderr.count("\n") == 1, (text, out)


@test("csv: one line for each cell, with ratios to native; a cell without a figure says why")
def _(tmp):
    text = stratalib("export").as_csv(made_up(OLD + (("te", "sh", None, None),)))
    rows = list(csv.DictReader(text.splitlines()))
    assert [(r["column"], r["op"], r["insns"], r["ratio_insns"]) for r in rows] == \
        [("native", "fork", "1000", "1.0000"), ("te", "fork", "2000", "2.0000"),
         ("te", "mmap", "100", ""), ("te", "sh", "", "")], text
    assert rows[3]["skip"] == "no such thing" and rows[1]["qemu"] == "Q"


@test("markdown: a table for each suite, and what made the figures")
def _(tmp):
    text = stratalib("export").as_markdown(made_up(OLD))
    assert "### s\n\n| operation | native | te |\n|---|---:|---:|\n" in text, text
    assert "| `fork` | 1000 | 2000 / 10 / 2.00 |\n| `mmap` | - | 100 / 1 / - |" in text, text
    assert text.endswith("Q; strata: F; C.\n"), text


@test("a result of the first schema is read as one of this")
def _(tmp):
    rows = [{"op": "fork", "mode": m, "pv_step": s, "insns": 1, "traps": 0}
            for m, s in (("native", None), ("pv", 0), ("pv", 1))]
    old = stratalib("result").Result({"schema": 1, "qemu": "Q", "firmware": "strata: F",
                                      "compiler": "C", "rows": rows})
    assert [c.key for c in old.columns] == ["native", "pv0", "pv1"]
    assert old.ratio("pv1", "fork") == 1


@test("selection: operations and suites add up in the table's order; others are refused")
def _(tmp):
    bench = stratalib("bench")

    def chosen(ops, suites):
        return bench.selected_ops(argparse.Namespace(ops=ops, suites=suites))
    machine = list(bench.SUITES["machine"][1])
    assert chosen(None, None) == list(bench.OPS) and chosen("all", "machine") == list(bench.OPS)
    assert chosen("fork", "machine") == [o for o in bench.OPS if o == "fork" or o in machine]
    assert chosen("mmap,fork", None) == ["fork", "mmap"] and chosen("", "machine") == machine
    for words in (("--ops", "no"), ("--suites", "no"), ("--suites", "fork"), ("--modes", "no"),
                  ("--firmwares", "no"), ("--wall", "-1")):
        out = strata_of("compare", *words)
        assert out.returncode == 2 and out.stderr.count("\n") == 1, (words, out)


@test("bench: what both of its tables have is the first's, unless the suite speed is named")
def _(_tmp):
    bench = stratalib("bench")

    def split(ops, suites=None):
        args = argparse.Namespace(ops=ops, suites=suites)
        rows, others = bench.split_speed(args)
        return [row.op for row in rows], others, args.ops

    assert split("null_sbi,fork") == ([], True, "null_sbi,fork")
    assert split("set_timer,fork") == (["set_timer"], True, "fork")
    assert split("set_timer") == (["set_timer"], False, "")
    everything = split(None)
    assert "null_sbi" in everything[0] and everything[1]
    assert split(None, "speed")[:2] == (everything[0], False)


@test("each firmware and QEMU gives columns of its own, measured against their own native")
def _(tmp):
    compare = stratalib("compare")
    args = argparse.Namespace(firmware="strata", firmwares="strata,distro", qemu=sys.executable,
                              qemus=None, cpu=None, cpus=None, kernel=None)
    places = compare.places_of(args, stratalib("bench").parse_modes("native,te"))
    os.chdir(TOP)
    assert [(p.key, p.base) for p in places] == \
        [("native", "native"), ("te", "native"), ("native/distro", "native/distro"),
         ("te/distro", "native/distro")], [p.key for p in places]


@test("breakdown: causes with the same words are one part, and nothing is lost")
def _(tmp):
    charts = stratalib("charts")
    account = {"guest": 5, "firmware": None, "exits": {"EXC_INST_ILLEGAL csrrw sepc": 2},
               "hypervisor": {"EXC_INST_ILLEGAL csrrw sepc": 20, "EXC_INST_ILLEGAL csrrs stval": 10,
                              "EXC_INST_ILLEGAL sret": 7, "no such cause": 3}}
    leading = charts.leading_causes([account])
    assert leading[0] == "privileged registers read or written", leading
    parts = charts.parts_of(account, leading[:2])
    assert [p[2] for p in parts] == [5, 30, 7, 3], parts
    assert "csrrw sepc 20, EXC_INST_ILLEGAL csrrs stval 10" in parts[1][3], parts
    assert parts[3][1:] == ("other causes", 3, "no such cause"), parts


@test("identity: a program that differs in one column is a problem with both hashes")
def _(tmp):
    identity, cpio = stratalib("identity"), script("cpio.py")
    roots, runs = [], {}
    for n, text in enumerate(("same", "same", "other")):
        write(f"{tmp}/{n}/bin/bench", text, 0o755)
        blob = cpio.archive(cpio.collect([f"{tmp}/{n}"]))
        with open(f"{tmp}/{n}.cpio", "wb") as f:
            f.write(blob)
        roots.append(argparse.Namespace(key=str(n),
                                        mode=argparse.Namespace(is_linux=False)))
        runs[str(n)] = argparse.Namespace(kernel_sha256="k", error=None, initrd=f"{tmp}/{n}.cpio",
                                          initrd_sha256=hashlib.sha256(blob).hexdigest())
    result = argparse.Namespace(places=roots, counts=runs, hashes={}, binaries={}, problems=[])
    identity.check(result)
    assert any("bin/benchs differ: 0/1 " in p for p in result.problems), result.problems
    assert list(result.hashes["kernel"]) == ["0", "1", "2"]


@test("of the accounts of a row's windows the one in the middle counts, as in the row")
def breakdown_median(_):
    breakdown = importlib.import_module("stratalib.breakdown")
    accounts = [{"op": "x", "n": 1, "parts": {"guest": n, "A": 1}, "exits": {}}
                for n in (70, 10, 30, 20, 25)]
    assert breakdown.median(accounts)["parts"]["guest"] == 25
    assert breakdown.median(accounts[:1])["parts"]["guest"] == 70


@test("Linux's figures are ticks where it denies instret, and say how exact they are")
def linux_ticks(_):
    bench, linux = (importlib.import_module("stratalib." + n) for n in ("bench", "linux"))
    run = bench.Run("linux-native")
    run.rows = {"a": {"op": "a", "n": 100, "insns": None, "ticks": 400},
                "b": {"op": "b", "n": 1, "insns": None, "ticks": 4000},
                "c": {"op": "c", "n": 1, "insns": 7, "ticks": 1},
                "d": {"op": "d", "skip": "no"}}
    for row in run.rows.values():
        linux.count_by_ticks(row)
    assert bench.per_operation(run.rows["a"], "insns") == 400
    assert (run.rows["b"]["insns"], run.rows["c"]["insns"]) == (400000, 7)
    assert linux.resolution(run) == {"linux-native": {"percent": 0.5, "op": "a"}}
    assert linux.resolution(bench.Run("te")) == {}


@test("all columns are pvguest's, linux names the others")
def linux_modes(_):
    bench = importlib.import_module("stratalib.bench")
    assert not any(m.is_linux for m in bench.parse_modes(None) + bench.parse_modes("all"))
    assert [m.key for m in bench.parse_modes("native,linux")] == \
        ["native", "linux-native", "linux-te", "linux-hw"]


@test("the parts of a row are per operation, the dearest first, and what is not counted is None")
def breakdown_parts(_):
    breakdown = importlib.import_module("stratalib.breakdown")
    found = breakdown.of_account({"op": "x", "n": 10, "exits": {"A a": 10, "B b": 20},
                                  "parts": {"guest": 15, "A a": 500, "B b": 1000, "C": 0}})
    assert found["guest"] == 1.5 and found["firmware"] is None
    assert list(found["hypervisor"].items()) == [("B b", 100), ("A a", 50)]
    assert found["exits"] == {"A a": 1, "B b": 2} and breakdown.total(found) == 151.5
    found = breakdown.of_account({"op": "x", "n": 1, "exits": {}, "parts": {"firmware": 0}})
    assert found["firmware"] == 0 and found["hypervisor"] == {}


@test("a row whose parts are off by more than 2 % is named, one instruction more or less is not")
def breakdown_check(_):
    bench = importlib.import_module("stratalib.bench")
    breakdown = importlib.import_module("stratalib.breakdown")
    counted, run = bench.Run("te"), bench.Run("te")
    counted.rows = {op: {"op": op, "n": 2, "insns": 2 * insns}
                    for op, insns in (("a", 1000), ("b", 1000), ("c", 1), ("d", 7))}
    counted.rows["s"] = {"op": "s", "skip": "no"}
    parts = {"a": 1019, "b": 1021, "c": 1.25}
    parts = {op: {"guest": n, "hypervisor": {}, "firmware": None} for op, n in parts.items()}
    lines = breakdown.check("te", parts, run, counted)
    assert [line.split(":")[0] for line in lines] == ["te b", "te d"], lines
    run.error = "broken"
    assert len(breakdown.check("te", parts, run, counted)) == 1


def main():
    # The other files of tests take from this one what they need.
    sys.modules["scripts"] = sys.modules[__name__]
    for name in ("scripts_disks", "scripts_files", "scripts_session"):
        module_of(name, f"tests/{name}.py")
    count = [0, 0]
    for sentence, function in TESTS:
        with tempfile.TemporaryDirectory() as tmp:
            try:
                function(tmp)
                print(f"PASS: {sentence}")
                count[0] += 1
            except (AssertionError, OSError, ValueError, subprocess.SubprocessError) as err:
                print(f"FAIL: {sentence}: {err!r}"[:400])
                count[1] += 1
        os.chdir(TOP)
    print(f"scripts: {count[0]} passed, {count[1]} failed, 0 skipped")
    return 1 if count[1] else 0


if __name__ == "__main__":
    sys.exit(main())
