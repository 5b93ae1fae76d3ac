"""Buckets in memory."""

from __future__ import annotations

from beholden.domain.errors import ImageTooLarge, InvalidS3Object

UNREADABLE = (
    "Unable to get object metadata from S3. Check object key, region and/or access permissions."
)


class FakeBlobs:
    def __init__(self) -> None:
        self._objects: dict[tuple[str, str], bytes] = {}

    def put(self, bucket: str, key: str, content: bytes) -> None:
        """Store an object, to be read by a test."""
        self._objects[bucket, key] = content

    def read(self, bucket: str, key: str, version: str | None, max_bytes: int) -> bytes:
        content = self._objects.get((bucket, key))
        if content is None or version is not None:
            raise InvalidS3Object(UNREADABLE)
        if len(content) > max_bytes:
            raise ImageTooLarge
        return content
