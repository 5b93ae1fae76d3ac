"""The Merkle tree of RFC 6962, section 2.1 (RFC 9162 keeps it): hashes, roots and proofs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import sha256

# Hash of the leaves first..last-1 as one (sub)tree.
RangeHash = Callable[[int, int], bytes]

EMPTY_ROOT = sha256(b"").digest()


def leaf_hash(entry: bytes) -> bytes:
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


def tree_root(hashes: Sequence[bytes]) -> bytes:
    """MTH over nodes instead of leaves.

    All but the last must be roots of perfect trees of one height, the last of any tree that is no
    higher: then the result is the root over all their leaves.
    """
    if not hashes:
        return EMPTY_ROOT
    level = list(hashes)
    while len(level) > 1:
        pairs = [node_hash(level[i], level[i + 1]) for i in range(0, len(level) - 1, 2)]
        level = pairs + level[len(pairs) * 2 :]
    return level[0]


def split(count: int) -> int:
    """The largest power of two smaller than `count` (RFC 6962's k), for count > 1."""
    return 1 << ((count - 1).bit_length() - 1)


def inclusion_proof(index: int, size: int, range_hash: RangeHash) -> list[bytes]:
    """RFC 9162, section 2.1.3.1: the path of leaf `index` in the tree of `size` leaves."""
    return _path(index, 0, size, range_hash)


def _path(index: int, first: int, last: int, range_hash: RangeHash) -> list[bytes]:
    if last - first == 1:
        return []
    middle = first + split(last - first)
    if index < middle:
        return [*_path(index, first, middle, range_hash), range_hash(middle, last)]
    return [*_path(index, middle, last, range_hash), range_hash(first, middle)]


def consistency_proof(old: int, size: int, range_hash: RangeHash) -> list[bytes]:
    """RFC 9162, section 2.1.4.1: that the tree of `size` leaves extends that of `old` leaves."""
    return _extension(old, 0, size, True, range_hash) if 0 < old < size else []


def _extension(old: int, first: int, last: int, whole: bool, hash_of: RangeHash) -> list[bytes]:
    """SUBPROOF: `whole` says that first..old is the complete old tree, known to the verifier."""
    if old == last:
        return [] if whole else [hash_of(first, last)]
    middle = first + split(last - first)
    if old <= middle:
        return [*_extension(old, first, middle, whole, hash_of), hash_of(middle, last)]
    return [*_extension(old, middle, last, False, hash_of), hash_of(first, middle)]


def root_from_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes]) -> bytes | None:
    """RFC 9162, section 2.1.3.2: the root that the proof leads to; None if it cannot be one."""
    node, last, root = index, size - 1, leaf
    if not 0 <= index < size:
        return None
    for sibling in proof:
        if last == 0:
            return None
        if node & 1 or node == last:
            root = node_hash(sibling, root)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            root = node_hash(root, sibling)
        node, last = node >> 1, last >> 1
    return root if last == 0 else None


def is_consistent(
    old: int, old_root: bytes, size: int, root: bytes, proof: Sequence[bytes]
) -> bool:
    """RFC 9162, section 2.1.4.2: whether the proof shows that nothing before `old` changed."""
    if old == 0:
        return old_root == EMPTY_ROOT and not proof and (size > 0 or root == EMPTY_ROOT)
    if old >= size:
        return old == size and old_root == root and not proof
    path = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    if not path:
        return False
    node, last = old - 1, size - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    old_hash = new_hash = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if node & 1 or node == last:
            old_hash, new_hash = node_hash(sibling, old_hash), node_hash(sibling, new_hash)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            new_hash = node_hash(new_hash, sibling)
        node, last = node >> 1, last >> 1
    return last == 0 and old_hash == old_root and new_hash == root
