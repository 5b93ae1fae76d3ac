"""Create, enrol, delete on one collection at once, from threads with connections of their own."""

import threading

import pytest

from beholden.domain.errors import ResourceAlreadyExists, ResourceNotFound
from beholden.domain.gallery import GalleryRef, Subject
from beholden.engines.records.database import sqlite_url
from beholden.engines.records.engine import SqlRecords
from beholden.engines.vault.local import LocalVault
from beholden.testing.clock import FakeClock
from beholden.testing.faces import MODEL_VERSION, a_face

pytestmark = pytest.mark.slow

EXPECTED = (ResourceAlreadyExists, ResourceNotFound)


@pytest.fixture
def two(tmp_path):
    """Two engines on one file, as two processes have them."""
    url = sqlite_url(tmp_path / "records.db")
    engines = [SqlRecords(url, LocalVault(tmp_path), FakeClock()) for _ in range(2)]
    yield engines
    for engine in engines:
        engine.close()


def test_creating_enrolling_and_deleting_at_once_has_one_outcome(two, tmp_path):
    unexpected = []
    enrolled = []

    def again_and_again(step, times):
        for i in range(times):
            try:
                step(i)
            except EXPECTED:
                continue
            except BaseException as error:
                unexpected.append(error)
                raise

    def enrol(records, worker):
        def step(i):
            staff = records.collections.get("staff")
            faces = records.faces.add(staff, [a_face(1000 * worker + i)], 10**6)
            enrolled.extend((staff.no, face.face_id) for face in faces)

        return step

    steps = [
        lambda _: two[0].collections.create("staff", "arn", MODEL_VERSION, {}),
        lambda _: two[1].collections.create("staff", "arn", MODEL_VERSION, {}),
        lambda _: two[0].collections.delete("staff"),
        enrol(two[0], 1),
        enrol(two[1], 2),
        enrol(two[1], 3),
    ]
    two[0].collections.create("staff", "arn", MODEL_VERSION, {})
    times = [25, 25, 25, 100, 100, 100]
    threads = [
        threading.Thread(target=again_and_again, args=pair)
        for pair in zip(steps, times, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert unexpected == []
    assert enrolled
    for collection in two[1].collections.list(0, 9):
        faces = two[1].faces.list(collection, 0, 10**6)
        theirs = {face_id for no, face_id in enrolled if no == collection.no}
        assert {face.face_id for face in faces} == theirs
        assert collection.face_count == len(faces)
        changes = two[0].changes.changes(GalleryRef(collection.no, Subject.FACE), 0)
        assert changes.put_nos.tolist() == [face.no for face in faces]
    for engine in two:
        engine.sweep()
    left = two[0].collections.list(0, 9)
    lots = sum(collection.face_count > 0 for collection in left)
    kept = len(list((tmp_path / "datakeys").iterdir()))
    assert kept == len(left) + lots
