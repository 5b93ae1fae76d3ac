"""Purposes, bindings and consents: the same on every engine and on the fake."""

from dataclasses import replace
from datetime import timedelta

import pytest

from beholden.domain.consent import Consent
from beholden.domain.errors import ResourceNotFound
from beholden.domain.purpose import AccountabilityReport
from beholden.testing.purposes import a_purpose


def test_a_purpose_keeps_all_its_terms(records, clock):
    full = a_purpose(
        consent=True,
        threshold_floor_pct=99.5,
        floor_raises=True,
        review=True,
        attributes=frozenset({"EMOTIONS", "GENDER"}),
        report=AccountabilityReport("ab" * 32, clock.now()),
        ended_at=clock.now(),
    )
    records.purposes.put(full)
    assert records.purposes.get("door-access") == full
    assert records.purposes.get("elsewhere") is None


def test_terms_are_replaced_and_listed_by_name(records):
    records.purposes.put(a_purpose("b"))
    records.purposes.put(a_purpose("a", report=None, retention_days=None))
    changed = replace(a_purpose("b"), basis="law")
    records.purposes.put(changed)
    assert [purpose.name for purpose in records.purposes.list()] == ["a", "b"]
    assert records.purposes.get("b") == changed


def test_a_collection_is_bound_from_the_start(records):
    records.collections.create("guests", "arn:guests", "m", {}, "door-access")
    assert records.purposes.bound("guests") == {"door-access"}
    assert records.purposes.collections("door-access") == ["guests"]


def test_binding_and_unbinding(records, staff):
    assert records.purposes.bound("staff") == frozenset()
    for purpose in ("door-access", "door-access", "payroll"):
        records.purposes.bind("staff", purpose)
    assert records.purposes.bound("staff") == {"door-access", "payroll"}
    records.purposes.unbind("staff", "payroll")
    records.purposes.unbind("staff", "payroll")
    records.purposes.unbind("nowhere", "payroll")
    assert records.purposes.bound("staff") == {"door-access"}
    assert records.purposes.collections("payroll") == []


def test_a_binding_ends_with_its_collection(records, staff):
    records.purposes.bind("staff", "door-access")
    records.collections.delete("staff")
    assert records.purposes.bound("staff") is None
    records.collections.create("staff", "arn:staff", "m", {})
    assert records.purposes.bound("staff") == frozenset()


def test_nothing_binds_to_an_unknown_collection(records):
    with pytest.raises(ResourceNotFound):
        records.purposes.bind("nowhere", "door-access")
    assert records.purposes.bound("nowhere") is None


def consent(clock, subject="ann", purpose="door-access"):
    return Consent(subject, purpose, "cd" * 32, "olga", clock.now())


def test_consent_holds_for_its_subject_and_purpose_only(records, clock):
    records.consents.add(consent(clock), "I agree. Änn")
    assert records.consents.given("ann", "door-access")
    assert not records.consents.given("ann", "payroll")
    assert not records.consents.given("bob", "door-access")
    assert records.consents.receipt("ann", "door-access") == "I agree. Änn"


def test_withdrawn_consent_is_kept_but_does_not_hold(records, clock):
    records.consents.add(consent(clock), "I agree.")
    clock.advance(timedelta(days=3))
    withdrawn = records.consents.withdraw("ann", "door-access")
    assert withdrawn == replace(
        consent(clock), recorded_at=withdrawn.recorded_at, withdrawn_at=clock.now()
    )
    clock.advance(timedelta(days=1))
    assert records.consents.withdraw("ann", "door-access") == withdrawn
    assert not records.consents.given("ann", "door-access")
    assert records.consents.list() == [withdrawn]


def test_consent_can_be_given_again(records, clock):
    records.consents.add(consent(clock), "I agree.")
    records.consents.withdraw("ann", "door-access")
    records.consents.add(consent(clock), "I agree again.")
    assert records.consents.given("ann", "door-access")
    assert records.consents.receipt("ann", "door-access") == "I agree again."


def test_consents_are_listed_in_order_and_by_purpose(records, clock):
    for subject, purpose in (("b", "x"), ("a", "y"), ("c", "x")):
        records.consents.add(consent(clock, subject, purpose), "yes")
    assert [c.subject for c in records.consents.list()] == ["b", "a", "c"]
    assert [c.subject for c in records.consents.list("x")] == ["b", "c"]


def test_there_is_nothing_to_withdraw_or_read_without_a_receipt(records):
    for act in (records.consents.withdraw, records.consents.receipt):
        with pytest.raises(ResourceNotFound, match="No consent of ann"):
            act("ann", "door-access")
