"""Objects in buckets: where S3Object references lead."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from beholden.domain.stored import StoredObject


class Blobs(Protocol):
    def read(self, bucket: str, key: str, version: str | None, max_bytes: int) -> bytes:
        """The object's bytes. Raises InvalidS3Object if bucket, key or version cannot be read,
        ImageTooLarge if it holds more than `max_bytes` (checked before it is read)."""
        ...

    def head(self, bucket: str, key: str, version: str | None) -> StoredObject:
        """What is there at this moment. Raises InvalidS3Object."""
        ...

    def write(self, bucket: str, key: str, source: Path) -> None:
        """Make the file `source` an object, whole or not at all. Raises InvalidS3Object if nothing
        can be written to that bucket."""
        ...

    def delete(self, bucket: str, key: str) -> None:
        """End the object, if it is there. A bucket that keeps versions keeps this one. Raises
        InvalidS3Object if nothing can be deleted there."""
        ...

    def copy(self, bucket: str, key: str, version: str | None, into: Path, max_bytes: int) -> bytes:
        """Write the object to the file `into`, whole or not at all, and return its SHA-256. Raises
        InvalidS3Object, VideoTooLarge above `max_bytes`, DiskFull."""
        ...
