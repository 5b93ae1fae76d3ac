"""Authorizations, which end with their term and outlive the names of people who are erased."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from beholden.domain.authorization import Authorization
from beholden.domain.person import Person
from beholden.operations._names import SaltedHash
from beholden.ports.authorizations import Authorizations


@dataclass(frozen=True, slots=True)
class PersonalAuthorizations:
    """Authorizations to look for a person. They stay, for whoever else they are for: a salted hash
    takes the place of the name, and finds nobody."""

    authorizations: Authorizations
    hashes: SaltedHash
    kind = "authorizations"

    def count(self, person: Person) -> int:
        return len(self._naming(person))

    def erase(self, person: Person) -> int:
        def without(one: Authorization) -> Authorization:
            scope = one.scope.without(_names(person), lambda name: self.hashes.of(name.encode()))
            return replace(one, scope=scope)

        naming = self._naming(person)
        for authorization_id in naming:
            self.authorizations.change(authorization_id, without)
        return len(naming)

    def _naming(self, person: Person) -> Sequence[str]:
        return [
            one.authorization_id
            for one in self.authorizations.list()
            if one.scope.names(_names(person))
        ]


def _names(person: Person) -> frozenset[str]:
    return person.subjects | person.user_ids
