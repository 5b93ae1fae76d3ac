"""The detector around a network that sees white squares: what it finds, and how often it looks."""

import numpy as np
import pytest

from beholden.testing.inference import FakeNetwork
from beholden.vision.detectors import STRIDES_PX, FaceDetector, Letterbox, decode

# Each landmark from the centre of the square, in half sides.
LANDMARKS = np.array([[-0.5, -0.4], [0.5, -0.4], [0, 0], [-0.4, 0.5], [0.4, 0.5]], np.float32)


class SquareFinder:
    """YuNet's outputs for one bright square; `seen` keeps the shape of every canvas."""

    def __init__(self, smallest_px=0.0, largest_px=np.inf):
        self.seen = []
        self.smallest_px, self.largest_px = smallest_px, largest_px

    def __call__(self, canvas):
        _, _, height, width = canvas.shape
        self.seen.append((height, width))
        ys, xs = np.nonzero(canvas[0].min(axis=0) > 128)
        outputs = {stride: blank(height // stride, width // stride) for stride in STRIDES_PX}
        if len(xs) and self.smallest_px <= np.ptp(xs) + 1 <= self.largest_px:
            mark(outputs[8], width // 8, xs, ys)
        return [outputs[stride][part] for part in range(4) for stride in STRIDES_PX]


def blank(rows, columns):
    return [np.zeros((1, rows * columns, size), np.float32) for size in (1, 1, 4, 10)]


def mark(output, columns, xs, ys):
    """Says, at the anchor of the square's centre, where the square is."""
    side = np.array([np.ptp(xs) + 1, np.ptp(ys) + 1])
    centre = np.array([xs.min(), ys.min()]) + side / 2
    anchor = (centre // 8).astype(int)
    k = anchor[1] * columns + anchor[0]
    cls, obj, bbox, kps = (part[0, k] for part in output)
    cls[:], obj[:] = 0.81, 1.0
    bbox[:2], bbox[2:] = centre / 8 - anchor, np.log(side / 8)
    kps[:] = ((centre + LANDMARKS * side / 2) / 8 - anchor).ravel()


def scene(height, width, left, top, side):
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[top : top + side, left : left + side] = 255
    return pixels


@pytest.mark.parametrize(
    ("height", "width", "left", "top", "side"),
    [
        (250, 250, 80, 90, 90),
        (1080, 1920, 1700, 500, 200),
        (1080, 1920, 1000, 20, 40),
        (80, 80, 0, 0, 80),
        (2000, 300, 100, 1500, 120),
    ],
)
def test_box_and_landmarks_are_in_pixels_of_the_image(height, width, left, top, side):
    (face,) = FaceDetector(FakeNetwork(SquareFinder()))(scene(height, width, left, top, side))
    box, tolerance = face.box_px, 0.04 * side + 1
    assert np.abs(np.array([box.left - left, box.top - top, box.width - side])).max() <= tolerance
    centre = np.array([left + side / 2, top + side / 2])
    expected = centre + LANDMARKS * side / 2
    assert np.abs(face.landmarks_px - expected).max() <= tolerance
    assert face.confidence == pytest.approx(0.9)


def test_nothing_is_found_in_an_empty_image():
    assert FaceDetector(FakeNetwork(SquareFinder()))(np.zeros((480, 640, 3), np.uint8)) == []


def test_a_small_face_is_looked_at_again_from_close_by():
    network = SquareFinder()
    FaceDetector(FakeNetwork(network))(scene(1080, 1920, 1000, 500, 40))
    assert network.seen == [(576, 960), (160, 256), (128, 128)]
    network.seen.clear()
    FaceDetector(FakeNetwork(network))(scene(1080, 1920, 1000, 500, 200))
    assert (128, 128) not in network.seen


def test_what_a_closer_look_does_not_confirm_is_dropped():
    network = SquareFinder(largest_px=25)
    assert FaceDetector(FakeNetwork(network))(scene(1080, 1920, 1000, 500, 40)) == []


def test_a_face_too_large_for_the_large_canvas_is_found_on_the_small_one():
    network = SquareFinder(largest_px=300)
    (face,) = FaceDetector(FakeNetwork(network))(scene(1080, 1920, 400, 60, 900))
    assert face.box_px.width == pytest.approx(900, rel=0.05)


def test_there_are_few_canvas_shapes():
    shapes = set()
    for height in range(80, 2000, 37):
        for width in range(80, 2000, 41):
            box = Letterbox.fit((height, width, 3), max(height, width) / 2)
            assert height * box.scale <= box.height + 1
            assert width * box.scale <= box.width + 1
            assert box.height % 32 == 0
            assert box.width % 32 == 0
            shapes.add((box.height, box.width))
    assert len(shapes) <= 60


def test_boxes_that_overlap_are_one_face():
    outputs = {stride: blank(16 // (stride // 8), 16 // (stride // 8)) for stride in STRIDES_PX}
    for x in (40, 44):
        mark(outputs[8], 16, np.arange(x, x + 40), np.arange(40, 80))
    found = [outputs[stride][part] for part in range(4) for stride in STRIDES_PX]
    found[0][0, 0], found[3][0, 0] = 0.5, 0.5
    assert len(decode(found, 128, 128, 0.6)) == 2
    assert len(FaceDetector(FakeNetwork(lambda _: found))(scene(128, 128, 40, 40, 40))) == 1
