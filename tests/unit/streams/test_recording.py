"""What a screen shows, as videos in a bucket: one after the other, kept or dropped with its end."""

import threading
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from beholden.domain.errors import InvalidS3Object
from beholden.domain.recording import Recorded
from beholden.streams import recording as recordings
from beholden.streams.recording import SEGMENT_MS, Recording, tidy
from beholden.testing.blobs import FakeBlobs
from beholden.testing.clock import FakeClock
from beholden.testing.live import FakeClips
from beholden.testing.recordings import FakeRecordings
from beholden.testing.streams import a_processor

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
WIDE, TALL = np.zeros((4, 8, 3), np.uint8), np.zeros((8, 4, 3), np.uint8)
FIRST, SECOND = "watch/20260504T120000.000000Z.mp4", "watch/20260504T120030.000000Z.mp4"


@pytest.fixture
def blobs():
    made = FakeBlobs()
    made.put("kept", "a bucket", b"")
    return made


@pytest.fixture
def clips():
    return FakeClips()


@pytest.fixture
def known():
    return FakeRecordings(FakeClock())


@pytest.fixture
def begin(clips, known, tmp_path):
    def made(name, began):
        return Recorded("kept", f"watch/{name}", "door", None, began)

    return lambda blobs: Recording(clips, blobs, known, made, tmp_path / "session")


@pytest.fixture
def recording(begin, blobs):
    return begin(blobs)


def add(recording, at_ms, pixels=WIDE, ids=()):
    at = NOON + timedelta(milliseconds=at_ms)
    recording.add(pixels, at, 7000 + at_ms, frozenset(ids))


def kept(blobs, key):
    return blobs.read("kept", key, None, 100)


def test_one_video_after_the_other(recording, blobs, clips):
    for at_ms in range(0, SEGMENT_MS + 400, 200):
        add(recording, at_ms)
    recording.close(keep=True)
    assert (kept(blobs, FIRST), kept(blobs, SECOND)) == (b"150", b"2")
    assert clips.opened[1].at_ms == [0, 200]
    assert (recording.kept, recording.lost) == (2, 0)
    assert not clips.opened[1].path.exists()


def test_a_picture_of_another_size_begins_another(recording, clips):
    for at_ms, pixels in ((0, WIDE), (200, TALL), (400, TALL)):
        add(recording, at_ms, pixels)
    recording.close(keep=True)
    assert [clip.size for clip in clips.opened] == [(8, 4), (4, 8)]
    assert recording.kept == 2


def test_what_is_dropped_is_in_no_bucket(recording, blobs, clips, known):
    add(recording, 0, ids=["eileen"])
    recording.close(keep=False)
    assert known.showing({"eileen"}) == []
    with pytest.raises(InvalidS3Object):
        kept(blobs, FIRST)
    assert not clips.opened[0].path.parent.exists()


def test_records_know_whom_each_video_shows(recording, known):
    add(recording, 0)
    add(recording, 200, ids=["eileen"])
    add(recording, 400, ids=["eileen", "ann"])
    add(recording, SEGMENT_MS, ids=["ann"])
    recording.close(keep=True)
    assert [one.key for one in known.showing({"eileen"})] == [FIRST]
    assert [one.key for one in known.showing({"ann"})] == [FIRST, SECOND]


@pytest.mark.parametrize("end", ["doom", "forget"])
def test_one_that_is_ended_while_it_is_made_comes_to_no_bucket(recording, blobs, known, end):
    add(recording, 0, ids=["eileen"])
    (made,) = known.showing({"eileen"})
    getattr(known, end)(made)
    recording.close(keep=True)
    assert (recording.kept, recording.lost) == (0, 1)
    assert known.showing({"eileen"}) == []
    with pytest.raises(InvalidS3Object):
        kept(blobs, FIRST)


def test_without_a_bucket_it_goes_on_and_counts(begin):
    recording = begin(FakeBlobs())
    add(recording, 0)
    add(recording, SEGMENT_MS)
    recording.close(keep=True)
    assert (recording.kept, recording.lost) == (0, 2)


@pytest.mark.parametrize("keep", [True, False])
def test_what_is_not_in_the_bucket_at_the_end_is_lost(begin, known, tmp_path, monkeypatch, keep):
    monkeypatch.setattr(recordings, "FLUSH_S", 0.01)
    back, deleted = threading.Event(), threading.Event()

    class Slow:
        def write(self, bucket, key, path):
            back.wait(10)

        def delete(self, bucket, key):
            assert key == FIRST
            deleted.set()

    recording = begin(Slow())
    for no in range(4):
        add(recording, no * SEGMENT_MS, ids=["eileen"])
    recording.close(keep=keep)
    assert not any(known.wanted(one) for one in known.showing({"eileen"}))
    back.set()
    assert (recording.kept, recording.lost) == (0, 4 if keep else 3)
    assert not any(tmp_path.iterdir())
    assert deleted.wait(10)


def test_what_a_crash_left_is_gone_with_the_next_start(begin, blobs, clips, tmp_path):
    for _ in range(2):
        recording = begin(blobs)
        add(recording, 0)
    assert (tmp_path / "session").stat().st_mode & 0o777 == 0o700
    assert [one.name for one in (tmp_path / "session").iterdir()] == [clips.opened[1].path.name]


def test_what_a_crash_left_of_sessions_that_have_ended_is_gone(tmp_path):
    for session in ("running", "stopped", "forgotten"):
        (tmp_path / session).mkdir()
        (tmp_path / session / "left.mp4").touch()
    at_work = a_processor("watch").started("running", {}, NOON)
    tidy(tmp_path, [at_work, a_processor("hall")])
    assert [one.name for one in tmp_path.iterdir()] == ["running"]


def test_on_a_full_disk_it_waits_before_it_tries_again(recording, blobs, clips):
    clips.full = True
    for at_ms in (0, 200, 400):
        add(recording, at_ms)
    assert (len(clips.opened), recording.lost) == (1, 1)
    assert not clips.opened[0].path.exists()
    clips.full = False
    add(recording, SEGMENT_MS)
    recording.close(keep=True)
    assert kept(blobs, SECOND) == b"1"
