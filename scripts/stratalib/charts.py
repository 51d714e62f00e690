# SPDX-License-Identifier: BSD-2-Clause
"""The report's pictures: levels, trips, bars, where instructions go, what each pv step saves."""
import math
import re
from html import escape

from stratalib import table, why

PARTS_MOST = 5                  # causes drawn apart in a breakdown; the rest is one part
FILLS = ("native", "te", "pv0", "pv1", "pv2", "pv3", "pv4", "hw", "rewrite", "linux-native",
         "linux-te", "linux-hw")


def fill(column):
    """The class that draws a column's colour and pattern."""
    return f"fill f-{column.short}" if column.short in FILLS else "fill"


# ---- who runs where -----------------------------------------------------------------------------

# mode: (what stands in each level, from the least privileged down); * marks a deprivileged kernel.
LEVELS = (("least privileged", "user: U, VU"), ("", ""), ("guest's kernel", "VS"),
          ("supervisor", "S, HS"), ("most privileged", "machine: M"))
STANDS = {
    "native": ("programs", "", "", "kernel", "OpenSBI"),
    "te": ("programs", "kernel*", "", "Strata", "OpenSBI"),
    "rewrite": ("programs", "kernel*", "", "Strata", "OpenSBI"),
    "pv": ("programs", "kernel*", "", "Strata", "OpenSBI"),
    "hw": ("programs", "", "kernel", "Strata", "OpenSBI"),
}
GUTTER, WIDE, ROW, TOP_ROW = 94, 266, 34, 22
HATCH = ('<pattern id="hatch" width="5" height="5" patternUnits="userSpaceOnUse" '
         'patternTransform="rotate(45)"><rect width="1.4" height="5" fill="currentColor" '
         'fill-opacity=".45"/></pattern>')


def _box(x, y, width, text):
    pattern = ' fill="url(#hatch)"' if text.endswith("*") else ' fill="none"'
    weight = ' font-weight="700"' if text in ("Strata", "kernel", "kernel*") else ""
    label = text.rstrip("*")
    back = f'<rect x="{x + width / 2 - 19:.1f}" y="{y + 9}" width="38" height="15" ' \
           'style="fill:var(--bg)"/>' if text.endswith("*") else ""
    return (f'<rect x="{x + 2:.1f}" y="{y + 3}" width="{width - 4:.1f}" height="{ROW - 6}" rx="3" '
            f'stroke="currentColor"{pattern}/>{back}<text x="{x + width / 2:.1f}" y="{y + 21}" '
            f'text-anchor="middle" font-size="11"{weight}>{label}</text>')


def levels(modes):
    """An SVG of what runs at which privilege level in each of these modes."""
    modes = [m for m in modes if m in STANDS]
    width = WIDE / max(1, len(modes))
    height = TOP_ROW + ROW * len(LEVELS) + 4
    out = [f'<svg viewBox="0 0 {GUTTER + WIDE} {height}" role="img" aria-label="What runs at which '
           f'privilege level in {", ".join(modes)}"><defs>{HATCH}</defs>']
    for n, (first, second) in enumerate(LEVELS):
        y = TOP_ROW + ROW * n
        if n != 1:
            out.append(f'<line x1="0" x2="{GUTTER + WIDE}" y1="{y}" y2="{y}" stroke="currentColor" '
                       'stroke-opacity=".35"/>')
        out.append(f'<text x="0" y="{y + 14}" font-size="10" font-weight="600">{first}</text>'
                   f'<text x="0" y="{y + 27}" font-size="10">{second}</text>')
    for m, mode in enumerate(modes):
        x = GUTTER + m * width
        out.append(f'<text x="{x + width / 2:.1f}" y="14" text-anchor="middle" font-size="12" '
                   f'font-weight="700">{mode}</text>')
        out += [_box(x, TOP_ROW + ROW * n, width, text)
                for n, text in enumerate(STANDS[mode]) if text]
    return "".join(out) + "</svg>"


# ---- the way of one operation -------------------------------------------------------------------

def _zigzag(count, left, right, high, low):
    """Points of a line that goes down to the hypervisor and back, count times."""
    step = (right - left) / max(1, count)
    points = [(left, high)]
    for n in range(count):
        x = left + n * step
        points += [(x + step * .3, high), (x + step * .45, low), (x + step * .75, low),
                   (x + step * .9, high)]
    points.append((right, high))
    return " ".join(f"{x:.1f},{y}" for x, y in points)


def trips(result, op):
    """An SVG with one line for each column that goes down at each trip to the hypervisor."""
    columns = [c for c in result.columns if result.value(c.key, op, "traps") is not None
               and c.key == c.short]
    height = 44
    out = [f'<svg viewBox="0 0 360 {height * len(columns)}" role="img" aria-label="Trips to the '
           f'hypervisor in {op}">']
    for n, column in enumerate(columns):
        y, count = n * height, round(result.value(column.key, op, "traps"))
        insns = table.number(result.value(column.key, op, "insns"))
        noun = "trip" if count == 1 else "trips"
        say = f"{count} {noun}" if column.mode != "native" else "no trips"
        out.append(f'<text x="0" y="{y + 19}" font-size="11" font-weight="700">'
                   f'{escape(column.title)}</text><text x="0" y="{y + 33}" font-size="10">'
                   f'{insns} instructions</text>'
                   f'<polyline points="{_zigzag(min(count, 60), 98, 290, y + 13, y + 34)}" '
                   'fill="none" stroke="currentColor" stroke-width="1.6"/>'
                   f'<line x1="98" x2="290" y1="{y + 38}" y2="{y + 38}" stroke="currentColor" '
                   'stroke-opacity=".35" stroke-dasharray="2 3"/>'
                   f'<text x="296" y="{y + 17}" font-size="10">{say}</text>')
    return "".join(out) + "</svg>"


# ---- bars ---------------------------------------------------------------------------------------

def text_of(metric, value):
    if value is None:
        return "?"
    if metric == "wall_ns":
        return f"{value / 1000:.3g} µs"
    return table.small(value) if metric == "traps" else table.number(value)


def _widths(value, largest):
    """CSS variables: the bar's part of the room, linear and logarithmic."""
    if not largest or value < 0:
        return "--lin:0%;--log:0%"
    return (f"--lin:{100 * value / largest:.2f}%;"
            f"--log:{100 * math.log(1 + value) / math.log(1 + largest):.2f}%")


def _bar(result, column, op, metric, largest):
    skip, value = result.skipped(column.key, op), result.value(column.key, op, metric)
    long = " long" if any(len(c.title) > 11 for c in result.columns) else ""
    head = f'<div class="bar{long}"><span>{escape(column.title)}</span>'
    if skip or value is None:
        failed = bool(skip) and skip.startswith("failed")
        text = "failed" if failed else skip or "not measured"
        return (f'{head}<small class="{"fail" if failed else "dim"}" '
                f'style="grid-column:2/-1">{escape(text)}</small></div>')
    ratio = result.ratio(column.key, op, metric) if metric != "traps" else None
    times = f"{table.ratio(ratio)}&nbsp;×" if ratio is not None else ""
    return (f'{head}<span><i class="{fill(column)}" style="{_widths(value, largest)}"></i></span>'
            f"<b>{text_of(metric, value)}</b><b>{times}</b></div>")


def _is_news(result, column, op):
    """Does a column of another firmware or QEMU differ from the usual one by more than 1 %?"""
    value, usual = (result.value(k, op, "insns") for k in (column.key, column.short))
    return column.key == column.short or (value is None) != (usual is None) or \
        (value is not None and abs(value - usual) > usual / 100)


def bars(result, op, metric):
    """One bar for each column; those of other firmwares and QEMUs only where they differ."""
    columns = [c for c in result.columns if _is_news(result, c, op)]
    values = [result.value(c.key, op, metric) for c in columns]
    largest = max([v for v in values if v is not None], default=0)
    return "".join(_bar(result, c, op, metric, largest) for c in columns)


# ---- where the instructions go ------------------------------------------------------------------

def part_words(name):
    """A cause of the breakdown in words that need no manual; its name, if it has none."""
    return next((words for pattern, words in why.PARTS if re.search(pattern, name)), name)


def grouped(breakdown):
    """{words: (instructions, how often, [(cause, instructions)])} of the hypervisor's part."""
    found, exits = {}, breakdown.get("exits") or {}
    for name, value in (breakdown.get("hypervisor") or {}).items():
        total, times, names = found.get(part_words(name), (0, 0, []))
        found[part_words(name)] = (total + value, times + exits.get(name, 0),
                                   names + [(name, value)])
    return found


def leading_causes(breakdowns):
    """The words that weigh most over all columns of a row: each keeps its pattern in all."""
    sums = {}
    for breakdown in breakdowns:
        for words, (value, _, _) in grouped(breakdown).items():
            sums[words] = sums.get(words, 0) + value
    return sorted(sums, key=lambda words: -sums[words])[:PARTS_MOST]


def parts_of(breakdown, leading):
    """[(class, words, instructions, small print)]: guest, leading causes, others, firmware."""
    groups = grouped(breakdown)
    parts = [("p-guest", "the guest itself, kernel and program", breakdown.get("guest") or 0, "")]
    for n, words in enumerate(leading):
        if words in groups:
            value, times, names = groups[words]
            often = f"{table.small(round(times, 2))}\u00a0×: " if times else ""
            parts.append((f"p-{n}", words, value, often + ", ".join(
                f"{name} {table.number(v)}" for name, v in sorted(names, key=lambda c: -c[1]))))
    others = [group for words, group in groups.items() if words not in leading]
    parts.append((f"p-{PARTS_MOST}", "other causes", sum(o[0] for o in others),
                  ", ".join(name for o in others for name, _ in o[2])))
    parts.append(("p-firmware", "firmware", breakdown.get("firmware") or 0, "OpenSBI"))
    return [p for p in parts if p[2] > 0]


def _part_item(kind, words, value, small):
    small = f" <small>{escape(small)}</small>" if small else ""
    return (f'<li><i class="fill {kind}"></i><b>{table.number(value)}</b> {escape(words)}{small}'
            "</li>")


def _stack(title, parts, largest):
    total = sum(p[2] for p in parts)
    segments = "".join(f'<i class="fill {kind}" style="width:{100 * value / total:.2f}%" '
                       f'title="{escape(words)}: {table.number(value)}"></i>'
                       for kind, words, value, _ in parts)
    return (f'<div class="bar one"><span>{escape(title)}</span><span><span class="stack" '
            f'style="width:{100 * total / largest:.2f}%">{segments}</span></span>'
            f'<b>{table.number(total)}</b></div>'
            f'<ul class="parts">{"".join(_part_item(*p) for p in parts)}</ul>')


def stacks(result, op):
    """A stacked bar for each column with a breakdown, and what its parts are; "" if none has."""
    columns = [c for c in result.columns
               if result.breakdown(c.key, op) and _is_news(result, c, op)]
    leading = leading_causes([result.breakdown(c.key, op) for c in columns])
    parts = {c.title: parts_of(result.breakdown(c.key, op), leading) for c in columns}
    largest = max((sum(p[2] for p in some) for some in parts.values()), default=0)
    return "".join(_stack(title, some, largest) for title, some in parts.items() if some)


# ---- what each step saves -----------------------------------------------------------------------

def _fall(label, kind, left, width, text):
    return (f'<div class="fall"><span>{escape(label)}</span><span><i class="fill {kind}" '
            f'style="margin-left:{left:.2f}%;width:{width:.2f}%"></i></span><b>{text}</b></div>')


def waterfall(result, op):
    """From te over each pv step to native: what was saved or added; "" without te or a step."""
    steps = [c for c in result.columns if c.mode == "pv" and c.key == c.short
             and result.value(c.key, op, "insns") is not None]
    te, native = (result.value(k, op, "insns") for k in ("te", "native"))
    if te is None or native is None or not steps:
        return ""
    scale = 100 / max([te, native] + [result.value(c.key, op, "insns") for c in steps])
    out, now = [_fall("te", "f-te", 0, te * scale, table.number(te))], te
    for column in sorted(steps, key=lambda c: c.data.get("pv_step") or 0):
        value = result.value(column.key, op, "insns")
        change = table.exact(abs(value - now)) if abs(value - now) < 1 else \
            f"{abs(value - now):.0f}"
        sign, kind = ("", "less") if change == "0" else ("+", "more") if value > now else \
            ("−", "less")
        out.append(_fall(column.title, kind, min(now, value) * scale, abs(value - now) * scale,
                         sign + change))
        now = value
    out.append(_fall("pv still costs", "f-pv1", 0, now * scale, table.number(now)))
    out.append(_fall("native", "f-native", 0, native * scale, table.number(native)))
    return "".join(out)
