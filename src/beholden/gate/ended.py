"""Grants that have ended: for good, and recorded once."""

from __future__ import annotations

from collections.abc import Mapping
from threading import Lock

from beholden.domain.access import Decision
from beholden.domain.audit import RecordKind
from beholden.domain.errors import AccessDenied
from beholden.gate.recorder import Recorder


class EndedGrants:
    """Why each grant that was rechecked in vain no longer stands, by its id."""

    def __init__(self) -> None:
        self._reasons: dict[str, str] = {}
        self._turn = Lock()

    def end(
        self,
        grant_id: str,
        reason: str,
        record: Recorder,
        decision: Decision,
        known: Mapping[str, object],
    ) -> None:
        """Record the end of a grant, unless it is recorded. Raises AuditUnavailable."""
        facts = {"grant": grant_id, "grant_ended": True, "policies": list(decision.policies)}
        with self._turn:
            if grant_id not in self._reasons:
                record.write(
                    RecordKind.REFUSAL, facts | {"known": dict(known), "reason": decision.reason}
                )
                self._reasons[grant_id] = reason

    def check(self, grant_id: str) -> None:
        """Raises AccessDenied if the grant has ended."""
        if grant_id in self._reasons:
            raise AccessDenied(self._reasons[grant_id])
