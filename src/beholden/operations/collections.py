"""Collections: the containers that enrolled faces live in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from beholden.domain.errors import AccessDenied
from beholden.domain.face import Collection
from beholden.gate.call import Call
from beholden.gate.registry import operation
from beholden.operations import _present, _resources
from beholden.operations._purpose import everywhere
from beholden.operations._services import Services

if TYPE_CHECKING:
    from types_boto3_rekognition.type_defs import (
        CreateCollectionRequestTypeDef,
        DeleteCollectionRequestTypeDef,
        DescribeCollectionRequestTypeDef,
        ListCollectionsRequestTypeDef,
    )

DEFAULT_PAGE = 1000


@operation("CreateCollection", resource=_resources.collection)
def create_collection(
    services: Services, call: Call, request: CreateCollectionRequestTypeDef
) -> dict[str, Any]:
    name = request["CollectionId"]
    created = services.collections.create(
        name,
        services.account.collection_arn(name),
        services.model_version,
        request.get("Tags", {}),
        purpose=call.grant.query.principal.purpose,
    )
    return {
        "StatusCode": 200,
        "CollectionArn": created.arn,
        "FaceModelVersion": created.model_version,
    }


@operation("DescribeCollection", resource=_resources.collection, only_reads=True)
def describe_collection(
    services: Services, _call: Call, request: DescribeCollectionRequestTypeDef
) -> dict[str, Any]:
    found = services.collections.get(request["CollectionId"])
    return {
        "FaceCount": found.face_count,
        "FaceModelVersion": found.model_version,
        "CollectionARN": found.arn,
        "CreationTimestamp": found.created_at,
        "UserCount": found.user_count,
    }


@operation("ListCollections", resource=_resources.collections, only_reads=True)
def list_collections(
    services: Services, call: Call, request: ListCollectionsRequestTypeDef
) -> dict[str, Any]:
    """Those that the caller's purpose may use; a page may hold fewer than were asked for, as AWS's.
    Administrators and auditors see them all."""
    size = request.get("MaxResults", 0) or DEFAULT_PAGE
    after = services.pages.position("collections", request.get("NextToken"))
    found = services.collections.list(after, size + 1)
    shown = found[:size]
    more = services.pages.issue("collections", shown[-1].no) if len(found) > size else None
    own = [one for one in shown if _visible(services, call, one)]
    return _present.page(
        {
            "CollectionIds": [collection.collection_id for collection in own],
            "FaceModelVersions": [collection.model_version for collection in own],
        },
        more,
    )


def _visible(services: Services, call: Call, collection: Collection) -> bool:
    bound = services.purposes.bound(collection.collection_id) or frozenset()
    return everywhere(call) or call.grant.query.principal.purpose in bound


@operation("DeleteCollection", resource=_resources.collection)
def delete_collection(
    services: Services, call: Call, request: DeleteCollectionRequestTypeDef
) -> dict[str, Any]:
    if services.retention.legal_holds(request["CollectionId"]):
        raise AccessDenied("legal-hold: the collection has faces under a legal hold")
    deleted = services.collections.delete(request["CollectionId"])
    services.gallery.forget(deleted.no)
    call.note(faces=deleted.face_count, users=deleted.user_count)
    return {"StatusCode": 200}
