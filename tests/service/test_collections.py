"""Collections, enrolment, search, users and tags through boto3."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from botocore.exceptions import ClientError

from .conftest import Portrait
from .test_faces import code


def index(client: Any, collection: str, data: bytes, **more: Any) -> dict[str, Any]:
    return dict(client.index_faces(CollectionId=collection, Image={"Bytes": data}, **more))


def face_id(answer: dict[str, Any]) -> str:
    return str(answer["FaceRecords"][0]["Face"]["FaceId"])


def test_a_collection_lives_and_dies(client: Any) -> None:
    name = f"life-{uuid.uuid4().hex}"
    made = client.create_collection(CollectionId=name, Tags={"team": "a"})
    assert made["StatusCode"] == 200
    described = client.describe_collection(CollectionId=name)
    assert described["FaceCount"] == 0
    assert described["FaceModelVersion"] == made["FaceModelVersion"]
    assert described["CollectionARN"] == made["CollectionArn"]
    with pytest.raises(ClientError) as error:
        client.create_collection(CollectionId=name)
    assert code(error) == "ResourceAlreadyExistsException"
    assert error.value.response["Error"]["Message"] == f"The collection id: {name} already exists."
    assert client.delete_collection(CollectionId=name)["StatusCode"] == 200
    with pytest.raises(ClientError) as error:
        client.describe_collection(CollectionId=name)
    assert code(error) == "ResourceNotFoundException"


def test_collections_are_paged(client: Any) -> None:
    names = {f"page-{uuid.uuid4().hex}" for _ in range(5)}
    for name in names:
        client.create_collection(CollectionId=name)
    paginator = client.get_paginator("list_collections")
    pages = list(paginator.paginate(PaginationConfig={"PageSize": 2}))
    listed = [name for page in pages for name in page["CollectionIds"]]
    assert names <= set(listed)
    assert len(listed) == len(set(listed))
    assert all(len(page["FaceModelVersions"]) == len(page["CollectionIds"]) for page in pages)
    for name in names:
        client.delete_collection(CollectionId=name)


@pytest.mark.parametrize("token", ["x", "AAAAAAAAAAEAAAAAAAAAAAAAAAAAAAAA", "ä" * 10])
def test_a_forged_page_token_is_refused(client: Any, token: str) -> None:
    with pytest.raises(ClientError) as error:
        client.list_collections(NextToken=token)
    assert code(error) == "InvalidPaginationTokenException"


def test_a_face_indexed_a_moment_ago_is_found(
    client: Any, collection: str, portrait: Portrait
) -> None:
    enrolled = index(client, collection, portrait.whole, ExternalImageId="crew:1")
    (record,) = enrolled["FaceRecords"]
    found = client.search_faces_by_image(
        CollectionId=collection, Image={"Bytes": portrait.tilted}, FaceMatchThreshold=90
    )
    (match,) = found["FaceMatches"]
    assert match["Face"]["FaceId"] == record["Face"]["FaceId"]
    assert match["Face"]["ExternalImageId"] == "crew:1"
    assert match["Similarity"] > 99
    assert client.describe_collection(CollectionId=collection)["FaceCount"] == 1


def test_the_same_image_twice_is_one_face(client: Any, collection: str, portrait: Portrait) -> None:
    first = index(client, collection, portrait.whole, ExternalImageId="a")
    again = index(client, collection, portrait.whole, ExternalImageId="a")
    other = index(client, collection, portrait.whole, ExternalImageId="b")
    assert face_id(first) == face_id(again) != face_id(other)
    assert len(client.list_faces(CollectionId=collection)["Faces"]) == 2


def test_index_faces_says_what_it_left_out(
    client: Any, collection: str, portrait: Portrait
) -> None:
    answer = index(client, collection, portrait.twice, MaxFaces=1, QualityFilter="NONE")
    assert len(answer["FaceRecords"]) == 1
    (left,) = answer["UnindexedFaces"]
    assert left["Reasons"] == ["EXCEEDS_MAX_FACES"]


def test_face_records_come_largest_first(client: Any, collection: str, portrait: Portrait) -> None:
    answer = index(client, collection, portrait.twice, QualityFilter="NONE")
    widths = [record["Face"]["BoundingBox"]["Width"] for record in answer["FaceRecords"]]
    assert len(widths) == 2
    assert widths == sorted(widths, reverse=True)


def test_search_by_face_id_leaves_the_face_itself_out(
    client: Any, collection: str, portrait: Portrait
) -> None:
    first = face_id(index(client, collection, portrait.whole))
    second = face_id(index(client, collection, portrait.tilted))
    answer = client.search_faces(CollectionId=collection, FaceId=first)
    assert [match["Face"]["FaceId"] for match in answer["FaceMatches"]] == [second]
    assert answer["SearchedFaceId"] == first


def test_search_limits_and_orders(client: Any, collection: str, portrait: Portrait) -> None:
    views = (portrait.whole, portrait.tilted, portrait.darker, portrait.smaller)
    for view in views:
        index(client, collection, view)
    probe = {"CollectionId": collection, "Image": {"Bytes": portrait.whole}}
    matches = client.search_faces_by_image(**probe)["FaceMatches"]
    similarities = [match["Similarity"] for match in matches]
    assert len(matches) == len(views)
    assert similarities == sorted(similarities, reverse=True)
    assert similarities[0] > similarities[-1]
    assert len(client.search_faces_by_image(**probe, MaxFaces=2)["FaceMatches"]) == 2


def test_search_without_a_face_is_refused(client: Any, collection: str, landscape: bytes) -> None:
    with pytest.raises(ClientError) as error:
        client.search_faces_by_image(CollectionId=collection, Image={"Bytes": landscape})
    assert code(error) == "InvalidParameterException"
    users = client.search_users_by_image(CollectionId=collection, Image={"Bytes": landscape})
    assert users["UserMatches"] == []
    assert "SearchedFace" not in users


def test_deleted_faces_are_not_found_again(
    client: Any, collection: str, portrait: Portrait
) -> None:
    gone = face_id(index(client, collection, portrait.whole))
    unknown = str(uuid.uuid4())
    answer = client.delete_faces(CollectionId=collection, FaceIds=[gone, unknown])
    assert answer["DeletedFaces"] == [gone]
    (failed,) = answer["UnsuccessfulFaceDeletions"]
    assert failed == {"FaceId": unknown, "Reasons": ["FACE_NOT_FOUND"]}
    probe = {"CollectionId": collection, "Image": {"Bytes": portrait.whole}}
    assert client.search_faces_by_image(**probe)["FaceMatches"] == []


def test_faces_are_paged_and_filtered(client: Any, collection: str, portrait: Portrait) -> None:
    ids = [face_id(index(client, collection, portrait.whole, ExternalImageId=n)) for n in "abc"]
    pages = client.get_paginator("list_faces").paginate(
        CollectionId=collection, PaginationConfig={"PageSize": 2}
    )
    assert [face["FaceId"] for page in pages for face in page["Faces"]] == ids
    two = client.list_faces(CollectionId=collection, FaceIds=ids[1:])
    assert [face["FaceId"] for face in two["Faces"]] == ids[1:]
    first = client.list_faces(CollectionId=collection, MaxResults=1)
    with pytest.raises(ClientError) as error:
        client.list_collections(NextToken=first["NextToken"])
    assert code(error) == "InvalidPaginationTokenException"


def test_users_gather_faces(client: Any, collection: str, portrait: Portrait) -> None:
    first = face_id(index(client, collection, portrait.whole))
    second = face_id(index(client, collection, portrait.tilted))
    client.create_user(CollectionId=collection, UserId="mission:specialist")
    assert client.list_users(CollectionId=collection)["Users"] == [
        {"UserId": "mission:specialist", "UserStatus": "CREATED"}
    ]
    unknown = str(uuid.uuid4())
    answer = client.associate_faces(
        CollectionId=collection, UserId="mission:specialist", FaceIds=[first, second, unknown]
    )
    assert {face["FaceId"] for face in answer["AssociatedFaces"]} == {first, second}
    assert answer["UnsuccessfulFaceAssociations"] == [
        {"FaceId": unknown, "Reasons": ["FACE_NOT_FOUND"]}
    ]
    assert answer["UserStatus"] == "ACTIVE"
    found = client.search_users_by_image(
        CollectionId=collection, Image={"Bytes": portrait.darker}, UserMatchThreshold=90
    )
    (match,) = found["UserMatches"]
    assert match["User"] == {"UserId": "mission:specialist", "UserStatus": "ACTIVE"}
    assert found["SearchedFace"]["FaceDetail"]["Confidence"] > 80
    by_face = client.search_users(CollectionId=collection, FaceId=first)
    assert by_face["UserMatches"][0]["User"]["UserId"] == "mission:specialist"
    assert by_face["SearchedFace"] == {"FaceId": first}


def test_search_users_by_image_reports_the_other_faces(
    client: Any, collection: str, portrait: Portrait
) -> None:
    answer = client.search_users_by_image(CollectionId=collection, Image={"Bytes": portrait.twice})
    (other,) = answer["UnsearchedFaces"]
    assert other["Reasons"] == ["FACE_NOT_LARGEST"]


def test_a_face_belongs_to_one_user(client: Any, collection: str, portrait: Portrait) -> None:
    face = face_id(index(client, collection, portrait.whole))
    for user in ("a", "b"):
        client.create_user(CollectionId=collection, UserId=user)
    client.associate_faces(CollectionId=collection, UserId="a", FaceIds=[face])
    taken = client.associate_faces(CollectionId=collection, UserId="b", FaceIds=[face])
    assert taken["UnsuccessfulFaceAssociations"] == [
        {"FaceId": face, "UserId": "a", "Reasons": ["ASSOCIATED_TO_A_DIFFERENT_USER"]}
    ]
    kept = client.delete_faces(CollectionId=collection, FaceIds=[face])
    assert kept["UnsuccessfulFaceDeletions"][0]["Reasons"] == ["ASSOCIATED_TO_AN_EXISTING_USER"]
    left = client.disassociate_faces(CollectionId=collection, UserId="a", FaceIds=[face])
    assert left["DisassociatedFaces"] == [{"FaceId": face}]
    assert left["UserStatus"] == "CREATED"
    assert client.search_users(CollectionId=collection, FaceId=face)["UserMatches"] == []
    assert client.delete_faces(CollectionId=collection, FaceIds=[face])["DeletedFaces"] == [face]


def test_deleting_a_user_frees_its_faces(client: Any, collection: str, portrait: Portrait) -> None:
    face = face_id(index(client, collection, portrait.whole))
    client.create_user(CollectionId=collection, UserId="a")
    client.associate_faces(CollectionId=collection, UserId="a", FaceIds=[face])
    listed = client.list_faces(CollectionId=collection, UserId="a")["Faces"]
    assert [f["FaceId"] for f in listed] == [face]
    client.delete_user(CollectionId=collection, UserId="a")
    assert "UserId" not in client.list_faces(CollectionId=collection)["Faces"][0]
    with pytest.raises(ClientError) as error:
        client.delete_user(CollectionId=collection, UserId="a")
    assert code(error) == "ResourceNotFoundException"


def test_a_request_token_answers_once(client: Any, collection: str) -> None:
    request = {"CollectionId": collection, "UserId": "a", "ClientRequestToken": "token-1"}
    client.create_user(**request)
    client.create_user(**request)
    with pytest.raises(ClientError) as error:
        client.create_user(**request | {"UserId": "b"})
    assert code(error) == "IdempotentParameterMismatchException"
    with pytest.raises(ClientError) as error:
        client.create_user(CollectionId=collection, UserId="a", ClientRequestToken="token-2")
    assert code(error) == "ConflictException"


def test_a_request_token_does_not_speak_of_a_collection_that_is_gone(
    client: Any, collection: str
) -> None:
    request = {"CollectionId": collection, "UserId": "a", "ClientRequestToken": "token-of-one-gone"}
    client.create_user(**request)
    client.delete_collection(CollectionId=collection)
    with pytest.raises(ClientError) as error:
        client.create_user(**request)
    assert code(error) == "ResourceNotFoundException"
    client.create_collection(CollectionId=collection)
    with pytest.raises(ClientError) as error:
        client.create_user(**request)
    assert code(error) == "IdempotentParameterMismatchException"


def test_tags(client: Any, collection: str) -> None:
    arn = client.describe_collection(CollectionId=collection)["CollectionARN"]
    client.tag_resource(ResourceArn=arn, Tags={"team": "a", "cost": "1"})
    client.tag_resource(ResourceArn=arn, Tags={"cost": "2"})
    assert client.list_tags_for_resource(ResourceArn=arn)["Tags"] == {"team": "a", "cost": "2"}
    client.untag_resource(ResourceArn=arn, TagKeys=["team", "absent"])
    assert client.list_tags_for_resource(ResourceArn=arn)["Tags"] == {"cost": "2"}
    with pytest.raises(ClientError) as error:
        client.list_tags_for_resource(ResourceArn=arn + "x")
    assert code(error) == "ResourceNotFoundException"


@pytest.mark.parametrize("method", ["search_faces", "index_faces", "list_faces", "list_users"])
def test_an_unknown_collection(client: Any, portrait: Portrait, method: str) -> None:
    more: dict[str, dict[str, Any]] = {
        "search_faces": {"FaceId": str(uuid.uuid4())},
        "index_faces": {"Image": {"Bytes": portrait.face}},
    }
    with pytest.raises(ClientError) as error:
        getattr(client, method)(CollectionId="nowhere", **more.get(method, {}))
    assert code(error) == "ResourceNotFoundException"


def test_what_is_not_built_says_so(client: Any) -> None:
    with pytest.raises(ClientError) as error:
        client.describe_projects()
    assert "coverage" in error.value.response["Error"]["Message"]
