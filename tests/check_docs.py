#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Check that what the documents name exists: links, files, functions, commands, numbers.

usage: tests/check_docs.py [--figures COMPARE.JSON [COMPARE.JSON...] [--update]]
Without options nothing is run or built. --figures compares the measured figures in the documents
with the results of make compare (of either firmware) and make bench, --update writes them in.
"""
import argparse
import fnmatch
import functools
import glob
import json
import os
import re
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ABI_DOC, ABI_HEADERS = "docs/abi.md", ("sbi/include/strata/abi.h", "sbi/include/strata/firmware.h")
# Directories that names in the documents may be relative to, and those that builds make.
BASES = ("", "hypervisor", "hypervisor/include", "pvguest/kernel", "sbi/include")
MADE = ("build", ".cache")
SOURCES = (".c", ".h", ".S", ".py", ".dts", ".dtsi", ".lds", ".ci", "Makefile")
# Words that stand for something of the reader's.
PLACEHOLDER = re.compile(r"NAME|FILE|ARCHIVE|URL|TEXT|EXTENSION|FUNCTION|PROGRAM|SIZE|SECONDS|"
                         r"MODEL|SUITE|PATH|PREFIX|OPS|\.\.\.|[\[\]<>]|\bN\b")
HINT = "<!-- figures:"
SPEED = "figures: speed"         # of build/bench.json


def read(path):
    with open(path, encoding="utf-8", errors="replace") as f:
        return f.read()


def tree():
    """Files of the tree: git's, or everything outside build and cache."""
    if os.path.exists(".git"):
        try:
            out = subprocess.run(["git", "-c", "safe.directory=*", "ls-files", "-co",
                                  "--exclude-standard"], capture_output=True, text=True,
                                 check=False)
            if out.returncode == 0:
                return sorted(f for f in out.stdout.splitlines() if os.path.isfile(f))
        except OSError:
            pass
    found = []
    for base, dirs, files in os.walk("."):
        dirs[:] = [d for d in dirs if d not in (".git", ".cache") and not d.startswith("build")]
        found += [os.path.relpath(os.path.join(base, f)) for f in files]
    return sorted(found)


class Tree:
    """What can be named: files, words, functions of all sources."""

    def __init__(self, files):
        self.files = files
        self.docs = [f for f in files if f.endswith(".md")]
        self.names = {os.path.basename(f) for f in files}
        self.tops = {f.split("/")[0] for f in files if "/" in f}
        self.words, self.called = set(), set()
        for f in files:
            if f.endswith(SOURCES) or f.startswith("scripts/") or f == ".ci/run":
                text = read(f)
                self.words |= set(re.findall(r"\w+", text))
                self.called |= set(re.findall(r"\b([A-Za-z_]\w*)\s*\(", text))
                if f.endswith(".S"):
                    self.called |= set(re.findall(r"^(\w+):", text, re.M))
        self.words |= {w for name in self.names for w in re.findall(r"\w+", name)}
        for base in BASES[1:]:
            if os.path.isdir(base):
                self.tops |= set(os.listdir(base))


class Doc:
    """A document as lines outside of code blocks, and the blocks."""

    def __init__(self, path):
        self.path = path
        self.prose, self.code = [], []          # (line number, text)
        self.blocks = []                        # (line number, info, text, line above)
        inside, above, start, info = False, "", 0, ""
        held = []
        for n, line in enumerate(read(path).splitlines(), 1):
            if line.startswith("```"):
                if inside:
                    self.blocks.append((start, info, "\n".join(held), above))
                else:
                    start, info, held = n, line[3:], []
                inside = not inside
            elif inside:
                held.append(line)
                self.code.append((n, line))
            else:
                self.prose.append((n, line))
                above = line
        self.anchors = set()
        for _, line in self.prose:
            if re.match(r"#+ ", line):
                self.anchors.add(slug(line.lstrip("# ")))

    def spans(self):
        """(line number, text) of everything in backquotes outside of code blocks."""
        for n, line in self.prose:
            for text in re.findall(r"`([^`]+)`", line):
                yield n, text


@functools.lru_cache(None)
def doc_of(path):
    return Doc(path)


def slug(title):
    """A heading's anchor, as code hosts make it."""
    title = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", title).replace("`", "").lower()
    return re.sub(r"[^\w\- ]", "", title).replace(" ", "-")


# ---- links and names -----------------------------------------------------------------------------

def check_links(doc, _):
    for n, line in doc.prose:
        for link in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"`[^`]*`", "", line)):
            if "://" in link:
                continue
            path, _, anchor = link.partition("#")
            target = os.path.normpath(os.path.join(os.path.dirname(doc.path), path)) if path \
                else doc.path
            if not os.path.exists(target):
                yield n, f"no file {link}"
            elif anchor and target.endswith(".md") and anchor not in doc_of(target).anchors:
                yield n, f"no heading #{anchor} in {target}"


def path_exists(name, home):
    """Is there such a file, from the top, in a room or beside the document?"""
    pattern = re.sub("NAME|FILE|ARCHIVE", "*", name)
    return any(glob.glob(os.path.join(base, pattern)) for base in BASES + (home,))


def check_names(doc, known):
    for n, text in doc.spans():
        text = text.split("#")[0].strip()
        if re.fullmatch(r"[\w.*-]+(/[\w.*-]*)+", text):
            first = text.split("/")[0]
            if first in known.tops and first not in MADE and \
                    not path_exists(text, os.path.dirname(doc.path)):
                yield n, f"no file {text}"
        elif re.fullmatch(r"[\w*-]+\.(c|h|S|py|lds|dts|dtsi)", text):
            pattern = text.replace("NAME", "*")
            if not any(fnmatch.fnmatch(name, pattern) for name in known.names):
                yield n, f"no file of the name {text}"
        elif re.fullmatch(r"([A-Za-z_]\w+)\([^`]*\)", text):
            name = text.split("(")[0]
            if name not in known.called:
                yield n, f"no function {name}"
        elif match := re.fullmatch(r"(?:struct |enum )?([A-Za-z]\w*_\w+|[A-Z]+_[A-Z0-9_]+)", text):
            word = match.group(1)
            if word not in known.words and not PLACEHOLDER.search(word):
                yield n, f"nothing is called {word}"


# ---- commands ------------------------------------------------------------------------------------

def make_targets():
    found = set()
    for line in read("Makefile").splitlines():
        match = re.match(r"([a-z][\w -]*):(?!=)", line)
        if match:
            found |= set(match.group(1).split())
    return found


@functools.lru_cache(None)
def options_of(command):
    """The options that scripts/strata COMMAND has; None if there is no such command."""
    out = subprocess.run([sys.executable, "scripts/strata", command, "--help"],
                         capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    return set(re.findall(r"--[\w-]+", out.stdout)) if out.returncode == 0 else None


def check_make(words, known):
    targets = make_targets()
    for word in words:
        name, equals, value = word.partition("=")
        if not equals:
            if re.fullmatch(r"[a-z][\w-]*", word) and word not in targets:
                yield f"make has no target {word}"
            continue
        if name not in known.words:
            yield f"make has no variable {name}"
        elif name == "VM" and not PLACEHOLDER.search(value):
            for vm in value.split(","):
                if not os.path.exists(f"dts/{vm}.dts"):
                    yield f"no VM tree dts/{vm}.dts"
        elif name in ("OP", "OPS") and not PLACEHOLDER.search(value):
            for op in value.split(","):
                if op and not re.search(rf'^ +"{op}":', read("scripts/stratalib/bench.py"), re.M):
                    yield f"no operation {op}"


def check_command(line, known):
    """Messages about one command line."""
    line = re.split(r"\s{2,}#|\s#\s", re.sub(r"^\$ ", "", line.strip()))[0]
    for command in re.split(r"\s*(?:&&|;)\s*", line):
        words = command.split()
        if not words:
            continue
        if words[0] == "make":
            yield from check_make(words[1:], known)
        elif words[0].startswith(("scripts/", "tests/")):
            if not os.path.exists(words[0]):
                yield f"no program {words[0]}"
            elif words[0] == "scripts/strata" and len(words) > 1 and words[1].islower():
                options = options_of(words[1])
                if options is None:
                    yield f"scripts/strata has no command {words[1]}"
                    continue
                for option in words[2:]:
                    if option.startswith("--") and option.split("=")[0] not in options:
                        yield f"scripts/strata {words[1]} has no option {option}"


def check_commands(doc, known):
    lines = list(doc.spans()) + [(n, line) for n, line in doc.code if not line.startswith("\t")]
    for n, line in lines:
        if re.match(r"(\$ )?(make|scripts/|tests/\w+\.py)\b", line.strip()):
            for message in check_command(line, known):
                yield n, message


# ---- the interface -------------------------------------------------------------------------------

def value_of(text):
    """A header's expression as a number; None if it is none."""
    text = re.sub(r"/\*.*", "", text).strip().replace("UL", "")
    if not re.fullmatch(r"[\w\s()<~-]+", text):
        return None
    try:
        return eval(text, {"__builtins__": {}}) & (1 << 64) - 1     # numbers and operators only
    except (SyntaxError, NameError, TypeError):
        return None


def header_constants():
    found = {}
    for header in ABI_HEADERS:
        for name, text in re.findall(r"^#define (STRATA_\w+)[ \t]+(.+)$", read(header), re.M):
            value = value_of(text)
            if value is not None:
                found[name] = value
    return found


def rows(doc):
    """(line number, cells) of the document's tables."""
    for n, line in doc.prose:
        if line.startswith("|"):
            yield n, [c.strip() for c in line.strip().strip("|").split("|")]


def check_abi():
    """docs/abi.md has each constant of the headers, with its value."""
    constants, seen, doc = header_constants(), set(), doc_of(ABI_DOC)
    for n, cells in rows(doc):
        for name, after in zip(cells, cells[1:]):
            match = re.fullmatch(r"`(STRATA_\w+)`", name)
            number = re.fullmatch(r"(0x[0-9a-f]+|\d+)", after)
            if not match or not number:
                continue
            seen.add(match.group(1))
            if constants.get(match.group(1)) != int(number.group(1), 0):
                yield f"{ABI_DOC}:{n}: {match.group(1)} is {constants.get(match.group(1))}"
    for name in sorted(set(constants) - seen):
        if not re.search(rf"`{name}`, {constants[name]} ", read(ABI_DOC)):
            yield f"{ABI_DOC}: {name} is in no table"
    errors = dict(re.findall(r"^#define (SBI_ERR_\w+)\s+\((-\d+)\)", read("sbi/include/sbi/sbi.h"),
                             re.M))
    for n, line in doc.prose:
        for name, value in re.findall(r"`(SBI_ERR_\w+)` \((-\d+)\)", line):
            if errors.get(name) != value:
                yield f"{ABI_DOC}:{n}: {name} is {errors.get(name)}"


# ---- completeness --------------------------------------------------------------------------------

def check_complete():
    """Tables of the documents that must list everything there is."""
    lists = (
        ("docs/hacking.md", "property", r'"(strata,(?!vm\b|hypervisor\b)[\w-]+)"',
         ("hypervisor/boot/vm_dt.c", "hypervisor/boot/vm_dt_soc.c")),
        ("docs/hacking.md", "counter", r'(?:emit\(&?out, |line\(out->ctx, )"([\w.]+)"',
         ("hypervisor/monitor/stats.c",)),
        ("README.md", "monitor command", r'^\t\{ "([\w-]+)", "', ("hypervisor/monitor/monitor.c",)),
    )
    for path, what, pattern, sources in lists:
        text = read(path)
        for source in sources:
            for name in sorted(set(re.findall(pattern, read(source), re.M))):
                if not re.search(rf"`{re.escape(name)}[`\s]", text):
                    yield f"{path}: {what} {name} of {source} is not there"


def check_examples(doc, _):
    for n, _, text, above in doc.blocks:
        match = re.fullmatch(r"<!-- from (\S+) -->", above)
        if match and text not in read(match.group(1)):
            yield n, f"this is not in {match.group(1)}"


# ---- figures -------------------------------------------------------------------------------------

class Figures:
    """Results of make compare, by firmware, column and operation; and make bench's of hw."""

    def __init__(self, paths):
        self.rows, self.about, self.speed = {}, {}, []
        for path in paths:
            data = json.loads(read(path))
            if "speed" in data:
                self.speed = data["speed"]
                continue
            firmware = data["firmware"].split(":")[0]
            self.about[firmware] = f"{data['qemu']}; {data['firmware']}; {data['compiler']}"
            for row in data["rows"]:
                if row.get("column", "").startswith("linux"):
                    continue                # another kernel's, in the mode of the same name
                step = "" if row["pv_step"] is None else str(row["pv_step"])
                where = row.get("firmware", firmware)
                self.rows[where, row["mode"] + step, row["op"]] = row

    def ops(self):
        return list(dict.fromkeys(op for firmware, _, op in self.rows if firmware == "strata"))

    def number(self, column, op, what, firmware="strata"):
        row = self.rows.get((firmware, column, op))
        return None if row is None else row[{"I": "insns", "T": "traps", "M": "mtraps"}[what]]

    def cell(self, column, op):
        row, native = self.rows.get(("strata", column, op)), self.number("native", op, "I")
        if row is None or row["insns"] is None:
            return "-"
        insns = table.number(row["insns"])
        if column == "native":
            return insns
        ratio = row["insns"] / native if native else None
        return f"{insns} / {table.small(row['traps'])} / {table.ratio(ratio)}"

    def has(self, line):
        """Whether what a marker asks for was measured."""
        return bool(self.speed if SPEED in line else self.rows)

    def speed_table(self):
        def cell(value):
            return "-" if value is None else table.number(value)

        out = ["", "| row | what | native | hw | hypervisor | notified | at most |",
               "|---|---|---:|---:|---:|---:|---:|"]
        for row in self.speed:
            values = [cell(row[k]) for k in ("native", "hw", "hypervisor")]
            values.append(table.small(row["notifications"]) if row["notifications"] is not None
                          else "-")
            most = cell(row["most"])
            if "ratio" in row:
                values[1], most = f"{row['ratio']:.3f} of native", f"{row['most_ratio']:.2f}"
            out.append(f"| `{row['op']}` | {row['sentence']} | " + " | ".join(values + [most]) +
                       " |")
        return out + [""]

    def table(self, line):
        """The lines of the table that a marker asks for."""
        if SPEED in line:
            return self.speed_table()
        options = dict(re.findall(r"(ops|modes)=(\S+)", line))
        ops = options["ops"].split(",") if "ops" in options else self.ops()
        modes = options.get("modes", "native,te,pv0,pv1,hw").split(",")
        titles = {"pv0": "pv step 0", "pv1": "pv step 1"}
        out = ["", "| operation | " + " | ".join(titles.get(m, m) for m in modes) + " |",
               "|---" + "|---:" * len(modes) + "|"]
        out += [f"| `{op}` | " + " | ".join(self.cell(m, op) for m in modes) + " |" for op in ops]
        if not options:
            out += ["", self.about["strata"] + "."]
        return out + [""]


INLINE = re.compile(r"(\d+)(<!-- (native|te|pv0|pv1|hw) (\w+) ([ITM])( distro)? -->)")


def with_figures(text, figures):
    """The document with the figures put in."""
    def inline(match):
        firmware = "distro" if match.group(6) else "strata"
        value = figures.number(match.group(3), match.group(4), match.group(5), firmware)
        return match.group(0) if value is None else table.number(value) + match.group(2)

    out, skipping = [], False
    for line in text.splitlines():
        if skipping and line == "<!-- end -->":
            skipping = False
        if not skipping:
            out.append(INLINE.sub(inline, line))
        if line.startswith(HINT) and figures.has(line):
            out += figures.table(line)
            skipping = True
    return "\n".join(out) + "\n"


def check_figures(docs, paths, update):
    figures = Figures(paths)
    for path in docs:
        old = read(path)
        new = with_figures(old, figures)
        if old == new:
            continue
        if update:
            with open(path, "w", encoding="utf-8") as f:
                f.write(new)
            continue
        for n, (a, b) in enumerate(zip(old.splitlines(), new.splitlines()), 1):
            if a != b:
                yield f"{path}:{n}: measured: {b.strip()}"
        if len(old.splitlines()) != len(new.splitlines()):
            yield f"{path}: a table has other rows than were measured"


def check_markers(doc, _):
    """Each figures marker has a table and an end."""
    begin = None
    for n, line in doc.prose:
        if line.startswith(HINT):
            begin, filled = n, False
        elif begin and line == "<!-- end -->":
            if not filled:
                yield begin, ("no figures: tests/check_docs.py --figures build/compare.json "
                              "build/bench.json --update")
            begin = None
        elif begin:
            filled = filled or line.startswith("| `")
    if begin:
        yield begin, "no <!-- end -->"


def check_reachable(known):
    """Each document can be found from the README."""
    seen, todo = set(), ["README.md"]
    while todo:
        path = todo.pop()
        if path in seen or not os.path.exists(path):
            continue
        seen.add(path)
        for _, line in doc_of(path).prose:
            for link in re.findall(r"\]\(([^)#\s]+\.md)", line):
                todo.append(os.path.normpath(os.path.join(os.path.dirname(path), link)))
    return [f"{path}: no document links to it" for path in known.docs if path not in seen]


def messages(files):
    """Everything that is wrong."""
    known, bad = Tree(files), []
    for path in known.docs:
        for check in (check_links, check_names, check_commands, check_examples, check_markers):
            bad += [f"{path}:{n}: {text}" for n, text in check(doc_of(path), known)]
    if ABI_DOC in files:
        bad += list(check_abi()) + list(check_complete()) + check_reachable(known)
    return bad


def main():
    global table
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--figures", nargs="+", metavar="COMPARE.JSON", default=[])
    parser.add_argument("--update", action="store_true")
    args = parser.parse_args()
    paths = [os.path.abspath(p) for p in args.figures]
    os.chdir(TOP)
    sys.dont_write_bytecode = True
    sys.path.insert(0, os.path.join(TOP, "scripts"))
    from stratalib import table     # number formats of the comparison
    files = tree()
    if paths:
        bad = list(check_figures([f for f in files if f.endswith(".md")], paths, args.update))
    else:
        bad = messages(files)
    for line in bad:
        print(line)
    return 1 if bad else 0


table = None

if __name__ == "__main__":
    sys.exit(main())
