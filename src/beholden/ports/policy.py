"""Who may do what, for which purpose."""

from __future__ import annotations

from typing import Protocol

from beholden.domain.access import Decision, Query


class Policy(Protocol):
    def decide(self, query: Query) -> Decision:
        """Deny unless a policy permits and none forbids. Never raises: what cannot be decided is
        denied, and the reason says so."""
        ...
