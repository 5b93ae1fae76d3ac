"""Rule 18: every result is bound to the model cards that it came from."""

from __future__ import annotations

from collections.abc import Mapping

from beholden.domain.access import Identifies, Query
from beholden.gate.call import Call
from beholden.gate.registry import Response
from beholden.gate.restriction import Restriction

DETECTS = frozenset({"yunet", "face_mesh"})
EMBEDS = DETECTS | {"sface"}
LABELS = frozenset({"objects", "scenes"})
READS = frozenset({"text_detector", "text_direction", "text_recogniser"})
# What the operations run that identify nobody.
PICTURES = {
    "DetectLabels": LABELS,
    "beholden:StartLabels": frozenset({"objects"}),
    "GetLabelDetection": LABELS,
    "DetectModerationLabels": LABELS | {"adult"},
    "GetContentModeration": LABELS | {"adult"},
    "DetectProtectiveEquipment": DETECTS | LABELS | {"body", "mask"},
    "GetMediaAnalysisJob": LABELS | {"adult"},
    "DetectText": READS,
    "GetTextDetection": READS,
}
DESCRIBES = frozenset({"iris", "age", "gender", "emotion"})


class ModelCards(Restriction):
    """Notes, with each outcome, the networks that may have had a part in it, each with the SHA-256
    of its entry in the manifest: weights, origin, licence, training data, thresholds."""

    name = "model-cards"

    def __init__(self, cards: Mapping[str, str]) -> None:
        self._cards = cards

    def after(self, call: Call, response: Response) -> Response:
        used = _used(call.grant.query)
        if used:
            call.note(model_cards={name: self._cards[name] for name in sorted(used)})
        return response


def _used(query: Query) -> frozenset[str]:
    if query.action == "beholden:GetLead":  # its result names the cards of its search
        return frozenset()
    describes = DESCRIBES if query.context.get("attributes") else frozenset[str]()
    if query.action in ("DetectFaces", "GetFaceDetection"):
        return DETECTS | describes
    if query.identifies is not Identifies.NOBODY and query.action != "AssociateFaces":
        return EMBEDS | describes
    return PICTURES.get(query.action, frozenset())
