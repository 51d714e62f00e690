# SPDX-License-Identifier: BSD-2-Clause
"""Debian with systemd: to its login, its network, reboot, power-off. `make test-debian` alone."""
import os
import re
import subprocess

from harness import Skip, add_case, check
from monitor import ESCAPE
from stratalib import disks, vms

DEADLINE_FACTOR = 20        # of an ordinary case's: systemd under emulation takes its time


class Consoles:
    """Debian VMs on copies of the installed disk, and what one types at them."""

    def __init__(self, bench, names):
        if vms.guest_file(bench.settings, "debian-root") is None:
            raise Skip("no Debian: make test-debian makes one")
        bench.deadline *= DEADLINE_FACTOR
        self.bench, self.names, self.session, self.files = bench, names, None, []
        self.asked = 0
        for name in names:
            path = os.path.join(bench.directory, name + ".img")
            disks.copy_sparse(vms.guest_file(bench.settings, "debian-root"), path)
            self.files.append(path)

    def __enter__(self):
        trees = [self.bench.tree(name) for name in self.names]
        files = disks.assign(self.bench.settings, trees, ",".join(self.files))
        self.session = self.bench.console(trees, cpus=len(trees), extra=disks.options(files))
        return self

    def __exit__(self, *_):
        self.session.close()

    def expect(self, pattern, what):
        match = self.session.expect(pattern, self.bench.left())
        check(match, f"{what}: no {pattern!r}; the last lines: "
              f"{self.session.text().splitlines()[-3:]}")
        return match

    def focus(self, name):
        self.session.send(ESCAPE + b"mconsole " + name.encode() + b"\n")

    def login(self, name):
        """Wait for the greeting, which is a whole line, and log in without a password."""
        self.expect(rf"Debian GNU/Linux \d+ {name} ttyS0", f"{name}'s greeting")
        if len(self.names) > 1:
            self.focus(name)
        self.session.send(b"root\n")
        self.expect(rf"root@{name}:~#", f"{name}'s shell")

    def ask(self, command):
        """What a command prints. Numbered: the monitor repeats a VM's last line with the focus."""
        self.asked += 1
        self.session.send(f"echo 'answer' \"{self.asked} <$({command})>\"\n".encode())
        return self.expect(rf"answer {self.asked} <([^>\n]*)>", command).group(1).decode()

    def healthy(self, name):
        state = self.ask("systemctl is-system-running --wait")
        failed = self.ask("systemctl list-units --failed --plain --no-legend | cut -d ' ' -f 1 | "
                          "tr '\\n' ' '")
        check(state == "running", f"{name}: systemd is {state!r}; failed: {failed}")

    def power_off(self, name):
        self.session.send(b"poweroff\n")
        self.expect(rf"strata: {name}: shut down", f"{name} powers off")

    def check_end(self):
        """QEMU ends by itself, and the disks are clean without a repair."""
        check(self.session.finish(self.bench.left()), "QEMU does not end with the last VM")
        for path in self.files:
            fsck = subprocess.run(["/sbin/e2fsck", "-fn", path], capture_output=True, check=False)
            text = fsck.stdout.decode(errors="replace")
            check(fsck.returncode == 0 and "recovering journal" not in text,
                  f"e2fsck {path}: {text[:300]}")
            os.unlink(path)


def alone(bench):
    with Consoles(bench, ["debian"]) as debian:
        debian.login("debian")
        debian.healthy("debian")
        check(debian.ask("cat /etc/debian_version").startswith("13"), "it is another Debian")
        before = debian.ask("echo kept >/root/file; cat /proc/sys/kernel/random/boot_id")
        debian.session.send(b"reboot\n")
        debian.expect(r"strata: debian: reboots", "reboot")
        debian.login("debian")
        after = debian.ask("cat /root/file /proc/sys/kernel/random/boot_id | tr '\\n' ' '").split()
        check(after[0] == "kept" and after[1] != before, f"{before} and then {after}")
        debian.healthy("debian")
        debian.power_off("debian")
        debian.check_end()


def seconds_up(consoles):
    return int(consoles.ask("cut -d . -f 1 /proc/uptime"))


def two(bench):
    with Consoles(bench, ["debian", "debian2"]) as both:
        both.expect(r"Debian GNU/Linux \d+ debian2? ttyS0", "a greeting")
        both.session.taken = 0          # whichever came first
        both.login("debian")
        both.session.taken = 0
        both.login("debian2")
        both.healthy("debian2")
        for address in ("debian", "10.0.0.3"):
            said = both.ask(f"ping -c 3 -W 60 {address} | tail -n 2 | head -n 1")
            check(", 3 received" in said, f"ping {address}: {said!r}")
        before = seconds_up(both)
        both.focus("debian")
        said = both.ask("ping -c 3 -W 60 debian2 | tail -n 2 | head -n 1")
        check(", 3 received" in said, f"ping debian2: {said!r}")
        both.session.send(b"reboot\n")
        both.expect(r"strata: debian: reboots", "reboot")
        both.login("debian")
        both.power_off("debian")
        both.focus("debian2")
        check(seconds_up(both) > before, "debian2 was restarted, too")
        check(not re.search(r"strata: debian2: reboots", both.session.text()), "debian2 rebooted")
        both.power_off("debian2")
        both.check_end()


def add(environment):
    for sentence, function in (
            ("Debian boots to a login with systemd running, reboots, powers off with a clean disk",
             alone),
            ("two Debian VMs ping each other by name, and one reboots without the other", two)):
        add_case(sentence, function, environment.primary, "debian", heavy=True)
