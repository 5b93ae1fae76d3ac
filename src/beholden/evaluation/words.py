"""Words that were read beside those that stand there.

A word is right as in the end-to-end task of ICDAR's Robust Reading Competition (Karatzas et al.,
"ICDAR 2015 competition on robust reading"): its corners and those of a word of the list overlap by
half (intersection over union), and letters and digits agree, without regard to case. A word that
lies for the most part in what nobody could read counts neither way.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import cv2
import numpy as np

from beholden.domain.arrays import Float32
from beholden.evaluation.observe import Found
from beholden.evaluation.pages import Page, Written, around

OVERLAP = 0.5


def judged(page: Page, read: Sequence[Found]) -> Iterator[tuple[Found, bool]]:
    """Every word read that counts, and whether it is right: each word of the list is found once.
    Of a picture that is known line by line, whether it is a word of the line it stands in."""
    return _in_lines(page, read) if page.lines else _in_words(page, read)


def _in_words(page: Page, read: Sequence[Found]) -> Iterator[tuple[Found, bool]]:
    left = [word for word in page.words if word.text is not None]
    unread = [word.corners_px for word in page.words if word.text is None]
    for word in read:
        corners = around(word.place_px)
        area = cv2.contourArea(corners)
        if any(_shared(corners, place) > OVERLAP * area for place in unread):
            continue
        match = next((true for true in left if _same(corners, word.what, true)), None)
        left = [true for true in left if true is not match]
        yield word, match is not None


def _in_lines(page: Page, read: Sequence[Found]) -> Iterator[tuple[Found, bool]]:
    for word in read:
        texts = [line.text for line in page.lines if line.text and _holds(line, word)]
        if texts and plain(word.what):
            yield word, plain(word.what) in {plain(w) for text in texts for w in text.split()}


def missed(page: Page, right: Sequence[Found]) -> list[Written]:
    """Words of the list that none of those read rightly lies on."""
    found = [around(word.place_px) for word in right]
    return [
        word
        for word in page.words
        if word.text is not None
        and not any(_overlaps(corners, word.corners_px) for corners in found)
    ]


def character_errors(page: Page, read: Sequence[Found]) -> tuple[int, int]:
    """Edits by which what was read in each line or word of the list differs from it, and its
    characters: without spaces, without regard to case. A word belongs where its middle is."""
    edits = characters = 0
    for true in page.marked:
        if true.text is not None:
            edits += edit_distance(text_in(true, read), _dense(true.text))
            characters += len(_dense(true.text))
    return edits, characters


def text_in(true: Written, read: Sequence[Found]) -> str:
    """What was read within something of the list, from left to right."""
    inside = [word for word in read if _holds(true, word)]
    return _dense("".join(word.what for word in sorted(inside, key=_middle_x)))


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


def _same(corners: Float32, text: str, true: Written) -> bool:
    return _reads(text, true.text or "") and _overlaps(corners, true.corners_px)


def _reads(text: str, true: str) -> bool:
    """By letters and digits; what has none, by what it is."""
    return plain(text) == plain(true) if plain(true) else text == true


def _overlaps(one: Float32, other: Float32) -> bool:
    shared = _shared(one, other)
    return shared > OVERLAP * (cv2.contourArea(one) + cv2.contourArea(other) - shared)


def _shared(one: Float32, other: Float32) -> float:
    return float(cv2.intersectConvexConvex(one, other)[0])


def _holds(true: Written, word: Found) -> bool:
    x, y = (float(n) for n in np.reshape(word.place_px, (-1, 2)).mean(axis=0))
    return cv2.pointPolygonTest(true.corners_px, (x, y), False) >= 0


def _middle_x(word: Found) -> float:
    return float(np.mean(word.place_px[::2]))
