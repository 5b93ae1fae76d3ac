"""Erasing a person from every store, after a look at what there is.

Not part of Rekognition's API.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NotRequired, TypedDict, cast

import numpy as np

from beholden.domain.access import Grant, Identifies, Resource
from beholden.domain.errors import AccessDenied, InvalidParameter
from beholden.domain.face import Collection
from beholden.domain.gallery import GalleryRef, Subject
from beholden.domain.lead import Finding, LeadState, Verdict
from beholden.domain.person import Person
from beholden.gate.call import Call
from beholden.gate.registry import Request, operation
from beholden.operations import _present
from beholden.operations._authorizations import PersonalAuthorizations
from beholden.operations._recordings import PersonalRecordings
from beholden.operations._services import Services
from beholden.operations.retention import AT_ONCE, keys_destroyed
from beholden.ports.erasure import PersonalData
from beholden.ports.gallery import Gallery
from beholden.ports.leads import Leads
from beholden.ports.records import Faces, Users

Json = dict[str, Any]

DEFAULT_THRESHOLD_PCT = 99.0
# Where administrators identify nobody, they may look for copies of a person, not for who is like.
COPIES_PCT = 99.0
MOST_ALIKE = 1000  # per face and collection


class Erasure(TypedDict):
    """Whom, by one name or several. `DryRun` is true unless it is said to be false. `Like` looks
    for faces that resemble theirs, in every collection, at `Threshold` or more; it only tells them:
    whoever has looked at them names those that are the person under `FaceIds`."""

    ExternalImageIds: NotRequired[list[str]]
    UserIds: NotRequired[list[str]]
    FaceIds: NotRequired[list[str]]
    Like: NotRequired[bool]
    Threshold: NotRequired[float]
    DryRun: NotRequired[bool]


def _people(_request: Request) -> Resource:
    return Resource("Deployment", "people")


def _asks(request: Mapping[str, Any]) -> dict[str, object]:
    if not request.get("Like"):
        return {}
    return {"threshold_pct": request.get("Threshold", DEFAULT_THRESHOLD_PCT)}


@operation("beholden:ErasePerson", resource=_people, identifies=Identifies.SEARCHES, context=_asks)
def erase_person(services: Services, call: Call, request: Erasure) -> Json:
    """Tell what every store keeps of a person, and unless it is a dry run, forget it; the record is
    the proof. What is under a legal hold stays until it is released."""
    person = _person(services, request)
    dry = request.get("DryRun", True)
    if request.get("Like") and not dry:
        raise InvalidParameter(
            "Like only looks. Name the faces that are the person under FaceIds, and erase those."
        )
    _check_alike(services, request)
    hashed = [services.hashes.of(name.encode()) for name in person.subjects | person.user_ids]
    stores = _stores(services)
    call.note(dry_run=dry, people=sorted(hashed), person_faces=sorted(person.face_ids))
    shown = {"DryRun": dry, "Faces": _faces(person)}
    if dry:
        counts = {store.kind: store.count(person) for store in stores}
        call.note(counts=counts)
        alike = _alike(services, call, person, request) if request.get("Like") else []
        return shown | {"Stores": counts, "Alike": alike}
    counts = {store.kind: store.erase(person) for store in stores}
    call.note(counts=counts)
    keys = keys_destroyed(services, call, AT_ONCE)
    return shown | {"Stores": counts, "DestroyedKeys": len(keys)}


def _check_alike(services: Services, request: Erasure) -> None:
    asked = _asks(request).get("threshold_pct", COPIES_PCT)
    if services.profile.two_people and cast("float", asked) < COPIES_PCT:
        raise AccessDenied(
            f"threshold-floor: this profile looks for copies of a person at {COPIES_PCT:g} or "
            f"more, and {asked:g} was asked for"
        )


def _person(services: Services, request: Erasure) -> Person:
    subjects = frozenset(request.get("ExternalImageIds", ()))
    user_ids, face_ids = (
        frozenset(request.get("UserIds", ())),
        frozenset(request.get("FaceIds", ())),
    )
    if not subjects | user_ids | face_ids:
        raise InvalidParameter("Say whom: an ExternalImageId, a UserId or a FaceId.")
    return Person(subjects, user_ids, services.traces.find(subjects, user_ids, face_ids))


def _stores(services: Services) -> Sequence[PersonalData]:
    """Every store that keeps something of people. Leads and authorizations are looked at while
    faces still have their numbers and names."""
    return (
        PersonalLeads(services.leads),
        PersonalAuthorizations(services.authorizations, services.traces, services.hashes),
        EnrolledFaces(services.faces, services.gallery),
        NamedUsers(services.users, services.gallery),
        PersonalRecordings(services.recordings, services.blobs),
        services.consents,
        services.answers,
    )


def _faces(person: Person) -> list[Json]:
    return [
        {
            "CollectionId": trace.collection.collection_id,
            "FaceId": face.face_id,
            "Hold": face.hold,
        }
        for trace in person.traces
        for face in trace.faces
    ]


def _alike(services: Services, call: Call, person: Person, request: Erasure) -> list[Json]:
    """Faces of every collection that resemble the person's, best first; theirs are left out."""
    threshold = request.get("Threshold", DEFAULT_THRESHOLD_PCT)
    best: dict[tuple[int, int], float] = {}
    collections = _all_collections(services)
    for probes in _probes(services, person):
        for collection in collections:
            for no, similarity in _similar(services, call.grant, collection, probes, threshold):
                key = (collection.no, no)
                best[key] = max(best.get(key, 0.0), similarity)
    shown: list[Json] = [
        {
            "CollectionId": collection.collection_id,
            "FaceId": face.face_id,
            "Similarity": _present.similarity(best[collection.no, no]),
        }
        for collection in collections
        for no, face in services.faces.by_no(
            collection, [no for of, no in best if of == collection.no]
        ).items()
        if face.face_id not in person.face_ids
    ]
    shown.sort(key=lambda one: -one["Similarity"])
    call.note(
        gallery=services.account.collection_arn("*"),
        model=services.model_version,
        threshold_pct=threshold,
        candidates=[{"face": s["FaceId"], "similarity_pct": s["Similarity"]} for s in shown],
    )
    return shown


def _probes(services: Services, person: Person) -> list[Any]:
    """The templates of the person, one (n, d) array per collection."""
    return [
        services.faces.embeddings(trace.collection, nos)
        for trace in person.traces
        if trace.collection.model_version == services.model_version
        and (nos := [face.no for face in trace.faces if face.hold is None])
    ]


def _all_collections(services: Services) -> list[Collection]:
    found: list[Collection] = []
    while page := services.collections.list(found[-1].no if found else 0, 1000):
        found += page
    return [one for one in found if one.model_version == services.model_version]


def _similar(
    services: Services, grant: Grant, collection: Collection, probes: Any, threshold_pct: float
) -> list[tuple[int, float]]:
    """Number and similarity of each face that resembles one of the probes."""
    ref = GalleryRef(collection.no, Subject.FACE)
    least = services.calibration.score(threshold_pct)
    found = services.gallery.search(grant, ref, probes, MOST_ALIKE, least)
    every = [candidate for candidates in found for candidate in candidates]
    scores = np.array([candidate.score for candidate in every], np.float32)
    similarities = services.calibration.similarity(scores).tolist()
    return list(zip((one.subject_no for one in every), similarities, strict=True))


@dataclass(frozen=True, slots=True)
class EnrolledFaces:
    """Faces with all that belongs to them; a user who has no other goes, too."""

    faces: Faces
    gallery: Gallery
    kind = "faces"

    def count(self, person: Person) -> int:
        return sum(len(trace.erasable) for trace in person.traces)

    def erase(self, person: Person) -> int:
        erased = 0
        for trace in person.traces:
            ids = [face.face_id for face in trace.erasable]
            erased += len(self.faces.delete(trace.collection, ids, with_users=True))
            self.gallery.scrub(trace.collection.no)
        return erased


@dataclass(frozen=True, slots=True)
class NamedUsers:
    """Users of the ids that were named, with or without faces."""

    users: Users
    gallery: Gallery
    kind = "users"

    def count(self, person: Person) -> int:
        return sum(len(trace.users) for trace in person.traces)

    def erase(self, person: Person) -> int:
        for trace in (one for one in person.traces if one.users):
            left = self.users.by_no(trace.collection, [user.no for user in trace.users])
            for user in left.values():
                self.users.delete(trace.collection, user.user_id, None)
            self.gallery.scrub(trace.collection.no)
        return self.count(person)


@dataclass(frozen=True, slots=True)
class PersonalLeads:
    """Leads about a person: who was searched for by a face of theirs, or who somebody named them.
    As one candidate among others they are a number, which leads to nobody once they are erased."""

    leads: Leads
    kind = "leads"

    def count(self, person: Person) -> int:
        """Whom a reviewer named is told to nobody while the lead waits for the other."""
        return len(self._about(person, tell_waiting=False))

    def erase(self, person: Person) -> int:
        found = self._about(person, tell_waiting=True)
        for lead_id in found:
            self.leads.expire(lead_id)
        return len(found)

    def _about(self, person: Person, *, tell_waiting: bool) -> list[str]:
        known = {
            (trace.collection.no, subject, one.no)
            for trace in person.traces
            for subject, ones in ((Subject.FACE, trace.faces), (Subject.USER, trace.users))
            for one in ones
        }
        found = []
        for lead in self.leads.list():
            if lead.state is LeadState.EXPIRED:
                continue
            finding, verdicts = self.leads.open(lead.lead_id)
            told = tell_waiting or lead.state is not LeadState.WAITING
            if _named(finding, verdicts if told else ()) & known:
                found.append(lead.lead_id)
        return found


def _named(finding: Finding, verdicts: Sequence[Verdict]) -> set[tuple[int, Subject, int]]:
    """Whom a lead is about: the enrolled subject it was searched by, and whom reviewers named."""
    named = {(finding.subject, verdict.choice) for verdict in verdicts}
    named.add((finding.probe.subject or finding.subject, finding.probe.subject_no))
    return {(finding.collection_no, subject, no) for subject, no in named if no is not None}
