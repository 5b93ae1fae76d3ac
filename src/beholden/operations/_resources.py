"""What a request touches, as policies name it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from beholden.domain.access import Resource


def collection(request: Mapping[str, Any]) -> Resource:
    return Resource("Collection", request["CollectionId"])


def collections(_request: Mapping[str, Any]) -> Resource:
    """All collections of the deployment."""
    return Resource("Deployment", "collections")


def images(_request: Mapping[str, Any]) -> Resource:
    """Images that come with the request and are not kept."""
    return Resource("Deployment", "images")


def tagged(request: Mapping[str, Any]) -> Resource:
    """The collection or stream processor that an ARN names (anything else is refused later as not
    found)."""
    arn = request["ResourceArn"]
    kind = "StreamProcessor" if is_processor(arn) else "Collection"
    return Resource(kind, arn.rpartition("/")[2])


def is_processor(arn: str) -> bool:
    return ":streamprocessor/" in arn
