# SPDX-License-Identifier: BSD-2-Clause
"""A client for QEMU's gdb stub, just enough to step a hart and to read its registers."""
import re
import socket
import time

from stratalib.settings import StrataError

LOOK_SECONDS = 1                # how often a wait looks at the time
PC = 32                         # of the stub's register numbers


class Stub:
    """A connection to a stopped machine with one hart."""

    def __init__(self, path, seconds, session):
        """To QEMU's socket; each wait may take so many seconds of the session's own clock."""
        self.seconds, self.session = seconds, session
        until = session.seconds() + seconds
        self.socket = socket.socket(socket.AF_UNIX)
        while True:
            try:
                self.socket.connect(path)
                break
            except OSError:
                if session.seconds() > until:
                    raise StrataError("QEMU's gdb stub does not answer") from None
                time.sleep(0.05)
        self.socket.settimeout(LOOK_SECONDS)
        self._input = b""
        self.ask("qSupported:multiprocess-;swbreak-")
        self.socket.sendall(b"")
        self._no_ack()
        self.ask("?")
        self.registers = self._register_numbers()

    def close(self):
        self.socket.close()

    # ---- packets --------------------------------------------------------------------------------

    def _receive(self):
        """The next packet's contents."""
        until = self.session.seconds() + self.seconds
        while True:
            match = re.search(rb"\$([^#]*)#..", self._input, re.S)
            if match:
                self._input = self._input[match.end():]
                if self._acks:
                    self.socket.sendall(b"+")
                return match.group(1)
            try:
                data = self.socket.recv(65536)
            except socket.timeout:
                if self.session.seconds() < until:
                    continue
                raise StrataError("the machine does not get to the operation in time") from None
            if not data:
                raise StrataError("QEMU ended before the walk did")
            self._input += data

    _acks = True

    def ask(self, packet):
        """Send a packet; the answer."""
        data = packet.encode()
        self.socket.sendall(b"$" + data + b"#%02x" % (sum(data) & 255))
        return self._receive()

    def _no_ack(self):
        if self.ask("QStartNoAckMode") == b"OK":
            self._acks = False

    # ---- registers ------------------------------------------------------------------------------

    def _feature(self, name):
        out, at = b"", 0
        while True:
            part = self.ask(f"qXfer:features:read:{name}:{at:x},3f0")
            out += part[1:]
            at += len(part) - 1
            if part[:1] != b"m":
                # '}' escapes the next byte, which is XORed with 0x20
                return re.sub(rb"}(.)", lambda m: bytes([m.group(1)[0] ^ 0x20]), out).decode()

    def _register_numbers(self):
        """{name: number} from the target description."""
        numbers, following = {}, 0
        target = self._feature("target.xml")
        for name in re.findall(r'href="([^"]+)"', target):
            for reg in re.findall(r"<reg ([^>]*)>", self._feature(name)):
                attributes = dict(re.findall(r'(\w+)="([^"]*)"', reg))
                following = int(attributes.get("regnum", following))
                numbers[attributes["name"]] = following
                following += 1
        return numbers

    def read(self, register):
        """A register by name or number; None if the stub does not tell."""
        number = self.registers.get(register) if isinstance(register, str) else register
        if number is None:
            return None
        answer = self.ask(f"p{number:x}")
        if not re.fullmatch(rb"[0-9a-f]+", answer):
            return None
        return int.from_bytes(bytes.fromhex(answer.decode()), "little")

    def memory(self, address, size):
        """Bytes at a virtual address of the hart as it is now; b"" if there are none."""
        answer = self.ask(f"m{address:x},{size:x}")
        try:
            return bytes.fromhex(answer.decode())
        except ValueError:
            return b""

    def monitor(self, command):
        """What QEMU's monitor answers to a command."""
        text, answer = b"", self.ask("qRcmd," + command.encode().hex())
        while answer[:1] == b"O" and answer != b"OK":
            text += bytes.fromhex(answer[1:].decode())
            answer = self._receive()
        return text.decode(errors="replace")

    # ---- going on -------------------------------------------------------------------------------

    def allow_interrupts(self):
        """Steps take interrupts, but time stands still meanwhile; QEMU itself would take none."""
        self.ask("Qqemu.sstep=5")

    def set_break(self, address):
        if self.ask(f"Z0,{address:x},4") != b"OK":
            raise StrataError(f"QEMU sets no breakpoint at {address:#x}")

    def clear_break(self, address):
        self.ask(f"z0,{address:x},4")

    def step(self):
        """One instruction or the trap in its place; the new pc."""
        self._alive(self.ask("s"))
        return self.read(PC)

    def go(self):
        """On to the next breakpoint; the new pc."""
        self._alive(self.ask("c"))
        return self.read(PC)

    @staticmethod
    def _alive(answer):
        if answer[:1] in (b"W", b"X"):
            raise StrataError("the machine ended before the operation came")
