"""StartPersonTracking and GetPersonTracking: where people go, without knowing who they are.

Who comes back after a cut keeps their index by their face, where it was seen, and else by their
clothes. Templates of faces are made for that, compared within this video alone, and destroyed when
the job ends.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from beholden.analysis.changes import Changes
from beholden.analysis.labels import LabelAnalysis
from beholden.analysis.people import PersonTrack, PersonTracker, Sighting
from beholden.analysis.tracks import worth
from beholden.domain.arrays import Float32
from beholden.domain.face import FaceDetails
from beholden.domain.image import Image
from beholden.domain.job import Job, JobItem
from beholden.domain.labels import Instance
from beholden.gate.call import Call
from beholden.gate.registry import operation
from beholden.operations import _present
from beholden.operations._services import Services
from beholden.operations.video import _jobs
from beholden.operations.video._kinds import VideoTools, kind
from beholden.operations.video._paths import Paths
from beholden.ports.frames import Frame

if TYPE_CHECKING:
    from types_boto3_rekognition.type_defs import (
        GetPersonTrackingRequestTypeDef,
        StartPersonTrackingRequestTypeDef,
    )

Json = dict[str, Any]

# Frames a second that people are looked for in: every other one is looked at for labels, too.
PERSONS_PER_SECOND = 4.0
LABEL = "Person"
# The similarity from which two faces are one person's, for the index that they share.
SAME_PERSON_PCT = 99.0
NO_ATTRIBUTES: frozenset[str] = frozenset()
# A face is somebody's if its middle is in the upper part of their box.
UPPER = 0.5
# A better view of a face is recognised once it is better by so much.
BETTER = 1.15


@operation("StartPersonTracking", resource=_jobs.videos)
def start_person_tracking(
    services: Services, call: Call, request: StartPersonTrackingRequestTypeDef
) -> Json:
    return _jobs.start(services, call, request, "PersonTracking")


@operation("GetPersonTracking", resource=_jobs.job, only_reads=True)
def get_person_tracking(
    services: Services, call: Call, request: GetPersonTrackingRequestTypeDef
) -> Json:
    job = _jobs.find(services, call, request, "PersonTracking")
    grouped = request.get("SortBy", "TIMESTAMP") == "INDEX"
    items, token = _jobs.page(services, job, request, grouped=grouped)
    call.note(persons=len(items))
    return _jobs.answer(job, {"Persons": [dict(item.body) for item in items]}, token)


def people(labels: LabelAnalysis, image: Image) -> Sequence[Instance]:
    """Whatever may be a person."""
    return labels.objects(image).get(LABEL, ())


@kind("PersonTracking")
class PersonTrackingKind:
    def options(self, _request: Mapping[str, Any]) -> Json:
        return {}

    def observe(self, tools: VideoTools, _options: Json) -> TrackedPersons:
        return TrackedPersons(tools)

    def items(
        self, services: Services, call: Call, _job: Job, parts: Iterable[Mapping[str, Any]]
    ) -> Iterator[JobItem]:
        paths = Paths(services.calibration.score(SAME_PERSON_PCT))
        for part in parts:
            tracks = part["tracks"]
            numbered = [(paths.index(track), track) for track in tracks]
            seen = [(at_ms, no, told) for no, track in numbered for at_ms, told in track["seen"]]
            for at_ms, no, told in sorted(seen, key=lambda one: one[:2]):
                yield JobItem({"Timestamp": at_ms, "Person": {"Index": no} | told}, group=no)
        call.note(tracks=paths.count)


class TrackedPersons:
    """Implements analysis.video.Observer."""

    per_second = PERSONS_PER_SECOND

    def __init__(self, tools: VideoTools) -> None:
        self._tools = tools
        self._tracker = PersonTracker()
        self._changes = Changes()
        self._present: list[PersonTrack] = []
        self._image: Image | None = None

    def see(self, frame: Frame) -> None:
        image = self._image = frame.image()
        if not self._changes.since(image):
            for track in self._present:
                track.stay(frame.timestamp_ms)
            return
        found = people(self._tools.labels, image)
        pairs = self._tracker.look(frame.timestamp_ms, image, found)
        self._present = [track for track, _ in pairs]
        if pairs:
            self._faces(image)

    def _faces(self, image: Image) -> None:
        """Give each face to the surest person whose it can be."""
        free = sorted(self._present, key=lambda track: -track.last.confidence)
        detections = self._tools.faces.detect(image)
        for face in self._tools.describer.describe(image, detections, NO_ATTRIBUTES):
            owner = next((track for track in free if _has(track.last, face)), None)
            if owner is not None:
                free.remove(owner)
                self._give(owner, image, face)

    def _give(self, owner: PersonTrack, image: Image, face: FaceDetails) -> None:
        owner.show(face)
        quality = worth(face)
        if quality > BETTER * owner.face_worth:
            owner.face_worth = quality
            owner.template = self._tools.faces.embed(image, [face.detection])[0][0]

    def part(self) -> Json:
        image = self._image
        return {"tracks": [_told(t, image) for t in self._tracker.tracks] if image else []}


def _has(person: Sighting, face: FaceDetails) -> bool:
    box, middle = person.box_px, face.detection.box_px.centre
    return box.left < middle.x < box.right and box.top < middle.y < box.top + UPPER * box.height


def _told(track: PersonTrack, image: Image) -> Json:
    """`image` only tells the size of the frames."""
    return {
        "first_ms": track.seen[0].at_ms,
        "first_box_px": _box(track.seen[0]),
        "last_ms": track.last.at_ms,
        "last_box_px": _box(track.last),
        "clothes": _rounded(track.clothes),
        "face_worth": round(track.face_worth, 4),
        "template": None if track.template is None else _rounded(track.template),
        "seen": [(one.at_ms, _person(one, image)) for one in track.seen],
    }


def _person(one: Sighting, image: Image) -> Json:
    """A PersonDetail without its index."""
    box = _present.bounding_box(_present.box_ratio(one.box_px, image))
    face = {} if one.face is None else {"Face": _present.face_detail(one.face, image)}
    return {"BoundingBox": box} | face


def _box(one: Sighting) -> list[float]:
    box = one.box_px
    return [box.left, box.top, box.width, box.height]


def _rounded(vector: Float32) -> list[float]:
    return [round(float(x), 5) for x in vector]
