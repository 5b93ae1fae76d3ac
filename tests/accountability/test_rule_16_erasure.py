"""Rule 16: a person is erased from every store by one call, which first says what it would do."""

import hashlib
import json
import shutil
from datetime import UTC, datetime, timedelta
from functools import partial

import numpy as np
import pytest
from typer.testing import CliRunner

from beholden.cli.app import app
from beholden.domain.errors import AccessDenied, BeholdenError, InvalidParameter
from beholden.domain.face import NewFace, Template
from beholden.domain.gallery import GalleryRef, Subject
from beholden.domain.geometry import Box
from beholden.domain.lead import Finding, Lead, Probe, Verdict
from beholden.engines.records.database import sqlite_url
from beholden.engines.records.engine import SqlRecords
from beholden.engines.vault.local import LocalVault
from beholden.operations._names import new_id
from beholden.testing.clock import FakeClock
from beholden.testing.faces import a_vector
from beholden.testing.gallery import a_grant

from .conftest import House

COPIES = 84
COLLECTIONS = 6
NAME, USER = "ann-of-cleves", "cleves-household"
DIMENSIONS = 128


class Home(House):
    """Ann is enrolled 84 times, in six collections and as a user in each; Bob once in each."""

    def __init__(self, folder):
        super().__init__(folder, "personal", FakeClock())
        self.services = self.deployment.gate.services
        self.ann = a_vector(1, DIMENSIONS)
        self.collections = [self.fill(f"gallery-{no}") for no in range(COLLECTIONS)]
        self.admin = self.as_("admin", "rules")

    def fill(self, name):
        call = self.as_("operator")
        call("CreateCollection", CollectionId=name)
        collection = self.services.collections.get(name)
        ann = [self.face(NAME, seed) for seed in range(COPIES // COLLECTIONS)]
        bob = self.face("bob", 99, a_vector(2, DIMENSIONS))
        faces = self.services.faces.add(collection, [*ann, bob], 100)
        call("CreateUser", CollectionId=name, UserId=USER, ClientRequestToken=f"user-{name}")
        ids = [face.face_id for face in faces[:3]]
        request = {"CollectionId": name, "UserId": USER, "FaceIds": ids}
        call("AssociateFaces", ClientRequestToken=f"faces-{name}", **request)
        return self.services.collections.get(name)

    def face(self, name, seed, vector=None):
        """A copy of a face, a little different each time."""
        template = Template(self.ann if vector is None else vector, "", 0.5)
        template = Template(template.vector, self.services.model_version, 0.5)
        digest = hashlib.sha256(f"{name}{seed}".encode()).digest()
        box = Box(0.1, 0.1, 0.5, 0.5)
        return NewFace(new_id(), new_id(), name, digest, box, 0.9, template, purpose="door")

    def found(self):
        """How many faces and users look like Ann, over all collections."""
        probe = self.ann.astype(np.float32)[None]
        return [
            sum(
                len(self.services.gallery.search(a_grant(), ref, probe, 100, 0.9)[0])
                for ref in (GalleryRef(one.no, subject) for one in self.collections)
            )
            for subject in Subject
        ]

    def lead(self, **probe):
        """A lead of a search in the first collection."""
        lead_id, first = new_id(), self.collections[0]
        at = datetime.fromisoformat("2024-01-01T00:00:00+00:00")
        terms = {"collection_id": first.collection_id, "gallery": first.arn}
        lead = Lead(lead_id, new_id(), "ann", "door", None, began=at, ended=at, **terms)
        finding = Finding(Subject.FACE, first.no, "m", 99.0, Probe("a salted hash", **probe), ())
        self.services.leads.add(lead, finding)
        return lead_id

    def authorized(self, people):
        """An authorization to look for them."""
        asked = {"Basis": "contract", "Purpose": "door", "Collections": ["gallery-0"]}
        ends = (self.clock.now() + timedelta(days=1)).isoformat()
        return self.as_("operator")(
            "beholden:RequestAuthorization", **asked, ExpiresAt=ends, People=people
        )["AuthorizationId"]

    def nobody_is_meant(self, authorization_id, left, name):
        """By a name that an authorization bore: the log's hash of it stands in its place."""
        operator, hashed = self.as_("operator"), self.services.hashes.of(name.encode())
        (listed,) = [
            one
            for one in operator("beholden:ListAuthorizations")["Authorizations"]
            if one["AuthorizationId"] == authorization_id
        ]
        assert (listed["People"], listed["Erased"]) == (left, [hashed])
        operator("beholden:RevokeAuthorization", AuthorizationId=authorization_id)
        (asked, revoked) = (
            [one["facts"][fact] for one in self.told(f"beholden:{verb}") if fact in one["facts"]]
            for verb, fact in (
                ("RequestAuthorization", "requested"),
                ("RevokeAuthorization", "revoked"),
            )
        )
        (before,) = [one for one in asked if one["AuthorizationId"] == authorization_id]
        assert sorted(revoked[-1]["People"]) == sorted(before["People"])
        assert hashed in before["People"]


@pytest.fixture(scope="module")
def home(tmp_path_factory, models_dir):
    """One for all tests but the one that empties it."""
    home = Home(tmp_path_factory.mktemp("erasure") / "house")
    yield home
    home.deployment.close()


def where(folder, needle):
    return [
        path.name for path in folder.rglob("*") if path.is_file() and needle in path.read_bytes()
    ]


def test_a_person_is_erased_from_every_store(tmp_path, models_dir):
    home = Home(tmp_path / "house")
    ann = {"ExternalImageIds": [NAME], "UserIds": [USER]}
    home.as_("operator")("beholden:AddConsent", Subject=NAME, Purpose="door", Receipt="I agree.")
    (first, *_) = home.services.faces.list(home.collections[0], 0, 1)
    about_her = home.lead(subject=Subject.FACE, subject_no=first.no)
    about_others = home.lead(picture=b"jpeg")
    now = home.clock.now()
    hers = [home.recording("by-face", now, [first.face_id]), home.recording("by-name", now, [NAME])]
    of_others = home.recording("bob", now, ["bob"])
    for_her, for_both = home.authorized([NAME]), home.authorized(["bob", USER])
    assert home.found() == [COPIES, COLLECTIONS]
    home.restart()
    home.services = home.deployment.gate.services
    shutil.copytree(home.folder, tmp_path / "backup")

    told = home.admin("beholden:ErasePerson", **ann)
    assert told["DryRun"]
    assert told["Stores"] == {
        "leads": 1,
        "faces": COPIES,
        "users": COLLECTIONS,
        "recordings": 2,
        "authorizations": 2,
        "consents": 1,
        "answers": COLLECTIONS,
    }
    assert home.found() == [COPIES, COLLECTIONS]
    assert all(path.exists() for path in hers)

    erased = home.admin("beholden:ErasePerson", **ann, DryRun=False)
    assert erased["Stores"] == told["Stores"]
    assert home.found() == [0, 0]
    for one in home.collections:
        now = home.services.collections.get(one.collection_id)
        assert (now.face_count, now.user_count) == (1, 0)
    assert [path.exists() for path in (*hers, of_others)] == [False, False, True]
    again = home.admin("beholden:ErasePerson", **ann)
    assert set(again["Stores"].values()) == {0}
    home.nobody_is_meant(for_her, [], NAME)
    home.nobody_is_meant(for_both, ["bob"], USER)
    assert home.services.leads.open(about_others)
    with pytest.raises(BeholdenError):
        home.services.leads.open(about_her)
    home.deployment.close()
    for needle in (NAME.encode(), USER.encode(), b"I agree.", home.ann.tobytes()):
        assert where(home.folder, needle) == []
    the_backup_is_dead(home, tmp_path / "backup", [for_her, for_both])
    the_log_proves_it(home, [face["FaceId"] for face in told["Faces"]])


def the_backup_is_dead(home, backup, authorizations):
    vault = LocalVault(home.folder)
    records = SqlRecords(sqlite_url(backup / "records.db"), vault, home.clock)
    for one in home.collections:
        with pytest.raises(BeholdenError):
            records.faces.list(one, 0, 100)
        with pytest.raises(BeholdenError):
            records.users.embedding(one, records.users.get(one, USER))
    with pytest.raises(BeholdenError):
        records.consents.receipt(NAME, "door")
    for authorization_id in authorizations:
        with pytest.raises(BeholdenError):
            records.authorizations.get(authorization_id)
    records.close()


def the_log_proves_it(home, face_ids):
    """And names nobody."""
    told = [record["facts"] for record in home.told("beholden:ErasePerson")]
    (facts,) = [facts for facts in told if "destroyed_keys" in facts]
    assert facts["person_faces"] == sorted(face_ids)
    assert facts["counts"]["faces"] == COPIES
    assert len(facts["destroyed_keys"]) >= COLLECTIONS
    assert facts["sealed_anew"] == COLLECTIONS  # Bob, in each
    assert home.services.hashes.of(NAME.encode()) in facts["people"]
    assert NAME not in str(home.told("beholden:ErasePerson"))


def test_an_authorization_for_somebody_who_was_erased_finds_nobody(house, portrait):
    """Nor who is enrolled under the hash in the name's place; for nobody, it covers no search."""
    home = house()
    operator, admin = home.as_("operator"), home.as_("admin", "rules")
    admin("beholden:PutPurpose", Name="door", Authorization=True)
    operator("CreateCollection", CollectionId="staff")
    hashed = home.deployment.gate.services.hashes.of(NAME.encode())
    for name in (NAME, "bob", hashed):
        operator("IndexFaces", CollectionId="staff", Image=portrait, ExternalImageId=name)
    ends = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    asked = {"Basis": "contract", "Purpose": "door", "Collections": ["staff"], "ExpiresAt": ends}
    operator("beholden:RequestAuthorization", **asked, People=[NAME, "bob"])

    def found():
        return len(
            operator("SearchFacesByImage", CollectionId="staff", Image=portrait)["FaceMatches"]
        )

    assert found() == 2
    admin("beholden:ErasePerson", ExternalImageIds=[NAME], DryRun=False)
    assert found() == 1
    assert home.last("SearchFacesByImage")["facts"]["outside_authorization"] == 1
    admin("beholden:ErasePerson", ExternalImageIds=["bob"], DryRun=False)
    with pytest.raises(AccessDenied, match="authorization-demanded"):
        found()


@pytest.mark.parametrize("by", ["ExternalImageIds", "UserIds", "FaceIds"])
def test_a_name_leaves_authorizations_with_its_last_face_by_whichever_name_it_went(house, by):
    """Bob's user holds one of his faces, Ann's all of hers: what others still bear stays."""
    home = house()
    services, collections = home.deployment.gate.services, {"CollectionId": "staff"}
    operator, admin = home.as_("operator"), home.as_("admin", "rules")
    operator("CreateCollection", **collections)
    template = Template(a_vector(1, DIMENSIONS), services.model_version, 0.5)
    new = [
        NewFace(new_id(), new_id(), name, new_id().encode(), Box(0, 0, 1, 1), 0.9, template)
        for name in ("ann", "bob", "bob")
    ]
    faces = [one.face_id for one in services.faces.add(services.collections.get("staff"), new, 9)]
    for user, face in (("u-ann", faces[0]), ("u-bob", faces[1])):
        operator("CreateUser", **collections, UserId=user)
        operator("AssociateFaces", **collections, UserId=user, FaceIds=[face])
    ends = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    asked = {"Basis": "contract", "Purpose": "door", "Collections": ["staff"], "ExpiresAt": ends}
    for people in (["ann"], ["u-ann"], ["bob"], ["u-bob"]):
        operator("beholden:RequestAuthorization", **asked, People=people)
    both = {
        "ExternalImageIds": [["ann"]],
        "UserIds": [["u-ann"], ["u-bob"]],
        "FaceIds": [[faces[0]], [faces[1]]],
    }
    for names in both[by]:
        told = admin("beholden:ErasePerson", **{by: names})
        erased = admin("beholden:ErasePerson", **{by: names}, DryRun=False)
        assert told["Stores"] == erased["Stores"]
    listed = operator("beholden:ListAuthorizations")["Authorizations"]
    left = {name for one in listed for name in one["People"]}
    assert left == {"bob"} | ({"u-bob"} if by == "ExternalImageIds" else set())


def test_faces_like_theirs_are_told_and_named_by_whoever_looked(home):
    first, second, *_ = home.services.faces.list(home.collections[0], 0, 9)
    admin, before = home.admin, home.found()[0]
    with pytest.raises(InvalidParameter, match="Name the faces"):
        admin("beholden:ErasePerson", FaceIds=[first.face_id], Like=True, DryRun=False)
    told = admin("beholden:ErasePerson", FaceIds=[first.face_id], Like=True)
    assert (told["Stores"]["faces"], len(told["Alike"])) == (1, before - 1)
    assert {one["CollectionId"] for one in told["Alike"]} == {
        one.collection_id for one in home.collections
    }
    assert min(one["Similarity"] for one in told["Alike"]) >= 99
    assert home.found()[0] == before
    admin("beholden:ErasePerson", FaceIds=[first.face_id, second.face_id], DryRun=False)
    assert home.found()[0] == before - 2


def test_a_look_tells_nobody_what_a_reviewer_said_of_a_lead_that_waits(home):
    (first, *_) = home.services.faces.list(home.collections[0], 0, 1)
    lead = home.lead(picture=b"jpeg")
    verdict = Verdict("rita", "AKIA", home.clock.now(), first.no, "the ear", "00")
    home.services.leads.judge(lead, verdict)
    she = {"FaceIds": [first.face_id]}
    assert home.admin("beholden:ErasePerson", **she)["Stores"]["leads"] == 0
    assert home.admin("beholden:ErasePerson", **she, DryRun=False)["Stores"]["leads"] == 1


def test_keys_end_with_the_call_by_a_clock_that_goes_on(house, portrait):
    home = house()
    operator, admin = home.as_("operator"), home.as_("admin", "rules", "eve")
    operator("CreateCollection", CollectionId="staff")
    for name in ("ann", "bob"):
        operator("IndexFaces", CollectionId="staff", Image=portrait, ExternalImageId=name)
    told = admin("beholden:ErasePerson", ExternalImageIds=["ann"], DryRun=False)
    assert (told["Stores"]["faces"], told["DestroyedKeys"]) == (1, 1)


def test_a_public_authority_looks_for_copies_and_not_for_who_is_alike(house):
    eve = house("public-authority").as_("admin", "rules", "eve")
    with pytest.raises(AccessDenied, match=r"threshold-floor.*99"):
        eve("beholden:ErasePerson", ExternalImageIds=[NAME], Like=True, Threshold=80)
    assert eve("beholden:ErasePerson", ExternalImageIds=[NAME], Like=True)["Alike"] == []


def test_review_withholds_who_is_alike_and_keeps_nobody_from_being_erased(home):
    home.admin("beholden:PutPurpose", Name="reviewed", Review=True)
    eve = home.as_("admin", "reviewed", "eve")
    with pytest.raises(AccessDenied, match="two-person-review"):
        eve("beholden:ErasePerson", ExternalImageIds=["nobody"], Like=True)
    told = eve("beholden:ErasePerson", ExternalImageIds=["nobody"], DryRun=False)
    assert told["Stores"]["faces"] == 0


def test_whom_nobody_named_nobody_erases(home):
    before = home.found()
    with pytest.raises(InvalidParameter):
        home.admin("beholden:ErasePerson", DryRun=False)
    with pytest.raises(AccessDenied):
        home.as_("operator")("beholden:ErasePerson", ExternalImageIds=[NAME], DryRun=False)
    assert home.found() == before


def test_what_is_under_a_legal_hold_stays_until_it_is_released(home):
    before = home.found()[0]
    (first, *_) = home.services.faces.list(home.collections[0], 0, 1)
    hold = {"CollectionId": "gallery-0", "FaceIds": [first.face_id], "Reason": "court order"}
    operator = home.as_("operator")
    operator("beholden:HoldFaces", **hold, Legal=True)
    told = home.admin("beholden:ErasePerson", ExternalImageIds=[NAME], DryRun=False)
    assert told["Stores"]["faces"] == before - 1
    assert [face["FaceId"] for face in told["Faces"] if face["Hold"]] == [first.face_id]
    operator("beholden:ReleaseFaces", **hold)
    told = home.admin("beholden:ErasePerson", ExternalImageIds=[NAME], DryRun=False)
    assert told["Stores"]["faces"] == 1


def test_on_the_command_line(home, monkeypatch):
    monkeypatch.setenv("BEHOLDEN_DATA_DIR", str(home.folder))
    home.admin("beholden:BindCollection", CollectionId="gallery-0", Purpose="development")
    (face, *_) = home.services.traces.find(["bob"], [], [])[0].faces
    run = partial(CliRunner().invoke, app)
    held = run(["faces", "hold", face.face_id, "--collection", "gallery-0", "--reason", "7"])
    assert "1 of 1 faces are held" in held.output
    kept = json.loads(run(["retention", "status", "--json"]).stdout)
    assert {one["CollectionId"]: one["Held"] for one in kept}["gallery-0"] == 1
    told = run(["erase", "--external-image-id", "bob"])
    assert json.loads(told.stdout)["Stores"]["faces"] == COLLECTIONS
    assert "Nothing was erased" in told.stderr
    assert json.loads(run(["erase", "--external-image-id", "bob", "--yes"]).stdout)["DestroyedKeys"]
    assert home.services.traces.find(["bob"], [], []) == []
    assert json.loads(run(["retention", "sweep"]).stdout)["Faces"] == 0
