"""Finding faces: YuNet (Wu, Peng, Yu: YuNet, a tiny millisecond-level face detector, 2023)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from beholden.domain.arrays import Float32, UInt8
from beholden.domain.face import FaceDetection
from beholden.domain.geometry import Box
from beholden.ports.inference import Network

STRIDES_PX = (8, 16, 32)
# The long and the short side of the network's input come from these, so that the engine meets few
# shapes: each new one costs it 10 to 40 ms.
LONG_SIDES_PX = (128, 256, 320, 480, 640, 960)
SHORT_SIDE_STEPS = 4
COARSE_SIDE_PX = 256


@dataclass(frozen=True, slots=True)
class Letterbox:
    """An image, scaled, in the top left corner of a `height` x `width` canvas (pixels)."""

    scale: float
    height: int
    width: int

    @classmethod
    def fit(cls, shape: tuple[int, ...], longest_px: int) -> Letterbox:
        """The smallest canvas for an image of `shape` (height, width, ...), which is reduced to at
        most `longest_px` a side and never enlarged."""
        longest = max(shape[:2])
        side = next((s for s in LONG_SIDES_PX if s >= min(longest, longest_px)), longest_px)
        scale = min(1.0, side / longest)
        height, width = (_short_side(round(n * scale), side) for n in shape[:2])
        return cls(scale, height, width)

    def draw(self, pixels: UInt8) -> Float32:
        """`pixels` (h, w, 3) RGB as the network takes it: (1, 3, height, width) BGR, 0-255."""
        if self.scale < 1:
            size = [max(1, round(n * self.scale)) for n in pixels.shape[1::-1]]
            pixels = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
        canvas = np.zeros((1, 3, self.height, self.width), np.float32)
        for channel, plane in enumerate(reversed(cv2.split(pixels))):
            canvas[0, channel, : pixels.shape[0], : pixels.shape[1]] = plane
        return canvas


class FaceDetector:
    """Callable: an RGB image to its faces. `score` and `nms_iou` come from the manifest."""

    def __init__(
        self,
        network: Network,
        *,
        score: float = 0.6,
        nms_iou: float = 0.3,
        longest_px: int = 960,
    ) -> None:
        self._network = network
        self._score = score
        self._nms_iou = nms_iou
        self._longest_px = longest_px

    def __call__(self, pixels: UInt8) -> list[FaceDetection]:
        """Faces in `pixels` (h, w, 3) uint8 RGB, the surest first."""
        fine = Letterbox.fit(pixels.shape, self._longest_px)
        boxes = [fine]
        if max(fine.height, fine.width) > COARSE_SIDE_PX:
            boxes.append(Letterbox.fit(pixels.shape, COARSE_SIDE_PX))
        found = np.concatenate([self._detect(pixels, letterbox) for letterbox in boxes])
        return [_detection(row) for row in found[self._suppress(found)]]

    def _detect(self, pixels: UInt8, letterbox: Letterbox) -> Float32:
        """Rows (n, 15) as `decode` gives them, in pixels of the image."""
        outputs = self._network(letterbox.draw(pixels))
        rows = decode(outputs, letterbox.height, letterbox.width, self._score)
        rows[:, :14] /= letterbox.scale
        return rows

    def _suppress(self, rows: Float32) -> Sequence[int]:
        """Non-maximum suppression; the indices kept, the surest first."""
        boxes, scores = rows[:, :4].tolist(), rows[:, 14].tolist()
        kept: Sequence[int] = cv2.dnn.NMSBoxes(boxes, scores, self._score, self._nms_iou)
        return list(kept)


def decode(outputs: Sequence[Float32], height_px: int, width_px: int, score: float) -> Float32:
    """YuNet's outputs as rows (n, 15): left, top, width, height, five landmarks (x, y), score.

    `outputs` are cls (1, k, 1), obj, bbox (1, k, 4) and kps (1, k, 10), each at strides 8, 16, 32.
    Only anchors of at least `score` become rows; pixels of the canvas.
    """
    cls, obj, bbox, kps = (
        np.concatenate([output[0] for output in outputs[i : i + 3]]) for i in range(0, 12, 3)
    )
    scores = np.sqrt(np.clip(cls, 0, 1) * np.clip(obj, 0, 1))[:, 0]
    sure = np.flatnonzero(scores >= score)
    anchors, strides = (grid[sure] for grid in _grid(height_px, width_px))
    size = np.exp(bbox[sure, 2:]) * strides
    corner = (anchors + bbox[sure, :2]) * strides - size / 2
    landmarks = (np.tile(anchors, 5) + kps[sure]) * strides
    return np.hstack([corner, size, landmarks, scores[sure, None]])


@lru_cache(maxsize=64)
def _grid(height_px: int, width_px: int) -> tuple[Float32, Float32]:
    """Column and row of every anchor, (k, 2), and its stride, (k, 1)."""
    shapes = [(height_px // stride, width_px // stride) for stride in STRIDES_PX]
    anchors = [np.indices(shape, np.float32)[::-1].reshape(2, -1).T for shape in shapes]
    sizes = [np.full((len(a), 1), s, np.float32) for a, s in zip(anchors, STRIDES_PX, strict=True)]
    return np.concatenate(anchors), np.concatenate(sizes)


def _short_side(length_px: int, longest_px: int) -> int:
    """`length_px` rounded up to a quarter of the canvas's long side, and to whole strides."""
    step = longest_px // SHORT_SIDE_STEPS
    return -(-max(1, -(-length_px // step)) * step // STRIDES_PX[-1]) * STRIDES_PX[-1]


def _detection(row: Float32) -> FaceDetection:
    left, top, width, height = (float(value) for value in row[:4])
    return FaceDetection(Box(left, top, width, height), float(row[14]), row[4:14].reshape(5, 2))
