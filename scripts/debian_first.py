#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The first stage of a Debian system for riscv64, on a disk whose guest does the second.

usage: debian_first.py OUT.ext4 SUITE MIRROR KEYRING PACKAGE...
debootstrap downloads the packages and checks them; run this as root, or under fakeroot. So that the
guest, which is emulated, has less to do: packages are stored without compression, the list of all
packages is cut to those that are installed, dpkg leaves out manuals and does not wait for the disk,
the file system has no journal yet, and what answers dpkg's questions costs nothing.
What is installed is named in OUT.ext4.packages, with each package's SHA256.
"""
import hashlib
import lzma
import os
import re
import shutil
import subprocess
import sys
import tempfile

DISK = "2G"                     # sparse; what a VM may fill
AR = b"!<arch>\n"
ARCHIVES, LISTS = "var/cache/apt/archives", "var/lib/apt/lists"
DPKG = "etc/dpkg/dpkg.cfg.d/strata"
DPKG_TEXT = """\
# While Debian is installed under emulation: no waiting for the disk.
force-unsafe-io
# No manuals, no translations.
path-exclude=/usr/share/doc/*
path-include=/usr/share/doc/*/copyright
path-exclude=/usr/share/man/*
path-exclude=/usr/share/info/*
path-exclude=/usr/share/locale/*
"""

# debootstrap has a loop in the shell fill a pipe line by line, each time that it calls dpkg.
FUNCTIONS = "debootstrap/functions"
FUNCTIONS_TEXT = """
smallyes() {
	yes "${1-y}" 2>/dev/null
}
"""


def unpressed(deb):
    """A package's bytes with its members' xz undone; deb(5), an ar archive."""
    if not deb.startswith(AR):
        raise ValueError("no Debian package")
    out, at = [AR], len(AR)
    while at + 60 <= len(deb):
        header, size = deb[at:at + 60], int(deb[at + 48:at + 58])
        data, name = deb[at + 60:at + 60 + size], header[:16].rstrip(b" /")
        if name.endswith(b".xz"):
            data, name = lzma.decompress(data), name.removesuffix(b".xz")
        out.append(name.ljust(16) + header[16:48] + str(len(data)).encode().ljust(10) + b"`\n")
        out.append(data + b"\n" * (len(data) & 1))
        at += 60 + size + (size & 1)
    return b"".join(out)


def prepare_packages(root):
    """Undo their compression; [(SHA256 as downloaded, file name)]."""
    sums, directory = [], os.path.join(root, ARCHIVES)
    for name in sorted(n for n in os.listdir(directory) if n.endswith(".deb")):
        path = os.path.join(directory, name)
        with open(path, "rb") as f:
            deb = f.read()
        sums.append((hashlib.sha256(deb).hexdigest(), name))
        with open(path, "wb") as f:
            f.write(unpressed(deb))
    return sums


def cut_list(text, names):
    """The paragraphs of a Packages file that are about these packages."""
    wanted = (p for p in text.split("\n\n") if p.strip() and
              re.search(r"^Package: (.*)$", p, re.M).group(1) in names)
    return "".join(p.strip("\n") + "\n\n" for p in wanted)


def prepare_lists(root, names):
    directory = os.path.join(root, LISTS)
    for name in os.listdir(directory):
        path = os.path.join(directory, name)
        if name.endswith("_Packages"):
            with open(path, encoding="utf-8") as f:
                text = cut_list(f.read(), names)
            with open(path, "w", encoding="utf-8") as f:
                f.write(text)


def prepare_places(root):
    """In a container debootstrap leaves a link to the host's /proc, and a device that it tried."""
    proc = os.path.join(root, "proc")
    if os.path.islink(proc):
        os.unlink(proc)
        os.mkdir(proc, 0o555)
    with open(os.path.join(root, DPKG), "w", encoding="utf-8") as f:
        f.write(DPKG_TEXT)
    with open(os.path.join(root, FUNCTIONS), "a", encoding="utf-8") as f:
        f.write(FUNCTIONS_TEXT)


def make(out, suite, mirror, keyring, packages):
    work = tempfile.mkdtemp(dir=os.path.dirname(os.path.abspath(out)))
    root = os.path.join(work, "root")
    try:
        subprocess.run(["debootstrap", "--foreign", "--arch=riscv64", "--variant=minbase",
                        "--keyring=" + keyring, "--include=" + ",".join(packages), suite, root,
                        mirror], check=True, stdout=2, stdin=subprocess.DEVNULL)
        sums = prepare_packages(root)
        prepare_lists(root, {name.split("_")[0] for _, name in sums})
        prepare_places(root)
        subprocess.run(["mke2fs", "-q", "-F", "-t", "ext4", "-O", "^has_journal", "-L", "debian",
                        "-m", "1", "-d", root, out + ".tmp", DISK], check=True, stdout=2)
        with open(out + ".packages", "w", encoding="utf-8") as f:
            f.writelines(f"{digest}  {name}\n" for digest, name in sums)
        os.replace(out + ".tmp", out)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def main(argv):
    if len(argv) < 6 or "--help" in argv:
        print(__doc__.strip())
        return 0 if "--help" in argv or "-h" in argv else 2
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    try:
        make(argv[1], argv[2], argv[3], argv[4], argv[5:])
    except (OSError, ValueError, lzma.LZMAError, subprocess.CalledProcessError) as err:
        print(f"debian_first.py: {err}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
