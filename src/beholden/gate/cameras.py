"""Whether people can know of a camera that it recognises them, and what for."""

from __future__ import annotations

from dataclasses import dataclass

from beholden.domain.access import Query
from beholden.domain.errors import ResourceNotFound
from beholden.gate.facts import Facts
from beholden.gate.registry import Request
from beholden.ports.streams import Cameras


@dataclass(frozen=True, slots=True)
class CameraFacts:
    """A live search names its camera in its context. Nothing of other calls."""

    cameras: Cameras

    def of(self, query: Query, _request: Request) -> Facts:
        if "camera" not in query.context:
            return {}
        return {"noticed": self._noticed(str(query.context["camera"]), query.principal.purpose)}

    def _noticed(self, name: str, purpose: str) -> bool:
        try:
            notice = self.cameras.get(name).notice
        except ResourceNotFound:
            return False
        return notice is not None and purpose in notice.purposes
