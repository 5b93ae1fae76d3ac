"""The end of what is kept, when its term runs out or its purpose ends; and faces that are held.

Not part of Rekognition's API. The server calls the sweep by itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NotRequired, TypedDict

from beholden.domain.access import Resource
from beholden.domain.errors import InvalidParameter
from beholden.domain.face import Hold
from beholden.domain.purpose import Purpose
from beholden.domain.recording import Recorded
from beholden.domain.retention import DestroyedKey, Expired, Kept
from beholden.gate.call import Call
from beholden.gate.registry import Request, operation
from beholden.operations import _resources
from beholden.operations._recordings import discard
from beholden.operations._services import Services
from beholden.ports.authorizations import Authorizations
from beholden.ports.purposes import Purposes
from beholden.ports.recordings import Recordings
from beholden.ports.retention import Retention

Json = dict[str, Any]

# What one call ends at most: the next one goes on.
MOST = 20_000
STEP = 2_000  # faces in one transaction

# How long a key may outlive something it sealed, when other things need it still.
RENEW_AFTER = timedelta(days=1)
# After how long a recording is deleted again whose bucket was away.
AGAIN_AFTER = timedelta(hours=1)
# Of what was deleted until now, by this very call too, whose clock is older.
AT_ONCE = datetime.max.replace(tzinfo=UTC)


class Sweeping(TypedDict):
    """`DryRun` counts and ends nothing; `RenewNow` waits for no key's day."""

    DryRun: NotRequired[bool]
    RenewNow: NotRequired[bool]


class Holding(TypedDict):
    """`Reason` stands in the log: no names. `Legal` outlasts term and deletion."""

    CollectionId: str
    FaceIds: list[str]
    Reason: str
    Legal: NotRequired[bool]


class Releasing(TypedDict):
    CollectionId: str
    FaceIds: list[str]
    Reason: str


def _retention(_request: Request) -> Resource:
    return Resource("Deployment", "retention")


def overdue(
    purposes: Purposes,
    retention: Retention,
    recordings: Recordings,
    authorizations: Authorizations,
    now: datetime,
) -> bool:
    """Whether the sweep has something to end."""
    return (
        retention.renewable(now - RENEW_AFTER)
        or any(
            retention.expired(name, by, 1) or retention.expired_leads(name, by, 1)
            for name, by in _forgotten(purposes, now)
        )
        or bool(_ended_recordings(purposes, recordings, now, 1))
        or bool(_ended_authorizations(purposes, authorizations, now))
    )


def _ended_recordings(
    purposes: Purposes, recordings: Recordings, now: datetime, limit: int
) -> list[Recorded]:
    """Those whose term is over, and those that were to go before."""
    found = [*recordings.doomed(now - AGAIN_AFTER, limit)]
    for purpose, by in _forgotten(purposes, now):
        found += recordings.expired(purpose, by, limit)
    return found


def _ended_authorizations(
    purposes: Purposes, authorizations: Authorizations, now: datetime
) -> list[str]:
    """Ids of those that ended as long ago as their purpose keeps things."""
    terms = dict(_forgotten(purposes, now))
    return [
        one.authorization_id
        for one in authorizations.list()
        if one.scope.purpose in terms and one.forgettable(terms[one.scope.purpose], now)
    ]


def _forgotten(purposes: Purposes, now: datetime) -> Sequence[tuple[str, datetime]]:
    """Purposes, each with the time up to which whoever was enrolled for it is to be forgotten."""
    ends = ((purpose.name, purpose.forgets(now)) for purpose in purposes.list())
    return [(name, by) for name, by in ends if by is not None]


@operation("beholden:SweepRetention", resource=_retention)
def sweep_retention(services: Services, call: Call, request: Sweeping) -> Json:
    """End what is over. The record is the proof: which faces of which collection, and which keys;
    nothing that they sealed can be read any more, in backups neither."""
    now = call.grant.issued_at
    dry = request.get("DryRun", False)
    galleries: list[Json] = []
    faces: list[str] = []
    leads: list[str] = []
    call.note(ended_galleries=galleries, ended_faces=faces, ended_leads=leads, dry_run=dry)
    for purpose, by in _forgotten(services.purposes, now):
        for expired in services.retention.expired(purpose, by, MOST - len(faces)):
            gone = expired.face_ids if dry else end(services, expired)
            faces += gone
            arn = expired.collection.arn
            galleries.append({"gallery": arn, "purpose": purpose, "faces": len(gone)})
        for lead_id in services.retention.expired_leads(purpose, by, MOST):
            leads.append(lead_id)
            if not dry:
                services.leads.expire(lead_id)
    ended = _ended_recordings(services.purposes, services.recordings, now, MOST)
    if not dry:
        ended = discard(services.recordings, services.blobs, ended)
    call.note(ended_recordings=[f"{one.bucket}/{one.key}" for one in ended])
    authorizations = _ended_authorizations(services.purposes, services.authorizations, now)
    call.note(ended_authorizations=authorizations)
    for authorization_id in () if dry else authorizations:
        services.authorizations.delete(authorization_id)
    due = AT_ONCE if request.get("RenewNow") else now - RENEW_AFTER
    keys = [] if dry else keys_destroyed(services, call, due)
    return {
        "Galleries": galleries,
        "Faces": len(faces),
        "Leads": len(leads),
        "Recordings": len(ended),
        "Authorizations": len(authorizations),
        "DestroyedKeys": len(keys),
    }


def end(services: Services, expired: Expired) -> list[str]:
    """Faces, their pictures, and users who have no other face; no gallery holds them any more."""
    gone: list[str] = []
    for at in range(0, len(expired.face_ids), STEP):
        step = expired.face_ids[at : at + STEP]
        gone += services.faces.delete(expired.collection, step, with_users=True)
    services.gallery.scrub(expired.collection.no)
    return gone


def keys_destroyed(services: Services, call: Call, by: datetime) -> Sequence[DestroyedKey]:
    """Destroy the keys of what was deleted until then, as evidence of the call."""
    keys = services.retention.renew(by, MOST)
    call.note(
        destroyed_keys=[key.name for key in keys],
        sealed_anew=sum(key.sealed_anew for key in keys),
    )
    return keys


@operation("beholden:DescribeRetention", resource=_retention, only_reads=True)
def describe_retention(services: Services, _call: Call, _request: Request) -> Json:
    """What is kept, for what, and when it ends."""
    purposes = {purpose.name: purpose for purpose in services.purposes.list()}
    return {
        "Kept": [_shown(kept, purposes.get(kept.purpose)) for kept in services.retention.kept()]
    }


def _shown(kept: Kept, purpose: Purpose | None) -> Json:
    ends = purpose.forgotten_at(kept.first_at) if purpose else None
    return {
        "CollectionId": kept.collection_id,
        "Purpose": kept.purpose,
        "Faces": kept.faces,
        "Held": kept.held,
        "FirstEnrolledAt": kept.first_at.isoformat(),
        "LastEnrolledAt": kept.last_at.isoformat(),
        "FirstEndsAt": ends.isoformat() if ends else None,
    }


@operation("beholden:HoldFaces", resource=_resources.collection)
def hold_faces(services: Services, call: Call, request: Holding) -> Json:
    """Keep faces, and find them no more."""
    return _hold(services, call, request, Hold.LEGAL if request.get("Legal") else Hold.KEPT)


@operation("beholden:ReleaseFaces", resource=_resources.collection)
def release_faces(services: Services, call: Call, request: Releasing) -> Json:
    """Let held faces be found again."""
    return _hold(services, call, request, None)


def _hold(services: Services, call: Call, request: Mapping[str, Any], hold: Hold | None) -> Json:
    if not request["Reason"].strip():
        raise InvalidParameter("Say why: a reason stands in the log.")
    collection = services.collections.get(request["CollectionId"])
    faces = list(services.faces.hold(collection, request["FaceIds"], hold))
    services.gallery.scrub(collection.no)
    call.note(gallery=collection.arn, hold=hold, held=faces, reason=request["Reason"])
    return {"FaceIds": faces, "Hold": hold}
