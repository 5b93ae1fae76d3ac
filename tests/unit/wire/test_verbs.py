"""Requests of Beholden's own verbs against the TypedDicts of their functions."""

import json
from typing import Any, NotRequired, TypedDict

import pytest

import beholden.operations  # noqa: F401 (fills the registry)
from beholden.domain.errors import (
    NotOffered,
    SerializationFailed,
    UnknownOperation,
    ValidationFailed,
)
from beholden.gate.registry import REGISTRY
from beholden.wire import verbs

VERBS = [one for name, one in REGISTRY.items() if verbs.is_verb(name) and not one.in_process]


class Place(TypedDict):
    Name: str
    Notices: list[str]


class Everything(TypedDict):
    Number: int
    Share: float
    On: NotRequired[bool]
    Picture: NotRequired[bytes]
    Place: NotRequired[Place]
    Places: NotRequired[list[Place]]
    Facts: NotRequired[dict[str, Any]]


def run(_services, _call, request: Everything):
    return dict(request)


@pytest.fixture
def parse(monkeypatch):
    def of(document):
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        return verbs.parse("beholden:Test", body)

    operation = REGISTRY["beholden:ListKeys"].__class__("beholden:Test", None, None, "nobody", run)
    monkeypatch.setitem(REGISTRY, "beholden:Test", operation)
    return of


LEAST = {"Number": 3, "Share": 1}


def test_what_was_sent_is_what_comes_out(parse):
    place = {"Name": "gate", "Notices": ["one"]}
    sent = LEAST | {"On": False, "Picture": "+/8=", "Place": place, "Places": [place, place]}
    sent |= {"Facts": {"deep": [1, {"er": None}]}}
    assert parse(sent) == sent | {"Picture": b"\xfb\xff"}
    assert parse(LEAST) == LEAST


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"Share": 1.5}, "1 validation error detected: 'Number' is required"),
        (LEAST | {"Extra": 1}, "'Extra' is not part of this request"),
        (LEAST | {"Number": "3"}, "'Number' is wrong: Input should be a valid integer"),
        (LEAST | {"Number": 3.5}, "'Number' is wrong"),
        (LEAST | {"Number": True}, "'Number' is wrong"),
        (LEAST | {"On": None}, "'On' is wrong"),
        (LEAST | {"Picture": "no base64"}, "'Picture' is wrong"),
        (LEAST | {"Place": {"Name": "gate"}}, "'Place.Notices' is required"),
        (LEAST | {"Places": [{"Name": 1, "Notices": []}]}, "'Places.0.Name' is wrong"),
        ({}, "2 validation errors detected: 'Number' is required; 'Share' is required"),
        ([], "is wrong: Input should be an object"),
    ],
)
def test_a_wrong_member_is_named(parse, document, said):
    with pytest.raises(ValidationFailed) as refused:
        parse(document)
    assert said in str(refused.value)


@pytest.mark.parametrize("body", [b"{", b"\xff", b'{"Number": NaN, "Share": 1}'])
def test_what_is_not_json(parse, body):
    with pytest.raises((SerializationFailed, ValidationFailed)):
        parse(body)


def test_a_verb_without_members_takes_none():
    assert verbs.parse("beholden:ListKeys", b"{}") == {}
    assert verbs.parse("beholden:ListKeys", b"") == {}
    with pytest.raises(ValidationFailed, match="'MaxResults' is not part of this request"):
        verbs.parse("beholden:ListKeys", b'{"MaxResults": 5}')


def test_what_cannot_leave_its_process_says_so():
    with pytest.raises(NotOffered, match="command line's own process only"):
        verbs.parse("beholden:OpenEvaluation", b"{}")


@pytest.mark.parametrize("target", ["Beholden.Nothing", "Beholden.", "Beholden.beholden:ListKeys"])
def test_other_names_are_unknown(target):
    with pytest.raises(UnknownOperation):
        verbs.operation_of(target)


@pytest.mark.parametrize("operation", VERBS, ids=lambda operation: operation.name)
def test_every_verb_declares_its_request(operation):
    """A model can be made of each; one without members is annotated with the general Request."""
    with pytest.raises(ValidationFailed, match="'NoSuchMember' is not part of this request"):
        verbs.parse(operation.name, b'{"NoSuchMember": 1}')
