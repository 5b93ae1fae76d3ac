"""Rule 14: retention ends by itself; move the clock, and look for the bytes in every store."""

import shutil
import time
from datetime import timedelta
from functools import partial

import numpy as np
import pytest
from sqlalchemy import create_engine, text

from beholden.domain.errors import AccessDenied, BeholdenError, InvalidParameter
from beholden.domain.gallery import GalleryRef, Subject
from beholden.engines.gallery.snapshot import Snapshots
from beholden.engines.records.database import sqlite_url
from beholden.engines.records.engine import SqlRecords
from beholden.engines.records.sealing import data_key
from beholden.engines.vault.local import LocalVault
from beholden.gate.sweeps import Sweep, sweeper
from beholden.operations.retention import overdue
from beholden.testing.clock import FakeClock

from .conftest import House

SUBJECT = "ann-of-cleves"


class Home(House):
    """A house with a clock; `door` is the purpose and the collection of one test."""

    def __init__(self, folder):
        super().__init__(folder, "personal", FakeClock())
        self.admin = self.as_("admin", "rules")

    def new(self, name, **terms):
        self.door = name
        terms = {"Basis": "contract", "RetentionDays": 30} | terms
        self.admin("beholden:PutPurpose", Name=name, **terms)
        self.call("CreateCollection")

    def call(self, operation, **request):
        return self.as_("operator", self.door)(operation, CollectionId=self.door, **request)

    def enrol(self, portrait, name=SUBJECT):
        answer = self.call("IndexFaces", Image=portrait, ExternalImageId=name)
        return answer["FaceRecords"][0]["Face"]["FaceId"]

    def found(self, portrait):
        answer = self.call("SearchFacesByImage", Image=portrait)
        return [match["Face"]["FaceId"] for match in answer["FaceMatches"]]

    def later(self, **time):
        """Let time pass, and let the deployment do what is due."""
        self.clock.advance(timedelta(**time))
        self.deployment.sweeper.run()

    def opened_with_todays_keys(self, backup):
        """The records of a backup; the collection of the test in it."""
        vault = LocalVault(self.folder)
        records = SqlRecords(sqlite_url(backup / "records.db"), vault, self.clock)
        return records, records.collections.get(self.door)


@pytest.fixture(scope="module")
def shared(tmp_path_factory, models_dir):
    home = Home(tmp_path_factory.mktemp("retention") / "personal")
    yield home
    home.deployment.close()


@pytest.fixture
def home(shared, request):
    shared.new(request.node.name)
    return shared


def template_of(home, face_id):
    """The stored vector, in the bytes in which it would leak."""
    services = home.deployment.gate.services
    staff = services.collections.get(home.door)
    face = services.faces.by_id(staff, [face_id])[face_id]
    return services.faces.embeddings(staff, [face.no])[0].astype(np.float16).tobytes()


def sealed_of(home):
    """Every sealed text of the collection as the database holds it."""
    with create_engine(sqlite_url(home.folder / "records.db")).connect() as connection:
        sealed = "SELECT sealed FROM vectors WHERE sealed NOTNULL"
        return list(
            connection.execute(text(f"SELECT about FROM faces UNION ALL {sealed}")).scalars()
        )


def where(folder, needle):
    """Files under a folder that hold these bytes."""
    return [
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if path.is_file() and needle in path.read_bytes()
    ]


def test_a_term_that_runs_out_ends_the_face_everywhere(tmp_path, models_dir, portrait):
    home = Home(tmp_path / "house")
    home.new("door")
    face_id = home.enrol(portrait)
    template, sealed = template_of(home, face_id), sealed_of(home)
    assert home.found(portrait) == [face_id]
    home.restart()  # the gallery is written to the disk
    assert len(sealed) == 2
    assert len(list((home.folder / "gallery").glob("*.snap"))) == 1
    backup = tmp_path / "backup"
    shutil.copytree(home.folder, backup)
    home.later(days=29, hours=23, minutes=59)
    assert home.found(portrait) == [face_id]
    home.later(minutes=1)
    assert home.call("DescribeCollection")["FaceCount"] == 0
    assert home.found(portrait) == []
    home.deployment.close()
    for needle in (template, SUBJECT.encode(), *sealed):
        assert where(home.folder, needle) == []
    the_backup_is_dead(home, backup)
    the_log_proves_it(home, face_id)


def the_backup_is_dead(home, backup):
    """Its database does not open with the keys of today, and no key of its snapshot is left."""
    records, door = home.opened_with_todays_keys(backup)
    assert door.face_count == 1
    with pytest.raises(BeholdenError):
        records.faces.list(door, 0, 10)
    with pytest.raises(BeholdenError):
        records.faces.embeddings(door, [1])
    records.close()
    snapshots = Snapshots(backup / "gallery", LocalVault(home.folder), data_key)
    assert snapshots.read(GalleryRef(door.no, Subject.FACE))[0].rows == 0


def the_log_proves_it(home, face_id):
    intent, outcome = home.told("beholden:SweepRetention")
    assert (intent["kind"], outcome["kind"]) == ("intent", "outcome")
    assert (outcome["principal"], outcome["role"]) == ("beholden", "system")
    facts = outcome["facts"]
    assert facts["ended_faces"] == [face_id]
    assert [(one["purpose"], one["faces"]) for one in facts["ended_galleries"]] == [("door", 1)]
    assert [key.partition("#")[0] for key in facts["destroyed_keys"]] == ["collections/1"]


def test_where_nothing_is_over_nothing_is_done_or_logged(home, portrait):
    home.enrol(portrait)
    home.later(days=29)
    told = len(home.told("beholden:SweepRetention"))
    home.later(days=-3650)  # a clock moved backwards ends nobody early
    home.later(days=3650)
    assert len(home.told("beholden:SweepRetention")) == told
    assert len(home.found(portrait)) == 1


def test_a_purpose_that_ends_takes_its_faces_with_it_after_its_grace(home, portrait):
    home.enrol(portrait)
    home.admin("beholden:PutPurpose", Name=home.door, GraceDays=2, Ended=True)
    home.later(days=1)
    home.admin("beholden:PutPurpose", Name=home.door, Ended=False)
    home.later(days=2)
    assert len(home.found(portrait)) == 1
    home.admin("beholden:PutPurpose", Name=home.door, Ended=True)
    home.later(days=2)
    home.admin("beholden:PutPurpose", Name=home.door, Ended=False)
    assert home.found(portrait) == []


def test_another_purpose_of_the_same_collection_keeps_what_is_its_own(home, portrait):
    home.admin("beholden:BindCollection", CollectionId=home.door, Purpose="gym")
    home.enrol(portrait)
    home.as_("operator", "gym")("IndexFaces", CollectionId=home.door, Image=portrait)
    told = home.admin("beholden:SweepRetention", DryRun=True)
    assert told["Faces"] == 0
    home.clock.advance(timedelta(days=30))
    told = home.admin("beholden:SweepRetention", DryRun=True)
    assert (told["Faces"], told["DestroyedKeys"]) == (1, 0)
    assert len(home.found(portrait)) == 2
    home.later()
    assert len(home.found(portrait)) == 1
    kept = home.as_("auditor")("beholden:DescribeRetention")["Kept"]
    (ours,) = [one for one in kept if one["CollectionId"] == home.door]
    assert (ours["Purpose"], ours["Faces"], ours["FirstEndsAt"]) == ("gym", 1, None)


def test_a_deleted_face_ends_in_backups_within_a_day_though_others_live(home, portrait, tmp_path):
    gone, stays = home.enrol(portrait), home.enrol(portrait, "somebody-else")
    shutil.copytree(home.folder, tmp_path / "backup")
    home.call("DeleteFaces", FaceIds=[gone])
    home.later(days=1)
    assert home.last("beholden:SweepRetention")["facts"]["sealed_anew"] >= 1
    assert home.found(portrait) == [stays]
    records, door = home.opened_with_todays_keys(tmp_path / "backup")
    with pytest.raises(BeholdenError):
        records.faces.list(door, 0, 10)
    records.close()


def test_only_the_server_and_administrators_sweep(home):
    with pytest.raises(AccessDenied):
        home.as_("operator")("beholden:SweepRetention")
    with pytest.raises(InvalidParameter):
        home.admin("beholden:CreateKey", Holder="mallory", Role="system", Purpose="housekeeping")


def test_a_held_face_is_kept_and_never_found(home, portrait):
    face_id = home.enrol(portrait)
    hold = {"FaceIds": [face_id], "Reason": "complaint 7"}
    assert home.found(portrait) == [face_id]
    home.call("beholden:HoldFaces", **hold)
    assert home.last("beholden:HoldFaces")["facts"]["reason"] == "complaint 7"
    assert home.found(portrait) == []
    home.restart()
    assert home.found(portrait) == []
    assert len(home.call("ListFaces")["Faces"]) == 1
    with pytest.raises(InvalidParameter, match="held"):
        home.call("SearchFaces", FaceId=face_id)
    home.call("CreateUser", UserId="ann")
    refused = home.call("AssociateFaces", UserId="ann", FaceIds=[face_id])
    assert refused["AssociatedFaces"] == []
    home.call("beholden:ReleaseFaces", **hold)
    assert home.found(portrait) == [face_id]


def test_a_legal_hold_outlasts_the_term_and_every_deletion(home, portrait):
    face_id = home.enrol(portrait)
    hold = {"FaceIds": [face_id], "Reason": "court order"}
    home.call("beholden:HoldFaces", **hold, Legal=True)
    home.later(days=60)
    with pytest.raises(AccessDenied, match="legal-hold"):
        home.call("DeleteFaces", FaceIds=[face_id])
    with pytest.raises(AccessDenied, match="legal-hold"):
        home.call("DeleteCollection")
    assert home.call("DescribeCollection")["FaceCount"] == 1
    home.call("beholden:ReleaseFaces", **hold)
    home.later()
    assert home.call("DescribeCollection")["FaceCount"] == 0


def test_whoever_takes_the_database_reads_no_template_and_no_name(home, portrait, tmp_path):
    """An operator with the file, and without the keys: see the threat model for what is plain."""
    face_id = home.enrol(portrait, "cleopatra-vii")
    template = template_of(home, face_id)
    home.found(portrait)
    for needle in (template, template[:32], template.hex().encode(), b"cleopatra-vii"):
        assert where(home.folder, needle) == []
    for path in home.folder.glob("records.db*"):
        shutil.copy(path, tmp_path)
    strange = LocalVault(tmp_path / "strange")
    records = SqlRecords(sqlite_url(tmp_path / "records.db"), strange, home.clock)
    with pytest.raises(BeholdenError):
        records.faces.list(records.collections.get(home.door), 0, 10)
    records.close()


def test_the_server_sweeps_by_itself(home, portrait):
    """Nobody calls anything: a loop as `beholden serve` starts one does it."""
    home.enrol(portrait)
    home.clock.advance(timedelta(days=30))
    gate, records = home.deployment.gate, home.deployment.gate.services
    due = partial(
        overdue, records.purposes, records.retention, records.recordings, records.authorizations
    )
    sweep = Sweep("beholden:SweepRetention", due)
    loop = sweeper(gate, home.clock, [sweep], 0.01)
    loop.start()
    deadline = time.monotonic() + 30
    while records.collections.get(home.door).face_count:
        assert time.monotonic() < deadline
    loop.close()
    assert home.last("beholden:SweepRetention")["role"] == "system"


def test_a_recording_ends_with_the_term_of_its_purpose(home):
    now = home.clock.now()
    older = home.recording("older", now - timedelta(days=29), purpose=home.door)
    newer = home.recording("newer", now, purpose=home.door)
    home.later(hours=23)
    assert older.exists()
    home.later(hours=1)
    assert (older.exists(), newer.exists()) == (False, True)
    facts = home.last("beholden:SweepRetention")["facts"]
    assert facts["ended_recordings"] == ["kept/older.mp4"]
    swept = len(home.told("beholden:SweepRetention"))
    home.deployment.sweeper.run()
    assert len(home.told("beholden:SweepRetention")) == swept


def test_what_a_bucket_that_is_away_still_holds_goes_when_it_is_back(home):
    path = home.recording("away", home.clock.now() - timedelta(days=30), purpose=home.door)
    bucket = path.parent
    away = bucket.rename(bucket.with_name("away"))
    home.later()
    assert home.last("beholden:SweepRetention")["facts"]["ended_recordings"] == []
    away.rename(bucket)
    home.later(minutes=59)
    assert path.exists()
    home.later(minutes=1)
    assert not path.exists()
    facts = home.last("beholden:SweepRetention")["facts"]
    assert facts["ended_recordings"] == ["kept/away.mp4"]


def authorized(home, verb="RequestAuthorization", **terms):
    """An authorization of the test's purpose, for an hour."""
    ends = (home.clock.now() + timedelta(hours=1)).isoformat()
    asked = {"Basis": "contract", "Purpose": home.door, "Collections": [home.door]} | terms
    operator = home.as_("operator", home.door)
    return operator(f"beholden:{verb}", **asked, ExpiresAt=ends)["AuthorizationId"]


def listed(home):
    operator = home.as_("operator", home.door)
    found = operator("beholden:ListAuthorizations")["Authorizations"]
    return {one["AuthorizationId"]: one["State"] for one in found}


def test_an_authorization_that_has_ended_ends_with_the_term_of_its_purpose(home, tmp_path):
    expired, revoked = authorized(home, People=[SUBJECT]), authorized(home)
    home.later(minutes=30)
    home.as_("operator", home.door)("beholden:RevokeAuthorization", AuthorizationId=revoked)
    home.later(minutes=30)
    assert listed(home) == {expired: "expired", revoked: "revoked"}
    shutil.copytree(home.folder, tmp_path / "backup")
    home.later(days=29, hours=23)
    assert listed(home).keys() == {expired, revoked}
    home.later(minutes=30)
    assert listed(home).keys() == {expired}
    told = home.admin("beholden:SweepRetention", DryRun=True)
    assert told["Authorizations"] == 0
    alive = authorized(home)
    home.later(minutes=30)
    assert listed(home).keys() == {alive}
    assert home.last("beholden:SweepRetention")["facts"]["ended_authorizations"] == [expired]
    swept = len(home.told("beholden:SweepRetention"))
    home.deployment.sweeper.run()
    assert len(home.told("beholden:SweepRetention")) == swept
    records, _ = home.opened_with_todays_keys(tmp_path / "backup")
    for gone in (expired, revoked):
        with pytest.raises(BeholdenError):
            records.authorizations.get(gone)
    records.close()
