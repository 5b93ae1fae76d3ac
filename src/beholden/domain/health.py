"""How what runs by itself is doing: numbers for whoever keeps it running, and about nobody."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StreamHealth:
    """One stream processor since its last start in this server. Whom or what it sees is no part of
    it: `frames` are looked at five times a second, whoever is there."""

    processor: str
    has_picture: bool
    late_seconds: float
    frames: int
    frames_dropped: int
    connections: int
    records_waiting: int
    records_dropped: int
