"""What one kind of video analysis consists of: one small class per kind, one file each.

A job runs in segments. In a worker process, `observe` makes an Observer, which looks at the frames
of one segment and gives its findings as JSON. In the server, once all segments are done, `items`
joins these parts into the results that the Get operation pages through.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from beholden.analysis.details import FaceDescriber
from beholden.analysis.faces import FaceAnalysis
from beholden.analysis.labels import LabelAnalysis
from beholden.analysis.moderation import ModerationAnalysis
from beholden.analysis.text import TextAnalysis
from beholden.analysis.video import Observer
from beholden.domain.job import Job, JobItem
from beholden.gate.call import Call
from beholden.operations._services import Services

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class VideoTools:
    """What observers may use in a worker process."""

    faces: FaceAnalysis
    describer: FaceDescriber
    text: TextAnalysis
    labels: LabelAnalysis
    moderation: ModerationAnalysis


class VideoKind(Protocol):
    def options(self, request: Mapping[str, Any], /) -> Json:
        """What `observe` must know of the Start request; nothing that it need not."""
        ...

    def observe(self, tools: VideoTools, options: Json, /) -> Observer:
        """An observer for one segment, in a worker process. Jobs of one run for which the same
        function is called with the same options share what it gives."""
        ...

    def items(
        self, services: Services, call: Call, job: Job, parts: Iterable[Mapping[str, Any]], /
    ) -> Iterator[JobItem]:
        """The results, from the parts in order, one part in memory at a time. What identifies
        somebody is searched with `call.grant` and noted on `call`."""
        ...


KINDS: dict[str, VideoKind] = {}


def kind(name: str) -> Callable[[Callable[[], VideoKind]], None]:
    """Register a class under the name that its two operations end in, for example `FaceSearch`."""

    def register(make: Callable[[], VideoKind]) -> None:
        KINDS[name] = make()

    return register
