"""beholden report: the public page's numbers for a year, as files to print and to keep."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from beholden.cli.options import DataDir, settings_with
from beholden.cli.session import open_session
from beholden.console.page import PublicKeys, html
from beholden.console.transparency import as_csv, as_json


def report(
    year: Annotated[
        int | None, typer.Option(min=1970, max=9999, help="Of this year. [default: all]")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Write OUT.html, OUT.json, OUT.csv. [default: here, by year]"),
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Publish what is due, and write the report of a calendar year, or of all years."""
    stem = out or Path(f"transparency-{year or 'all'}")
    with open_session(settings_with(data_dir=data_dir)) as session:
        oversight = session.deployment.oversight
        oversight.publisher.run()
        oversight.counter.run()
        made = oversight.counter.report(year)
        keys = PublicKeys(oversight.served.key().strip(), session.deployment.log.key().strip())
    forms = {"html": html(made, keys), "json": as_json(made), "csv": as_csv(made)}
    for ending, text in forms.items():
        path = stem.with_name(f"{stem.name}.{ending}")
        path.write_text(text, encoding="utf-8")
        print(path)
