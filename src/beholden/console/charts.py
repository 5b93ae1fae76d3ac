"""Small charts as SVG text that stands inline in a page: no script, and they print."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import log10
from typing import Any

from markupsafe import Markup

WIDTH, HEIGHT = 420, 170
LEFT, RIGHT, TOP, BOTTOM = 34, 6, 10, 24
MONTHS_SHOWN = 12
COLOURS = 6
# Error rates are drawn on a scale of powers of ten from here to 1.
LEAST_RATE = 1e-6


def by_month(rows: Sequence[Mapping[str, Any]], names: Sequence[str], what: str) -> Markup:
    """A stacked bar for each of the last months with a call: `rows` as the report has them."""
    months = sorted({row["month"] for row in rows})[-MONTHS_SHOWN:]
    most = max(_sum(rows, month, what) for month in months) or 1
    top = _round_up(most)
    step = (WIDTH - LEFT - RIGHT) / len(months)
    parts = [*_grid(top)]
    width = min(step * 0.64, 44)
    for number, month in enumerate(months):
        middle = LEFT + step * number + min(step, 70) / 2
        parts += _stack(rows, names, (month, what), (middle - width / 2, width, top))
        parts.append(_text(middle, HEIGHT - 8, _short(month), "mid"))
    return _svg(parts, f"{what} by month")


def bar(value: float, most: float) -> Markup:
    """One horizontal bar, as wide as the cell that it stands in."""
    width = 100 * value / most if most else 0
    return Markup(
        '<svg class="bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">'
        '<rect class="rail" width="100" height="8"/>'
        '<rect class="c0" width="{}" height="8"/></svg>'
    ).format(f"{width:.2f}")


def rate_bar(rate: Mapping[str, Any]) -> Markup:
    """An error rate with its 95% interval, on a logarithmic scale up to 1."""
    low, high = _place(rate["low"] or LEAST_RATE), _place(rate["high"])
    parts = Markup('<rect class="span" x="{}" y="3" width="{}" height="4"/>').format(
        f"{low:.1f}", f"{max(high - low, 0.8):.1f}"
    )
    if rate["errors"]:
        at = _place(rate["rate"])
        parts += Markup('<rect class="c0" x="{}" width="1.6" height="10"/>').format(
            f"{at - 0.8:.1f}"
        )
    lines = Markup("").join(
        Markup('<rect class="rail" x="{}" width="0.4" height="10"/>').format(
            f"{_place(10.0**-k):.1f}"
        )
        for k in range(7)
    )
    head = Markup(
        '<svg class="bar" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">'
    )
    return head + lines + parts + Markup("</svg>")


def _place(rate: float) -> float:
    """0 to 100 on the logarithmic scale."""
    return 100 * (1 - log10(max(rate, LEAST_RATE)) / log10(LEAST_RATE))


def _stack(
    rows: Sequence[Mapping[str, Any]],
    names: Sequence[str],
    shown: tuple[str, str],
    at: tuple[float, float, float],
) -> Iterator[Markup]:
    """The month's bar, a piece for each purpose, with its number for whoever points at it."""
    (month, what), (left, width, top) = shown, at
    below = float(HEIGHT - BOTTOM)
    for colour, name in enumerate(names):
        count = sum(r[what] for r in rows if r["month"] == month and r["purpose"] == name)
        high = (HEIGHT - TOP - BOTTOM) * count / top
        below -= high
        if count:
            yield Markup(
                '<rect class="c{}" x="{}" y="{}" width="{}" height="{}"><title>{}</title></rect>'
            ).format(
                colour % COLOURS,
                f"{left:.1f}",
                f"{below:.1f}",
                f"{width:.1f}",
                f"{high:.1f}",
                f"{month}, {name}: {count:,}",
            )


def _grid(top: int) -> Iterator[Markup]:
    for value in (0, top // 2, top) if top % 2 == 0 else (0, top):
        y = HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * value / top
        line = Markup('<line class="grid" x1="{}" x2="{}" y1="{}" y2="{}"/>')
        yield line.format(LEFT, WIDTH - RIGHT, f"{y:.1f}", f"{y:.1f}")
        yield _text(LEFT - 5, y + 3.5, _few_digits(value), "end")


def _text(x: float, y: float, words: str, css: str) -> Markup:
    return Markup('<text class="{}" x="{}" y="{}">{}</text>').format(
        css, f"{x:.1f}", f"{y:.1f}", words
    )


def _svg(parts: Sequence[Markup], title: str) -> Markup:
    head = Markup('<svg class="chart" viewBox="0 0 {} {}" role="img" aria-label="{}">')
    return head.format(WIDTH, HEIGHT, title) + Markup("").join(parts) + Markup("</svg>")


def _sum(rows: Sequence[Mapping[str, Any]], month: str, what: str) -> int:
    return sum(row[what] for row in rows if row["month"] == month)


def _round_up(most: int) -> int:
    """1, 2, 4, 6, 8 or 10 times a power of ten."""
    power: int = 10 ** (len(str(most)) - 1)
    return next(power * step for step in (1, 2, 4, 6, 8, 10) if power * step >= most)


def _few_digits(number: int) -> str:
    for size, letter in ((1_000_000, "M"), (1_000, "k")):
        if number >= size:
            return f"{number / size:g}{letter}"
    return str(number)


def _short(month: str) -> str:
    """2026-11 as 11/26."""
    return f"{month[5:]}/{month[2:4]}"
