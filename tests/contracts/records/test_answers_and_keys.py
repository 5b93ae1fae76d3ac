import re
from datetime import timedelta

import pytest

from beholden.domain.errors import IdempotentParameterMismatch, OperatorError
from beholden.domain.request_token import Answer, RequestToken

TOKEN = RequestToken("ann/CreateUser", "t", b"d" * 32)


def test_another_digest_is_a_mismatch(records, staff):
    records.users.create(staff, "ann", Answer(TOKEN, {}))
    with pytest.raises(IdempotentParameterMismatch):
        records.answers.find(RequestToken("ann/CreateUser", "t", b"e" * 32))


def test_scopes_and_tokens_are_apart(records, staff):
    records.users.create(staff, "ann", Answer(TOKEN, {}))
    assert records.answers.find(RequestToken("bob/CreateUser", "t", b"d" * 32)) is None
    assert records.answers.find(RequestToken("ann/CreateUser", "u", b"d" * 32)) is None


def test_a_token_is_new_again_after_seven_days(records, staff, clock):
    records.users.create(staff, "ann", Answer(TOKEN, {"n": 1}))
    clock.advance(timedelta(days=7) - timedelta(seconds=1))
    assert records.answers.find(TOKEN) == {"n": 1}
    clock.advance(timedelta(seconds=1))
    assert records.answers.find(TOKEN) is None
    records.users.create(staff, "bob", Answer(TOKEN, {"n": 2}))
    assert records.answers.find(TOKEN) == {"n": 2}


def test_a_key_is_found_with_its_secret(records, clock):
    key, secret = records.keys.create("ann", "operator", "access control")
    assert re.fullmatch("AKIA[A-Z2-7]{16}", key.key_id)
    assert len(secret) == 40
    assert (key.holder, key.role, key.purpose) == ("ann", "operator", "access control")
    assert (key.created_at, key.disabled_at) == (clock.now(), None)
    assert records.keys.find(key.key_id) == (key, secret)
    assert records.keys.find("AKIAAAAAAAAAAAAAAAAA2") is None


def test_keys_are_listed_in_the_order_of_making(records, clock):
    made = []
    for holder in ("zoe", "ann", "bob"):
        made.append(records.keys.create(holder, "operator", "test")[0])
        clock.advance(timedelta(seconds=1))
    assert records.keys.list() == made


def test_a_disabled_key_stays_disabled(records, clock):
    key, secret = records.keys.create("ann", "operator", "test")
    clock.advance(timedelta(hours=1))
    disabled = records.keys.disable(key.key_id)
    assert disabled.disabled_at == clock.now()
    clock.advance(timedelta(hours=1))
    assert records.keys.disable(key.key_id) == disabled
    assert records.keys.find(key.key_id) == (disabled, secret)
    with pytest.raises(OperatorError):
        records.keys.disable("AKIAAAAAAAAAAAAAAAAA2")
