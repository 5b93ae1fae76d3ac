"""However a log grew, it is the tree that RFC 6962 defines over its entries, and proves it."""

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from beholden.engines.audit.keys import load_signer
from beholden.engines.audit.merkle import leaf_hash, node_hash, split
from beholden.engines.audit.note import Checkpoint
from beholden.engines.audit.proofs import (
    check_consistency,
    check_inclusion,
    prove_consistency,
    prove_inclusion,
)
from beholden.engines.audit.records import encode
from beholden.engines.audit.verify import verify
from beholden.engines.audit.writer import LogWriter
from beholden.testing.audit import a_record


def tree_hash(leaves):
    """RFC 6962, section 2.1, word for word."""
    if len(leaves) == 1:
        return leaves[0]
    middle = split(len(leaves))
    return node_hash(tree_hash(leaves[:middle]), tree_hash(leaves[middle:]))


@settings(max_examples=25, deadline=None)
@given(
    batches=st.lists(
        st.one_of(st.integers(1, 40), st.integers(200, 300), st.just(256)), min_size=1, max_size=5
    ),
    restarts=st.sets(st.integers(0, 4)),
    data=st.data(),
)
def test_growth_in_any_batches_and_restarts(batches, restarts, data):
    with tempfile.TemporaryDirectory() as temporary:
        root = Path(temporary)
        signer = load_signer(root / "key", "log.example.org")
        writer, entries, heads = LogWriter(root / "log", signer, root / "head"), [], []
        for number, batch in enumerate(batches):
            if number in restarts:
                writer.close()
                writer = LogWriter(root / "log", signer, root / "head")
            new = [encode(a_record(f"call-{len(entries) + n}")) for n in range(batch)]
            assert writer.append(new) == len(entries)
            writer.publish()
            entries += new
            heads.append((root / "log" / "checkpoint").read_text())
        writer.close()

        leaves = [leaf_hash(entry) for entry in entries]
        last = Checkpoint(signer.origin, len(entries), tree_hash(leaves))
        assert signer.verifier.open(heads[-1]) == last
        assert verify(root / "log", signer.verifier, heads).faults == ()
        index = data.draw(st.integers(0, len(entries) - 1))
        entry, proof = prove_inclusion(root / "log", signer.verifier, index)
        assert entry == entries[index]
        assert check_inclusion(entry, proof, signer.verifier) == last
        old = data.draw(st.integers(1, len(entries)))
        earlier = Checkpoint(signer.origin, old, tree_hash(leaves[:old]))
        check_consistency(earlier, *prove_consistency(root / "log", signer.verifier, old))
