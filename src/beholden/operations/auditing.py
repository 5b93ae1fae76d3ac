"""What an auditor does: read the log, and test a gallery by scores alone (rule 12)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NotRequired, TypedDict, cast

import numpy as np

from beholden.domain.access import Identifies, Resource
from beholden.domain.errors import InvalidParameter, NoFaceInImage, ResourceNotFound
from beholden.domain.gallery import GalleryRef, Subject
from beholden.gate.call import Call
from beholden.gate.registry import Request, operation
from beholden.operations import _resources
from beholden.operations._images import load_image
from beholden.operations._services import Services
from beholden.operations.enrolment import usable

if TYPE_CHECKING:
    from types_boto3_rekognition.type_defs import ImageTypeDef

MAX_SCORES = 100
LEAST_COSINE = -1.0


class StoredImage(TypedDict):
    Bucket: str
    Name: str
    Version: NotRequired[str]


class SentImage(TypedDict):
    """One of both, as in every other request with an image."""

    Bytes: NotRequired[bytes]
    S3Object: NotRequired[StoredImage]


class GalleryTest(TypedDict):
    """`MaxScores`: how many of the highest scores to tell, 1 to 100, 10 by default."""

    CollectionId: str
    Image: SentImage
    MaxScores: NotRequired[int]


class LogBundle(TypedDict):
    """256 entries of the log, or the first `Width` of the last ones (C2SP tlog-tiles)."""

    Bundle: int
    Width: NotRequired[int]


def _log(_request: Request) -> Resource:
    return Resource("Deployment", "log")


@operation("beholden:TestGallery", resource=_resources.collection, identifies=Identifies.MEASURES)
def try_gallery(services: Services, call: Call, request: GalleryTest) -> dict[str, Any]:
    """How similar the largest face of an image is to the faces of a gallery; not to which.

    Scores are whole per cents, rounded down: exact for every whole threshold, and too coarse to
    find the face again among the similarities that searches have told.
    """
    limit = request.get("MaxScores", 10)
    if not 1 <= limit <= MAX_SCORES:
        raise InvalidParameter(f"MaxScores is 1 to {MAX_SCORES}.")
    collection = usable(services, request["CollectionId"])
    image = load_image(services, cast("ImageTypeDef", request["Image"]))
    call.note(probe=services.hashes.of(image.digest), gallery=collection.arn)
    faces = services.analysis.detect(image)[:1]
    if not faces:
        raise NoFaceInImage
    embeddings, _ = services.analysis.embed(image, faces)
    ref = GalleryRef(collection.no, Subject.FACE)
    (found,) = services.gallery.search(call.grant, ref, embeddings, limit, LEAST_COSINE)
    cosines = np.array([candidate.score for candidate in found], np.float32)
    scores = [math.floor(value) for value in services.calibration.similarity(cosines)]
    call.note(model=services.model_version, scores_pct=scores)
    return {"Scores": scores, "FaceModelVersion": collection.model_version}


@operation("beholden:ReadLog", resource=_log, only_reads=True)
def read_log(services: Services, call: Call, request: LogBundle) -> dict[str, Any]:
    """Entries of the audit log, for whom the policy allows to read who did what, and when."""
    number, width = request["Bundle"], request.get("Width", 256)
    call.note(bundle=number, width=width)
    try:
        return {"Entries": services.log.tile("entries", number, width)}
    except FileNotFoundError:
        raise ResourceNotFound("The log has no such bundle, or not any more: is it full?") from None
