"""The candidates of a lead: who they are, what they look like, and in which order people see them.

A lead holds numbers; who stands behind one is looked up when it is asked for. So a person who was
erased since is no candidate any more, in any lead.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any

from beholden.domain.errors import ResourceNotFound
from beholden.domain.face import Collection
from beholden.domain.gallery import Subject
from beholden.domain.lead import Finding, Hit, Lead, Probe
from beholden.domain.people import plain_name
from beholden.operations import _present
from beholden.operations._services import Services

Json = dict[str, Any]

MAX_PICTURES_OF_USER = 6


def shuffled(services: Services, lead: Lead, finding: Finding, reviewer: str) -> list[Hit]:
    """All candidates in an order that is this reviewer's own, the same each time: it says nothing
    of their scores, and what one reviewer calls number 1 is not another's."""
    name = plain_name(reviewer)

    def place(hit: Hit) -> str:
        return services.hashes.of(f"review/{lead.lead_id}/{name}/{hit.subject_no}".encode())

    return sorted(finding.hits, key=place)


def searched(services: Services, lead: Lead, finding: Finding) -> Collection | None:
    """The collection that was searched, unless it is gone (one that was made anew is another)."""
    try:
        collection = services.collections.get(lead.collection_id)
    except ResourceNotFound:
        return None
    return collection if collection.no == finding.collection_no else None


def pictures(
    services: Services, collection: Collection | None, subject: Subject, nos: Sequence[int]
) -> Mapping[int, list[str]]:
    """What is kept of each subject's looks: JPEG in base64, by number."""
    if collection is None:
        return {}
    faces = {no: _face_nos(services, collection, subject, no) for no in nos}
    kept = services.pictures.of(collection, [no for of in faces.values() for no in of])
    return {no: [encoded(kept[one]) for one in of if one in kept] for no, of in faces.items()}


def probe_pictures(services: Services, collection: Collection | None, probe: Probe) -> list[str]:
    """The picture that was searched for, or those of the enrolled subject."""
    if probe.picture is not None:
        return [encoded(probe.picture)]
    if probe.subject is None or probe.subject_no is None:
        return []
    no = probe.subject_no
    return pictures(services, collection, probe.subject, [no]).get(no, [])


def match(
    services: Services, collection: Collection | None, finding: Finding, no: int
) -> Json | None:
    """The FaceMatch or UserMatch that a search would have answered with; None if that subject was
    deleted since."""
    (hit,) = (hit for hit in finding.hits if hit.subject_no == no)
    if collection is None:
        return None
    similarity: Json = {"Similarity": hit.similarity_pct}
    if finding.subject is Subject.FACE:
        face = services.faces.by_no(collection, [no]).get(no)
        return similarity | {"Face": _present.face(face)} if face and not face.hold else None
    user = services.users.by_no(collection, [no]).get(no)
    return similarity | {"User": _present.user(user)} if user else None


def logged(finding: Finding, no: int | None) -> str | None:
    """A candidate as the log knows it: a face's id, a user's salted hash."""
    for hit, evidence in zip(finding.hits, finding.evidence, strict=True):
        if hit.subject_no == no:
            return str(evidence.get("face") or evidence["user"])
    return None


def encoded(picture: bytes) -> str:
    return base64.b64encode(picture).decode("ascii")


def _face_nos(services: Services, collection: Collection, subject: Subject, no: int) -> list[int]:
    if subject is Subject.FACE:
        return [no]
    user = services.users.by_no(collection, [no]).get(no)
    if user is None:
        return []
    of = services.faces.list(collection, 0, MAX_PICTURES_OF_USER, user_id=user.user_id)
    return [face.no for face in of]
