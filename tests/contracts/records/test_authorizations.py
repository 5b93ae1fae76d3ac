from dataclasses import replace
from datetime import timedelta

import pytest

from beholden.domain.authorization import STRAGGLERS, Approval, End, Scope
from beholden.domain.errors import ResourceNotFound
from beholden.testing.authorizations import BEGINNING, an_authorization

WHOLE = an_authorization(
    scope=Scope(
        "wanted-persons", ("wanted",), ("north gate",), ("p-1", "p-2"), "2026-0117", ("9f",)
    ),
    emergency="a child is missing",
    approvals=(Approval("eve", "AKIAEVE", BEGINNING),),
)


@pytest.mark.parametrize(
    "authorization",
    [an_authorization(), WHOLE, replace(WHOLE, end=End.LAPSED, ended_at=BEGINNING, ended_by="x")],
)
def test_what_is_kept_is_what_was_put(records, authorization):
    records.authorizations.add(authorization)
    assert records.authorizations.get("auth-1") == authorization
    assert records.authorizations.list() == [authorization]


def test_those_are_open_that_have_not_ended_or_must_be_cleared(records):
    for n, terms in enumerate(
        [
            {},
            {"end": End.REVOKED},
            {"end": End.EXPIRED},
            {"end": End.LAPSED, "ended_at": BEGINNING},
            {"end": End.REJECTED, "ended_at": BEGINNING},
            {"end": End.LAPSED, "ended_at": BEGINNING, "cleared_at": BEGINNING + STRAGGLERS},
        ]
    ):
        later = BEGINNING + timedelta(minutes=n)
        records.authorizations.add(an_authorization(f"a{n}", requested_at=later, **terms))
    assert [one.authorization_id for one in records.authorizations.list()][:2] == ["a5", "a4"]
    assert {one.authorization_id for one in records.authorizations.open()} == {"a0", "a3", "a4"}
    records.authorizations.change("a3", lambda one: replace(one, cleared_at=BEGINNING + STRAGGLERS))
    assert {one.authorization_id for one in records.authorizations.open()} == {"a0", "a4"}


def test_a_change_that_raises_changes_nothing(records):
    records.authorizations.add(an_authorization())
    with pytest.raises(ZeroDivisionError):
        records.authorizations.change("auth-1", lambda _: 1 / 0)
    assert records.authorizations.get("auth-1") == an_authorization()
    for missing in (
        lambda: records.authorizations.get("another"),
        lambda: records.authorizations.change("another", lambda one: one),
    ):
        with pytest.raises(ResourceNotFound):
            missing()


def test_one_goes_and_the_others_stay(records):
    for number in ("a", "b"):
        records.authorizations.add(an_authorization(number))
    for _ in range(2):
        records.authorizations.delete("a")
    assert records.authorizations.list() == records.authorizations.open() == [an_authorization("b")]


def test_another_scope_takes_the_place_of_the_former(records):
    records.authorizations.add(WHOLE)
    scope = WHOLE.scope.without({"p-1"}, str.upper)
    changed = records.authorizations.change("auth-1", lambda one: replace(one, scope=scope))
    assert changed.scope == records.authorizations.get("auth-1").scope == scope
