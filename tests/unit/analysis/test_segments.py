"""Shots and technical cues from measures of frames that are made up."""

import numpy as np
import pytest

from beholden.analysis.cues import Screens, cues
from beholden.analysis.runs import joined, runs
from beholden.analysis.segments import FrameMeasures, join
from beholden.analysis.shots import cut_chances, shots

RATE = 25.0


def grey(level):
    return np.full((18, 32, 3), (level, 128, 128), np.uint8)


def measured(levels, part=10**9):
    """What frames of these levels measure, taken in parts of so many frames."""
    parts = []
    for start in range(0, len(levels), part):
        measures = FrameMeasures()
        for no in range(start, min(start + part, len(levels))):
            measures.add(no * 40, grey(levels[no]))
            measures.add_screen(levels[no] / 256, 1.0, 0.25)
            if no % 7 == 0:
                measures.add_text([f"frame {no}"])
        parts.append(measures.part())
    return join(parts, RATE)


def shots_of(levels):
    whole = measured(levels)
    return shots(cut_chances(whole.change, whole.change_2), whole.level)


def bounds(found):
    return [(one.first, one.last) for one in found]


def test_a_cut_parts_shots():
    found = shots_of([60] * 30 + [150] * 20 + [90] * 2 + [160] * 25)
    assert bounds(found) == [(0, 29), (30, 49), (50, 51), (52, 76)]
    assert all(one.confidence > 0.99 for one in found)


def test_a_flash_does_not():
    assert bounds(shots_of([60] * 20 + [230] + [60] * 20)) == [(0, 40)]


def test_nor_does_what_goes_on_all_the_time():
    assert bounds(shots_of([60, 100] * 20)) == [(0, 39)]
    assert bounds(shots_of(list(range(20, 220, 5)))) == [(0, 39)]


def test_a_doubtful_cut_lowers_the_confidence_of_its_shot():
    (sure,), (doubtful,) = shots_of([60] * 40), shots_of([60] * 20 + [76] * 20)
    assert doubtful.confidence < 0.9 < sure.confidence


def test_shots_that_fade_into_each_other_part_in_the_black():
    fade = [*range(160, 0, -8), 0, 0, 0, 0, *range(0, 160, 8)]
    found = shots_of([160] * 20 + fade + [160] * 20)
    assert len(found) == 2
    assert found[1].first == pytest.approx(42, abs=1)
    assert found[0].confidence > 0.9


def test_a_fade_at_the_beginning_parts_nothing():
    assert bounds(shots_of([0, 0, *range(0, 160, 8), 160, 160])) == [(0, 23)]


@pytest.mark.parametrize("part", [1, 2, 3, 10, 33])
def test_parts_join_as_if_it_had_never_been_parted(part):
    levels = np.random.default_rng(3).integers(0, 256, 100).tolist()
    whole, joined_up = measured(levels), measured(levels, part)
    for name in ("times_ms", "change", "change_2", "level"):
        assert getattr(whole, name) == pytest.approx(getattr(joined_up, name), abs=1e-4)
    for name in ("black", "ground", "bars"):
        assert (getattr(whole.screens, name) == getattr(joined_up.screens, name)).all()
    first_of_each_slot = {0, 28, 56, 77}
    assert first_of_each_slot <= set(joined_up.screens.texts)
    assert joined_up.screens.texts[28] == ["frame 28"]


def test_nothing_is_joined_from_no_frames():
    assert len(join([FrameMeasures().part()], RATE).times_ms) == 0


def test_runs():
    holds = np.array([1, 1, 0, 0, 1, 0, 1], bool)
    assert runs(holds) == [(0, 2), (4, 5), (6, 7)]
    everywhere = np.ones(7, bool)
    assert joined(runs(holds), everywhere, 2) == [(0, 2), (4, 7)]
    assert joined(runs(holds), everywhere, 3) == [(0, 7)]
    assert joined(runs(holds), holds, 3) == runs(holds)
    assert runs(np.zeros(3, bool)) == []


def screens(*spans, texts=None):
    """Spans of frames as (count, black, ground, bars)."""
    columns = np.array([one[1:] for one in spans for _ in range(one[0])], np.float32).T
    return Screens(*columns, texts or {}, RATE)


def black(count):
    return (count, 1.0, 1.0, 0.0)


def picture(count):
    return (count, 0.1, 0.2, 0.0)


def card(count):
    return (count, 0.97, 0.97, 0.0)


def told(found):
    return [(cue.kind.value, cue.first, cue.last) for cue in found]


CREDITS = ("DIRECTED BY", "JANE EXAMPLE", "MUSIC", "ALICE DEMO")


def test_cues_follow_each_other():
    bars = (75, 0.1, 0.1, 0.9)
    lines = {300 + 25 * i: CREDITS for i in range(5)}
    video = screens(black(50), bars, black(25), picture(150), card(125), black(50), texts=lines)
    found = cues(video, 0.99)
    assert told(found) == [
        ("BlackFrames", 0, 49),
        ("ColorBars", 50, 124),
        ("BlackFrames", 125, 149),
        ("Content", 150, 299),
        ("EndCredits", 300, 424),
        ("BlackFrames", 425, 474),
    ]
    assert [cue.confidence for cue in found] == pytest.approx([1, 0.9, 1, 1, 1, 1])


def test_a_moment_of_black_before_credits_is_theirs():
    lines = {105 + 25 * i: CREDITS for i in range(3)}
    found = cues(screens(picture(100), black(4), card(75), black(30), texts=lines), 0.99)
    assert told(found) == [
        ("Content", 0, 99),
        ("EndCredits", 100, 178),
        ("BlackFrames", 179, 208),
    ]


def test_cards_with_pauses_are_one_segment_and_may_open():
    lines = dict.fromkeys((0, 25, 80, 100), CREDITS[:3])
    found = cues(screens(card(50), black(25), card(50), picture(200), texts=lines), 0.99)
    assert told(found) == [("OpeningCredits", 0, 124), ("Content", 125, 324)]
    assert found[0].confidence == pytest.approx(0.75)


def test_a_slate_tells_fields():
    lines = {i: ["Title: Sample", "Duration 00:30", "Client: Nobody"] for i in (0, 30, 60)}
    found = cues(screens(card(75), picture(200), texts=lines), 0.99)
    assert told(found) == [("Slate", 0, 74), ("Content", 75, 274)]


@pytest.mark.parametrize(
    ("spans", "lines"),
    [
        ((picture(200), card(75), picture(200)), CREDITS),  # a title in the middle
        ((picture(200), card(75)), ()),  # nothing can be read
        ((picture(200), card(75)), CREDITS[:1]),  # one line: a caption
        ((picture(400), card(30)), CREDITS),  # too short to be read
        ((picture(20), card(200)), CREDITS),  # a talk with slides
    ],
)
def test_other_text_is_content(spans, lines):
    texts = dict.fromkeys(range(0, 600, 10), lines)
    found = cues(screens(*spans, texts=texts), 0.99)
    assert [cue.kind.value for cue in found] == ["Content"]
    assert 0.5 <= found[0].confidence < 1


def test_how_much_of_a_frame_is_black_is_asked_for():
    video = screens(picture(100), (50, 0.96, 0.5, 0.0))
    assert told(cues(video, 0.99)) == [("Content", 0, 149)]
    assert told(cues(video, 0.95)) == [("Content", 0, 99), ("BlackFrames", 100, 149)]
    assert cues(video, 0.95)[1].confidence == pytest.approx(0.96)


def test_one_black_frame_is_told_and_a_moment_of_picture_is_no_content():
    found = cues(screens(black(30), picture(10), black(1), picture(100)), 0.99)
    assert told(found) == [("BlackFrames", 0, 29), ("BlackFrames", 40, 40), ("Content", 41, 140)]
