"""The live page: what a stream processor sees, for whoever holds a ticket (beholden:ViewStream).

The ticket stands in the address once; it opens a visit, which a cookie names from then on. The page
holds no more than its two streams: pictures (Motion JPEG), and who is in them (server-sent events).
Each asks for the right to see every second, and ends with it, the pictures with a dark one.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractContextManager
from secrets import token_urlsafe
from typing import Any, Protocol

from PIL import Image
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import (
    HTMLResponse,
    PlainTextResponse,
    RedirectResponse,
    Response,
    StreamingResponse,
)
from starlette.routing import Route

from beholden.analysis.drawing import jpeg
from beholden.console.page import environment
from beholden.domain.errors import AccessDenied

CHECK_S = 1.0
COOKIE = "beholden-visit"
DARK = jpeg(Image.new("RGB", (640, 360), "#1f2933"))
# Each picture ends with the line that begins the next: browsers show it no earlier.
BOUNDARY = b"--picture\r\n"
MOTION_JPEG = "multipart/x-mixed-replace; boundary=picture"
HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
}
POLICY = (
    "default-src 'none'; img-src 'self'; connect-src 'self'; script-src 'nonce-{nonce}'; "
    "style-src 'nonce-{nonce}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

Watched = Mapping[str, Any]


class Tickets(Protocol):
    def redeem(self, ticket: str) -> tuple[str, Watched]: ...
    def allowed(self, visit: str) -> Watched: ...
    def end(self, visit: str) -> None: ...


class Shown(Protocol):
    @property
    def jpeg(self) -> bytes: ...
    @property
    def told(self) -> bytes: ...


class Watching(Protocol):
    async def soon(self, timeout_s: float) -> Shown | None: ...


class Audience(Protocol):
    def watch(self, processor: str) -> AbstractContextManager[Watching]: ...


class LivePage:
    """`still(watched)` raises AccessDenied once whoever watches may not any more, or what they
    watch has ended; `dropped(processor)` is how many frames were left out."""

    def __init__(
        self,
        tickets: Tickets,
        audience: Audience,
        still: Callable[[Watched], None],
        dropped: Callable[[str], int],
    ) -> None:
        self._tickets = tickets
        self._audience = audience
        self._still = still
        self._dropped = dropped

    def routes(self) -> list[Route]:
        page = "/streams/{name}/live"
        return [
            Route(page, self.page),
            Route(f"{page}/pictures", self.pictures),
            Route(f"{page}/told", self.told),
        ]

    def page(self, request: Request) -> Response:
        try:
            if "ticket" in request.query_params:
                return self._enter(request)
            _, watched = self._visit(request)
            self._still(watched)
        except AccessDenied as refused:
            return _refused(refused)
        nonce = token_urlsafe(16)
        html = environment().get_template("live.html").render(watched=watched, nonce=nonce)
        return HTMLResponse(
            html, headers=HEADERS | {"Content-Security-Policy": POLICY.format(nonce=nonce)}
        )

    def pictures(self, request: Request) -> Response:
        return self._stream(request, MOTION_JPEG, self._pictures)

    def told(self, request: Request) -> Response:
        return self._stream(request, "text/event-stream", self._events)

    def _enter(self, request: Request) -> Response:
        """To the same page, without the ticket. A look at the headers alone uses none up."""
        here = request.url.path
        if request.method != "GET":
            return Response(headers=HEADERS)
        visit, watched = self._tickets.redeem(request.query_params["ticket"])
        if watched["Name"] != request.path_params["name"]:
            self._tickets.end(visit)
            raise AccessDenied("ticket: it is for another stream processor")
        answer = RedirectResponse(here, 303, HEADERS)
        https = request.url.scheme == "https"
        answer.set_cookie(COOKIE, visit, path=here, secure=https, httponly=True, samesite="strict")
        return answer

    def _visit(self, request: Request) -> tuple[str, Watched]:
        """Raises AccessDenied."""
        visit = request.cookies.get(COOKIE, "")
        watched = self._tickets.allowed(visit)
        if watched["Name"] != request.path_params["name"]:
            raise AccessDenied("visit: it is to another stream processor")
        return visit, watched

    def _stream(
        self,
        request: Request,
        media_type: str,
        stream: Callable[[str, Watched], AsyncIterator[bytes]],
    ) -> Response:
        try:
            visit, watched = self._visit(request)
        except AccessDenied as refused:
            return _refused(refused)
        return StreamingResponse(stream(visit, watched), 200, HEADERS, media_type)

    async def _pictures(self, visit: str, watched: Watched) -> AsyncIterator[bytes]:
        yield BOUNDARY
        try:
            async for shown in self._shown(watched):
                if shown:
                    yield _part(shown.jpeg)
        except AccessDenied:
            self._tickets.end(visit)
            yield _part(DARK)

    async def _events(self, visit: str, watched: Watched) -> AsyncIterator[bytes]:
        dropped = 0
        try:
            async for shown in self._shown(watched):
                if (now := self._dropped(watched["Name"])) != dropped:
                    dropped = now
                    yield b"event: dropped\ndata: %d\n\n" % dropped
                yield b"event: look\ndata: %b\n\n" % shown.told if shown else b": nothing new\n\n"
        except AccessDenied as refused:
            self._tickets.end(visit)
            yield f"event: end\ndata: {refused}\n\n".encode()

    async def _shown(self, watched: Watched) -> AsyncIterator[Shown | None]:
        """What comes, or None where nothing does for a while. Raises AccessDenied at the end."""
        with self._audience.watch(watched["Name"]) as watching:
            checked = -CHECK_S
            while True:
                if time.monotonic() - checked >= CHECK_S:
                    await run_in_threadpool(self._still, watched)
                    checked = time.monotonic()
                yield await watching.soon(CHECK_S)


def _part(picture: bytes) -> bytes:
    head = b"Content-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(picture)
    return b"%b%b\r\n%b" % (head, picture, BOUNDARY)


def _refused(refused: AccessDenied) -> Response:
    return PlainTextResponse(f"{refused}\nbeholden streams view NAME opens it.\n", 403, HEADERS)
