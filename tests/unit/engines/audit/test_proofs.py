import pytest

from beholden.engines.audit.merkle import leaf_hash
from beholden.engines.audit.note import Checkpoint, CheckpointError
from beholden.engines.audit.proofs import (
    ProofError,
    check_consistency,
    check_inclusion,
    prove_consistency,
    prove_inclusion,
)

SIZE = 70


@pytest.fixture
def log(deployment):
    return deployment.grow(SIZE)


def test_a_proof_is_what_the_specification_says(log):
    _, proof = prove_inclusion(log.folder, log.verifier, 3)
    head, _, note = proof.partition("\n\n")
    lines = head.split("\n")
    assert lines[:2] == ["c2sp.org/tlog-proof@v1", "index 3"]
    assert len(lines) == 2 + 7
    assert note == (log.folder / "checkpoint").read_text()


def test_the_only_entry_needs_no_path(deployment):
    log = deployment.grow(1)
    entry, proof = prove_inclusion(log.folder, log.verifier, 0)
    assert check_inclusion(entry, proof, log.verifier).root == leaf_hash(entry)


@pytest.mark.parametrize("index", [-1, SIZE])
def test_what_is_not_in_the_log_has_no_proof(log, index):
    with pytest.raises(IndexError):
        prove_inclusion(log.folder, log.verifier, index)


def test_another_entry_is_not_proved(log):
    entry, proof = prove_inclusion(log.folder, log.verifier, 3)
    with pytest.raises(ProofError):
        check_inclusion(entry + b" ", proof, log.verifier)


@pytest.mark.parametrize(
    ("old", "new", "error"),
    [
        ("index 3", "index 4", ProofError),
        ("index 3", "index -3", ProofError),
        ("index 3", "index x", ProofError),
        ("@v1", "@v2", ProofError),
        ("\n70\n", "\n71\n", CheckpointError),
    ],
)
def test_an_altered_proof_proves_nothing(log, old, new, error):
    entry, proof = prove_inclusion(log.folder, log.verifier, 3)
    with pytest.raises(error):
        check_inclusion(entry, proof.replace(old, new), log.verifier)


def test_a_missing_bundle_is_said(log):
    (log.folder / "tile/entries/000.p/70").unlink()
    with pytest.raises(FileNotFoundError, match="entry 3"):
        prove_inclusion(log.folder, log.verifier, 3)


def test_a_missing_tile_is_said(log):
    (log.folder / "tile/0/000.p/70").unlink()
    with pytest.raises(FileNotFoundError):
        prove_inclusion(log.folder, log.verifier, 3)


def test_a_rewritten_history_is_not_consistent(log):
    new, proof = prove_consistency(log.folder, log.verifier, 50)
    with pytest.raises(ProofError, match="does not extend"):
        check_consistency(Checkpoint(new.origin, 50, bytes(32)), new, proof)
