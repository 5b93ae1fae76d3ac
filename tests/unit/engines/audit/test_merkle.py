"""Known answers are those of the certificate-transparency reference implementation."""

import itertools

import pytest

from beholden.engines.audit.merkle import (
    EMPTY_ROOT,
    consistency_proof,
    inclusion_proof,
    is_consistent,
    leaf_hash,
    root_from_inclusion,
    tree_root,
)

ENTRIES = [
    bytes.fromhex(entry)
    for entry in [
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    ]
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
LEAVES = [leaf_hash(entry) for entry in ENTRIES]


def range_hash(first, last):
    return tree_root(LEAVES[first:last])


@pytest.mark.parametrize("size", range(9))
def test_roots(size):
    assert tree_root(LEAVES[:size]).hex() == ROOTS[size]


def test_the_empty_tree():
    assert EMPTY_ROOT.hex() == ROOTS[0]


def test_an_inclusion_proof():
    proof = [node.hex() for node in inclusion_proof(5, 8, range_hash)]
    assert proof == [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]


def test_a_consistency_proof():
    proof = [node.hex() for node in consistency_proof(6, 8, range_hash)]
    assert proof == [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]


def test_every_inclusion_proof_holds_and_no_other():
    for size in range(1, 9):
        for index, other in itertools.product(range(size), range(size)):
            proof = inclusion_proof(index, size, range_hash)
            root = root_from_inclusion(LEAVES[other], index, size, proof)
            assert (root == tree_root(LEAVES[:size])) == (index == other)


def test_every_consistency_proof_holds_and_none_over_a_changed_history():
    changed = [leaf_hash(b"changed"), *LEAVES[1:]]
    for size in range(9):
        for old in range(size + 1):
            proof = consistency_proof(old, size, range_hash)
            roots = tree_root(LEAVES[:old]), tree_root(LEAVES[:size])
            assert is_consistent(old, roots[0], size, roots[1], proof)
            if old:
                assert not is_consistent(old, tree_root(changed[:old]), size, roots[1], proof)
                assert not is_consistent(old, roots[0], size, roots[1], [*proof, roots[0]])


@pytest.mark.parametrize(("index", "size"), [(-1, 4), (4, 4), (0, 0)])
def test_an_index_outside_the_tree_proves_nothing(index, size):
    assert root_from_inclusion(LEAVES[0], index, size, []) is None


def test_a_longer_proof_proves_nothing():
    proof = [*inclusion_proof(2, 4, range_hash), LEAVES[0]]
    assert root_from_inclusion(LEAVES[2], 2, 4, proof) is None


def test_an_older_tree_is_no_extension():
    assert not is_consistent(4, tree_root(LEAVES[:4]), 3, tree_root(LEAVES[:3]), [])
