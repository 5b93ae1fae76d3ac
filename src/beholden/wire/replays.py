"""A signed request that somebody overheard is of no use to them a few seconds later.

A SigV4 signature is valid for 15 minutes, for whoever sends it. Clients sign to the second and do
not sign a number of their own: two equal requests of one second, or a repetition by the network,
carry the same signature and are both meant. So a signature is accepted for a few seconds after it
was first seen, and never again.
"""

from __future__ import annotations

import time
from collections.abc import Callable
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
    """Remembers every accepted signature for as long as it could be valid, by a time that nobody
    can set. What was signed before this object was made (with a few seconds' grace) may have been
    received by an earlier process, and is refused; so is what was signed no later than one that is
    forgotten, even if the clock is set back. Holds `most` signatures, 200 bytes each, and when it
    is full says so to whoever comes, rather than forget one."""

    def __init__(
        self,
        clock: Clock,
        grace: timedelta = timedelta(seconds=5),
        most: int = 2**20,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._grace_s = grace.total_seconds()
        self._most = most
        self._monotonic = monotonic
        self._since = clock.now().replace(microsecond=0) - grace
        # When each came (monotonic seconds) and was signed, in the order of coming.
        self._seen: dict[bytes, tuple[float, datetime]] = {}
        self._turn = Lock()

    def check(self, signature: str, signed_at: datetime) -> None:
        """Accept a genuine signature (hex) of the last 15 minutes. Raises InvalidSignature for a
        replay, Throttled."""
        key, now = bytes.fromhex(signature), self._monotonic()
        with self._turn:
            self._forget(now)
            if signed_at < self._since:
                raise InvalidSignature(_EARLIER)
            if key not in self._seen and len(self._seen) >= self._most:
                raise Throttled
            first, _ = self._seen.setdefault(key, (now, signed_at))
        if now > first + self._grace_s:
            raise InvalidSignature(_REPEATED.format(seconds=self._grace_s))

    def _forget(self, now: float) -> None:
        """What came 30 minutes ago was signed at most 15 minutes later than that."""
        while self._seen:
            key, (first, signed_at) = next(iter(self._seen.items()))
            if now <= first + 2 * SKEW.total_seconds():
                return
            self._since = max(self._since, signed_at + timedelta(seconds=1))
            del self._seen[key]
