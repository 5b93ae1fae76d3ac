"""Decoding by media time, however a video was made. The videos are drawn and encoded here."""

from pathlib import Path

import av
import numpy as np
import pytest

from beholden.analysis.video import due, observe
from beholden.domain.errors import UnreadableVideo
from beholden.domain.video import VideoSegment
from beholden.engines.frames.pyav import PyAvFrames
from tests.videos import write

WHOLE = VideoSegment(0, 0, 10**9, None, 0)


def numbered(count, shape=(64, 96)):
    """Frames whose grey tells their number."""
    for no in range(count):
        yield np.full((*shape, 3), 20 + 2 * no, np.uint8)


@pytest.fixture
def frames():
    return PyAvFrames(threads=1)


def is_open(path):
    return any(fd.resolve().name.startswith(path.name) for fd in Path("/proc/self/fd").iterdir())


def times(frames, path, *segments):
    return [f.timestamp_ms for s in segments or (WHOLE,) for f in frames.read(path, s)]


@pytest.mark.parametrize(
    ("codec", "name", "said"),
    [
        ("libx264", "a.mp4", ("h264", "QuickTime / MOV")),
        ("libx265", "a.mkv", ("hevc", "Matroska / WebM")),
        ("libvpx-vp9", "a.webm", ("vp9", "Matroska / WebM")),
        ("mpeg4", "a.avi", ("mpeg4", "AVI (Audio Video Interleaved)")),
    ],
)
def test_every_codec_tells_the_same_times(frames, tmp_path, codec, name, said):
    path = write(tmp_path / name, numbered(50), 25, codec)
    plan = frames.plan(path, 500)
    assert (plan.video.codec, plan.video.format) == said
    assert (plan.video.width_px, plan.video.height_px) == (96, 64)
    assert plan.video.duration_ms == pytest.approx(2000, abs=40)
    assert plan.video.frame_rate == pytest.approx(25, abs=0.01)
    assert times(frames, path) == list(range(0, 2000, 40))


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.ts", "a.flv"])
def test_segments_have_every_frame_once(frames, tmp_path, name):
    path = write(tmp_path / name, numbered(100), 25, keys_every=12)
    segments = frames.plan(path, 900).segments
    assert len(segments) > 2
    whole = [(f.timestamp_ms, f.no) for f in frames.read(path, WHOLE)]
    assert [(f.timestamp_ms, f.no) for s in segments for f in frames.read(path, s)] == whole
    assert [no for _, no in whole] == list(range(100))
    befores = [s.before_ms for s in segments]
    assert befores == [None, *(max(t for t, _ in whole if t < s.start_ms) for s in segments[1:])]


def test_rare_key_frames_do_not_make_long_segments(frames, tmp_path):
    path = write(tmp_path / "a.mp4", numbered(100), 25, keys_every=1000)
    segments = frames.plan(path, 300).segments
    assert max(s.end_ms - s.start_ms for s in segments) < 900 + 40
    assert [f.no for s in segments for f in frames.read(path, s)] == list(range(100))


def test_between_key_frames_it_is_read_on_from_where_it_stopped(frames, tmp_path):
    """Not from the key frame, which is not there any more."""
    path = write(tmp_path / "a.mp4", numbered(100), 25, keys_every=1000)
    first, *rest = frames.plan(path, 300).segments
    assert len(list(frames.read(path, first))) == 23
    with av.open(str(path)) as container:
        key = next(container.demux(video=0))
        at, size = key.pos, key.size
    with path.open("r+b") as file:
        file.seek(at)
        file.write(bytes(size))
    greys = [int(f.image().pixels.mean()) for s in rest for f in frames.read(path, s)]
    assert greys == pytest.approx([20 + 2 * no for no in range(23, 100)], abs=3)


def test_a_video_that_is_gone_is_let_go(frames, tmp_path):
    """A job that was cancelled between key frames leaves no file open, and its disk space used."""
    gone, other = (
        write(tmp_path / name, numbered(100), 25, keys_every=1000) for name in ("a.mp4", "b.mp4")
    )
    list(frames.read(gone, frames.plan(gone, 300).segments[0]))
    assert is_open(gone)
    gone.unlink()
    list(frames.read(other, WHOLE))
    assert not is_open(gone)


def test_a_cover_is_no_video(frames, tmp_path):
    """As in songs of MP4: FFmpeg has the picture as a video stream of its own."""
    path = tmp_path / "a.m4a"
    with av.open(str(path), "w", format="mp4") as container:
        sound = container.add_stream("aac", rate=8000)
        cover = container.add_stream("mjpeg", rate=1)
        cover.width, cover.height, cover.pix_fmt = 32, 32, "yuvj420p"
        cover.disposition = av.stream.Disposition.attached_pic
        picture = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), format="rgb24")
        silence = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
        silence.rate = 8000
        for stream, frame in ((sound, silence), (cover, picture)):
            frame.pts = 0
            container.mux([*stream.encode(frame), *stream.encode()])
    with pytest.raises(UnreadableVideo, match="no video stream"):
        frames.plan(path, 1000)


def test_a_pause_of_years_is_one_cut(frames, tmp_path):
    path = write(tmp_path / "a.mkv", numbered(3), times_ms=[0, 40, 10**11], keys_every=1000)
    segments = frames.plan(path, 500).segments
    assert [(s.start_ms, s.first_frame_no) for s in segments] == [(0, 0), (10**11, 2)]
    assert [f.no for s in segments for f in frames.read(path, s)] == [0, 1, 2]


def test_a_pause_between_frames_is_no_segment_without_any(frames, tmp_path):
    path = write(tmp_path / "a.mkv", numbered(4), times_ms=[0, 40, 5000, 5040])
    segments = frames.plan(path, 500).segments
    assert [f.timestamp_ms for s in segments for f in frames.read(path, s)] == [0, 40, 5000, 5040]


def test_a_variable_frame_rate_keeps_its_times(frames, tmp_path):
    wanted = [0, 10, 250, 260, 1000, 1700]
    path = write(tmp_path / "a.mkv", numbered(6), times_ms=wanted)
    assert times(frames, path) == wanted
    assert [int(f.image().pixels.mean()) for f in frames.read(path, WHOLE)] == pytest.approx(
        [20, 22, 24, 26, 28, 30], abs=2
    )


def test_a_turned_video_is_shown_upright(frames, tmp_path):
    half = np.zeros((64, 96, 3), np.uint8)
    half[:, :48] = 255  # bright on the left as it is stored
    path = write(tmp_path / "a.mov", iter([half] * 3), rotation=90)
    plan = frames.plan(path, 1000)
    assert (plan.video.width_px, plan.video.height_px) == (64, 96)
    pixels = next(frames.read(path, WHOLE)).image().pixels
    assert pixels.shape == (96, 64, 3)
    top, bottom = pixels[:40].mean(), pixels[56:].mean()
    assert abs(top - bottom) > 200
    assert pixels.flags.c_contiguous


def test_large_frames_are_reduced(frames, tmp_path):
    path = write(tmp_path / "a.mp4", numbered(1, (240, 480)))
    image = next(frames.read(path, WHOLE)).image(max_side_px=120)
    assert (image.width_px, image.height_px) == (120, 60)


def test_what_a_cut_file_still_has_is_read(frames, tmp_path):
    path = write(tmp_path / "a.ts", numbered(100), keys_every=10)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    duration = frames.plan(path, 1000).video.duration_ms
    assert 1000 < duration < 3500
    assert 20 < len(times(frames, path)) < 90


@pytest.mark.parametrize("content", [b"", b"nothing", b"#EXTM3U\n#EXTINF:1,\n/etc/passwd\n"])
def test_what_is_no_video_is_refused(frames, tmp_path, content):
    path = tmp_path / "a.mp4"
    path.write_bytes(content)
    with pytest.raises(UnreadableVideo):
        frames.plan(path, 1000)


class Noting:
    def __init__(self, per_second):
        self.per_second = per_second
        self.seen = []

    def see(self, frame):
        self.seen.append(frame.timestamp_ms)

    def part(self):
        return {}


@pytest.mark.slow
@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.ts", "a.avi"])
@pytest.mark.parametrize(("rates", "keys_every"), [({5.0}, 12), ({2.0, 5.0}, 50), ({5.0}, 1000)])
def test_with_rates_the_same_frames_are_sampled_of_fewer(frames, tmp_path, name, rates, keys_every):
    path = write(tmp_path / name, numbered(100), 25, keys_every=keys_every)
    for segment in (WHOLE, *frames.plan(path, 300).segments):
        every, some = [[Noting(rate) for rate in rates] for _ in range(2)]
        before = segment.before_ms
        assert observe(frames.read(path, segment), before, every) > 0
        observe(frames.read(path, segment, rates), before, some)
        assert [one.seen for one in some] == [one.seen for one in every]
    if name != "a.avi":
        assert 20 <= len(list(frames.read(path, WHOLE, {5.0}))) < 80


def test_frames_that_another_may_need_are_decoded(frames, tmp_path):
    """In HEVC, those that nothing in their temporal layer refers to are marked as H.264's are."""
    path = write(tmp_path / "a.mp4", numbered(50), 25, "libx265")
    assert len(list(frames.read(path, WHOLE, {5.0}))) == 50


def test_sampling_is_the_same_however_a_video_is_cut(frames, tmp_path):
    """By media time: the first frame of each fifth of a second, whatever the frame rate."""
    path = write(tmp_path / "a.mp4", numbered(100), 24, keys_every=7)
    whole, cut = Noting(5), Noting(5)
    observe(frames.read(path, WHOLE), None, [whole])
    for segment in frames.plan(path, 600).segments:
        observe(frames.read(path, segment), segment.before_ms, [cut])
    assert cut.seen == whole.seen
    assert [at // 200 for at in whole.seen] == list(range(21))


def test_one_pass_serves_everybody(frames, tmp_path):
    path = write(tmp_path / "a.mp4", numbered(50), 25)
    all_of_them, some = Noting(None), Noting(1)
    assert observe(frames.read(path, WHOLE), None, [all_of_them, some]) == 50
    assert len(all_of_them.seen) == 50
    assert some.seen == [0, 1000]
    assert due(0, None, 5)
