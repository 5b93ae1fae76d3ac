"""Users: subjects with associated faces, whose template improves with every face."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from beholden.domain.access import Identifies
from beholden.domain.errors import QuotaExceeded
from beholden.domain.face import Collection, Face, User
from beholden.gate.call import Call
from beholden.gate.registry import operation
from beholden.operations import _present, _resources
from beholden.operations._once import Remember, once
from beholden.operations._services import Services
from beholden.operations.enrolment import usable

if TYPE_CHECKING:
    from types_boto3_rekognition.type_defs import (
        AssociateFacesRequestTypeDef,
        CreateUserRequestTypeDef,
        DeleteUserRequestTypeDef,
        DisassociateFacesRequestTypeDef,
        ListUsersRequestTypeDef,
    )

MAX_FACES_PER_USER = 100
DEFAULT_ASSOCIATION_THRESHOLD_PCT = 75.0
DEFAULT_PAGE = 500


def _once(
    services: Services,
    call: Call,
    request: Mapping[str, Any],
    act: Callable[[Remember], dict[str, Any]],
) -> dict[str, Any]:
    """`once`, in a collection that is there: one made anew under an old name is another one."""
    collection = services.collections.get(request["CollectionId"])
    return once(services, call, {**request, "Collection": collection.no}, act)


@operation("CreateUser", resource=_resources.collection)
def create_user(
    services: Services, call: Call, request: CreateUserRequestTypeDef
) -> dict[str, Any]:
    def act(remember: Remember) -> dict[str, Any]:
        collection = services.collections.get(request["CollectionId"])
        services.users.create(collection, request["UserId"], remember({}))
        return {}

    return _once(services, call, request, act)


@operation("DeleteUser", resource=_resources.collection)
def delete_user(
    services: Services, call: Call, request: DeleteUserRequestTypeDef
) -> dict[str, Any]:
    def act(remember: Remember) -> dict[str, Any]:
        collection = services.collections.get(request["CollectionId"])
        services.users.delete(collection, request["UserId"], remember({}))
        return {}

    return _once(services, call, request, act)


@operation("ListUsers", resource=_resources.collection, only_reads=True)
def list_users(services: Services, _call: Call, request: ListUsersRequestTypeDef) -> dict[str, Any]:
    collection = services.collections.get(request["CollectionId"])
    size = request.get("MaxResults", DEFAULT_PAGE)
    scope = f"users:{collection.no}"
    found = services.users.list(
        collection, services.pages.position(scope, request.get("NextToken")), size + 1
    )
    shown = found[:size]
    more = services.pages.issue(scope, shown[-1].no) if len(found) > size else None
    users = [{"UserId": user.user_id, "UserStatus": user.status} for user in shown]
    return _present.page({"Users": users}, more)


@dataclass(frozen=True, slots=True)
class Sorted:
    """Faces of a request, by what will become of them; `refused` are ready to be shown."""

    taken: list[Face]
    refused: list[dict[str, Any]]


@operation("AssociateFaces", resource=_resources.collection, identifies=Identifies.ENROLS)
def associate_faces(
    services: Services, call: Call, request: AssociateFacesRequestTypeDef
) -> dict[str, Any]:
    """Where a search is held to terms nothing is compared: asked for each user in turn, whether a
    face fits would tell whose it is, past all of them."""

    def act(remember: Remember) -> dict[str, Any]:
        collection = usable(services, request["CollectionId"])
        user = services.users.get(collection, request["UserId"])
        threshold = request.get("UserMatchThreshold", DEFAULT_ASSOCIATION_THRESHOLD_PCT)
        faces = _sort(services, collection, user, request["FaceIds"])
        if _may_compare(services, call):
            faces = _alike(services, call, (collection, user), faces, threshold)
        if user.face_count + len(faces.taken) > MAX_FACES_PER_USER:
            raise QuotaExceeded(f"A user holds at most {MAX_FACES_PER_USER} faces.")
        ids = [face.face_id for face in faces.taken]
        call.note(
            gallery=collection.arn,
            associated=ids,
            threshold_pct=threshold,
            model=services.model_version,
        )
        response = {
            "AssociatedFaces": _present.face_ids(ids),
            "UnsuccessfulFaceAssociations": faces.refused,
            "UserStatus": "ACTIVE" if ids or user.face_count else "CREATED",
        }
        services.users.associate(
            collection, user, [face.no for face in faces.taken], remember(response)
        )
        return response

    return _once(services, call, request, act)


def _may_compare(services: Services, call: Call) -> bool:
    """Whether neither profile nor purpose holds searches to review, a floor or an authorization."""
    known = call.grant.query.context
    held = known.get("review") or known.get("authorization_required") or "floor_pct" in known
    return not (held or services.profile.two_people)


def _sort(
    services: Services, collection: Collection, user: User, face_ids: Sequence[str]
) -> Sorted:
    """Faces that are free to be associated with the user, and those that are not. Those that are
    associated with it already are in neither; those that are held are as if they were not there."""
    wanted = list(dict.fromkeys(face_ids))
    found = services.faces.by_id(collection, wanted)
    known = {face_id: face for face_id, face in found.items() if face.hold is None}
    free = [known[i] for i in wanted if i in known and known[i].user_id is None]
    return Sorted(free, _foreign(wanted, known, user))


def _foreign(wanted: Sequence[str], known: Mapping[str, Face], user: User) -> list[dict[str, Any]]:
    """Faces that do not exist or belong to somebody else, with the reason."""
    refused: list[dict[str, Any]] = []
    for face_id in wanted:
        face = known.get(face_id)
        if face is None:
            refused.append({"FaceId": face_id, "Reasons": ["FACE_NOT_FOUND"]})
        elif face.user_id not in (None, user.user_id):
            reasons = ["ASSOCIATED_TO_A_DIFFERENT_USER"]
            refused.append({"FaceId": face_id, "UserId": face.user_id, "Reasons": reasons})
    return refused


def _alike(
    services: Services,
    call: Call,
    whom: tuple[Collection, User],
    faces: Sorted,
    threshold_pct: float,
) -> Sorted:
    """Refuse faces that do not look like the faces the user has; the first ones are taken as
    they are. How alike each is, is noted, taken or not: either tells who it is."""
    collection, user = whom
    template = services.users.embedding(collection, user)
    if template is None or not faces.taken:
        return faces
    embeddings = services.faces.embeddings(collection, [face.no for face in faces.taken])
    found = services.calibration.similarity(embeddings @ template).tolist()
    likenesses = list(zip(faces.taken, found, strict=True))
    hashed = services.hashes.of(user.user_id.encode())
    call.note(compared=[_compared(face, hashed, value) for face, value in likenesses])
    return Sorted(
        taken=[face for face, value in likenesses if value >= threshold_pct],
        refused=[
            *faces.refused,
            *(_unlike(face, user, value) for face, value in likenesses if value < threshold_pct),
        ],
    )


def _compared(face: Face, user_hash: str, similarity_pct: float) -> dict[str, object]:
    """What the log is told of a face beside a user."""
    similarity = _present.similarity(similarity_pct)
    return {"face": face.face_id, "user": user_hash, "similarity_pct": similarity}


def _unlike(face: Face, user: User, similarity_pct: float) -> dict[str, object]:
    """Why the API says that a face is not the user's."""
    return {
        "FaceId": face.face_id,
        "UserId": user.user_id,
        "Confidence": _present.similarity(similarity_pct),
        "Reasons": ["LOW_MATCH_CONFIDENCE"],
    }


@operation("DisassociateFaces", resource=_resources.collection)
def disassociate_faces(
    services: Services, call: Call, request: DisassociateFacesRequestTypeDef
) -> dict[str, Any]:
    def act(remember: Remember) -> dict[str, Any]:
        collection = services.collections.get(request["CollectionId"])
        user = services.users.get(collection, request["UserId"])
        wanted = list(dict.fromkeys(request["FaceIds"]))
        known = services.faces.by_id(collection, wanted)
        own = [known[i] for i in wanted if i in known and known[i].user_id == user.user_id]
        call.note(gallery=collection.arn, disassociated=[face.face_id for face in own])
        response = {
            "DisassociatedFaces": _present.face_ids(face.face_id for face in own),
            "UnsuccessfulFaceDisassociations": _foreign(wanted, known, user),
            "UserStatus": "ACTIVE" if user.face_count > len(own) else "CREATED",
        }
        services.users.disassociate(collection, user, [face.no for face in own], remember(response))
        return response

    return _once(services, call, request, act)
