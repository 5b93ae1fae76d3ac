"""Live face search: how late a record is, and how many cameras one machine carries.

    python -m benchmarks.live [--cameras 1 2 4 8] [--seconds 20] [--video FILE]

A clip of ../shared/data/videos (people of LFW, all of them enrolled) is encoded to 1280x720 H.264
at 15 frames a second, and played in real time by as many cameras as asked for, all in one server:
each with its processor at five frames a second, the gate asked every second, matches in the log
before they are released. Late is the time from when a frame was decoded, in the worker process, to
when a watcher has its record: two processes, one clock. CPU is that of both, decoding included, and
the server's alone; on a machine that is shared it says more than the clock. Memory is what both
take more than the server did before; what they share counts once (PSS). Beside it stands a loop
over the same clip that detects and recognises in every third frame with OpenCV, on the same
weights, without gate, log or records.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import tempfile
import time
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from threading import Thread

import av
import numpy as np

from beholden.bootstrap.deployment import Deployment, open_deployment
from beholden.config import Settings
from beholden.engines.models.manifest import read_manifest
from beholden.engines.models.store import ModelStore
from benchmarks.video import opencv_loop

DATA = Path(__file__).parents[2] / "shared/data"
CLIP = DATA / "videos/lfw_face_search.mp4"
PEERS = Path(__file__).parents[1] / ".bench-venv"
FPS, LOOKS, CORES = 15, 5, 2
PSS = re.compile(r"^Pss:\s+(\d+) kB$", re.MULTILINE)


def encode(source: Path, target: Path) -> Path:
    """The clip as 720p at 15 frames a second."""
    with av.open(str(source)) as read, av.open(str(target), "w") as written:
        stream = written.add_stream("libx264", rate=FPS, options={"crf": "23", "bf": "0"})
        stream.width, stream.height, stream.pix_fmt = 1280, 720, "yuv420p"
        stream.codec_context.gop_size = FPS
        shown = -1
        for frame in read.decode(video=0):
            no = int(frame.time * FPS)
            if no == shown:
                continue
            shown, scaled = no, frame.reformat(1280, 720, "yuv420p")
            scaled.pts, scaled.time_base = no, Fraction(1, FPS)
            scaled.pict_type = av.video.frame.PictureType.NONE
            written.mux(stream.encode(scaled))
        written.mux(stream.encode())
    return target


class Bench:
    def __init__(self, deployment: Deployment, clip: Path) -> None:
        self.deployment = deployment
        self._clip = clip
        self._who = deployment.keys.create("ann", "admin", "bench")[0].principal
        self.call("CreateCollection", CollectionId="people")
        self.call("beholden:PutPurpose", Name="bench", Basis="measuring")
        truth = json.loads(CLIP.with_suffix(".json").read_text())
        for person, image in truth["gallery"].items():
            picture = {"Bytes": (DATA / "lfw/images" / image).read_bytes()}
            self.call("IndexFaces", CollectionId="people", Image=picture, ExternalImageId=person)

    def call(self, operation: str, **request: object) -> dict[str, object]:
        return self.deployment.gate.call(self._who, operation, request)

    def start(self, name: str) -> None:
        arn = self.call("beholden:PutCamera", Name=name, Source=f"file://{self._clip}")["StreamArn"]
        notice = {"Place": "here", "Purposes": ["bench"], "Operator": "nobody"}
        self.call("beholden:PutNotice", Name=name, **notice)
        output = f"arn:aws:kinesis:us-east-1:000000000000:stream/{name}"
        self.call(
            "CreateStreamProcessor",
            Name=name,
            Input={"KinesisVideoStream": {"Arn": arn}},
            Output={"KinesisDataStream": {"Arn": output}},
            Settings={"FaceSearch": {"CollectionId": "people", "FaceMatchThreshold": 90.0}},
            RoleArn="arn:aws:iam::000000000000:role/any",
        )
        until = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
        scope = {"Purpose": "bench", "Collections": ["people"], "Cameras": [name]}
        self.call("beholden:RequestAuthorization", Basis="measuring", ExpiresAt=until, **scope)
        self.call("StartStreamProcessor", Name=name)

    def follow(self, name: str, seconds: float, late_ms: list[float]) -> None:
        with self.deployment.streams.feed.watch(name) as watching:
            end = time.monotonic() + seconds
            while time.monotonic() < end:
                record = watching.next(0.5)
                if record is not None:
                    stands = json.loads(record)["InputInformation"]["KinesisVideo"]
                    came = stands["ServerTimestamp"] + stands["FrameOffsetInSeconds"]
                    late_ms.append(1000 * (time.time() - came))


def measure(cameras: int, seconds: float, clip: Path) -> str:
    with tempfile.TemporaryDirectory() as folder:
        deployment = open_deployment(Settings(data_dir=Path(folder) / "data"))
        bench = Bench(deployment, clip)
        before_mb = used_mb()
        names = [f"camera-{no}" for no in range(cameras)]
        for name in names:
            bench.start(name)
        deployment.streams.supervisor.start()
        while sum(one.frames > 0 for one in deployment.streams.supervisor.health()) < cameras:
            time.sleep(0.05)
        time.sleep(5.0)
        late: list[list[float]] = [[] for _ in names]
        threads = [
            Thread(target=bench.follow, args=(name, seconds, into))
            for name, into in zip(names, late, strict=True)
        ]
        wall, server, both = time.monotonic(), time.process_time(), cpu_s()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        wall = time.monotonic() - wall
        cores, server = (cpu_s() - both) / wall, (time.process_time() - server) / wall
        more_mb = used_mb() - before_mb
        deployment.close()
    every = np.concatenate([np.array(one) for one in late])
    p50, p95 = np.percentile(every, [50, 95])
    rate = len(every) / cameras / seconds
    per_record_ms = 1000 * cores * seconds / len(every)
    shown = f"{cameras:7}  {rate:14.2f}  {p50:8.0f}  {p95:8.0f}  {cores:5.2f}"
    return f"{shown}  {server:6.2f}  {per_record_ms:13.0f}  {more_mb:6.0f}"


def processes() -> list[Path]:
    """This one and those that it started, as folders in /proc."""
    children = " ".join(one.read_text() for one in Path("/proc/self/task").glob("*/children"))
    return [Path("/proc/self"), *(Path("/proc") / pid for pid in children.split())]


def cpu_s() -> float:
    """Processor time of all, user's and system's."""
    fields = [(one / "stat").read_text().rpartition(")")[2].split() for one in processes()]
    return sum(int(one[11]) + int(one[12]) for one in fields) / os.sysconf("SC_CLK_TCK")


def used_mb() -> float:
    rolled = ((one / "smaps_rollup").read_text() for one in processes())
    return sum(int(PSS.findall(one)[0]) for one in rolled) / 1024


def peer(folder: Path, clip: Path) -> str:
    """The loop with OpenCV; it is paced by nothing, so its cost tells how many two cores carry."""
    store = ModelStore(Settings().models_dir, read_manifest())
    onnx = [store.original(store.spec(name)) for name in ("yunet", "sface")]
    cost, _ = opencv_loop(folder / "bin/python", clip, *onnx, every=FPS // LOOKS)
    carried = CORES / LOOKS / cost.cpu_s
    return f"OpenCV's loop: {1000 * cost.cpu_s:.0f} ms CPU a look, {carried:.1f} on {CORES} cores"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cameras", type=int, nargs="+", default=[1, 2, 4, 8])
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--video", type=Path, default=CLIP)
    parser.add_argument("--peers", type=Path, default=PEERS)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        clip = encode(options.video, Path(folder) / "clip.mp4")
        print("cameras  records/s each  p50 late  p95 late  cores  server  CPU ms/record      MB")
        for cameras in options.cameras:
            print(measure(cameras, options.seconds, clip), flush=True)
        print(peer(options.peers, clip))


if __name__ == "__main__":
    main()
