"""Where buckets lie."""

from __future__ import annotations

from beholden.config import Settings
from beholden.engines.blobs.store import CloudBlobs, LocalBlobs
from beholden.ports.blobs import Blobs


def blobs_of(settings: Settings) -> Blobs:
    if settings.blobs_url is None:
        return LocalBlobs(settings.data_dir / "buckets")
    return CloudBlobs(settings.blobs_url)
