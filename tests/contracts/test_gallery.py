"""What every gallery promises, checked on the real engine and on the fake."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from beholden.domain.errors import AccessDenied
from beholden.domain.gallery import GalleryRef, Subject
from beholden.engines.gallery.embedded import EmbeddedGallery
from beholden.engines.gallery.snapshot import Snapshots
from beholden.ports.gallery import Gallery
from beholden.testing.changes import FakeChangeFeed
from beholden.testing.gallery import FakeGallery, a_grant
from beholden.testing.vault import FakeVault

DIM = 16
FACES = GalleryRef(7, Subject.FACE)
USERS = GalleryRef(7, Subject.USER)
GRANT = a_grant()


@dataclass
class Case:
    feed: FakeChangeFeed
    gallery: Gallery

    def found(self, probe, limit=10, min_score=-1.0, ref=FACES):
        (candidates,) = self.gallery.search(GRANT, ref, probe[None], limit, min_score)
        return [(candidate.subject_no, candidate.score) for candidate in candidates]

    def nos(self, probe, **options):
        return [no for no, _ in self.found(probe, **options)]


@pytest.fixture(params=["embedded", "embedded, three threads", "fake"])
def case(request, tmp_path: Path):
    feed = FakeChangeFeed(batch=700)
    if request.param == "fake":
        yield Case(feed, FakeGallery(feed))
        return
    vault = FakeVault()
    vault.create("key-7")
    snapshots = Snapshots(tmp_path, vault, "key-{}".format)
    threads = 3 if "three" in request.param else 1
    gallery = EmbeddedGallery(feed, snapshots, memory_bytes=1 << 30, threads=threads)
    yield Case(feed, gallery)
    gallery.close()


def units(count: int, seed: int = 0):
    """(count, DIM) unit vectors, float32."""
    vectors = np.random.default_rng(seed).standard_normal((count, DIM), dtype=np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def templates(nos, seed: int = 0):
    return dict(zip(nos, units(len(nos), seed).astype(np.float16), strict=True))


def oracle(held, probe, limit, min_score=-1.0):
    nos = np.array(list(held))
    vectors = np.array(list(held.values()))
    scores = (vectors.astype(np.float64) @ probe.astype(np.float64)).astype(np.float32)
    order = [i for i in np.lexsort((nos, -scores)) if scores[i] >= min_score][:limit]
    return [(int(nos[i]), float(scores[i])) for i in order]


def test_unknown_and_empty_galleries_have_no_candidates(case):
    assert case.found(units(1)[0]) == []
    case.feed.put(USERS, templates([1]))
    assert case.found(units(1)[0]) == []


def test_every_template_is_looked_at(case):
    case.feed.put(FACES, templates(range(1, 5001)))
    held = case.feed.held(FACES)
    for probe in units(5, seed=1):
        assert case.found(probe, limit=50) == oracle(held, probe, 50)


@pytest.mark.parametrize("limit", [0, 1, 4096, 10_000])
def test_limit(case, limit):
    case.feed.put(FACES, templates(range(1, 5001)))
    probe = units(1, seed=1)[0]
    assert case.found(probe, limit=limit) == oracle(case.feed.held(FACES), probe, limit)


def test_minimum_score_is_inclusive(case):
    case.feed.put(FACES, templates(range(1, 301)))
    probe = units(1, seed=1)[0]
    everybody = case.found(probe, limit=300)
    _, score = everybody[40]
    assert case.found(probe, limit=300, min_score=score) == everybody[:41]
    above = float(np.nextafter(np.float32(score), np.float32(2)))
    assert case.found(probe, limit=300, min_score=above) == everybody[:40]
    assert case.found(probe, limit=300, min_score=1.1) == []


@pytest.mark.parametrize("probes", [0, 2, 40])
def test_many_probes_are_answered_in_order(case, probes):
    case.feed.put(FACES, templates(range(1, 3001)))
    wanted = units(probes, seed=2)
    answers = case.gallery.search(GRANT, FACES, wanted, 9, 0.3)
    assert [[(c.subject_no, c.score) for c in answer] for answer in answers] == [
        oracle(case.feed.held(FACES), probe, 9, 0.3) for probe in wanted
    ]


def test_ties_go_to_the_lower_number_even_at_the_limit(case):
    vector, other = units(2).astype(np.float16)
    nos = [int(no) for no in np.random.default_rng(3).permutation(4000)]
    case.feed.put(FACES, {no: vector if no % 3 else other for no in nos})
    probe = vector.astype(np.float32)
    first = [no for no in range(4000) if no % 3]
    assert case.nos(probe, limit=7) == first[:7]
    assert case.nos(probe, limit=2000) == first[:2000]


def test_committed_changes_are_seen_by_the_next_search(case):
    one, two, three = units(3)
    case.feed.put(FACES, {5: one.astype(np.float16), 9: two.astype(np.float16)})
    assert case.nos(one, limit=1) == [5]
    case.feed.put(FACES, {5: three.astype(np.float16)})
    assert case.nos(three, limit=1) == [5]
    assert case.nos(one, min_score=0.99) == []
    case.feed.drop(FACES, [5])
    assert case.nos(three) == [9]
    case.feed.put(FACES, {5: one.astype(np.float16)})
    assert case.nos(one, limit=1) == [5]
    case.feed.drop(FACES, [5, 9])
    assert case.nos(one) == []


def test_galleries_do_not_mix(case):
    one, two = units(2)
    case.feed.put(FACES, {1: one.astype(np.float16)})
    case.feed.put(USERS, {1: two.astype(np.float16)})
    case.feed.put(GalleryRef(8, Subject.FACE), {2: one.astype(np.float16)})
    assert [no for no, _ in case.found(one, ref=FACES)] == [1]
    assert case.found(two, ref=USERS)[0][1] > 0.99
    assert case.found(two, ref=FACES)[0][1] < 0.99


def test_forget_is_harmless_while_records_know_the_collection(case):
    case.feed.put(FACES, templates(range(10)))
    probe = units(1)[0]
    before = case.found(probe)
    case.gallery.forget(7)
    case.gallery.forget(12345)
    assert case.found(probe) == before


def test_a_forgotten_collection_is_gone(case):
    case.feed.put(FACES, templates(range(10)))
    assert case.found(units(1)[0])
    case.feed.delete(7)
    case.gallery.forget(7)
    assert case.found(units(1)[0]) == []


def test_close_twice(case):
    case.feed.put(FACES, templates(range(10)))
    case.found(units(1)[0])
    case.gallery.close()
    case.gallery.close()


def test_a_grant_must_allow(case):
    with pytest.raises(AccessDenied):
        case.gallery.search(a_grant(allowed=False), FACES, units(1), 1, 0.0)


def test_searches_and_changes_at_once(case):
    """Each search sees at least what was committed before it, and never a dropped number."""
    probe = units(1)[0]
    case.feed.put(FACES, {no: probe.astype(np.float16) for no in range(100)})

    def change(no):
        case.feed.put(FACES, {1000 + no: probe.astype(np.float16)})
        case.feed.drop(FACES, [no])
        found = set(case.nos(probe, limit=4096))
        return 1000 + no in found and no not in found

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(change, range(60)))
    assert case.nos(probe, limit=4096) == [*range(60, 100), *range(1000, 1060)]
