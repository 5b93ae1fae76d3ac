"""The wire as boto3, the AWS CLI and the JavaScript SDK see it; every response is shape-checked."""

import base64
import http.client
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from urllib.parse import urlsplit

import botocore
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from beholden.domain.errors import AccessDenied, ResourceNotFound

IMAGE = bytes(range(256)) * 8
CREATED = {
    "StatusCode": 200,
    "CollectionArn": "aws:rekognition:eu-west-1:000000000000:collection/staff",
    "FaceModelVersion": "7.0",
}
DESCRIBED = {
    "FaceCount": 3,
    "CollectionARN": "arn:aws:rekognition:eu-west-1:000000000000:collection/staff",
    "CreationTimestamp": datetime(2024, 1, 2, 3, 4, 5, 250_000, tzinfo=UTC),
}
LIVENESS = {"SessionId": "0" * 8 + "-0000" * 3 + "-" + "0" * 12, "Status": "SUCCEEDED"}
LIVENESS["ReferenceImage"] = {"Bytes": IMAGE}
FACES = {"FaceDetails": [{"Confidence": 99.5, "Smile": {"Value": True, "Confidence": 90.25}}]}


def pages(request):
    """Two pages of collections, told apart by their token."""
    if request.get("NextToken") == "second":
        return {"CollectionIds": ["b"], "FaceModelVersions": ["7.0"]}
    return {"CollectionIds": ["a"], "FaceModelVersions": ["7.0"], "NextToken": "second"}


@pytest.fixture
def client(clients):
    return clients.boto3()


def error_of(call, **parameters):
    with pytest.raises(ClientError) as refused:
        call(**parameters)
    response = refused.value.response
    assert len(response["ResponseMetadata"]["RequestId"]) == 36
    return response["Error"]["Code"], response["Error"]["Message"]


class TestBoto3:
    def test_values_of_every_type_arrive_and_come_back(self, client, gate):
        gate.answers = {
            "CreateCollection": CREATED,
            "DescribeCollection": DESCRIBED,
            "GetFaceLivenessSessionResults": LIVENESS,
            "DetectFaces": FACES,
        }
        tags = {"Größe": "groß"}
        answer = client.create_collection(CollectionId="staff", Tags=tags)
        assert {name: answer[name] for name in CREATED} == CREATED
        assert gate.calls[-1] == ("CreateCollection", {"CollectionId": "staff", "Tags": tags})
        described = client.describe_collection(CollectionId="staff")
        assert described["CreationTimestamp"] == DESCRIBED["CreationTimestamp"]
        image = {"Bytes": IMAGE}
        assert (
            client.detect_faces(Image=image, Attributes=["ALL"])["FaceDetails"]
            == (FACES["FaceDetails"])
        )
        assert gate.calls[-1] == ("DetectFaces", {"Image": image, "Attributes": ["ALL"]})
        results = client.get_face_liveness_session_results(SessionId=LIVENESS["SessionId"])
        assert results["ReferenceImage"]["Bytes"] == IMAGE

    def test_paginators_follow_tokens(self, client, gate):
        gate.answers["ListCollections"] = pages
        found = client.get_paginator("list_collections").paginate().build_full_result()
        assert found["CollectionIds"] == ["a", "b"]

    def test_errors_are_those_that_people_catch(self, client, gate):
        gate.answers["DescribeCollection"] = ResourceNotFound("The collection id: x does not exist")
        with pytest.raises(client.exceptions.ResourceNotFoundException, match="id: x does not"):
            client.describe_collection(CollectionId="x")
        gate.answers["DescribeCollection"] = AccessDenied("rule 7: bound to another purpose")
        with pytest.raises(client.exceptions.AccessDeniedException, match="rule 7"):
            client.describe_collection(CollectionId="x")

    def test_validation(self, client):
        code, message = error_of(client.create_collection, CollectionId="x y")
        assert code == "ValidationException"
        assert message.startswith("1 validation error detected: Value 'x y' at 'collectionId'")

    def test_the_largest_request_passes_and_a_larger_one_is_refused(self, client, gate):
        gate.answers["CompareFaces"] = {"FaceMatches": []}
        largest = {"Bytes": b"x" * 5_242_880}
        client.compare_faces(SourceImage=largest, TargetImage=largest)
        larger = {"Bytes": b"x" * 5_242_881}
        code, message = error_of(client.detect_faces, Image=larger)
        assert code == "ValidationException"
        assert "'java.nio.HeapByteBuffer[pos=0 lim=5242881 cap=5242881]' at 'image.byt" in message
        huge = {"Bytes": b"x" * 20_000_000}
        code, _ = error_of(client.detect_faces, Image=huge)
        assert code == "RequestEntityTooLargeException"
        client.compare_faces(SourceImage=largest, TargetImage=largest)

    @pytest.mark.parametrize(
        ("options", "code"),
        [
            ({"aws_secret_access_key": "another"}, "InvalidSignatureException"),
            ({"aws_access_key_id": "AKIANOBODY"}, "UnrecognizedClientException"),
            ({"aws_session_token": "a session"}, "UnrecognizedClientException"),
            ({"config": Config(signature_version=botocore.UNSIGNED)}, "MissingAuthentication"),
        ],
    )
    def test_who_signs_wrongly_is_refused(self, clients, gate, options, code):
        found, _ = error_of(clients.boto3(**options).list_collections)
        assert found.startswith(code)
        assert gate.calls == []

    def test_a_failure_of_ours_says_nothing_but_its_request_id(self, client, gate):
        gate.answers["ListCollections"] = RuntimeError("a secret of ours")
        assert error_of(client.list_collections) == ("InternalServerError", "Internal server error")

    def test_many_at_once(self, client, gate):
        gate.answers["DescribeCollection"] = DESCRIBED
        names = [f"c{number}" for number in range(100)]
        with ThreadPoolExecutor(8) as threads:
            list(threads.map(lambda name: client.describe_collection(CollectionId=name), names))
        assert sorted(request["CollectionId"] for _, request in gate.calls) == sorted(names)


class TestAwsCli:
    def test_a_call(self, clients, gate):
        gate.answers["CreateCollection"] = CREATED
        status, document, errors = clients.cli(
            "create-collection", "--collection-id", "staff", "--tags", "team=red"
        )
        assert (status, document, errors) == (0, CREATED, "")
        assert gate.calls[-1][1] == {"CollectionId": "staff", "Tags": {"team": "red"}}

    def test_image_bytes(self, clients, gate, tmp_path):
        gate.answers["DetectFaces"] = FACES
        (tmp_path / "photo.jpg").write_bytes(IMAGE)
        status, document, _ = clients.cli(
            "detect-faces", "--image-bytes", f"fileb://{tmp_path / 'photo.jpg'}"
        )
        assert (status, document) == (0, FACES)
        assert gate.calls[-1][1] == {"Image": {"Bytes": IMAGE}}

    def test_pages(self, clients, gate):
        gate.answers["ListCollections"] = pages
        assert clients.cli("list-collections")[1]["CollectionIds"] == ["a", "b"]

    def test_an_error(self, clients, gate):
        gate.answers["DescribeCollection"] = ResourceNotFound("The collection id: x does not exist")
        status, _, errors = clients.cli("describe-collection", "--collection-id", "x")
        assert status != 0
        assert "(ResourceNotFoundException)" in errors
        assert "The collection id: x does not exist" in errors


@pytest.mark.usefixtures("javascript_sdk")
class TestJavaScriptSdk:
    def test_values_of_every_type_arrive_and_come_back(self, clients, gate):
        gate.answers = {
            "CreateCollection": CREATED,
            "DescribeCollection": DESCRIBED,
            "DetectFaces": FACES,
        }
        created, described, detected = clients.javascript(
            ("CreateCollection", {"CollectionId": "staff", "Tags": {"Größe": "groß"}}),
            ("DescribeCollection", {"CollectionId": "staff"}),
            ("DetectFaces", {"Image": {"Bytes": base64.b64encode(IMAGE).decode()}}),
        )
        assert {name: created["output"][name] for name in CREATED} == CREATED
        assert described["output"]["CreationTimestamp"] == "2024-01-02T03:04:05.250Z"
        assert detected["output"]["FaceDetails"] == FACES["FaceDetails"]
        assert gate.calls[0][1]["Tags"] == {"Größe": "groß"}
        assert gate.calls[2][1] == {"Image": {"Bytes": IMAGE}}

    def test_errors_are_those_that_people_catch(self, clients, gate):
        gate.answers["DescribeCollection"] = ResourceNotFound("The collection id: x does not exist")
        missing, invalid = clients.javascript(
            ("DescribeCollection", {"CollectionId": "x"}),
            ("DescribeCollection", {"CollectionId": "x y"}),
        )
        assert missing["error"] == "ResourceNotFoundException"
        assert missing["isOwnClass"]
        assert missing["message"] == "The collection id: x does not exist"
        assert missing["status"] == 400
        assert len(missing["requestId"]) == 36
        assert invalid["error"] == "ValidationException"
        assert invalid["message"].startswith("1 validation error detected: Value 'x y' at 'coll")


class TestPlainHttp:
    @pytest.fixture
    def http(self, clients):
        connection = http.client.HTTPConnection(urlsplit(clients.url).netloc)
        yield connection
        connection.close()

    def ask(self, http, method="POST", path="/", headers=None):
        http.request(method, path, b"{}", headers or {})
        response = http.getresponse()
        body = response.read()
        assert len(response.headers.get_all("x-amzn-RequestId")) == 1
        return response.status, body

    def test_ready(self, http):
        assert self.ask(http, "GET", "/healthz") == (200, b"ready\n")

    @pytest.mark.parametrize(
        ("method", "path", "headers", "status", "code"),
        [
            ("GET", "/", {}, 404, "UnknownOperationException"),
            ("POST", "/any", {}, 404, "UnknownOperationException"),
            ("POST", "/", {}, 400, "UnknownOperationException"),
            (
                *("POST", "/", {"X-Amz-Target": "RekognitionService.DetectFaces"}, 400),
                "MissingAuthenticationTokenException",
            ),
        ],
    )
    def test_what_comes_without_a_client(self, http, method, path, headers, status, code):
        found, body = self.ask(http, method, path, headers)
        assert (found, json.loads(body)["__type"]) == (status, code)
