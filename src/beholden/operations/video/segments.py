"""StartSegmentDetection and GetSegmentDetection: shots and technical cues, to the frame."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from beholden.analysis.cues import SLOT_MS, cues, lettered
from beholden.analysis.segments import FrameMeasures, Measured, join
from beholden.analysis.shots import cut_chances, shots
from beholden.analysis.text import TextFilter
from beholden.domain.job import Job, JobItem
from beholden.domain.timecode import smpte
from beholden.gate.call import Call
from beholden.gate.registry import operation
from beholden.operations import _present
from beholden.operations._services import Services
from beholden.operations.video import _jobs
from beholden.operations.video._kinds import VideoTools, kind
from beholden.ports.frames import Frame
from beholden.vision.screens import black_share, color_bars, ground_share, thumbnail

if TYPE_CHECKING:
    from types_boto3_rekognition.type_defs import (
        GetSegmentDetectionRequestTypeDef,
        StartSegmentDetectionRequestTypeDef,
    )

Json = dict[str, Any]

SHOT, CUE = "SHOT", "TECHNICAL_CUE"
# Of what finds them; not of a network.
MODEL_VERSION = "1.0"
# The service model's.
MIN_CONFIDENCE_PCT = 50.0
MAX_PIXEL_THRESHOLD = 0.2
MIN_COVERAGE_PCT = 99.0

# Longer sides of what is looked at, for shots and for cues.
SHOT_PX, CUE_PX = 64, 320
# Enough words to tell that there are lines, and what a slate's begin with.
READ = TextFilter(min_confidence=0.7, most=24)
LEAST_LETTERS = 3


@operation("StartSegmentDetection", resource=_jobs.videos)
def start_segment_detection(
    services: Services, call: Call, request: StartSegmentDetectionRequestTypeDef
) -> Json:
    return _jobs.start(services, call, request, "SegmentDetection")


@operation("GetSegmentDetection", resource=_jobs.job, only_reads=True)
def get_segment_detection(
    services: Services, call: Call, request: GetSegmentDetectionRequestTypeDef
) -> Json:
    job = _jobs.find(services, call, request, "SegmentDetection")
    items, token = _jobs.page(services, job, request)
    selected = [{"Type": one, "ModelVersion": MODEL_VERSION} for one in _types(job.request)]
    told: Json = {
        "Segments": [dict(item.body) for item in items],
        "SelectedSegmentTypes": selected,
    }
    answer = _jobs.answer(job, told, token)
    plan: Any = job.plan
    if plan is not None:
        answer["VideoMetadata"] = [answer["VideoMetadata"]]
        answer["AudioMetadata"] = [_present.audio_metadata(audio) for audio in plan["audio"]]
    return answer


def _types(request: Mapping[str, Any]) -> list[str]:
    """As asked for, each once."""
    return list(dict.fromkeys(request["SegmentTypes"]))


@kind("SegmentDetection")
class SegmentDetectionKind:
    """Each frame is measured; what the measures tell is decided when all are there."""

    def options(self, request: Mapping[str, Any]) -> Json:
        """`max_pixel` is None where no cues are wanted."""
        black = _filter(request, "TechnicalCueFilter").get("BlackFrame", {})
        wanted = CUE in request["SegmentTypes"]
        return {
            "max_pixel": black.get("MaxPixelThreshold", MAX_PIXEL_THRESHOLD) if wanted else None
        }

    def observe(self, tools: VideoTools, options: Json) -> MeasuredFrames:
        return MeasuredFrames(tools, options["max_pixel"])

    def items(
        self, _services: Services, _call: Call, job: Job, parts: Iterable[Mapping[str, Any]]
    ) -> Iterator[JobItem]:
        plan: Any = job.plan
        measured = join(parts, plan["video"]["frame_rate"])
        show = _Shown(measured, plan["video"]["duration_ms"])
        for wanted in _types(job.request):
            found = show.shots() if wanted == SHOT else show.cues(_least_black(job.request))
            least_pct = _least_pct(job.request, wanted)
            yield from (JobItem(one) for one, pct in found if pct >= least_pct)


def _filter(request: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = request.get("Filters", {}).get(name, {})
    return found


def _least_pct(request: Mapping[str, Any], segment_type: str) -> float:
    asked = _filter(request, "ShotFilter" if segment_type == SHOT else "TechnicalCueFilter")
    return float(asked.get("MinSegmentConfidence", MIN_CONFIDENCE_PCT))


def _least_black(request: Mapping[str, Any]) -> float:
    black = _filter(request, "TechnicalCueFilter").get("BlackFrame", {})
    return float(black.get("MinCoveragePercentage", MIN_COVERAGE_PCT)) / 100


class _Shown:
    """SegmentDetections with their confidences in percent."""

    def __init__(self, measured: Measured, duration_ms: int) -> None:
        self._measured = measured
        self._duration_ms = duration_ms

    def shots(self) -> Iterator[tuple[Json, float]]:
        measured = self._measured
        chances = cut_chances(measured.change, measured.change_2)
        for index, shot in enumerate(shots(chances, measured.level)):
            pct = _present.percent(shot.confidence)
            told = {"Index": index, "Confidence": pct}
            yield self._segment(SHOT, shot.first, shot.last) | {"ShotSegment": told}, pct

    def cues(self, least_black: float) -> Iterator[tuple[Json, float]]:
        for cue in cues(self._measured.screens, least_black):
            pct = _present.percent(cue.confidence)
            told = {"Type": cue.kind.value, "Confidence": pct}
            yield self._segment(CUE, cue.first, cue.last) | {"TechnicalCueSegment": told}, pct

    def _segment(self, segment_type: str, first: int, last: int) -> Json:
        """`last` is the last frame: the segment ends when it begins, and lasts until it ends."""
        times, rate = self._measured.times_ms, self._measured.screens.frame_rate
        until_ms = int(times[last + 1]) if last + 1 < len(times) else self._duration_ms
        return {
            "Type": segment_type,
            "StartTimestampMillis": int(times[first]),
            "EndTimestampMillis": int(times[last]),
            "DurationMillis": max(0, until_ms - int(times[first])),
            "StartTimecodeSMPTE": smpte(first, rate),
            "EndTimecodeSMPTE": smpte(last, rate),
            "DurationSMPTE": smpte(last + 1 - first, rate),
            "StartFrameNumber": first,
            "EndFrameNumber": last,
            "DurationFrames": last + 1 - first,
        }


class MeasuredFrames:
    """Implements analysis.video.Observer. `max_pixel` is the luminance of black, 0..1, or None
    where only shots are wanted."""

    per_second = None

    def __init__(self, tools: VideoTools, max_pixel: float | None) -> None:
        self._text = tools.text
        self._max_pixel = max_pixel
        self._frames = FrameMeasures()
        self._read_slot = -1

    def see(self, frame: Frame) -> None:
        self._frames.add(frame.timestamp_ms, thumbnail(frame.image(SHOT_PX).pixels))
        if self._max_pixel is not None:
            pixels = frame.image(CUE_PX).pixels
            ground = ground_share(pixels)
            self._frames.add_screen(
                black_share(pixels, self._max_pixel), ground, color_bars(pixels)
            )
            slot = frame.timestamp_ms // SLOT_MS
            if lettered(ground) and slot != self._read_slot:
                self._read_slot = slot
                self._frames.add_text(self._lines(frame))

    def _lines(self, frame: Frame) -> Sequence[str]:
        lines = (line.text for line in self._text.read(frame.image(), READ))
        return [text for text in lines if sum(map(str.isalpha, text)) >= LEAST_LETTERS]

    def part(self) -> Json:
        return self._frames.part()
