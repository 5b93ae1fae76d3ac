"""Requests signed by botocore's own signer, as the wire receives them."""

import json

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from beholden.wire.sigv4 import HttpRequest

HOST = "127.0.0.1:8600"


def signed(
    body,
    operation,
    key_id,
    secret,
    *,
    token=None,
    region="eu-west-1",
    service="rekognition",
    headers=(),
    query="",
):
    request = AWSRequest(
        method="POST",
        url=f"http://{HOST}/{query}",
        data=body if isinstance(body, bytes) else json.dumps(body).encode(),
        headers={
            "X-Amz-Target": f"RekognitionService.{operation}",
            "Content-Type": "application/x-amz-json-1.1",
            **dict(headers),
        },
    )
    SigV4Auth(Credentials(key_id, secret, token), service, region).add_auth(request)
    sent = {name.lower(): value for name, value in request.headers.items()}
    return HttpRequest("POST", "/", query.removeprefix("?"), sent | {"host": HOST}, request.data)
