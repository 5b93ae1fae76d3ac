"""RecognizeCelebrities and GetCelebrityInfo, and the gallery of public figures behind them.

The gallery is a collection of a reserved name, so that purposes, retention, holds, erasure and the
log hold for it as for any other. A public figure is the faces enrolled there under one
ExternalImageId; what else is known of them is sealed with each face, and ends with it. The gallery
is empty until an operator imports somebody: everybody is unrecognised until then.
"""

from __future__ import annotations

import logging
from functools import cache
from typing import TYPE_CHECKING, Any

from beholden.domain.access import Identifies
from beholden.domain.arrays import Float32
from beholden.domain.face import Collection, Face
from beholden.domain.gallery import GalleryRef, Subject
from beholden.gate.call import Call
from beholden.gate.registry import Request, operation
from beholden.operations import _present
from beholden.operations._celebrities import (
    about,
    celebrity_of,
    enrolled,
    gallery,
    known_collection,
    least_similarity,
)
from beholden.operations._images import load_image
from beholden.operations._services import Services
from beholden.operations.search import ROUNDING, similar

if TYPE_CHECKING:
    from types_boto3_rekognition.type_defs import (
        GetCelebrityInfoRequestTypeDef,
        RecognizeCelebritiesRequestTypeDef,
    )

Json = dict[str, Any]
LOG = logging.getLogger(__name__)

MAX_FACES = 64
# Not sensitive by rule 18, and in every face that Rekognition recognises or not.
ALWAYS_TOLD = "SMILE"


def _asks(_request: Request) -> dict[str, object]:
    return {"attributes": [ALWAYS_TOLD]}


@operation(
    "RecognizeCelebrities",
    resource=gallery,
    identifies=Identifies.SEARCHES,
    context=_asks,
)
def recognize_celebrities(
    services: Services, call: Call, request: RecognizeCelebritiesRequestTypeDef
) -> Json:
    """A caller cannot ask for a threshold here: it is the deployment's, or the purpose's floor
    where that is higher."""
    image = load_image(services, request["Image"])
    found = services.analysis.detect(image)[:MAX_FACES]
    faces = services.describer.describe(image, found, _told(call))
    call.note(probe=services.hashes.of(image.digest), probe_faces=len(found))
    known: dict[int, tuple[Face, float]] = {}
    collection = known_collection(services)
    if collection is None or not collection.face_count:
        _say_that_nobody_is_known()
    if collection is not None and found:
        embeddings, _ = services.analysis.embed(image, found)
        known = _recognised(services, call, collection, embeddings)
    return {
        "CelebrityFaces": [
            _celebrity_face(*known[n], _present.recognised_face(face, image))
            for n, face in enumerate(faces)
            if n in known
        ],
        "UnrecognizedFaces": [
            _present.recognised_face(face, image) for n, face in enumerate(faces) if n not in known
        ],
    }


@cache
def _say_that_nobody_is_known() -> None:
    """Once in a process: Rekognition's answer has no place for it."""
    LOG.warning("RecognizeCelebrities knows nobody yet: beholden celebrities import FOLDER")


def _told(call: Call) -> frozenset[str]:
    """Emotions only where the purpose turns them on: no request could ask for them."""
    allowed = call.grant.query.context.get("sensitive_allowed")
    told = {ALWAYS_TOLD, *({"EMOTIONS"} & set(allowed if isinstance(allowed, list) else ()))}
    call.note(told=sorted(told))
    return frozenset(told)


def _recognised(
    services: Services, call: Call, collection: Collection, probes: Float32
) -> dict[int, tuple[Face, float]]:
    """By the number of the probe (n, d): the enrolled face most like it and how similar it is."""
    threshold = least_similarity(services, call)
    call.note(
        gallery=collection.arn,
        searched=Subject.FACE.value,
        model=services.model_version,
        threshold_pct=threshold,
    )
    least = services.calibration.score(threshold) - ROUNDING
    ref = GalleryRef(collection.no, Subject.FACE)
    ranked = services.gallery.search(call.grant, ref, probes, 1, least)
    best = {n: pair for n, c in enumerate(ranked) for pair in similar(services, c, threshold)}
    faces = services.faces.by_no(collection, [no for no, _ in best.values()])
    known = {n: (faces[no], value) for n, (no, value) in best.items() if no in faces}
    call.note(
        candidates=[
            {"face": face.face_id, "similarity_pct": value} for face, value in known.values()
        ]
    )
    return known


def _celebrity_face(face: Face, similarity_pct: float, shown: Json) -> Json:
    return about(celebrity_of(face)) | {
        "Id": face.external_image_id,
        "Face": shown,
        "MatchConfidence": similarity_pct,
    }


@operation("GetCelebrityInfo", resource=gallery, only_reads=True)
def get_celebrity_info(
    services: Services, _call: Call, request: GetCelebrityInfoRequestTypeDef
) -> Json:
    _, faces = enrolled(services, request["Id"])
    return about(celebrity_of(faces[-1]))
