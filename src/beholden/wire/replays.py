"""A signed request that somebody overheard is of no use to them a few seconds later.

A SigV4 signature is valid for 15 minutes, for whoever sends it. Clients sign to the second and do
not sign a number of their own: two equal requests of one second, or a repetition by the network,
carry the same signature and are both meant. So a signature is accepted for a few seconds after it
was first seen, and never again.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from threading import Lock

from beholden.domain.errors import InvalidSignature, Throttled
from beholden.ports.clock import Clock

SKEW = timedelta(minutes=15)
_REPEATED = (
    "Signature expired: this request was received before. Sign it again, or send its repetition "
    "within {seconds:g} seconds."
)
_EARLIER = (
    "Signature expired: it was made before this server remembers which requests it received. Set "
    "your clock, and sign the request again."
)


class Replays:
    """Remembers every accepted signature for as long as it could be valid. What was signed before
    this object was made (with a few seconds' grace) may have been received by an earlier process,
    and is refused; so is what was signed too long before the latest time that was seen, even if the
    clock is then set back. Holds `most` signatures, 100 bytes each, and when it is full says so to
    whoever comes, rather than forget one."""

    def __init__(
        self, clock: Clock, grace: timedelta = timedelta(seconds=5), most: int = 2**20
    ) -> None:
        self._clock = clock
        self._grace = grace
        self._most = most
        self._since = clock.now().replace(microsecond=0) - grace
        self._seen: dict[bytes, datetime] = {}  # in the order of coming
        self._turn = Lock()

    def check(self, signature: str, signed_at: datetime) -> None:
        """Accept a genuine signature (hex). Raises InvalidSignature for a replay, Throttled."""
        with self._turn:
            now = self._clock.now()
            self._forget(now)
            if signed_at < self._since:
                raise InvalidSignature(_EARLIER)
            key = bytes.fromhex(signature)
            if key not in self._seen and len(self._seen) >= self._most:
                raise Throttled
            first = self._seen.setdefault(key, now)
        if not first - self._grace <= now <= first + self._grace:
            raise InvalidSignature(_REPEATED.format(seconds=self._grace.total_seconds()))

    def _forget(self, now: datetime) -> None:
        """What came 30 minutes ago was signed at most 15 minutes later than that."""
        self._since = max(self._since, now - SKEW)
        while self._seen:
            key, first = next(iter(self._seen.items()))
            if first + 2 * SKEW >= now:
                return
            del self._seen[key]
