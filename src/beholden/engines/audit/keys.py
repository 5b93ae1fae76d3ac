"""Signing keys of logs and witnesses: made at the first start, kept apart from what they sign."""

from __future__ import annotations

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from beholden import durable
from beholden.domain.errors import OperatorError
from beholden.engines.audit.cosign import Cosigner
from beholden.engines.audit.layout import make_folder
from beholden.engines.audit.note import Signer, is_origin


def load_signer(key_file: Path, origin: str) -> Signer:
    """The log's key (see `_load`), for checkpoints of `origin`."""
    return Signer(origin, _load(key_file, origin))


def load_cosigner(key_file: Path, name: str) -> Cosigner:
    """A witness's key (see `_load`), for cosignatures under `name`."""
    return Cosigner(name, _load(key_file, name))


def _load(key_file: Path, name: str) -> Ed25519PrivateKey:
    """The key in `key_file` (PEM, mode 0600), made if there is none. Raises OperatorError if the
    file holds something else, or is open to others."""
    if not is_origin(name):
        raise OperatorError(
            f"the origin (or witness name) {name!r} must not hold spaces or plus signs"
        )
    if not key_file.exists():
        _make(key_file)
    if key_file.stat().st_mode & 0o077:
        raise OperatorError(f"{key_file} is open to others: chmod 600 it, if it is still secret.")
    try:
        key = load_pem_private_key(key_file.read_bytes(), password=None)
    except (OSError, ValueError) as error:
        raise OperatorError(f"{key_file} is not a private key: {error}") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise OperatorError(f"{key_file} is not an Ed25519 key.")
    return key


def _make(key_file: Path) -> None:
    """Two processes that start together agree on one key: whoever writes it first."""
    make_folder(key_file.parent)
    pem = Ed25519PrivateKey.generate().private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
    durable.create(key_file, pem)
