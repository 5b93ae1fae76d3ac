"""Measures of one video frame that tell shots and technical cues: how it differs from another, how
much of it is black, whether it is a plain ground, whether it shows colour bars."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from beholden.domain.arrays import Int64, UInt8

THUMB_PX = (32, 18)
BT709 = np.array([[0.2126, 0.7152, 0.0722]], np.float32)
# A pixel belongs to a frame's ground if no channel is further from it than this.
GROUND_LEVELS = 16

# Bars, each bit a channel: white, yellow, cyan, green, magenta, red, blue, black.
BARS = np.array([0b111, 0b110, 0b011, 0b010, 0b101, 0b100, 0b001, 0b000])
# The eighth may be missing, and the ends may be cut.
FEWEST_BARS = 7
# Of bars at 75%, 191 is on; grey beside them is 104.
ON_LEVEL = 96
# Edges between bars are narrower than this share of the width; inner bars are alike in width.
EDGE_SHARE = 0.02
MOST_WIDER = 1.5
# Rows that are looked at, and the share of them that shows bars where nothing lies over them.
BAR_ROWS = np.linspace(0.03, 0.6, 12)
CLEAR_ROWS = 0.5


def thumbnail(pixels: UInt8) -> UInt8:
    """(18, 32, 3) CIELAB of a picture (h, w, 3) RGB: what stays of it when small things move."""
    small = cv2.resize(pixels, THUMB_PX, interpolation=cv2.INTER_AREA)
    thumb: UInt8 = cv2.cvtColor(small, cv2.COLOR_RGB2LAB)
    return thumb


def change(one: UInt8, other: UInt8) -> float:
    """The mean distance of two thumbnails' pixels."""
    apart = one.astype(np.float32) - other.astype(np.float32)
    return float(np.linalg.norm(apart, axis=2).mean())


def black_share(pixels: UInt8, most: float) -> float:
    """0..1: the part of (h, w, 3) RGB with a BT.709 luminance of at most `most`, 0..1 of full."""
    luminance = cv2.transform(pixels, BT709)
    return float((luminance <= 255 * most).mean())


def ground_share(pixels: UInt8) -> float:
    """0..1: how much of (h, w, 3) RGB has the colour of most of it; 1 if it is all plain."""
    ground = np.median(pixels[::4, ::4].reshape(-1, 3), axis=0)
    near = cv2.inRange(pixels, ground - GROUND_LEVELS, ground + GROUND_LEVELS)
    return float(near.mean() / 255)


def color_bars(pixels: UInt8) -> float:
    """0..1, how surely (h, w, 3) RGB shows colour bars (EBU, SMPTE EG 1, SMPTE RP 219), in their
    order, wherever they begin, with a caption or a clock over some of them."""
    rows = pixels[(BAR_ROWS * len(pixels)).astype(int)]
    codes = (rows > ON_LEVEL) @ np.array([4, 2, 1])
    colours = np.sum([(codes == bar).any(axis=1) for bar in BARS], axis=0)
    found = sum(map(_has_bars, codes[colours >= FEWEST_BARS]))
    return min(1.0, found / len(rows) / CLEAR_ROWS)


def _has_bars(codes: Int64) -> bool:
    """Whether a row, as the codes (w,) of its pixels, is bars from side to side."""
    starts = np.flatnonzero(np.diff(codes, prepend=-1))
    widths = np.diff(starts, append=len(codes))
    wide = widths > EDGE_SHARE * len(codes)
    places = _PLACES[codes[starts[wide]]]
    return _longest(np.diff(places) % len(BARS) == 1, widths[wide]) >= FEWEST_BARS


def _longest(follows: NDArray[np.bool_], widths: Int64) -> int:
    """How many bars, at most, follow each other as they should, the inner ones alike in width."""
    best = length = 1
    for i, one in enumerate(follows, 1):
        alike = i in (1, len(widths) - 1) or _alike(widths[i - 1], widths[i])
        length = length + 1 if one and alike else 1
        best = max(best, length)
    return best


def _alike(one: int, other: int) -> bool:
    return max(one, other) <= MOST_WIDER * min(one, other)


_PLACES: Int64 = np.argsort(BARS)
