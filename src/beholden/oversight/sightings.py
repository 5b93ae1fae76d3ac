"""A record of a search, as far as looking for misuse needs it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

VIDEOS = frozenset({"StartFaceSearch", "StartCelebrityRecognition"})
CELEBRITIES = "RecognizeCelebrities"
SEARCHES = frozenset(
    {
        CELEBRITIES,
        "SearchFaces",
        "SearchFacesByImage",
        "SearchUsers",
        "SearchUsersByImage",
    }
    | VIDEOS
)
ASSOCIATES = "AssociateFaces"
WATCHED = SEARCHES | {"CompareFaces", ASSOCIATES}
# At least this similar, the best candidate is taken for the person: what a search asks for unless
# it says otherwise. With less, a face may be the nearest to everybody.
SURE_PCT = 80.0


@dataclass(frozen=True, slots=True)
class Sighting:
    """`probe` is the salted hash of a picture or video, or an opaque id; `found` says whether there
    were candidates, and `person` who the best one is, by gallery: None if there was none, if it is
    not sure or withheld, and where several people are found at once."""

    index: int
    action: str
    at: datetime
    call: str
    principal: str
    case: str | None
    probe: str | None
    found: bool
    person: str | None

    @property
    def second(self) -> int:
        return int(self.at.timestamp())


def sightings(index: int, record: Mapping[str, Any]) -> Iterator[Sighting]:
    """One for each search or comparison that was answered; an association compares several faces
    with a user, and each counts as a search by it."""
    if record["kind"] != "outcome" or record["action"] not in WATCHED:
        return
    for search in _searches(record):
        seen = _sighting(index, search)
        if seen is not None:
            yield seen


def _searches(record: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    if record["action"] != ASSOCIATES:
        yield record
        return
    facts = record["facts"]
    for one in facts.get("compared", ()):  # nothing is, where an earlier answer is given again
        search = {"gallery": facts["gallery"], "probe_face": one["face"], "candidates": [one]}
        yield {**record, "facts": search}


def _sighting(index: int, record: Mapping[str, Any]) -> Sighting | None:
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
        found=bool(facts.get("candidates")),
        person=None if _many(record) else _person(facts),
    )


def _case(written: str | None) -> str | None:
    """Two spellings of a case are not two cases."""
    return " ".join((written or "").casefold().split()) or None


def _many(record: Mapping[str, Any]) -> bool:
    """Whether it found several people at once, none of whom is the probe."""
    if record["action"] in VIDEOS:
        return True
    return record["action"] == CELEBRITIES and len(record["facts"].get("candidates", ())) > 1


def _person(facts: Mapping[str, Any]) -> str | None:
    candidates = facts.get("candidates")
    if not isinstance(candidates, list) or not candidates:
        return None
    best = candidates[0]
    if best["similarity_pct"] < SURE_PCT:
        return None
    return f"{facts['gallery']}/{best.get('user') or best.get('face')}"
