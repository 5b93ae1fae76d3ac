"""Cosignatures of witnesses: C2SP tlog-cosignature, version 1 (Ed25519, with a time)."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from beholden.engines.audit.note import PublicKey, signature_line, text_of

_TIME = struct.Struct(">Q")


class Witness(PublicKey):
    """A witness's public key under its name: what its cosignatures must verify with."""

    __slots__ = ()
    kind = b"\x04"

    def cosigned(self, note: str) -> int | None:
        """When this witness cosigned the note, in seconds since 1970; None if it did not."""
        for raw in self.signatures(note):
            if len(raw) == _TIME.size + 64:
                (time,) = _TIME.unpack_from(raw)
                if self.signs(raw[_TIME.size :], _message(text_of(note), time)):
                    return int(time)
        return None


def cosigned_path(witness: Witness) -> str:
    """Where, in a log's folder, the newest checkpoint is that the witness cosigned."""
    return f"cosigned/{witness.key_id.hex()}"


@dataclass(frozen=True, slots=True)
class Cosigner:
    """A witness's private key and name. One key must serve one name: it is not in what is
    signed."""

    name: str
    private: Ed25519PrivateKey

    @property
    def public(self) -> Witness:
        return Witness(self.name, self.private.public_key().public_bytes_raw())

    def cosign(self, note: str, time: int) -> str:
        """The signature line to add to a note: "at `time` this was the largest consistent tree
        that I have seen of this log"."""
        signature = self.private.sign(_message(text_of(note), time))
        return signature_line(self.name, self.public.key_id + _TIME.pack(time) + signature)


def _message(text: str, time: int) -> bytes:
    return f"cosignature/v1\ntime {time}\n{text}".encode()
