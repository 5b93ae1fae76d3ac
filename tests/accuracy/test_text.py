"""How well text is read. Every fourth scene and two receipts: benchmarks/text.py measures all."""

from pathlib import Path

import pytest

from beholden.evaluation.counts import Counts, rates
from beholden.evaluation.text import text_counts, word_f1
from beholden.evaluation.words import plain
from benchmarks.text_sets import Picture, Reader, crops, receipts, scenes

# Measured when written: .636, .065, .98; rapidocr on the same pictures: .591, .044, .98.
LEAST_F1 = 0.60
MOST_CHARACTER_ERRORS = 0.09
LEAST_CROPS_RIGHT = 0.93


@pytest.fixture(scope="module")
def reader(models_dir: Path) -> Reader:
    return Reader.open()


def counted(reader: Reader, pictures: list[Picture]) -> Counts:
    """Of what a request gets, as `beholden evaluate text` counts it."""
    return text_counts(
        [
            (picture.page, [w for w in reader.words(picture.path) if w.confidence >= 0.5])
            for picture in pictures
        ]
    )


def test_words_of_scenes(reader: Reader, shared_data: Path) -> None:
    counts = counted(reader, scenes(shared_data / "ocr")[::4])
    f1, false = word_f1(counts), rates(counts)["false"].rate
    assert f1 is not None
    assert f1.value > LEAST_F1
    assert false is not None
    assert false < 0.3


def test_characters_of_receipts(reader: Reader, shared_data: Path) -> None:
    wrong = rates(counted(reader, receipts(shared_data / "ocr")[4:]))["characters"].rate
    assert wrong is not None
    assert wrong < MOST_CHARACTER_ERRORS


def test_words_on_their_own(reader: Reader, shared_data: Path) -> None:
    words = list(crops(shared_data / "ocr").items())[::3]
    right = [plain(reader.crop(path)) == plain(text) for path, text in words]
    assert sum(right) / len(right) > LEAST_CROPS_RIGHT
