"""What the service model allows passes the wire unchanged; what it does not is a client error."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beholden.domain.errors import SerializationFailed, ValidationFailed
from beholden.wire.model import operations
from beholden.wire.protocol import parse, serialise
from beholden.wire.validate import validate

from .strategies import requests, spoilt

OPERATIONS = sorted(operations())


VALID = {operation: requests(operation) for operation in OPERATIONS}
BODIES = st.one_of([st.tuples(st.just(name), spoilt(valid)) for name, valid in VALID.items()])


@pytest.mark.parametrize("operation", OPERATIONS)
@settings(max_examples=10, deadline=None)
@given(data=st.data())
def test_a_valid_request_passes_unchanged(operation, data):
    request = data.draw(VALID[operation])
    assert parse(operation, serialise(request)) == request
    validate(operation, request)


@settings(max_examples=1000, deadline=None)
@given(case=BODIES)
def test_a_nearly_valid_request_is_accepted_or_a_client_error(case):
    operation, body = case
    try:
        request = parse(operation, body)
        validate(operation, request)
    except (SerializationFailed, ValidationFailed) as error:
        str(error).encode()
    else:
        assert set(request) <= set(json.loads(body))


@settings(max_examples=500, deadline=None)
@given(operation=st.sampled_from(OPERATIONS), body=st.binary(max_size=200))
def test_any_bytes_are_a_client_error_or_a_request(operation, body):
    try:
        validate(operation, parse(operation, body))
    except (SerializationFailed, ValidationFailed) as error:
        str(error).encode()
