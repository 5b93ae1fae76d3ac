"""A very long video through the whole of a deployment: time, memory, and pages of results.

    python -m benchmarks.long_video [--hours 6] [--video CLIP] [--analysis FaceSearch]
    python -m benchmarks.long_video --tiny

A clip is encoded to 320x180 at five frames a second, which are the frames that faces are looked for
in, and looped to its length without encoding it again; `--tiny` draws 100,000 frames of 16x16
instead, through the two analyses that look at most. Memory is what processes have of their own
(RssAnon), looked at twice a second; "so far" is the most until then.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import tempfile
import time
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from threading import Event
from typing import Any

import av
import numpy as np

from beholden.bootstrap.deployment import Deployment, open_deployment
from beholden.config import Settings
from beholden.domain.access import Principal
from beholden.engines.compute.memory import own_memory_bytes
from benchmarks.clocks import once
from benchmarks.video import VIDEOS

Json = dict[str, Any]
SIZE, FPS, PAGE = (320, 180), 5, 1000
REQUESTS: dict[str, Json] = {
    "FaceSearch": {"CollectionId": "nobody"},
    "SegmentDetection": {"SegmentTypes": ["SHOT"]},
}
MEMBERS = {"FaceSearch": "Persons", "FaceDetection": "Faces", "SegmentDetection": "Segments"}


def reduced(source: Path, target: Path) -> Path:
    """The clip with a key frame each two seconds, so that it can be cut."""
    with av.open(str(source)) as read, av.open(str(target), "w") as written:
        stream = written.add_stream("libx264", rate=FPS, options={"crf": "26", "g": "10"})
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        stream.codec_context.max_b_frames = 0
        each = max(1, round(float(read.streams.video[0].average_rate or FPS) / FPS))
        frames = (f for no, f in enumerate(read.decode(video=0)) if no % each == 0)
        for no, frame in enumerate(frames):
            scaled = frame.reformat(*SIZE, "yuv420p")
            scaled.pts, scaled.time_base = no, Fraction(1, FPS)
            scaled.pict_type = av.video.frame.PictureType.NONE
            written.mux(stream.encode(scaled))
        written.mux(stream.encode())
    return target


def looped(clip: Path, target: Path, seconds: float) -> None:
    """The packets of the clip again and again."""
    with av.open(str(clip)) as read:
        inner = read.streams.video[0]
        packets = [p for p in read.demux(inner) if p.dts is not None]
        lasts = packets[-1].dts + (packets[-1].duration or 1) - packets[0].dts
        with av.open(str(target), "w") as written:
            outer = written.add_stream_from_template(inner)
            for n in range(int(seconds / float(lasts * inner.time_base)) + 1):
                for packet in packets:
                    copy = av.Packet(bytes(packet))
                    copy.pts, copy.dts = packet.pts + n * lasts, packet.dts + n * lasts
                    copy.time_base, copy.duration = packet.time_base, packet.duration
                    copy.is_keyframe, copy.stream = packet.is_keyframe, outer
                    written.mux(copy)


def tiny(target: Path, count: int = 100_000) -> None:
    """Noise of 16x16, 250 frames a second."""
    dice = np.random.default_rng(0)
    with av.open(str(target), "w") as written:
        stream = written.add_stream("libx264", rate=250, options={"preset": "ultrafast"})
        stream.width = stream.height = 16
        stream.pix_fmt = "yuv420p"
        for _ in range(count):
            pixels = dice.integers(0, 256, (16, 16, 3), np.uint8)
            written.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        written.mux(stream.encode())


class House:
    """A deployment in a folder of its own, and somebody who may start jobs."""

    def __init__(self, folder: Path) -> None:
        self.bucket = folder / "buckets" / "videos"
        self.bucket.mkdir(parents=True)
        self.deployment: Deployment = open_deployment(Settings(data_dir=folder))
        key, _ = self.deployment.keys.create("ann", "operator", "news")
        self.who = Principal("ann", "operator", "news", key.key_id)
        self.call("CreateCollection", CollectionId="nobody")

    def call(self, operation: str, **request: Any) -> Json:
        return self.deployment.gate.call(self.who, operation, request)

    def run(self, kinds: list[str]) -> dict[str, str]:
        """All at once; prints how far they are, and the memory that they take."""
        video = {"S3Object": {"Bucket": "videos", "Name": "long.mp4"}}
        started = {
            kind: self.call(f"Start{kind}", Video=video, **REQUESTS.get(kind, {}))["JobId"]
            for kind in kinds
        }
        self.deployment.jobs.start()
        print("| done | seconds | worker, MiB so far | server, MiB so far |")
        print("|---:|---:|---:|---:|")
        for line in self._watched(list(started.values())):
            print(line, flush=True)
        return started

    def _watched(self, jobs: list[str]) -> Iterator[str]:
        began, most, told = time.perf_counter(), [0.0, 0.0], -1
        while True:
            most = [max(pair) for pair in zip(most, memory_mib(), strict=True)]
            shown = [self.call("beholden:DescribeJob", JobId=job) for job in jobs]
            done = min(int(job["PercentDone"]) for job in shown)
            if done // 10 > told:
                told = done // 10
                seconds = time.perf_counter() - began
                yield f"| {once(done)}% | {' | '.join(map(once, (seconds, *most)))} |"
            if all(job["Status"] != "IN_PROGRESS" for job in shown):
                yield f"{[(job['Kind'], job['Status'], job['StatusMessage']) for job in shown]}"
                return
            Event().wait(0.5)

    def pages(self, kind: str, job_id: str) -> str:
        """How long each page takes, from the first to the last."""
        seconds, items, token = [], 0, {}
        while True:
            began = time.perf_counter()
            page = self.call(f"Get{kind}", JobId=job_id, MaxResults=PAGE, **token)
            seconds.append(time.perf_counter() - began)
            items += len(page[MEMBERS[kind]])
            if "NextToken" not in page:
                break
            token = {"NextToken": page["NextToken"]}
        ms = [once(1000 * s) for s in (seconds[0], seconds[len(seconds) // 2], seconds[-1])]
        slowest = once(1000 * max(seconds))
        return (
            f"{kind}: {items} results in {len(seconds)} pages: first, middle, last {', '.join(ms)} "
            f"ms; slowest {slowest} ms"
        )


def memory_mib() -> list[float]:
    """Of workers, and of this process, which is the server."""
    workers = sum(own_memory_bytes(p.pid or 0) for p in multiprocessing.active_children())
    return [workers / 2**20, own_memory_bytes(os.getpid()) / 2**20]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=float, default=6.0)
    parser.add_argument("--video", type=Path, default=VIDEOS / "lfw_face_search.mp4")
    parser.add_argument("--analysis", default="FaceSearch", choices=MEMBERS)
    parser.add_argument("--tiny", action="store_true")
    options = parser.parse_args()
    kinds = ["FaceDetection", "SegmentDetection"] if options.tiny else [options.analysis]
    with tempfile.TemporaryDirectory() as name:
        house = House(Path(name))
        target = house.bucket / "long.mp4"
        if options.tiny:
            tiny(target)
        else:
            clip = reduced(options.video, Path(name) / "clip.mp4")
            looped(clip, target, options.hours * 3600 - 60)
        print(f"{options.hours:g} hours, {target.stat().st_size / 2**20:.1f} MiB", flush=True)
        for kind, job_id in house.run(kinds).items():
            print(house.pages(kind, job_id))
        house.deployment.close()


if __name__ == "__main__":
    main()
