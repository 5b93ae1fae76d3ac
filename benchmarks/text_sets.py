"""Text with its ground truth, and Beholden's own path to it: for the benchmark and the tests.

How well a reading agrees is told by beholden.evaluation, whoever read it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import cv2
import numpy as np
from PIL import Image as Pillow

from beholden.analysis.image import ImageDecoder
from beholden.analysis.text import TextAnalysis
from beholden.config import Settings
from beholden.domain.image import Image
from beholden.engines.inference.openvino import OpenVino
from beholden.engines.models.manifest import read_manifest
from beholden.engines.models.store import ModelStore
from beholden.evaluation.observe import Found, words_of
from beholden.evaluation.pages import Page, Written, around
from beholden.ports.inference import Inference
from beholden.vision.calibration.text import TextScale
from beholden.vision.ocr.detector import TextDetector
from beholden.vision.ocr.direction import TextDirection
from beholden.vision.ocr.recogniser import HEIGHT_PX, TextRecogniser

MAX_BYTES = 15 * 2**20


@dataclass(frozen=True)
class Picture:
    path: Path
    page: Page


@dataclass(frozen=True)
class Reader:
    """The path of one image, as bootstrap composes it, on one core."""

    decoder: ImageDecoder
    analysis: TextAnalysis
    recogniser: TextRecogniser

    @classmethod
    def open(cls, engine: Inference | None = None) -> Reader:
        store = ModelStore(Settings().models_dir, read_manifest())
        engine = engine or OpenVino(streams=1)
        alphabet = partial(engine.metadata, store.require("text_recogniser"), "character")
        names = ("text_detector", "text_direction", "text_recogniser")
        detect, direct, read = (engine.load(store.require(name)) for name in names)
        detector = TextDetector(detect, **store.spec("text_detector").thresholds)
        recogniser = TextRecogniser(read, alphabet)
        scale = TextScale.load()
        analysis = TextAnalysis(detector, TextDirection(direct), recogniser, scale)
        return cls(ImageDecoder(), analysis, recogniser)

    def decode(self, path: Path) -> Image:
        return self.decoder.decode(path.read_bytes(), max_bytes=MAX_BYTES)

    def words(self, path: Path) -> list[Found]:
        """Every word, in reading order."""
        return list(words_of(self.analysis, self.decode(path)))

    def crop(self, path: Path) -> str:
        """What a picture of one word says."""
        pixels = np.asarray(Pillow.open(path).convert("RGB"))
        width = max(8, round(pixels.shape[1] * HEIGHT_PX / pixels.shape[0]))
        return self.recogniser(cv2.resize(pixels, (width, HEIGHT_PX))).characters


def scenes(ocr: Path) -> list[Picture]:
    """ICDAR 2015, words in street scenes."""
    return [_picture(ocr, entry, "words") for entry in _entries(ocr) if entry["kind"] == "scene"]


def receipts(ocr: Path) -> list[Picture]:
    """SROIE, lines of receipts."""
    return [_picture(ocr, entry, "lines") for entry in _entries(ocr) if "lines" in entry]


def crops(ocr: Path) -> dict[Path, str]:
    """IIIT 5K, pictures of one word."""
    words = json.loads((ocr / "iiit5k_words.json").read_text(encoding="utf-8"))
    return {ocr / name: text for name, text in words.items()}


def _entries(ocr: Path) -> list[dict]:
    return json.loads((ocr / "ground_truth.json").read_text(encoding="utf-8"))


def _picture(ocr: Path, entry: Mapping, what: str) -> Picture:
    marked = tuple(
        Written(around(mark["polygon"]), None if mark["ignore"] else mark["text"])
        for mark in entry[what]
    )
    return Picture(ocr / entry["file"], Page(**{what: marked}))
