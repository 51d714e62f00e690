#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Write the root of a busybox system as a newc cpio archive or, if OUT says .ext4, as a disk.

usage: busybox_root.py OUT BUSYBOX ENTRY...
BUSYBOX is Debian's static busybox, taken as it is; a link to it stands for each of its applets.
ENTRY is what else there is, as for cpio.py, the later before the earlier; or modules=DIRECTORY,
a directory of Linux modules, which get the list of dependencies that modprobe reads.
"""
import os
import re
import stat
import sys

import cpio
import ext4
import modules

DISK_BYTES = 512 << 20

SBIN = set("""
acpid adjtimex arp blkid blockdev brctl devmem dhcprelay dnsd fbset fdisk findfs freeramdisk fsck
fsck.minix fsfreeze fstrim getty halt hdparm httpd hwclock ifconfig ifdown ifup init insmod ip
ipaddr iplink ipneigh iproute iprule iptunnel klogd loadkmap logread losetup lsmod makedevs mkdosfs
mke2fs mkfs.ext2 mkfs.minix mkfs.vfat mkswap modinfo modprobe nameif ntpd partprobe pivot_root
poweroff raidautorun rdate reboot rmmod route run-init runlevel setconsole setfont sulogin swapoff
swapon switch_root sysctl syslogd tc udhcpc udhcpd uevent vconfig watchdog zcip
""".split())
DIRECTORIES = {"dev": 0o755, "proc": 0o555, "sys": 0o555, "tmp": 0o1777, "root": 0o700,
               "home/user": 0o755, "mnt": 0o755, "var/run": 0o755, "var/tmp": 0o1777,
               "var/log": 0o755, "run": 0o755, "usr/bin": 0o755, "usr/sbin": 0o755}
# The table of applet names in the program: strings in order, the first of them these.
TABLE = re.compile(rb"(\[\0\[\[\0(?:[a-z0-9][a-z0-9_.-]*\0)+)")


def applets(program):
    """The names that the program answers to."""
    tables = [m.group(1).decode().split("\0")[:-1] for m in TABLE.finditer(program)]
    tables = [t for t in tables if "busybox" in t]
    if len(tables) != 1:
        raise ValueError("no table of applet names: is this busybox?")
    names = tables[0]
    ordered = 2
    while ordered < len(names) and names[ordered] > names[ordered - 1]:
        ordered += 1
    return names[:ordered]


def members(program, entries):
    """{name: (mode, data)} of the whole root."""
    found = {name: (stat.S_IFDIR | mode, b"") for name, mode in DIRECTORIES.items()}
    found["bin/busybox"] = (stat.S_IFREG | 0o755, program)
    for name in applets(program):
        if name != "busybox":
            place = "sbin/" if name in SBIN else "bin/"
            found[place + name] = (stat.S_IFLNK | 0o777, b"/bin/busybox")
    found["init"] = (stat.S_IFLNK | 0o777, b"/sbin/init")
    for entry in entries:
        if entry.startswith("modules="):
            found.update(modules.members(entry.removeprefix("modules=")))
        else:
            found.update(cpio.collect([entry]))
    return found


def main(argv):
    if len(argv) < 4 or "--help" in argv:
        print(__doc__.strip())
        return 0 if "--help" in argv or "-h" in argv else 2
    try:
        with open(argv[2], "rb") as f:
            found = members(f.read(), argv[3:])
        if argv[1].endswith(".ext4"):
            ext4.image(argv[1] + ".tmp", found, DISK_BYTES)
        else:
            with open(argv[1] + ".tmp", "wb") as f:
                f.write(cpio.archive(found))
    except (OSError, ValueError) as err:
        print(f"busybox_root.py: {err}", file=sys.stderr)
        return 1
    os.replace(argv[1] + ".tmp", argv[1])
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
