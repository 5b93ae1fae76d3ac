"""A ticket opens one visit, once, within a minute."""

import pytest

from beholden.domain.errors import AccessDenied
from beholden.gate.tickets import GOOD_FOR_S, MOST, Tickets

WATCHED = {"Name": "watch"}


class Time:
    now = 5.0

    def __call__(self):
        return self.now


@pytest.fixture
def time():
    return Time()


def test_once(time):
    tickets = Tickets(time)
    ticket = tickets.issue(WATCHED)
    visit, allowed = tickets.redeem(ticket)
    assert allowed == tickets.allowed(visit) == WATCHED
    assert len({ticket, visit}) == 2
    with pytest.raises(AccessDenied, match="it was used"):
        tickets.redeem(ticket)
    for other in (ticket, "", "x"):
        with pytest.raises(AccessDenied, match="visit"):
            tickets.allowed(other)
    with pytest.raises(AccessDenied, match="ticket"):
        tickets.redeem(visit)


def test_within_a_minute(time):
    tickets = Tickets(time)
    early, late = tickets.issue(WATCHED), tickets.issue(WATCHED)
    time.now += GOOD_FOR_S - 0.1
    visit, _ = tickets.redeem(early)
    time.now += 0.1
    with pytest.raises(AccessDenied, match="older than a minute"):
        tickets.redeem(late)
    assert tickets.allowed(visit) == WATCHED


def test_a_visit_that_was_ended_is_none(time):
    tickets = Tickets(time)
    visit, _ = tickets.redeem(tickets.issue(WATCHED))
    tickets.end(visit)
    tickets.end(visit)
    with pytest.raises(AccessDenied, match="has ended"):
        tickets.allowed(visit)


def test_the_oldest_goes_when_there_are_too_many(time):
    tickets = Tickets(time)
    issued = [tickets.issue(WATCHED) for _ in range(MOST + 1)]
    tickets.redeem(issued[1])
    with pytest.raises(AccessDenied):
        tickets.redeem(issued[0])
