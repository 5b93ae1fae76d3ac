import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from beholden.domain.errors import AuditUnavailable
from beholden.engines.audit.records import decode, encode
from beholden.testing.audit import a_record


def test_entries_are_canonical():
    entry = encode(replace(a_record(), principal="zoë", facts={"b": 1, "a": [True, None]}))
    assert entry == json.dumps(json.loads(entry), sort_keys=True, separators=(",", ":")).encode()
    assert entry.isascii()
    assert decode(entry)["principal"] == "zoë"


def test_times_are_utc():
    east = timezone(timedelta(hours=3))
    one = encode(replace(a_record(), at=datetime(2026, 1, 1, 3, tzinfo=east)))
    assert one == encode(replace(a_record(), at=datetime(2026, 1, 1, tzinfo=UTC)))


@pytest.mark.parametrize("fact", [b"bytes", float("nan"), {1, 2}, "x" * 65_536])
def test_what_cannot_be_an_entry(fact):
    with pytest.raises(AuditUnavailable):
        encode(replace(a_record(), facts={"fact": fact}))


@pytest.mark.parametrize("entry", [b"", b"[]", b"{"])
def test_what_is_no_record(entry):
    with pytest.raises(ValueError, match=r".+"):
        decode(entry)
