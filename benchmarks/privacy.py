"""What is left of faces in the privacy view, where everybody is unknown.

    python -m benchmarks.privacy [CLIP ...] [--sure]

Clips of ../shared/data/videos, five looks a second, at most a minute each. The faces that the
detector finds in a frame at a score are looked for again, at that score, in what is shown of the
frame: one that is found in the same place (intersection over union 0.3) is left over. With --sure
only what is surely a face is hidden.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from time import process_time

from beholden.analysis.people import overlapping
from beholden.analysis.privacy import Veil, Veiled
from beholden.analysis.tracks import GAP_MS, FaceTracker
from beholden.bootstrap.models import Models
from beholden.config import Settings
from beholden.domain.look import Look, SeenFace
from beholden.engines.frames.pyav import PyAvFrames
from beholden.vision.detectors import FaceDetector

VIDEOS = Path(__file__).parents[2] / "shared" / "data" / "videos"
CLIPS = (
    "lfw_face_search.mp4",
    "facenet_pytorch_faces.mp4",
    "intel_head_pose_face_detection_female_and_male.mp4",
    "intel_face_demographics_walking.mp4",
    "intel_one_by_one_30s.mp4",
    "intel_classroom.mp4",
    "intel_store_aisle_detection.mp4",
)
SCORES = (0.6, 0.4)
EVERY_MS, MOST_MS = 200, 60_000
SAME_PLACE = 0.3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("clips", nargs="*", default=CLIPS, metavar="CLIP")
    parser.add_argument("--sure", action="store_true")
    options, models = parser.parse_args(), Models(Settings())
    print("clip: looks; of faces found at a score, so many are left; ms of processor time a look")
    for name in options.clips:
        began = process_time()
        shown = list(veiled(models, VIDEOS / name, sure=options.sure))
        each_ms = 1000 * (process_time() - began) / max(1, len(shown))
        told = ", ".join(left_over(models.possible_faces(), shown, score) for score in SCORES)
        print(f"{name}: {len(shown)}; {told}; {each_ms:.0f}", flush=True)


def veiled(models: Models, path: Path, *, sure: bool) -> Iterator[Veiled]:
    """What would be shown of a clip, in which nobody is known."""
    tracker, veil = FaceTracker(models.analysis(), models.describer()), Veil()
    possible_faces, due_ms = models.possible_faces(), 0
    frames = PyAvFrames()
    (segment,) = frames.plan(path, 10**9).segments
    for frame in frames.read(path, segment):
        at_ms = frame.timestamp_ms
        if at_ms < due_ms or at_ms > MOST_MS:
            continue
        due_ms, image = at_ms + EVERY_MS, frame.image()
        tracker.look(at_ms, image)
        tracker.tracks = [one for one in tracker.tracks if at_ms - one.last_ms <= GAP_MS]
        seen = (one for one in tracker.tracks if one.last_ms == at_ms)
        faces = tuple(SeenFace(one, one.last.face.box_px) for one in seen)
        possible = () if sure else tuple(face.box_px for face in possible_faces(image.pixels))
        made = veil.next(Look(image, datetime.now(UTC), at_ms, faces, possible))
        if made is not None:
            yield made


def left_over(detector: FaceDetector, shown: list[Veiled], score: float) -> str:
    """`0 of 83 at 0.6`."""
    there = left = 0
    for one in shown:
        faces = [f for f in detector(one.look.image.pixels) if f.confidence >= score]
        still = [f.box_px for f in detector(one.pixels()) if f.confidence >= score]
        there += len(faces)
        left += sum(any(overlapping(f.box_px, o) >= SAME_PLACE for o in still) for f in faces)
    return f"{left} of {there} at {score:g}"


if __name__ == "__main__":
    main()
