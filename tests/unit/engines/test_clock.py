"""A clock that does not go back, whatever becomes of the machine's."""

from datetime import timedelta

import pytest

from beholden.engines.clock import SteadyClock
from beholden.testing.clock import FakeClock

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


class Machine:
    """A wall clock that people can set, and a monotonic one that they cannot."""

    def __init__(self):
        self.wall, self.seconds = FakeClock(), 0.0

    def passes(self, time):
        self.wall.advance(time)
        self.seconds += time.total_seconds()

    def steady(self, floor=None):
        return SteadyClock(self.wall, floor, lambda: self.seconds)


@pytest.fixture
def machine():
    return Machine()


def test_it_goes_with_the_wall_clock(machine):
    steady = machine.steady()
    for step in (MINUTE, DAY):
        machine.passes(step)
        assert steady.now() == machine.wall.now()
    machine.wall.advance(DAY)  # corrected by the network
    assert steady.now() == machine.wall.now()


def test_set_back_it_goes_on(machine):
    steady = machine.steady()
    before = steady.now()
    machine.wall.advance(-DAY)
    assert steady.now() == before
    machine.passes(MINUTE)
    assert steady.now() == before + MINUTE
    machine.passes(2 * DAY)
    assert steady.now() == before + MINUTE + 2 * DAY


def test_set_ahead_and_back_it_does_not_stand_still(machine):
    steady = machine.steady()
    machine.wall.advance(365 * DAY)
    ahead = steady.now()
    machine.wall.advance(-365 * DAY)
    machine.passes(DAY)
    assert steady.now() == ahead + DAY


def test_set_back_while_it_was_down_the_log_knows(machine):
    last_record = machine.wall.now()
    machine.wall.advance(-DAY)
    steady = machine.steady(last_record)
    assert steady.now() == last_record
    machine.passes(MINUTE)
    assert steady.now() == last_record + MINUTE
