"""Authorizations, which end with their term and outlive the names of people who are erased."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from beholden.domain.authorization import Authorization
from beholden.domain.person import Person
from beholden.operations._names import SaltedHash
from beholden.ports.authorizations import Authorizations
from beholden.ports.erasure import Traces


@dataclass(frozen=True, slots=True)
class PersonalAuthorizations:
    """Authorizations to look for a person. They stay, for whoever else they are for: a salted hash
    takes the place of the name, and finds nobody. Names are those that the erasure was asked by,
    and those that its faces bore, unless others still bear them."""

    authorizations: Authorizations
    traces: Traces
    hashes: SaltedHash
    kind = "authorizations"

    def count(self, person: Person) -> int:
        return len(self._naming(self._names(person)))

    def erase(self, person: Person) -> int:
        names = self._names(person)

        def without(one: Authorization) -> Authorization:
            scope = one.scope.without(names, lambda name: self.hashes.of(name.encode()))
            return replace(one, scope=scope)

        naming = self._naming(names)
        for authorization_id in naming:
            self.authorizations.change(authorization_id, without)
        return len(naming)

    def _naming(self, names: Collection[str]) -> Sequence[str]:
        return [
            one.authorization_id for one in self.authorizations.list() if one.scope.names(names)
        ]

    def _names(self, person: Person) -> frozenset[str]:
        erased = [face for trace in person.traces for face in trace.erasable]
        ids = {face.face_id for face in erased}
        borne = {name for face in erased for name in (face.external_image_id, face.user_id) if name}
        return person.subjects | person.user_ids | {one for one in borne if self._ends(one, ids)}

    def _ends(self, name: str, erased: Collection[str]) -> bool:
        """Whether no face is left under a name, whether they are erased yet or not."""
        left = self.traces.find([name], [name], [])
        return all(face.face_id in erased for trace in left for face in trace.faces)
