import json
from base64 import b64encode
from datetime import UTC, datetime

import pytest

from beholden.domain.errors import SerializationFailed, UnknownOperation
from beholden.wire.protocol import (
    ResponseShapeError,
    check_response,
    operation_of,
    parse,
    serialise,
)


def test_a_target_names_an_operation():
    assert operation_of("RekognitionService.DetectFaces") == "DetectFaces"


@pytest.mark.parametrize(
    "target",
    [
        *(None, "", "DetectFaces", "RekognitionService.", "RekognitionService.DetectHats"),
        *("Kinesis_20131202.ListStreams", "RekognitionService.beholden:CreateKey"),
    ],
)
def test_another_target_is_unknown(target):
    with pytest.raises(UnknownOperation):
        operation_of(target)


def test_values_become_what_the_model_says():
    body = {
        "CollectionId": "staff",
        "Image": {"Bytes": b64encode(b"\xff\xd8").decode(), "S3Object": None},
        "MaxFaces": 5.0,
        "DetectionAttributes": ["ALL"],
        "Surprise": {"a": 1},
        "QualityFilter": None,
    }
    assert parse("IndexFaces", json.dumps(body).encode()) == {
        "CollectionId": "staff",
        "Image": {"Bytes": b"\xff\xd8"},
        "MaxFaces": 5,
        "DetectionAttributes": ["ALL"],
    }
    assert parse("SearchFaces", b'{"FaceMatchThreshold": 80}') == {"FaceMatchThreshold": 80.0}
    assert parse("CreateCollection", '{"Tags": {"ä": "ö"}}'.encode()) == {"Tags": {"ä": "ö"}}


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"{", b"[]", b'"a"', b"null", b"\xff\xfe{}", b"{}{}", b'{"MaxFaces": NaN}'),
        *(b'{"MaxFaces": ' + b"1" * 5000 + b"}", b"[" * 100_000, b'{"a":' * 100_000),
    ],
)
def test_what_is_not_a_json_object_is_refused(body):
    with pytest.raises(SerializationFailed):
        parse("SearchFaces", body)


@pytest.mark.parametrize(
    ("operation", "body", "message"),
    [
        ("SearchFaces", {"FaceId": 5}, "class java.math.BigDecimal can not be converted to an Str"),
        ("SearchFaces", {"FaceId": True}, "class java.lang.Boolean can not be converted to an Str"),
        ("SearchFaces", {"FaceId": {}}, "Start of structure or map found where not expected."),
        ("SearchFaces", {"FaceId": []}, "Start of list found where not expected"),
        ("SearchFaces", {"MaxFaces": "5"}, "class java.lang.String can not be converted to an Int"),
        ("SearchFaces", {"MaxFaces": True}, "class java.lang.Boolean can not be converted to an I"),
        ("SearchFaces", {"MaxFaces": 1.5}, "class java.math.BigDecimal can not be converted"),
        ("SearchFaces", {"MaxFaces": 2**31}, "out of the range of Integer"),
        ("SearchFaces", {"FaceMatchThreshold": "9"}, "String can not be converted to an Float"),
        ("SearchFaces", {"FaceMatchThreshold": 10**400}, "out of the range of Float"),
        ("DetectFaces", {"Image": []}, "Start of list found where not expected"),
        ("DetectFaces", {"Image": "x"}, "String can not be converted to an Structure or map"),
        ("DetectFaces", {"Attributes": "ALL"}, "can not be converted to an List"),
        ("DetectFaces", {"Attributes": [None]}, "null can not be converted to an String"),
        ("DetectFaces", {"Image": {"Bytes": "a"}}, "not in base64"),
        ("DetectFaces", {"Image": {"Bytes": "ab$="}}, "not in base64"),
        ("DetectFaces", {"Image": {"Bytes": "é==="}}, "not in base64"),
        ("DetectFaces", {"Image": {"Bytes": 5}}, "can not be converted to an Blob"),
        ("CreateCollection", {"Tags": {"a": 1}}, "can not be converted to an String"),
        ("CreateCollection", {"Tags": {"\ud800": "a"}}, "surrogate"),
        ("CreateCollection", {"CollectionId": "\udfff"}, "surrogate"),
    ],
)
def test_values_of_another_type_are_refused_in_awss_words(operation, body, message):
    with pytest.raises(SerializationFailed) as refused:
        parse(operation, json.dumps(body).encode())
    assert message in str(refused.value)


def test_a_number_beyond_all_floats_is_refused():
    with pytest.raises(SerializationFailed, match="out of the range"):
        parse("SearchFaces", b'{"FaceMatchThreshold": 1e999}')


DESCRIBED = {
    "FaceCount": 3,
    "FaceModelVersion": "7.0",
    "CollectionARN": "arn:aws:rekognition:eu-west-1:000000000000:collection/a",
    "CreationTimestamp": datetime(2024, 1, 1, 12, tzinfo=UTC),
}


def test_a_response_in_json():
    assert json.loads(serialise(DESCRIBED))["CreationTimestamp"] == 1704110400.0
    assert json.loads(serialise({"Bytes": b"\xff\xd8"})) == {"Bytes": "/9g="}


@pytest.mark.parametrize("value", [float("nan"), float("inf"), object(), {1, 2}])
def test_what_json_cannot_say_is_our_error(value):
    with pytest.raises((TypeError, ValueError)):
        serialise({"FaceCount": value})


def test_a_response_of_the_right_shape_passes():
    check_response("DescribeCollection", DESCRIBED)
    check_response("DeleteUser", {})
    check_response("DeleteFaces", {"DeletedFaces": []})
    check_response("DetectFaces", {"FaceDetails": [{"Confidence": 99.5}]})


@pytest.mark.parametrize(
    ("response", "message"),
    [
        ({"FaceCount": "3"}, "can not be converted"),
        ({"FaceCount": 3.5}, "can not be converted"),
        ({"FaceCount": -1}, "'faceCount' failed to satisfy constraint"),
        ({"Faces": 3}, "DescribeCollection.Faces is not in the model"),
        ({"CreationTimestamp": "now"}, "can not be converted"),
    ],
)
def test_another_shape_is_named(response, message):
    with pytest.raises(ResponseShapeError, match=message):
        check_response("DescribeCollection", response)


def test_unknown_members_are_found_inside_lists():
    with pytest.raises(ResponseShapeError, match=r"DetectFaces\.FaceDetails\[\]\.Hat is not"):
        check_response("DetectFaces", {"FaceDetails": [{"Confidence": 99.5, "Hat": True}]})
