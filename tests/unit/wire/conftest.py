"""A key, a clock, and requests signed by botocore's own signer."""

import json
from datetime import UTC, datetime

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from beholden.domain.key import AccessKey
from beholden.testing.clock import FakeClock
from beholden.wire.sigv4 import HttpRequest

SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
ENABLED = AccessKey("AKIAENABLED000000001", "ann", "operator", "testing", datetime.now(UTC), None)
DISABLED = AccessKey(
    "AKIADISABLED00000001", "bob", "operator", "testing", datetime.now(UTC), datetime.now(UTC)
)


def find_key(key_id):
    return {key.key_id: (key, SECRET) for key in (ENABLED, DISABLED)}.get(key_id)


class TwoKeys:
    """As much of the Keys port as the wire uses."""

    find = staticmethod(find_key)


def signed(
    body=b"{}",
    operation="ListCollections",
    *,
    key_id=ENABLED.key_id,
    secret=SECRET,
    token=None,
    region="eu-west-1",
    service="rekognition",
    headers=(),
    query="",
):
    request = AWSRequest(
        method="POST",
        url=f"http://127.0.0.1:8600/{query}",
        data=body if isinstance(body, bytes) else json.dumps(body).encode(),
        headers={
            "X-Amz-Target": f"RekognitionService.{operation}",
            "Content-Type": "application/x-amz-json-1.1",
            **dict(headers),
        },
    )
    SigV4Auth(Credentials(key_id, secret, token), service, region).add_auth(request)
    sent = {name.lower(): value for name, value in request.headers.items()}
    sent["host"] = "127.0.0.1:8600"
    return HttpRequest("POST", "/", query.removeprefix("?"), sent, request.data)


@pytest.fixture
def clock():
    return FakeClock(datetime.now(UTC))
