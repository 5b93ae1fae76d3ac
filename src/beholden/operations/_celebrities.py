"""What is enrolled of public figures, for the operations that recognise and import them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from beholden.domain.access import Resource
from beholden.domain.celebrity import COLLECTION, Celebrity
from beholden.domain.errors import ResourceNotFound
from beholden.domain.face import Collection, Face
from beholden.gate.call import Call
from beholden.gate.registry import Request
from beholden.operations._services import Services
from beholden.operations.enrolment import usable

Json = dict[str, Any]


def gallery(_request: Request) -> Resource:
    return Resource("Collection", COLLECTION)


def known_collection(services: Services) -> Collection | None:
    try:
        return usable(services, COLLECTION)
    except ResourceNotFound:
        return None


def least_similarity(services: Services, call: Call) -> float:
    """0..100: the deployment's, or the purpose's floor where that is higher."""
    floor = call.grant.query.context.get("floor_pct")
    least = float(floor) if isinstance(floor, float | int) else 0.0
    return max(services.celebrity_threshold_pct, least)


def celebrity_of(face: Face) -> Celebrity:
    return Celebrity.of(str(face.external_image_id), face.details)


def about(celebrity: Celebrity) -> Json:
    """Name, Urls and, where the operator said it, KnownGender."""
    shown: Json = {"Name": celebrity.name, "Urls": list(celebrity.urls)}
    return shown | ({"KnownGender": {"Type": celebrity.gender}} if celebrity.gender else {})


def enrolled(services: Services, celebrity_id: str) -> tuple[Collection, Sequence[Face]]:
    """The gallery and their faces in it. Raises ResourceNotFound."""
    for trace in services.traces.find({celebrity_id}, (), ()):
        if trace.collection.collection_id == COLLECTION and trace.faces:
            return trace.collection, trace.faces
    raise ResourceNotFound(
        f"There is no public figure {celebrity_id} here; the operator imports them: "
        "beholden celebrities import FOLDER"
    )
