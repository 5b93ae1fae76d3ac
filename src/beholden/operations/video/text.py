"""StartTextDetection and GetTextDetection."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from beholden.analysis.looks import Looks
from beholden.domain.image import Image
from beholden.domain.job import Job, JobItem
from beholden.gate.call import Call
from beholden.gate.registry import operation
from beholden.operations._present_text import text_detections
from beholden.operations._services import Services
from beholden.operations.text import text_filter
from beholden.operations.video import _jobs
from beholden.operations.video._kinds import VideoTools, kind

if TYPE_CHECKING:
    from types_boto3_rekognition.type_defs import (
        GetTextDetectionRequestTypeDef,
        StartTextDetectionRequestTypeDef,
    )

Json = dict[str, Any]

# Text is read in the first frame of each half second: nobody reads what is gone sooner.
READ_PER_SECOND = 2.0


@operation("StartTextDetection", resource=_jobs.videos)
def start_text_detection(
    services: Services, call: Call, request: StartTextDetectionRequestTypeDef
) -> Json:
    text_filter(request.get("Filters", {}))
    return _jobs.start(services, call, request, "TextDetection")


@operation("GetTextDetection", resource=_jobs.job, only_reads=True)
def get_text_detection(
    services: Services, call: Call, request: GetTextDetectionRequestTypeDef
) -> Json:
    job = _jobs.find(services, call, request, "TextDetection")
    items, token = _jobs.page(services, job, request)
    call.note(texts=len(items))
    found = {
        "TextDetections": [dict(item.body) for item in items],
        "TextModelVersion": services.text.version,
    }
    return _jobs.answer(job, found, token)


@kind("TextDetection")
class TextDetectionKind:
    def options(self, request: Mapping[str, Any]) -> Json:
        return dict(request.get("Filters", {}))

    def observe(self, tools: VideoTools, options: Json) -> Looks:
        wanted = text_filter(options)

        def look(image: Image) -> list[Json]:
            return text_detections(tools.text.read(image, wanted(image)), image)

        return Looks(look, READ_PER_SECOND)

    def items(
        self, _services: Services, _call: Call, _job: Job, parts: Iterable[Mapping[str, Any]]
    ) -> Iterator[JobItem]:
        for at_ms, found in (look for part in parts for look in part["looks"]):
            yield from (JobItem({"Timestamp": at_ms, "TextDetection": one}) for one in found)
