"""From the JSON of an evaluation to its HTML page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from jinja2 import Environment
from markupsafe import Markup

from beholden import pages
from beholden.evaluation.groups import TOO_LITTLE
from beholden.evaluation.report import charts

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Page:
    """Turns findings into HTML. `pictures` are data URLs by row of the image list."""

    pictures: Mapping[int, str]

    def render(self, findings: Json, names: Mapping[int, str]) -> str:
        """`findings` as Findings.to_json gives them, `names` what a picture's caption says."""
        page = _environment().get_template(f"{findings['kind']}.html")
        return page.render(
            doc=findings,
            results=findings["results"],
            pictures=self.pictures,
            names=names,
            charts=charts,
            too_little=TOO_LITTLE,
        )


def _environment() -> Environment:
    made = pages.environment(
        "beholden.evaluation.report",
        rate=rate_text,
        bounds=bounds_text,
        amount=amount_text,
        count=lambda n: f"{n:,}",
        estimate=estimate_text,
    )
    made.globals["overall_of"] = overall_of
    return made


def overall_of(results: Json, measure: str, similarity_pct: float | None) -> Json | None:
    """The rate over all groups that a group's rate stands beside."""
    for row in results.get("thresholds", ()):
        if row["similarity_pct"] == similarity_pct:
            return cast(Json, row[measure.lower()])
    for row in results.get("attributes", ()):
        if row["attribute"] == measure:
            return cast(Json, row["wrong"])
    return cast("Json | None", results.get(measure))


def amount_text(value: float | None) -> Markup:
    """A share as people read it: percent from 0.1% up, a power of ten below."""
    if value is None:
        return Markup("&ndash;")
    if value == 0:
        return Markup("0")
    if value >= 0.0995:
        return Markup("{}%").format(f"{value * 100:.1f}")
    if value >= 0.00095:
        return Markup("{}%").format(f"{value * 100:.2f}")
    digits, exponent = f"{value:.1e}".split("e")
    return Markup("{}&thinsp;&times;&thinsp;10<sup>{}</sup>").format(digits, int(exponent))


def rate_text(rate: Json) -> Markup:
    return amount_text(rate["rate"])


def estimate_text(figure: Json | None) -> Markup:
    """A figure that is no rate, with its interval."""
    if figure is None:
        return Markup("&ndash;")
    return Markup("{} <i>{} to {}</i>").format(
        *(f"{figure[k]:.3f}" for k in ("value", "low", "high"))
    )


def bounds_text(rate: Json) -> Markup:
    """The 95% interval, and how many errors it stands on."""
    if rate["rate"] is None:
        return Markup("not measured")
    high, errors = amount_text(rate["high"]), f"{rate['errors']:,} of {rate['trials']:,}"
    if rate["errors"] == 0:
        return Markup("below {} <i>{}</i>").format(high, errors)
    low = amount_text(rate["low"])
    return Markup("{} to {} <i>{}</i>").format(low, high, errors)
