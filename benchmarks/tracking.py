"""Person tracks beside frame-by-frame association: identity switches and fragmentations.

    python -m benchmarks.tracking

No ground truth comes with the clips: tracking_truth.json has some of the people in them, as boxes
(left, top, right, bottom) in some frames, with lines between. Those of the street and of the aisle
were drawn by eye; those of the crowd in one frame, carried on by optical flow at 25 frames a
second, and looked over. Everybody else is not counted. All associations get the same detections,
five looks a second at most. CLEAR MOT (Bernardin and Stiefelhagen, 2008): a switch is when a
person's track is another than the last one they had; a fragmentation is when they have one again
after a look without; a merge, when a track is another person's than it was. norfair lives in
.bench-venv, put there by pip.
"""

from __future__ import annotations

import argparse
import json
import subprocess
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from beholden.analysis.people import OPENS, PersonTracker, apart, overlapping
from beholden.analysis.video import observe
from beholden.bootstrap.models import Models
from beholden.config import Settings
from beholden.domain.geometry import Box
from beholden.domain.image import Image
from beholden.domain.labels import Instance
from beholden.domain.video import VideoSegment
from beholden.engines.frames.pyav import PyAvFrames
from beholden.operations.video.persons import PERSONS_PER_SECOND, people
from beholden.ports.frames import Frame
from benchmarks.peers import install, python

VIDEOS = Path(__file__).parents[1].parent / "shared/data/videos"
TRUTH = Path(__file__).with_name("tracking_truth.json")
WHOLE = VideoSegment(0, 0, 10**9, None, 0)
MATCHED = 0.4
FRAME_BY_FRAME = 0.3

# Of one look: each box and the number of its track.
Tracked = list[tuple[Box, int]]


@dataclass(frozen=True)
class Look:
    frame_no: int
    at_ms: int
    image: Image
    found: list[Instance]


class Looks:
    """Implements analysis.video.Observer."""

    per_second = PERSONS_PER_SECOND

    def __init__(self, models: Models) -> None:
        self._labels = models.labels()
        self.looks: list[Look] = []

    def see(self, frame: Frame) -> None:
        image = frame.image()
        found = list(people(self._labels, image))
        self.looks.append(Look(frame.no, frame.timestamp_ms, image, found))

    def part(self) -> dict[str, object]:
        return {}


def tracks(looks: Sequence[Look]) -> Iterable[Tracked]:
    tracker = PersonTracker()
    for look in looks:
        pairs = tracker.look(look.at_ms, look.image, look.found)
        yield [(one.box_px, tracker.tracks.index(track)) for track, one in pairs]


def frame_by_frame(looks: Sequence[Look]) -> Iterable[Tracked]:
    """Each box is whoever's box of the look before it overlaps most."""
    before: Tracked = []
    count = 0
    for look in looks:
        now: Tracked = []
        for one in (one for one in apart(look.found) if one.confidence >= OPENS):
            taken = {no for _, no in now}
            free = [(overlapping(box, one.box_px), no) for box, no in before if no not in taken]
            share, no = max(free, default=(0.0, -1))
            if share < FRAME_BY_FRAME:
                count += 1
                no = count
            now.append((one.box_px, no))
        before = now
        yield now


def norfair(looks: Sequence[Look]) -> Iterable[Tracked]:
    asked = [
        [_corners(one) for one in apart(look.found) if one.confidence >= OPENS] for look in looks
    ]
    command = [python(), Path(__file__).with_name("tracking_peer.py")]
    done = subprocess.run(
        command, input=json.dumps(asked), capture_output=True, text=True, check=True
    )
    for tracked in json.loads(done.stdout):
        yield [(Box(l, t, r - l, b - t), no) for l, t, r, b, no in tracked]  # noqa: E741


def _corners(one: Instance) -> list[float]:
    box = one.box_px
    return [box.left, box.top, box.right, box.bottom, one.confidence]


def truth_at(keys: Sequence[Sequence[float]], frame_no: int) -> Box | None:
    for (start, *a), (end, *b) in pairwise(keys):
        if start <= frame_no <= end:
            share = (frame_no - start) / (end - start)
            left, top, right, bottom = (x + share * (y - x) for x, y in zip(a, b, strict=True))
            return Box(left, top, right - left, bottom - top)
    return None


def count(
    truth: dict[str, list[list[float]]], looks: Sequence[Look], tracked: Iterable[Tracked]
) -> tuple[int, int, int, int, int]:
    """Looks at a person, looks with a track, switches, fragmentations, merges."""
    seen = found = switches = fragments = merges = 0
    last: dict[str, int] = {}
    whose: dict[int, str] = {}
    gone: set[str] = set()
    for look, boxes in zip(looks, tracked, strict=True):
        for name, keys in truth.items():
            box = truth_at(keys, look.frame_no)
            if box is None:
                continue
            seen += 1
            fits = [(overlapping(box, other), no) for other, no in boxes]
            share, no = max(fits, default=(0.0, -1))
            if share < MATCHED:
                gone.add(name)
                continue
            found += 1
            switches += name in last and last[name] != no
            fragments += name in last and name in gone
            merges += whose.get(no, name) != name
            last[name], whose[no] = no, name
            gone.discard(name)
    return seen, found, switches, fragments, merges


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.parse_args()
    ways: dict[str, Callable[[Sequence[Look]], Iterable[Tracked]]] = {
        "frame by frame": frame_by_frame,
        "Beholden": tracks,
    }
    reason = install(("norfair",))
    if not reason:
        ways["norfair"] = norfair
    models, frames = Models(Settings()), PyAvFrames()
    print("| clip | way | tracked | switches | fragmentations | merges | tracks |")
    print("|---|---|---:|---:|---:|---:|---:|")
    for name, truth in json.loads(TRUTH.read_text()).items():
        observer = Looks(models)
        observe(frames.read(VIDEOS / name, WHOLE), None, [observer])
        for way, associate in ways.items():
            tracked = list(associate(observer.looks))
            seen, found, switches, fragments, merges = count(truth, observer.looks, tracked)
            made = len({no for boxes in tracked for _, no in boxes})
            counts = " | ".join(map(str, (switches, fragments, merges, made)))
            print(f"| {name} | {way} | {found} of {seen} | {counts} |", flush=True)
    if reason:
        print(f"| all | norfair | not run: {reason} | | | | |")


if __name__ == "__main__":
    main()
