"""Attack: set the machine's clock back, so that what has ended begins again."""

from datetime import UTC, datetime, timedelta

import pytest

from beholden.domain.errors import AccessDenied
from beholden.engines.clock import SteadyClock
from beholden.testing.clock import FakeClock

from .test_rule_05_authorizations import approved, recorded, wanted

DAY = timedelta(days=1)


@pytest.fixture
def wall():
    return FakeClock()


@pytest.fixture
def clock(wall):
    """As the server's own is, on a machine whose clock people can set."""
    return SteadyClock(wall, monotonic=lambda: 0.0)


def test_an_authorization_that_ran_out_stays_out(house, wall, clock):
    home = wanted(house, clock)
    approved(home)
    grant = recorded(home)
    wall.advance(DAY)
    with pytest.raises(AccessDenied, match="authorization"):
        recorded(home)
    wall.advance(-DAY)
    with pytest.raises(AccessDenied, match="authorization"):
        recorded(home)
    with pytest.raises(AccessDenied, match="authorization"):
        home.deployment.gate.recheck(grant)


def test_a_session_that_expired_stays_expired(house, wall, clock):
    home = house("personal", clock)
    opened = home.as_("operator")(
        "sts:AssumeRole",
        RoleArn="arn:aws:iam::000000000000:role/operator",
        RoleSessionName="shift",
        DurationSeconds=900,
    )
    session, _ = home.deployment.keys.find(opened["Credentials"]["AccessKeyId"])
    call = home.deployment.gate.call
    assert "CollectionIds" in call(session.principal, "ListCollections", {})
    wall.advance(timedelta(seconds=900))
    with pytest.raises(AccessDenied, match="credential-ended"):
        call(session.principal, "ListCollections", {})
    wall.advance(-timedelta(seconds=900))
    with pytest.raises(AccessDenied, match="credential-ended"):
        call(session.principal, "ListCollections", {})


def test_set_back_while_the_server_was_down_it_is_found_out_by_the_log(house):
    """The next start, on this machine's clock, finds records that are younger."""
    home = house("personal", FakeClock(datetime(2099, 1, 1, tzinfo=UTC)))
    home.as_("operator")("ListCollections")
    home.clock = None
    home.restart()
    home.as_("operator")("ListCollections")
    first, second = (record["at"] for record in home.told("ListCollections"))
    assert "2099" < first < second
