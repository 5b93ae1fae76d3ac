"""The video report: its rows, its blurring and its page, from answers as Get operations give
them."""

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from beholden.cli import _video_rows as rows
from beholden.cli._video_rows import Row
from beholden.cli._video_thumbs import Thumbnails, blur
from beholden.cli.video import (
    _check_output,
    _in_bucket,
    _page,
    _template,
    _unknown,
    analyses,
    clock,
)
from beholden.config import Settings
from beholden.domain.errors import OperatorError

BOX = {"Left": 0.25, "Top": 0.25, "Width": 0.5, "Height": 0.5}


def seen(at_ms, index, *matches, size=0.5):
    box = {"Left": 0.0, "Top": 0.0, "Width": size, "Height": size}
    found = [
        {"Similarity": similarity, "Face": {"FaceId": "f", "ExternalImageId": name}}
        for similarity, name in matches
    ]
    return {
        "Timestamp": at_ms,
        "Person": {"Index": index, "BoundingBox": box},
        "FaceMatches": found,
    }


def test_people_have_a_row_each_known_ones_first():
    persons = [
        seen(0, 0),
        seen(200, 0, size=0.9),
        seen(0, 1, (99.0, "ann"), (81.0, "eve")),
        seen(200, 1, (99.5, "ann")),
        seen(5000, 2, (98.0, "ann")),
    ]
    ann, unknown = rows.who(persons)
    assert (ann.name, ann.detail, ann.known) == ("ann", "similarity 99.5", True)
    assert ann.spans == [(0, 400), (5000, 5200)]
    assert (unknown.name, unknown.known) == ("unknown 1", False)
    assert unknown.face[0] == 200


def test_looks_close_together_are_one_span():
    assert rows.merged([0, 200, 1400, 2700, 2900], 200, 1000) == [(0, 1600), (2700, 3100)]
    assert rows.merged([], 200, 1000) == []


def test_labels_that_hold_longest_come_first():
    def segment(name, start, end, sure):
        label = {"Name": name, "Confidence": sure}
        return {"Label": label, "StartTimestampMillis": start, "EndTimestampMillis": end}

    found = [segment("Cat", 0, 500, 60), segment("Dog", 0, 2000, 70), segment("Cat", 900, 1000, 90)]
    assert [(row.name, row.detail) for row in rows.labels(found)] == [
        ("Dog", "up to 70%"),
        ("Cat", "up to 90%"),
    ]


def test_text_is_told_by_lines():
    def read(at_ms, words, kind="LINE"):
        return {"Timestamp": at_ms, "TextDetection": {"DetectedText": words, "Type": kind}}

    found = [read(500, "Later"), read(0, "News"), read(0, "News", "WORD"), read(500, "News")]
    assert [(row.name, row.spans) for row in rows.text(found)] == [
        ("News", [(0, 1000)]),
        ("Later", [(500, 1000)]),
    ]


def test_shots_and_cues_are_apart():
    times = {"StartTimestampMillis": 0, "EndTimestampMillis": 900}
    found = [
        {"ShotSegment": {"Index": 0}, **times},
        {"TechnicalCueSegment": {"Type": "BlackFrames"}, **times},
    ]
    assert [(r.kind, r.name) for r in rows.segments(found)] == [
        ("cues", "BlackFrames"),
        ("shots", "shots"),
    ]


def test_nothing_of_a_blurred_face_is_left_that_tells_it():
    noise = np.random.default_rng(0).integers(0, 256, (80, 80, 3), np.uint8)
    photo = Image.fromarray(noise)
    blur(photo, BOX)
    after = np.asarray(photo).astype(float)
    inside = after[20:60, 20:60]
    detail = inside - np.asarray(Image.fromarray(np.uint8(inside)).resize((4, 4)).resize((40, 40)))
    assert np.abs(detail).mean() < 6
    assert (after[:8] == noise[:8]).all()
    blur(photo, {"Left": 1.5, "Top": 0.0, "Width": 0.2, "Height": 0.2})  # outside: nothing to do


class Film:
    """One frame a second, each of one colour."""

    def read(self, _path, segment):
        class Frame:
            timestamp_ms = segment.start_ms

            def image(self, max_side_px=1920):
                pixels = np.zeros((40, 40, 3), np.uint8)
                pixels[10:30, 10:30] = np.random.default_rng(1).integers(0, 256, (20, 20, 3))
                return type("Picture", (), {"pixels": pixels})

        yield Frame()


def test_faces_that_match_nobody_are_blurred_where_they_were_found():
    unknown = _unknown({"FaceSearch": [seen(400, 0), seen(800, 1, (99.0, "ann"))]})
    assert list(unknown) == [400]
    thumbs = Thumbnails(Film(), None, {400: [BOX]})
    ((_, blurred),), ((_, plain),) = thumbs.at([510]), thumbs.at([810])
    assert np.asarray(plain).std() > 1.5 * np.asarray(blurred).std()


def test_a_scene_hides_who_is_found_a_look_sooner_or_later():
    thumbs = Thumbnails(Film(), None, {400: [BOX]})
    hidden = thumbs.scene(410)
    assert thumbs.scene(210) == thumbs.scene(610) == hidden
    assert thumbs.scene(10) == thumbs.scene(810) != hidden


METADATA = {
    "DurationMillis": 4000,
    "FrameWidth": 640,
    "FrameHeight": 360,
    "FrameRate": 25.0,
    "Codec": "h264",
}


def test_the_page_stands_alone_and_escapes_what_it_shows():
    odd = '<script>alert("x")</script>'
    page = _template().render(
        name=odd,
        metadata=METADATA,
        collection=None,
        rows=[
            Row("who", odd, "", [(0, 4000)], known=False),
            Row("text", "News", "", [(0, 500)] * 3),
        ],
        scenes=[(0, 4000, None)],
        portraits={},
        more_scenes=3,
    )
    assert odd not in page
    assert page.count("<script>") == 1
    assert "http" not in page.replace("http-equiv", "")
    assert "1 more" in page


def test_a_link_is_the_video_that_it_leads_to(tmp_path):
    video, link = tmp_path / "a.mp4", tmp_path / "link.mp4"
    video.write_bytes(b"frames")
    link.symlink_to("a.mp4")
    (tmp_path / "buckets").mkdir()
    with _in_bucket(Settings(data_dir=tmp_path, blobs_url=None), link) as where:
        bucket, name = where["S3Object"]["Bucket"], where["S3Object"]["Name"]
        kept = tmp_path / "buckets" / bucket / name
        assert not kept.is_symlink()
        assert kept.read_bytes() == b"frames"
    assert not kept.exists()


def test_an_output_that_cannot_be_is_found_out_before_the_work(tmp_path):
    video, link = tmp_path / "a.mp4", tmp_path / "link.html"
    video.write_bytes(b"frames")
    link.symlink_to("a.mp4")
    _check_output(tmp_path / "a.mp4.html", video)
    for output, why in (
        (video, "overwrite"),
        (link, "overwrite"),
        (tmp_path / "nowhere" / "a.html", "no folder"),
        (video / "a.html", "no folder"),
    ):
        with pytest.raises(OperatorError, match=why):
            _check_output(output, video)


def test_a_file_name_that_is_no_text_has_a_page():
    found = {"FaceDetection": [], "SegmentDetection": [], "TextDetection": [], "LabelDetection": []}
    page = _page(Path(os.fsdecode(b"a\xff.mp4")), METADATA, found, None)
    assert "a\ufffd.mp4".encode() in page.encode()


def test_what_is_started():
    assert analyses(None, 80.0)[0].name == "FaceDetection"
    searched = analyses("staff", 90.0)[0]
    assert searched.start == {"CollectionId": "staff", "FaceMatchThreshold": 90.0}


def test_times_for_people():
    assert clock(0) == "0:00.0"
    assert clock(83_450) == "1:23.4"
    assert clock(3_723_000) == "1:02:03.0"
