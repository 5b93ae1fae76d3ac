"""StartCelebrityRecognition and GetCelebrityRecognition: which public figure is on screen when.

As in pictures, a caller cannot ask for a threshold; and as in face search, results hold numbers of
enrolled faces: whoever was removed since is recognised in no video any more.
"""

from __future__ import annotations

import json
import string
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from beholden.domain.access import Identifies
from beholden.domain.face import Collection, Face
from beholden.domain.job import Job, JobItem, ShownItem
from beholden.gate.call import Call
from beholden.gate.registry import operation
from beholden.operations._celebrities import (
    about,
    celebrity_of,
    gallery,
    known_collection,
    least_similarity,
)
from beholden.operations._services import Services
from beholden.operations.video import _jobs
from beholden.operations.video._kinds import kind
from beholden.operations.video._matching import Hit, Matcher, released
from beholden.operations.video._persons import Appearance, Persons
from beholden.operations.video.face_search import SAME_PERSON_PCT, tracked_faces

if TYPE_CHECKING:
    from types_boto3_rekognition.type_defs import (
        GetCelebrityRecognitionRequestTypeDef,
        StartCelebrityRecognitionRequestTypeDef,
    )

Json = dict[str, Any]

BY_ID = "by id"
# Ids have letters and digits; so many of them are one number of 63 bits.
_DIGITS = {digit: n for n, digit in enumerate(sorted(string.digits + string.ascii_letters), 1)}
_SORTED_BY = 10


@operation("StartCelebrityRecognition", resource=gallery, identifies=Identifies.SEARCHES)
def start_celebrity_recognition(
    services: Services, call: Call, request: StartCelebrityRecognitionRequestTypeDef
) -> Json:
    return _jobs.start(services, call, request, "CelebrityRecognition")


@operation("GetCelebrityRecognition", resource=_jobs.job, identifies=Identifies.SEARCHES)
def get_celebrity_recognition(
    services: Services, call: Call, request: GetCelebrityRecognitionRequestTypeDef
) -> Json:
    job = _jobs.find(services, call, request, "CelebrityRecognition")
    view = BY_ID if request.get("SortBy") == "ID" else ""
    items, token = _jobs.page(services, job, request, view=view, grouped=True)
    shown = list(_released(services, call, job, items))
    return _jobs.answer(job, {"Celebrities": shown}, token)


def _released(
    services: Services, call: Call, job: Job, items: Sequence[ShownItem]
) -> Iterator[Json]:
    """Those who are still enrolled and similar enough by now; all of them are noted."""
    collection = known_collection(services)
    if collection is None or not items:
        return
    _note(services, call, job, collection)
    least = least_similarity(services, call)
    bodies: Any = [i.body for i in items if i.body["collection_no"] == collection.no]
    enrolled = services.faces.by_no(collection, sorted({body["hit"][0] for body in bodies}))
    faces = released(services, call, enrolled)
    noted: dict[tuple[str, int], float] = {}
    for body in bodies:
        no, similarity = body["hit"]
        if no in faces and similarity >= least:
            noted[faces[no].face_id, body["track"]] = similarity
            yield {"Timestamp": body["Timestamp"], "Celebrity": _shown(faces[no], body)}
    call.note(
        candidates=[
            {"face": face, "similarity_pct": similarity, "track": track}
            for (face, track), similarity in noted.items()
        ]
    )


def _shown(face: Face, body: Mapping[str, Any]) -> Json:
    """A CelebrityDetail; its box is the face's, as with AWS."""
    return about(celebrity_of(face)) | {
        "Id": face.external_image_id,
        "Confidence": body["hit"][1],
        "BoundingBox": body["Face"]["BoundingBox"],
        "Face": body["Face"],
    }


def _note(services: Services, call: Call, job: Job, collection: Collection) -> None:
    plan: Any = job.plan
    call.note(
        gallery=collection.arn,
        probe=services.hashes.of(bytes.fromhex(plan["sha256"])),
        model=services.model_version,
        threshold_pct=least_similarity(services, call),
    )


@kind("CelebrityRecognition")
class CelebrityRecognitionKind:
    """Tracks as in face search; those of people whom nobody knows leave nothing."""

    observe = staticmethod(tracked_faces)

    def options(self, _request: Mapping[str, Any]) -> Json:
        return {}

    def items(
        self, services: Services, call: Call, job: Job, parts: Iterable[Mapping[str, Any]]
    ) -> Iterator[JobItem]:
        collection = known_collection(services)
        if collection is None:
            call.note(candidates=[])
            return
        _note(services, call, job, collection)
        threshold = least_similarity(services, call)
        matcher = Matcher(services, call, collection, threshold, most=1)
        recognised = _Recognised(services, collection, matcher)
        persons = Persons(services.calibration.score(SAME_PERSON_PCT))
        for part in parts:
            recognised.hold(part["tracks"], persons.add(part["tracks"]))
            yield from recognised.items(persons.ended(part["until_ms"]))
        yield from recognised.items(persons.rest())
        matcher.note()


class _Recognised:
    """Holds the faces of a track, as JSON text, until it has ended and is recognised or not."""

    def __init__(self, services: Services, collection: Collection, matcher: Matcher) -> None:
        self._services = services
        self._collection = collection
        self._matcher = matcher
        self._held: dict[int, list[tuple[int, str]]] = {}

    def hold(self, tracks: Sequence[Mapping[str, Any]], appearances: Sequence[Appearance]) -> None:
        for track, appearance in zip(tracks, appearances, strict=True):
            faces = [(at_ms, json.dumps(face)) for at_ms, face in track["faces"]]
            self._held.setdefault(appearance.no, []).extend(faces)

    def items(self, ended: Sequence[Appearance]) -> Iterator[JobItem]:
        """Each face of those who are recognised, for both orders."""
        for appearance, hits in zip(ended, self._matcher.hits(ended), strict=True):
            held = self._held.pop(appearance.no)
            for hit in hits:
                yield from self._items(appearance.no, hit, held)

    def _items(self, track: int, hit: Hit, held: Sequence[tuple[int, str]]) -> Iterator[JobItem]:
        faces = self._services.faces.by_no(self._collection, [hit[0]])
        if hit[0] not in faces:
            return
        by_id = rank(str(faces[hit[0]].external_image_id))
        known = {"hit": hit, "track": track, "collection_no": self._collection.no}
        for at_ms, face in held:
            body = {"Timestamp": at_ms, "Face": json.loads(face), **known}
            yield JobItem(body, group=at_ms)
            yield JobItem(body, group=by_id, view=BY_ID)


def rank(celebrity_id: str) -> int:
    """Ascends as ids do, by their first ten characters."""
    number = 0
    for n in range(_SORTED_BY):
        digit = _DIGITS.get(celebrity_id[n : n + 1], 0)
        number = number * (len(_DIGITS) + 1) + digit
    return number
