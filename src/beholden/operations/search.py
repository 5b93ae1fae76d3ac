"""1:N search: faces and users, by an enrolled face, by a user, or by an image."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from beholden.analysis.pictures import face_picture
from beholden.analysis.quality_filter import reject_reasons
from beholden.domain.access import Identifies
from beholden.domain.arrays import Float32
from beholden.domain.errors import InvalidParameter, NoFaceInImage
from beholden.domain.face import Candidate, Collection, Face, FaceDetails, FaceDetection, User
from beholden.domain.gallery import GalleryRef, Subject
from beholden.domain.image import Image
from beholden.domain.lead import Finding, Hit, Probe
from beholden.gate.call import Call
from beholden.gate.registry import operation
from beholden.operations import _present, _resources
from beholden.operations._images import load_image
from beholden.operations._services import Services
from beholden.operations.enrolment import usable
from beholden.operations.faces import DEFAULT_DETAILS, DEFAULT_THRESHOLD_PCT, passing

if TYPE_CHECKING:
    from types_boto3_rekognition.type_defs import (
        SearchFacesByImageRequestTypeDef,
        SearchFacesRequestTypeDef,
        SearchUsersByImageRequestTypeDef,
        SearchUsersRequestTypeDef,
    )

DEFAULT_MAX_FACES = 80
DEFAULT_MAX_USERS = 500
# What is shown has four decimals, and what is shown decides: the gallery is asked a little lower.
ROUNDING = 1e-6


@dataclass(frozen=True, slots=True)
class Search:
    """One probe against one gallery.

    `probe` has shape (d,), unit norm; `threshold_pct` is a similarity; `exclude_no` is the subject
    that the probe was taken from, which is no match of itself; `shown` is what reviewers see of it.
    """

    collection: Collection
    probe: Float32
    limit: int
    threshold_pct: float
    shown: Probe
    exclude_no: int | None = None


def asks_face_threshold(request: Mapping[str, Any]) -> dict[str, object]:
    return {"threshold_pct": request.get("FaceMatchThreshold", DEFAULT_THRESHOLD_PCT)}


def asks_user_threshold(request: Mapping[str, Any]) -> dict[str, object]:
    return {"threshold_pct": request.get("UserMatchThreshold", DEFAULT_THRESHOLD_PCT)}


@operation(
    "SearchFaces",
    resource=_resources.collection,
    identifies=Identifies.SEARCHES,
    context=asks_face_threshold,
)
def search_faces(
    services: Services, call: Call, request: SearchFacesRequestTypeDef
) -> dict[str, Any]:
    collection = usable(services, request["CollectionId"])
    probe = enrolled_face(services, collection, request["FaceId"])
    call.note(probe_face=probe.face_id)
    search = Search(
        collection,
        services.faces.embeddings(collection, [probe.no])[0],
        request.get("MaxFaces", DEFAULT_MAX_FACES),
        request.get("FaceMatchThreshold", DEFAULT_THRESHOLD_PCT),
        Probe(probe.face_id, subject=Subject.FACE, subject_no=probe.no),
        exclude_no=probe.no,
    )
    return {
        "SearchedFaceId": probe.face_id,
        "FaceMatches": face_matches(services, call, search),
        "FaceModelVersion": collection.model_version,
    }


@operation(
    "SearchFacesByImage",
    resource=_resources.collection,
    identifies=Identifies.SEARCHES,
    context=asks_face_threshold,
)
def search_faces_by_image(
    services: Services, call: Call, request: SearchFacesByImageRequestTypeDef
) -> dict[str, Any]:
    collection = usable(services, request["CollectionId"])
    image = load_image(services, request["Image"])
    level = request.get("QualityFilter", "NONE")
    faces = passing(services, image, services.analysis.detect(image)[: _few(level)], level)
    call.note(probe=services.hashes.of(image.digest))
    if not faces:
        raise NoFaceInImage
    search = Search(
        collection,
        _embedding(services, image, faces[0]),
        request.get("MaxFaces", DEFAULT_MAX_FACES),
        request.get("FaceMatchThreshold", DEFAULT_THRESHOLD_PCT),
        _pictured(services, call, image, faces[0]),
    )
    return {
        "SearchedFaceBoundingBox": _present.detection_box(faces[0], image),
        "SearchedFaceConfidence": _present.percent(faces[0].confidence),
        "FaceMatches": face_matches(services, call, search),
        "FaceModelVersion": collection.model_version,
    }


def _few(level: str) -> int | None:
    """Without a quality filter only the largest face matters."""
    return 1 if level == "NONE" else None


@operation(
    "SearchUsers",
    resource=_resources.collection,
    identifies=Identifies.SEARCHES,
    context=asks_user_threshold,
)
def search_users(
    services: Services, call: Call, request: SearchUsersRequestTypeDef
) -> dict[str, Any]:
    if ("UserId" in request) == ("FaceId" in request):
        raise InvalidParameter("Provide either a UserId or a FaceId, and not both.")
    collection = usable(services, request["CollectionId"])
    threshold = request.get("UserMatchThreshold", DEFAULT_THRESHOLD_PCT)
    limit = request.get("MaxUsers", DEFAULT_MAX_USERS)
    if "FaceId" in request:
        face = enrolled_face(services, collection, request["FaceId"])
        call.note(probe_face=face.face_id)
        probe = services.faces.embeddings(collection, [face.no])[0]
        searched: dict[str, Any] = {"SearchedFace": {"FaceId": face.face_id}}
        shown = Probe(face.face_id, subject=Subject.FACE, subject_no=face.no)
        search = Search(collection, probe, limit, threshold, shown)
        matches = user_matches(services, call, search)
    else:
        user = services.users.get(collection, request["UserId"])
        call.note(probe_user=services.hashes.of(user.user_id.encode()))
        searched = {"SearchedUser": {"UserId": user.user_id}}
        matches = _like_user(services, call, (collection, user), limit, threshold)
    return searched | {"UserMatches": matches, "FaceModelVersion": collection.model_version}


def _like_user(
    services: Services,
    call: Call,
    whom: tuple[Collection, User],
    limit: int,
    threshold_pct: float,
) -> list[dict[str, Any]]:
    """The other users who look like this one; none while no face is associated with it."""
    collection, user = whom
    probe = services.users.embedding(collection, user)
    if probe is None:
        return []
    logged = services.hashes.of(user.user_id.encode())
    shown = Probe(logged, subject=Subject.USER, subject_no=user.no)
    search = Search(collection, probe, limit, threshold_pct, shown, exclude_no=user.no)
    return user_matches(services, call, search)


@operation(
    "SearchUsersByImage",
    resource=_resources.collection,
    identifies=Identifies.SEARCHES,
    context=asks_user_threshold,
)
def search_users_by_image(
    services: Services, call: Call, request: SearchUsersByImageRequestTypeDef
) -> dict[str, Any]:
    collection = usable(services, request["CollectionId"])
    image = load_image(services, request["Image"])
    level = request.get("QualityFilter", "NONE")
    found = services.describer.describe(image, services.analysis.detect(image), DEFAULT_DETAILS)
    judged = [(details, reject_reasons(details, image, level)) for details in found]
    call.note(probe=services.hashes.of(image.digest))
    usable_faces = [details for details, reasons in judged if not reasons]
    response: dict[str, Any] = {
        "UserMatches": [],
        "FaceModelVersion": collection.model_version,
        "UnsearchedFaces": _unsearched(judged, usable_faces[:1], image),
    }
    if not usable_faces:
        return response
    search = Search(
        collection,
        _embedding(services, image, usable_faces[0].detection),
        request.get("MaxUsers", DEFAULT_MAX_USERS),
        request.get("UserMatchThreshold", DEFAULT_THRESHOLD_PCT),
        _pictured(services, call, image, usable_faces[0].detection),
    )
    return response | {
        "SearchedFace": {"FaceDetail": _present.face_detail(usable_faces[0], image)},
        "UserMatches": user_matches(services, call, search),
    }


def _unsearched(
    judged: Sequence[tuple[FaceDetails, Sequence[str]]],
    searched: Sequence[FaceDetails],
    image: Image,
) -> list[dict[str, Any]]:
    return [
        {
            "FaceDetails": _present.face_detail(details, image),
            "Reasons": list(reasons) or ["FACE_NOT_LARGEST"],
        }
        for details, reasons in judged
        if all(details is not face for face in searched)
    ]


def enrolled_face(services: Services, collection: Collection, face_id: str) -> Face:
    """Raises InvalidParameter if the face is not in the collection."""
    found = services.faces.by_id(collection, [face_id])
    if face_id not in found:
        raise InvalidParameter(f"faceId was not found in the collection: {face_id}")
    if found[face_id].hold is not None:
        raise InvalidParameter(f"The face {face_id} is held: it is kept, but not searched.")
    return found[face_id]


def _embedding(services: Services, image: Image, face: FaceDetection) -> Float32:
    embeddings, _ = services.analysis.embed(image, [face])
    probe: Float32 = embeddings[0]
    return probe


def _pictured(services: Services, call: Call, image: Image, face: FaceDetection) -> Probe:
    """A picture is made only where somebody will look at it."""
    reviewed = call.grant.query.context.get("review")
    picture = face_picture(image, face.box_px) if reviewed else None
    return Probe(services.hashes.of(image.digest), picture)


def face_matches(services: Services, call: Call, search: Search) -> list[dict[str, Any]]:
    """FaceMatches, best first; the candidates are noted as evidence."""
    ranked = _candidates(services, call, search, Subject.FACE)
    faces = services.faces.by_no(search.collection, [no for no, _ in ranked])
    matches = [(faces[no], similarity) for no, similarity in ranked if no in faces]
    call.note(
        candidates=[{"face": face.face_id, "similarity_pct": value} for face, value in matches]
    )
    call.found = _finding(search, Subject.FACE, [Hit(face.no, value) for face, value in matches])
    return [{"Similarity": value, "Face": _present.face(face)} for face, value in matches]


def user_matches(services: Services, call: Call, search: Search) -> list[dict[str, Any]]:
    """UserMatches, best first; the candidates are noted as evidence, under a salted hash."""
    ranked = _candidates(services, call, search, Subject.USER)
    users = services.users.by_no(search.collection, [no for no, _ in ranked])
    matches = [(users[no], similarity) for no, similarity in ranked if no in users]
    hashed = services.hashes.of
    call.note(
        candidates=[
            {"user": hashed(user.user_id.encode()), "similarity_pct": value}
            for user, value in matches
        ]
    )
    call.found = _finding(search, Subject.USER, [Hit(user.no, value) for user, value in matches])
    return [{"Similarity": value, "User": _present.user(user)} for user, value in matches]


def _finding(search: Search, subject: Subject, hits: Sequence[Hit]) -> Finding:
    of = search.collection
    return Finding(
        subject, of.no, of.model_version, search.threshold_pct, search.shown, tuple(hits)
    )


def _candidates(
    services: Services, call: Call, search: Search, subject: Subject
) -> list[tuple[int, float]]:
    """(subject number, similarity 0..100), best first."""
    call.note(
        gallery=search.collection.arn,
        searched=subject.value,
        model=services.model_version,
        threshold_pct=search.threshold_pct,
    )
    spare = 0 if search.exclude_no is None else 1
    (found,) = services.gallery.search(
        call.grant,
        GalleryRef(search.collection.no, subject),
        search.probe[None, :],
        search.limit + spare,
        services.calibration.score(search.threshold_pct) - ROUNDING,
    )
    others = [c for c in found if c.subject_no != search.exclude_no][: search.limit]
    return similar(services, others, search.threshold_pct)


def similar(
    services: Services, found: Sequence[Candidate], threshold_pct: float
) -> list[tuple[int, float]]:
    """(subject number, similarity 0..100) of those that are similar enough, in their order."""
    scores = np.array([candidate.score for candidate in found], np.float32)
    similarities = map(_present.similarity, services.calibration.similarity(scores))
    ranked = zip((candidate.subject_no for candidate in found), similarities, strict=True)
    return [(no, shown) for no, shown in ranked if shown >= threshold_pct]
