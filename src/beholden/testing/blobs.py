"""Buckets in memory."""

from __future__ import annotations

import hashlib
from pathlib import Path

from beholden.domain.errors import ImageTooLarge, InvalidS3Object, VideoTooLarge
from beholden.domain.stored import StoredObject

UNREADABLE = (
    "Unable to get object metadata from S3. Check object key, region and/or access permissions."
)
UNWRITABLE = "Unable to write to S3. Check bucket, object key, region and/or access permissions."


class FakeBlobs:
    def __init__(self) -> None:
        self._objects: dict[tuple[str, str], bytes] = {}

    def put(self, bucket: str, key: str, content: bytes) -> None:
        """Store an object, to be read by a test."""
        self._objects[bucket, key] = content

    def read(self, bucket: str, key: str, version: str | None, max_bytes: int) -> bytes:
        content = self._content(bucket, key, version)
        if len(content) > max_bytes:
            raise ImageTooLarge
        return content

    def head(self, bucket: str, key: str, version: str | None) -> StoredObject:
        content = self._content(bucket, key, version)
        return StoredObject(len(content), hashlib.sha256(content).hexdigest())

    def write(self, bucket: str, key: str, source: Path) -> None:
        if all(known != bucket for known, _ in self._objects):
            raise InvalidS3Object(UNWRITABLE)
        self._objects[bucket, key] = source.read_bytes()

    def delete(self, bucket: str, key: str) -> None:
        if all(known != bucket for known, _ in self._objects):
            raise InvalidS3Object(UNWRITABLE)
        self._objects.pop((bucket, key), None)

    def copy(self, bucket: str, key: str, version: str | None, into: Path, max_bytes: int) -> bytes:
        content = self._content(bucket, key, version)
        if len(content) > max_bytes:
            raise VideoTooLarge
        into.write_bytes(content)
        return hashlib.sha256(content).digest()

    def _content(self, bucket: str, key: str, version: str | None) -> bytes:
        content = self._objects.get((bucket, key))
        if content is None or version is not None:
            raise InvalidS3Object(UNREADABLE)
        return content
