"""IndexFaces, ListFaces, DeleteFaces: what a collection holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from beholden.analysis.pictures import face_picture
from beholden.analysis.quality_filter import reject_reasons
from beholden.domain.access import Identifies
from beholden.domain.errors import AccessDenied, InvalidParameter
from beholden.domain.face import Collection, Face, FaceDetails, Hold, NewFace, Template
from beholden.domain.image import Image
from beholden.gate.call import Call
from beholden.gate.registry import operation
from beholden.operations import _present, _resources
from beholden.operations._images import load_image
from beholden.operations._names import new_id
from beholden.operations._services import Services
from beholden.operations.faces import wanted_attributes

if TYPE_CHECKING:
    from types_boto3_rekognition.type_defs import (
        DeleteFacesRequestTypeDef,
        IndexFacesRequestTypeDef,
        ListFacesRequestTypeDef,
    )

MAX_FACES_PER_IMAGE = 100
MAX_FACES_PER_COLLECTION = 20_000_000
DEFAULT_PAGE = 1000


@dataclass(frozen=True, slots=True)
class Accepted:
    """A face that passed the quality filter."""

    details: FaceDetails
    template: Template


def usable(services: Services, collection_id: str) -> Collection:
    """The collection, if its templates come from the embedder that runs here."""
    collection = services.collections.get(collection_id)
    if collection.model_version != services.model_version:
        raise InvalidParameter(
            f"The collection {collection_id} is pinned to face model {collection.model_version}; "
            f"this server runs {services.model_version}. Create a collection and index its "
            "images again."
        )
    return collection


def asks_attributes(request: Mapping[str, Any]) -> dict[str, object]:
    return {"attributes": sorted(wanted_attributes(request.get("DetectionAttributes", ())))}


@operation(
    "IndexFaces",
    resource=_resources.collection,
    identifies=Identifies.ENROLS,
    context=asks_attributes,
)
def index_faces(
    services: Services, call: Call, request: IndexFacesRequestTypeDef
) -> dict[str, Any]:
    collection = usable(services, request["CollectionId"])
    image = load_image(services, request["Image"])
    wanted = wanted_attributes(request.get("DetectionAttributes", ()))
    found = services.describer.describe(image, services.analysis.detect(image), wanted)
    level = request.get("QualityFilter", "AUTO")
    judged = [(details, reject_reasons(details, image, level)) for details in found]
    limit = min(request.get("MaxFaces", MAX_FACES_PER_IMAGE), MAX_FACES_PER_IMAGE)
    passed = _embedded(services, image, [details for details, reasons in judged if not reasons])
    kept, dropped = best(passed, limit)
    pictured = reviewed(services, call, collection.collection_id)
    purpose = call.grant.query.principal.purpose
    new = _new_faces(request, image, kept, purpose=purpose, pictured=pictured)
    faces = services.faces.add(collection, new, MAX_FACES_PER_COLLECTION)
    call.note(
        gallery=collection.arn,
        model=services.model_version,
        image=services.hashes.of(image.digest),
        enrolled=[face.face_id for face in faces],
    )
    unindexed = [(details, reasons) for details, reasons in judged if reasons]
    unindexed += [(accepted.details, ("EXCEEDS_MAX_FACES",)) for accepted in dropped]
    return {
        "FaceRecords": [
            _face_record(face, accepted.details, image)
            for face, accepted in zip(faces, kept, strict=True)
        ],
        "FaceModelVersion": collection.model_version,
        "UnindexedFaces": [_unindexed(details, reasons, image) for details, reasons in unindexed],
    }


def best(accepted: Sequence[Accepted], limit: int) -> tuple[list[Accepted], list[Accepted]]:
    """Keep `limit` faces: the lowest quality goes first, then the smallest. Both lists are
    largest first."""
    ranked = sorted(
        accepted,
        key=lambda face: (face.template.quality, face.details.detection.box_px.area),
        reverse=True,
    )
    return _largest_first(ranked[:limit]), _largest_first(ranked[limit:])


def _largest_first(accepted: Sequence[Accepted]) -> list[Accepted]:
    return sorted(accepted, key=lambda face: -face.details.detection.box_px.area)


def _embedded(services: Services, image: Image, found: Sequence[FaceDetails]) -> list[Accepted]:
    if not found:
        return []
    embeddings, qualities = services.analysis.embed(image, [d.detection for d in found])
    return [
        Accepted(
            details, Template(embedding.astype(np.float16), services.model_version, float(quality))
        )
        for details, embedding, quality in zip(found, embeddings, qualities, strict=True)
    ]


def reviewed(services: Services, call: Call, collection_id: str) -> bool:
    """Whether people will have to judge matches with the faces of this collection: the caller's
    purpose demands it, or another that uses the collection."""
    names = (services.purposes.bound(collection_id) or frozenset()) | {
        call.grant.query.principal.purpose
    }
    return any(purpose.review for purpose in map(services.purposes.get, names) if purpose)


def _new_faces(
    request: IndexFacesRequestTypeDef,
    image: Image,
    accepted: Sequence[Accepted],
    *,
    purpose: str,
    pictured: bool,
) -> list[NewFace]:
    image_id = new_id()
    return [
        NewFace(
            face_id=new_id(),
            image_id=image_id,
            external_image_id=request.get("ExternalImageId"),
            image_digest=image.digest,
            box_ratio=_present.box_ratio(face.details.detection.box_px, image),
            confidence=face.details.detection.confidence,
            template=face.template,
            picture=face_picture(image, face.details.detection.box_px) if pictured else None,
            purpose=purpose,
        )
        for face in accepted
    ]


def _face_record(face: Face, details: FaceDetails, image: Image) -> dict[str, Any]:
    return {"Face": _present.face(face), "FaceDetail": _present.face_detail(details, image)}


def _unindexed(details: FaceDetails, reasons: Sequence[str], image: Image) -> dict[str, Any]:
    return {"Reasons": list(reasons), "FaceDetail": _present.face_detail(details, image)}


@operation("ListFaces", resource=_resources.collection, only_reads=True)
def list_faces(services: Services, _call: Call, request: ListFacesRequestTypeDef) -> dict[str, Any]:
    collection = services.collections.get(request["CollectionId"])
    user_id = request.get("UserId")
    if user_id is not None:
        services.users.get(collection, user_id)
    size = request.get("MaxResults", 0) or DEFAULT_PAGE
    scope = f"faces:{collection.no}:{user_id}"
    after = services.pages.position(scope, request.get("NextToken"))
    found = services.faces.list(
        collection, after, size + 1, user_id=user_id, face_ids=request.get("FaceIds")
    )
    shown = found[:size]
    more = services.pages.issue(scope, shown[-1].no) if len(found) > size else None
    return _present.page(
        {
            "Faces": [_present.face(face) for face in shown],
            "FaceModelVersion": collection.model_version,
        },
        more,
    )


@operation("DeleteFaces", resource=_resources.collection)
def delete_faces(
    services: Services, call: Call, request: DeleteFacesRequestTypeDef
) -> dict[str, Any]:
    collection = services.collections.get(request["CollectionId"])
    wanted = list(dict.fromkeys(request["FaceIds"]))
    known = services.faces.by_id(collection, wanted)
    free = [i for i in wanted if i in known and known[i].user_id is None]
    if any(known[face_id].hold is Hold.LEGAL for face_id in free):
        raise AccessDenied("legal-hold: a face is under a legal hold: beholden faces release FACE")
    deleted = services.faces.delete(collection, free)
    call.note(gallery=collection.arn, deleted=list(deleted))
    gone = set(deleted)
    return {
        "DeletedFaces": list(deleted),
        "UnsuccessfulFaceDeletions": [
            _undeleted(face_id, known.get(face_id)) for face_id in wanted if face_id not in gone
        ],
    }


def _undeleted(face_id: str, face: Face | None) -> dict[str, Any]:
    if face is None or face.user_id is None:
        return {"FaceId": face_id, "Reasons": ["FACE_NOT_FOUND"]}
    return {
        "FaceId": face_id,
        "UserId": face.user_id,
        "Reasons": ["ASSOCIATED_TO_AN_EXISTING_USER"],
    }
