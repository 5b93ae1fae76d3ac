"""The journal: entries that are durable, though the checkpoint over them may not be.

A frame holds one batch: the index of its first entry, the length of what follows, a MAC under a key
of the log, then the entries as in a bundle. What a crash cut short, or another hand added, does
not pass and is not read.
"""

from __future__ import annotations

import hmac
import os
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from beholden import durable
from beholden.engines.audit.layout import make_folder, pack, unpack

_HEAD = struct.Struct(">QI")
_MAC_BYTES = 32


@dataclass(frozen=True, slots=True)
class Journal:
    path: Path
    key: bytes

    def append(self, first: int, entries: Sequence[bytes]) -> int:
        """Add a batch, durable on return. Returns the journal's length in bytes."""
        payload = pack(entries)
        head = _HEAD.pack(first, len(payload))
        frame = head + self._mac(head + payload) + payload
        with self.path.open("ab", buffering=0) as file:
            while frame:
                frame = frame[file.write(frame) :]
            os.fdatasync(file.fileno())
            return file.tell()

    def read(self, first: int) -> list[bytes]:
        """The entries from index `first` on, without a gap."""
        data = self.path.read_bytes() if self.path.exists() else b""
        found: list[bytes] = []
        at = 0
        while at + _HEAD.size + _MAC_BYTES <= len(data):
            start, length = _HEAD.unpack_from(data, at)
            head, at = data[at : at + _HEAD.size], at + _HEAD.size + _MAC_BYTES
            mac, payload = data[at - _MAC_BYTES : at], data[at : at + length]
            if not hmac.compare_digest(mac, self._mac(head + payload)):
                break
            entries, known = unpack(payload), first + len(found) - start
            if 0 <= known < len(entries):
                found += entries[known:]
            at += length
        return found

    def replace(self, first: int, entries: Sequence[bytes]) -> None:
        """Start anew with these entries; durable on return."""
        make_folder(self.path.parent)
        fresh = Journal(self.path.with_name(self.path.name + ".new"), self.key)
        fresh.path.unlink(missing_ok=True)
        fresh.append(first, entries)
        fresh.path.replace(self.path)
        durable.sync(self.path.parent)

    def _mac(self, data: bytes) -> bytes:
        return hmac.digest(self.key, data, "sha256")
