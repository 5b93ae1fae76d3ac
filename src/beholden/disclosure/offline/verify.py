#!/usr/bin/env python3
"""Verify a Beholden disclosure packet, offline.

    python -I verify.py [PACKET.zip | FOLDER] [--key NAME+ID+KEY]

Needs Python 3.11 and the package `cryptography`, and verify_log.py beside it. It reads the packet
(by default the folder that it lies in) and nothing else; no network.

What is checked:

1. MANIFEST is signed by the log's key, and names every file of the packet with its SHA-256:
   nothing was changed, added or taken away since the packet was made.
2. log/checkpoint is signed by the same key; each record in log/entries leads, by its proof in
   log/proofs, to the checkpoint's root: it stood in the log when the packet was made.
3. What the log held as a commitment only (candidates, verdicts) is what packet.json says: SHA-256
   of salt and value, written as JSON with sorted keys and no spaces, is the hash in the record.
4. The model cards in models/ have the hashes that the record of the search names.

What cannot be seen here: whether the key is the log's. Whoever makes a packet can put a key of
their own into it. Bring the one that is published: --key, or compare it with what is printed.
And a program cannot vouch for itself: use a copy of these two files from Beholden's own source.
"""

import argparse
import base64
import hashlib
import json
import sys
import zipfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))  # python -I does not
sys.dont_write_bytecode = True  # nothing is added to the packet by checking it

from verify_log import (  # noqa: E402
    LOG,
    LogError,
    leaf_hash,
    open_checkpoint,
    open_note,
    parse_key,
)

MANIFEST, TITLE = "MANIFEST", "beholden disclosure packet v1"


def read_packet(path):
    """A zip file or a folder -> {name: content}."""
    if path.is_dir():
        return {
            str(file.relative_to(path)): file.read_bytes()
            for file in sorted(path.rglob("*"))
            if file.is_file()
        }
    with zipfile.ZipFile(path) as packet:
        names = packet.namelist()
        if len(names) != len(set(names)):
            raise LogError("a file is there twice")
        return {name: packet.read(name) for name in names}


def check_manifest(members, key):
    title, *lines = open_note(members[MANIFEST].decode(), key).splitlines()
    if title != TITLE:
        raise LogError(f"{MANIFEST} is that of something else: {title}")
    listed = dict(reversed(line.split("  ", 1)) for line in lines)
    for name in sorted(listed.keys() | members.keys() - {MANIFEST}):
        if name not in members:
            raise LogError(f"{name} is missing")
        if listed.get(name) != hashlib.sha256(members[name]).hexdigest():
            raise LogError(f"{name} was {'altered' if name in listed else 'added'}")


def root_from(entry, index, size, path):
    """RFC 9162, section 2.1.3.2: the root that a proof of inclusion leads to."""
    if not 0 <= index < size:
        raise LogError(f"entry {index} is beyond the checkpoint")
    node, last, root = index, size - 1, leaf_hash(entry)
    for sibling in path:
        if last == 0:
            raise LogError(f"the proof of entry {index} is too long")
        if node & 1 or node == last:
            root = hashlib.sha256(b"\x01" + sibling + root).digest()
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            root = hashlib.sha256(b"\x01" + root + sibling).digest()
        node, last = node >> 1, last >> 1
    if last:
        raise LogError(f"the proof of entry {index} is too short")
    return root


def check_entries(members, key):
    """Returns {index: record}."""
    size, root = open_checkpoint(members["log/checkpoint"].decode(), key)
    records = {}
    for name in members:
        if not name.startswith("log/entries/"):
            continue
        stem = name.removeprefix("log/entries/").removesuffix(".json")
        proof = members[f"log/proofs/{stem}.txt"].decode().partition("\n\n")[0].splitlines()
        index = int(proof[1].removeprefix("index "))
        path = [base64.b64decode(node) for node in proof[2:]]
        if index != int(stem) or root_from(members[name], index, size, path) != root:
            raise LogError(f"{name} is not entry {int(stem)} of the log")
        records[index] = json.loads(members[name])
    return records


def check_openings(packet, records):
    for opening in packet["openings"]:
        told = json.dumps(opening["value"], sort_keys=True, separators=(",", ":"))
        opened = hashlib.sha256(bytes.fromhex(opening["salt"]) + told.encode("ascii")).hexdigest()
        committed = records[opening["entry"]]["facts"][opening["fact"]]["committed"]
        if opened != committed:
            raise LogError(
                f"the {opening['fact']} in packet.json are not those of entry {opening['entry']}"
            )


def check_models(members, packet, records):
    cards = records[packet["search"]]["facts"].get("model_cards", {})
    for name in members:
        if name.startswith("models/"):
            model = name.removeprefix("models/").removesuffix(".json")
            if cards.get(model) != hashlib.sha256(members[name]).hexdigest():
                raise LogError(f"{name} is not the model card that the search is bound to")


def main():
    parser = argparse.ArgumentParser(description="Verify a Beholden disclosure packet, offline.")
    here = Path(__file__).resolve().parent
    parser.add_argument("packet", type=Path, nargs="?", default=here, metavar="PACKET")
    parser.add_argument("--key", help="verifier key: NAME+ID+KEY (default: that in the packet)")
    options = parser.parse_args()
    try:
        members = read_packet(options.packet)
        key = parse_key(options.key or members["log/log.vkey"].decode(), LOG)
        check_manifest(members, key)
        records = check_entries(members, key)
        packet = json.loads(members["packet.json"])
        check_openings(packet, records)
        check_models(members, packet, records)
    except (LogError, OSError, ValueError, zipfile.BadZipFile) as error:
        sys.exit(f"NOT SOUND: {error}")
    except (KeyError, IndexError, TypeError, AttributeError) as error:
        sys.exit(f"NOT SOUND: a part is missing or malformed: {error!r}")
    line = (options.key or members["log/log.vkey"].decode()).strip()
    known = "the key that you brought" if options.key else "the key in the packet: compare it"
    sys.stdout.write(
        f"sound: {len(members)} files, {len(records)} records of the log, "
        f"{len(packet['openings'])} commitments opened\nsigned by {line}\n({known})\n"
    )


if __name__ == "__main__":
    main()
