"""LFW through Beholden's own path, for the benchmarks and the accuracy tests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from beholden.analysis.faces import FaceAnalysis
from beholden.analysis.image import ImageDecoder
from beholden.config import Settings
from beholden.domain.arrays import Float32
from beholden.domain.face import FaceDetection
from beholden.domain.image import Image
from beholden.engines.inference.openvino import OpenVino
from beholden.engines.models.manifest import read_manifest
from beholden.engines.models.store import ModelStore
from beholden.vision.detectors import FaceDetector
from beholden.vision.embedders import FaceEmbedder
from beholden.vision.landmarks import FaceMesh

MAX_BYTES = 15 * 2**20


@dataclass(frozen=True)
class Vision:
    """The path of one image, as bootstrap composes it, on one core."""

    decoder: ImageDecoder
    analysis: FaceAnalysis

    @classmethod
    def open(cls, precision: str = "f32") -> Vision:
        store = ModelStore(Settings().models_dir, read_manifest())
        engine = OpenVino(streams=1, precision=precision)
        names = ("yunet", "face_mesh", "sface")
        detect, mesh, embed = (engine.load(store.require(name)) for name in names)
        detector = FaceDetector(detect)
        analysis = FaceAnalysis(detector, FaceMesh(mesh), FaceEmbedder(embed), detector.closer)
        return cls(ImageDecoder(), analysis)

    def decode(self, path: Path) -> Image:
        return self.decoder.decode(path.read_bytes(), max_bytes=MAX_BYTES)

    def embed(self, path: Path) -> Float32:
        """The embedding (d,) of the face nearest to the centre: LFW's own rule for its subject."""
        image = self.decode(path)
        face = central(image, self.analysis.detect(image))
        return self.analysis.embed(image, [face])[0][0]


def central(image: Image, faces: Sequence[FaceDetection]) -> FaceDetection:
    """Raises ValueError without a face: LFW has one in every image."""
    middle = complex(image.width_px / 2, image.height_px / 2)
    return min(faces, key=lambda f: abs(complex(f.box_px.centre.x, f.box_px.centre.y) - middle))


def images(lfw: Path) -> list[Path]:
    return sorted((lfw / "images").glob("*/*.jpg"))


def folds(lfw: Path) -> list[list[tuple[str, str, bool]]]:
    """Per fold, pairs of image stems and whether they are mated (pairs.txt of the LFW protocol)."""
    lines = (lfw / "pairs_folds123.txt").read_text().splitlines()
    count, size = (int(field) for field in lines[0].split())
    pairs = [_pair(line.split()) for line in lines[1:]]
    return [pairs[fold * 2 * size : (fold + 1) * 2 * size] for fold in range(count)]


def fold_accuracies(embeddings: dict[str, Float32], lfw: Path) -> list[float]:
    """Accuracy on each fold at the threshold that is best on the other folds."""
    scored = [
        (
            np.array([embeddings[a] @ embeddings[b] for a, b, _ in fold]),
            np.array([mated for *_, mated in fold]),
        )
        for fold in folds(lfw)
    ]
    return [_accuracy(*test, _best(scored[:k] + scored[k + 1 :])) for k, test in enumerate(scored)]


def _best(others: list[tuple[Float32, np.ndarray]]) -> float:
    scores, mated = (np.concatenate(column) for column in zip(*others, strict=True))
    return max(np.unique(scores).tolist(), key=lambda t: _accuracy(scores, mated, t))


def _accuracy(scores: Float32, mated: np.ndarray, threshold: float) -> float:
    return float(((scores >= threshold) == mated).mean())


def _pair(fields: list[str]) -> tuple[str, str, bool]:
    one = f"{fields[0]}_{int(fields[1]):04d}"
    name, number = (fields[0], fields[2]) if len(fields) == 3 else fields[2:]
    return one, f"{name}_{int(number):04d}", len(fields) == 3
