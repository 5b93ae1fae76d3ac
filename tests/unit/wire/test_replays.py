"""What a signature that was overheard is good for."""

from datetime import timedelta

import pytest

from beholden.domain.errors import InvalidSignature, Throttled
from beholden.testing.clock import FakeClock
from beholden.wire.replays import Replays

ONE, OTHER = "ab" * 32, "cd" * 32
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


class Machine(FakeClock):
    """A clock that people can set (`advance`), and time itself (`passes`)."""

    seconds = 0.0

    def passes(self, time):
        self.advance(time)
        self.seconds += time.total_seconds()

    def replays(self, **limits):
        return Replays(self, monotonic=lambda: self.seconds, **limits)


@pytest.fixture
def clock():
    return Machine()


@pytest.fixture
def replays(clock):
    return clock.replays()


@pytest.mark.parametrize("later", [SECOND * 6, MINUTE, MINUTE * 14])
def test_one_that_came_before_is_refused(replays, clock, later):
    signed_at = clock.now()
    replays.check(ONE, signed_at)
    clock.passes(later)
    with pytest.raises(InvalidSignature, match="received before"):
        replays.check(ONE, signed_at)
    replays.check(OTHER, clock.now())


def test_equal_requests_of_one_second_are_both_meant(replays, clock):
    signed_at = clock.now()
    for _ in range(5):
        replays.check(ONE, signed_at)
        clock.passes(SECOND)


def test_repeating_it_again_and_again_does_not_keep_it_alive(replays, clock):
    signed_at = clock.now()
    for _ in range(6):
        replays.check(ONE, signed_at)
        clock.passes(SECOND)
    with pytest.raises(InvalidSignature):
        replays.check(ONE, signed_at)


def test_what_an_earlier_process_may_have_received_is_refused(clock):
    signed_at = clock.now()
    clock.passes(SECOND * 6)
    with pytest.raises(InvalidSignature, match="before this server remembers"):
        clock.replays().check(ONE, signed_at)
    clock.replays().check(OTHER, clock.now() - SECOND * 4)


def test_a_clock_that_is_set_back_revives_nothing(replays, clock):
    signed_at = clock.now()
    replays.check(ONE, signed_at)
    clock.passes(MINUTE)
    clock.advance(-MINUTE)
    with pytest.raises(InvalidSignature, match="received before"):
        replays.check(ONE, signed_at)
    clock.passes(MINUTE * 40)
    clock.advance(-MINUTE * 40)
    with pytest.raises(InvalidSignature, match="before this server remembers"):
        replays.check(ONE, signed_at)  # it is forgotten
    replays.check(OTHER, signed_at + SECOND)


def test_one_from_a_clock_ahead_is_remembered_for_as_long_as_it_lasts(replays, clock):
    signed_at = clock.now() + MINUTE * 15
    replays.check(ONE, signed_at)
    clock.passes(MINUTE * 30)
    with pytest.raises(InvalidSignature):
        replays.check(ONE, signed_at)


def test_it_holds_so_many_and_forgets_none(clock):
    replays = clock.replays(most=2)
    replays.check(ONE, clock.now())
    replays.check(OTHER, clock.now())
    with pytest.raises(Throttled):
        replays.check("ef" * 32, clock.now())
    replays.check(ONE, clock.now())
    clock.passes(MINUTE * 31)
    replays.check("ef" * 32, clock.now())
