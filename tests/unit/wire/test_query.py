"""STS's query protocol, against botocore's own serialiser and parser."""

from datetime import UTC, datetime
from urllib.parse import urlencode

import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.parsers import create_parser
from botocore.serialize import create_serializer
from hypothesis import given
from hypothesis import strategies as st

from beholden.domain.errors import (
    AccessDenied,
    ExpiredToken,
    InvalidSignature,
    SerializationFailed,
    ServerError,
    UnknownKey,
    UnknownOperation,
)
from beholden.wire import query

MODEL = ServiceModel(Loader().load_service_model("sts", "service-2"), "sts")
ASSUME_ROLE = MODEL.operation_model("AssumeRole")
TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=20)
WHOLE = {"RoleArn": "arn:aws:iam::000000000000:role/operator", "RoleSessionName": "desk"}


def form(request, action="AssumeRole"):
    sent = create_serializer("query", include_validation=False).serialize_to_request(
        request, MODEL.operation_model(action)
    )
    return urlencode(sent["body"]).encode()


@pytest.mark.slow
@given(
    seconds=st.integers(0, 10**6),
    tags=st.lists(st.fixed_dictionaries({"Key": TEXT, "Value": TEXT}), min_size=1, max_size=12),
)
def test_what_botocore_sends_comes_out(seconds, tags):
    request = WHOLE | {"DurationSeconds": seconds, "Tags": tags}
    assert query.parse(form(request)) == ("AssumeRole", request)


def test_what_is_not_sent_is_not_there():
    assert query.parse(form(WHOLE)) == ("AssumeRole", WHOLE)
    assert query.parse(form({}, "GetCallerIdentity")) == ("GetCallerIdentity", {})


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"", UnknownOperation),
        (b"Action=AssumeEverything&Version=2011-06-15", UnknownOperation),
        (b"Action=AssumeRole&Version=2001-01-01", UnknownOperation),
        (b"\xff", SerializationFailed),
        (b"Action=AssumeRole&Version=2011-06-15&DurationSeconds=soon", SerializationFailed),
        (b"Action=AssumeRole&Version=2011-06-15&" + b"&".join([b"a=1"] * 300), SerializationFailed),
        (b"Action=AssumeRole&Version=2011-06-15&RoleArn=%FF", SerializationFailed),
    ],
)
def test_what_is_no_such_request(body, error):
    with pytest.raises(error):
        query.parse(body)


def test_botocore_reads_the_answer():
    answer = {
        "Credentials": {
            "AccessKeyId": "ASIA",
            "SecretAccessKey": "a/b+c<&>",
            "SessionToken": "token",
            "Expiration": datetime(2026, 1, 2, 3, 4, 5, 600, tzinfo=UTC),
        },
        "AssumedRoleUser": {"AssumedRoleId": "ASIA:desk", "Arn": "arn"},
    }
    sent = {
        "status_code": 200,
        "headers": {},
        "body": query.serialise("AssumeRole", answer, "id-1"),
    }
    read = create_parser("query").parse(sent, ASSUME_ROLE.output_shape)
    assert read.pop("ResponseMetadata")["RequestId"] == "id-1"
    expiration = read["Credentials"].pop("Expiration")
    assert expiration == answer["Credentials"].pop("Expiration").replace(microsecond=0)
    assert read == answer


@pytest.mark.parametrize(
    ("failure", "status", "code"),
    [
        (AccessDenied("no <you> may not"), 403, "AccessDenied"),
        (ExpiredToken(), 403, "ExpiredToken"),
        (InvalidSignature(), 403, "SignatureDoesNotMatch"),
        (UnknownKey(), 403, "InvalidClientTokenId"),
        (ServerError(), 500, "InternalServerError"),
    ],
)
def test_botocore_reads_the_error(failure, status, code):
    sent_status, body = query.error(failure, str(failure), "id-1")
    sent = {"status_code": sent_status, "headers": {}, "body": body}
    read = create_parser("query").parse(sent, ASSUME_ROLE.output_shape)
    assert (sent_status, read["Error"]["Code"]) == (status, code)
    assert read["Error"]["Message"] == str(failure)
