"""Rule 5: an authorization for certain people finds these and nobody else. A job keeps nothing of
others in the first place, and tells nothing of others whom it kept before
(operations/video/_matching.py)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import compress
from typing import Any

from beholden.domain.access import Grant
from beholden.gate.call import Call
from beholden.gate.registry import Response
from beholden.gate.restriction import Restriction
from beholden.ports.authorizations import Authorizations


@dataclass(frozen=True, slots=True)
class AuthorizedPeople(Restriction):
    """Matches with others are withheld, from reviewers too; the log says how many there were."""

    authorizations: Authorizations
    name = "authorized-people"

    def after(self, call: Call, response: Response) -> Response:
        people = authorized_people(self.authorizations, call.grant)
        if people is None:
            return response
        for member in ("FaceMatches", "UserMatches", "CelebrityFaces"):
            if member in response:
                response = self._kept(call, response, member, people)
        return response

    def _kept(
        self, call: Call, response: Response, member: str, people: frozenset[str]
    ) -> Response:
        allowed = [_who(match) in people for match in response[member]]
        # Evidence and hits stand in the order of the matches.
        evidence: Any = call.facts.get("candidates", [])
        call.note(
            candidates=list(compress(evidence, allowed)),
            outside_authorization=allowed.count(False),
        )
        if call.found is not None:
            call.found = replace(call.found, hits=tuple(compress(call.found.hits, allowed)))
        return {**response, member: list(compress(response[member], allowed))}


def authorized_people(authorizations: Authorizations, grant: Grant) -> frozenset[str] | None:
    """Whom the authorization of a grant is for; None for whoever is in the gallery."""
    authorization = grant.query.context.get("authorization")
    if authorization is None:
        return None
    people = authorizations.get(str(authorization)).scope.people
    return None if people is None else frozenset(people)


def _who(match: Mapping[str, Any]) -> str | None:
    """The ExternalImageId of a face, the id of a user or of a public figure."""
    named = match.get("Face", {}).get("ExternalImageId") or match.get("User", {}).get("UserId")
    named = named or match.get("Id")
    return None if named is None else str(named)
