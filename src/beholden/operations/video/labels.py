"""StartLabelDetection and GetLabelDetection."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from beholden.analysis.looks import Looks
from beholden.analysis.taxonomy import LABEL_MODEL_VERSION
from beholden.domain.image import Image
from beholden.domain.job import Job, JobItem
from beholden.gate.call import Call
from beholden.gate.registry import operation
from beholden.operations import _present_labels as present
from beholden.operations._services import Services
from beholden.operations.labels import wanted
from beholden.operations.video import _jobs
from beholden.operations.video._kinds import VideoTools, kind
from beholden.operations.video._labelled import LOOKS_PER_SECOND, Timeline, asked, order

if TYPE_CHECKING:
    from types_boto3_rekognition.type_defs import (
        GetLabelDetectionRequestTypeDef,
        StartLabelDetectionRequestTypeDef,
    )

Json = dict[str, Any]

# The service model's, of a video; a picture's is 55.
DEFAULT_PCT = 50.0


@operation("StartLabelDetection", resource=_jobs.videos)
def start_label_detection(
    services: Services, call: Call, request: StartLabelDetectionRequestTypeDef
) -> Json:
    return _jobs.start(services, call, request, "LabelDetection")


@operation("GetLabelDetection", resource=_jobs.job, only_reads=True)
def get_label_detection(
    services: Services, call: Call, request: GetLabelDetectionRequestTypeDef
) -> Json:
    job = _jobs.find(services, call, request, "LabelDetection")
    view, grouped = order(request)
    items, token = _jobs.page(services, job, request, view=view, grouped=grouped)
    call.note(labels=len(items))
    found = {
        "Labels": [dict(item.body) for item in items],
        "LabelModelVersion": LABEL_MODEL_VERSION,
        "GetRequestMetadata": asked(request),
    }
    return _jobs.answer(job, found, token)


@kind("LabelDetection")
class LabelDetectionKind:
    def options(self, request: Mapping[str, Any]) -> Json:
        asked_for = {
            name: request[name] for name in ("MinConfidence", "Settings") if name in request
        }
        return {"MinConfidence": DEFAULT_PCT} | asked_for

    def observe(self, tools: VideoTools, options: Json) -> Looks:
        def look(image: Image) -> list[Json]:
            return [
                {"Label": present.label(f, image)} for f in wanted(tools.labels(image), options)
            ]

        return Looks(look, LOOKS_PER_SECOND)

    def items(
        self, services: Services, _call: Call, job: Job, parts: Iterable[Mapping[str, Any]]
    ) -> Iterator[JobItem]:
        looks = (look for part in parts for look in part["looks"])
        yield from Timeline("Label", services.labels.names).items(looks, _jobs.duration_ms(job))
