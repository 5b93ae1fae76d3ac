"""Rule 15: one consent enrols one person. That there is a consent is for the policy to check."""

from __future__ import annotations

from beholden.domain.access import Query
from beholden.gate.registry import Request
from beholden.gate.restriction import Restriction


class EnrolmentBasis(Restriction):
    """Where a consent receipt is required, only the best face of the image is enrolled: the others
    stand under UnindexedFaces. Otherwise one consent would enrol whoever else is in the picture."""

    name = "enrolment-basis"

    def before(self, query: Query, request: Request) -> Request:
        if query.action == "IndexFaces" and query.context.get("consent_required"):
            return {**request, "MaxFaces": 1}
        return request
