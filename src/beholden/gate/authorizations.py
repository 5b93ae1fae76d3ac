"""Rule 5: the authorization that a search falls under, at this moment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from beholden.domain.access import Identifies, Query
from beholden.domain.authorization import Authorization
from beholden.gate.facts import Facts
from beholden.gate.registry import Request
from beholden.ports.authorizations import Authorizations
from beholden.ports.clock import Clock
from beholden.ports.purposes import Consents
from beholden.ports.records import Collections, Faces

# Whether everybody enrolled in a collection has consented to a purpose: (collection id, purpose).
Consented = Callable[[str, str], bool]
PAGE = 1000


@dataclass(frozen=True, slots=True)
class AuthorizationFacts:
    """`approvers` is how many people the profile asks for. A search of live pictures names its
    `camera` in its context; one that was granted under an authorization is held to that one, and
    one that was granted under none gets none while it goes on."""

    authorizations: Authorizations
    consented: Consented
    clock: Clock
    approvers: int

    def of(self, query: Query, _request: Request) -> Facts:
        if query.identifies is not Identifies.SEARCHES or query.resource.type != "Collection":
            return {"authorized": False}
        found = self._found(query)
        facts: dict[str, object] = {"authorized": found is not None}
        if found is not None:
            facts["authorization"] = found.authorization_id
        if "camera" in query.context:
            facts["gallery_consented"] = self.consented(query.resource.id, query.principal.purpose)
        return facts

    def _found(self, query: Query) -> Authorization | None:
        """One for whoever is in the gallery before one for certain people, which would withhold the
        others; then approved ones before emergency starts; then the newest."""
        now = self.clock.now()
        fitting = (
            one
            for one in self.authorizations.open()
            if self._fits(one, query) and one.in_force(now, self.approvers)
        )
        return max(fitting, key=self._rank, default=None)

    def _rank(self, one: Authorization) -> tuple[object, ...]:
        approved = one.approved(self.approvers)
        return one.scope.people is None, approved, one.requested_at, one.authorization_id

    def _fits(self, one: Authorization, query: Query) -> bool:
        begun = "under_way" in query.context
        held_to = query.context.get("authorization", None if begun else one.authorization_id)
        camera = query.context.get("camera")
        return (
            one.authorization_id == held_to
            and one.scope.purpose == query.principal.purpose
            and one.scope.covers(
                query.resource.id,
                query.principal.case,
                None if camera is None else str(camera),
            )
        )


@dataclass(frozen=True, slots=True)
class EverybodyConsented:
    """Whether each face of a collection is enrolled under the name (ExternalImageId) of somebody
    who has consented to the purpose. Looks at every face, so it is asked for live searches only."""

    collections: Collections
    faces: Faces
    consents: Consents

    def __call__(self, collection_id: str, purpose: str) -> bool:
        collection, after = self.collections.get(collection_id), 0
        while page := self.faces.list(collection, after, PAGE):
            if not all(self._given(face.external_image_id, purpose) for face in page):
                return False
            after = page[-1].no
        return True

    def _given(self, subject: str | None, purpose: str) -> bool:
        return subject is not None and self.consents.given(subject, purpose)
