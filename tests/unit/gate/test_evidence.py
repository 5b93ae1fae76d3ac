from datetime import UTC, datetime

import pytest

from beholden.gate.evidence import RequestDigest

DIGEST = RequestDigest(b"salt")


def test_equal_requests_have_equal_digests_whatever_their_order():
    assert DIGEST.of({"a": 1, "b": {"Bytes": b"x"}}) == DIGEST.of({"b": {"Bytes": b"x"}, "a": 1})


@pytest.mark.parametrize(
    "other", [{"a": 2}, {"a": "1"}, {"a": b"1"}, {"a": {"sha256": "1"}}, {}, {"a": [1]}]
)
def test_other_requests_have_other_digests(other):
    assert DIGEST.of({"a": 1}) != DIGEST.of(other)


def test_the_salt_matters():
    assert DIGEST.of({}) != RequestDigest(b"other").of({})


def test_times_are_allowed_and_objects_are_not():
    assert DIGEST.of({"at": datetime(2026, 1, 1, tzinfo=UTC)})
    with pytest.raises(TypeError):
        DIGEST.of({"a": object()})
