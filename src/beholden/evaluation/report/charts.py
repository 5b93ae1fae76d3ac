"""The report's charts, each from the part of the JSON that it shows."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from beholden.evaluation.report.svg import Axis, Frame, tag

Json = Mapping[str, Any]
LABEL_PX = 190
ROW_PX = 24


def trade_off_chart(
    points: Sequence[Json], names: tuple[str, str], marks: Sequence[Json], title: str
) -> Markup:
    """Two error rates against each other on logarithmic axes, with 95% bands: DET, or FNIR over
    FPIR. `names` are the keys of the rates; `marks` are thresholds to point out."""
    x, y = names
    shown = [p for p in points if p[x]["rate"] and p[y]["rate"]]
    if len(shown) < 2:
        return Markup("")
    frame = Frame.make(
        _decades([p[x]["rate"] for p in shown]),
        _decades([v for p in shown for v in (p[y]["low"], p[y]["rate"], p[y]["high"])]),
        log_x=True,
        log_y=True,
    )
    floor = frame.y.low
    low, high = (
        [(p[x]["rate"], max(p[y][end] or floor, floor)) for p in shown] for end in ("low", "high")
    )
    parts = [
        *frame.grid(x.upper(), y.upper()),
        frame.band(low, high, "band"),
        frame.line([(p[x]["rate"], p[y]["rate"]) for p in shown], "curve"),
    ]
    for mark in marks:
        if mark[x]["rate"] and mark[y]["rate"]:
            parts += _mark(frame, (mark[x]["rate"], mark[y]["rate"]), mark)
    return frame.svg(parts, title)


def _mark(frame: Frame, at: tuple[float, float], mark: Json) -> list[Markup]:
    label = f"{mark['similarity_pct']:g}"
    css = "dot used" if mark["in_use"] else "dot"
    text = tag("text", label, x=frame.x(at[0]) + 6, y=frame.y(at[1]) - 6, class_="note")
    return [frame.dot(at, css, 4, f"similarity {label}"), text]


def _decades(values: Sequence[float | None]) -> tuple[float, float]:
    """The powers of ten around the positive ones of `values`."""
    positive = [v for v in values if v]
    low = math.floor(math.log10(min(positive)))
    high = math.ceil(math.log10(max(positive)) - 1e-9)
    return 10.0 ** max(low, high - 6), 10.0 ** max(high, low + 1)


def histogram_chart(counts: Json, marks: Sequence[Json], names: tuple[str, str]) -> Markup:
    """Mated and non-mated scores, each as shares of its own kind."""
    edges = counts["edges"]
    shares = {kind: _shares(counts[kind]) for kind in ("non_mated", "mated")}
    top = max([*shares["mated"], *shares["non_mated"], 1e-9])
    frame = Frame.make((edges[0], edges[-1]), (0, top * 1.08))
    parts = frame.grid("score (cosine)", "share of comparisons")
    for kind, values in shares.items():
        outline = _steps(edges, values)
        base = [(edges[0], 0.0), (edges[-1], 0.0)]
        parts += [frame.band(base, outline, f"area {kind}"), frame.line(outline, f"edge {kind}")]
    for mark in marks:
        if mark["in_use"]:
            parts += frame.rule_x(mark["score"], f"similarity {mark['similarity_pct']:g}")
    return frame.svg(parts, f"Histogram of scores: {names[0]} and {names[1]}")


def _shares(counts: Sequence[int]) -> list[float]:
    total = sum(counts)
    return [n / total if total else 0.0 for n in counts]


def _steps(edges: Sequence[float], values: Sequence[float]) -> list[tuple[float, float]]:
    pairs = zip(edges, edges[1:], values, strict=False)
    return [point for left, right, v in pairs for point in ((left, v), (right, v))]


def interval_chart(rows: Sequence[Json], overall: Json | None, title: str) -> Markup:
    """A rate by group: a dot and its 95% interval, logarithmic; hollow where there is too little
    data. The line is the rate over all groups."""
    shown = [row for row in rows if row["rate"]["trials"]]
    values = [v for row in shown for v in (row["rate"]["rate"], row["rate"]["high"])]
    if not any(values):
        return Markup("")
    low, high = _decades([v for row in shown for v in row["rate"].values() if _positive(v)])
    height = 60 + ROW_PX * len(shown)
    x = Axis(low, high, LABEL_PX, 700 - 20, log=True)
    frame = Frame(x, Axis(0, 1, height - 44, 8), 700, height)
    parts = [*frame.columns()]
    if overall and overall["rate"]:
        at = x(overall["rate"])
        parts.append(tag("line", x1=at, x2=at, y1=8, y2=height - 44, class_="rule"))
    for i, row in enumerate(shown):
        parts += _interval(x, 22 + ROW_PX * i, row)
    parts.append(tag("text", title, x=(x.start + x.end) / 2, y=height - 8, class_="axis mid"))
    return frame.svg(parts, title)


def _positive(value: object) -> bool:
    return isinstance(value, float) and value > 0


def _interval(x: Axis, y: float, row: Json) -> list[Markup]:
    rate = row["rate"]
    low, high = max(rate["low"] or x.low, x.low), rate["high"] or x.low
    css = "few" if row["too_little"] else "whole"
    at = x(rate["rate"] or x.low)
    name = tag("text", row["group"], x=LABEL_PX - 12, y=y + 4, class_="tick end name")
    bar = tag("line", x1=x(low), x2=x(high), y1=y, y2=y, class_=f"interval {css}")
    return [name, bar, tag("circle", cx=at, cy=y, r=4.5, class_=f"dot {css}")]


def sizes_chart(rows: Sequence[Json], in_use_pct: float) -> Markup:
    """FPIR over the gallery's size: measured, and as independence would have it."""
    shown = [row for row in rows if row["similarity_pct"] == in_use_pct]
    values = [v for row in shown for v in (row["fpir_measured"], row["fpir_independent"]) if v]
    if len(shown) < 2 or not values:
        return Markup("")
    n = [row["gallery_size"] for row in shown]
    frame = Frame.make((min(n), max(n)), _decades(values), log_y=True)
    parts = frame.grid("gallery size N", "FPIR")
    for key, css in (("fpir_independent", "curve dashed"), ("fpir_measured", "curve")):
        parts.append(frame.line([(r["gallery_size"], r[key] or frame.y.low) for r in shown], css))
    return frame.svg(parts, "FPIR over gallery size")


def precision_chart(curve: Sequence[Json]) -> Markup:
    """Precision over recall."""
    frame = Frame.make((0, 1), (0, 1.02))
    line = frame.line([(p["recall"], p["precision"]) for p in curve], "curve")
    return frame.svg([*frame.grid("recall", "precision"), line], "Precision over recall")


def reliability_chart(curve: Json) -> Markup:
    """The share that is right over the confidence stated, with 95% intervals; on the dashed line
    both are the same."""
    if not curve["bins"]:
        return Markup("")
    frame = Frame.make((0, 1), (0, 1.02))
    parts = [*frame.grid("confidence stated", "share that is right")]
    parts.append(frame.line([(0, 0), (1, 1)], "curve dashed"))
    for each in curve["bins"]:
        x, right = each["stated"], each["right"]
        parts.append(frame.line([(x, right["low"]), (x, right["high"])], "interval whole"))
    parts.append(frame.line([(b["stated"], b["right"]["rate"]) for b in curve["bins"]], "curve"))
    for each in curve["bins"]:
        at = each["stated"], each["right"]["rate"]
        parts.append(frame.dot(at, "dot whole", 3.5, f"{each['right']['trials']} found"))
    shown = frame.rule_x(curve["shown_from"], "shown") if curve["shown_from"] else []
    return frame.svg([*parts, *shown], f"Reliability of {curve['what']}")
