"""A vault in memory: it binds texts to contexts and forgets keys, but does not keep secrets."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Sequence

from beholden.domain.errors import ResourceNotFound, ServerError

TAG_BYTES = 16


class FakeVault:
    def __init__(self) -> None:
        self._keys: dict[str, bytes] = {}
        self._master = secrets.token_bytes(32)

    def create(self, name: str) -> None:
        self._above(name)
        self._keys.setdefault(name, secrets.token_bytes(32))

    def seal(
        self, name: str, plaintexts: Sequence[bytes], contexts: Sequence[bytes]
    ) -> list[bytes]:
        key = self._key(name)
        return [
            _tag(key, text, context) + _masked(key, text)
            for text, context in zip(plaintexts, contexts, strict=True)
        ]

    def open(self, name: str, sealed: Sequence[bytes], contexts: Sequence[bytes]) -> list[bytes]:
        key = self._key(name)
        texts = [_masked(key, text[TAG_BYTES:]) for text in sealed]
        for cipher, text, context in zip(sealed, texts, contexts, strict=True):
            if not hmac.compare_digest(cipher[:TAG_BYTES], _tag(key, text, context)):
                raise ServerError("a sealed text was altered or belongs elsewhere")
        return texts

    def destroy(self, name: str) -> None:
        self._keys.pop(name, None)

    def derive(self, label: str) -> bytes:
        return hmac.digest(self._master, label.encode(), "sha256")

    def _above(self, name: str) -> bytes:
        above, under, _ = name.rpartition("#")
        return self._key(above) if under else self._master

    def _key(self, name: str) -> bytes:
        above = self._above(name)
        try:
            return hmac.digest(above, self._keys[name], "sha256")
        except KeyError as error:
            raise ResourceNotFound from error


def _tag(key: bytes, text: bytes, context: bytes) -> bytes:
    message = len(context).to_bytes(8) + context + text
    return hmac.digest(key, message, "sha256")[:TAG_BYTES]


def _masked(key: bytes, text: bytes) -> bytes:
    stream = hashlib.shake_256(key).digest(len(text))
    return bytes(a ^ b for a, b in zip(text, stream, strict=True))
