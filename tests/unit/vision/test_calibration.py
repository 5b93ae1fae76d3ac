import pytest

from beholden.vision.calibration import AgeScale, Logistic, read_calibration


def test_shipped_numbers_make_sense():
    calibration = read_calibration()
    for name in ("gender", "smile", "mouth_open", "eyes_open", "eyeglasses", "sunglasses"):
        scale = getattr(calibration, name)
        assert scale.width > 0
        assert 0.5 < scale.ceiling < 1


def test_confidence_grows_with_distance_from_the_threshold_up_to_the_ceiling():
    scale = Logistic(threshold=2.0, width=0.5, ceiling=0.97)
    told = [scale.told(value) for value in (2.01, 2.5, 3.5, 99.0)]
    assert all(answer.value for answer in told)
    confidences = [answer.confidence for answer in told]
    assert confidences == sorted(confidences)
    assert confidences[0] == pytest.approx(0.5, abs=0.01)
    assert confidences[-1] == 0.97


def test_both_sides_of_a_threshold_are_equally_sure():
    scale = Logistic(threshold=1.0, width=0.3, ceiling=0.99)
    yes, no = scale.told(1.4), scale.told(0.6)
    assert (yes.value, no.value) == (True, False)
    assert yes.confidence == pytest.approx(no.confidence)


def test_age_ranges_widen_with_doubt_and_start_at_zero():
    scale = AgeScale(low=2.0, high=3.0, least_years=1.0)
    assert scale.range_of(30.0, 0.0) == (28, 33)
    assert scale.range_of(30.0, 4.0) == (20, 45)
    assert scale.range_of(0.5, 1.0) == (0, 7)
