"""SMPTE timecodes, against the numbers that the standard's own tables give."""

import pytest

from beholden.domain.timecode import smpte

NTSC = 30000 / 1001


@pytest.mark.parametrize(
    ("frame_no", "rate", "told"),
    [
        (0, 25, "00:00:00:00"),
        (760, 25, "00:00:30:10"),
        (90_000, 25, "01:00:00:00"),
        (30 * 60, 30, "00:01:00:00"),
        (24 * 60, 24000 / 1001, "00:01:00:00"),
        (299, NTSC, "00:00:09;29"),
        (1799, NTSC, "00:00:59;29"),
        (1800, NTSC, "00:01:00;02"),
        (3597, NTSC, "00:01:59;29"),
        (3598, NTSC, "00:02:00;02"),
        (17981, NTSC, "00:09:59;29"),
        (17982, NTSC, "00:10:00;00"),
        (107_892, NTSC, "01:00:00;00"),
        (107_892, 29.97, "01:00:00;00"),
        (3599, 2 * NTSC, "00:00:59;59"),
        (3600, 2 * NTSC, "00:01:00;04"),
        (35964, 2 * NTSC, "00:10:00;00"),
        (5, 0.4, "00:00:05:00"),
    ],
)
def test_timecodes(frame_no, rate, told):
    assert smpte(frame_no, rate) == told


def test_no_frame_shares_its_timecode():
    names = [smpte(no, NTSC) for no in range(40_000)]
    assert len(set(names)) == len(names)
    assert names == sorted(names)
