import hashlib
import re
from datetime import timedelta

from beholden.domain.key import NewSession


def opened(records, clock, parent, **terms):
    expires_at = clock.now() + timedelta(hours=1)
    asked = {"role": "operator", "purpose": "door", "name": "shift", "expires_at": expires_at}
    return records.keys.open_session(parent, NewSession(**asked | terms))


def test_a_session_is_a_key_of_its_holder_for_a_while(records, clock):
    parent, _ = records.keys.create("ann", "admin", "rules", ["door", "parking"])
    assert records.keys.find(parent.key_id)[0].may_assume == ("door", "parking")
    session, secret, token = opened(records, clock, parent, case="2026-0117")
    assert re.fullmatch("ASIA[A-Z2-7]{16}", session.key_id)
    assert (len(secret), len(token) >= 64) == (40, True)
    assert (session.holder, session.role, session.purpose) == ("ann", "operator", "door")
    assert (session.case, session.parent, session.session_name) == (
        "2026-0117",
        parent.key_id,
        "shift",
    )
    assert session.may_assume == ()
    assert session.token_sha256 == hashlib.sha256(token.encode()).digest()
    assert session.comes_with(token)
    assert not session.comes_with(None)
    assert not session.comes_with(token + "x")
    assert not parent.comes_with(token)
    assert records.keys.find(session.key_id) == (session, secret)
    assert records.keys.list() == [parent]


def test_it_ends_with_its_time_and_with_its_parent(records, clock):
    parent, _ = records.keys.create("ann", "admin", "rules")
    session, _, _ = opened(records, clock, parent)
    assert not session.ended(clock.now())
    assert session.ended(clock.now() + timedelta(hours=1))
    assert not parent.expired(clock.now() + timedelta(days=9999))
    records.keys.disable(parent.key_id)
    assert records.keys.find(session.key_id)[0].ended(clock.now())


def test_two_sessions_share_nothing(records, clock):
    parent, _ = records.keys.create("ann", "admin", "rules")
    (one, *its), (other, *others) = (opened(records, clock, parent) for _ in range(2))
    assert one.key_id != other.key_id
    assert not set(its) & set(others)
    assert not one.comes_with(others[1])
    assert records.keys.find("ASIAAAAAAAAAAAAAAAAA") is None
