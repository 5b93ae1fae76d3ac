"""DetectProtectiveEquipment: persons, and what covers their faces and heads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from beholden.analysis.equipment import LEAST, verdict
from beholden.domain.equipment import MAX_BYTES, MIN_SIDE_PX, EquipmentType, EquippedPerson, Verdict
from beholden.domain.errors import InvalidParameter
from beholden.gate.call import Call
from beholden.gate.registry import operation
from beholden.operations import _present_equipment as present
from beholden.operations import _resources
from beholden.operations._images import load_image
from beholden.operations._services import Services

if TYPE_CHECKING:
    from types_boto3_rekognition.type_defs import DetectProtectiveEquipmentRequestTypeDef

MODEL_VERSION = "1.0"
MEMBERS = {
    Verdict.WEARS: "PersonsWithRequiredEquipment",
    Verdict.LACKS: "PersonsWithoutRequiredEquipment",
    Verdict.UNKNOWN: "PersonsIndeterminate",
}


@operation("DetectProtectiveEquipment", resource=_resources.images, only_reads=True)
def detect_protective_equipment(
    services: Services, call: Call, request: DetectProtectiveEquipmentRequestTypeDef
) -> dict[str, Any]:
    asked = request.get("SummarizationAttributes")
    if asked is not None and not asked["RequiredEquipmentTypes"]:
        raise InvalidParameter("RequiredEquipmentTypes names one type or more.")
    image = load_image(services, request["Image"], max_bytes=MAX_BYTES, min_side_px=MIN_SIDE_PX)
    persons = services.equipment(image)
    call.note(persons=len(persons))
    response: dict[str, Any] = {
        "ProtectiveEquipmentModelVersion": MODEL_VERSION,
        "Persons": [present.person(n, one, image) for n, one in enumerate(persons)],
    }
    if asked is not None:
        response["Summary"] = summary(persons, asked)
    return response


def summary(persons: Sequence[EquippedPerson], asked: Mapping[str, Any]) -> dict[str, list[int]]:
    """Each person's Id stands in one of three lists. Less than 50 asks for 50, as there is nothing
    less sure in the answer."""
    required = [EquipmentType(name) for name in asked["RequiredEquipmentTypes"]]
    least = max(LEAST, asked["MinConfidence"] / 100)
    told: dict[str, list[int]] = {member: [] for member in MEMBERS.values()}
    for number, one in enumerate(persons):
        told[MEMBERS[verdict(one, required, least)]].append(number)
    return told
