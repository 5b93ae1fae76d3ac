"""Where things lie in the log's folder (C2SP tlog-tiles), and how they are written."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterable
from pathlib import Path

from beholden import durable

WIDTH = 256
HASH_BYTES = 32
MAX_ENTRY_BYTES = 65_535
CHECKPOINT = "checkpoint"
VERIFIER_KEY = "log.vkey"
# The published log says of each entry what anyone may know: its entries are no audit records.
PUBLISHED = "/public"
_LENGTH = struct.Struct(">H")


def tile_path(level: int | str, number: int, width: int = WIDTH) -> str:
    """`tile/<L>/<N>[.p/<W>]`; level "entries" names the bundles of entries."""
    digits = str(number)
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    groups = [digits[i : i + 3] for i in range(0, len(digits), 3)]
    path = "/".join(["tile", str(level), *(f"x{group}" for group in groups[:-1]), groups[-1]])
    return path if width == WIDTH else f"{path}.p/{width}"


def pack(entries: Iterable[bytes]) -> bytes:
    """An entry bundle: each entry after its length, big-endian uint16."""
    return b"".join(_LENGTH.pack(len(entry)) + entry for entry in entries)


def unpack(bundle: bytes) -> list[bytes]:
    """The entries of a bundle. Raises ValueError if it ends within one."""
    entries: list[bytes] = []
    at = 0
    while at < len(bundle):
        if at + _LENGTH.size > len(bundle):
            raise ValueError(f"entry {len(entries)} of the bundle has no length")
        (length,) = _LENGTH.unpack_from(bundle, at)
        at += _LENGTH.size
        if at + length > len(bundle):
            raise ValueError(f"entry {len(entries)} of the bundle is cut short")
        entries.append(bundle[at : at + length])
        at += length
    return entries


def hashes_of(tile: bytes) -> list[bytes]:
    """The hashes of a tile."""
    return [tile[i : i + HASH_BYTES] for i in range(0, len(tile), HASH_BYTES)]


def write_durable(path: Path, data: bytes) -> None:
    """Put a file in place whole, so that it survives a power cut once this returns."""
    make_folder(path.parent)
    durable.replace(path, data, mode=0o644)


def write_once(path: Path, data: bytes) -> None:
    """Write a file unless it is there: what it holds never changes."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
    except FileExistsError:
        return
    except FileNotFoundError:
        make_folder(path.parent)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT, 0o644)
    with os.fdopen(descriptor, "wb", buffering=0) as file:
        while data:
            data = data[file.write(data) :]


def overwrite(path: Path, line: bytes) -> None:
    """Change a file of a few hundred bytes in place, by one write within one disk sector.

    Cheaper by 3 ms than putting a new file in its place, which makes ext4 flush at once.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT, 0o644)
    try:
        os.pwrite(descriptor, line, 0)
        os.ftruncate(descriptor, len(line))
    finally:
        os.close(descriptor)


def sync_file(path: Path) -> None:
    """Make the content of a file durable."""
    with path.open("rb") as file:
        os.fdatasync(file.fileno())


def make_folder(folder: Path) -> None:
    """Make a folder and those above it; their names are durable."""
    if not folder.is_dir():
        make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        durable.sync(folder.parent)
