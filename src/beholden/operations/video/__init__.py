"""Stored video: a Start and a Get operation per kind of analysis."""

from __future__ import annotations

from beholden.operations.video import (
    celebrities,
    face_search,
    faces,
    labels,
    moderation,
    persons,
    segments,
    text,
)

__all__ = [
    "celebrities",
    "face_search",
    "faces",
    "labels",
    "moderation",
    "persons",
    "segments",
    "text",
]
