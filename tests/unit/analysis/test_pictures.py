"""A picture of a face: the face and a little around it, small, and nothing of the rest."""

import io

import numpy as np
import pytest
from PIL import Image as Pillow

from beholden.analysis.pictures import SIDE_PX, face_picture
from beholden.domain.geometry import Box
from beholden.domain.image import Image


def picture(box, width=800, height=600):
    """Red where the face is, blue elsewhere."""
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[..., 2] = 255
    top, left = max(0, int(box.top)), max(0, int(box.left))
    pixels[top : int(box.bottom), left : int(box.right)] = (255, 0, 0)
    data = face_picture(Image(pixels, b""), box)
    with Pillow.open(io.BytesIO(data)) as opened:
        assert opened.format == "JPEG"
        return np.asarray(opened).astype(int)


def test_the_face_fills_the_middle():
    seen = picture(Box(300, 200, 100, 120))
    assert seen.shape == (192, 192, 3)  # 1.6 times the longer side
    assert seen[96, 96, 0] > 200
    assert seen[4, 4, 2] > 200
    assert (seen[..., 0] > 128).mean() == pytest.approx(100 * 120 / 192**2, abs=0.02)


def test_a_large_face_is_made_small():
    assert picture(Box(50, 50, 450, 450)).shape == (SIDE_PX, SIDE_PX, 3)


@pytest.mark.parametrize("box", [Box(-40, -30, 100, 120), Box(740, 540, 100, 100)])
def test_a_face_at_the_edge_keeps_its_square(box):
    seen = picture(box)
    assert seen.shape[0] == seen.shape[1]
