"""What a signature that was overheard is good for."""

from datetime import timedelta

import pytest

from beholden.domain.errors import InvalidSignature, Throttled
from beholden.testing.clock import FakeClock
from beholden.wire.replays import Replays

ONE, OTHER = "ab" * 32, "cd" * 32
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def replays(clock):
    return Replays(clock)


@pytest.mark.parametrize("later", [SECOND * 6, MINUTE, MINUTE * 14])
def test_one_that_came_before_is_refused(replays, clock, later):
    signed_at = clock.now()
    replays.check(ONE, signed_at)
    clock.advance(later)
    with pytest.raises(InvalidSignature, match="received before"):
        replays.check(ONE, signed_at)
    replays.check(OTHER, clock.now())


def test_equal_requests_of_one_second_are_both_meant(replays, clock):
    signed_at = clock.now()
    for _ in range(5):
        replays.check(ONE, signed_at)
        clock.advance(SECOND)


def test_repeating_it_again_and_again_does_not_keep_it_alive(replays, clock):
    signed_at = clock.now()
    for _ in range(6):
        replays.check(ONE, signed_at)
        clock.advance(SECOND)
    with pytest.raises(InvalidSignature):
        replays.check(ONE, signed_at)


def test_what_an_earlier_process_may_have_received_is_refused(clock):
    signed_at = clock.now()
    clock.advance(SECOND * 6)
    with pytest.raises(InvalidSignature, match="before this server remembers"):
        Replays(clock).check(ONE, signed_at)
    Replays(clock).check(OTHER, clock.now() - SECOND * 4)


def test_a_clock_that_is_set_back_revives_nothing(replays, clock):
    signed_at = clock.now()
    replays.check(ONE, signed_at)
    clock.advance(MINUTE * 40)
    replays.check(OTHER, clock.now())  # and the first is forgotten
    clock.advance(-MINUTE * 40)
    with pytest.raises(InvalidSignature):
        replays.check(ONE, signed_at)
    clock.advance(MINUTE * 30)
    with pytest.raises(InvalidSignature):
        replays.check(OTHER, clock.now() + MINUTE * 10)


def test_one_from_a_clock_ahead_is_remembered_for_as_long_as_it_lasts(replays, clock):
    signed_at = clock.now() + MINUTE * 15
    replays.check(ONE, signed_at)
    clock.advance(MINUTE * 30)
    with pytest.raises(InvalidSignature):
        replays.check(ONE, signed_at)


def test_it_holds_so_many_and_forgets_none(clock):
    replays = Replays(clock, most=2)
    replays.check(ONE, clock.now())
    replays.check(OTHER, clock.now())
    with pytest.raises(Throttled):
        replays.check("ef" * 32, clock.now())
    replays.check(ONE, clock.now())
    clock.advance(MINUTE * 31)
    replays.check("ef" * 32, clock.now())
