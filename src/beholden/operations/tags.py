"""Tags on collections and stream processors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from beholden.domain.errors import QuotaExceeded, ResourceNotFound
from beholden.domain.stream import StreamProcessor
from beholden.gate.call import Call
from beholden.gate.registry import operation
from beholden.operations import _resources
from beholden.operations._services import Services

if TYPE_CHECKING:
    from types_boto3_rekognition.type_defs import (
        ListTagsForResourceRequestTypeDef,
        TagResourceRequestTypeDef,
        UntagResourceRequestTypeDef,
    )

# The service model lets one request carry as many; a resource holds no more.
MAX_TAGS = 200


@operation("TagResource", resource=_resources.tagged)
def tag_resource(
    services: Services, _call: Call, request: TagResourceRequestTypeDef
) -> dict[str, Any]:
    arn, new = request["ResourceArn"], request["Tags"]
    if _resources.is_processor(arn):
        _change(services, arn, lambda tags: {**tags, **new})
    else:
        services.tags.put(arn, new, MAX_TAGS)
    return {}


@operation("UntagResource", resource=_resources.tagged)
def untag_resource(
    services: Services, _call: Call, request: UntagResourceRequestTypeDef
) -> dict[str, Any]:
    arn, gone = request["ResourceArn"], request["TagKeys"]
    if _resources.is_processor(arn):
        _change(services, arn, lambda tags: {k: v for k, v in tags.items() if k not in gone})
    else:
        services.tags.remove(arn, gone)
    return {}


@operation("ListTagsForResource", resource=_resources.tagged, only_reads=True)
def list_tags_for_resource(
    services: Services, _call: Call, request: ListTagsForResourceRequestTypeDef
) -> dict[str, Any]:
    arn = request["ResourceArn"]
    if _resources.is_processor(arn):
        return {"Tags": _tags(_processor(services, arn))}
    return {"Tags": dict(services.tags.get(arn))}


def _change(
    services: Services, arn: str, change: Callable[[dict[str, str]], dict[str, str]]
) -> None:
    """Raises QuotaExceeded, ResourceNotFound."""

    def tagged(one: StreamProcessor) -> StreamProcessor:
        tags = change(_tags(one))
        if len(tags) > MAX_TAGS:
            raise QuotaExceeded(f"A resource can have at most {MAX_TAGS} tags.")
        return replace(one, request={**one.request, "Tags": tags})

    services.stream_processors.change(_processor(services, arn).name, tagged)


def _processor(services: Services, arn: str) -> StreamProcessor:
    """Raises ResourceNotFound unless it is this deployment's."""
    found = services.stream_processors.get(arn.rpartition("/")[2])
    if found.arn != arn:
        raise ResourceNotFound(f"The resource {arn} does not exist")
    return found


def _tags(processor: StreamProcessor) -> dict[str, str]:
    tags: Any = processor.request.get("Tags", {})
    return dict(tags)
