"""Opaque page tokens: where a list goes on, signed, and bound to the list they came from."""

from __future__ import annotations

import base64
import hashlib
import hmac
import struct
import time
from binascii import Error as Base64Error
from collections.abc import Callable
from dataclasses import dataclass

from beholden.domain.errors import InvalidPaginationToken

_POSITION = struct.Struct(">qI")
LIVES_S = 24 * 3600
_TAG_BYTES = 16


@dataclass(frozen=True, slots=True)
class PageTokens:
    """Tokens under a key of this deployment, good for a day; they fit the API's 255 characters
    easily. `now` gives seconds since 1970."""

    key: bytes
    now: Callable[[], float] = time.time

    def issue(self, scope: str, position: int) -> str:
        """A token to go on after `position` of the list that `scope` names."""
        packed = _POSITION.pack(position, int(self.now()))
        return base64.urlsafe_b64encode(packed + self._tag(scope, packed)).decode("ascii")

    def position(self, scope: str, token: str | None) -> int:
        """Where to go on: 0 without a token. Raises InvalidPaginationToken for any other token
        than one that `issue` gave for the same scope within a day."""
        if token is None:
            return 0
        try:
            raw = base64.b64decode(token, altchars=b"-_", validate=True)
        except (Base64Error, ValueError) as error:
            raise InvalidPaginationToken from error
        packed, tag = raw[: _POSITION.size], raw[_POSITION.size :]
        if not hmac.compare_digest(tag, self._tag(scope, packed)):
            raise InvalidPaginationToken
        position, issued = _POSITION.unpack(packed)
        if self.now() - issued > LIVES_S or base64.urlsafe_b64encode(raw).decode() != token:
            raise InvalidPaginationToken
        return int(position)

    def _tag(self, scope: str, packed: bytes) -> bytes:
        message = scope.encode() + b"\0" + packed
        return hmac.new(self.key, message, hashlib.sha256).digest()[:_TAG_BYTES]
