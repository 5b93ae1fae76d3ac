"""Tags on collections."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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
    services.tags.put(request["ResourceArn"], request["Tags"], MAX_TAGS)
    return {}


@operation("UntagResource", resource=_resources.tagged)
def untag_resource(
    services: Services, _call: Call, request: UntagResourceRequestTypeDef
) -> dict[str, Any]:
    services.tags.remove(request["ResourceArn"], request["TagKeys"])
    return {}


@operation("ListTagsForResource", resource=_resources.tagged, only_reads=True)
def list_tags_for_resource(
    services: Services, _call: Call, request: ListTagsForResourceRequestTypeDef
) -> dict[str, Any]:
    return {"Tags": dict(services.tags.get(request["ResourceArn"]))}
