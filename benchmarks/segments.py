"""Shots beside PySceneDetect's detectors, on the same frames.

    python -m benchmarks.segments

PySceneDetect lives in .bench-venv, put there by pip. Cuts are those of composite_segments.json and
of tests/accuracy/test_segments.py; a cut is found if one is told within a frame of it. Times are of
one process, decoding and all.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from beholden.analysis.segments import FrameMeasures, join
from beholden.analysis.shots import cut_chances, shots
from beholden.domain.video import VideoSegment
from beholden.engines.frames.pyav import PyAvFrames
from beholden.operations.video.segments import SHOT_PX
from beholden.vision.screens import thumbnail
from benchmarks.clocks import once
from benchmarks.peers import install, python

VIDEOS = Path(__file__).parents[1].parent / "shared/data/videos"
WHOLE = VideoSegment(0, 0, 10**9, None, 0)
CUTS = {
    "composite_segments.mp4": [50, 125, 150, 225, 300, 375, 435, 510, 585],
    "big_buck_bunny_0_30_cuts.mp4": [283, 376, 551],
    "bikes_scene_cuts.mp4": [30, 76, 137, 187, 242],
    "short_hamilton_clip.mp4": [20, 82, 211],
    "lfw_face_search.mp4": list(range(50, 600, 50)),
    "mmaction_armwrestling_cuts.mp4": [],
    "failing_audio_plane.mp4": [],
    "chaplin_bw.mp4": [],
    "carphone_talking_face.mp4": [],
    "mmaction_makeup_mpeg4.avi": [],
    "intel_one_by_one_30s.mp4": [],
    "MOT20-05_crowd.mp4": [],
    "testcard_with_text.mp4": [],
}
PACKAGES = ("scenedetect-headless",)
DETECTORS = ("AdaptiveDetector", "ContentDetector", "HistogramDetector", "HashDetector")
PEER = """
import json, sys, time, scenedetect
detector = getattr(scenedetect, sys.argv[1])
answer = []
for path in sys.argv[2:]:
    began, used = time.perf_counter(), time.process_time()
    found = scenedetect.detect(path, detector())
    cuts = [start.frame_num for start, _ in found][1:]
    answer.append((cuts, time.perf_counter() - began, time.process_time() - used))
json.dump(answer, sys.stdout)
"""

# The first frames of shots but the first, and seconds by the clock and of the processor.
Answer = tuple[list[int], float, float]


def ours(path: Path) -> Answer:
    began, used = time.perf_counter(), time.process_time()
    measures = FrameMeasures()
    for frame in PyAvFrames().read(path, WHOLE):
        measures.add(frame.timestamp_ms, thumbnail(frame.image(SHOT_PX).pixels))
    whole = join([measures.part()], 25.0)
    found = shots(cut_chances(whole.change, whole.change_2), whole.level)
    cuts = [shot.first for shot in found][1:]
    return cuts, time.perf_counter() - began, time.process_time() - used


def theirs(detector: str, paths: Sequence[Path]) -> list[Answer]:
    command = [python(), "-c", PEER, detector, *paths]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    answer: list[Answer] = json.loads(done.stdout)
    return answer


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.parse_args()
    reason = install(PACKAGES)
    paths = [VIDEOS / name for name in CUTS]
    ways = {"Beholden": [ours(path) for path in paths]}
    for detector in () if reason else DETECTORS:
        ways[detector] = theirs(detector, paths)
    print("| way | found | missed | invented | of them in the damaged clip | seconds | CPU s |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    for way, answers in ways.items():
        found = missed = invented = damaged = 0
        for (name, true), (told, *_) in zip(CUTS.items(), answers, strict=True):
            hits = [cut for cut in true if any(abs(cut - one) <= 1 for one in told)]
            wrong = [one for one in told if not any(abs(cut - one) <= 1 for cut in true)]
            found, missed = found + len(hits), missed + len(true) - len(hits)
            invented += len(wrong)
            damaged += len(wrong) if name.startswith("mmaction_arm") else 0
        spent = " | ".join(once(sum(times)) for times in list(zip(*answers, strict=True))[1:])
        print(f"| {way} | {found} | {missed} | {invented} | {damaged} | {spent} |")
    if reason:
        print(f"| PySceneDetect | not run: {reason} | | | | | |")


if __name__ == "__main__":
    main()
