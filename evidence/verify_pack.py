#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Verifies an evidence pack without the program that made it.

    python3 verify_pack.py pack.zip --key KEY [--earlier CHECKPOINT]

KEY is the public key of the log, or a file that holds it, and must come from
elsewhere than the pack. Needs Python 3.8 or later and nothing else: the
signature scheme (Ed25519, RFC 8032), the tree (RFC 6962) and the ZIP are read
here. Exit code 0: no fault; 4: faults, which are named; 2: wrong use; 3: the
file cannot be read. Get this program from elsewhere than the pack too if you
doubt the pack.
"""
import argparse
import base64
import datetime
import hashlib
import hmac
import json
import mmap
import os
import re
import struct
import sys
import zlib

# --- Ed25519, verification only --------------------------------------------

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
D2 = 2 * D % P
ROOT = pow(2, (P - 1) // 4, P)


def recover_x(y, sign):
    xx = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(xx, (P + 3) // 8, P)
    if (x * x - xx) % P:
        x = x * ROOT % P
    if (x * x - xx) % P:
        return None
    return P - x if x & 1 != sign and x else x


def add(a, b):
    e, f = (a[1] - a[0]) * (b[1] - b[0]), (a[1] + a[0]) * (b[1] + b[0])
    g, h = a[3] * b[3] % P * D2, 2 * a[2] * b[2]
    e, f, g, h = f - e, h - g, h + g, f + e
    return e * f % P, g * h % P, f * g % P, e * h % P


BASE_Y = 4 * pow(5, P - 2, P) % P
BASE_X = recover_x(BASE_Y, 0)
BASE = (BASE_X, BASE_Y, 1, BASE_X * BASE_Y % P)


def combine(s, k, point):
    """Gives s times the base point plus k times another."""
    out, table = (0, 1, 1, 0), (None, BASE, point, add(BASE, point))
    for i in range(255, -1, -1):
        out = add(out, out)
        bits = s >> i & 1 | (k >> i & 1) << 1
        if bits:
            out = add(out, table[bits])
    return out


def ed25519_verify(key, message, signature):
    if len(key) != 32 or len(signature) != 64:
        return False
    number = int.from_bytes(key, "little")
    y = (number & (2**255 - 1)) % P
    x = recover_x(y, number >> 255)
    s = int.from_bytes(signature[32:], "little")
    if x is None or s >= L:
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % L
    r = combine(s, k, (P - x, y, 1, (P - x) * y % P))
    inverse = pow(r[2], P - 2, P)
    x, y = r[0] * inverse % P, r[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little") == signature[:32]


# --- signed notes, checkpoints, tree ----------------------------------------

WORD = r"[a-z0-9][a-z0-9.-]{0,%d}"
ORIGIN = re.compile(r"demarc\.local/org/(%s)/(%s)" % (WORD % 62, WORD % 31))
NUMBER = r"0|[1-9][0-9]{0,18}"


def strict_base64(text):
    """Decodes what has one spelling only."""
    data = base64.b64decode(text, validate=True)
    if base64.b64encode(data).decode() != text:
        raise ValueError("base64")
    return data


class Key:
    def __init__(self, line):
        self.line = line
        self.name, self.id, text = line.split("+", 2)
        raw = strict_base64(text)
        if not ORIGIN.fullmatch(self.name) or len(line) > 512 or len(raw) != 33 or raw[0] != 1:
            raise ValueError("key")
        if self.id != key_hash(self.name, raw[1:]).hex():
            raise ValueError("key")
        self.raw = raw[1:]


def key_hash(name, raw):
    return hashlib.sha256(name.encode() + b"\n\x01" + raw).digest()[:4]


def open_note(message, name, raw):
    """Gives the text of a signed note, or raises ValueError."""
    text, blank, lines = message.decode("utf-8").rpartition("\n\n")
    if not blank or not lines.endswith("\n") or any(ord(c) < 32 and c != "\n" for c in message.decode()):
        raise ValueError("note")
    lines, found = lines[:-1].split("\n"), False
    if len(set(lines)) != len(lines) or len(lines) > 100:
        raise ValueError("note")
    for i, line in enumerate(lines):
        dash, signer, signature = line.split(" ")
        signature = strict_base64(signature)
        if dash != "\u2014" or not signer or "+" in signer or len(signature) < 5:
            raise ValueError("note")
        if signer == name and signature[:4] == key_hash(name, raw):
            if i or not ed25519_verify(raw, (text + "\n").encode(), signature[4:]):
                raise ValueError("note")
            found = True
    if not found:
        raise ValueError("note")
    return text + "\n"


def open_checkpoint(message, key):
    """Gives size and root of a checkpoint, or raises ValueError."""
    lines = open_note(message, key.name, key.raw).split("\n")
    if len(lines) != 4 or lines[0] != key.name or not re.fullmatch(NUMBER, lines[1]) or int(lines[1]) > 1 << 48:
        raise ValueError("checkpoint")
    return int(lines[1]), parse_hash(lines[2])


def parse_hash(text):
    raw = strict_base64(text)
    if len(raw) != 32:
        raise ValueError("hash")
    return raw


def parse_proof(text):
    lines = text.decode("ascii").split("\n")
    if lines.pop() or len(lines) > 128:
        raise ValueError("proof")
    return [parse_hash(line) for line in lines]


def sha256(data):
    return hashlib.sha256(data).digest()


def node(left, right):
    return sha256(b"\x01" + left + right)


class Tree:
    """The roots of the largest complete subtrees, left to right."""

    def __init__(self, size=0, nodes=()):
        self.size, self.nodes = size, list(nodes)

    def push(self, h, n):
        while n & 1:
            h, n = node(self.nodes.pop(), h), n >> 1
        self.nodes.append(h)

    def append(self, h):
        self.push(h, self.size)
        self.size += 1

    def root(self):
        if not self.nodes:
            return sha256(b"")
        h = self.nodes[-1]
        for left in reversed(self.nodes[:-1]):
            h = node(left, h)
        return h


def range_tree(size, start, end, proof):
    """Splits a range proof into what is left and right of the range."""
    at, left, right = 0, 0, 0
    while at < start:
        at, left = at + (1 << ((start - at).bit_length() - 1)), left + 1
    at = end
    while at < size:
        at, right = min(at + (at & -at), size), right + 1
    if not 0 <= start < end <= size or len(proof) != left + right:
        raise ValueError("proof")
    return Tree(start, proof[:left]), proof[left:]


def range_root(tree, right, size):
    tree = Tree(tree.size, tree.nodes)
    for h in right:
        width = tree.size & -tree.size
        tree.size = min(tree.size + width, size)
        tree.push(h, (tree.size - 1) // width)
    return tree.root()


def grew(old_size, old_root, size, root, proof):
    """Checks a consistency proof (RFC 6962, 2.1.2)."""
    if old_size == size or old_size == 0:
        return not proof and (old_size == 0 or old_root == root)
    if not old_size < size:
        return False
    proof = list(proof)
    if old_size & (old_size - 1) == 0:
        proof.insert(0, old_root)
    if not proof:
        return False
    a, b = old_size - 1, size - 1
    while a & 1:
        a, b = a >> 1, b >> 1
    x = y = proof[0]
    for h in proof[1:]:
        if b == 0:
            return False
        if a & 1 or a == b:
            x, y = node(h, x), node(h, y)
            while not a & 1 and a:
                a, b = a >> 1, b >> 1
        else:
            y = node(y, h)
        a, b = a >> 1, b >> 1
    return b == 0 and x == old_root and y == root


# --- the pack ----------------------------------------------------------------

def b64url(size):
    last = {16: "[AQgw]", 32: "[AEIMQUYcgkosw048]"}[size]
    return "([A-Za-z0-9_-]{%d}%s)" % (size * 4 // 3, last)


HEADER = re.compile((
    r'\{"v":1,"id":"' + b64url(16) + r'","t":"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6})Z","boot":"' + b64url(16)
    + r'","mono":(%s),"err":(-1|%s),"kind":"(%s)","actor":"%s","obj":"[A-Za-z0-9][A-Za-z0-9._:/-]{0,159}","class":"%s","ct":"'
    % (NUMBER, NUMBER, WORD % 47, WORD % 47, WORD % 31) + b64url(32) + r'","cm":"' + b64url(32) + r'"\}').encode(), re.ASCII)
EXT = r"(?:[a-z0-9](?:[a-z0-9.-]{0,14}[a-z0-9-])?)?"
LINE = re.compile((
    r'\{"index":(%s),"body":"(?:(ok)","bytes":(%s),"ext":"(%s)","salt":"%s"|(withheld)"|(erased)","by":(%s)|(undisclosed)")\}'
    % (NUMBER, NUMBER, EXT, b64url(32), NUMBER)).encode(), re.ASCII)
MEMBER = re.compile(r"entries/[0-9]{12}|bodies/[0-9]{12}(?:\.(?=.)%s)?" % EXT)
FIXED = {
    "README.txt": ("readme", "manifest"), "verify_pack.py": ("verifier", "manifest"),
    "manifest.json": ("manifest", "manifest"), "manifest.sig": ("signature", "manifest"),
    "policy": ("policy", "signature"), "org/checkpoint": ("checkpoint", "signature"),
    "org/checkpoint-start": ("checkpoint", "consistency"), "org/consistency": ("proof", "consistency"),
    "org/range-proof": ("proof", "range"), "org/leafhashes.bin": ("leaf hashes", "range"),
    "bodies/index.jsonl": ("body index", "bodies"),
}
VERDICTS = ("file", "signature", "manifest", "consistency", "range", "entries", "bodies", "clock", "period", "witnesses")
BUNDLE, MAX_INT = 4096, (1 << 63) - 1
UNKNOWN, UNDISCLOSED, SHOWN, ERASURE = range(4)


def part_of(name):
    if name in FIXED:
        return FIXED[name]
    return ("entry", "entries") if name.startswith("entries/") else ("body", "bodies")


def plural(n, one, many):
    return "1 " + one if n == 1 else "%d %s" % (n, many)


def next_bundle(first, end):
    return min(first - first % BUNDLE + BUNDLE, end)


class Member:
    def __init__(self, name, size, crc, start):
        self.name, self.size, self.crc, self.start = name, size, crc, start
        self.begin = start + 30 + len(name)
        self.end = self.begin + size

    def common(self, version):
        return struct.pack("<HHHHHIIIHH", version, 0, 0, 0, 33, self.crc, self.size, self.size, len(self.name), 12 if version == 45 else 0)

    def local(self):
        return b"PK\x03\x04" + self.common(10) + self.name.encode("latin-1")

    def central(self):
        version = 45 if self.start >= 0xFFFFFFFF else 10
        out = b"PK\x01\x02" + struct.pack("<H", version) + self.common(version) + bytes(10)
        out += struct.pack("<I", min(self.start, 0xFFFFFFFF)) + self.name.encode("latin-1")
        return out + struct.pack("<HHQ", 1, 8, self.start) if version == 45 else out


def zip_end(count, start, size):
    out = b""
    if count >= 0xFFFF or start >= 0xFFFFFFFF or size >= 0xFFFFFFFF:
        out += struct.pack("<IQHHIIQQQQ", 0x06064B50, 44, 45, 45, 0, 0, count, count, size, start)
        out += struct.pack("<IIQI", 0x07064B50, 0, start + size, 1)
    short, long = min(count, 0xFFFF), 0xFFFFFFFF
    return out + struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, short, short, min(size, long), min(start, long), 0)



def read_members(data):
    """Gives the members, whether all were found, and the fault or None."""
    members, central, at, last = [], 0, 0, "the beginning"
    while True:
        head = data[at:at + 94]
        if at and head[:4] == b"PK\x01\x02":
            break
        where = "header at byte %d, after %s: " % (at, last)
        if len(head) < 30:
            return members, False, where + "the file is cut off"
        crc, size, _, length = struct.unpack("<IIIH", head[14:28])
        if 30 + length > len(head):
            return members, False, where + "damaged, or the file is cut off"
        m = Member(head[30:30 + length].decode("latin-1"), size, crc, at)
        if size > 0xFFFFFFFE or m.local() != head[:30 + length]:
            return members, False, where + "damaged, or not a pack's"
        if members and m.name <= members[-1].name:
            return members, False, "header at byte %d: %s stands after %s" % (at, m.name, last)
        if len(members) == (1 << 20) + 256 + 16:
            return members, False, "header at byte %d: a pack holds at most %d files" % (at, len(members))
        if m.name not in FIXED and not MEMBER.fullmatch(m.name):
            return members, False, where + "a pack holds no file %r" % m.name
        central += len(m.central())
        if m.end + central > len(data):
            return members, False, "header of %s: the file is cut off, or its size is wrong" % m.name
        members.append(m)
        at, last = m.end, m.name
    start = at
    for what, want in [("record of " + m.name, m.central()) for m in members] + [("end", None)]:
        want = want or zip_end(len(members), start, at - start)
        got = data[at:at + len(want)]
        if got != want:
            i = next((i for i, c in enumerate(got) if c != want[i]), len(got))
            how = "byte %d is changed" if i < len(got) else "the file is cut off at byte %d"
            return members, True, "directory, %s: %s" % (what, how % (at + i))
        at += len(want)
    if at != len(data):
        return members, True, "directory: %d bytes after its end" % (len(data) - at)
    return members, True, None


class Verification:
    def __init__(self, data, key, earlier):
        self.data, self.key, self.first_use, self.earlier = data, key, False, earlier
        self.faults, self.failed, self.answers, self.named = [], {}, {}, set()
        self.manifest, self.files, self.head, self.started, self.range = None, {}, None, None, None
        self.entries, self.bodies = [0, 0], {"ok": 0, "withheld": 0, "erased": 0, "bytes": 0}

    def fault(self, verdict, part, file, entry, what):
        self.failed[verdict] = self.failed.get(verdict, 0) + 1
        self.named.add(file)
        self.faults.append((part, file, entry, what))

    def missing(self, name):
        part, verdict = part_of(name)
        if name in self.members:
            self.used.add(name)
            self.fault(verdict, part, name, -1, "it is larger than such a file can be: %d bytes" % self.members[name].size)
        else:
            self.fault(verdict, part, name, -1, "it is missing")

    def read(self, name, most):
        m = self.members.get(name)
        return None if m is None or m.size > most else self.data[m.begin:m.end]

    def settle(self, name, digest=None):
        """Holds a file against the manifest and the ZIP's checksum."""
        m = self.members[name]
        self.used.add(name)
        if name in self.named:
            return
        part, verdict = part_of(name)
        data = self.data[m.begin:m.end]
        line = self.files.get(name)
        entry = int(name[7:19]) if part == "body" else -1
        if line is not None and (line["bytes"] != m.size or line["sha256"] != hashlib.sha256(data).hexdigest()):
            self.fault(verdict, part, name, entry, "it is not the file that the manifest names")
        elif zlib.crc32(data) != m.crc:
            self.fault(verdict, part, name, entry, "the ZIP states another checksum than its bytes have")

    def run(self):
        members, whole, broken = read_members(self.data)
        self.members, self.used = {m.name: m for m in members}, set()
        if broken:
            self.fault("file", "zip", "ZIP", -1, broken)
        self.answers["file"] = ("ok", "%d files in %d bytes, and nothing beside them" % (len(members), len(self.data)))
        if whole:
            self.check_key()
            self.check_manifest()
            self.check_head()
            self.check_range()
            for name in ("README.txt", "verify_pack.py"):
                if self.read(name, 1 << 20) is None:
                    self.missing(name)
        for name in self.members:
            if name not in self.used:
                self.settle(name)
        self.answers["witnesses"] = ("attention", "none: nobody but the holder of the key has signed this head")
        self.verdicts = []
        for name in VERDICTS:
            n = self.failed.get(name, 0)
            state, text = self.answers.get(name, (None, None)) if whole else (None, None)
            if n:
                state, text = "failed", plural(n, "fault", "faults") + ", see below"
            elif state is None:
                state, text = "not checked", "another fault makes it moot"
            self.verdicts.append((name, state, text))

    def check_key(self):
        policy, stated = self.read("policy", 1 << 10), None
        if policy is None:
            return self.missing("policy")
        match = re.fullmatch(rb"log ([^\n]*)\nquorum none\n", policy)
        try:
            stated = Key(match.group(1).decode())
        except (AttributeError, ValueError):
            return self.fault("signature", "policy", "policy", -1, "it does not state a public key as a pack does")
        if self.key is None:
            self.key, self.first_use = stated, True
        elif stated.line != self.key.line:
            self.fault("signature", "policy", "policy", -1, "it states another key than the trusted one: " + stated.line)

    def check_manifest(self):
        text, sig = self.read("manifest.json", 1 << 20), self.read("manifest.sig", 64 << 10)
        if text is None:
            self.missing("manifest.json")
        if sig is None:
            self.missing("manifest.sig")
        if self.key is None or sig is None:
            return
        name = self.key.name + "/pack"
        try:
            signed = open_note(sig, name, self.key.raw)
        except ValueError:
            return self.fault("manifest", "signature", "manifest.sig", -1, "not signed by the trusted key, or changed since")
        if text is None:
            return
        if signed != "%s\n%s\n" % (name, hashlib.sha256(text).hexdigest()):
            return self.fault("manifest", "manifest", "manifest.json", -1, "it is not the manifest that was signed")
        try:
            m = self.parse_manifest(text)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            return self.fault("manifest", "manifest", "manifest.json", -1, "reading the manifest: it is not spelt as demarc-pack/1 demands")
        self.manifest, self.files = m, {f["name"]: f for f in m["files"]}
        want, first = ["README.txt", "bodies/index.jsonl"], m["from"]
        while first < m["to"]:
            want.append("entries/%012d" % first)
            first = next_bundle(first, m["to"])
        want.append("org/checkpoint")
        if "org/checkpoint-start" in self.files:
            want += ["org/checkpoint-start", "org/consistency"]
        if [f["name"] for f in m["files"]] != want + ["org/leafhashes.bin", "org/range-proof", "policy", "verify_pack.py"]:
            self.fault("manifest", "manifest", "manifest.json", -1, "it does not name the files that a pack of its range has")
        if m["origin"] != self.key.name:
            self.fault("manifest", "manifest", "manifest.json", -1, "it is of the log %s but the key belongs to %s" % (m["origin"], self.key.name))
        self.answers["manifest"] = ("ok", "signed; made %s%s%s; every file is the one it names" % (
            m["created"], m["requester"] and " for " + m["requester"], m["reason"] and ", reason " + m["reason"]))

    @staticmethod
    def parse_manifest(text):
        m = json.loads(text.decode("ascii"))
        if (json.dumps(m, indent=2) + "\n").encode() != text or list(m) != [
                "format", "origin", "organisation", "period", "from", "to", "size", "created", "recorded",
                "requester", "reason", "entries", "bodies", "files"]:
            raise ValueError
        if list(m["entries"]) != ["disclosed", "undisclosed"] or list(m["bodies"]) != ["ok", "withheld", "erased", "bytes"]:
            raise ValueError
        numbers = [m[k] for k in ("from", "to", "size", "recorded")] + list(m["entries"].values()) + list(m["bodies"].values())
        for f in m["files"]:
            if list(f) != ["name", "bytes", "sha256"] or not isinstance(f["name"], str):
                raise ValueError
            numbers.append(f["bytes"])
        if any(type(n) is not int or n < 0 for n in numbers):
            raise ValueError
        match = ORIGIN.fullmatch(m["origin"])
        if m["format"] != "demarc-pack/1" or match.groups() != (m["organisation"], m["period"]):
            raise ValueError
        if not m["from"] < m["to"] <= m["size"] <= 10**12 or m["to"] - m["from"] > 1 << 20:
            raise ValueError
        datetime.datetime.strptime(m["created"], "%Y-%m-%dT%H:%M:%SZ")
        if not re.fullmatch("(?:%s)?" % (WORD % 47), m["requester"]) or not re.fullmatch("(?:[A-Za-z0-9][A-Za-z0-9._:/-]{0,159})?", m["reason"]):
            raise ValueError
        return m

    def check_head(self):
        checkpoint = self.read("org/checkpoint", 64 << 10)
        if checkpoint is None:
            self.missing("org/checkpoint")
        elif self.key is not None:
            try:
                self.head = open_checkpoint(checkpoint, self.key)
                state, whose = ("attention", "the key that the pack itself states, trusted on first use,") if self.first_use else ("ok", "the trusted key")
                self.answers["signature"] = (state, "%s %s+%s signed a log of %s" % (
                    whose, self.key.name, self.key.id, plural(self.head[0], "entry", "entries")))
            except ValueError:
                self.fault("signature", "checkpoint", "org/checkpoint", -1, "not signed by the trusted key, or changed since")
        if self.manifest and self.head and self.manifest["size"] != self.head[0]:
            self.fault("manifest", "manifest", "manifest.json", -1, "it speaks of a log of %d entries, the checkpoint of %d" % (self.manifest["size"], self.head[0]))
        self.check_growth()

    def check_growth(self):
        start, proof = "org/checkpoint-start", "org/consistency"
        earlier, text, wanted = self.read(start, 64 << 10), self.read(proof, 16 << 10), start in self.files
        if earlier is None and (text is not None or wanted or start in self.members):
            self.missing(start)
        if text is None and (earlier is not None or wanted or proof in self.members):
            self.missing(proof)
        if earlier is not None and self.manifest and not wanted:
            self.fault("consistency", "checkpoint", start, -1, "the manifest does not name it")
        if earlier is None:
            if self.earlier is None:
                self.answers["consistency"] = ("attention", "no earlier checkpoint was given, in the pack or by the reader")
            return
        if self.key is None:
            return
        try:
            old = open_checkpoint(earlier, self.key)
        except ValueError:
            return self.fault("consistency", "checkpoint", start, -1, "not signed by the trusted key, or changed since")
        if text is None or self.head is None:
            return
        try:
            hashes = parse_proof(text)
        except ValueError:
            return self.fault("consistency", "proof", proof, -1, "it is no proof")
        if self.head[0] < old[0]:
            self.fault("consistency", "checkpoint", "org/checkpoint", -1, "it covers %d entries, the signed earlier one %d: the log was cut back" % (self.head[0], old[0]))
        elif not grew(*old, *self.head, hashes):
            self.fault("consistency", "proof", proof, -1, "it does not show that the log of %d entries grew out of the earlier %d" % (self.head[0], old[0]))
        else:
            self.started = old
            self.answers["consistency"] = ("ok", self.begins(old[0]))

    def begins(self, size):
        return "the log of %d entries begins with all of the earlier %d" % (self.head[0], size)

    def open_kept(self):
        if self.earlier is None or self.key is None or self.head is None:
            return None
        try:
            return open_checkpoint(self.earlier, self.key)
        except ValueError:
            self.fault("consistency", "checkpoint", "the checkpoint you kept", -1, "it is not signed by the key of the pack's log, or damaged")

    def check_kept(self, kept, root):
        size, start = self.head[0], self.started
        if kept[0] > size:
            return self.fault("consistency", "checkpoint", "org/checkpoint", -1, "it covers %d entries, the checkpoint you kept %d: the log was cut back, or the pack is older" % (size, kept[0]))
        if kept[0] == size:
            root = self.head[1]
        elif kept[0] == 0:
            root = kept[1]
        elif start and start[0] == kept[0]:
            root = start[1]
        if root is None:
            self.fault("consistency", "proof", "org/consistency", -1, "nothing in the pack leads from the checkpoint you kept, of %d entries, to its head; ask for a pack that starts from it" % kept[0])
        elif root != kept[1]:
            self.fault("consistency", "checkpoint", "org/checkpoint", -1, "its log does not begin with the %d entries of the checkpoint you kept: two logs were signed; keep both" % kept[0])
        else:
            self.answers["consistency"] = ("ok", self.begins(kept[0]) + ", the checkpoint you kept")

    # the one pass over entries, index and bodies

    def check_range(self):
        leaves = self.read("org/leafhashes.bin", 32 << 20)
        if leaves is None:
            return self.missing("org/leafhashes.bin")
        n = len(leaves) // 32
        if self.manifest:
            start, end = self.manifest["from"], self.manifest["to"]
        else:
            start = next((int(name[8:]) for name in self.members if name.startswith("entries/")), 0)
            end = start + n
        if n != end - start or len(leaves) % 32 or not n:
            return self.fault("range", "leaf hashes", "org/leafhashes.bin", -1, "it has %d bytes, %d entries need %d" % (len(leaves), end - start, (end - start) * 32))
        self.start, self.end, self.leaves, self.range = start, end, leaves, (start, end)
        self.other, self.shown, self.erased, self.moot, self.sealed = {}, bytearray(n), {}, 0, -1
        self.clock = Clock()
        index = self.members.get("bodies/index.jsonl")
        if index is None:
            self.missing("bodies/index.jsonl")
        self.line_at = index.begin if index else None
        self.body_names = [name for name in self.members if name.startswith("bodies/") and name != "bodies/index.jsonl"]
        self.body_at = 0
        holds = self.check_leaves(False)
        bundles, bundle, rest = set(), None, None
        for at in range(start, end):
            if at == start or at % BUNDLE == 0:
                if rest:
                    self.fault("entries", "entry", bundle, -1, "%d bytes after its last entry" % len(rest))
                bundle = "entries/%012d" % at
                rest = self.open_bundle(bundle, at, bundles)
            leaf, rest = self.next_leaf(bundle, rest, at)
            line = self.next_line(at)
            header = self.check_leaf(bundle, leaf, at)
            if line is None:
                self.take_body(at, None)
            else:
                self.check_body(at, line, header)
        if rest:
            self.fault("entries", "entry", bundle, -1, "%d bytes after its last entry" % len(rest))
        if self.line_at is not None and self.line_at < index.end:
            self.fault("bodies", "body index", "bodies/index.jsonl", -1, "%d bytes after its last line" % (index.end - self.line_at))
        self.take_body(10**12, "")
        for name in self.members:
            if name.startswith("entries/") and name not in bundles:
                self.fault("entries", "entry", name, -1, "no entry of the range begins it")
        self.conclude(holds, bundles)

    def open_bundle(self, bundle, at, bundles):
        m = self.members.get(bundle)
        if m is None:
            self.fault("entries", "entry", bundle, -1, "it is missing, with the entries %d to %d" % (at, next_bundle(at, self.end) - 1))
            return None
        bundles.add(bundle)
        return memoryview(self.data[m.begin:m.end])

    def next_leaf(self, bundle, rest, at):
        if rest is None:
            return None, None
        if len(rest) < 2:
            self.fault("entries", "entry", bundle, at, "the file ends before it")
            return None, None
        n = rest[0] << 8 | rest[1]
        if n > len(rest) - 2 or n > 2048:
            self.fault("entries", "entry", bundle, at, "its length is out of bounds")
            return None, None
        return bytes(rest[2:2 + n]), rest[2 + n:]

    def next_line(self, at):
        if self.line_at is None:
            return None
        name, m = "bodies/index.jsonl", self.members["bodies/index.jsonl"]
        end, begin = self.data.find(b"\n", self.line_at, m.end), self.line_at
        if end < 0 or end - begin >= 32 << 10:
            self.line_at = None
            self.fault("bodies", "body index", name, at, "the file ends before its line")
            return None
        self.line_at = end + 1
        match = LINE.fullmatch(self.data[begin:end]) if end - begin <= 256 else None
        if not match or any(g is not None and int(g) > MAX_INT for g in match.group(1, 3, 8)):
            self.fault("bodies", "body index", name, at, "body line: not spelt as such a line is")
            return None
        if int(match.group(1)) != at:
            self.line_at = None
            self.fault("bodies", "body index", name, at, "in its place stands the line of entry %d" % int(match.group(1)))
            return None
        return match

    def check_leaf(self, bundle, leaf, at):
        i = at - self.start
        if leaf is None:
            return None
        if not leaf:
            self.shown[i] = UNDISCLOSED
            self.entries[1] += 1
            return None
        self.entries[0] += 1
        own = sha256(b"\x00" + leaf)
        if own != self.leaves[32 * i:32 * i + 32]:
            self.other[at] = own
            return None
        self.shown[i] = SHOWN
        h = HEADER.fullmatch(leaf)
        try:
            if not h or int(h.group(4)) > MAX_INT or int(h.group(5)) > MAX_INT:
                raise ValueError
            time = datetime.datetime.fromisoformat(h.group(2).decode())
            if time.year < 1970:
                raise ValueError
        except ValueError:
            self.fault("entries", "entry", bundle, at, "it is signed but no header")
            return None
        self.clock.see(time, h)
        if h.group(6) == b"erasure":
            self.shown[i] = ERASURE
        elif h.group(6) == b"seal":
            self.sealed = at
            if self.head and at != self.head[0] - 1:
                self.fault("period", "entry", bundle, at, "it seals the period, yet it is not the last entry of the log")
        return h

    def take_body(self, at, want):
        """Steps over the bodies up to those of an entry; None: ask nothing."""
        found = None
        while self.body_at < len(self.body_names):
            name = self.body_names[self.body_at]
            index = int(name[7:19])
            if index > at:
                break
            self.body_at += 1
            if name == want:
                found = name
            elif want is not None:
                self.fault("bodies", "body", name, index, "the index of the bodies does not call for it")
        return found

    def check_body(self, at, line, header):
        _, ok, size, ext, salt, withheld, erased, by, hidden = line.groups()
        shown, index = self.shown[at - self.start], "bodies/index.jsonl"
        if shown != UNKNOWN and bool(hidden) != (shown == UNDISCLOSED):
            self.fault("bodies", "body index", index, at, 'it says "%s" of an entry that is %s' % (
                (ok or withheld or erased or hidden).decode(), "not disclosed" if shown == UNDISCLOSED else "disclosed"))
        name = None
        if ok:
            name = "bodies/%012d" % at + ("." + ext.decode() if ext else "")
        found = self.take_body(at, name if ok and int(size) else "")
        if withheld:
            self.bodies["withheld"] += 1
        elif erased:
            self.bodies["erased"] += 1
            by = int(by)
            self.erased.setdefault(by, at)
            if by <= at or self.head and by >= self.head[0]:
                self.fault("bodies", "body index", index, at, "entry %d cannot have recorded the erasure of its body" % by)
        elif ok:
            self.bodies["ok"] += 1
            self.bodies["bytes"] += int(size)
            self.check_bytes(at, name, found, int(size), salt, header)

    def check_bytes(self, at, name, found, size, salt, header):
        part, body = "body", b""
        if size:
            if found is None:
                return self.fault("bodies", part, name, at, "it is missing")
            m = self.members[found]
            if m.size != size:
                return self.fault("bodies", part, name, at, "it has %d bytes, the index says %d" % (m.size, size))
            body = self.data[m.begin:m.end]
        else:
            part, name = "body index", "bodies/index.jsonl"
        if header is None:
            self.moot += 1
        elif sha256(body) != base64.urlsafe_b64decode(header.group(7) + b"="):
            self.fault("bodies", part, name, at, "it is not the body that the entry's header names")
        elif hmac.digest(base64.urlsafe_b64decode(salt + b"="), b"demarc/commit/v1\n" + body, "sha256") != \
                base64.urlsafe_b64decode(header.group(8) + b"="):
            self.fault("bodies", "body index", "bodies/index.jsonl", at, "its salt does not open the commitment in the entry's header")
        if found:
            self.settle(found)

    def check_leaves(self, as_disclosed):
        """Computes the root from the pack's leaf hashes, or from its entries."""
        name = "org/range-proof"
        text = self.read(name, 16 << 10)
        if text is None and not as_disclosed:
            self.missing(name)
        if text is None or self.head is None:
            return False
        try:
            tree, right = range_tree(self.head[0], self.start, self.end, parse_proof(text))
        except ValueError:
            if not as_disclosed:
                self.fault("range", "proof", name, -1, "it is no proof of the entries %d to %d in a log of %d" % (self.start, self.end - 1, self.head[0]))
            return False
        kept, root = None if as_disclosed else self.open_kept(), None
        for at in range(self.start, self.end + 1):
            if kept and at == kept[0]:
                root = tree.root()
            if at < self.end:
                i = 32 * (at - self.start)
                h = self.leaves[i:i + 32]
                tree.append(self.other.get(at, h) if as_disclosed else h)
        holds = range_root(tree, right, self.head[0]) == self.head[1]
        if kept:
            self.check_kept(kept, root if holds else None)
        return holds

    def conclude(self, holds, bundles):
        leaves, disclosed = holds, holds
        if self.other and not holds:
            disclosed = self.check_leaves(True)
        for at in sorted(self.other):
            bundle = "entries/%012d" % max(self.start, at - at % BUNDLE)
            if leaves:
                self.fault("entries", "entry", bundle, at, "it is not the entry that was signed")
            elif disclosed:
                self.fault("range", "leaf hashes", "org/leafhashes.bin", at, "its leaf hash was changed; the entry itself leads to the signed root")
            else:
                self.fault("entries", "entry", bundle, at, "it does not have the leaf hash that stands in org/leafhashes.bin")
        self.blame_root(leaves or disclosed)
        for name in sorted(bundles):
            self.settle(name)
        if "bodies/index.jsonl" in self.members:
            self.settle("bodies/index.jsonl")
        outside = self.check_erasures()
        counts = {"disclosed": self.entries[0], "undisclosed": self.entries[1]}
        if self.manifest and not self.failed.get("entries") and not self.failed.get("bodies") and (
                self.manifest["entries"] != counts or self.manifest["bodies"] != self.bodies):
            self.fault("manifest", "manifest", "manifest.json", -1, "its counts of entries or bodies are not those of the pack")
        if not holds:
            return
        self.answers["range"] = ("ok", "entries %d to %d of %d: none missing, none added, in their order" % (self.start, self.end - 1, self.head[0]))
        self.answers["entries"] = ("ok", "%d disclosed, %d undisclosed" % tuple(self.entries))
        if not self.moot:
            text = "%(ok)d ok (%(bytes)d bytes), %(withheld)d withheld, %(erased)d erased" % self.bodies
            if outside:
                text += "; records of erasures that are not shown here: %d" % outside
            self.answers["bodies"] = ("ok", text)
        self.answers["clock"] = self.clock.verdict()
        last = self.head[0] - 1
        if self.sealed == last:
            self.answers["period"] = ("ok", "sealed: entry %d closes the log, nothing can follow it" % last)
        elif self.end > last and self.shown[last - self.start] == SHOWN:
            self.answers["period"] = ("attention", "open: the log went on, or still may, after entry %d" % last)
        else:
            self.answers["period"] = ("attention", "not known: the last entry of the log, %d, is not shown here" % last)

    def blame_root(self, holds):
        proof, leaves = "org/range-proof", "org/leafhashes.bin"
        if holds or self.head is None or proof in self.named:
            return
        text = self.read(proof, 16 << 10)
        line = self.files.get(proof)
        if text is not None and line and (line["bytes"] != len(text) or line["sha256"] != hashlib.sha256(text).hexdigest()):
            return self.fault("range", "proof", proof, -1, "it was changed, and does not lead to the signed root")
        self.fault("range", "leaf hashes", leaves, -1, "the entries %d to %d, as they stand here, do not lead to the signed root" % (self.start, self.end - 1))

    def check_erasures(self):
        outside = 0
        for by in sorted(self.erased):
            state = self.shown[by - self.start] if self.start <= by < self.end else UNDISCLOSED
            if state == UNDISCLOSED:
                outside += 1
            elif state == SHOWN:
                self.fault("bodies", "body index", "bodies/index.jsonl", self.erased[by], "entry %d is said to have recorded the erasure of its body, but is no erasure" % by)
        return outside


class Clock:
    def __init__(self):
        self.entries = self.back = self.unknown = self.worst = self.largest = self.boots = 0
        self.first = self.last = self.text = self.boot = None

    def see(self, time, h):
        text, boot, mono, error = h.group(2).decode() + "Z", h.group(3), int(h.group(4)), int(h.group(5))
        if self.first is None:
            self.first, self.last = text, time
        if boot != self.boot:
            self.boots, self.boot, self.mono = self.boots + 1, boot, mono
        self.entries += 1
        step = (self.last - time) // datetime.timedelta(microseconds=1)
        if step > 1000000:
            self.back, self.largest = self.back + 1, max(self.largest, step)
        elif self.mono - mono > 1000000:
            self.back += 1
        self.last, self.text, self.mono = time, text, mono
        self.unknown += error < 0
        self.worst = max(self.worst, error)

    def verdict(self):
        if not self.entries:
            return "attention", "no entry is disclosed"
        text, state = "%s to %s by the recording machine's own clock, %s" % (self.first, self.text, plural(self.boots, "boot", "boots")), "ok"
        if self.back:
            state = "attention"
            text += "; it went back %s, by up to %d s" % (plural(self.back, "time", "times"), self.largest // 1000000)
        else:
            text += "; it never went back"
        if self.unknown:
            return "attention", text + "; not known to be synchronised at %d of %d entries" % (self.unknown, self.entries)
        return state, text + "; error at most %d µs" % self.worst


# --- the report ---------------------------------------------------------------

def proven(v):
    start, end = v.range
    out = ["Whoever holds the private key of %s signed a log of %d entries; entries %d to %d of it are accounted for here, in this order: none was changed, removed, added or moved since."
           % (v.key.name, v.head[0], start, end - 1)]
    if v.bodies["ok"]:
        out.append("The contents of %s in this pack are, byte for byte, what was recorded." % plural(v.bodies["ok"], "entry", "entries"))
    if v.bodies["erased"]:
        out.append("The contents of %s were erased; that the entries were made still stands, with their dates and pseudonyms." % plural(v.bodies["erased"], "entry", "entries"))
    for name, state, text in v.verdicts:
        if name == "consistency" and state == "ok":
            out.append("Nothing was removed or changed since the earlier checkpoint: " + text + ".")
    return out


def not_proven(v):
    out = []
    if v.first_use:
        out.append("Whose key it is: it was taken from the pack itself. Compare it with one that you got another way: " + v.key.line)
    out += ["That what was recorded was true, or that everything was recorded: an event that nobody logged leaves no gap.",
            "That everybody is shown this log: no witness has signed it, so the holder of the key could keep a second one. Keep the checkpoint and compare it with those of others.",
            "When something happened: the dates are those of the recording machine; no time stamp of a third party is in this pack."]
    if v.range:
        out.append("Anything about entries other than %d to %d." % (v.range[0], v.range[1] - 1))
    if v.bodies["withheld"] or v.entries[1]:
        out.append("Anything about what is not shown: the contents of %s, and all of %s." % (
            plural(v.bodies["withheld"], "entry", "entries"), plural(v.entries[1], "other", "others")))
    return out


def report(v, most):
    lines = ["%-12s %-12s %s" % verdict for verdict in v.verdicts]
    faults = [("%s, entry %d: %s" % (file, entry, what)) if entry >= 0 else "%s: %s" % (file, what) for _, file, entry, what in v.faults]
    if len(faults) > most:
        faults[most:] = ["and %d more" % (len(faults) - most)]
    for title, section in (("Faults", faults), ("What this proves", [] if faults else proven(v)), ("What it does not prove", not_proven(v))):
        if section:
            lines += ["", title] + ["  - " + line for line in section]
    return "\n".join(lines) + "\n"


def argument(text):
    """A key or the file that holds it."""
    if os.path.exists(text):
        with open(text, "rb") as f:
            text = f.read(4096).decode("latin-1")
    return Key(text.strip())


def main(args):
    parser = argparse.ArgumentParser(description="Verifies an evidence pack, offline.")
    parser.add_argument("pack")
    parser.add_argument("--key", help="the log's public key, or a file that holds it, from elsewhere than the pack")
    parser.add_argument("--trust-on-first-use", action="store_true", help="take the key that the pack states")
    parser.add_argument("--earlier", help="a file with a checkpoint of the log that you kept")
    parser.add_argument("--json", action="store_true", help="print verdicts and faults as JSON")
    o = parser.parse_args(args)
    if not o.key and not o.trust_on_first_use:
        parser.error("no trusted public key was given, and a pack cannot vouch for its own: --key, or --trust-on-first-use")
    try:
        key = argument(o.key) if o.key else None
    except ValueError:
        parser.error("--key is no public key <origin>+<id>+<base64>, nor a file that holds one")
    try:
        earlier = None
        if o.earlier:
            with open(o.earlier, "rb") as f:
                earlier = f.read(65 << 10)
        with open(o.pack, "rb") as f:
            size = os.fstat(f.fileno()).st_size
            data = mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_READ) if size else b""
    except OSError as e:
        print("verify_pack: error: %s" % e, file=sys.stderr)
        return 3
    v = Verification(data, key, earlier)
    v.run()
    if o.json:
        json.dump({"verdicts": v.verdicts, "faults": v.faults}, sys.stdout, ensure_ascii=False)
    else:
        sys.stdout.write(report(v, 100))
    return 4 if v.faults else 0


if __name__ == "__main__":
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(encoding="utf-8")
    sys.exit(main(sys.argv[1:]))
