"""StartContentModeration and GetContentModeration."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from beholden.analysis.looks import Looks
from beholden.domain.image import Image
from beholden.domain.job import Job, JobItem
from beholden.gate.call import Call
from beholden.gate.registry import operation
from beholden.operations._services import Services
from beholden.operations.labels import DEFAULT_MODERATION_PCT, moderated
from beholden.operations.video import _jobs
from beholden.operations.video._kinds import VideoTools, kind
from beholden.operations.video._labelled import LOOKS_PER_SECOND, Timeline, asked, order

if TYPE_CHECKING:
    from types_boto3_rekognition.type_defs import (
        GetContentModerationRequestTypeDef,
        StartContentModerationRequestTypeDef,
    )

Json = dict[str, Any]


@operation("StartContentModeration", resource=_jobs.videos)
def start_content_moderation(
    services: Services, call: Call, request: StartContentModerationRequestTypeDef
) -> Json:
    return _jobs.start(services, call, request, "ContentModeration")


@operation("GetContentModeration", resource=_jobs.job, only_reads=True)
def get_content_moderation(
    services: Services, call: Call, request: GetContentModerationRequestTypeDef
) -> Json:
    job = _jobs.find(services, call, request, "ContentModeration")
    view, grouped = order(request)
    items, token = _jobs.page(services, job, request, view=view, grouped=grouped)
    call.note(moderation_labels=len(items))
    found = {
        "ModerationLabels": [dict(item.body) for item in items],
        "ModerationModelVersion": services.moderation.version,
        "GetRequestMetadata": asked(request),
    }
    return _jobs.answer(job, found, token)


@kind("ContentModeration")
class ContentModerationKind:
    def options(self, request: Mapping[str, Any]) -> Json:
        return {"least": request.get("MinConfidence", DEFAULT_MODERATION_PCT) / 100}

    def observe(self, tools: VideoTools, options: Json) -> Looks:
        def look(image: Image) -> list[Json]:
            return list(_entries(tools, image, options["least"]))

        return Looks(look, LOOKS_PER_SECOND)

    def items(
        self, services: Services, _call: Call, job: Job, parts: Iterable[Mapping[str, Any]]
    ) -> Iterator[JobItem]:
        looks = (look for part in parts for look in part["looks"])
        timeline = Timeline("ModerationLabel", services.moderation.names)
        yield from timeline.items(looks, _jobs.duration_ms(job))


def _entries(tools: VideoTools, image: Image, least: float) -> Iterator[Json]:
    """Each label, with what kind of content the picture is."""
    found = moderated(tools.moderation, image, least)
    for label in found["ModerationLabels"]:
        yield {"ModerationLabel": label, "ContentTypes": found["ContentTypes"]}
