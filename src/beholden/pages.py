"""Pages of HTML, all filled in under the same rules."""

from __future__ import annotations

from collections.abc import Callable

from jinja2 import Environment, PackageLoader, StrictUndefined


def environment(package: str, **filters: Callable[..., object]) -> Environment:
    """The templates in a package's folder `templates`: all that is filled in is escaped, and a name
    that nobody filled in is an error, not a blank."""
    made = Environment(
        loader=PackageLoader(package),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= filters
    return made
