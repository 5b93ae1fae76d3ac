"""How well text is read. Every fourth scene and two receipts: benchmarks/text.py measures all."""

from pathlib import Path

import pytest

from benchmarks.text_sets import (
    Reader,
    character_errors,
    crops,
    plain,
    receipts,
    scenes,
    score,
)

# Measured when written: .636, .065, .98; rapidocr on the same pictures: .591, .044, .98.
LEAST_F1 = 0.60
MOST_CHARACTER_ERRORS = 0.09
LEAST_CROPS_RIGHT = 0.93


@pytest.fixture(scope="module")
def reader(models_dir: Path) -> Reader:
    return Reader.open()


def test_words_of_scenes(reader: Reader, shared_data: Path) -> None:
    pictures = scenes(shared_data / "ocr")[::4]
    found = score([(picture, reader.words(picture.path, 0.5)) for picture in pictures])
    assert found.f1 > LEAST_F1
    assert found.precision > 0.7


def test_characters_of_receipts(reader: Reader, shared_data: Path) -> None:
    pictures = receipts(shared_data / "ocr")[4:]
    read = [(picture, reader.words(picture.path, 0.5)) for picture in pictures]
    assert character_errors(read) < MOST_CHARACTER_ERRORS


def test_words_on_their_own(reader: Reader, shared_data: Path) -> None:
    words = list(crops(shared_data / "ocr").items())[::3]
    right = [plain(reader.crop(path)) == plain(text) for path, text in words]
    assert sum(right) / len(right) > LEAST_CROPS_RIGHT
