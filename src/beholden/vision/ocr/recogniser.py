"""Reading one line: PP-OCR's recogniser, with CTC (Graves et al.: Connectionist temporal
classification, 2006), the best symbol of every column."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from beholden.domain.arrays import Float32, UInt8
from beholden.ports.inference import Network
from beholden.vision.ocr.quads import network_input

HEIGHT_PX = 48
# A line longer than fifty of its heights is squeezed.
MAX_WIDTH_PX = 2400
# Widths are rounded up to this, so that the engine meets few shapes.
STEP_PX, MIN_WIDTH_PX = 32, 64
BLANK = 0


@dataclass(frozen=True, slots=True)
class Reading:
    """What a line says: `characters[i]` has probability `probabilities[i]` and its centre at
    `places[i]`, a share of the line's length."""

    characters: str
    probabilities: Float32
    places: Float32

    @property
    def mean(self) -> float:
        """The mean probability of its characters; 0 without any."""
        return float(self.probabilities.mean()) if len(self.probabilities) else 0.0

    def words(self) -> Iterator[tuple[slice, float, float]]:
        """Each word between spaces: its characters, and where it starts and ends in the line. A
        word ends where the space beside it has its centre."""
        start = 0
        for end in range(len(self.characters) + 1):
            if end == len(self.characters) or self.characters[end].isspace():
                if end > start:
                    left = float(self.places[start - 1]) if start else 0.0
                    right = float(self.places[end]) if end < len(self.characters) else 1.0
                    yield slice(start, end), left, right
                start = end + 1


class TextRecogniser:
    """Callable: a crop of a line to its Reading. `alphabet` gives the network's characters, one a
    line, and is asked when it is first needed."""

    def __init__(self, network: Network, alphabet: Callable[[], str]) -> None:
        self._network = network
        self._alphabet = alphabet
        self._symbols: list[str] = []

    def __call__(self, crop: UInt8) -> Reading:
        """`crop` (48, w, 3) RGB, upright."""
        width = max(MIN_WIDTH_PX, -(-crop.shape[1] // STEP_PX) * STEP_PX)
        (probabilities,) = self._network(network_input(crop, HEIGHT_PX, width))
        return self._decode(probabilities[0], crop.shape[1] / width)

    def _decode(self, probabilities: Float32, filled: float) -> Reading:
        """From (columns, symbols), of which a share `filled` has picture under it."""
        self._symbols = self._symbols or ["", *self._alphabet().split("\n"), " "]
        best = probabilities.argmax(axis=1)
        begins = (best != BLANK) & (np.diff(best, prepend=BLANK) != 0)
        columns = np.flatnonzero(begins)
        return Reading(
            "".join(self._symbols[i] for i in best[columns]),
            probabilities[columns, best[columns]],
            ((columns + 0.5) / (len(best) * filled)).astype(np.float32).clip(0, 1),
        )
