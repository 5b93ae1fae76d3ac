import pytest

from beholden.engines.records.database import sqlite_url
from beholden.engines.records.engine import SqlRecords
from beholden.engines.records.purge import Purger
from beholden.testing.clock import FakeClock
from beholden.testing.faces import MODEL_VERSION, a_face
from beholden.testing.vault import FakeVault

pytestmark = pytest.mark.slow


@pytest.fixture
def records(tmp_path):
    records = SqlRecords(sqlite_url(tmp_path / "records.db"), FakeVault(), FakeClock())
    yield records
    records.close()


@pytest.fixture
def doomed_no(records):
    """The number of a collection with 10 faces, a user and no data key."""
    staff = records.collections.create("staff", "arn", MODEL_VERSION, {})
    faces = records.faces.add(staff, [a_face(seed) for seed in range(10)], 100)
    user = records.users.create(staff, "ann", None)
    now = records.collections.get("staff")
    records.users.associate(now, user, [face.no for face in faces], None)
    with records._database.writing() as connection:
        connection.exec_driver_sql("DELETE FROM collections")
        connection.exec_driver_sql(f"INSERT INTO doomed VALUES ({staff.no})")
    return staff.no


def rows(records):
    with records._database.reading() as connection:
        return [
            connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar()
            for table in ("vectors", "faces", "users", "doomed")
        ]


def test_a_small_collection_is_gone_at_once(records, doomed_no):
    purger = Purger(records._database, FakeVault(), step=4)
    purger.purge(doomed_no)
    assert rows(records) == [0, 0, 0, 0]
    purger.close()


def test_a_large_one_is_gone_soon(records, doomed_no):
    purger = Purger(records._database, FakeVault(), step=1, steps_at_once=2)
    purger.purge(doomed_no)
    purger.wait()
    assert rows(records) == [0, 0, 0, 0]
    purger.close()


def test_what_was_not_finished_is_finished_after_the_next_start(records, doomed_no, tmp_path):
    purger = Purger(records._database, FakeVault(), step=1, steps_at_once=2)
    purger._purge_step(doomed_no)
    assert rows(records) == [10, 10, 1, 1]
    purger.close()
    again = SqlRecords(sqlite_url(tmp_path / "records.db"), FakeVault(), FakeClock())
    again.sweep()
    assert rows(again) == [0, 0, 0, 0]
    again.close()


def test_closing_twice_is_safe(records):
    records.close()
    records.close()
