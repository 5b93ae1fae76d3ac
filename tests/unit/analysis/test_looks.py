import numpy as np

from beholden.analysis.looks import Looks
from beholden.domain.image import Image


class Still:
    def __init__(self, at_ms, level):
        self.timestamp_ms, self.no = at_ms, 0
        self._image = Image(np.full((72, 128, 3), level, np.uint8), b"")

    def image(self, max_side_px=1920):
        return self._image


def test_nothing_is_looked_at_again_before_it_changes():
    seen = []

    def look(image):
        seen.append(int(image.pixels[0, 0, 0]))
        return [len(seen)]

    looks = Looks(look, 2.0)
    for at_ms, level in ((0, 100), (500, 101), (1000, 103), (1500, 105), (2000, 0)):
        looks.see(Still(at_ms, level))
    assert seen == [100, 105, 0]
    assert looks.part() == {
        "looks": [(0, [1]), (500, [1]), (1000, [1]), (1500, [2]), (2000, [3])],
    }


def test_a_letter_that_changes_is_seen():
    """Five pixels wide on 1280 x 720."""
    pixels = np.full((720, 1280, 3), 20, np.uint8)
    looked = []
    looks = Looks(lambda image: looked.append(1), 2.0)
    for change in (False, True):
        frame = Still(500 * change, 0)
        shown = pixels.copy()
        if change:
            shown[300:310, 600:605] = 240
        frame._image = Image(shown, b"")
        looks.see(frame)
    assert len(looked) == 2
