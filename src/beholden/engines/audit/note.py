"""Checkpoints: the signed tree head, as C2SP signed-note and tlog-checkpoint lay it out."""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import ClassVar, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

DASH = "\u2014"
_NAME = re.compile(r"[^\s+]+")


class CheckpointError(ValueError):
    """The checkpoint is malformed, or no known key signed it."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The tree's size and root hash (32 bytes) under the log's origin, its unique name."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        return f"{self.origin}\n{self.size}\n{b64encode(self.root).decode()}\n"


@dataclass(frozen=True, slots=True)
class PublicKey:
    """An Ed25519 key under a name, and what it signs: checkpoints of its own, or cosignatures."""

    name: str
    public: bytes
    kind: ClassVar[bytes]

    @property
    def key_id(self) -> bytes:
        return sha256(self.name.encode() + b"\n" + self.kind + self.public).digest()[:4]

    def __str__(self) -> str:
        """The verifier key as one line: name+id+key, as note tools exchange it."""
        return f"{self.name}+{self.key_id.hex()}+{b64encode(self.kind + self.public).decode()}"

    @classmethod
    def parse(cls, line: str) -> Self:
        """The reverse of str(). Raises CheckpointError."""
        try:
            name, key_id, key = line.strip().split("+", 2)
            raw = b64decode(key, validate=True)
        except (ValueError, Base64Error) as error:
            raise CheckpointError("not a verifier key: name+id+key is one line") from error
        parsed = cls(name, raw[1:])
        if len(raw) != 33 or raw[:1] != cls.kind or parsed.key_id.hex() != key_id:
            raise CheckpointError(
                f"{name} is not an Ed25519 {cls.__name__} key, or its id does not belong to it"
            )
        return parsed

    def signs(self, signature: bytes, message: bytes) -> bool:
        """Whether this key made the signature (64 bytes) of the message."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except InvalidSignature:
            return False
        return True

    def signatures(self, note: str) -> Iterator[bytes]:
        """What the note's lines under this name and id hold after the id; not verified."""
        for line in note.rpartition("\n\n")[2].splitlines():
            try:
                dash, name, encoded = line.split(" ")
                raw = b64decode(encoded, validate=True)
            except (ValueError, Base64Error):
                continue
            if (dash, name, raw[:4]) == (DASH, self.name, self.key_id):
                yield raw[4:]


class Verifier(PublicKey):
    """A log's public key under its origin: what its checkpoints must be signed with."""

    __slots__ = ()
    kind = b"\x01"

    def open(self, note: str) -> Checkpoint:
        """The checkpoint in a note that this key signed for its own origin. Raises
        CheckpointError. Signatures by other keys (witnesses, for one) are left alone."""
        checkpoint = _parse(self.text_of(note))
        if checkpoint.origin != self.name:
            raise CheckpointError(f"origin is {checkpoint.origin}, not {self.name}")
        return checkpoint

    def text_of(self, note: str) -> str:
        """The text of a note, its last newline included. Raises CheckpointError unless this key
        signed it."""
        text = text_of(note)
        if not any(self.signs(line, text.encode()) for line in self.signatures(note)):
            raise CheckpointError(f"not signed by {self.name} with key {self.key_id.hex()}")
        return text


@dataclass(frozen=True)
class Signer:
    """The log's private key and the origin it signs for."""

    origin: str
    private: Ed25519PrivateKey

    @cached_property
    def verifier(self) -> Verifier:
        return Verifier(self.origin, self.private.public_key().public_bytes_raw())

    @cached_property
    def _key_id(self) -> bytes:
        return self.verifier.key_id

    def secret(self, label: str) -> bytes:
        """Another secret of 32 bytes that whoever holds the key can make."""
        return sha256(label.encode() + b"\0" + self.private.private_bytes_raw()).digest()

    def sign(self, checkpoint: Checkpoint) -> str:
        text = checkpoint.text()
        signature = self._key_id + self.private.sign(text.encode())
        return text + "\n" + signature_line(self.origin, signature)


def signature_line(name: str, signature: bytes) -> str:
    """A line of a note; `signature` begins with the key's id."""
    return f"{DASH} {name} {b64encode(signature).decode()}\n"


def text_of(note: str) -> str:
    """The text of a note, its last newline included, signed or not."""
    text, separator, _signatures = note.rpartition("\n\n")
    return text + "\n" if separator else ""


def origin_of(note: str) -> str:
    """The origin that a checkpoint claims, signed or not: its first line."""
    return note.partition("\n")[0]


def is_origin(name: str) -> bool:
    """Whether `name` can name a key: not empty, no space, no plus."""
    return _NAME.fullmatch(name) is not None


def _parse(text: str) -> Checkpoint:
    try:
        origin, size, root = text.split("\n")[:3]
        checkpoint = Checkpoint(origin, int(size), b64decode(root, validate=True))
    except (ValueError, Base64Error) as error:
        raise CheckpointError("not a checkpoint: origin, size and root are its lines") from error
    if str(checkpoint.size) != size or checkpoint.size < 0 or len(checkpoint.root) != 32:
        raise CheckpointError("not a checkpoint: size or root is malformed")
    return checkpoint
