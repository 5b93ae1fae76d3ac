"""DetectLabels and DetectModerationLabels: what a picture shows. Neither tells who is in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from beholden.analysis.labels import LabelFilter
from beholden.analysis.moderation import ModerationAnalysis
from beholden.analysis.properties import colours_in, properties_of
from beholden.analysis.taxonomy import LABEL_MODEL_VERSION
from beholden.domain.errors import InvalidParameter, ResourceNotFound
from beholden.domain.geometry import Box
from beholden.domain.image import Image
from beholden.domain.labels import Instance, Label
from beholden.gate.call import Call
from beholden.gate.registry import operation
from beholden.operations import _present_labels as present
from beholden.operations import _resources
from beholden.operations._images import load_image
from beholden.operations._services import Services

if TYPE_CHECKING:
    from types_boto3_rekognition.type_defs import (
        DetectLabelsRequestTypeDef,
        DetectModerationLabelsRequestTypeDef,
    )

DEFAULT_LABEL_PCT = 55.0
DEFAULT_MODERATION_PCT = 50.0
DEFAULT_COLOURS = 10
MOST_LABELS = 1000
GENERAL, PROPERTIES = "GENERAL_LABELS", "IMAGE_PROPERTIES"


@operation("DetectLabels", resource=_resources.images, only_reads=True)
def detect_labels(
    services: Services, call: Call, request: DetectLabelsRequestTypeDef
) -> dict[str, Any]:
    features: Sequence[str] = request.get("Features") or [GENERAL]
    _check_settings(features, request)
    image = load_image(services, request["Image"])
    settings = request.get("Settings", {}).get("ImageProperties", {})
    most = settings.get("MaxDominantColors", DEFAULT_COLOURS)
    response: dict[str, Any] = {"LabelModelVersion": LABEL_MODEL_VERSION}
    if GENERAL in features:
        every = services.labels(image)
        boxes = [found for label in every for found in label.instances]
        labels = wanted(every, request)
        call.note(labels=len(labels))
        colours = partial(colours_in, image, most=most) if PROPERTIES in features else None
        response["Labels"] = [present.label(label, image, colours) for label in labels]
    else:
        boxes = [found for where in services.labels.objects(image).values() for found in where]
    if PROPERTIES in features:
        found = properties_of(image, _sure(boxes), most)
        response["ImageProperties"] = present.properties(found)
    return response


def _check_settings(features: Sequence[str], request: Mapping[str, Any]) -> None:
    """Raises InvalidParameter for a parameter of a feature that is not asked for."""
    settings = request.get("Settings", {})
    general = {"MaxLabels", "MinConfidence"} & request.keys() or settings.get("GeneralLabels")
    if general and GENERAL not in features:
        raise InvalidParameter(
            f"MaxLabels, MinConfidence and GeneralLabels are valid only with the feature {GENERAL}."
        )
    if "ImageProperties" in settings and PROPERTIES not in features:
        raise InvalidParameter(f"ImageProperties is valid only with the feature {PROPERTIES}.")


def wanted(labels: Sequence[Label], request: Mapping[str, Any]) -> list[Label]:
    """The labels that a request asks for, the surest first."""
    filters = request.get("Settings", {}).get("GeneralLabels", {})
    chosen = LabelFilter(
        request.get("MinConfidence", DEFAULT_LABEL_PCT) / 100,
        frozenset(filters.get("LabelInclusionFilters", ())),
        frozenset(filters.get("LabelExclusionFilters", ())),
        frozenset(filters.get("LabelCategoryInclusionFilters", ())),
        frozenset(filters.get("LabelCategoryExclusionFilters", ())),
    ).of(labels)
    return chosen[: min(request.get("MaxLabels", MOST_LABELS), MOST_LABELS)]


def _sure(found: Sequence[Instance]) -> list[Box]:
    """Boxes of what more likely stands there than not."""
    return [one.box_px for one in found if one.confidence >= DEFAULT_LABEL_PCT / 100]


@operation("DetectModerationLabels", resource=_resources.images, only_reads=True)
def detect_moderation_labels(
    services: Services, call: Call, request: DetectModerationLabelsRequestTypeDef
) -> dict[str, Any]:
    _check_extras(request)
    image: Image = load_image(services, request["Image"])
    least = request.get("MinConfidence", DEFAULT_MODERATION_PCT) / 100
    response = moderated(services.moderation, image, least)
    call.note(moderation_labels=len(response["ModerationLabels"]))
    return response


def moderated(moderation: ModerationAnalysis, image: Image, least: float) -> dict[str, Any]:
    """The response on one image: what is at least so sure, 0..1."""
    found = moderation(image)
    return {
        "ModerationLabels": [
            present.moderation_label(label) for label in found.labels if label.confidence >= least
        ],
        "ModerationModelVersion": moderation.version,
        "ContentTypes": [
            present.content_type(name, sure)
            for name, sure in found.content_types.items()
            if sure >= least
        ],
    }


def _check_extras(request: Mapping[str, Any]) -> None:
    """Nothing is silently left undone: there are neither adapters nor human loops here."""
    if "ProjectVersion" in request:
        raise ResourceNotFound(f"There is no adapter {request['ProjectVersion']}.")
    if "HumanLoopConfig" in request:
        raise InvalidParameter("HumanLoopConfig is not offered: no human would be asked.")
