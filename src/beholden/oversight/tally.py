"""Counting the published log, entry by entry: from these counts every number of the page follows.

A tally is JSON, so that it can be kept and gone on with; its size depends on how many months,
purposes, thresholds and rules there are, not on how many entries. `tools/recompute_report.py`
counts the same by itself.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

Json = Mapping[str, Any]
Tally = dict[str, Any]

VERSION = 5
ENDS = frozenset({"outcome", "refusal", "failure"})
# What each operation that tells who somebody is counts as.
COUNTED = {
    "RecognizeCelebrities": "searches",
    "SearchFaces": "searches",
    "SearchFacesByImage": "searches",
    "SearchUsers": "searches",
    "SearchUsersByImage": "searches",
    "StartFaceSearch": "videos",
    "StartCelebrityRecognition": "videos",
    "StartStreamProcessor": "live",
    "CompareFaces": "comparisons",
    "IndexFaces": "enrolments",
    "beholden:AddCelebrity": "enrolments",
}
# What people do about authorizations to search for a time.
AUTHORIZING = {
    "beholden:RequestAuthorization": "requested",
    "beholden:StartEmergency": "emergencies",
    "beholden:ApproveAuthorization": "approvals",
    "beholden:RevokeAuthorization": "revoked",
}


def new_tally() -> Tally:
    return {
        "version": VERSION,
        "entries": 0,
        "first_day": None,
        "last_day": None,
        "months": {},
        "profiles": [],
        "policies": [],
        "purposes": {},
        "cameras": {},
        "evaluations": {},
        "pages": {},
    }


def count(tally: Tally, entries: Iterable[bytes]) -> None:
    """Go on with the entries that follow those counted so far."""
    for data in entries:
        entry = json.loads(data)
        tally["entries"] += 1
        tally["first_day"] = tally["first_day"] or entry["day"]
        tally["last_day"] = max(entry["day"], tally["last_day"] or "")
        if entry["action"] in COUNTED and entry["kind"] in ENDS:
            _call(_month(tally, entry), entry)
        elif entry["action"] in AUTHORIZING and entry["kind"] == "outcome":
            _add(_month(tally, entry)["authorizations"], AUTHORIZING[entry["action"]])
        for name, see in _SEEN.items():
            if name in entry["facts"]:
                see(tally, entry)


def _month(tally: Tally, entry: Json) -> dict[str, dict[str, Any]]:
    empty = ("calls", "thresholds", "refusals", "authorizations", "reviews", "alerts", "settled")
    month: dict[str, dict[str, Any]] = tally["months"].setdefault(
        entry["day"][:7], {name: {} for name in empty}
    )
    return month


def _call(month: dict[str, dict[str, Any]], entry: Json) -> None:
    row: dict[str, Any] = month["calls"].setdefault(entry["purpose"], {})
    match entry["kind"]:
        case "outcome":
            _answered(month, row, entry)
        case "refusal":
            _add(row, "refused")
            for rule in entry["facts"]["refused_by"] or ["no policy allows it"]:
                _add(month["refusals"], rule)
        case _:
            _add(row, "failed")


def _answered(month: dict[str, dict[str, Any]], row: dict[str, Any], entry: Json) -> None:
    name, facts = COUNTED[entry["action"]], entry["facts"]
    if name == "videos" and "matched" not in facts:
        return  # the start of a job, which leaves an entry of its own when it has searched
    if name == "live" and "matched" in facts:
        if facts["matched"]:  # one of a processor's finds, which has been counted when it began
            _add(row, "live_matched")
        return
    _add(row, name)
    if name == "searches":
        _add(row, _came_of(facts))
    elif name == "videos" and facts["matched"]:
        _add(row, "videos_matched")
    if "threshold_pct" in facts and name != "enrolments":
        per_purpose = month["thresholds"].setdefault(entry["purpose"], {})
        _add(per_purpose, str(float(facts["threshold_pct"])))
        if facts["asked_pct"] is not None and facts["asked_pct"] < facts["threshold_pct"]:
            _add(row, "raised")


def _came_of(facts: Json) -> str:
    if facts.get("withheld"):
        return "withheld"
    return "matched" if facts.get("matched") else "unmatched"


def _add(counts: dict[str, Any], name: str, number: int = 1) -> None:
    counts[name] = counts.get(name, 0) + number


def _review(tally: Tally, entry: Json) -> None:
    per_purpose = _month(tally, entry)["reviews"].setdefault(entry["purpose"], {})
    _add(per_purpose, entry["facts"]["review"])


def _undone(tally: Tally, entry: Json) -> None:
    _add(_month(tally, entry)["authorizations"], "undone", entry["facts"]["undone"])


def _recorded(tally: Tally, entry: Json) -> None:
    row = _month(tally, entry)["calls"].setdefault(entry["purpose"], {})
    _add(row, "live_recordings", entry["facts"]["recordings"])


def _pattern(tally: Tally, entry: Json) -> None:
    if "settled" not in entry["facts"]:
        _add(_month(tally, entry)["alerts"], entry["facts"]["pattern"])


def _settled(tally: Tally, entry: Json) -> None:
    _add(_month(tally, entry)["settled"], entry["facts"]["settled"])


def _profile(tally: Tally, entry: Json) -> None:
    _changed(tally["profiles"], entry["day"], entry["facts"]["profile"])


def _digest(tally: Tally, entry: Json) -> None:
    _changed(tally["policies"], entry["day"], entry["facts"]["digest"])


def _changed(history: list[list[str]], day: str, value: str) -> None:
    if not history or history[-1][1] != value:
        history.append([day, value])


def _purpose(tally: Tally, entry: Json) -> None:
    terms = dict(entry["facts"]["purpose"])
    name, day = terms.pop("Name"), entry["day"]
    known = tally["purposes"].get(name, {"since": day, "terms": None})
    if terms != known["terms"]:  # a start says them again
        tally["purposes"][name] = {"since": known["since"], "changed": day, "terms": terms}


def _notice(tally: Tally, entry: Json) -> None:
    """The last notice of a camera; one that was removed and comes back begins anew."""
    notice = entry["facts"]["notice"]
    known = tally["cameras"].get(notice["Camera"], {"removed": "never"})
    since = entry["day"] if known["removed"] else known["since"]
    tally["cameras"][notice["Camera"]] = {
        "place": notice["Place"],
        "purposes": notice["Purposes"],
        "operator": notice["Operator"],
        "since": since,
        "changed": entry["day"],
        "removed": None,
    }


def _removed_camera(tally: Tally, entry: Json) -> None:
    known = tally["cameras"].get(entry["facts"]["removed_camera"])
    if known is not None:
        known["removed"] = entry["day"]


def _page(tally: Tally, entry: Json) -> None:
    """A list of groups too long for one entry comes ahead of it."""
    tally["pages"].setdefault(entry["call"], []).extend(entry["facts"].get("groups", []))


def _evaluation(tally: Tally, entry: Json) -> None:
    """The newest of its kind in its year."""
    facts = dict(entry["facts"])
    pages = tally["pages"].pop(entry["call"], [])
    if not isinstance(facts.get("groups"), list):
        facts["groups"] = pages
    filed = tally["evaluations"].setdefault(entry["day"][:4], {})
    filed[facts["kind"]] = {"day": entry["day"], **facts}


_SEEN: dict[str, Callable[[Tally, Json], None]] = {
    "review": _review,
    "undone": _undone,
    "recordings": _recorded,
    "pattern": _pattern,
    "settled": _settled,
    "profile": _profile,
    "digest": _digest,
    "purpose": _purpose,
    "notice": _notice,
    "removed_camera": _removed_camera,
    "of": _page,
    "list_sha256": _evaluation,
}
