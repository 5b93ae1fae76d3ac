"""Text with its ground truth, and how well a reading agrees: for the benchmark and the tests.

A reading is a list of words, each (corners (4, 2) in pixels, text, score 0..1), whoever read it.
Texts are compared by their letters and digits, without regard to case, as ICDAR's end-to-end task
does. Corners must overlap by half (intersection over union), words that lie for the most part in
what the annotators could not read count neither way.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import cv2
import numpy as np
from PIL import Image as Pillow

from beholden.analysis.image import ImageDecoder
from beholden.analysis.text import TextAnalysis, TextFilter
from beholden.config import Settings
from beholden.domain.arrays import Float32
from beholden.domain.image import Image
from beholden.engines.inference.openvino import OpenVino
from beholden.engines.models.manifest import read_manifest
from beholden.engines.models.store import ModelStore
from beholden.ports.inference import Inference
from beholden.vision.calibration.text import TextScale
from beholden.vision.ocr.detector import TextDetector
from beholden.vision.ocr.direction import TextDirection
from beholden.vision.ocr.recogniser import HEIGHT_PX, TextRecogniser

MAX_BYTES = 15 * 2**20
OVERLAP = 0.5

Word = tuple[Float32, str, float]


@dataclass(frozen=True)
class Picture:
    """`truth` holds (corners (n, 2), text) of words, or of whole lines on a receipt; the corners in
    `unread` hold what nobody could read."""

    path: Path
    truth: list[tuple[Float32, str]]
    unread: list[Float32]


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

    def words(self, path: Path, min_confidence: float = 0.0) -> list[Word]:
        lines = self.analysis.read(self.decode(path), TextFilter(min_confidence, most=sys.maxsize))
        return [(word.quad_px, word.text, word.confidence) for line in lines for word in line.words]

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
    marked = [(_hull(m["polygon"]), m["text"], m["ignore"]) for m in entry[what]]
    return Picture(
        ocr / entry["file"],
        [(corners, text) for corners, text, ignore in marked if not ignore],
        [corners for corners, _, ignore in marked if ignore],
    )


def _hull(corners: Iterable) -> Float32:
    return cv2.convexHull(np.array(corners, np.float32).reshape(-1, 2))[:, 0]


@dataclass(frozen=True)
class Score:
    """Words that are right, of those given and of those that are there."""

    right: int
    given: int
    there: int

    @property
    def precision(self) -> float:
        return self.right / max(1, self.given)

    @property
    def recall(self) -> float:
        return self.right / max(1, self.there)

    @property
    def f1(self) -> float:
        return 2 * self.right / max(1, self.given + self.there)


def judged(picture: Picture, words: Sequence[Word]) -> Iterator[tuple[Word, bool]]:
    """Every word that counts, and whether it is right: each true word is found once."""
    left = list(picture.truth)
    for word in words:
        corners = _hull(word[0])
        area = cv2.contourArea(corners)
        if any(_shared(corners, unread) > OVERLAP * area for unread in picture.unread):
            continue
        match = next((true for true in left if _same(corners, word[1], true)), None)
        if match:
            left = [true for true in left if true is not match]
        yield word, match is not None


def score(read: Sequence[tuple[Picture, Sequence[Word]]]) -> Score:
    verdicts = [right for picture, words in read for _, right in judged(picture, words)]
    there = sum(len(picture.truth) for picture, _ in read)
    return Score(sum(verdicts), len(verdicts), there)


def character_errors(read: Sequence[tuple[Picture, Sequence[Word]]]) -> float:
    """Edits by which the words in each true line differ from it, per character of it: without
    spaces, without regard to case. Words belong to the line that holds their middle."""
    edits = characters = 0
    for picture, words in read:
        for corners, text in picture.truth:
            inside = [word for word in words if _holds(corners, word)]
            found = "".join(w[1] for w in sorted(inside, key=lambda w: float(w[0][:, 0].mean())))
            edits += edit_distance(_dense(found), _dense(text))
            characters += len(_dense(text))
    return edits / characters


def in_receipt(picture: Picture, words: Sequence[Word]) -> Iterator[tuple[Word, bool]]:
    """Every word in a true line, and whether it is a word of that line."""
    for word in words:
        lines = [text for corners, text in picture.truth if _holds(corners, word)]
        if lines and plain(word[1]):
            yield word, plain(word[1]) in {plain(w) for line in lines for w in line.split()}


def edit_distance(one: str, other: str) -> int:
    """Levenshtein's."""
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        previous, row[0] = row[0], i
        for j, b in enumerate(other, 1):
            previous, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, previous + (a != b))
    return row[-1]


def plain(text: str) -> str:
    """Letters and digits only, without case."""
    return "".join(c for c in text.casefold() if c.isalnum())


def _dense(text: str) -> str:
    return "".join(text.split()).casefold()


def _same(corners: Float32, text: str, true: tuple[Float32, str]) -> bool:
    if plain(text) != plain(true[1]):
        return False
    shared = _shared(corners, true[0])
    union = cv2.contourArea(corners) + cv2.contourArea(true[0]) - shared
    return shared > OVERLAP * union


def _shared(one: Float32, other: Float32) -> float:
    return float(cv2.intersectConvexConvex(one, other)[0])


def _holds(corners: Float32, word: Word) -> bool:
    x, y = (float(n) for n in np.asarray(word[0]).mean(axis=0))
    return cv2.pointPolygonTest(corners, (x, y), False) >= 0
