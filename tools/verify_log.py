#!/usr/bin/env python3
"""Verify a Beholden audit log without Beholden.

    python verify_log.py DIR|URL [--key NAME+ID+KEY] [--checkpoint FILE ...] [--witness KEY ...]

Needs Python 3.11 and the package `cryptography`. It reads the folder and nothing else, or what is
under the URL of a log whose entries are public.

What a log is (c2sp.org/tlog-tiles, c2sp.org/tlog-checkpoint, c2sp.org/signed-note, RFC 6962):

    DIR/checkpoint            the signed tree head: name of the log, number of entries, root hash
    DIR/log.vkey              the public key; better, bring the one that you were given: --key
    DIR/tile/entries/<N>      256 entries, each after its length (2 bytes, big-endian)
    DIR/tile/0/<N>            their 256 leaf hashes, 32 bytes each
    DIR/tile/<L>/<N>          256 hashes, each the root over a full tile of the level below
    .../<N>.p/<W>             the same while there are only W of them
    DIR/cosigned/<ID>         the newest checkpoint that the witness with this key id cosigned

What is checked: the signature on the checkpoint; that each entry hashes to its place in a tile;
that each hash in a higher tile is the root over the tile below; that the root over all entries is
the one signed; and that checkpoints saved earlier, and those that witnesses cosigned
(c2sp.org/tlog-cosignature), sign the beginning of the same history.

What cannot be seen here: a log that its operator rolled back to an older state, or a second
history shown to others. Only a checkpoint kept by somebody else (--checkpoint), or cosigned by a
witness that you trust (--witness), shows that.
"""

import argparse
import base64
import hashlib
import json
import sys
import urllib.error
import urllib.request
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


class LogError(Exception):
    """The log is not what its checkpoint says."""


# --- The signature: a note is text, an empty line, and lines of signatures. ---


LOG, WITNESS = 1, 4  # what an Ed25519 key is for: the first byte of its encoding


def parse_key(line, kind):
    """name+id+key -> (name, id, public key)."""
    name, key_id, encoded = line.strip().split("+", 2)
    key = base64.b64decode(encoded)
    if len(key) != 33 or key[0] != kind:
        raise LogError("not an Ed25519 verifier key of a " + {1: "log", 4: "witness"}[kind])
    if hashlib.sha256(name.encode() + b"\n" + key).hexdigest()[:8] != key_id:
        raise LogError("the verifier key does not have the id it claims")
    return name, bytes.fromhex(key_id), Ed25519PublicKey.from_public_bytes(key[1:])


def signatures(note, name, key_id):
    """The text of a note, and what its signatures under this name and id hold after the id."""
    text, _, lines = note.rpartition("\n\n")
    parts = [line.split(" ") for line in lines.splitlines()]
    raw = [base64.b64decode(p[2]) for p in parts if len(p) == 3 and p[:2] == ["\u2014", name]]
    return text + "\n", [signature[4:] for signature in raw if signature[:4] == key_id]


def open_note(note, key):
    """A signed note -> its text, which the key signed."""
    name, key_id, public = key
    text, found = signatures(note, name, key_id)
    if not found:
        raise LogError(f"not signed by {name}")
    try:
        public.verify(found[0], text.encode())
    except InvalidSignature:
        raise LogError(f"the signature of {name} is wrong") from None
    return text


def open_checkpoint(note, key):
    """A signed note -> (number of entries, root hash)."""
    origin, size, root = open_note(note, key).splitlines()[:3]
    if origin != key[0]:
        raise LogError(f"the checkpoint is that of {origin}")
    return int(size), base64.b64decode(root)


def check_cosignature(note, witness):
    """Raises LogError unless the witness cosigned the note."""
    name, key_id, public = witness
    text, found = signatures(note, name, key_id)
    if not found:
        raise LogError(f"not cosigned by {name}")
    time = int.from_bytes(found[0][:8], "big")
    try:
        public.verify(found[0][8:], f"cosignature/v1\ntime {time}\n{text}".encode())
    except InvalidSignature:
        raise LogError(f"the cosignature of {name} is wrong") from None


# --- The tree (RFC 6962, section 2.1). ---


def leaf_hash(entry):
    return hashlib.sha256(b"\x00" + entry).digest()


def root_of(nodes):
    """The root over hashes of equal height (the last one may be lower)."""
    if not nodes:
        return hashlib.sha256(b"").digest()
    while len(nodes) > 1:
        pairs = zip(nodes[::2], nodes[1::2], strict=False)
        odd = nodes[-1:] if len(nodes) % 2 else []
        nodes = [hashlib.sha256(b"\x01" + left + right).digest() for left, right in pairs] + odd
    return nodes[0]


# --- The folder, or the URL. ---


def read(log, path):
    """A file of the log. Raises OSError if it is not there (of which HTTPError is one kind)."""
    if not log.startswith(("http://", "https://")):
        return (Path(log) / path).read_bytes()
    with urllib.request.urlopen(f"{log.rstrip('/')}/{path}") as answer:  # noqa: S310
        return answer.read()


def read_tile(log, level, number, width):
    """A tile's bytes and how many items it must hold; a full tile serves for a partial one."""
    digits = f"{number:0{-(-len(str(number)) // 3) * 3}d}"
    parts = [digits[i : i + 3] for i in range(0, len(digits), 3)]
    path = f"tile/{level}/" + "/".join([*("x" + part for part in parts[:-1]), parts[-1]])
    if width < 256:
        try:
            return read(log, f"{path}.p/{width}"), width
        except (FileNotFoundError, urllib.error.HTTPError):
            pass
    return read(log, path), 256


def read_entries(log, number, width):
    data, held = read_tile(log, "entries", number, width)
    entries, at = [], 0
    while at < len(data):
        end = at + 2 + int.from_bytes(data[at : at + 2], "big")
        entries.append(data[at + 2 : end])
        at = end
    if at != len(data) or len(entries) != held:
        first = number * 256
        raise LogError(f"entries {first} to {first + width - 1} are cut short, or more than {held}")
    return entries[:width]


def check_tile(log, level, number, computed):
    """The stored hashes must be those computed; names the first entry that is wrong."""
    stored, held = read_tile(log, level, number, len(computed))
    if len(stored) != 32 * held:
        raise LogError(f"tile {number} of level {level} does not hold {held} hashes")
    for i, node in enumerate(computed):
        if stored[32 * i : 32 * i + 32] != node:
            first = (number * 256 + i) * 256**level
            last = first + 256**level - 1
            raise LogError(
                f"entry {first}" + (f" to {last}" if last > first else "") + " was altered"
            )


class Tree:
    """The tree over the leaves so far. Each tile above the leaves is compared once it is known."""

    def __init__(self, log):
        self.log = log
        self.levels = [[]]  # for each level the hashes of the tile that is not full yet
        self.full = [0]  # for each level how many tiles are full

    def push(self, leaf):
        level, node = 0, leaf
        self.levels[0].append(node)
        while len(self.levels[level]) == 256:  # a full tile becomes one hash of the level above
            if level:
                self.check(level)
            node = root_of(self.levels[level])
            self.levels[level], self.full[level] = [], self.full[level] + 1
            level += 1
            if level == len(self.levels):
                self.levels.append([])
                self.full.append(0)
            self.levels[level].append(node)

    def check(self, level):
        """The tile of a level that is not full, if there is any."""
        if self.levels[level]:
            check_tile(self.log, level, self.full[level], self.levels[level])

    def root(self):
        lower = []
        for nodes in self.levels:
            lower = [root_of(nodes + lower)] if nodes or lower else []
        return root_of(lower)


def check_log(log, size, saved):
    """Every entry and every tile. Returns the root over all; `saved` maps sizes to roots."""
    tree = Tree(log)
    if saved.get(0, tree.root()) != tree.root():
        raise LogError("a saved checkpoint over no entries has a wrong root")
    for number in range(-(-size // 256)):
        entries = read_entries(log, number, min(256, size - number * 256))
        leaves = [leaf_hash(entry) for entry in entries]
        check_tile(log, 0, number, leaves)
        for after, (entry, leaf) in enumerate(zip(entries, leaves, strict=True), number * 256 + 1):
            json.loads(entry)
            tree.push(leaf)
            if after in saved and tree.root() != saved[after]:
                raise LogError(f"history was rewritten before entry {after}")
    for level in range(1, len(tree.levels)):
        tree.check(level)
    return tree.root()


def main(arguments=None):
    parser = argparse.ArgumentParser(description="Verify a Beholden audit log without Beholden.")
    parser.add_argument("log", metavar="DIR|URL")
    parser.add_argument("--key", help="verifier key: NAME+ID+KEY (default: DIR/log.vkey)")
    parser.add_argument("--checkpoint", type=Path, action="append", default=[], metavar="FILE")
    parser.add_argument("--witness", action="append", default=[], metavar="NAME+ID+KEY")
    options = parser.parse_args(arguments)
    log = options.log
    try:
        key = parse_key(options.key or read(log, "log.vkey").decode(), LOG)
        notes = [path.read_text() for path in options.checkpoint]
        for line in options.witness:
            witness = parse_key(line, WITNESS)
            notes.append(read(log, f"cosigned/{witness[1].hex()}").decode())
            check_cosignature(notes[-1], witness)
        saved = {}
        for old_size, old_root in (open_checkpoint(note, key) for note in notes):
            if saved.setdefault(old_size, old_root) != old_root:
                raise LogError(f"two histories of {old_size} entries were signed")
        size, root = open_checkpoint(read(log, "checkpoint").decode(), key)
        longest = max(saved, default=0)
        if longest > size:
            raise LogError(f"entries {size} to {longest - 1} were cut off")
        if check_log(log, size, saved) != root:
            raise LogError(f"an entry from 0 to {size - 1} was altered, and its tiles with it")
    except (LogError, OSError, ValueError) as error:
        sys.exit(f"NOT SOUND: {error}")
    sys.stdout.write(f"sound: {size} entries of {key[0]}, root {root.hex()}\n")


if __name__ == "__main__":
    main()
