"""Whatever happens to records, process and disk, the gallery answers as brute force would."""

import tempfile
from itertools import pairwise
from pathlib import Path

import numpy as np
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from beholden.domain.gallery import Changes, GalleryRef, Subject
from beholden.engines.gallery.blocks import Blocks, apply
from beholden.engines.gallery.embedded import EmbeddedGallery
from beholden.engines.gallery.snapshot import Snapshots
from beholden.testing.changes import FakeChangeFeed
from beholden.testing.gallery import FakeGallery, a_grant
from beholden.testing.vault import FakeVault

DIM = 4
REFS = [GalleryRef(no, subject) for no in (1, 2) for subject in Subject]

refs = st.sampled_from(REFS)
numbers = st.integers(1, 60)
seeds = st.integers(0, 5)


def vectors(nos, seed):
    """Few distinct vectors, so that ties are common."""
    choices = np.random.default_rng(seed).standard_normal((3, DIM)).astype(np.float32)
    choices /= np.linalg.norm(choices, axis=1, keepdims=True)
    return {no: choices[no % 3].astype(np.float16) for no in nos}


class GalleryMachine(RuleBasedStateMachine):
    """`forgetting` collections is for records; here the feed always knows them."""

    @initialize(batch=st.sampled_from([3, 50, 10_000]), memory=st.sampled_from([0, 500, 1 << 30]))
    def start(self, batch, memory):
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name)
        self.vault = FakeVault()
        for no in (1, 2):
            self.vault.create(f"key-{no}")
        self.feed = FakeChangeFeed(batch)
        self.oracle = FakeGallery(self.feed)
        self.memory = memory
        self.kept = {}
        self.gallery = self.opened()

    def opened(self):
        snapshots = Snapshots(self.path, self.vault, "key-{}".format)
        return EmbeddedGallery(self.feed, snapshots, memory_bytes=self.memory, snapshot_rows=10)

    @rule(ref=refs, nos=st.sets(numbers, max_size=20), seed=seeds)
    def put(self, ref, nos, seed):
        self.feed.put(ref, vectors(nos, seed))

    @rule(ref=refs, first=numbers, count=st.integers(1, 3000), seed=seeds)
    def put_many(self, ref, first, count, seed):
        self.feed.put(ref, vectors(range(first, first + 2 * count, 2), seed))

    @rule(ref=refs, nos=st.sets(numbers, max_size=20))
    def drop(self, ref, nos):
        self.feed.drop(ref, sorted(nos))

    @rule(ref=refs, keep=st.integers(0, 50))
    def drop_most(self, ref, keep):
        self.feed.drop(ref, list(self.feed.held(ref))[keep:])

    @rule(
        ref=refs,
        seed=seeds,
        count=st.integers(1, 3),
        limit=st.sampled_from([1, 3, 30, 4096]),
        min_score=st.sampled_from([-1.0, 0.0, 0.5, 0.999]),
    )
    def search(self, ref, seed, count, limit, min_score):
        probes = np.array(list(vectors(range(count), seed).values()), np.float32)
        asked = (a_grant(), ref, probes, limit, min_score)
        assert self.gallery.search(*asked) == self.oracle.search(*asked)

    @rule()
    def restart(self):
        self.gallery.close()
        self.gallery = self.opened()

    @rule()
    def crash(self):
        """Nothing is written at the end; what is on disk already stays."""
        kept = {path: path.read_bytes() for path in self.snapshots()}
        self.gallery.close()
        for path in self.snapshots():
            path.unlink()
        for path, data in kept.items():
            path.write_bytes(data)
        self.gallery = self.opened()

    @rule(collection_no=st.integers(1, 3))
    def forget(self, collection_no):
        self.gallery.forget(collection_no)

    @rule()
    def keep_old_snapshots(self):
        self.kept = {path: path.read_bytes() for path in self.snapshots()}

    @rule()
    def restart_with_old_snapshots(self):
        self.gallery.close()
        for path, data in self.kept.items():
            path.write_bytes(data)
        self.gallery = self.opened()

    @rule(harm=st.sampled_from(["lose", "cut", "alter", "swap"]), at=st.floats(0, 0.999))
    def restart_with_harmed_snapshots(self, harm, at):
        self.gallery.close()
        paths = self.snapshots()
        contents = [path.read_bytes() for path in paths]
        for path, data, other in zip(paths, contents, contents[1:] + contents[:1], strict=True):
            spot = int(len(data) * at)
            if harm == "lose":
                path.unlink()
            elif harm == "cut":
                path.write_bytes(data[:spot])
            elif harm == "alter":
                altered = bytes(byte ^ 1 for byte in data[spot : spot + 1])
                path.write_bytes(data[:spot] + altered + data[spot + 1 :])
            else:
                path.write_bytes(other)
        self.gallery = self.opened()

    def snapshots(self):
        return sorted(self.path.glob("*.snap"))

    def teardown(self):
        if hasattr(self, "gallery"):
            self.gallery.close()
            self.folder.cleanup()


TestGallery = GalleryMachine.TestCase
TestGallery.settings = settings(
    max_examples=40,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)

batches = st.lists(
    st.tuples(st.lists(st.integers(0, 40), max_size=15), st.sets(st.integers(0, 40), max_size=8)),
    max_size=25,
)


NEIGHBOURS_SHRINK = [
    ([8, 9, 10, 11, 12], set()),
    ([0, 2, 6, 7], set()),
    ([1, 3, 4, 5], set()),
    ([], {0, 3, 5}),
    ([], {1, 2, 9}),
]


@given(batches)
@example(NEIGHBOURS_SHRINK)
def test_blocks_hold_what_a_dict_would_and_stay_well_filled(batches):
    blocks, held = Blocks(), {}
    for step, (put, drop) in enumerate(batches):
        dropped = sorted(drop - set(put))
        rows = np.array([[no, step, at] for at, no in enumerate(put)], np.float16).reshape(-1, 3)
        before, copies = (
            blocks.all,
            [(block.nos.copy(), block.vectors.copy()) for block in blocks.all],
        )
        changes = Changes(np.array(put, np.int64), rows, np.array(dropped, np.int64), 0, False)
        blocks = apply(blocks, changes, max_rows=8)
        held.update(zip(put, rows.tolist(), strict=True))
        held = {no: row for no, row in held.items() if no not in dropped}
        found = [
            pair
            for b in blocks.all
            for pair in zip(b.nos.tolist(), b.vectors.tolist(), strict=True)
        ]
        assert found == sorted(held.items())
        assert all(0 < len(block) <= 8 for block in blocks.all)
        assert all(len(a) + len(b) > 4 for a, b in pairwise(blocks.all))
        for block, (nos, vectors_) in zip(before, copies, strict=True):
            np.testing.assert_array_equal(block.nos, nos)
            np.testing.assert_array_equal(block.vectors, vectors_)
