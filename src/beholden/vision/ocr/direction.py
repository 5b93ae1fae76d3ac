"""Which way up a line is: PP-OCR's direction network."""

from __future__ import annotations

from beholden.domain.arrays import UInt8
from beholden.ports.inference import Network
from beholden.vision.ocr.quads import network_input

HEIGHT_PX, WIDTH_PX = 48, 192


class TextDirection:
    """Callable: a crop of a line to the probability, 0..1, that it is upside down."""

    def __init__(self, network: Network) -> None:
        self._network = network

    def __call__(self, crop: UInt8) -> float:
        """`crop` (48, w, 3) RGB; of a long line the beginning tells."""
        (upright_and_turned,) = self._network(
            network_input(crop[:, :WIDTH_PX], HEIGHT_PX, WIDTH_PX)
        )
        return float(upright_and_turned[0, 1])
