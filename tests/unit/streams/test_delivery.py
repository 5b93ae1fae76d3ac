"""Records on their way out: in order, kept while a receiver is away, the oldest dropped first."""

import json

import pytest

from beholden.streams.delivery import Delivery, Line
from beholden.streams.feed import MOST_WAITING, Feed
from beholden.testing.live import FakeOutlet


@pytest.fixture
def outlet():
    return FakeOutlet()


def line_to(outlet, most=3):
    return Line(outlet, "arn", "watch", most)


def test_in_order(outlet):
    line = line_to(outlet, 100)
    for no in range(50):
        line.put(b"%d" % no)
    line.flush(10)
    line.close()
    assert outlet.taken == [b"%d" % no for no in range(50)]
    assert (line.delivered, line.dropped) == (50, 0)


def test_while_the_receiver_is_away_the_oldest_go_first_and_are_counted(outlet):
    outlet.away = True
    line = line_to(outlet)
    for no in range(10):
        line.put(b"%d" % no)
    outlet.away = False
    line.flush(10)
    line.close()
    assert outlet.taken[-3:] == [b"7", b"8", b"9"]
    assert len(outlet.taken) + line.dropped == 10


def test_what_is_closed_delivers_nothing_more_and_counts_it(outlet):
    outlet.away = True
    line = line_to(outlet)
    line.put(b"1")
    line.put(b"2")
    line.close()
    outlet.away = False
    line.flush(0.3)
    assert outlet.taken == []
    assert line.dropped == 2


def test_a_receiver_that_is_away_holds_up_no_other(outlet):
    away = FakeOutlet(away=True)
    delivery = Delivery([away, outlet], "arn", "watch")
    for no in range(5):
        delivery.put({"no": no})
    delivery.flush(0.2)
    assert [json.loads(data)["no"] for data in outlet.taken] == list(range(5))
    delivery.close()
    assert delivery.dropped == 5


def test_a_feed_is_for_those_who_watch_at_that_moment():
    feed = Feed()
    feed.put("arn", "watch", b"before")
    with feed.watch("watch") as one, feed.watch("watch") as two, feed.watch("other") as other:
        feed.put("arn", "watch", b"now")
        assert (one.next(0), two.next(0), other.next(0)) == (b"now", b"now", None)
        for no in range(MOST_WAITING + 5):
            feed.put("arn", "watch", b"%d" % no)
        assert one.next(0) == b"5"
    feed.put("arn", "watch", b"after")
    assert feed._watching == {"watch": [], "other": []}
