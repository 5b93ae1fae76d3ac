"""Alerts: the same on every engine and on the fake."""

from dataclasses import replace
from datetime import timedelta

import pytest

from beholden.domain.alert import Alert, Pattern, Settled
from beholden.domain.errors import ConflictingState, ResourceNotFound


def an_alert(clock, number=1):
    return Alert(
        alert_id=f"a{number}",
        pattern=Pattern.CASE_MANY_PROBES,
        at=clock.now() + timedelta(hours=number),
        subject="case 17",
        principals=("bea", "dan"),
        count=11,
        limit=10,
        entries=(3, 5, 8),
        text="Case 17: 11 unrelated probes",
    )


def test_an_alert_is_kept_once(records, clock):
    assert records.alerts.add(an_alert(clock))
    assert not records.alerts.add(replace(an_alert(clock), count=99))
    assert records.alerts.get("a1") == an_alert(clock)


def test_the_newest_come_first_and_only_so_many(records, clock):
    for number in (1, 3, 2):
        records.alerts.add(an_alert(clock, number))
    listed = records.alerts.list(settled=False, limit=2)
    assert [alert.alert_id for alert in listed] == ["a3", "a2"]


def test_a_settled_alert_is_settled_once(records, clock):
    records.alerts.add(an_alert(clock))
    clock.advance(timedelta(days=2))
    settled = records.alerts.settle("a1", Settled.EXPLAINED, "ada", "a line-up")
    expected = replace(
        an_alert(clock),
        at=settled.at,
        settled=Settled.EXPLAINED,
        settled_by="ada",
        settled_at=clock.now(),
        note="a line-up",
    )
    assert settled == expected == records.alerts.get("a1")
    assert records.alerts.list(settled=False, limit=9) == []
    assert records.alerts.list(settled=True, limit=9) == [settled]
    with pytest.raises(ConflictingState, match="a1"):
        records.alerts.settle("a1", Settled.MISUSE, "eve", "no")


def test_an_unknown_alert_is_said(records):
    for act in (
        lambda: records.alerts.get("a9"),
        lambda: records.alerts.settle("a9", Settled.MISUSE, "ada", "x"),
    ):
        with pytest.raises(ResourceNotFound, match="a9"):
            act()
