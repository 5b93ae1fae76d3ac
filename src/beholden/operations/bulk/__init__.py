"""Many images at once, named by a manifest in a bucket."""

from __future__ import annotations

from beholden.operations.bulk import jobs

__all__ = ["jobs"]
