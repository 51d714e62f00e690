# SPDX-License-Identifier: BSD-2-Clause
"""The command line, the multiplexed console, the monitor, the trace, an unmodified U-Boot."""
import json
import os
import re
import time

from harness import Skip, add_case, check, check_line, check_status, spread
from monitor import ESCAPE, ask, open_monitor
from stratalib import vms


def monitor_session(bench):
    trees = [bench.tree(t) for t in ("pvguest-te", "pvguest-hw")]
    return bench.console(trees, cpus=2)


def expect(session, pattern, seconds, what):
    match = session.expect(pattern, seconds)
    check(match, f"{what}: no {pattern!r}; the last line: {session.text().splitlines()[-1:]}")
    return match


def monitor(bench):
    """list, stats, console, trace, help, destroy."""
    limit = bench.left() / 2
    with monitor_session(bench) as session:
        for _ in range(2):
            expect(session, r"This is pvguest", limit, "both shells speak")
        open_monitor(session, limit)
        for command, answer in (("help", "destroy"), ("list", r"pvguest-hw.*hw"),
                                ("stats pvguest-te", r"exits"),
                                ("nonsense", "^nonsense: no such command")):
            check_line(ask(session, command, limit), answer)
        session.send(b"console pvguest-hw\n")
        expect(session, r"^\[pvguest-hw\] \$ ", limit, "the focused shell's prompt")
        session.send(b"echo here-42\n")
        expect(session, r"^\[pvguest-hw\] here-42", limit, "the focused shell answers")
        session.send(ESCAPE + b"n")
        expect(session, r"^\[pvguest-te\] \$ ", limit, "the other shell's prompt")
        session.send(b"echo there-43\n")
        expect(session, r"^\[pvguest-te\] there-43", limit, "Ctrl-] n moves the input")
        session.send(ESCAPE + b"mdestroy pvguest-te\n")
        expect(session, r"strata: pvguest-te: destroyed", limit, "destroy")
        session.send(ESCAPE + ESCAPE)
        session.send(b"poweroff\n")
        expect(session, r"strata: pvguest-hw: shut down", limit, "the other still obeys")
        check(session.finish(limit), "QEMU does not end with the last VM")


def unread(bench):
    """A VM does not read its input: the escape key behind it is seen all the same."""
    tree = bench.tree("pvguest-hw", kernel="hostile", bootargs="spin")
    with bench.console([tree]) as session:
        expect(session, r"a loop with interrupts off", bench.left() / 2, "the VM")
        session.send(b"x" * 20000)
        open_monitor(session, bench.left() / 2)
        session.send(b"poweroff\n")
        check(session.finish(bench.left()), "QEMU does not end")


def stopped(bench):
    """
    Nobody reads the machine's console, which a VM floods while another one has the hypervisor say
    that it reboots: they wait for it, in their own time, and no other VM does. Who has run how long
    is asked before and afterwards.
    """
    names = "flood", "reboot", "spin"

    def ran(session):
        text = ask(session, "vcpu-list", bench.left() / 3)
        found = re.findall(r"^(flood|reboot|spin) +0 +\d+ +\w+ +(\d+)", text, re.M)
        return {name: int(ms) for name, ms in found}

    trees = [bench.tree("pvguest-hw", kernel="hostile", rename=name, bootargs=name)
             for name in names]
    for tree in trees:
        tree.set_memory(4 << 20)    # zeroed again at each reboot
    with bench.console(trees, cpus=1) as session:
        expect(session, r"dull console", bench.left() / 3, "the flood")
        open_monitor(session, bench.left() / 3)
        for name in names[:2]:
            ask(session, f"pause {name}", bench.left() / 3)
        before = ran(session)
        session.send(b"unpause flood\nunpause reboot\n")
        while session.backlog():
            session.poll(1)
        end = session.seconds() + 10
        while session.seconds() < end:
            time.sleep(0.5)         # nobody reads
        session.send(b"pause flood\npause reboot\n")
        after = ran(session)
        session.send(b"poweroff\n")
        check(session.finish(bench.left()), "QEMU does not end")
        text = session.text()
    times = [after[name] - before[name] for name in names]
    check(sum(times) > 4000, f"only {sum(times)} ms were run")
    check(times[2] > sum(times) * 0.27, f"{names} ran {times} ms")
    check(len(re.findall(r"^strata: reboot: reboots", text, re.M)) > 10, "it does not reboot")
    lines = re.findall(r"^\[flood\] (.*)$", text, re.M)
    whole = "hostile: all work and no play makes a dull console"
    # A line that another one breaks off is shown again, as a whole.
    check(whole in lines and all(whole.startswith(line.rstrip()) for line in lines),
          f"output is lost or mixed: {set(lines)}")


def prefixes(bench):
    """Output of two VMs comes in whole lines with their names."""
    trees = [bench.tree(t, kernel="csr") for t in ("pvguest-te", "pvguest-hw")]
    with bench.console(trees, cpus=2) as session:
        bench.verdict(session)
        lines = session.text().splitlines()
    begin = next(i for i, line in enumerate(lines) if line.startswith("strata: "))
    odd = [line for line in lines[begin:] if line and not re.match(
        r"\[pvguest-(te|hw)\] |strata: |Strata", line)]
    check(not odd, f"{len(odd)} lines without a name, the first: {odd[:1]}")
    for name in ("te", "hw"):
        check(any(line.startswith(f"[pvguest-{name}] T: csrrw sscratch") for line in lines),
              f"no line of pvguest-{name} is whole")


def u_boot(bench):
    if vms.guest_file(bench.settings, "u-boot") is None:
        raise Skip("no U-Boot: scripts/deps guests gets it")
    with bench.console([bench.tree("u-boot-hw")]) as session:
        expect(session, r"^=> ", bench.left() / 2, "the prompt behind the countdown")
        session.send(b"version\n")
        expect(session, r"^U-Boot 20(?s:.*?)^=> ", bench.left() / 2, "version")
        session.send(b"poweroff\n")
        verdict = bench.verdict(session)
    check(verdict.ended.get("u-boot-hw", ("",))[0] == "shut down", f"it ended: {verdict.ended}")


def trace_line(bench):
    result = bench.strata("run", "--kernel", "hello", "--mode", "te", "--trace", "1")
    check_status(result, 0)
    check_line(result.out, r"^trace: .*csr\w* .*sstatus|^trace: .*sstatus")
    check_line(result.out, r"^trace: .*needs S, ran in VU")


def trace_full(mode, pattern):
    def function(bench):
        result = bench.strata("run", "--kernel", "trap", "--mode", mode, "--trace", "full")
        check_status(result, 0)
        check_line(result.out, pattern)
    return function


def trace_off(bench):
    result = bench.strata("run", "--kernel", "hello", "--mode", "te")
    check("trace:" not in result.out, "trace lines without --trace")


def exit_refused(bench):
    result = bench.strata("run", "--kernel", bench.file("junk", b"junk" * 99), "--mode", "hw")
    check_status(result, 1)
    check_line(result.err, r"junk: refused: ")


def exit_failure(bench):
    for mode in ("te", "hw"):
        result = bench.strata("run", "--kernel", "hostile", "--bootargs", "crash", "--mode", mode)
        check_status(result, 1)
        check_line(result.err, r"hostile")


def exit_deadline(bench):
    result = bench.strata("run", "--kernel", "hostile", "--bootargs", "spin", "--mode", "hw",
                          "--timeout", "4")
    check_status(result, 124)
    check_line(result.err, r"no end after 4 s")


def exit_option(bench):
    for words in (("--vm", "no-such-tree"), ("--mode", "fast"), ("--kernel", "no-such-file"),
                  ("--mem", "many", "--kernel", "hello"), ("--timeout", "soon"),
                  ("--vm", "pvguest-te,pvguest-te")):
        result = bench.strata("run", *words)
        check_status(result, 2)
        check(result.err.strip(), f"{words}: no message")


def no_h_extension(bench):
    """Without the H extension a hw VM is refused in words."""
    result = bench.strata("run", "--kernel", "hello", "--mode", "hw", "--cpu", "rv64,h=false")
    check_status(result, 1)
    check_line(result.err, r"hello: refused: .*H|no virtual machine")


def image_kernel(bench):
    """An Image (Linux's boot header) is loaded at its text offset."""
    code = bytes.fromhex("13050000 93050000 13060000 93088000 73000000")
    head = b"\x6f\x00\x00\x04" + b"\0" * 4 + (0x200000).to_bytes(8, "little")
    head += (0x1000).to_bytes(8, "little") + b"\0" * 8 + (2).to_bytes(4, "little") + b"\0" * 12
    head += b"RISCV\0\0\0" + b"RSC\x05" + b"\0" * 4
    for mode in ("te", "hw"):
        path = bench.file("Image", head.ljust(64, b"\0") + code)
        result = bench.strata("run", "--kernel", path, "--mode", mode)
        check_status(result, 0)
        check_line(result.out, r"^strata: Image: shut down")


def compare_json(bench):
    """compare of two operations writes the JSON of the documented schema and the report."""
    out = os.path.join(bench.directory, "compare-out")
    os.makedirs(out, exist_ok=True)
    for name in ("strata.elf", "firmware", "pvguest", "dts", "toolchain.mk"):
        link, target = os.path.join(out, name), os.path.abspath(bench.settings.path(name))
        if not os.path.islink(link):
            os.symlink(target, link)
    bench.settings.out = out
    result = bench.strata("compare", "--ops", "csr_read,null_call", "--no-wall")
    check_status(result, 0)
    check_line(result.out, r"^csr_read ")
    with open(os.path.join(out, "compare.json"), encoding="utf-8") as f:
        data = json.load(f)
    check(data["schema"] == 2 and len(data["kernel_sha256"]) == 64, "schema and hash")
    keys = {"op", "mode", "world", "pv_step", "insns", "traps", "mtraps", "wall_ns"}
    check(len(data["rows"]) == 10, f"{len(data['rows'])} rows")
    check(all(keys <= set(row) for row in data["rows"]), "keys of the rows")
    te = [r for r in data["rows"] if r["op"] == "csr_read" and r["mode"] == "te"]
    check(te and te[0]["traps"] == 1 and te[0]["world"] == "vu", f"csr_read in te: {te}")
    with open(os.path.join(out, "report.html"), encoding="utf-8") as f:
        page = f.read()
    check("http" + "://" not in page and "https" + "://" not in page and "csr_read" in page,
          "the report stands by itself")


def explain_total(op, mode):
    def function(bench):
        result = bench.strata("explain", "--op", op, "--mode", mode)
        check_status(result, 0)
        total = int(check_line(result.out, r"^total +(\d+)").group(1))
        counted = bench.strata("bench", "--modes", mode, "--ops", op)
        wanted = float(check_line(counted.out, r"(\d[\d.]*) instructions").group(1))
        check(total == wanted, f"{total} instructions walked, {wanted} counted")
    return function


def add(environment):
    spread(environment, "the monitor lists, focuses and destroys VMs through the console",
           monitor, 0,
           "consoles")
    spread(environment, "U-Boot, unmodified, reaches its prompt in hw, obeys version and poweroff",
           u_boot, 1, "consoles")
    for sentence, function in (
            ("two VMs' output comes in whole lines with their names", prefixes),
            ("a trace has one line with its reason for each transition through HS", trace_line),
            ("without --trace no trace is printed", trace_off),
            ("a kernel that is refused makes the run fail with the reason", exit_refused),
            ("a guest that ends with a failure makes the run fail", exit_failure),
            ("Ctrl-] is heard whatever the VM has not read before it", unread),
            ("VMs that flood a console that nobody reads, or reboot at it, wait alone", stopped),
            ("a run ends at its deadline with status 124", exit_deadline),
            ("a wrong option ends with status 2 and a message", exit_option),
            ("a hw VM on a machine without the H extension is refused in words", no_h_extension),
            ("a kernel in Image format runs in te and hw", image_kernel),
            ("compare writes JSON of the documented schema and a report that stands alone",
             compare_json)):
        add_case(sentence, function, group="consoles")
    add_case("TRACE=full shows the traps that hw delivers to the guest without HS",
             trace_full("hw", r"^trace: QEMU .*VU->VS EXC_SYSCALL .*HS never sees it"),
              group="consoles")
    add_case("TRACE=full shows the traps of a native guest",
             trace_full("native", r"^trace: QEMU h0 U->S EXC_SYSCALL"), group="consoles")
    for op, mode in (("csr_read", "te"), ("csr_read", "native"), ("null_sbi", "hw"),
                     ("csr_read", "pv0"), ("satp_switch", "te")):
        add_case(f"explain walks {op} in {mode} and finds as many instructions as the benchmark",
                 explain_total(op, mode), group="consoles")
