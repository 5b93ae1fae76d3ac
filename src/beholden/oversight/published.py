"""From an entry of the audit log to what anyone may know of it.

Left out: who (principal, key), the case, the collection, every id of a face, a user, a picture or a
template, the text of a refusal, and the time of day. Kept: what was done, on which day, in which
role, for which declared purpose, at which threshold, and what came of it. `leaf` is the hash of the
entry in the audit log's tree, so that whoever is shown that entry can tell that it is this one.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any

Json = Mapping[str, Any]

# The terms of a purpose, as `beholden:PutPurpose` notes them.
TERMS = (
    "Name",
    "Basis",
    "Consent",
    "RetentionDays",
    "ThresholdFloor",
    "FloorRaises",
    "Review",
    "Authorization",
    "Attributes",
    "ReportSha256",
    "ReportFiledAt",
    "DeclaredAt",
    "EndedAt",
)
NOTICE = ("Place", "Purposes", "Operator")
_EVALUATION = ("kind", "list_sha256", "model", "summary", "groups")


def publish(entry: bytes) -> bytes:
    """The published entry, canonical JSON. The same entry always gives the same one: whoever holds
    both logs can check that nothing else was published."""
    record = json.loads(entry)
    shown = {
        "action": record["action"],
        "call": record["call"],
        "day": record["at"][:10],
        "facts": _facts(record),
        "kind": record["kind"],
        "leaf": sha256(b"\x00" + entry).hexdigest(),
        "purpose": record["purpose"],
        "role": record["role"],
    }
    return json.dumps(shown, sort_keys=True, separators=(",", ":")).encode("ascii")


def _facts(record: Json) -> dict[str, Any]:
    facts = record["facts"]
    made: dict[str, Any] = {}
    for kind, action, tell in _TOLD:
        if record["kind"] == kind and action in ("", record["action"]):
            made |= tell(facts)
    return made


def _thresholds(facts: Json) -> dict[str, Any]:
    """That which decided, and that which was asked for."""
    asked = facts.get("asked", {}).get("threshold_pct")
    used = facts.get("threshold_pct", facts.get("granted", {}).get("threshold_pct"))
    return {"threshold_pct": used, "asked_pct": asked} if used is not None else {}


def _found(facts: Json) -> dict[str, Any]:
    """Whether anybody was found; not whom, nor how many. Where two people judge first, not that."""
    candidates = facts.get("candidates")
    if candidates is None:
        return {}
    if isinstance(candidates, Mapping) and "committed" in candidates:
        return {"withheld": True}
    return {"matched": bool(candidates)}


def _review(facts: Json) -> dict[str, Any]:
    """What became of a withheld match, once that is known."""
    state = facts.get("lead_state")
    return {} if state in (None, "waiting") else {"review": state}


def _refused(facts: Json) -> dict[str, Any]:
    return {"refused_by": facts.get("policies", [])}


def _failed(facts: Json) -> dict[str, Any]:
    return {"error": facts.get("error", "")}


def _purpose(facts: Json) -> dict[str, Any]:
    terms = facts.get("purpose")
    return {"purpose": _some(terms, TERMS)} if isinstance(terms, Mapping) else {}


def _profile(facts: Json) -> dict[str, Any]:
    return _some(facts, ("profile", "digest"))


def _undone(facts: Json) -> dict[str, Any]:
    """How many authorizations lost all that was found under them."""
    deleted = facts.get("deleted")
    return {"undone": len(deleted)} if isinstance(deleted, list) and deleted else {}


def _notice(facts: Json) -> dict[str, Any]:
    """What stands beside a camera is public anyway."""
    notice = facts.get("notice")
    if not isinstance(notice, Mapping):
        return {}
    return {"notice": {"Camera": facts["camera"], **_some(notice, NOTICE)}}


def _removed(facts: Json) -> dict[str, Any]:
    return {"removed_camera": facts["camera"]} if facts.get("removed") else {}


def _recorded(facts: Json) -> dict[str, Any]:
    """How many videos a stream processor kept of what it saw."""
    return {"recordings": facts["recordings"]} if facts.get("recordings") else {}


def _evaluation(facts: Json) -> dict[str, Any]:
    return _some(facts, _EVALUATION)


def _evaluation_page(facts: Json) -> dict[str, Any]:
    return _some(facts, ("of", "first", "groups"))


def _pattern(facts: Json) -> dict[str, Any]:
    return _some(facts, ("pattern",))


def _settled(facts: Json) -> dict[str, Any]:
    return _some(facts, ("pattern", "settled"))


def _some(facts: Json, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: facts[name] for name in names if name in facts}


# (kind, action or "" for any, what is told of the facts)
_TOLD: tuple[tuple[str, str, Callable[[Json], dict[str, Any]]], ...] = (
    ("outcome", "", _thresholds),
    ("outcome", "", _found),
    ("outcome", "", _review),
    ("refusal", "", _refused),
    ("failure", "", _failed),
    ("outcome", "beholden:PutPurpose", _purpose),
    ("outcome", "beholden:Approve", _purpose),
    ("admin", "beholden:FirstPurpose", _purpose),
    ("outcome", "beholden:ChooseProfile", _profile),
    ("outcome", "beholden:Approve", _profile),
    ("admin", "beholden:FirstProfile", _profile),
    ("admin", "beholden:LoadPolicy", _profile),
    ("admin", "beholden:RuleInForce", _profile),
    ("admin", "beholden:RuleInForce", _purpose),
    ("outcome", "beholden:RevokeAuthorization", _undone),
    ("outcome", "beholden:SweepAuthorizations", _undone),
    ("outcome", "beholden:PutNotice", _notice),
    ("outcome", "beholden:RemoveCamera", _removed),
    ("outcome", "StopStreamProcessor", _recorded),
    ("failure", "StopStreamProcessor", _recorded),
    ("outcome", "beholden:RecordEvaluation", _evaluation),
    ("evidence", "beholden:RecordEvaluation", _evaluation_page),
    ("admin", "beholden:RaiseAlert", _pattern),
    ("outcome", "beholden:SettleAlert", _settled),
)
