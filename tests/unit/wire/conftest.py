"""A key, a clock, and requests signed by botocore's own signer."""

from datetime import UTC, datetime

import pytest

from beholden.domain.key import AccessKey
from beholden.testing.clock import FakeClock

from ... import signing

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


def signed(body=b"{}", operation="ListCollections", key_id=ENABLED.key_id, secret=SECRET, **scope):
    return signing.signed(body, operation, key_id, secret, **scope)


@pytest.fixture
def clock():
    return FakeClock(datetime.now(UTC))
