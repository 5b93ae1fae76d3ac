"""The Image of a request: bytes or an S3 object, decoded."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from beholden.domain.errors import InvalidParameter
from beholden.domain.image import Image
from beholden.operations._services import Services

if TYPE_CHECKING:
    from types_boto3_rekognition.type_defs import ImageTypeDef

# Developer guide, "Guidelines and quotas": 5 MB as bytes, 15 MB as an S3 object, 80 px a side.
MAX_IMAGE_BYTES = 5_242_880
MAX_OBJECT_BYTES = 15 * 1024 * 1024
MIN_SIDE_PX = 80


def load_image(
    services: Services,
    image: ImageTypeDef,
    *,
    max_bytes: int = MAX_IMAGE_BYTES,
    min_side_px: int = MIN_SIDE_PX,
) -> Image:
    """Raises InvalidParameter unless exactly one of Bytes and S3Object is there, besides what
    reading and decoding raise; `max_bytes` is of Bytes."""
    if ("Bytes" in image) == ("S3Object" in image):
        raise InvalidParameter
    if "Bytes" in image:
        data = cast(bytes, image["Bytes"])
        return services.decoder.decode(data, max_bytes=max_bytes, min_side_px=min_side_px)
    where = image["S3Object"]
    if "Bucket" not in where or "Name" not in where:
        raise InvalidParameter
    data = services.blobs.read(
        where["Bucket"], where["Name"], where.get("Version"), MAX_OBJECT_BYTES
    )
    return services.decoder.decode(data, max_bytes=MAX_OBJECT_BYTES, min_side_px=min_side_px)
