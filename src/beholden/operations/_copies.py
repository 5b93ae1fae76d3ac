"""The object that a job is about, copied once to where its workers read it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from beholden.domain.errors import BeholdenError, VideoTooLarge
from beholden.ports.blobs import Blobs


@dataclass(frozen=True, slots=True)
class Copies:
    """`folder` has a folder for each job, in which the copy is called `name`. What has more than
    `max_bytes` is `too_large`."""

    blobs: Blobs
    folder: Path
    name: str
    max_bytes: int
    too_large: type[BeholdenError] = VideoTooLarge

    def path(self, asked: Mapping[str, Any]) -> Path:
        return self.folder / str(asked["job"]) / self.name

    def fetch(self, asked: Mapping[str, Any]) -> tuple[Path, str]:
        """Where the copy is, and its SHA-256 in hex. Raises what the blobs port raises."""
        path = self.path(asked)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        bucket, key, version = asked["object"]
        try:
            return path, self.blobs.copy(bucket, key, version, path, self.max_bytes).hex()
        except VideoTooLarge as error:
            raise self.too_large from error

    def at_hand(self, asked: Mapping[str, Any], changed: BeholdenError) -> Path:
        """The copy that was planned with; raises `changed` if the object is another by now."""
        path = self.path(asked)
        if not path.exists():  # another machine planned it
            path, sha256 = self.fetch(asked)
            if sha256 != asked["sha256"]:
                raise changed
        return path
