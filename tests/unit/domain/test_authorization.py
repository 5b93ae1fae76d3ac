from dataclasses import replace
from datetime import timedelta

import pytest

from beholden.domain.authorization import Approval, End, Scope
from beholden.domain.errors import AccessDenied, ConflictingState
from beholden.testing.authorizations import BEGINNING, an_authorization

HOUR = timedelta(hours=1)
LIVE = Scope("wanted-persons", ("wanted",), ("north gate",))


def approval(name, at=BEGINNING):
    return Approval(name, f"AKIA{name.upper()}", at)


def test_a_scope_covers_what_it_names():
    scope = Scope("p", ("wanted", "missing"), case="7")
    assert scope.covers("wanted", "7", None)
    assert not scope.covers("wanted", "8", None)
    assert not scope.covers("wanted", None, None)
    assert not scope.covers("staff", "7", None)
    assert not scope.covers("wanted", "7", "north gate")
    assert LIVE.covers("wanted", "7", "north gate")
    assert not LIVE.covers("wanted", None, "south gate")
    assert not LIVE.covers("wanted", None, None)


def test_a_scope_outlives_the_names_of_those_who_are_erased():
    scope = Scope("p", ("wanted",), people=("ann", "bob"))
    left = scope.without({"ann", "eve"}, str.upper)
    assert (left.people, left.erased) == (("bob",), ("ANN",))
    nobody = left.without({"bob"}, str.upper)
    assert (nobody.people, nobody.erased) == ((), ("ANN", "BOB"))
    assert [one.names({"bob"}) for one in (scope, left, nobody, LIVE)] == [True, True, False, False]
    assert LIVE.without({"ann"}, str.upper) == LIVE


def test_one_that_bars_another_is_kept_until_it_does_not():
    now = BEGINNING + timedelta(days=9)
    lapsed = an_authorization(end=End.LAPSED, ended_at=BEGINNING, cleared_at=now)
    assert not lapsed.forgettable(now, BEGINNING + timedelta(days=29, hours=23))
    assert lapsed.forgettable(now, BEGINNING + timedelta(days=30))
    assert not replace(lapsed, cleared_at=None).forgettable(now, BEGINNING + timedelta(days=30))
    expired = replace(lapsed, end=End.EXPIRED)
    assert expired.forgettable(BEGINNING, now)
    assert not expired.forgettable(BEGINNING - HOUR, now)
    assert not an_authorization().forgettable(now, now)


@pytest.mark.parametrize("needed", [0, 1, 2])
def test_it_holds_between_its_times_once_enough_have_approved(needed):
    one = an_authorization(approvers=needed)
    for name in ("eve", "frank")[:needed]:
        assert not one.in_force(BEGINNING, needed)
        one = one.with_approval(approval(name))
    assert one.in_force(BEGINNING, needed)
    assert not one.in_force(BEGINNING - HOUR, needed)
    assert one.in_force(BEGINNING + 24 * HOUR - timedelta(seconds=1), needed)
    assert not one.in_force(BEGINNING + 24 * HOUR, needed)
    assert one.over(BEGINNING + 24 * HOUR) is End.EXPIRED


@pytest.mark.parametrize("name", ["ann", "ANN", "a n n", "\uff41nn"])
def test_nobody_approves_their_own(name):
    with pytest.raises(AccessDenied, match="own-authorization"):
        an_authorization().with_approval(approval(name))


@pytest.mark.parametrize(("scope", "hours"), [(LIVE, 24), (Scope("p", ("wanted",)), 48)])
def test_an_emergency_lapses_at_its_deadline_even_if_it_ran_out_before(scope, hours):
    for expires in (BEGINNING + HOUR, BEGINNING + 999 * HOUR):
        one = an_authorization(scope=scope, emergency="fire", expires_at=expires)
        deadline = BEGINNING + hours * HOUR
        assert one.deadline == deadline
        assert one.in_force(BEGINNING, 2)
        assert not one.in_force(deadline, 2)
        assert one.over(deadline - timedelta(seconds=1)) is None
        assert one.over(deadline) is End.LAPSED
        with pytest.raises(ConflictingState, match="lapsed"):
            one.with_approval(approval("eve", deadline))


def test_what_was_found_before_it_ran_out_can_still_be_approved_until_the_deadline():
    one = an_authorization(emergency="fire", expires_at=BEGINNING + HOUR)
    for name in ("eve", "frank"):
        one = one.with_approval(approval(name, BEGINNING + 47 * HOUR))
    assert one.over(BEGINNING + 48 * HOUR) is End.EXPIRED


def test_revoked_unapproved_an_emergency_is_rejected_and_any_other_only_ends():
    emergency = an_authorization(emergency="fire", approvers=1)
    rejected = emergency.revoked("eve", BEGINNING)
    assert (rejected.end, rejected.to_clear) == (End.REJECTED, True)
    approved = emergency.with_approval(approval("eve"))
    assert approved.revoked("eve", BEGINNING).end is End.REVOKED
    ended = an_authorization().revoked("eve", BEGINNING)
    assert (ended.end, ended.to_clear, ended.in_force(BEGINNING, 0)) == (End.REVOKED, False, False)
    with pytest.raises(ConflictingState):
        ended.revoked("eve", BEGINNING)


def test_results_are_looked_for_twice():
    one = an_authorization(end=End.LAPSED, ended_at=BEGINNING)
    assert one.due(BEGINNING)
    cleared = replace(one, cleared_at=BEGINNING)
    assert cleared.to_clear
    assert not cleared.due(BEGINNING + timedelta(minutes=9))
    assert cleared.due(BEGINNING + timedelta(minutes=10))
    again = replace(cleared, cleared_at=BEGINNING + timedelta(minutes=10))
    assert not again.to_clear


def test_a_stricter_profile_asks_for_more_and_undoes_nothing():
    """One who approved was enough then: it is not in force any more, but neither has it lapsed."""
    one = an_authorization(emergency="fire", approvers=1).with_approval(approval("eve"))
    late = BEGINNING + 49 * HOUR
    longer = replace(one, expires_at=late + HOUR)
    assert longer.in_force(late, 1)
    assert not longer.in_force(late, 2)
    assert longer.over(late) is None
    assert longer.with_approval(approval("frank", late)).in_force(late, 2)


def test_a_laxer_profile_makes_no_less_of_it():
    assert not an_authorization(approvers=2).in_force(BEGINNING, 0)
