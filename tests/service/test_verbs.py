"""Beholden's own verbs over HTTP, signed as any request."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from .conftest import Service

ROOT = Path(__file__).parents[2]


def test_the_example_of_the_docs_runs_as_it_stands(service: Service) -> None:
    page = (ROOT / "docs/admin-api.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    credentials = str(service.data_dir / "credentials")
    done = subprocess.run(
        [sys.executable, "-c", example],
        env=os.environ
        | {
            "AWS_ENDPOINT_URL_REKOGNITION": service.url,
            "AWS_SHARED_CREDENTIALS_FILE": credentials,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "'owner'" in done.stdout
    assert "'reception'" in done.stdout


def test_a_key_made_over_http_works_and_stops_when_it_is_disabled(service: Service) -> None:
    status, made = service.verb("CreateKey", Holder="ann", Role="operator", Purpose="development")
    assert status == 200
    ann = service.client(made["KeyId"], made["Secret"])
    assert "CollectionIds" in ann.list_collections()
    assert service.verb("DisableKey", KeyId=made["KeyId"])[0] == 200
    with pytest.raises(ann.exceptions.ClientError, match="UnrecognizedClientException"):
        ann.list_collections()


@pytest.mark.parametrize(
    ("verb", "members", "code", "said"),
    [
        ("CreateKey", {"Holder": "ann"}, "ValidationException", "'Role' is required"),
        ("ListKeys", {"Colour": "red"}, "ValidationException", "'Colour' is not part of"),
        ("Approve", {"Number": "one"}, "ValidationException", "'Number' is wrong"),
        ("DoAsYouLike", {}, "UnknownOperationException", "not part of this service"),
        ("OpenEvaluation", {}, "UnknownOperationException", "own process only"),
    ],
)
def test_what_is_wrong_is_said(
    service: Service, verb: str, members: dict[str, Any], code: str, said: str
) -> None:
    status, answer = service.verb(verb, **members)
    assert (status, answer["Code"]) == (400, code)
    assert said in answer["Message"]


def test_a_verb_takes_a_right_and_a_signature(service: Service) -> None:
    _, made = service.verb("CreateKey", Holder="eve", Role="reviewer", Purpose="development")
    eve = (made["KeyId"], made["Secret"])
    refusal = {"Holder": "eve", "Role": "admin", "Purpose": "development"}
    _, refused = service.verb("CreateKey", signer=eve, **refusal)
    assert refused["Code"] == "AccessDeniedException"
    assert "role-admin" in refused["Message"]
    _, refused = service.verb("ListKeys", signer=(made["KeyId"], "another secret"))
    assert refused["Code"] == "InvalidSignatureException"
