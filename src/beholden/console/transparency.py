"""The public page (rules 10 and 13): HTML that works without JavaScript, JSON, CSV, and an Atom
feed of checkpoints.

Nobody signs these requests and nobody decides on them: all that is shown is computed from the
published log, which anyone can download. Nothing here can reach the gate, records or a gallery.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from hashlib import sha256
from typing import Any, Protocol

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from beholden.console.page import PublicKeys, feed, html
from beholden.oversight.report import CALLS

CACHING = "public, max-age=60"
HTML, JSON, CSV, ATOM = "text/html", "application/json", "text/csv", "application/atom+xml"
# The page runs no script and loads nothing from anywhere.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


class Numbers(Protocol):
    def report(self, year: int | None = None) -> dict[str, Any]: ...


class Checkpoints(Protocol):
    def days(self) -> list[dict[str, Any]]: ...


def transparency_routes(
    numbers: Numbers, checkpoints: Checkpoints, keys: PublicKeys
) -> list[Route]:
    """The page and its other forms, under /transparency."""
    pages = _Pages(numbers, checkpoints, keys)
    return [
        Route("/transparency", pages.html),
        Route("/transparency.json", pages.json),
        Route("/transparency.csv", pages.csv),
        Route("/transparency/feed.xml", pages.feed),
    ]


def as_json(report: dict[str, Any]) -> str:
    """What `tools/recompute_report.py` prints, to the byte."""
    return json.dumps(report, indent=1, sort_keys=True) + "\n"


def as_csv(report: dict[str, Any]) -> str:
    """The calls of each month and purpose."""
    text = io.StringIO()
    writer = csv.DictWriter(text, ["month", "purpose", *CALLS], lineterminator="\n")
    writer.writeheader()
    writer.writerows(report["months"])
    return text.getvalue()


class _Pages:
    """Handlers. They compute, so they are plain functions: Starlette gives each a thread."""

    def __init__(self, numbers: Numbers, checkpoints: Checkpoints, keys: PublicKeys) -> None:
        self._numbers = numbers
        self._checkpoints = checkpoints
        self._keys = keys
        self._made: dict[tuple[str, int | None], tuple[int, str]] = {}

    def html(self, request: Request) -> Response:
        return self._answer(request, HTML, lambda report: html(report, self._keys))

    def json(self, request: Request) -> Response:
        return self._answer(request, JSON, as_json)

    def csv(self, request: Request) -> Response:
        return self._answer(request, CSV, as_csv)

    def feed(self, request: Request) -> Response:
        return _cached(request, ATOM, feed(self._checkpoints.days(), self._keys))

    def _answer(
        self, request: Request, media_type: str, make: Callable[[dict[str, Any]], str]
    ) -> Response:
        asked = request.query_params.get("year")
        if asked is not None and not (len(asked) == 4 and asked.isascii() and asked.isdecimal()):
            return PlainTextResponse("year is a number of four digits\n", 400)
        year = None if asked is None else int(asked)
        return _cached(request, media_type, self._text(media_type, year, make))

    def _text(
        self, media_type: str, year: int | None, make: Callable[[dict[str, Any]], str]
    ) -> str:
        """Made once for each state of the log."""
        report = self._numbers.report(year)
        size, text = self._made.get((media_type, year), (-1, ""))
        if size != report["entries"]:
            text = make(report)
            if year is None or report["months"]:  # whoever asks for all years fills no memory
                self._made[media_type, year] = (report["entries"], text)
        return text


def _cached(request: Request, media_type: str, text: str) -> Response:
    tag = f'"{sha256(text.encode()).hexdigest()[:32]}"'
    headers = {
        "Cache-Control": CACHING,
        "ETag": tag,
        "Content-Security-Policy": POLICY,
        "X-Content-Type-Options": "nosniff",
        "Access-Control-Allow-Origin": "*",
    }
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    return Response(text, media_type=f"{media_type}; charset=utf-8", headers=headers)
