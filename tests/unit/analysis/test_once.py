import weakref

import numpy as np

from beholden.analysis.once import OncePerPicture


def test_a_picture_is_looked_at_once_until_the_next_one():
    looked = []
    look = OncePerPicture(lambda pixels: looked.append(int(pixels.sum())) or len(looked))
    first, second = np.ones((2, 2, 3), np.uint8), np.zeros((2, 2, 3), np.uint8)
    assert [look(one) for one in (first, first, second, second, first)] == [1, 1, 2, 2, 3]
    assert look(first.copy()) == 4  # as alike as it may be: it is another picture
    assert looked == [12, 0, 12, 12]


def test_pixels_are_not_kept():
    look = OncePerPicture(lambda pixels: 1)
    picture = np.ones((2, 2, 3), np.uint8)
    gone = weakref.ref(picture)
    look(picture)
    del picture
    assert gone() is None
