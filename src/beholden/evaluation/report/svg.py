"""Axes and marks of a chart, as SVG text that stands inline in the report."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

Point = tuple[float, float]


def tag(name: str, text: str = "", **attributes: object) -> Markup:
    """One element; underscores in attribute names become hyphens, and text is escaped."""
    pairs = (f'{k.rstrip("_").replace("_", "-")}="{escape(str(v))}"' for k, v in attributes.items())
    return Markup(f"<{name} {' '.join(pairs)}>{escape(text)}</{name}>")  # noqa: S704 (escaped)


@dataclass(frozen=True, slots=True)
class Axis:
    """From values to pixels between `start` and `end`; logarithmic if `log`."""

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def __call__(self, value: float) -> float:
        span = self._scaled(self.high) - self._scaled(self.low) or 1.0
        part = (self._scaled(min(max(value, self.low), self.high)) - self._scaled(self.low)) / span
        return round(self.start + part * (self.end - self.start), 1)

    def ticks(self) -> list[float]:
        """Powers of ten, or about six round numbers."""
        if self.log:
            first = math.ceil(math.log10(self.low) - 1e-9)
            return [10.0**k for k in range(first, math.floor(math.log10(self.high) + 1e-9) + 1)]
        step = _round_step((self.high - self.low) / 6)
        first = math.ceil(self.low / step - 1e-9)
        return [round(k * step, 10) for k in range(first, math.floor(self.high / step + 1e-9) + 1)]

    def _scaled(self, value: float) -> float:
        return math.log10(value) if self.log else value


def _round_step(rough: float) -> float:
    power = 10.0 ** math.floor(math.log10(max(rough, 1e-12)))
    return next(step * power for step in (1, 2, 5, 10) if step * power >= rough * 0.999)


def power_label(value: float) -> str:
    """0.001 as 10 with a raised -3; plain from 0.01 up."""
    exponent = round(math.log10(value))
    raised = str(exponent).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"{value:g}" if value >= 0.01 else f"10{raised}"


@dataclass(frozen=True, slots=True)
class Frame:
    """A chart's plot area and its two axes."""

    x: Axis
    y: Axis
    width: int
    height: int

    @classmethod
    def make(
        cls,
        x: tuple[float, float],
        y: tuple[float, float],
        *,
        log_x: bool = False,
        log_y: bool = False,
        size: tuple[int, int] = (460, 340),
        left: int = 62,
    ) -> Frame:
        width, height = size
        return cls(
            Axis(*x, left, width - 16, log_x), Axis(*y, height - 44, 14, log_y), width, height
        )

    def grid(self, x_title: str, y_title: str) -> list[Markup]:
        return [*self.columns(), *self._rows(), *self._titles(x_title, y_title)]

    def line(self, points: Sequence[Point], css: str) -> Markup:
        return tag("polyline", class_=css, points=self._list(points))

    def band(self, low: Sequence[Point], high: Sequence[Point], css: str) -> Markup:
        """The area between two lines."""
        return tag("polygon", class_=css, points=self._list([*low, *reversed(high)]))

    def dot(self, at: Point, css: str, radius: float = 3.5, title: str = "") -> Markup:
        circle = Markup("<circle cx='{}' cy='{}' r='{}' class='{}'><title>{}</title></circle>")
        return circle.format(self.x(at[0]), self.y(at[1]), radius, css, title)

    def rule_x(self, value: float, label: str, css: str = "rule") -> list[Markup]:
        """A vertical line across the plot, with its label at the top."""
        x = self.x(value)
        line = tag("line", x1=x, x2=x, y1=self.y.end, y2=self.y.start, class_=css)
        return [line, tag("text", label, x=x + 4, y=self.y.end + 10, class_="note")]

    def svg(self, parts: Iterable[Markup], title: str) -> Markup:
        view = f"0 0 {self.width} {self.height}"
        head = Markup('<svg viewBox="{}" role="img" aria-label="{}">').format(view, title)
        return head + Markup("").join(parts) + Markup("</svg>")

    def columns(self) -> Iterable[Markup]:
        """Grid lines and labels of the horizontal axis."""
        label = _labels(self.x)
        for value in self.x.ticks():
            x = self.x(value)
            yield tag("line", x1=x, x2=x, y1=self.y.start, y2=self.y.end, class_="grid")
            yield tag("text", label(value), x=x, y=self.y.start + 16, class_="tick mid")

    def _rows(self) -> Iterable[Markup]:
        label = _labels(self.y)
        for value in self.y.ticks():
            y = self.y(value)
            yield tag("line", x1=self.x.start, x2=self.x.end, y1=y, y2=y, class_="grid")
            yield tag("text", label(value), x=self.x.start - 7, y=y + 3.5, class_="tick end")

    def _titles(self, x_title: str, y_title: str) -> Iterable[Markup]:
        middle_x, middle_y = (self.x.start + self.x.end) / 2, (self.y.start + self.y.end) / 2
        yield tag("text", x_title, x=middle_x, y=self.height - 8, class_="axis mid")
        turned = f"rotate(-90 14 {middle_y})"
        yield tag("text", y_title, x=14, y=middle_y, class_="axis mid", transform=turned)

    def _list(self, points: Sequence[Point]) -> str:
        return " ".join(f"{self.x(x)},{self.y(y)}" for x, y in points)


def _labels(axis: Axis) -> Callable[[float], str]:
    return power_label if axis.log else (lambda value: f"{value:g}")
