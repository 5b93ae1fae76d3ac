"""What SQLite does when its file or its disk does not behave."""

import os
import sqlite3
import stat
import subprocess
import sys
import threading

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from beholden.domain.errors import OperatorError, QuotaExceeded, ServerError
from beholden.engines.records.database import Database, sqlite_url
from beholden.engines.records.engine import SqlRecords
from beholden.engines.records.migrate import migrate
from beholden.engines.records.schema import metadata
from beholden.testing.clock import FakeClock
from beholden.testing.faces import MODEL_VERSION, a_face
from beholden.testing.vault import FakeVault


@pytest.fixture
def path(tmp_path):
    return tmp_path / "records.db"


def opened(path, vault=None):
    return SqlRecords(sqlite_url(path), vault or FakeVault(), FakeClock())


def test_the_migrations_build_the_tables_of_the_schema(path):
    database = Database(sqlite_url(path), migrate)
    with database.reading() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    database.close()


def test_the_file_is_its_owners_only_and_durable(path):
    records = opened(path)
    records.collections.create("staff", "arn", "m", {})
    files = [path, path.with_name("records.db-wal"), path.with_name("records.db-shm")]
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    with records._database.reading() as connection:
        told = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "secure_delete")
        }
    assert told == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "secure_delete": 1}
    records.close()


@pytest.mark.slow
def test_processes_that_start_at_once_migrate_once(path):
    script = (
        "import sys; from pathlib import Path\n"
        "from beholden.engines.records.database import sqlite_url\n"
        "from beholden.engines.records.engine import SqlRecords\n"
        "from beholden.testing.clock import FakeClock\n"
        "from beholden.testing.vault import FakeVault\n"
        "sys.stdin.read()\n"
        "records = SqlRecords(sqlite_url(Path(sys.argv[1])), FakeVault(), FakeClock())\n"
        "records.collections.create(sys.argv[2], sys.argv[2], 'm', {})"
    )
    running = [
        subprocess.Popen(
            [sys.executable, "-c", script, str(path), f"c{i}"], stdin=subprocess.PIPE, text=True
        )
        for i in range(3)
    ]
    for process in running:
        process.stdin.close()
    assert [process.wait() for process in running] == [0, 0, 0]
    records = opened(path)
    assert sorted(c.collection_id for c in records.collections.list(0, 9)) == [
        "c0",
        "c1",
        "c2",
    ]
    records.close()


def test_a_damaged_file_is_told_at_start(path):
    path.write_bytes(b"not a database at all" * 1000)
    with pytest.raises(OperatorError, match="restore it from a backup"):
        opened(path)


def test_a_missing_folder_is_told_at_start(tmp_path):
    with pytest.raises(OperatorError, match="Check that its folder exists"):
        opened(tmp_path / "nowhere" / "records.db")


def test_records_of_a_newer_version_are_told_at_start(path):
    opened(path).close()
    with sqlite3.connect(path) as driver:
        driver.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(OperatorError, match="another version of Beholden"):
        opened(path)


def test_a_full_disk_is_our_failure_and_loses_nothing(path):
    vault = FakeVault()
    records = opened(path, vault)
    staff = records.collections.create("staff", "arn", MODEL_VERSION, {})
    (face,) = records.faces.add(staff, [a_face(1)], 10)
    with records._database.writing() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
    records.close()
    records = opened(path, vault)
    with records._database.reading() as connection:  # the pool hands this one out again
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(ServerError, match="full"):
        records.faces.add(staff, [a_face(i, details={"x": "y" * 9000}) for i in range(2, 9)], 10)
    assert records.faces.list(staff, 0, 10) == [face]
    records.close()


def test_readers_do_not_wait_for_a_writer(path):
    records = opened(path)
    staff = records.collections.create("staff", "arn", MODEL_VERSION, {})
    with records._database.writing():
        assert records.collections.get("staff") == staff
    records.close()


@pytest.mark.slow
def test_writers_in_many_threads_take_turns(path):
    records = opened(path)
    staff = records.collections.create("staff", "arn", MODEL_VERSION, {})
    refused = []

    def enrol(worker):
        for i in range(5):
            try:
                records.faces.add(staff, [a_face(100 * worker + i)], 30)
            except QuotaExceeded as error:
                refused.append(error)

    workers = [threading.Thread(target=enrol, args=[worker]) for worker in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    now = records.collections.get("staff")
    assert (now.face_count, now.change_seq, len(refused)) == (30, 30, 10)
    assert [face.no for face in records.faces.list(staff, 0, 99)] == list(range(1, 31))
    records.close()


def test_nothing_personal_stands_in_the_file(path):
    records = opened(path)
    staff = records.collections.create("staff", "arn", MODEL_VERSION, {})
    new = a_face(7, external_image_id="JohnDoe", details={"pose": "LookingLeft"})
    records.faces.add(staff, [new], 10)
    _, secret = records.keys.create("ann", "operator", "test")
    records.close()
    stored = b"".join(file.read_bytes() for file in path.parent.glob("records.db*"))
    assert new.face_id.encode() in stored
    hidden = [b"JohnDoe", b"LookingLeft", new.image_digest, new.template.vector.tobytes()]
    for text in [*hidden, secret.encode()]:
        assert text not in stored


def test_a_deleted_face_leaves_no_trace_in_the_file(path):
    records = opened(path)
    staff = records.collections.create("staff", "arn", MODEL_VERSION, {})
    (face,) = records.faces.add(staff, [a_face(7)], 10)
    with records._database.reading() as connection:
        sealed = connection.exec_driver_sql("SELECT sealed FROM vectors").scalar()
    records.faces.delete(staff, [face.face_id])
    records.close()  # the last connection empties the write-ahead log
    stored = b"".join(file.read_bytes() for file in path.parent.glob("records.db*"))
    assert sealed not in stored
    assert face.face_id.encode() not in stored


class DyingVault(FakeVault):
    """Its process dies, so to say, before a key is destroyed."""

    dying = True

    def destroy(self, name):
        if self.dying:
            raise ServerError
        super().destroy(name)


@pytest.mark.slow
def test_a_deletion_that_was_cut_short_is_finished(path):
    vault = DyingVault()
    records = opened(path, vault)
    of_rules = set(vault._keys)
    staff = records.collections.create("staff", "arn", MODEL_VERSION, {})
    records.faces.add(staff, [a_face(1)], 10)
    with pytest.raises(ServerError):
        records.collections.delete("staff")
    records.close()
    vault.dying = False
    records = opened(path, vault)
    records.sweep()
    assert records.collections.list(0, 10) == []
    assert set(vault._keys) == of_rules
    records.sweep()
    with records._database.reading() as connection:
        for table in ("faces", "vectors", "doomed"):
            assert connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar() == 0
    records.close()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_of_another_user_is_told_at_start(path):
    opened(path).close()
    path.chmod(0)
    with pytest.raises(OperatorError, match="belongs to the user"):
        opened(path)
