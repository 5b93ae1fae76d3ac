"""Rule 8: nobody asks for less similarity than their purpose allows, not even by default."""

from __future__ import annotations

from beholden.domain.access import Query
from beholden.domain.errors import AccessDenied
from beholden.gate.registry import Request
from beholden.gate.restriction import Restriction

# Where each operation takes its threshold from.
PARAMETERS = {
    "CompareFaces": "SimilarityThreshold",
    "StartFaceSearch": "FaceMatchThreshold",
    "StartStreamProcessor": "FaceMatchThreshold",
    "SearchFaces": "FaceMatchThreshold",
    "SearchFacesByImage": "FaceMatchThreshold",
    "SearchUsers": "UserMatchThreshold",
    "SearchUsersByImage": "UserMatchThreshold",
}


class ThresholdFloor(Restriction):
    """Raises a threshold under the floor, or refuses it, as the purpose says. The log holds both:
    the threshold under `asked`, and that which was granted under `granted`."""

    name = "threshold-floor"

    def before(self, query: Query, request: Request) -> Request:
        asked, floor = query.context.get("threshold_pct"), query.context.get("floor_pct")
        if not isinstance(asked, float | int) or not isinstance(floor, float | int):
            return request
        if asked >= floor:
            return request
        parameter = PARAMETERS.get(query.action)
        if query.context["floor_raises"] and parameter is not None:
            return {**request, parameter: floor}
        raise AccessDenied(
            f'{self.name}: the purpose "{query.principal.purpose}" allows no threshold under '
            f"{floor:g}, and {asked:g} was asked for (80 is the default); send "
            f"{parameter or 'a threshold'} {floor:g} or more"
        )
