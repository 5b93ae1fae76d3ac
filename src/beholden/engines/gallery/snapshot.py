"""A gallery on disk, sealed: it makes a start quick and is never needed.

    head            magic, collection, subject, change sequence number, dimensions, count of blocks
    sealed chunk 0  empty: the proof of the head
    sealed chunk n  block n: numbers, then vectors

Every snapshot has a data key of its own, under the collection's. It ends with the snapshot, and
with it whatever a backup holds of somebody who is no longer in the gallery.

Each chunk follows its length and is bound to the head and to its own place, so that what was
altered, cut short, rearranged or taken from another gallery does not open.
"""

from __future__ import annotations

import logging
import os
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np
from filelock import FileLock, Timeout

from beholden import durable
from beholden.domain.errors import ResourceNotFound, ServerError
from beholden.domain.gallery import GalleryRef
from beholden.engines.gallery.blocks import Block, Blocks
from beholden.ports.vault import Vault

MAGIC = b"BHGALLY1"
HEAD = struct.Struct("<8sq8sqII")
LENGTH = struct.Struct("<Q")

logger = logging.getLogger(__name__)


class Snapshots:
    """Snapshots under `folder`. `data_key` names the key of a collection in the vault."""

    def __init__(self, folder: Path, vault: Vault, data_key: Callable[[int], str]) -> None:
        self._folder = folder
        self._vault = vault
        self._data_key = data_key

    def write(self, ref: GalleryRef, blocks: Blocks, seq: int) -> None:
        """Replace the snapshot, durably; where that fails, log it: then there is none to use."""
        path = self._path(ref)
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with FileLock(path.with_suffix(".lock"), timeout=0, mode=0o600):
                self._vault.destroy(self._key(ref))
                self._vault.create(self._key(ref))
                _replace(path, self._sealed(ref, blocks, seq))
        except Timeout:
            logger.info("another process is writing %s", path)
        except (OSError, ServerError, ResourceNotFound) as error:
            logger.warning("%s is not written: %s", path, error)

    def read(self, ref: GalleryRef) -> tuple[Blocks, int]:
        """The blocks and the sequence number they reach: none and 0 where there is no snapshot
        or it is not to be trusted."""
        path = self._path(ref)
        try:
            with path.open("rb") as file:
                return self._opened(ref, file)
        except FileNotFoundError:
            pass
        except (OSError, ValueError, ServerError, ResourceNotFound) as error:
            logger.warning("%s is not used, the gallery is rebuilt: %s", path, error)
        return Blocks(), 0

    def delete(self, ref: GalleryRef) -> None:
        path = self._path(ref)
        for each in (path, _unfinished(path), path.with_suffix(".lock")):
            each.unlink(missing_ok=True)
        self._vault.destroy(self._key(ref))

    def _path(self, ref: GalleryRef) -> Path:
        return self._folder / f"{ref.collection_no}-{ref.subject}.snap"

    def _key(self, ref: GalleryRef) -> str:
        return f"{self._data_key(ref.collection_no)}#gallery-{ref.subject}"

    def _sealed(self, ref: GalleryRef, blocks: Blocks, seq: int) -> Iterator[bytes]:
        gallery = MAGIC, ref.collection_no, ref.subject.encode()
        head = HEAD.pack(*gallery, seq, blocks.dim, len(blocks.all))
        yield head
        yield self._chunk(ref, b"", _context(head, 0))
        for place, block in enumerate(blocks.all, start=1):
            text = block.nos.tobytes() + block.vectors.tobytes()
            yield self._chunk(ref, text, _context(head, place))

    def _chunk(self, ref: GalleryRef, text: bytes, context: bytes) -> bytes:
        (sealed,) = self._vault.seal(self._key(ref), [text], [context])
        return LENGTH.pack(len(sealed)) + sealed

    def _opened(self, ref: GalleryRef, file: BinaryIO) -> tuple[Blocks, int]:
        head = _exactly(file, HEAD.size)
        magic, collection_no, subject, seq, dim, count = HEAD.unpack(head)
        gallery = MAGIC, ref.collection_no, ref.subject.encode()
        if (magic, collection_no, subject.rstrip(b"\0")) != gallery:
            raise ValueError("it belongs to another gallery, or to another version of Beholden")
        texts = (self._text(ref, file, _context(head, place)) for place in range(count + 1))
        next(texts)
        return Blocks().spliced(0, 0, [_block(text, dim) for text in texts]), seq

    def _text(self, ref: GalleryRef, file: BinaryIO, context: bytes) -> bytes:
        (length,) = LENGTH.unpack(_exactly(file, LENGTH.size))
        sealed = _exactly(file, length)
        (text,) = self._vault.open(self._key(ref), [sealed], [context])
        return text


def _context(head: bytes, place: int) -> bytes:
    return b"beholden gallery " + head + LENGTH.pack(place)


def _exactly(file: BinaryIO, length: int) -> bytes:
    if length > os.fstat(file.fileno()).st_size:
        raise ValueError("it is cut short")
    data = file.read(length)
    if len(data) != length:
        raise ValueError("it is cut short")
    return data


def _block(text: bytes, dim: int) -> Block:
    rows = len(text) // (8 + 2 * dim)
    nos = np.frombuffer(text, np.int64, rows)
    return Block.of(nos, np.frombuffer(text, np.float16, rows * dim, 8 * rows).reshape(rows, dim))


def _unfinished(path: Path) -> Path:
    return path.with_suffix(".unfinished")


def _replace(path: Path, chunks: Iterator[bytes]) -> None:
    """The whole file under its name or none of it, whenever the power fails."""
    with _unfinished(path).open("wb") as file:
        file.writelines(chunks)
    durable.publish(_unfinished(path), path)
