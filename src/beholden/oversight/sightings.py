"""A record of a search, as far as looking for misuse needs it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

VIDEOS = frozenset({"StartFaceSearch", "StartCelebrityRecognition"})
SEARCHES = frozenset(
    {
        "RecognizeCelebrities",
        "SearchFaces",
        "SearchFacesByImage",
        "SearchUsers",
        "SearchUsersByImage",
    }
    | VIDEOS
)
WATCHED = SEARCHES | {"CompareFaces"}


@dataclass(frozen=True, slots=True)
class Sighting:
    """`probe` is the salted hash of a picture or video, or an opaque id; `person` the best
    candidate's id, None if there was none, if it is withheld, and for a video with its many."""

    index: int
    action: str
    at: datetime
    call: str
    principal: str
    case: str | None
    probe: str | None
    person: str | None

    @property
    def second(self) -> int:
        return int(self.at.timestamp())


def sighting(index: int, record: Mapping[str, Any]) -> Sighting | None:
    """None for a record that is no search or comparison that was answered."""
    if record["kind"] != "outcome" or record["action"] not in WATCHED:
        return None
    facts = record["facts"]
    if record["action"] in VIDEOS and "candidates" not in facts:
        return None  # the start of a job, which leaves a record of its own when it has searched
    probes = (facts.get(name) for name in ("probe", "probe_face", "probe_user"))
    return Sighting(
        index=index,
        action=record["action"],
        at=datetime.fromisoformat(record["at"]),
        call=record["call"],
        principal=record["principal"],
        case=_case(record["case"]),
        probe=next((str(probe) for probe in probes if probe), None),
        person=None if record["action"] in VIDEOS else _person(facts.get("candidates")),
    )


def _case(written: str | None) -> str | None:
    """Two spellings of a case are not two cases."""
    return " ".join((written or "").casefold().split()) or None


def _person(candidates: object) -> str | None:
    if not isinstance(candidates, list) or not candidates:
        return None
    best = candidates[0]
    named = (best.get("face") or best.get("user")) if isinstance(best, dict) else None
    return None if named is None else str(named)
