"""Rule 15: one consent enrols one person. That there is a consent is for the policy to check."""

from __future__ import annotations

from beholden.domain.access import Query
from beholden.gate.call import Call
from beholden.gate.registry import Request, Response


class EnrolmentBasis:
    """Where a consent receipt is required, only the best face of the image is enrolled: the others
    stand under UnindexedFaces. Otherwise one consent would enrol whoever else is in the picture."""

    name = "enrolment-basis"

    def before(self, query: Query, request: Request) -> Request:
        if query.action == "IndexFaces" and query.context.get("consent_required"):
            return {**request, "MaxFaces": 1}
        return request

    def after(self, _call: Call, response: Response) -> Response:
        return response
