"""Idempotency: the same ClientRequestToken with the same parameters gives the same answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RequestToken:
    """`scope` is principal and operation; `digest` the SHA-256 of the request's parameters."""

    scope: str
    token: str
    digest: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """A response to keep under its token, written in the transaction that made it true."""

    token: RequestToken
    response: Mapping[str, object]
