"""Rule 5: an authorization for certain people finds these and nobody else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import compress
from typing import Any

from beholden.domain.access import Query
from beholden.gate.call import Call
from beholden.gate.registry import Request, Response
from beholden.ports.authorizations import Authorizations


@dataclass(frozen=True, slots=True)
class AuthorizedPeople:
    """Matches with others are withheld, from reviewers too; the log says how many there were."""

    authorizations: Authorizations
    name = "authorized-people"

    def before(self, _query: Query, request: Request) -> Request:
        return request

    def after(self, call: Call, response: Response) -> Response:
        authorization = call.grant.query.context.get("authorization")
        if authorization is None:
            return response
        people = self.authorizations.get(str(authorization)).scope.people
        if people is None:
            return response
        for member in ("FaceMatches", "UserMatches", "CelebrityFaces"):
            if member in response:
                response = self._kept(call, response, member, frozenset(people))
        if "Persons" in response:
            response = _recorded(call, response, people)
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


def _recorded(call: Call, response: Response, people: Sequence[str]) -> Response:
    """Of a recording: what is withheld from the answer is not evidence of it either."""
    persons = [_only(person, people) for person in response["Persons"]]
    shown = {m["Face"]["FaceId"] for p in persons for m in p.get("FaceMatches", ())}
    if "candidates" in call.facts:
        found: Any = call.facts["candidates"]
        kept = [one for one in found if one["face"] in shown]
        call.note(candidates=kept, outside_authorization=len(found) - len(kept))
    return {**response, "Persons": persons}


def _only(person: Mapping[str, Any], people: Sequence[str]) -> dict[str, Any]:
    """A person in a recording, with matches among these people only."""
    matches = [match for match in person.get("FaceMatches", ()) if _who(match) in people]
    return {**person, "FaceMatches": matches} if "FaceMatches" in person else dict(person)


def _who(match: Mapping[str, Any]) -> str | None:
    """The ExternalImageId of a face, the id of a user or of a public figure."""
    named = match.get("Face", {}).get("ExternalImageId") or match.get("User", {}).get("UserId")
    named = named or match.get("Id")
    return None if named is None else str(named)
