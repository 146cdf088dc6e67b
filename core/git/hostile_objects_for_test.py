"""Git objects and packs byte by byte, also those that git itself would not make."""
import hashlib
import struct
import zlib

KINDS = {"commit": 1, "tree": 2, "blob": 3}
FILE, PROGRAM, LINK, TREE, GITLINK = b"100644", b"100755", b"120000", b"40000", b"160000"


def pack_header(kind, size):
    first, size = kind << 4 | size & 15, size >> 4
    out = bytearray()
    while size:
        out.append(first | 0x80)
        first, size = size & 0x7F, size >> 7
    return bytes(out + bytes([first]))


def varint(number):
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes(out + bytes([number]))


class Objects:
    """What a repository holds, and its one branch."""

    def __init__(self):
        self.all = {}    # id -> (kind, bytes)
        self.raw = []    # further pack entries, as they stand in the pack
        self.head = ""
        self.refs = []   # further (name bytes, id)

    def add(self, kind, data):
        name = hashlib.sha1(b"%s %d\0" % (kind.encode(), len(data)) + data).hexdigest()
        self.all[name] = (kind, data)
        return name

    def blob(self, data):
        return self.add("blob", data)

    def tree(self, *entries):
        """Entries (mode, name, id) in the order given, unchecked."""
        return self.add("tree", b"".join(mode + b" " + name + b"\0" + bytes.fromhex(what) for mode, name, what in entries))

    def commit(self, tree, message=b"hostile\n"):
        self.head = self.add("commit", b"tree %s\nauthor A <a@x> 1000 +0000\ncommitter C <c@x> 2000 +0000\n\n%s" % (tree.encode(), message))
        return self

    def holding(self, *entries):
        """A commit of these entries beside a harmless "file"."""
        return self.commit(self.tree(*entries, (FILE, b"file", self.blob(b"plain\n"))))

    def copies(self, base, size):
        """A blob of `size` bytes that the pack holds as one short delta on `base` (64 KiB)."""
        data = self.all[base][1]
        delta = varint(len(data)) + varint(size) + b"\x80" * (size // len(data))  # 0x80: copy 64 KiB from 0
        self.raw.append(pack_header(7, len(delta)) + bytes.fromhex(base) + zlib.compress(delta, 9))
        return hashlib.sha1(b"blob %d\0" % size + data * (size // len(data))).hexdigest()

    def pack(self, count=None):
        entries = [pack_header(KINDS[kind], len(data)) + zlib.compress(data, 1) for kind, data in self.all.values()] + self.raw
        out = b"PACK" + struct.pack(">II", 2, len(entries) if count is None else count) + b"".join(entries)
        return out + hashlib.sha1(out).digest()
