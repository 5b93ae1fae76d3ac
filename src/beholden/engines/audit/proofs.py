"""Proofs that stand alone: an entry is in the log (C2SP tlog-proof); a log extends an older one."""

from __future__ import annotations

from base64 import b64decode, b64encode
from binascii import Error as Base64Error

from beholden.engines.audit.layout import WIDTH
from beholden.engines.audit.merkle import (
    consistency_proof,
    inclusion_proof,
    is_consistent,
    leaf_hash,
    root_from_inclusion,
)
from beholden.engines.audit.note import Checkpoint, Verifier
from beholden.engines.audit.reading import signed_head
from beholden.engines.audit.remote import LogFolder
from beholden.engines.audit.tiles import Tiles

_HEADER = "c2sp.org/tlog-proof@v1"


class ProofError(ValueError):
    """The proof does not show what it should."""


def prove_inclusion(folder: LogFolder, verifier: Verifier, index: int) -> tuple[bytes, str]:
    """An entry, and the proof that the log's checkpoint covers it, as text. Raises IndexError if
    the checkpoint does not reach so far, CheckpointError, FileNotFoundError for a missing tile."""
    proof, size = inclusion(folder, verifier, index)
    return Tiles(folder, size).bundle_of(index)[index % WIDTH], proof


def inclusion(folder: LogFolder, verifier: Verifier, index: int) -> tuple[str, int]:
    """The proof alone, which needs no entry, and the size of the tree it is for."""
    note, checkpoint = signed_head(folder, verifier)
    size = checkpoint.size
    if not 0 <= index < size:
        raise IndexError(f"the log has {size} entries")
    return proof_under(folder, note, size, index), size


def proof_under(folder: LogFolder, note: str, size: int, index: int) -> str:
    """The proof that the checkpoint in `note`, over `size` entries, covers an entry."""
    path = inclusion_proof(index, size, Tiles(folder, size).range_hash)
    lines = [_HEADER, f"index {index}", *(b64encode(node).decode() for node in path), "", note]
    return "\n".join(lines)


def check_inclusion(entry: bytes, proof: str, verifier: Verifier) -> Checkpoint:
    """The checkpoint that covers the entry. Raises ProofError or CheckpointError if none does."""
    head, _, note = proof.partition("\n\n")
    checkpoint = verifier.open(note)
    try:
        header, position, *path = head.split("\n")
        index = int(position.removeprefix("index "))
        nodes = [b64decode(node, validate=True) for node in path]
    except (ValueError, Base64Error) as error:
        raise ProofError("not a proof of inclusion") from error
    root = root_from_inclusion(leaf_hash(entry), index, checkpoint.size, nodes)
    if header != _HEADER or root != checkpoint.root:
        raise ProofError(f"this is not entry {index} of {checkpoint.origin}")
    return checkpoint


def prove_consistency(
    folder: LogFolder, verifier: Verifier, old: int
) -> tuple[Checkpoint, list[bytes]]:
    """The log's checkpoint, and the proof that it extends the tree of its first `old` entries."""
    _, checkpoint = signed_head(folder, verifier)
    return checkpoint, consistency(folder, old, checkpoint.size)


def consistency(folder: LogFolder, old: int, size: int) -> list[bytes]:
    """The proof that the tree of the log's first `size` entries extends that of its first `old`.
    Raises FileNotFoundError for a missing tile."""
    return consistency_proof(old, size, Tiles(folder, size).range_hash)


def check_consistency(old: Checkpoint, new: Checkpoint, proof: list[bytes]) -> None:
    """Raises ProofError if `new` does not extend `old`."""
    if not is_consistent(old.size, old.root, new.size, new.root, proof):
        raise ProofError(f"the log of {new.size} entries does not extend that of {old.size}")
