"""Stored video on public clips: who is on screen when, and every codec and broken file there is."""

import json
import threading
from collections import defaultdict
from pathlib import Path

import pytest

from beholden.bootstrap.deployment import open_deployment
from beholden.config import Settings
from beholden.domain.access import Principal

SAMPLE_MS = 200
# Found within half a second: that is what the issue asks for; the tests hold to one sample.
TOLERANCE_MS = 200
# Frames that FFmpeg's own tools count, of files that are hard to read.
EDGES = {
    "codec_av1_video.mkv": ("av1", 5000),
    "codec_h265_video.mp4": ("hevc", 1000),
    "codec_vp8_bbb_1s.webm": ("vp8", 1000),
    "corrupted.mp4": ("h264", 5000),
    "failing_audio_plane.mp4": ("h264", 11200),
    "mmaction_makeup_mpeg4.avi": ("mpeg4", 6600),
    "no_duration.webm": ("vp9", 4938),
    "realshort.mp4": ("h264", 1199),
    "rotated_90.mov": ("h264", 100),
}
# Frames of the fuzzed files, or why there are none.
NO_VIDEO, NO_STREAM = "not a video", "no video stream"
FUZZED = {
    "avi_mjpeg.avi": 3,
    "avi_new.avi": NO_VIDEO,
    "flv_flash.flv": 30,
    "mkv_matroska.mkv": 30,
    **{f"mp4_mopt_{n}.mp4": NO_STREAM for n in (12, 30, 36, 44, 45, 58, 65, 78)},
    "mp4_mozilla_A4.mp4": 90,
    "mp4_mozilla_bug1079747.mp4": NO_VIDEO,
    "mp4_mozilla_npot-video.mp4": 901,
    "mp4_mozilla_short-cenc.mp4": "no frame that can be decoded",  # encrypted
    "mp4_mozilla_short.mp4": 10,
    "mp4_mozilla_test-a-128k-44100Hz-1ch.mp4": NO_STREAM,
    "mp4_mozilla_test-v-128k-320x240-24fps-8kfr.mp4": 48,
    "mp4_mozilla_test_av_vp9_mp3_32x18.mp4": 20,
}
# Two jobs each: 20 may run.
FILES_AT_ONCE = 8
SHOTS = {"SegmentTypes": ["SHOT"]}


class House:
    def __init__(self, folder: Path, videos: Path):
        (folder / "buckets").mkdir()
        self.bucket = folder / "buckets" / "videos"
        self.bucket.mkdir()
        self.videos = videos
        self.deployment = open_deployment(Settings(data_dir=folder))
        key, _ = self.deployment.keys.create("ann", "operator", "news")
        self.who = Principal("ann", "operator", "news", key.key_id)
        self.deployment.jobs.start()

    def call(self, operation, **request):
        return self.deployment.gate.call(self.who, operation, request)

    def run(self, kind, path, **request):
        """Start the job, wait for its end and return all of its results."""
        return self.end(kind, self.start(kind, path, **request))

    def start(self, kind, path, **request):
        if not (self.bucket / path.name).exists():
            (self.bucket / path.name).write_bytes(path.read_bytes())
        video = {"S3Object": {"Bucket": "videos", "Name": path.name}}
        return self.call(f"Start{kind}", Video=video, **request)["JobId"]

    def end(self, kind, job_id):
        for _ in range(600):
            answer = self.call(f"Get{kind}", JobId=job_id)
            if answer["JobStatus"] != "IN_PROGRESS":
                return answer
            threading.Event().wait(0.1)
        raise AssertionError("the job did not end")


@pytest.fixture(scope="module")
def house(shared_data, models_dir, tmp_path_factory):
    made = House(tmp_path_factory.mktemp("house"), shared_data / "videos")
    yield made
    made.deployment.close()


@pytest.fixture(scope="module")
def truth(house, shared_data):
    """The gallery of lfw_face_search.mp4, enrolled, and who is on screen when."""
    told = json.loads((house.videos / "lfw_face_search.json").read_text())
    house.call("CreateCollection", CollectionId="people")
    for name, image in told["gallery"].items():
        content = next((shared_data / "lfw").rglob(Path(image).name)).read_bytes()
        house.call(
            "IndexFaces",
            CollectionId="people",
            Image={"Bytes": content},
            ExternalImageId=name,
            MaxFaces=1,
        )
    return told


@pytest.mark.parametrize("threshold", [80.0, 99.0])
def test_everybody_enrolled_is_found_when_they_are_on_screen_and_at_no_other_time(
    house, truth, threshold
):
    answer = house.run(
        "FaceSearch",
        house.videos / "lfw_face_search.mp4",
        CollectionId="people",
        FaceMatchThreshold=threshold,
    )
    seen = defaultdict(list)
    for person in answer["Persons"]:
        for match in person["FaceMatches"]:
            seen[match["Face"]["ExternalImageId"]].append(person["Timestamp"])
    for name in truth["gallery"]:
        spans = [(s["start_ms"], s["end_ms"]) for s in truth["segments"] if s["person"] == name]
        for start, end in spans:
            inside = [at for at in seen[name] if start <= at < end]
            assert inside[0] - start <= TOLERANCE_MS
            assert end - inside[-1] <= TOLERANCE_MS + SAMPLE_MS
        outside = [at for at in seen[name] if not any(s <= at < e for s, e in spans)]
        assert outside == []
    assert len({p["Person"]["Index"] for p in answer["Persons"] if p["FaceMatches"]}) == 8


@pytest.mark.parametrize("name", EDGES)
def test_every_codec_and_container_is_read(house, name):
    answer = house.run("FaceDetection", house.videos / name)
    assert (answer["JobStatus"], answer.get("StatusMessage")) == ("SUCCEEDED", None)
    codec, duration_ms = EDGES[name]
    assert answer["VideoMetadata"]["Codec"] == codec
    assert abs(answer["VideoMetadata"]["DurationMillis"] - duration_ms) <= 1
    if name == "rotated_90.mov":
        assert answer["VideoMetadata"]["FrameHeight"] > answer["VideoMetadata"]["FrameWidth"]


def test_fuzzed_files_end_with_an_answer_or_a_reason(house, shared_data):
    """In two analyses at once, one of which looks at every frame."""
    paths = sorted((shared_data / "malformed" / "videos").iterdir())
    for first in range(0, len(paths), FILES_AT_ONCE):
        fuzzed_files_end(house, paths[first : first + FILES_AT_ONCE])


def fuzzed_files_end(house, paths):
    pairs = [
        (house.start("FaceDetection", path), house.start("SegmentDetection", path, **SHOTS))
        for path in paths
    ]
    for path, (faces, segments) in zip(paths, pairs, strict=True):
        expected = FUZZED[path.name.removeprefix("strongcourage__")]
        shots = house.end("SegmentDetection", segments)
        answers = (house.end("FaceDetection", faces), shots)
        if isinstance(expected, str):
            assert {answer["JobStatus"] for answer in answers} == {"FAILED"}
            assert all(expected in answer["StatusMessage"] for answer in answers), path.name
        else:
            assert {answer["JobStatus"] for answer in answers} == {"SUCCEEDED"}
            assert shots["Segments"][-1]["EndFrameNumber"] == expected - 1, path.name
