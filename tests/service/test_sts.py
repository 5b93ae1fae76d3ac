"""Sessions from an unmodified boto3 STS client, on the same endpoint."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import urllib.request
import uuid
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from beholden.engines.audit.layout import VERIFIER_KEY
from beholden.engines.audit.note import Verifier
from beholden.engines.audit.reading import records

from .conftest import Service

ROOT = Path(__file__).parents[2]
ROLE = "arn:aws:iam::000000000000:role/"


def sts(service: Service, *credentials: str) -> Any:
    key, secret, *token = credentials or service.credentials()
    return boto3.client(
        "sts",
        endpoint_url=service.url,
        region_name="us-east-1",
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        aws_session_token=token[0] if token else None,
        config=Config(retries={"max_attempts": 0}, parameter_validation=False),
    )


def rekognition(service: Service, credentials: tuple[str, ...]) -> Any:
    key, secret, token = credentials
    return service.client(key, secret, token=token)


def assumed(client: Any, role: str = "operator", **terms: Any) -> tuple[str, str, str]:
    tags = [{"Key": key, "Value": value} for key, value in terms.pop("tags", {}).items()]
    answer = client.assume_role(
        RoleArn=ROLE + role, RoleSessionName="night.shift@desk-3", Tags=tags, **terms
    )
    given = answer["Credentials"]
    assert answer["ResponseMetadata"]["RequestId"]
    return given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"]


def code(action: Any, *args: Any, **request: Any) -> tuple[int, str, str]:
    with pytest.raises(ClientError) as refused:
        action(*args, **request)
    answer = refused.value.response
    said = answer["Error"]
    return answer["ResponseMetadata"]["HTTPStatusCode"], said["Code"], said["Message"]


def logged(service: Service, action: str) -> list[dict[str, Any]]:
    """Records of an action; who reads the log of a server sees all that it answered."""
    urllib.request.urlopen(f"{service.url}/log/checkpoint").close()
    folder = service.data_dir / "log"
    verifier = Verifier.parse((folder / VERIFIER_KEY).read_text().strip())
    return [r for _, r in records(folder, verifier) if r["action"] == action]


def test_a_purpose_and_a_case_change_without_a_new_key(service: Service) -> None:
    service.verb("PutPurpose", Name="parking", Basis="contract", RetentionDays=3)
    before = [key["KeyId"] for key in service.verb("ListKeys")[1]["Keys"]]
    session = assumed(sts(service), tags={"purpose": "parking", "case": "2026-0117"})
    assert session[0].startswith("ASIA")
    name = f"sts-{uuid.uuid4().hex[:8]}"
    rekognition(service, session).create_collection(CollectionId=name)
    made = logged(service, "CreateCollection")[-1]
    assert (made["principal"], made["role"], made["key"]) == ("owner", "operator", session[0])
    assert (made["purpose"], made["case"]) == ("parking", "2026-0117")
    opened = logged(service, "sts:AssumeRole")[-1]
    assert opened["facts"]["session"]["key"] == session[0]
    assert session[1] not in json.dumps(opened)
    assert session[2] not in json.dumps(opened)
    assert [key["KeyId"] for key in service.verb("ListKeys")[1]["Keys"]] == before


def test_the_example_of_the_docs_runs_as_it_stands(service: Service) -> None:
    page = (ROOT / "docs/accountability/roles-and-sessions.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    environment = {
        "AWS_ENDPOINT_URL": service.url,
        "AWS_SHARED_CREDENTIALS_FILE": str(service.data_dir / "credentials"),
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    done = subprocess.run(
        [sys.executable, "-c", example],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("arn:aws:iam::000000000000:user/owner")


def test_who_am_i(service: Service) -> None:
    me = sts(service).get_caller_identity()
    assert me["Arn"] == "arn:aws:iam::000000000000:user/owner"
    assert me["Account"] == "000000000000"
    session = assumed(sts(service), "reviewer", DurationSeconds=900)
    me = sts(service, *session).get_caller_identity()
    assert me["Arn"] == "arn:aws:sts::000000000000:assumed-role/reviewer/night.shift@desk-3"
    assert me["UserId"] == session[0]


def test_a_session_gives_no_more_than_its_key(service: Service) -> None:
    _, made = service.verb("CreateKey", Holder="bob", Role="operator", Purpose="development")
    bob = sts(service, made["KeyId"], made["Secret"])
    for role in ("admin", "reviewer", "auditor"):
        status, name, said = code(bob.assume_role, RoleArn=ROLE + role, RoleSessionName="up")
        assert (status, name) == (403, "AccessDenied")
        assert "session-role" in said
    session = assumed(bob)
    status, name, said = code(
        sts(service, *session).assume_role, RoleArn=ROLE + "operator", RoleSessionName="chain"
    )
    assert (status, name) == (403, "AccessDenied")
    assert "session-from-key" in said
    tags = [{"Key": "purpose", "Value": "nobody declared this"}]
    _, name, said = code(
        bob.assume_role, RoleArn=ROLE + "operator", RoleSessionName="desk", Tags=tags
    )
    assert "session-purpose" in said
    _, refused = service.verb("ListProposals", signer=session)
    assert refused["Code"] == "AccessDeniedException"


def test_it_dies_with_its_key(service: Service) -> None:
    _, made = service.verb("CreateKey", Holder="carl", Role="operator", Purpose="development")
    session = assumed(sts(service, made["KeyId"], made["Secret"]))
    client = rekognition(service, session)
    assert "CollectionIds" in client.list_collections()
    service.verb("DisableKey", KeyId=made["KeyId"])
    assert code(client.list_collections)[:2] == (400, "UnrecognizedClientException")
    assert code(sts(service, *session).get_caller_identity)[:2] == (403, "InvalidClientTokenId")


def test_a_token_that_is_wrong_missing_or_anothers_is_no_token(service: Service) -> None:
    one, other = assumed(sts(service)), assumed(sts(service))
    permanent = service.credentials()
    for key, secret, token in (
        (*one[:2], other[2]),
        (*one[:2], one[2] + "x"),
        (*one[:2], None),
        (*permanent, one[2]),
    ):
        client = service.client(key, secret, token=token)
        assert code(client.list_collections)[:2] == (400, "UnrecognizedClientException")
    client = service.client(one[0], other[1], token=one[2])
    assert code(client.list_collections)[1] == "InvalidSignatureException"


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        ({"DurationSeconds": 899}, "greater than or equal to 900"),
        ({"DurationSeconds": 43201}, "less than or equal to 43200"),
        ({"RoleArn": "arn:aws:iam::000000000000:role/path/operator"}, "A RoleArn here is"),
        ({"RoleArn": "arn:aws:iam::111111111111:role/operator"}, "This is account"),
        ({"RoleSessionName": "a b"}, "roleSessionName"),
        ({"Tags": [{"Key": "purpos", "Value": "x"}]}, "tag purpos"),
        ({"Tags": [{"Key": "case", "Value": " "}]}, "has a value"),
        ({"Policy": "{}"}, "not passed over: Policy"),
    ],
)
def test_what_is_not_understood_is_not_passed_over(
    service: Service, request_: dict[str, Any], said: str
) -> None:
    asked = {"RoleArn": ROLE + "operator", "RoleSessionName": "desk"} | request_
    status, name, message = code(sts(service).assume_role, **asked)
    assert (status, name) == (400, "ValidationError")
    assert said in message


def test_the_rest_of_sts_is_not_offered(service: Service) -> None:
    assert code(sts(service).get_session_token)[:2] == (400, "InvalidAction")
    wrong = sts(service, service.credentials()[0], "another secret")
    assert code(wrong.get_caller_identity)[:2] == (403, "SignatureDoesNotMatch")
