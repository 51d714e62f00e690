# SPDX-License-Identifier: BSD-2-Clause
"""The comparison as one HTML page that needs nothing but itself."""
from html import escape

from stratalib import bench, published, table

METRICS = (
    ("i", "insns", "Instructions", "instructions retired per operation, at all privilege levels"),
    ("t", "traps", "Traps to the hypervisor", "synchronous traps to HS-mode per operation"),
    ("m", "mtraps", "M-mode entries", "entries to the firmware per operation"),
    ("w", "wall_ns", "Wall time", "nanoseconds per operation on the machine that ran QEMU; noisy"),
)

MODES = {
    "native": "The guest kernel runs in S-mode on OpenSBI. No hypervisor: the yardstick.",
    "te": "Trap and emulate. The kernel runs unchanged in VU-mode; each access to an S-mode CSR, "
          "each SRET and SFENCE.VMA traps to HS-mode, is decoded and done in software. Shadow page "
          "tables for the kernel; its programs run on the guest's own.",
    "pv0": "Paravirtual, step 0. The same kernel found the Strata extension at boot and patched "
           "its privileged layer: one hypercall for each CSR access instead of a trap.",
    "pv1": "Paravirtual, step 1. The CSRs live in a page that kernel and hypervisor share, as in "
           "Xen: reading one, or turning interrupts off and on, is a load or store.",
    "hw": "Hardware assist. The kernel runs unchanged in VS-mode under the H extension with its "
          "own "
          "CSRs and two-stage paging; only what touches the real machine exits.",
}

STYLE = """
:root{color-scheme:light dark;--bg:#fcfcfb;--fg:#1d2126;--dim:#626a73;--line:#dfe2e5;--card:#fff;
--native:#8b949e;--te:#d1622b;--pv0:#b48ade;--pv1:#7b4fc4;--hw:#1f7fa8;--bad:#b3261e}
@media(prefers-color-scheme:dark){:root{--bg:#14171a;--fg:#e4e7ea;--dim:#98a1aa;--line:#2d3339;
--card:#1b1f23;--native:#7d8792;--te:#e58450;--pv0:#a584cf;--pv1:#9a76e0;--hw:#3fa3cc;
--bad:#ff8a80}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--fg);font:16px/1.5 system-ui,sans-serif}
main{max-width:76rem;margin:0 auto;padding:2rem 1.25rem 4rem}
h1{font-size:1.9rem;line-height:1.2;margin:0 0 .4rem}
h2{font-size:1.3rem;margin:2.6rem 0 .5rem}
p{max-width:46rem;margin:.5rem 0}
.dim,small{color:var(--dim)}
code,.num{font-family:ui-monospace,monospace;font-size:.92em}
.tabs{margin:1rem 0 .2rem;display:flex;flex-wrap:wrap;gap:.4rem}
.tabs label{border:1px solid var(--line);border-radius:1rem;padding:.2rem .9rem;cursor:pointer;
background:var(--card)}
input.tab{position:absolute;opacity:0;pointer-events:none}
.legend{display:flex;flex-wrap:wrap;gap:.3rem 1.2rem;margin:.8rem 0}
.legend span::before{content:"";display:inline-block;width:.8rem;height:.8rem;border-radius:2px;
margin-right:.4rem;vertical-align:-1px;background:var(--c)}
.chart{display:none}
.op{display:grid;grid-template-columns:15rem 1fr;gap:0 1.2rem;padding:.7rem 0;
border-top:1px solid var(--line)}
.op h3{font-size:1rem;margin:0;font-family:ui-monospace,monospace}
.op h3+div{font-size:.86rem;color:var(--dim);line-height:1.35}
.bar{display:grid;grid-template-columns:5.2rem 1fr 5.6rem 4.2rem;gap:.6rem;align-items:center;
font-size:.85rem;height:1.35rem}
.bar i{display:block;height:.8rem;border-radius:0 3px 3px 0;background:var(--c);min-width:1px}
.bar b{font-weight:400;text-align:right;font-family:ui-monospace,monospace}
.bar b+b{color:var(--dim)}
.scroll{overflow-x:auto}
table{border-collapse:collapse;font-size:.8rem;margin:.8rem 0;min-width:100%}
th,td{padding:.25rem .42rem;text-align:right;border-bottom:1px solid var(--line);white-space:nowrap}
th:first-child,td:first-child{text-align:left}
thead th{font-weight:600}
td{font-family:ui-monospace,monospace}
td.text{font-family:inherit;text-align:left;white-space:normal}
.edge{border-left:1px solid var(--line)}
.fail{color:var(--bad)}
dl{display:grid;grid-template-columns:7rem 1fr;gap:.45rem 1rem;max-width:52rem;margin:.8rem 0}
dt{font-weight:600}
dd{margin:0;overflow-wrap:anywhere}
@media(max-width:44rem){.op{grid-template-columns:1fr}dl{grid-template-columns:1fr}
.bar{grid-template-columns:4.4rem 1fr 4.6rem 3.4rem}}
"""


def _tab_rules():
    """A radio button shows its chart and marks its label."""
    rules = []
    for name, *_ in METRICS:
        rules.append(f"#show-{name}:checked~.charts .chart-{name}{{display:block}}")
        rules.append(f"#show-{name}:checked~.tabs label[for=show-{name}]"
                     "{border-color:var(--fg);font-weight:600}")
        rules.append(f"#show-{name}:focus-visible~.tabs label[for=show-{name}]"
                     "{outline:2px solid var(--hw)}")
    return "".join(rules)


def _value_text(metric, value):
    if value is None:
        return "?"
    return table.small(value) if metric in ("traps", "mtraps") else f"{table.number(value)}"


def _bar(result, mode, op, metric, largest):
    title = escape(mode.title)
    skip = result.skipped(mode.key, op)
    value = result.value(mode.key, op, metric)
    head = f'<div class="bar" style="--c:var(--{mode.short})"><span>{title}</span>'
    if skip or value is None:
        why = "failed" if skip and skip.startswith("failed") else (skip or "not measured")
        return (f'{head}<span class="{"fail" if why == "failed" else "dim"}">{escape(why)}</span>'
                "<b></b><b></b></div>")
    width = 100 * value / largest if largest else 0
    ratio = result.ratio(mode.key, op, metric) if metric in ("insns", "wall_ns") else None
    times = f"{table.ratio(ratio)} &times;" if ratio is not None else ""
    return (f'{head}<span><i style="width:{width:.2f}%"></i></span>'
            f"<b>{_value_text(metric, value)}</b><b>{times}</b></div>")


def _chart(result, name, metric, note):
    out = [f'<div class="chart chart-{name}"><p class="dim">{escape(note)}. Bars compare the modes '
           "within one operation.</p>"]
    for op in result.ops:
        values = [result.value(m.key, op, metric) for m in result.columns]
        largest = max([v for v in values if v is not None], default=0)
        bars = "".join(_bar(result, m, op, metric, largest) for m in result.columns)
        out.append(f'<section class="op"><div><h3>{op}</h3><div>'
                   f'{escape(bench.OPS.get(op, ""))}</div></div>'
                   f"<div>{bars}</div></section>")
    return "".join(out) + "</div>"


def _charts(result):
    metrics = [m for m in METRICS if m[1] != "wall_ns" or result.has_times]
    out = [f'<input class="tab" type="radio" name="show" id="show-{name}"'
           f'{" checked" if name == "i" else ""}>' for name, *_ in metrics]
    out.append('<div class="tabs">' + "".join(
        f'<label for="show-{name}">{title}</label>' for name, _, title, _ in metrics) + "</div>")
    out.append('<div class="legend">' + "".join(
        f'<span style="--c:var(--{m.short})">{escape(m.title)}</span>'
        for m in result.columns) + "</div>")
    out.append('<div class="charts">' + "".join(
        _chart(result, name, metric, note) for name, metric, _, note in metrics) + "</div>")
    return "".join(out)


def _micro(ns):
    return "?" if ns is None else f"{ns / 1000:.3g}" if ns < 999500 else f"{ns / 1000:.0f}"


def _table_cell(result, key, op):
    skip = result.skipped(key, op)
    if skip:
        failed = skip.startswith("failed")
        return f'<td class="edge{" fail" if failed else ""}" colspan="5">' \
               f'{"failed" if failed else escape(skip)}</td>'
    i, t, m, w = (result.value(key, op, k) for k in ("insns", "traps", "mtraps", "wall_ns"))
    return (f'<td class="edge">{table.number(i)}</td><td>{table.ratio(result.ratio(key, op))}</td>'
            f"<td>{table.small(t)}</td><td>{table.small(m)}</td><td>{_micro(w)}</td>")


def _full_table(result):
    head = "".join(f'<th class="edge" colspan="5" style="text-align:center">{escape(m.title)}</th>'
                   for m in result.columns)
    units = "".join('<th class="edge">I</th><th>ratio</th><th>T</th><th>M</th><th>W &micro;s</th>'
                    for _ in result.columns)
    rows = "".join(f"<tr><td>{op}</td>" + "".join(_table_cell(result, m.key, op)
                                                  for m in result.columns) + "</tr>"
                   for op in result.ops)
    return (f'<div class="scroll"><table><thead><tr><th></th>{head}</tr><tr><th>operation</th>'
            f"{units}</tr></thead><tbody>{rows}</tbody></table></div>")


def _published(result):
    keys = [m for m in result.columns if m.key != m.base]
    rows = []
    for op in result.ops:
        theirs = published.ratios(op)
        if not theirs:
            continue
        ours = "".join(f"<td>{table.ratio(result.ratio(m.key, op))}</td>" for m in keys)
        text = "; ".join(f"{escape(published.title(k))} {table.ratio(v)}"
                         for k, v in theirs.items())
        rows.append(f'<tr><td>{op}</td>{ours}<td class="text edge">{text}</td></tr>')
    if not rows:
        return ""
    head = "".join(f"<th>{escape(m.title)}</th>" for m in keys)
    counts = "".join(
        f'<tr><td>{op}</td><td class="text">' +
        ", ".join(f"{escape(m.title)} {table.number(result.value(m.key, op, 'insns'))}"
                  for m in keys if result.value(m.key, op, "insns") is not None) +
        f'</td><td class="text edge">{"; ".join(f"{escape(w)} {v}" for w, v in theirs)}</td></tr>'
        for op, theirs in published.COUNTS.items() if op in result.ops)
    return f"""<h2>Beside published figures</h2>
<p>Ratios to native. Theirs are times on other machines in other years, ours are instruction
counts on
an emulated one: compare the shapes.</p>
<div class="scroll"><table><thead><tr><th>operation</th>{head}
<th class="edge" style="text-align:left">published, times native</th></tr></thead>
<tbody>{"".join(rows)}</tbody></table></div>
<p>Instructions of one operation in a virtual machine, measured on the same emulated machine.</p>
<div class="scroll"><table><thead><tr><th>operation</th><th style="text-align:left">Strata</th>
<th class="edge" style="text-align:left">others</th></tr></thead>
<tbody>{counts}</tbody></table></div>
<p><small>{escape(published.CAVEAT)}</small></p>"""


def _facts(result):
    facts = [("QEMU", result.data['qemu']), ("Firmware", result.data['firmware']),
             ("Compiler", result.data['compiler']),
             ("Kernel", f"sha256 {result.data['kernel_sha256']}"),
             ("Programs", f"sha256 {result.data['initrd_sha256']} of root.cpio")]
    return "<dl>" + "".join(f"<dt>{k}</dt><dd>{escape(str(v))}</dd>" for k, v in facts) + "</dl>"


def html(result):
    """The page."""
    modes = "".join(f"<dt>{escape(m.title)}</dt><dd>{MODES.get(m.short, '')}</dd>"
                    for m in result.columns)
    problems = "".join(f'<p class="fail">{escape(p)}</p>' for p in result.problems)
    return f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<title>Strata: one guest, every mode, what each costs</title>
<style>{STYLE}{_tab_rules()}</style></head><body><main>
<h1>One guest, every mode, what each costs</h1>
<p>The same kernel image and the same programs ran on the bare machine and under Strata in each
virtualization mode. Every bar is one operation, measured inside the guest.</p>
{problems}
<div>{_charts(result)}</div>
<h2>The modes</h2><dl>{modes}</dl>
<h2>All figures</h2>
<p><b>I</b> instructions retired per operation, counted by QEMU one by one on all levels: guest,
hypervisor, firmware. The same for the same binaries, run after run. <b>ratio</b> I relative to
native. <b>T</b> synchronous traps to the hypervisor. <b>M</b> entries to M-mode. <b>W</b> wall
time, the least of {result.data.get("wall_rounds", 0)} runs. The empty loop is subtracted.</p>
{_full_table(result)}
<p class="dim">I is the length of a path, not a time: the emulator has no caches, no pipelines and
no TLB worth the name. W is the emulator's time: under QEMU a change between a guest and the
hypervisor flushes its translation cache, about a microsecond, so W makes traps dearer than hardware
would. Judge by I and T.</p>
{_published(result)}
<h2>How this was measured</h2>{_facts(result)}
</main></body></html>
"""
