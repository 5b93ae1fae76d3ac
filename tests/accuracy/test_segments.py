"""Shots and technical cues of public clips. What is true was noted frame by frame, by eye."""

import json
from dataclasses import asdict
from types import SimpleNamespace

import pytest

from beholden.analysis.video import observe
from beholden.bootstrap.models import Models
from beholden.config import Settings
from beholden.engines.frames.pyav import PyAvFrames
from beholden.operations.video._kinds import KINDS
from beholden.operations.video.segments import MeasuredFrames

# The first frames of shots but the first.
CUTS = {
    "big_buck_bunny_0_30_cuts.mp4": [283, 376, 551],
    "bikes_scene_cuts.mp4": [30, 76, 137, 187, 242],
    "short_hamilton_clip.mp4": [20, 82, 211],
    "lfw_face_search.mp4": list(range(50, 600, 50)),
    "carphone_talking_face.mp4": [],
    "chaplin_bw.mp4": [],
    "failing_audio_plane.mp4": [],
    "intel_one_by_one_30s.mp4": [],
    "mmaction_makeup_mpeg4.avi": [],
    "MOT20-05_crowd.mp4": [],
    "testcard_with_text.mp4": [],
}


@pytest.fixture(scope="module")
def segments(shared_data, models_dir):
    tools = SimpleNamespace(text=Models(Settings()).text())
    frames = PyAvFrames()

    def of(name, wanted):
        path = shared_data / "videos" / name
        plan = frames.plan(path, 10_000)
        parts = []
        for segment in plan.segments:
            observer = MeasuredFrames(tools, 0.2 if wanted == "TECHNICAL_CUE" else None)
            observe(frames.read(path, segment), segment.before_ms, [observer])
            parts.append(observer.part())
        job = SimpleNamespace(plan=asdict(plan), request={"SegmentTypes": [wanted]})
        items = KINDS["SegmentDetection"].items(None, None, job, parts)
        return [
            (item.body, item.body["StartFrameNumber"], item.body["EndFrameNumber"])
            for item in items
        ]

    return of


@pytest.fixture(scope="module")
def composite(shared_data):
    told = json.loads((shared_data / "videos" / "composite_segments.json").read_text())
    return [(one["type"], one["start_frame"], one["end_frame"]) for one in told["segments"]]


def test_every_shot_of_the_composite_begins_where_it_does(segments, composite):
    found = [first for _, first, _ in segments("composite_segments.mp4", "SHOT")]
    # Credits roll out of the picture: the black that follows does not begin with a cut.
    assert found == [first for _, first, _ in composite[:-1]]


def test_every_cue_of_the_composite_is_found_and_nothing_else(segments, composite):
    found = segments("composite_segments.mp4", "TECHNICAL_CUE")
    wanted = [one for one in composite if not one[0].startswith("shot")]
    cues = [(body["TechnicalCueSegment"]["Type"], first, last) for body, first, last in found]
    assert [one for one in cues if one[0] == "Content"] == [("Content", 150, 584)]
    cues = [one for one in cues if one[0] != "Content"]
    assert [one[0] for one in cues] == [one[0] for one in wanted]
    for (_, first, last), (_, true_first, true_last) in zip(cues, wanted, strict=True):
        assert abs(first - true_first) <= 1
        assert abs(last - true_last) <= 1


@pytest.mark.parametrize("name", CUTS)
def test_every_cut_of_the_clips_is_found_to_the_frame_and_nothing_else(segments, name):
    assert [first for _, first, _ in segments(name, "SHOT")] == [0, *CUTS[name]]
