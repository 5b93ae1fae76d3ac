"""Grants as JSON, for jobs that outlive the process: what is stored is a claim, not a grant.

Only `Gate.revive` turns it back into one, after it has checked that the gate stored it, unaltered,
and has decided anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from hmac import compare_digest
from typing import Any

from beholden.domain.access import Grant, Identifies, Principal, Query, Resource
from beholden.domain.errors import AccessDenied
from beholden.gate.evidence import RequestDigest

Json = dict[str, Any]


def store(grant: Grant, digest: RequestDigest) -> Json:
    """The grant as JSON, under a keyed digest."""
    claim = asdict(grant) | {"issued_at": grant.issued_at.isoformat()}
    return {"grant": claim, "digest": _digest(claim, digest)}


def read(stored: Mapping[str, Any], digest: RequestDigest) -> tuple[str, Query, datetime]:
    """Id, query and time of issue of a stored grant. Raises AccessDenied unless `store` wrote it
    under the same key."""
    try:
        claim, given = stored["grant"], str(stored["digest"])
        genuine = compare_digest(given.encode(), _digest(claim, digest).encode())
    except (KeyError, TypeError) as error:
        raise AccessDenied(_ALTERED) from error
    if not genuine:
        raise AccessDenied(_ALTERED)
    asked = claim["query"]
    query = Query(
        Principal(**asked["principal"]),
        asked["action"],
        Resource(**asked["resource"]),
        Identifies(asked["identifies"]),
        asked["context"],
    )
    return claim["grant_id"], query, datetime.fromisoformat(claim["issued_at"])


_ALTERED = "stored-grant: this grant was altered since the gate stored it; make the call again"


def _digest(claim: Json, digest: RequestDigest) -> str:
    """No request of any operation has this one member: its digest is of a grant."""
    return digest.of({"stored grant": claim})
