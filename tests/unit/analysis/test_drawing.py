"""Labels in annotated pictures do not hide each other."""

from itertools import combinations

from beholden.analysis.drawing import free_place

PICTURE, TAG = (200, 100), (60.0, 12.0)


def placed(*wheres):
    taken = []
    for where in wheres:
        taken.append(free_place(PICTURE, where, TAG, taken))
    return taken


def test_a_label_stands_above_its_box_or_below_it():
    (above,), (below,) = placed((10, 50, 80)), placed((10, 4, 80))
    assert (above.top, above.bottom) == (38, 50)
    assert below.top == 80


def test_labels_of_boxes_that_stand_close_do_not_overlap():
    places = placed(*((10 + n, 40 + n, 60) for n in range(5)))
    for one, other in combinations(places, 2):
        assert one.bottom <= other.top or other.bottom <= one.top
    assert all(place.top >= 0 and place.bottom <= 100 for place in places)


def test_a_label_stays_in_the_picture():
    (place,) = placed((190, 0, 100))
    assert place.right <= 200
    assert 0 <= place.top <= 88


def test_where_every_place_is_taken_it_stands_above_its_box():
    assert placed(*[(10, 50, 80)] * 12)[-1].top == 38
