"""Rule 3: no match is released whose record does not say how it came about."""

from __future__ import annotations

from beholden.domain.access import Identifies
from beholden.domain.errors import ServerError
from beholden.gate.call import Call
from beholden.gate.registry import Response
from beholden.gate.restriction import Restriction

# Under which names an operation answers with matches, and notes what they were found with.
MATCHES = ("FaceMatches", "UserMatches", "CelebrityFaces", "Alike")
AGAINST = frozenset({"gallery", "target"})
PROBES = frozenset({"probe", "probe_face", "probe_user", "person_faces"})
ALWAYS = frozenset({"model", "threshold_pct"})


class MatchRecord(Restriction):
    """An operation that answers with matches must have noted gallery (or target image), input,
    model and threshold: else it fails, and nothing is released. The gate itself adds when use
    began and ended and who it was; who verified it stands in the records of the review."""

    name = "match-record"

    def after(self, call: Call, response: Response) -> Response:
        if call.grant.query.identifies is not Identifies.NOBODY and any(
            response.get(name) for name in MATCHES
        ):
            noted = call.facts.keys()
            if not (noted & AGAINST and noted & PROBES and noted >= ALWAYS):
                raise ServerError(f"{call.grant.query.action} does not record its match in full")
        return response
