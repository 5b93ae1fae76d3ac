"""What `beholden streams watch` and `count` print."""

from datetime import datetime

import pytest

from beholden.cli.watch import Seen, about, said

NOON = datetime(2026, 5, 4, 12, 0, 0).timestamp()


def record(after_s, *people):
    """Frames of which the first comes at noon; each person is (name, similarity)."""
    faces = [
        {"MatchedFaces": [{"Similarity": sure, "Face": {"FaceId": "f-1", "ExternalImageId": name}}]}
        if name
        else {"MatchedFaces": []}
        for name, sure in people
    ]
    came = {"KinesisVideo": {"ServerTimestamp": NOON, "FrameOffsetInSeconds": after_s}}
    return {"InputInformation": came, "FaceSearchResponse": faces}


@pytest.fixture
def lines():
    """The lines of records, without how late they are."""
    seen = Seen()

    def of(*records):
        told = [seen.line(one) for one in records]
        return [line and f"{line[:8]} {line.partition('late   ')[2]}" for line in told]

    return of


def test_a_line_for_each_change(lines):
    eileen, bob = ("eileen", 99.14), ("bob", 95.0)
    assert lines(
        record(0),
        record(1, eileen),
        record(2, eileen),
        record(3, bob, eileen),
        record(4, bob),
        record(5, bob),
    ) == [
        "12:00:00 nobody",
        "12:00:01 eileen 99.1 %",
        None,
        "12:00:03 bob 95.0 %, eileen 99.1 % since 12:00:01",
        None,
        "12:00:05 bob 95.0 % since 12:00:03",
    ]


def test_whoever_is_missed_for_a_moment_has_not_gone(lines):
    eileen = ("eileen", 99.0)
    told = lines(
        record(0, eileen), record(0.4), record(0.8, eileen), record(2.0), record(3, eileen)
    )
    assert told == [
        "12:00:00 eileen 99.0 %",
        None,
        None,
        "12:00:02 nobody",
        "12:00:03 eileen 99.0 %",
    ]


def test_a_lead_and_somebody_unknown(lines):
    lead = record(0)
    lead["FaceSearchResponse"] = [{"MatchedFaces": [{"Similarity": 0, "Face": {"FaceId": "l-7"}}]}]
    assert lines(lead) == ["12:00:00 a lead l-7"]
    assert lines(record(5, (None, 0))) == ["12:00:05 somebody"]


def test_a_head_count_is_watched_too(lines):
    one, two = record(0), record(1)
    for told, number in ((one, 1), (two, 2)):
        del told["FaceSearchResponse"]
        count = {"InView": {"PERSON": number}, "Regions": {"PERSON": []}, "Entries": {"PERSON": 2}}
        told["CountResponse"] = count
    assert lines(one, one, two) == [
        "12:00:00 1 people in view, 2 came",
        None,
        "12:00:01 2 people in view, 2 came",
    ]


def test_what_a_label_processor_tells_its_topic():
    event = {"eventNamespace": {"type": "LABEL_DETECTED"}}
    labels = {"labels": [{"name": "PERSON", "confidence": 83.12}]}
    assert Seen().line(event | labels) == "PERSON 83.1 %"
    done = {"streamProcessingResults": {"message": "Stream processing complete."}}
    assert Seen().line(event | done) == "Stream processing complete."


def test_a_camera_without_a_notice_has_no_place():
    told = {"Name": "heads", "Camera": "hall", "Place": "", "Purpose": "door"}
    assert about(told) == "heads looks at hall for the purpose door."
    assert "at hall (the hall) for" in about({**told, "Place": "the hall"})


def test_counts_in_words():
    told = {
        "InView": {"PERSON": 3, "PET": 0},
        "Regions": {"PERSON": [2, 1], "PET": [0, 0]},
        "Entries": {"PERSON": 17, "PET": 1},
    }
    assert said(told) == (
        "3 people in view (2, 1 by region), 17 came; 0 pets in view (0, 0 by region), 1 came"
    )
    told = {"InView": {"PERSON": 1}, "Regions": {"PERSON": []}, "Entries": {"PERSON": 1}}
    assert said(told) == "1 people in view, 1 came"
