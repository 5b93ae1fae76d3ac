"""Commitments: the log holds a hash now, and what it is of can be shown and checked later."""

from __future__ import annotations

import hashlib
import json
import secrets


def new_salt() -> str:
    """32 random bytes, in hex: without it a short list of guesses would open a commitment."""
    return secrets.token_hex(32)


def commit(salt: str, value: object) -> str:
    """SHA-256, in hex, of the salt and the value as canonical JSON (sorted keys, no spaces,
    ASCII). `disclosure/offline/verify.py` computes the same."""
    told = json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(bytes.fromhex(salt) + told.encode("ascii")).hexdigest()
