"""StartFaceDetection and GetFaceDetection."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from beholden.domain.job import Job, JobItem
from beholden.gate.call import Call
from beholden.gate.registry import operation
from beholden.operations import _present
from beholden.operations._services import Services
from beholden.operations.faces import wanted_attributes
from beholden.operations.video import _jobs
from beholden.operations.video._kinds import VideoTools, kind
from beholden.ports.frames import Frame

if TYPE_CHECKING:
    from types_boto3_rekognition.type_defs import (
        GetFaceDetectionRequestTypeDef,
        StartFaceDetectionRequestTypeDef,
    )

Json = dict[str, Any]

# Frames a second that faces are looked for in.
FACES_PER_SECOND = 5.0
# Developer guide: GetFaceDetection returns neither.
NOT_IN_VIDEO = frozenset({"FaceOccluded", "EyeDirection"})


def wanted(request: Mapping[str, Any]) -> frozenset[str]:
    """FaceAttributes is DEFAULT or ALL; the gate may have narrowed ALL to a list."""
    asked = request.get("FaceAttributes", "DEFAULT")
    return wanted_attributes([asked] if isinstance(asked, str) else asked)


def asks_attributes(request: Mapping[str, Any]) -> dict[str, object]:
    return {"attributes": sorted(wanted(request))}


@operation("StartFaceDetection", resource=_jobs.videos, context=asks_attributes)
def start_face_detection(
    services: Services, call: Call, request: StartFaceDetectionRequestTypeDef
) -> Json:
    return _jobs.start(services, call, request, "FaceDetection")


@operation("GetFaceDetection", resource=_jobs.job, only_reads=True)
def get_face_detection(
    services: Services, call: Call, request: GetFaceDetectionRequestTypeDef
) -> Json:
    job = _jobs.find(services, call, request, "FaceDetection")
    items, token = _jobs.page(services, job, request)
    call.note(faces=len(items))
    return _jobs.answer(job, {"Faces": [dict(item.body) for item in items]}, token)


@kind("FaceDetection")
class FaceDetectionKind:
    """Each face in each frame looked at, by itself."""

    def options(self, request: Mapping[str, Any]) -> Json:
        return {"attributes": sorted(wanted(request))}

    def observe(self, tools: VideoTools, options: Json) -> DetectedFaces:
        return DetectedFaces(tools, frozenset(options["attributes"]))

    def items(
        self, _services: Services, _call: Call, _job: Job, parts: Iterable[Mapping[str, Any]]
    ) -> Iterator[JobItem]:
        for part in parts:
            yield from (JobItem(face) for face in part["faces"])


class DetectedFaces:
    """Implements analysis.video.Observer."""

    per_second = FACES_PER_SECOND

    def __init__(self, tools: VideoTools, attributes: frozenset[str]) -> None:
        self._tools = tools
        self._attributes = attributes
        self._faces: list[Json] = []

    def see(self, frame: Frame) -> None:
        image = frame.image()
        detections = self._tools.faces.detect(image)
        for details in self._tools.describer.describe(image, detections, self._attributes):
            shown = _present.face_detail(details, image)
            face = {name: told for name, told in shown.items() if name not in NOT_IN_VIDEO}
            self._faces.append({"Timestamp": frame.timestamp_ms, "Face": face})

    def part(self) -> Json:
        return {"faces": self._faces}
