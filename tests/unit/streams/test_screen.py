"""What people see of what a processor sees."""

import io
import json
from datetime import timedelta

import numpy as np
import pytest
from PIL import Image as Pillow

from beholden.domain.fragment import Fragment
from beholden.domain.geometry import Box
from beholden.domain.image import Image
from beholden.domain.look import SeenFace
from beholden.ports.live import Seen
from beholden.streams.feed import Audience
from beholden.streams.screen import LiveScreen
from beholden.testing.clock import FakeClock

BLANK = Image(np.full((360, 640, 3), 200, np.uint8), b"")
EILEEN = SeenFace("x", Box(100, 100, 80, 80), "eileen", 99.16, frozenset({"eileen", "face"}))
SOMEBODY = SeenFace("y", Box(400, 100, 80, 80))


class Recorded:
    kept, lost = 3, 1

    def __init__(self):
        self.pictures, self.closed = [], None

    def add(self, pixels, at, at_ms, ids):
        self.pictures.append((pixels, at, at_ms, ids))

    def close(self, *, keep):
        self.closed = keep


class Bench:
    def __init__(self, *, marks_unknown=False, recording=None):
        self.clock, self.audience, self.possible = FakeClock(), Audience(10), 0
        self.screen = LiveScreen(
            "watch",
            self.audience,
            self.clock,
            recording,
            marks_unknown=marks_unknown,
        )
        self.at_ms = 0

    def faces(self):
        self.possible += 1
        return (Box(500, 300, 20, 20),)

    def seen(self, image=BLANK):
        now = self.clock.now()
        began = Fragment(1, now, now)
        return Seen(self.at_ms, now, began, 0.0, {}, lambda: image, self.faces)

    def show(self, *faces, image=BLANK, times=1):
        for _ in range(times):
            self.screen.show(self.seen(image), faces)
            self.clock.advance(timedelta(milliseconds=200))
            self.at_ms += 200


def seen(watching):
    shown = watching.next(0)
    return shown and json.loads(shown.told)


def test_who_is_there_since_when_and_how_late():
    bench = Bench()
    began = bench.clock.now()
    bench.show(EILEEN)
    with bench.audience.watch("watch") as watching:
        bench.show(EILEEN, SOMEBODY, times=7)
        told = seen(watching)
    assert told == {
        "At": (began + timedelta(milliseconds=1200)).isoformat(),
        "LateMs": 200,
        "People": [{"Name": "eileen", "Similarity": 99.2, "Since": began.isoformat()}],
    }


def test_whoever_was_away_for_long_came_anew():
    bench = Bench()
    with bench.audience.watch("watch") as watching:
        bench.show(EILEEN, times=2)
        bench.show(times=6)
        again = bench.clock.now()
        bench.show(EILEEN, times=2)
        while told := seen(watching):
            people = told["People"]
    assert people[0]["Since"] == again.isoformat()


@pytest.mark.parametrize("after", [(), (EILEEN,)], ids=["gone", "there again"])
def test_a_gap_changes_nothing_in_the_picture_before_it(after):
    bench = Bench()
    began = bench.clock.now()
    with bench.audience.watch("watch") as watching:
        bench.show(EILEEN, times=7)
        bench.clock.advance(timedelta(minutes=1))
        bench.at_ms += 60_000
        again = bench.clock.now()
        bench.show(*after, times=2)
        told = [seen(watching) for _ in range(3)]
    since = [[person["Since"] for person in one["People"]] for one in told]
    assert since == [[began.isoformat()], [began.isoformat()], [again.isoformat()] * len(after)]


@pytest.mark.parametrize("marks_unknown", [True, False])
def test_the_unknown_are_counted_and_framed_in_a_household_only(marks_unknown):
    bench = Bench(marks_unknown=marks_unknown)
    with bench.audience.watch("watch") as watching:
        bench.show(SOMEBODY, times=7)
        shown = watching.next(0)
    assert json.loads(shown.told).get("Unknown") == (1 if marks_unknown else None)
    with Pillow.open(io.BytesIO(shown.jpeg)) as picture:
        assert picture.size == (640, 360)
        assert (np.asarray(picture)[140, 400].astype(int) < 190).all() == marks_unknown


def test_where_nobody_looks_nothing_is_made_and_whoever_comes_gets_no_old_picture():
    bench = Bench()
    bench.show(SOMEBODY, times=9)
    assert bench.possible == 0
    with bench.audience.watch("watch") as watching:
        bench.show(SOMEBODY, times=6)
        assert watching.next(0) is None
        bench.show(SOMEBODY)
        assert watching.next(0)


def test_what_is_shown_is_recorded_whoever_looks():
    recorded = Recorded()
    bench = Bench(recording=recorded)
    began = bench.clock.now()
    bench.show(EILEEN, times=7)
    ((pixels, at, at_ms, ids),) = recorded.pictures
    assert pixels.shape == (360, 640, 3)
    assert (at - began, at_ms, ids) == (timedelta(seconds=1), 1000, EILEEN.ids)
    bench.screen.close(keep=True)
    assert recorded.closed
    assert bench.screen.summary() == {"recordings": 3, "recordings_lost": 1}


def test_a_small_picture_is_enlarged_and_a_large_one_reduced():
    for side, shown_side in ((100, 640), (800, 800), (2000, 1280)):
        bench = Bench()
        image = Image(np.zeros((side // 2, side, 3), np.uint8), b"")
        with bench.audience.watch("watch") as watching:
            bench.show(image=image, times=7)
            with Pillow.open(io.BytesIO(watching.next(0).jpeg)) as picture:
                assert picture.size == (shown_side, shown_side // 2)
