# SPDX-License-Identifier: BSD-2-Clause
"""The comparison as one HTML page that needs nothing but itself; its words for people."""
import os
from html import escape

from stratalib import bench, charts, identity, linux, published, table, why

METRICS = (("i", "insns", "instructions"), ("t", "traps", "trips to the hypervisor"),
           ("w", "wall_ns", "wall time"))
WATERFALLS = ("null_call", "page_fault", "prot_fault", "fork", "exec", "ctx_2p_0k", "mmap",
              "script_mix", "pipe_heavy", "fork_heavy")

MODES = {
    "native": "No hypervisor: the kernel runs on the machine as it was written to. This is the "
              "yardstick.",
    "te": "<i>Trap and emulate.</i> The kernel is not changed, but runs without privileges, like a "
          "program. Each privileged instruction stops it; the hypervisor does in software what "
          "the instruction would have done, and lets the kernel go on.",
    "pv": "<i>Paravirtual</i>, as in Xen. The kernel knows that it is a guest. In step 0 it calls "
          "the hypervisor where it would have used a privileged register; in step 1 these "
          "registers stand in memory that both share, and most calls are not needed.",
    "hw": "<i>Hardware assist</i> (RISC-V's H extension, like Intel's VT-x). The processor has a "
          "second set of registers and page tables for guests. The kernel is not changed and "
          "hardly ever stops.",
    "rewrite": "As te, but the hypervisor replaces the instructions that stop most often, in "
               "memory, while the kernel runs. Nobody changed the kernel's source.",
    "linux-native": "Another kernel, Debian's Linux, on the bare machine, with the same programs: "
                    "what they cost where pvguest is not the kernel. The yardstick of Linux's "
                    "other columns.",
    "linux-te": "Debian's Linux, unmodified, as a guest by trap and emulate, with the same "
                "programs.",
    "linux-hw": "Debian's Linux as a guest under hardware assist, with the same programs.",
}

WORDS = (
    ("Instruction", "The smallest step of a processor. We count them one by one, at all levels: "
                    "fewer is less work."),
    ("Kernel, program", "The kernel is the part of an operating system that may touch the machine; "
                        "programs ask it by system calls."),
    ("Privileged register", "A register that controls the machine itself: where to go on an "
                            "interrupt, which page table is in use. Only privileged code may "
                            "touch it. RISC-V calls it CSR."),
    ("Trap, trip", "When code without the privilege touches such a thing, the processor stops it "
                   "and goes to the privileged software. One such trip to the hypervisor and back "
                   "costs about a hundred instructions at least: all registers are saved and "
                   "restored."),
    ("Page table", "The list by which the processor turns a program's addresses into places in "
                   "memory. A <i>page fault</i> is the stop when an address is not in it; a "
                   "<i>fence</i> tells the processor to forget what it remembers of it; a "
                   "<i>shadow</i> is the hypervisor's own version for a kernel that runs without "
                   "privileges."),
    ("Firmware", "The software below everything (OpenSBI), which starts the machine. Level M."),
)


def _read(name):
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "page", name)
    with open(path, encoding="utf-8") as f:
        return f.read()


# ---- words from figures -------------------------------------------------------------------------

def lead(result):
    """What the page shows in the case that says most: a system call."""
    op, cells = "null_call", {}
    for key in ("native", "te", "pv1", "hw"):
        cells[key] = (result.value(key, op, "insns"), result.value(key, op, "traps"))
    if any(i is None or t is None for i, t in cells.values()):
        return ""
    (native, _), (te, te_t), (pv, pv_t), (hw, hw_t) = cells.values()
    if not te_t:
        return ""
    each = (te - native) / te_t
    return (f"<p>Take the cheapest thing that a program can ask of its operating system. On the "
            f"bare machine it takes <b>{table.number(native)}</b> instructions; in a virtual "
            f"machine by trap-and-emulate <b>{table.number(te)}</b>, because the kernel is stopped "
            f"{table.small(te_t)} times on the way and each stop costs about {each:.0f} "
            f"instructions; paravirtualized <b>{table.number(pv)}</b> with {table.small(pv_t)} "
            f"stops; with the hardware's help <b>{table.number(hw)}</b> with {table.small(hw_t)}. "
            "A program that only computes costs the same everywhere. All the rest of this page is "
            "about <i>how often</i> a kernel is stopped, and <i>how much</i> a stop costs.</p>")


def per_trip(result, op):
    """What a trip costs in this row, from the figures; "" where there is none."""
    found = []
    for key in ("te", "pv1"):
        insns, traps = (result.value(key, op, w) for w in ("insns", "traps"))
        native = result.value(result.base(key), op, "insns")
        if None in (insns, traps, native) or traps < 1 or insns <= native:
            continue
        name = next(c.title for c in result.columns if c.key == key)
        found.append(f"{name}: {table.number(insns - native)} more instructions in "
                     f"{table.small(traps)} trip{'s' * (traps != 1)}, "
                     f"{(insns - native) / traps:.0f} for each")
    return f'<p class="dim">{escape("; ".join(found))}.</p>' if found else ""


def trips(count):
    """A number of trips in words."""
    return "1&nbsp;trip" if count == 1 else f"{table.small(count)}&nbsp;trips"


# ---- sections -----------------------------------------------------------------------------------

def _pictures(result):
    modes = list(dict.fromkeys(c.mode for c in result.columns))
    op = next((o for o in ("null_call", *result.ops)
               if result.value("te", o, "traps") is not None), None)
    out = f"""<h2 id="levels">Who runs where</h2>
<p>A processor has levels of privilege. What runs at the bottom of this picture may do anything;
what runs at the top may only compute, and must ask for all else. A kernel is written for the
supervisor's level. The hypervisor wants that place for itself, so the kernel has to go somewhere
else: hatched boxes are kernels that believe to be privileged and are not.</p>
<div class="picture">{charts.levels(modes)}</div>"""
    if op:
        sentence = result.data.get("sentences", {}).get(op) or bench.OPS.get(op, "")
        out += f"""<h3>The same request in each mode: {escape(op)}</h3>
<p>{escape(sentence[:1].upper() + sentence[1:])}. The line is the guest; where it goes down,
the guest is stopped and the hypervisor works.</p>
<div class="picture">{charts.trips(result, op)}</div>"""
    return out


def _modes(result):
    seen = dict.fromkeys(c.short if c.short in MODES else c.mode for c in result.columns)
    modes = "".join(f"<dt>{escape(m)}</dt><dd>{MODES[m]}</dd>" for m in seen if m in MODES)
    words = "".join(f"<dt>{word}</dt><dd>{text}</dd>" for word, text in WORDS)
    return (f'<h2 id="modes">The modes</h2><dl>{modes}</dl>'
            f'<h2 id="words">The words</h2><dl>{words}</dl>')


def _cell(result, column, op):
    skip = result.skipped(column.key, op)
    if skip:
        failed = skip.startswith("failed")
        return (f'<td class="{"fail" if failed else "dim"}" title="{escape(skip)}">'
                f'{"failed" if failed else "–"}</td>')
    i, t, w = (result.value(column.key, op, k) for k in ("insns", "traps", "wall_ns"))
    ratio = result.ratio(column.key, op)
    data = "".join(f' data-{name}="{value}"' for name, value in
                   (("i", i), ("r", ratio), ("t", t), ("w", w)) if value is not None)
    small = "" if column.key == column.base else f"<small>{table.ratio(ratio)}&nbsp;×</small>"
    if small and t is not None:
        small += f"<small>{trips(t)}</small>"
    return f"<td{data}>{table.number(i)}{small}</td>"


def _figures(result):
    heads = "".join(f'<th scope="col"><button type="button">{escape(c.title)}</button></th>'
                    for c in result.columns)
    rows, order = [], 0
    for suite, ops in result.suites.items():
        for op in ops:
            cells = "".join(_cell(result, c, op) for c in result.columns)
            link = f'<a href="#op-{op}">{op}</a>'
            rows.append(f'<tr><td data-order="{order}">{link}<small>{escape(suite)}</small></td>'
                        f"{cells}</tr>")
            order += 1
    return f"""<h2 id="table">All figures</h2>
<p>In each cell: instructions for one operation; times native; trips to the hypervisor.
<span class="dim">A dash: there is no such thing in this mode.</span></p>
<div class="switch js"><label>A click on a mode sorts by its
<select id="metric"><option value="r">ratio to native</option><option value="i">instructions
</option><option value="t">trips</option><option value="w">wall time</option></select></label></div>
<div class="scroll"><table id="figures"><thead><tr><th scope="col">
<button type="button">operation</button></th>{heads}</tr></thead>
<tbody>{"".join(rows)}</tbody></table></div>"""


def _published_line(op):
    theirs = published.ratios(op)
    if theirs:
        text = ", ".join(f"{published.title(k)}: {table.ratio(v)}" for k, v in theirs.items())
        return f"<p>Published, times their own native system: {escape(text)}.</p>"
    counts = published.COUNTS.get(op)
    if counts:
        text = ", ".join(f"{who} {value}" for who, value in counts)
        return ("<p>Instructions of other hypervisors for it on this emulated machine, their "
                f"guests under hardware assist: {escape(text)}.</p>")
    return ""


def _card(result, op):
    sentence = result.data.get("sentences", {}).get(op) or bench.OPS.get(op, "")
    shown = "".join(f'<div class="m-{name}">{charts.bars(result, op, metric)}</div>'
                    for name, metric, _ in METRICS if metric != "wall_ns" or result.has_times)
    stacks, opened = charts.stacks(result, op), " open" if op == result.ops[0] else ""
    where = f"<h4>Where the instructions go</h4>{stacks}" if stacks else ""
    return f"""<section class="card" id="op-{op}"><div><h3>{op}</h3>
<p><b>{escape(sentence)}</b></p><p>{why.explanation(op)}</p>{per_trip(result, op)}</div>
<div>{shown}</div>
<details{opened}><summary>Breakdown, other people's figures, how to reproduce</summary>{where}
{_published_line(op)}<pre>make compare OPS={op}
make breakdown OPS={op} MODES=te</pre></details></section>"""


def _cards(result):
    radios = "".join(
        f'<label><input type="radio" name="metric" id="show-{n}"'
        f'{" checked" if n == "i" else ""}> {text}</label>' for n, metric, text in METRICS
        if metric != "wall_ns" or result.has_times)
    out = [f"""<h2 id="rows">Row by row</h2>
<p>Bars compare the modes within one operation; the figure at the end is the count, then times
native. Bars for another firmware or QEMU stand where they differ by more than 1&nbsp;%.</p>
<div class="switch">{radios}<label><input type="checkbox" id="log"> logarithmic bars</label>
</div>"""]
    for suite, ops in result.suites.items():
        title = bench.SUITES[suite][0] if suite in bench.SUITES else suite
        out.append(f"<h3>{escape(title[:1].upper() + title[1:])}</h3>")
        out += [_card(result, op) for op in ops]
    return "".join(out)


def _waterfalls(result):
    found = [(op, charts.waterfall(result, op)) for op in WATERFALLS if op in result.ops]
    found = [f"<h3>{op}</h3>{picture}" for op, picture in found if picture]
    if not found:
        return ""
    return f"""<h2 id="steps">What each idea of paravirtualization is worth</h2>
<p>Read from the top: what trap-and-emulate costs, then what each step takes away (−) or adds (+),
then what is left and what the bare machine needs. Step 0 only replaces a stop by a call, which
is why it saves nothing; sharing memory with the hypervisor (step 1) is what counts.</p>
{"".join(found)}"""


def _published(result):
    ops = [op for op in result.ops if published.ratios(op)]
    ours = [c for c in result.columns if c.key != c.base and c.key == c.short]
    if not ops or not ours:
        return ""
    theirs = [k for k in published.SYSTEMS if any(k in published.ratios(op) for op in ops)]
    heads = "".join(f"<th>Strata {escape(c.title)}</th>" for c in ours)
    heads += "".join(f"<th>{escape(published.title(k))}</th>" for k in theirs)
    rows = "".join(
        f"<tr><td>{op}</td>" +
        "".join(f"<td>{table.ratio(result.ratio(c.key, op))}</td>" for c in ours) +
        "".join(f"<td>{table.ratio(published.ratios(op).get(k))}</td>" for k in theirs) + "</tr>"
        for op in ops)
    sources = "".join(f"<li><b>{escape(published.title(k))}</b>: "
                      f"{escape('; '.join(published.SYSTEMS[k][2:]))}</li>" for k in theirs)
    return f"""<h2 id="published">Beside published figures</h2>
<p><b>{published.CAVEAT}</b> Each figure is a ratio to that system's own native one.</p>
<div class="scroll"><table><thead><tr><th>operation</th>{heads}</tr></thead><tbody>{rows}</tbody>
</table></div><ul>{sources}</ul>"""


def _interfaces(result):
    found = result.data.get("interfaces")
    if not found:
        return ""
    rows = "".join(f'<tr><td>{escape(r["title"])}</td><td>{r["entries"]}</td>'
                   f'<td>{r["functions"]}</td><td>{r["lines"]}</td></tr>' for r in found["rows"])
    return f"""<h2 id="interfaces">How wide is each interface</h2>
<p>What stands between an attacker and the rest of the machine is the code that he can make run.
A container's wall is the kernel's system calls; a virtual machine's wall is what the hypervisor
answers. Counted in the programs that were built, not by hand.</p>
<div class="scroll"><table><thead><tr><th>interface</th><th>entries</th>
<th>functions reachable</th><th>source lines reachable</th></tr></thead>
<tbody>{rows}</tbody></table></div>
<p class="dim">{escape(found["note"])}</p>"""


def _facts(result):
    data = result.data
    machines = dict.fromkeys(f'{c.firmware}: {c.data.get("firmware_version") or "OpenSBI"}'
                             for c in result.columns)
    qemus = dict.fromkeys(c.qemu for c in result.columns if c.qemu)
    facts = [("QEMU", "; ".join(qemus) or data["qemu"]), ("Firmware", "; ".join(machines)),
             ("Compiler", data["compiler"]), ("Strata", f'sha256 {data.get("strata_sha256")}')]
    facts += [("Resolution", line) for line in linux.lines(result)]
    facts += [("Left out", line) for line in data.get("left_out", [])]
    facts = "".join(f"<dt>{k}</dt><dd>{escape(str(v))}</dd>" for k, v in facts)
    hashes = "\n".join(identity.lines(result))
    return f"""<h2 id="method">How this was measured</h2>
<p><b>Instructions</b> are counted by the emulator QEMU, one by one, at all levels together: guest,
hypervisor, firmware. The same programs give the same number in every run. An empty loop of the
same shape is subtracted, and the median of several windows is taken. <b>Trips</b> are the stops of
the guest that its own instructions cause, counted by the hypervisor; interrupts are not among
them. <b>Wall time</b> is the least of {data.get("wall_rounds", 0)} runs of the emulator, which
needs a microsecond to change between guest and hypervisor; hardware does not, so do not read it as
hardware's.</p>
<p>QEMU models no caches and no pipeline: the counts are lengths of paths, not times on a chip.</p>
<dl>{facts}</dl>
<h3>The same bytes in every mode</h3><p>The applications see no difference: kernel and programs are
the same files everywhere, by the SHA-256 that the hypervisor prints when it loads them.</p>
<pre>{escape(hashes)}</pre>
<h3>Do it again</h3><pre>make compare                 # this page: build/report.html
make compare MODES=te,pv OPS=fork,page_fault
make compare FIRMWARES=strata,distro
scripts/strata diff OLD.json NEW.json --threshold 1
make explain OP=null_call MODE=te</pre>"""


def html(result):
    """The page of a stratalib.result.Result."""
    problems = "".join(f'<p class="fail">{escape(p)}</p>' for p in result.problems)
    switch = "".join(f"body:has(#show-{n}:checked) .m-{m}{{display:"
                     f'{"block" if m == n else "none"}}}'
                     for n, _, _ in METRICS for m, _, _ in METRICS)
    switch += "body:has(#log:checked) .bar i[style]{width:var(--log)}"
    parts = [_pictures(result), _modes(result), _figures(result), _cards(result),
             _waterfalls(result), _published(result), _interfaces(result), _facts(result)]
    links = (("levels", "who runs where"), ("words", "words"), ("table", "all figures"),
             ("rows", "row by row"), ("steps", "pv steps"), ("published", "published figures"),
             ("interfaces", "interfaces"), ("method", "method"))
    body = "".join(parts)
    nav = "".join(f'<a href="#{a}">{text}</a>' for a, text in links if f'id="{a}"' in body)
    return f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<title>Strata: one guest, every mode, what each costs</title>
<style>{_read("page.css")}{switch}</style></head><body><main>
<h1>What does it cost to run an operating system inside another?</h1>
<p>The same kernel and the same programs ran on a bare (emulated) RISC-V machine and as a guest of
the hypervisor Strata, in each way that is known to do it. Every figure is one operation, measured
inside the guest.</p>
{problems}{lead(result)}<nav>{nav}</nav>
{body}
</main><script>{_read("page.js")}</script></body></html>
"""
