"""DetectText: lines and words, where they are and how sure they are."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from beholden.analysis.text import TextFilter
from beholden.domain.arrays import Float32
from beholden.domain.image import Image
from beholden.gate.call import Call
from beholden.gate.registry import operation
from beholden.operations import _resources
from beholden.operations._images import load_image
from beholden.operations._present_text import text_detections
from beholden.operations._regions import corners
from beholden.operations._services import Services

if TYPE_CHECKING:
    from types_boto3_rekognition.type_defs import DetectTextRequestTypeDef

# The service model: "The default MinConfidence is 80", of a WordFilter. Whoever sets none gets what
# is more likely right than wrong.
DEFAULT_CONFIDENCE_PCT = 80.0
UNFILTERED = {"MinConfidence": 50.0}


@operation("DetectText", resource=_resources.images, only_reads=True)
def detect_text(
    services: Services, call: Call, request: DetectTextRequestTypeDef
) -> dict[str, Any]:
    """Words that a filter leaves out are in no line either; a line without words is left out."""
    wanted = text_filter(request.get("Filters", {}))
    image = load_image(services, request["Image"])
    lines = services.text.read(image, wanted(image))
    call.note(lines=len(lines), words=sum(len(line.words) for line in lines))
    return {
        "TextDetections": text_detections(lines, image),
        "TextModelVersion": services.text.version,
    }


def text_filter(filters: Mapping[str, Any]) -> Callable[[Image], TextFilter]:
    """What Filters want of a picture. Raises InvalidParameter."""
    regions = [corners(region) for region in filters.get("RegionsOfInterest", ())]
    return partial(_filter, filters.get("WordFilter", UNFILTERED), regions)


def _filter(word: Mapping[str, Any], regions: Sequence[Float32], image: Image) -> TextFilter:
    size_px = np.array((image.width_px, image.height_px), np.float32)
    return TextFilter(
        min_confidence=word.get("MinConfidence", DEFAULT_CONFIDENCE_PCT) / 100,
        min_box_px=(
            word.get("MinBoundingBoxWidth", 0.0) * image.width_px,
            word.get("MinBoundingBoxHeight", 0.0) * image.height_px,
        ),
        regions_px=[region * size_px for region in regions],
    )
