"""What is deleted from a lot ends with the lot's key: a copy of the file can be read no more."""

import json
import shutil
from datetime import timedelta

import numpy as np
import pytest
from alembic import command
from alembic.config import Config

from beholden.domain.errors import BeholdenError
from beholden.domain.face import Hold
from beholden.domain.gallery import GalleryRef, Subject
from beholden.engines.records import lots, resealing
from beholden.engines.records.database import Database, sqlite_url
from beholden.engines.records.engine import SqlRecords
from beholden.engines.records.face_rows import face_salt, subject_hash
from beholden.engines.records.migrate import SCRIPTS
from beholden.engines.records.sealing import data_key
from beholden.engines.vault.local import LocalVault
from beholden.testing.clock import FakeClock
from beholden.testing.faces import MODEL_VERSION, a_face, a_vector

pytestmark = pytest.mark.slow


class Home:
    def __init__(self, folder):
        self.folder = folder
        self.clock = FakeClock()
        self.records = self.open("records.db")
        self._of_rules = self._keys()
        self.staff = self.records.collections.create("staff", "arn", MODEL_VERSION, {})

    def open(self, name):
        return SqlRecords(sqlite_url(self.folder / name), LocalVault(self.folder), self.clock)

    def enrol(self, seeds, **terms):
        faces = [a_face(seed, external_image_id=f"id-{seed}", **terms) for seed in seeds]
        return self.records.faces.add(self.staff, faces, 10**6)

    def keys(self):
        """Of collections and lots."""
        return self._keys() - self._of_rules

    def _keys(self):
        return {path.name for path in (self.folder / "datakeys").iterdir()}

    def backup(self):
        """A copy of the database as it is, with the keys of the original."""
        with self.records._database.writing() as connection:
            connection.exec_driver_sql("SELECT 1")
            for path in self.folder.glob("records.db*"):
                shutil.copy(path, self.folder / path.name.replace("records", "backup"))
        return self.open("backup.db")


@pytest.fixture
def home(tmp_path):
    made = Home(tmp_path)
    yield made
    made.records.close()


def test_faces_share_lots_until_they_are_full(home, monkeypatch):
    monkeypatch.setattr(lots, "SIZE", 4)
    home.enrol(range(3))
    home.enrol(range(3, 11))
    assert len(home.keys()) == 1 + 3
    home.enrol([20], purpose="gym")
    assert len(home.keys()) == 1 + 4


def test_a_deleted_face_is_unreadable_in_a_backup_and_the_others_live(home):
    gone, held, stays = home.enrol([1, 2, 3])
    home.records.faces.hold(home.staff, [held.face_id], Hold.KEPT)
    old = home.backup()
    before = home.keys()
    home.records.faces.delete(home.staff, [gone.face_id])
    assert not home.records.retention.renewable(home.clock.now() - timedelta(seconds=1))
    (destroyed,) = home.records.retention.renew(home.clock.now())
    assert (destroyed.sealed_anew, len(before - home.keys())) == (2, 1)
    assert home.records.retention.renew(home.clock.now()) == []
    with pytest.raises(BeholdenError):
        old.faces.list(home.staff, 0, 9)
    with pytest.raises(BeholdenError):
        old.faces.embeddings(home.staff, [gone.no])
    with pytest.raises(BeholdenError):
        old.changes.changes(GalleryRef(home.staff.no, Subject.FACE), 0)
    old.close()
    assert [f.external_image_id for f in home.records.faces.list(home.staff, 0, 9)] == [
        "id-2",
        "id-3",
    ]
    home.records.faces.hold(home.staff, [held.face_id], None)
    np.testing.assert_array_equal(
        home.records.faces.embeddings(home.staff, [held.no, stays.no]),
        np.stack([a_vector(2), a_vector(3)]).astype(np.float32),
    )


def test_every_version_of_a_users_template_ends_with_a_face_of_it(home):
    one, two = home.enrol([1, 2])
    user = home.records.users.create(home.staff, "ann", None)
    for face in (one, two):
        staff = home.records.collections.get("staff")
        home.records.users.associate(staff, user, [face.no], None)
    old = home.backup()
    home.records.faces.delete(home.staff, [one.face_id])
    assert len(home.records.retention.renew(home.clock.now())) == 2
    with pytest.raises(BeholdenError):
        old.users.embedding(home.staff, user)
    old.close()
    template = home.records.users.embedding(home.staff, user)
    np.testing.assert_array_equal(template, a_vector(2).astype(np.float32))


def test_a_large_lot_is_sealed_anew_in_steps(home, monkeypatch):
    monkeypatch.setattr(resealing, "STEP", 7)
    faces = home.enrol(range(40))
    home.records.faces.delete(home.staff, [faces[0].face_id])
    (destroyed,) = home.records.retention.renew(home.clock.now())
    assert destroyed.sealed_anew == 39
    assert len(home.records.faces.list(home.staff, 0, 99)) == 39


def test_what_a_crash_leaves_half_done_is_finished(home, monkeypatch):
    gone, *_ = home.enrol(range(3))
    home.records.faces.delete(home.staff, [gone.face_id])
    vault = home.records.retention._vault
    monkeypatch.setattr(vault, "destroy", lambda name: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        home.records.retention.renew(home.clock.now())
    monkeypatch.undo()
    assert home.records.retention.renew(home.clock.now())[0].sealed_anew == 0
    assert len(home.records.faces.list(home.staff, 0, 9)) == 2


def test_readers_go_on_while_lots_are_sealed_anew(home):
    gone, *rest = home.enrol(range(3))
    home.records.faces.delete(home.staff, [gone.face_id])
    vault = home.records.faces._vault
    opened, pending = vault.open, [lambda: home.records.retention.renew(home.clock.now())]

    def renewed_meanwhile(name, sealed, contexts):
        if pending:
            pending.pop()()
        return opened(name, sealed, contexts)

    vault.open = renewed_meanwhile
    assert home.records.faces.list(home.staff, 0, 9) == rest


def test_the_keys_of_a_deleted_collection_are_all_gone(home):
    home.enrol(range(3))
    home.enrol([9], purpose="gym")
    old = home.backup()
    home.records.collections.delete("staff")
    home.records.sweep()
    assert home.keys() == set()
    with pytest.raises(BeholdenError):
        old.faces.list(home.staff, 0, 9)
    old.close()


def first_version(connection):
    """The tables before there were lots."""
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(SCRIPTS))
    command.upgrade(config, "0004_leads")


def test_what_the_first_version_sealed_is_sealed_anew(tmp_path):
    vault, clock = LocalVault(tmp_path), FakeClock()
    url = sqlite_url(tmp_path / "records.db")
    database = Database(url, first_version)
    vault.create(data_key(1))
    told = {"external_image_id": "ann", "box_ratio": [0, 0, 1, 1], "confidence": 1, "details": {}}
    (about,) = vault.seal(data_key(1), [json.dumps(told).encode()], [b"about:1"])
    (vector,) = vault.seal(data_key(1), [a_vector(1).tobytes()], [b"face:1:test-1"])
    with database.writing() as connection:
        run = connection.exec_driver_sql
        run("INSERT INTO collections VALUES (1, 'staff', 'arn', 'test-1', '2023-12-01', 1, 1, 0)")
        run("INSERT INTO bindings VALUES (1, 'door')")
        run("INSERT INTO faces VALUES (1, 1, 'face-1', 'image-1', NULL, x'00', ?)", (about,))
        run("INSERT INTO vectors VALUES (1, 1, 'face', 1, 0.5, ?)", (vector,))
    database.close()
    records = SqlRecords(url, vault, clock, trust=lambda rows: None)
    (kept,) = records.retention.kept()
    assert (kept.purpose, kept.faces, kept.first_at.isoformat()[:10]) == ("door", 1, "2023-12-01")
    staff = records.collections.get("staff")
    for _ in range(2):
        assert records.faces.list(staff, 0, 9)[0].external_image_id == "ann"
        np.testing.assert_array_equal(records.faces.embeddings(staff, [1])[0], a_vector(1))
        records.retention.renew(clock.now())
    with records._database.reading() as connection:
        lot, hashed = connection.exec_driver_sql("SELECT lot, subject_hash FROM faces").one()
    assert lot
    assert hashed == subject_hash(face_salt(vault), "ann")
    assert not records.retention.renewable(clock.now())
    records.close()
