"""Objects in buckets: where S3Object references lead."""

from __future__ import annotations

from typing import Protocol


class Blobs(Protocol):
    def read(self, bucket: str, key: str, version: str | None, max_bytes: int) -> bytes:
        """The object's bytes. Raises InvalidS3Object if bucket, key or version cannot be read,
        ImageTooLarge if it holds more than `max_bytes` (checked before it is read)."""
        ...
