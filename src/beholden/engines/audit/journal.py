"""The journal: entries that are durable, though the bundle they belong to is not full yet.

A frame holds one batch: the index of its first entry, length and CRC-32 of what follows, then the
entries as in a bundle. What a crash cut short does not pass the checksum and is not read.
"""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from beholden.engines.audit.layout import make_folder, pack, sync_folder, unpack

_FRAME = struct.Struct(">QII")


@dataclass(frozen=True, slots=True)
class Journal:
    path: Path

    def append(self, first: int, entries: Sequence[bytes]) -> None:
        """Add a batch; durable on return."""
        payload = pack(entries)
        frame = _FRAME.pack(first, len(payload), zlib.crc32(payload)) + payload
        with self.path.open("ab", buffering=0) as file:
            while frame:
                frame = frame[file.write(frame) :]
            os.fdatasync(file.fileno())

    def read(self, first: int) -> list[bytes]:
        """The entries from index `first` on, without a gap."""
        data = self.path.read_bytes() if self.path.exists() else b""
        found: list[bytes] = []
        at = 0
        while at + _FRAME.size <= len(data):
            start, length, checksum = _FRAME.unpack_from(data, at)
            payload = data[at + _FRAME.size : at + _FRAME.size + length]
            if len(payload) < length or zlib.crc32(payload) != checksum:
                break
            if start == first + len(found):
                found += unpack(payload)
            at += _FRAME.size + length
        return found

    def clear(self) -> None:
        """Forget everything: a full bundle holds it. Frames that a power cut brings back are
        older than what is asked for, and are not read."""
        if self.path.exists():
            os.truncate(self.path, 0)

    def replace(self, first: int, entries: Sequence[bytes]) -> None:
        """Start anew with these entries; durable on return."""
        make_folder(self.path.parent)
        fresh = Journal(self.path.with_name(self.path.name + ".new"))
        fresh.path.write_bytes(b"")
        if entries:
            fresh.append(first, entries)
        fresh.path.replace(self.path)
        sync_folder(self.path.parent)
