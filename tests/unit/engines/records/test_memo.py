"""What is remembered is what stands in the database, whoever changed it."""

import pytest

from beholden.domain.gallery import GalleryRef, Subject
from beholden.engines.records.database import Database, sqlite_url
from beholden.engines.records.engine import SqlRecords
from beholden.engines.records.memo import Memo
from beholden.engines.records.migrate import migrate
from beholden.testing.clock import FakeClock
from beholden.testing.faces import MODEL_VERSION, a_face
from beholden.testing.vault import FakeVault


@pytest.fixture
def url(tmp_path):
    return sqlite_url(tmp_path / "records.db")


@pytest.mark.parametrize("who", ["here", "elsewhere"])
def test_it_is_read_once_until_somebody_commits(url, who):
    databases = {"here": Database(url, migrate), "elsewhere": Database(url, migrate)}
    reads = []
    memo = Memo(databases["here"])

    def ask():
        return memo.get("key", lambda key: reads.append(key) or len(reads))

    assert [ask(), ask()] == [1, 1]
    with databases[who].writing() as connection:
        connection.exec_driver_sql("INSERT INTO doomed (collection_no) VALUES (7)")
    assert [ask(), ask()] == [2, 2]
    for database in databases.values():
        database.close()


def test_a_key_that_another_process_disabled_is_disabled_here(url):
    vault, clock = FakeVault(), FakeClock()
    here, elsewhere = SqlRecords(url, vault, clock), SqlRecords(url, vault, clock)
    key, secret = elsewhere.keys.create("ann", "operator", "door")
    assert here.keys.find(key.key_id) == (key, secret)
    elsewhere.keys.disable(key.key_id)
    found = here.keys.find(key.key_id)
    assert found is not None
    assert found[0].disabled_at is not None
    here.close()
    elsewhere.close()


def test_a_face_that_another_process_enrolled_is_among_the_changes_here(url):
    vault, clock = FakeVault(), FakeClock()
    here, elsewhere = SqlRecords(url, vault, clock), SqlRecords(url, vault, clock)
    staff = elsewhere.collections.create("staff", "arn", MODEL_VERSION, {})
    ref = GalleryRef(staff.no, Subject.FACE)
    seq = here.changes.changes(ref, 0).seq
    (face,) = elsewhere.faces.add(staff, [a_face(1)], 9)
    assert here.changes.changes(ref, seq).put_nos.tolist() == [face.no]
    for records in (here, elsewhere):
        records.close()
