"""Matroska as Kinesis Video Streams sends it: one document after another, a fragment in each, and
what the service knows of it in tags, which FFmpeg does not show while it reads.

Format: RFC 8794 (EBML) and RFC 9559 (Matroska).
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from typing import NamedTuple, Protocol

EBML, SEGMENT, CLUSTER, TAGS = 0x1A45DFA3, 0x18538067, 0x1F43B675, 0x1254C367
TAG, SIMPLE_TAG, TAG_NAME, TAG_STRING = 0x7373, 0x67C8, 0x45A3, 0x4487
# No picture and no header is larger.
MOST_BYTES = 32 * 2**20
# No document has more tags, or more that nobody reads.
MOST_TAG_BYTES, MOST_SKIPPED_BYTES = 2**16, 64 * 2**20


class Readable(Protocol):
    def read(self, amount: int, /) -> bytes:
        """So many bytes; fewer only at the end."""
        ...


class Element(NamedTuple):
    kind: int
    head: bytes
    data: bytes = b""


class Document:
    """One, as a file that ends where the next begins. `tags` are those that came so far;
    `following` is how the next begins, once it does."""

    def __init__(self, elements: Iterator[Element], header: bytes) -> None:
        self._elements = elements
        self._ready = header
        self.tags: dict[str, str] = {}
        self.following = b""
        self._tag_bytes = 0

    def read(self, amount: int) -> bytes:
        """What is there, up to that many bytes: a picture does not wait for the next."""
        if not self._ready and not self.following:
            kind, head, data = next(self._elements, Element(EBML, b""))
            if kind == EBML:
                self.following = head + data
                return b""
            if kind == TAGS:
                self._tag_bytes = within(MOST_TAG_BYTES, self._tag_bytes + len(data))
                self.tags |= tags_in(data)
            self._ready = head + data
        given, self._ready = self._ready[:amount], self._ready[amount:]
        return given

    def skip(self) -> None:
        """What was not read. Raises ValueError where it has no end."""
        skipped = 0
        while data := self.read(MOST_BYTES):
            skipped = within(MOST_SKIPPED_BYTES, skipped + len(data))


def within(most: int, size: int) -> int:
    """Raises ValueError."""
    if size > most:
        raise ValueError("a document of Matroska without an end")
    return size


def documents(body: Readable) -> Iterator[Document]:
    """Those in `body`; of one that was not read to its end the rest is skipped. Raises ValueError
    for what is no Matroska."""
    elements = elements_in(body, {SEGMENT, CLUSTER})
    first = next(elements, Element(EBML, b""))
    if first.kind != EBML:
        raise ValueError("no Matroska document begins here")
    header = first.head + first.data
    while header:
        document = Document(elements, header)
        yield document
        document.skip()
        header = document.following


def tags_in(data: bytes) -> Mapping[str, str]:
    """The simple tags of a Tags element, by name."""
    found: dict[str, str] = {}
    name = ""
    for kind, _, text in elements_in(io.BytesIO(data), {TAG, SIMPLE_TAG}):
        if kind == TAG_NAME:
            name = text.decode()
        elif kind == TAG_STRING:
            found[name] = text.decode()
    return found


def elements_in(body: Readable, entered: set[int]) -> Iterator[Element]:
    """The elements of `body`, whole. Of those that are `entered`, whose size may be unknown, the
    head comes alone, and then what is in them. Raises ValueError for what is no Matroska."""
    while first := body.read(1):
        head = _number(body, first)
        kind, length = int.from_bytes(head), body.read(1)
        sized = _number(body, length)
        if kind in entered:
            yield Element(kind, head + sized)
            continue
        unknown = (1 << 7 * len(sized)) - 1
        size = int.from_bytes(sized) & unknown
        if size == unknown or size > MOST_BYTES:
            raise ValueError("an element of Matroska without an end")
        data = body.read(size) if size else b""
        if len(data) < size:
            return
        yield Element(kind, head + sized, data)


def _number(body: Readable, first: bytes) -> bytes:
    """A number of variable length, as it is written. Raises ValueError."""
    if not first or not first[0]:
        raise ValueError("no Matroska")
    rest = 8 - first[0].bit_length()
    return first + body.read(rest) if rest else first
