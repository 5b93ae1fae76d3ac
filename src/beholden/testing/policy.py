"""Fakes of the policy port."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from beholden.domain.access import Decision, Query


@dataclass
class UnsafeAllowEverything:
    """Permits whatever it is asked, and remembers the questions."""

    asked: list[Query] = field(default_factory=list)

    def decide(self, query: Query) -> Decision:
        self.asked.append(query)
        return Decision(True, "permitted by unsafe-allow-everything", ("unsafe-allow-everything",))


@dataclass(frozen=True)
class AllowActions:
    """Permits the actions it names to everybody, and denies the rest."""

    actions: Collection[str]

    def decide(self, query: Query) -> Decision:
        if query.action in self.actions:
            return Decision(True, "permitted by allow-actions", ("allow-actions",))
        return Decision(False, "no policy permits this; ask for " + ", ".join(sorted(self.actions)))
