# SPDX-License-Identifier: BSD-2-Clause
"""Read, change and write flattened device trees (Devicetree Specification 0.4, chapter 5)."""
import struct

MAGIC = 0xd00dfeed
BEGIN, END, PROP, NOP, FINISH = 1, 2, 3, 4, 9


class Node:
    """A node: name, properties in order (bytes), children in order."""

    def __init__(self, name=""):
        self.name = name
        self.props = {}
        self.children = []

    def child(self, name, make=False):
        """The child of this name, with or without a unit address; None if there is none."""
        for node in self.children:
            if name in (node.name, node.name.split("@")[0]):
                return node
        if not make:
            return None
        self.children.append(Node(name))
        return self.children[-1]

    def all(self, name):
        """Children of this name with any unit address."""
        return [n for n in self.children if n.name.split("@")[0] == name]

    def string(self, prop):
        """A property's first string, or None."""
        value = self.props.get(prop)
        return None if value is None else value.split(b"\0")[0].decode(errors="replace")

    def set_string(self, prop, value):
        self.props[prop] = value.encode() + b"\0"

    def cells(self, prop):
        value = self.props.get(prop, b"")
        return struct.unpack(f">{len(value) // 4}I", value[:len(value) // 4 * 4])


def phandles(node):
    """All phandles below and in node."""
    found = list(node.cells("phandle"))
    for child in node.children:
        found += phandles(child)
    return found


def cell64(value):
    return struct.pack(">Q", value)


def parse(blob):
    """The root node of a flattened tree; ValueError if it is none."""
    try:
        return _parse(blob)
    except (struct.error, IndexError, UnicodeDecodeError) as err:
        raise ValueError(f"not a device tree: {err}") from err


def _parse(blob):
    magic, total, at, strings = struct.unpack(">4I", blob[:16])
    if magic != MAGIC or total > len(blob):
        raise ValueError("not a device tree")
    stack, root = [], None
    while True:
        token, = struct.unpack_from(">I", blob, at)
        at += 4
        if token == BEGIN:
            end = blob.index(b"\0", at)
            node = Node(blob[at:end].decode())
            at = (end + 4) & ~3
            if stack:
                stack[-1].children.append(node)
            root = root or node
            stack.append(node)
        elif token == END:
            stack.pop()
        elif token == PROP:
            size, name = struct.unpack_from(">2I", blob, at)
            start = strings + name
            key = blob[start:blob.index(b"\0", start)].decode()
            stack[-1].props[key] = blob[at + 8:at + 8 + size]
            at = (at + 8 + size + 3) & ~3
        elif token == FINISH:
            return root
        elif token != NOP:
            raise ValueError(f"not a device tree: token {token}")


def build(root):
    """The flattened tree (version 17) of a root node."""
    strings, offsets, out = bytearray(), {}, bytearray()

    def put(node):
        name = node.name.encode() + b"\0"
        out.extend(struct.pack(">I", BEGIN) + name + b"\0" * (-len(name) % 4))
        for key, value in node.props.items():
            if key not in offsets:
                offsets[key] = len(strings)
                strings.extend(key.encode() + b"\0")
            out.extend(struct.pack(">3I", PROP, len(value), offsets[key]))
            out.extend(value + b"\0" * (-len(value) % 4))
        for node_ in node.children:
            put(node_)
        out.extend(struct.pack(">I", END))

    put(root)
    out.extend(struct.pack(">I", FINISH))
    start = 40 + 16
    header = struct.pack(">10I", MAGIC, start + len(out) + len(strings), start, start + len(out),
                         40, 17, 16, 0, len(strings), len(out))
    return header + b"\0" * 16 + bytes(out) + bytes(strings)
