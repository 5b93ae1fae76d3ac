"""Finding faces: YuNet (Wu, Peng, Yu: YuNet, a tiny millisecond-level face detector, 2023)."""

from __future__ import annotations

import math
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
# The network first looks at half the image's size, where the smallest face promised (40 px in
# 1920x1080, more in a larger image) is still found: 20 px. Measured: benchmarks/detection.py.
FIRST_LOOK_SCALE = 0.5
# The canvas is as long as one of these and as short as one of these shares of it (16:9 fits into
# 0.6), so that the engine meets few shapes: each new one costs it 10 to 60 ms.
CANVAS_SIDES_PX = (128, 192, 256, 320, 480, 640, 960)
SHORT_SIDES = (0.25, 0.5, 0.6, 0.75, 1.0)
# On a canvas this long a face that fills it is missed: a small second one finds those.
LARGE_CANVAS_PX = 640
COARSE_SIDE_PX = 256
LARGE_FACE_SHARE = 0.3
# Landmarks of a smaller face are too rough to align by: it is looked at again, from close by.
SMALL_FACE_PX = 32
CLOSE_UP_PX = 128
CLOSE_UP_MARGIN = 2.5


@dataclass(frozen=True, slots=True)
class Letterbox:
    """An image, scaled, in the top left corner of a `height` x `width` canvas (pixels)."""

    scale: float
    height: int
    width: int

    @classmethod
    def fit(cls, shape: tuple[int, ...], side_px: float) -> Letterbox:
        """An image of `shape` (height, width, ...), reduced to about `side_px` on its longer side:
        to the next canvas above, or the largest there is. It is never enlarged."""
        side = next((s for s in CANVAS_SIDES_PX if s >= side_px), CANVAS_SIDES_PX[-1])
        scale = min(1.0, side / max(shape[:2]))
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

    def __init__(self, network: Network, *, score: float = 0.6, nms_iou: float = 0.3) -> None:
        self._network = network
        self._score = score
        self._nms_iou = nms_iou

    def __call__(self, pixels: UInt8) -> list[FaceDetection]:
        """Faces in `pixels` (h, w, 3) uint8 RGB, the surest first."""
        first = Letterbox.fit(pixels.shape, FIRST_LOOK_SCALE * max(pixels.shape))
        found = self._look(pixels, first)
        if max(first.height, first.width) >= LARGE_CANVAS_PX:
            coarse = self._look(pixels, Letterbox.fit(pixels.shape, COARSE_SIDE_PX))
            large = coarse[:, 2:4].max(axis=1) > LARGE_FACE_SHARE * max(pixels.shape)
            found = self._suppress(np.concatenate([found, coarse[large]]))
        small = found[:, 2:4].max(axis=1) * first.scale < SMALL_FACE_PX
        if small.any():
            closer = [self._look_closer(pixels, face) for face in found[small]]
            found = self._suppress(np.concatenate([found[~small], *closer]))
        return [_detection(face) for face in found]

    def closer(self, pixels: UInt8, face: FaceDetection) -> FaceDetection | None:
        """What stands where `face` is or was, seen from close by; None if it is not there."""
        box = face.box_px
        place = (box.left, box.top, box.width, box.height)
        row = np.array([*place, *face.landmarks_px.ravel(), face.confidence], np.float32)
        return next(map(_detection, self._look_closer(pixels, row)), None)

    def _look(self, pixels: UInt8, letterbox: Letterbox) -> Float32:
        """Faces (n, 15) as `decode` gives them, in pixels of the image."""
        outputs = self._network(letterbox.draw(pixels))
        faces = self._suppress(decode(outputs, letterbox.height, letterbox.width, self._score))
        faces[:, :14] /= letterbox.scale
        return faces

    def _look_closer(self, pixels: UInt8, face: Float32) -> Float32:
        """What stands at `face` (15,) when it fills more of the canvas: (1, 15), or (0, 15)."""
        side = CLOSE_UP_MARGIN * face[2:4].max()
        scale = CLOSE_UP_PX / side
        shift = face[:2] + face[2:4] / 2 - side / 2
        transform = np.hstack([np.eye(2) * scale, -scale * shift[:, None]])
        close_up = cv2.warpAffine(pixels, transform, (CLOSE_UP_PX, CLOSE_UP_PX))
        faces = self._look(close_up, Letterbox(1.0, CLOSE_UP_PX, CLOSE_UP_PX))
        faces[:, :14] /= scale
        faces[:, :14] += np.concatenate([shift, (0, 0), np.tile(shift, 5)])
        shifts = faces[:, :2] + faces[:, 2:4] / 2 - face[:2] - face[2:4] / 2
        off_centre = np.abs(shifts).max(axis=1)
        nearest = off_centre.argsort()[:1]
        same: Float32 = faces[nearest[off_centre[nearest] < face[2:4].min() / 2]]
        return same

    def _suppress(self, faces: Float32) -> Float32:
        """Non-maximum suppression of `faces` (n, 15); those kept, the surest first."""
        boxes, scores = faces[:, :4].tolist(), faces[:, 14].tolist()
        kept = cv2.dnn.NMSBoxes(boxes, scores, self._score, self._nms_iou)
        best_first: Float32 = faces[np.asarray(kept, np.intp)]
        return best_first


def decode(outputs: Sequence[Float32], height_px: int, width_px: int, score: float) -> Float32:
    """YuNet's outputs as faces (n, 15): left, top, width, height, five landmarks (x, y), score.

    `outputs` are cls (1, k, 1), obj, bbox (1, k, 4) and kps (1, k, 10), each at strides 8, 16, 32.
    Only anchors of at least `score` become faces; pixels of the canvas.
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
    """`length_px` rounded up to a share of the canvas's long side, and to whole strides."""
    share = next(share for share in SHORT_SIDES if share * longest_px >= length_px)
    return math.ceil(share * longest_px / STRIDES_PX[-1]) * STRIDES_PX[-1]


def _detection(face: Float32) -> FaceDetection:
    left, top, width, height = (float(value) for value in face[:4])
    return FaceDetection(Box(left, top, width, height), float(face[14]), face[4:14].reshape(5, 2))
