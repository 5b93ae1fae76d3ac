"""DetectFaces and CompareFaces: what a face looks like, and whether two are the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from beholden.analysis.details import ALL_ATTRIBUTES
from beholden.analysis.quality_filter import reject_reasons
from beholden.domain.access import Identifies
from beholden.domain.arrays import Float32
from beholden.domain.errors import NoFaceInImage
from beholden.domain.face import FaceDetails, FaceDetection
from beholden.domain.image import Image
from beholden.gate.call import Call
from beholden.gate.registry import operation
from beholden.operations import _present, _resources
from beholden.operations._images import load_image
from beholden.operations._services import Services

if TYPE_CHECKING:
    from types_boto3_rekognition.type_defs import (
        CompareFacesRequestTypeDef,
        DetectFacesRequestTypeDef,
    )

DEFAULT_THRESHOLD_PCT = 80.0
DEFAULT_DETAILS: frozenset[str] = frozenset()


def wanted_attributes(names: Sequence[str]) -> frozenset[str]:
    """Which attributes a request asks for: ALL stands for every one, DEFAULT for none more."""
    return ALL_ATTRIBUTES if "ALL" in names else frozenset(names) - {"DEFAULT"}


def passing(
    services: Services, image: Image, detections: Sequence[FaceDetection], level: str
) -> list[FaceDetection]:
    """The detections that meet a QualityFilter level, in their order."""
    if level == "NONE":
        return list(detections)
    details = services.describer.describe(image, detections, DEFAULT_DETAILS)
    return [d.detection for d in details if not reject_reasons(d, image, level)]


def asks_attributes(request: Mapping[str, Any]) -> dict[str, object]:
    return {"attributes": sorted(wanted_attributes(request.get("Attributes", ())))}


@operation("DetectFaces", resource=_resources.images, context=asks_attributes, only_reads=True)
def detect_faces(
    services: Services, call: Call, request: DetectFacesRequestTypeDef
) -> dict[str, Any]:
    image = load_image(services, request["Image"])
    wanted = wanted_attributes(request.get("Attributes", ()))
    found = services.describer.describe(image, services.analysis.detect(image), wanted)
    call.note(faces=len(found))
    return {"FaceDetails": [_present.face_detail(details, image) for details in found]}


def asks_similarity(request: Mapping[str, Any]) -> dict[str, object]:
    return {"threshold_pct": request.get("SimilarityThreshold", DEFAULT_THRESHOLD_PCT)}


@operation(
    "CompareFaces",
    resource=_resources.images,
    identifies=Identifies.COMPARES,
    context=asks_similarity,
)
def compare_faces(
    services: Services, call: Call, request: CompareFacesRequestTypeDef
) -> dict[str, Any]:
    level = request.get("QualityFilter", "NONE")
    source, source_faces = _faces_of(services, request["SourceImage"], level)
    target, target_faces = _faces_of(services, request["TargetImage"], level)
    probe = source_faces[0]
    shown = map(
        _present.similarity, _similarities(services, (source, probe), (target, target_faces))
    )
    details = services.describer.describe(target, target_faces, DEFAULT_DETAILS)
    threshold = request.get("SimilarityThreshold", DEFAULT_THRESHOLD_PCT)
    ranked = sorted(zip(shown, details, strict=True), key=lambda pair: -pair[0])
    matches = [(value, face) for value, face in ranked if value >= threshold]
    call.note(
        probe=services.hashes.of(source.digest),
        target=services.hashes.of(target.digest),
        model=services.model_version,
        threshold_pct=threshold,
        similarities_pct=[value for value, _ in ranked],
    )
    return {
        "SourceImageFace": {
            "BoundingBox": _present.detection_box(probe, source),
            "Confidence": _present.percent(probe.confidence),
        },
        "FaceMatches": [_match(value, face, target) for value, face in matches],
        "UnmatchedFaces": [
            _present.compared_face(face, target) for value, face in ranked if value < threshold
        ],
    }


def _faces_of(services: Services, image: Any, level: str) -> tuple[Image, list[FaceDetection]]:
    """An image of the request and its faces, largest first. Raises NoFaceInImage."""
    loaded = load_image(services, image)
    faces = passing(services, loaded, services.analysis.detect(loaded), level)
    if not faces:
        raise NoFaceInImage
    return loaded, faces


def _similarities(
    services: Services,
    source: tuple[Image, FaceDetection],
    target: tuple[Image, list[FaceDetection]],
) -> Float32:
    """Similarity 0..100 of the source's face to each of the target's, shape (n,)."""
    probes, _ = services.analysis.embed(source[0], [source[1]])
    embeddings, _ = services.analysis.embed(*target)
    return services.calibration.similarity(embeddings @ probes[0])


def _match(value_pct: float, face: FaceDetails, image: Image) -> dict[str, Any]:
    return {
        "Similarity": value_pct,
        "Face": _present.compared_face(face, image),
    }
