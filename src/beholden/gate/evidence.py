"""What the log may keep of a request: a salted digest, so that it can be matched, not read."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class RequestDigest:
    """HMAC-SHA-256 of the canonical request under a key of this deployment.

    Canonical: JSON with sorted keys, no spaces, ASCII; binary members as their SHA-256.
    """

    key: bytes

    def of(self, request: Mapping[str, object]) -> str:
        """Hex digest, 64 characters."""
        canonical = json.dumps(request, sort_keys=True, separators=(",", ":"), default=_plain)
        return hmac.new(self.key, canonical.encode("ascii"), hashlib.sha256).hexdigest()


def _plain(value: object) -> object:
    if isinstance(value, bytes | bytearray | memoryview):
        return {"sha256": hashlib.sha256(value).hexdigest()}
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"a request cannot hold {type(value).__name__}")
