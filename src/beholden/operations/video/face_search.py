"""StartFaceSearch and GetFaceSearch: who is on screen when.

Results hold numbers of enrolled faces, not faces: who stands behind one is looked up when a page is
released. So a face that was deleted since is no match any more, in any job.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from beholden.analysis.tracks import FaceTracker, Track
from beholden.domain.access import Identifies
from beholden.domain.errors import ResourceNotFound
from beholden.domain.face import Collection, Face, FaceDetails
from beholden.domain.image import Image
from beholden.domain.job import Job, JobItem, ShownItem
from beholden.gate.call import Call
from beholden.gate.registry import operation
from beholden.operations import _present, _resources
from beholden.operations._services import Services
from beholden.operations.enrolment import usable
from beholden.operations.faces import DEFAULT_THRESHOLD_PCT
from beholden.operations.search import (
    DEFAULT_MAX_FACES,
    asks_face_threshold,
)
from beholden.operations.video import _jobs
from beholden.operations.video._kinds import VideoTools, kind
from beholden.operations.video._matching import Matcher, released
from beholden.operations.video._persons import Appearance, Persons
from beholden.operations.video.faces import FACES_PER_SECOND
from beholden.ports.frames import Frame

if TYPE_CHECKING:
    from types_boto3_rekognition.type_defs import (
        GetFaceSearchRequestTypeDef,
        StartFaceSearchRequestTypeDef,
    )

Json = dict[str, Any]

# The similarity from which two tracks are one person, for the index that they share.
SAME_PERSON_PCT = 99.0


@operation(
    "StartFaceSearch",
    resource=_resources.collection,
    identifies=Identifies.SEARCHES,
    context=asks_face_threshold,
)
def start_face_search(
    services: Services, call: Call, request: StartFaceSearchRequestTypeDef
) -> Json:
    usable(services, request["CollectionId"])
    return _jobs.start(services, call, request, "FaceSearch")


@operation("GetFaceSearch", resource=_jobs.job, identifies=Identifies.SEARCHES)
def get_face_search(services: Services, call: Call, request: GetFaceSearchRequestTypeDef) -> Json:
    job = _jobs.find(services, call, request, "FaceSearch")
    grouped = request.get("SortBy", "TIMESTAMP") == "INDEX"
    items, token = _jobs.page(services, job, request, grouped=grouped)
    matches = _matches(services, call, job, items) if items else {}
    persons = [
        {
            "Timestamp": item.body["Timestamp"],
            "Person": item.body["Person"],
            "FaceMatches": matches.get(item.body["Track"], []),
        }
        for item in items
    ]
    return _jobs.answer(job, {"Persons": persons}, token)


def _matches(
    services: Services, call: Call, job: Job, items: Sequence[ShownItem]
) -> dict[Any, list[Json]]:
    """FaceMatches by track, for the tracks of a page; all of them are noted as evidence."""
    tracks: set[Any] = {item.body["Track"] for item in items}
    found = services.jobs.groups(job, "matches", sorted(tracks))
    faces = released(services, call, _faces(services, job, found))
    matches = {item.group: _ranked(item, faces) for item in found}
    _note(services, call, job)
    call.note(candidates=[one for no, ranked in matches.items() for one in _evidence(no, ranked)])
    return matches


def _ranked(item: ShownItem, faces: Mapping[int, Face]) -> list[Json]:
    """FaceMatches of one track, best first."""
    hits: Any = item.body["hits"]
    return [
        {"Similarity": similarity, "Face": _present.face(faces[no])}
        for no, similarity in hits
        if no in faces
    ]


def _evidence(track: int, ranked: Sequence[Json]) -> Iterator[Json]:
    for match in ranked:
        face, similarity = match["Face"]["FaceId"], match["Similarity"]
        yield {"face": face, "similarity_pct": similarity, "track": track}


def _faces(services: Services, job: Job, found: Sequence[ShownItem]) -> Mapping[int, Face]:
    """The enrolled faces that are hit, by number; none if the collection is not that one any
    more."""
    try:
        collection = services.collections.get(str(job.request["CollectionId"]))
    except ResourceNotFound:
        return {}
    searched = [item.body for item in found if item.body["collection_no"] == collection.no]
    hits: Any = [hit for body in searched for hit in body["hits"]]  # type: ignore[attr-defined]
    return services.faces.by_no(collection, sorted({no for no, _ in hits}))


def _note(services: Services, call: Call, job: Job) -> None:
    """What every match was found with."""
    plan = job.plan or {}
    call.note(
        gallery=services.account.collection_arn(str(job.request["CollectionId"])),
        probe=services.hashes.of(bytes.fromhex(str(plan["sha256"]))),
        model=services.model_version,
        threshold_pct=_threshold(job),
    )


def _threshold(job: Job) -> float:
    threshold: Any = job.request.get("FaceMatchThreshold", DEFAULT_THRESHOLD_PCT)
    return float(threshold)


def tracked_faces(tools: VideoTools, _options: Json) -> TrackedFaces:
    """The observer of every analysis that recognises faces."""
    return TrackedFaces(tools)


@kind("FaceSearch")
class FaceSearchKind:
    """Faces are tracked; the best views of each track are recognised, once."""

    observe = staticmethod(tracked_faces)

    def options(self, _request: Mapping[str, Any]) -> Json:
        return {}

    def items(
        self, services: Services, call: Call, job: Job, parts: Iterable[Mapping[str, Any]]
    ) -> Iterator[JobItem]:
        collection = usable(services, str(job.request["CollectionId"]))
        matcher = Matcher(services, call, collection, _threshold(job), DEFAULT_MAX_FACES)
        persons = Persons(services.calibration.score(SAME_PERSON_PCT))
        _note(services, call, job)
        for part in parts:
            appearances = persons.add(part["tracks"])
            yield from _timeline(part["tracks"], appearances)
            yield from _matched(matcher, collection, persons.ended(part["until_ms"]))
        yield from _matched(matcher, collection, persons.rest())
        matcher.note()


def _matched(
    matcher: Matcher, collection: Collection, ended: Sequence[Appearance]
) -> Iterator[JobItem]:
    for appearance, hits in zip(ended, matcher.hits(ended), strict=True):
        body = {"collection_no": collection.no, "hits": hits}
        yield JobItem(body, group=appearance.no, view="matches")


def _timeline(
    tracks: Sequence[Mapping[str, Any]], appearances: Sequence[Appearance]
) -> Iterator[JobItem]:
    """Each face at each time it was seen, by time."""
    seen = [
        (at_ms, appearance.person, appearance.no, face)
        for track, appearance in zip(tracks, appearances, strict=True)
        for at_ms, face in track["faces"]
    ]
    for at_ms, person, no, face in sorted(seen, key=lambda one: one[:3]):
        shown = {"Index": person, "BoundingBox": face["BoundingBox"], "Face": face}
        yield JobItem({"Timestamp": at_ms, "Person": shown, "Track": no}, group=person)


class TrackedFaces:
    """Implements analysis.video.Observer."""

    per_second = FACES_PER_SECOND

    def __init__(self, tools: VideoTools) -> None:
        self._tracker = FaceTracker(tools.faces, tools.describer)
        self._image: Image | None = None
        self._until_ms = 0

    def see(self, frame: Frame) -> None:
        self._image = frame.image()
        self._tracker.look(frame.timestamp_ms, self._image)
        self._until_ms = frame.timestamp_ms

    def part(self) -> Json:
        image = self._image
        tracks = [self._told(track, image) for track in self._tracker.tracks] if image else []
        return {"until_ms": self._until_ms, "tracks": tracks}

    def _told(self, track: Track, image: Image) -> Json:
        """`image` only tells the size of the frames."""
        first, last = track.seen[0], track.seen[-1]
        return {
            "first_ms": first[0],
            "first_box_px": _box(first[1]),
            "last_ms": last[0],
            "last_box_px": _box(last[1]),
            "faces": [(at_ms, _present.face_detail(seen, image)) for at_ms, seen in track.seen],
            "views": [
                (
                    round(view.quality, 4),
                    [round(float(x), 6) for x in self._tracker.embedding(view)],
                )
                for view in track.views
            ],
        }


def _box(details: FaceDetails) -> list[float]:
    box = details.detection.box_px
    return [box.left, box.top, box.width, box.height]
