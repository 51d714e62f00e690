# SPDX-License-Identifier: BSD-2-Clause
"""Is it the same kernel and the same programs everywhere? SHA-256 of what ran in each column."""
import hashlib

# What must be the same bytes in every column that has it, Linux included.
PROGRAMS = ("bin/bench", "bin/busybox")


def members(blob):
    """{name: SHA-256} of the files of a newc archive, by the format's definition."""
    found, at = {}, 0
    while blob[at:at + 6] == b"070701":
        size, length = (int(blob[at + n:at + n + 8], 16) for n in (54, 94))
        name = blob[at + 110:at + 110 + length - 1].decode(errors="replace")
        start = (at + 110 + length + 3) & ~3
        if name == "TRAILER!!!":
            break
        if int(blob[at + 14:at + 22], 16) & 0o170000 == 0o100000:
            found[name.removeprefix("./")] = \
                hashlib.sha256(blob[start:start + size]).hexdigest()
        at = (start + size + 3) & ~3
    return found


def _is_linux(place):
    return place.mode.is_linux


def _note(result, what, place, digest):
    if digest:
        result.hashes.setdefault(what, {})[place.key] = digest


def _initrd_of(place, run):
    """The host's file that the column's guest had as its root."""
    return run.initrd or ""


def _read(path):
    try:
        with open(path, "rb") as f:
            return f.read()
    except OSError:
        return b""


def _note_column(result, place, run):
    """What this column ran: its kernel, its root and the programs in it."""
    prefix = "linux " if _is_linux(place) else ""
    for what, title in (("kernel", "kernel"), ("initrd", "initrd")):
        digest = getattr(run, what + "_sha256")
        _note(result, prefix + what, place, digest)
        if not digest and not run.error and run.initrd:    # else nothing had to run
            result.problems.append(f"{place.key}: the hypervisor printed no hash of its {title}")
    blob = _read(_initrd_of(place, run))
    if hashlib.sha256(blob).hexdigest() != run.initrd_sha256:
        return                      # not the file that ran: its members prove nothing
    names = members(blob)
    for name in PROGRAMS:
        _note(result, name, place, names.get(name))
    if not prefix:
        result.binaries.update(("/" + name, digest) for name, digest in names.items())


def check(result):
    """Collect the hashes of all columns; where one thing has two, that is a problem."""
    for place in result.places:
        run = result.counts.get(place.key)
        if run is not None:
            _note_column(result, place, run)
    for what, found in result.hashes.items():
        groups = {}
        for key, digest in found.items():
            groups.setdefault(digest, []).append(key)
        if len(groups) > 1:
            result.problems.append(f"the {what}s differ: " + ", ".join(
                f"{'/'.join(keys)} {digest[:12]}" for digest, keys in groups.items()))


def lines(result):
    """What the table says of it: one line for each thing, of a stratalib.result.Result."""
    out = []
    for what, found in result.data.get("hashes", {}).items():
        digests = list(dict.fromkeys(found.values()))
        if len(digests) == 1:
            out.append(f"{what:12} sha256 {digests[0]}  the same in {' '.join(found)}")
        else:
            out += [f"{what:12} sha256 {d}  in " + " ".join(k for k in found if found[k] == d)
                    for d in digests]
    return out
