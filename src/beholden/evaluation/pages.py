"""Lists of text: what stands in pictures, a line of JSON for each."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from beholden.domain.arrays import Float32
from beholden.domain.errors import OperatorError
from beholden.evaluation.lists import ImageList, columns_of, source_of

FEWEST_POINTS = 3


@dataclass(frozen=True, slots=True)
class Written:
    """One word or line; `corners_px` (n, 2) goes round it. `text` is None where nobody could read
    it: neither to be read nor wrong to read."""

    corners_px: Float32
    text: str | None


@dataclass(frozen=True, slots=True)
class Page:
    """What stands in one picture, word by word or, as on receipts, line by line."""

    words: tuple[Written, ...] = ()
    lines: tuple[Written, ...] = ()

    @property
    def marked(self) -> tuple[Written, ...]:
        return self.lines or self.words


@dataclass(frozen=True, slots=True)
class TextList:
    images: ImageList
    pages: tuple[Page, ...]


def read_pages(path: Path, folder: Path | None = None) -> TextList:
    """JSON Lines: {"image": "a.jpg", "words": [{"points": [[x, y], ...], "text": "EXIT"}, ...]},
    or "lines" in the place of "words"; whatever else is a column to group by. Raises OperatorError,
    with the line, for what it cannot read."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise OperatorError(f"{path}: the list cannot be read: {error}") from error
    rows, pages = [], []
    for number, line in enumerate(lines, 1):
        try:
            row = json.loads(line)
            rows.append({**row, "image": str(row["image"])})
            pages.append(Page(_written(row.get("words", ())), _written(row.get("lines", ()))))
        except (ValueError, KeyError, TypeError) as error:
            raise OperatorError(
                f"{path}, line {number}: {error!r}: see docs/evaluate.md"
            ) from error
    if not any(page.marked for page in pages):
        raise OperatorError(f"{path}: no line of the list has `words` or `lines`.")
    files = tuple((folder or path.parent) / row["image"] for row in rows)
    columns = columns_of(rows, {"image"})
    return TextList(ImageList(source_of(path), files, ("",) * len(files), columns), tuple(pages))


def _written(marks: Iterable[Mapping[str, Any]]) -> tuple[Written, ...]:
    return tuple(Written(around(mark["points"]), _text(mark["text"])) for mark in marks)


def _text(text: object) -> str | None:
    if text is None or isinstance(text, str):
        return text
    raise TypeError("a text is a string, or null where nobody can read it")


def around(points: Any) -> Float32:
    """The corners (n, 2) of what goes round `points`, however they are ordered."""
    corners = np.array(points, np.float32).reshape(-1, 2)
    if len(corners) < FEWEST_POINTS or not np.isfinite(corners).all():
        raise ValueError(f"{points} goes round nothing")
    return np.asarray(cv2.convexHull(corners)[:, 0], np.float32)
