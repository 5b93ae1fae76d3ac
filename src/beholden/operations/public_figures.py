"""Importing public figures, listing and removing them. Not part of Rekognition's API."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Any, NotRequired, TypedDict

import numpy as np

from beholden.analysis.pictures import face_picture
from beholden.analysis.quality_filter import reject_reasons
from beholden.domain.access import Identifies
from beholden.domain.celebrity import COLLECTION, GENDERS, Celebrity
from beholden.domain.errors import (
    AccessDenied,
    ConflictingState,
    InvalidParameter,
    NoFaceInImage,
    ResourceNotFound,
)
from beholden.domain.face import Collection, Face, FaceDetails, Hold, NewFace, Template
from beholden.domain.image import Image
from beholden.gate.call import Call
from beholden.gate.registry import Request, operation
from beholden.operations import _present
from beholden.operations._celebrities import (
    about,
    celebrity_of,
    enrolled,
    gallery,
    known_collection,
)
from beholden.operations._images import MAX_IMAGE_BYTES
from beholden.operations._names import new_id
from beholden.operations._services import Services
from beholden.operations.enrolment import MAX_FACES_PER_COLLECTION, reviewed
from beholden.operations.faces import DEFAULT_DETAILS

Json = dict[str, Any]

# A picture enrols its largest face, unless another is so large that either could be meant.
RIVAL_AREA = 0.5
PAGE = 1000


class NewCelebrity(TypedDict):
    """One picture of a public figure. `ExternalImageId`, letters and digits, is the Id that
    RecognizeCelebrities answers with; consents and erasures name the person by it, too."""

    ExternalImageId: str
    Name: str
    Image: bytes
    Urls: NotRequired[list[str]]
    KnownGender: NotRequired[str]


class OneCelebrity(TypedDict):
    Id: str


@operation("beholden:AddCelebrity", resource=gallery, identifies=Identifies.ENROLS)
def add_celebrity(services: Services, call: Call, request: NewCelebrity) -> Json:
    """Enrol the face of one picture; the first one makes the gallery, bound to the caller's
    purpose. The same picture again changes nothing."""
    celebrity = _as_enrolled(services, _checked(request))
    collection = known_collection(services) or _made(services, call)
    image = services.decoder.decode(request["Image"], max_bytes=MAX_IMAGE_BYTES)
    face = _only_face(services, image)
    new = _new_face(services, call, celebrity, image, face)
    (added,) = services.faces.add(collection, [new], MAX_FACES_PER_COLLECTION)
    call.note(
        gallery=collection.arn,
        model=services.model_version,
        image=services.hashes.of(image.digest),
        enrolled=[added.face_id],
    )
    return {"Id": celebrity.celebrity_id, "FaceId": added.face_id}


def _checked(request: NewCelebrity) -> Celebrity:
    who, gender = request["ExternalImageId"], request.get("KnownGender")
    if not re.fullmatch("[0-9A-Za-z]{1,255}", who):
        raise InvalidParameter("A public figure's id has letters and digits only.")
    name = " ".join(unicodedata.normalize("NFC", request["Name"]).split())
    if not name:
        raise InvalidParameter("A public figure has a name.")
    if gender not in (None, *GENDERS):
        raise InvalidParameter(f"A known gender is one of {', '.join(GENDERS)}.")
    return Celebrity(who, name, tuple(request.get("Urls", ())), gender)


def _made(services: Services, call: Call) -> Collection:
    arn = services.account.collection_arn(COLLECTION)
    purpose = call.grant.query.principal.purpose
    return services.collections.create(COLLECTION, arn, services.model_version, {}, purpose=purpose)


def _as_enrolled(services: Services, celebrity: Celebrity) -> Celebrity:
    """One id is one person, and what is said of them is said once: their name is written as it was
    the first time. Raises ConflictingState."""
    try:
        _, faces = enrolled(services, celebrity.celebrity_id)
    except ResourceNotFound:
        return celebrity
    known = celebrity_of(faces[-1])
    if not celebrity.agrees_with(known):
        raise ConflictingState(
            f"Another name, url or gender is enrolled under {celebrity.celebrity_id}. If it is "
            "another person, give them an id of their own; else remove the earlier entry first."
        )
    return known


def _only_face(services: Services, image: Image) -> FaceDetails:
    """The face that a picture of one person shows. Raises InvalidParameter."""
    found = services.analysis.detect(image)
    if not found:
        raise NoFaceInImage
    if len(found) > 1 and found[1].box_px.area > RIVAL_AREA * found[0].box_px.area:
        raise InvalidParameter("The picture shows several people: crop it to the one it is of.")
    (details,) = services.describer.describe(image, found[:1], DEFAULT_DETAILS)
    reasons = reject_reasons(details, image, "AUTO")
    if reasons:
        raise InvalidParameter(f"The face cannot be enrolled: {', '.join(reasons)}.")
    return details


def _new_face(
    services: Services, call: Call, celebrity: Celebrity, image: Image, face: FaceDetails
) -> NewFace:
    (embedding,), (quality,) = services.analysis.embed(image, [face.detection])
    box_px = face.detection.box_px
    return NewFace(
        face_id=new_id(),
        image_id=new_id(),
        external_image_id=celebrity.celebrity_id,
        image_digest=image.digest,
        box_ratio=_present.box_ratio(box_px, image),
        confidence=face.detection.confidence,
        template=Template(embedding.astype(np.float16), services.model_version, float(quality)),
        details=celebrity.details,
        picture=face_picture(image, box_px) if reviewed(services, call, COLLECTION) else None,
        purpose=call.grant.query.principal.purpose,
    )


@operation("beholden:ListCelebrities", resource=gallery, only_reads=True)
def list_celebrities(services: Services, _call: Call, _request: Request) -> Json:
    """By name: who is enrolled, and with how many faces."""
    people: dict[str, Celebrity] = {}
    counts: dict[str, int] = {}
    for face in _every_face(services):
        celebrity = celebrity_of(face)
        people[celebrity.celebrity_id] = celebrity
        counts[celebrity.celebrity_id] = counts.get(celebrity.celebrity_id, 0) + 1
    ranked = sorted(people.values(), key=lambda one: (one.name, one.celebrity_id))
    return {
        "Celebrities": [
            {"Id": one.celebrity_id, **about(one), "Faces": counts[one.celebrity_id]}
            for one in ranked
        ]
    }


def _every_face(services: Services) -> Iterator[Face]:
    try:
        collection = services.collections.get(COLLECTION)
    except ResourceNotFound:
        return
    after = 0
    while page := services.faces.list(collection, after, PAGE):
        yield from page
        after = page[-1].no


@operation("beholden:RemoveCelebrity", resource=gallery)
def remove_celebrity(services: Services, call: Call, request: OneCelebrity) -> Json:
    """All their faces go, and what was said of them with these."""
    collection, faces = enrolled(services, request["Id"])
    if any(face.hold is Hold.LEGAL for face in faces):
        raise AccessDenied("legal-hold: a face is under a legal hold: beholden faces release FACE")
    gone = services.faces.delete(collection, [face.face_id for face in faces])
    services.gallery.scrub(collection.no)
    call.note(gallery=collection.arn, deleted=list(gone))
    return {"DeletedFaces": len(gone)}
