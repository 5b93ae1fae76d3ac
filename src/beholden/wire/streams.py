"""What stream processors find, as server-sent events: GET /streams/NAME/events.

The request must be signed as any other. Events are called `about` (what is watched), `record`
(AWS's record of one frame) and `end`, which says why nothing follows. A comment every few seconds
keeps the connection open.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any, Protocol

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from beholden.domain.errors import (
    AccessDenied,
    AuthenticationError,
    InvalidParameter,
    ResourceNotFound,
)
from beholden.wire.app import Gate, http_request
from beholden.wire.sigv4 import Verifier

# How often a watcher's right to see is asked for again.
CHECK_S = 1.0
ABOUT = ("Name", "Camera", "Place", "Operator", "Purpose")


class Watching(Protocol):
    async def soon(self, timeout_s: float) -> bytes | None: ...


class Feed(Protocol):
    def watch(self, processor: str) -> AbstractContextManager[Watching]: ...


class StreamEvents:
    """`still(watched)` raises AccessDenied once whoever watches may not any more, or what they
    watch has ended; `watched` is what WatchStream answered."""

    def __init__(
        self, gate: Gate, verifier: Verifier, feed: Feed, still: Callable[[Mapping[str, Any]], Any]
    ) -> None:
        self._gate = gate
        self._verifier = verifier
        self._feed = feed
        self._still = still

    def route(self) -> Route:
        return Route("/streams/{name}/events", self.serve)

    async def serve(self, request: Request) -> Response:
        try:
            watched = await run_in_threadpool(self._admitted, request)
        except (AccessDenied, AuthenticationError) as error:
            return PlainTextResponse(f"{error}\n", 403)
        except ResourceNotFound as error:
            return PlainTextResponse(f"{error}\n", 404)
        except InvalidParameter as error:
            return PlainTextResponse(f"{error}\n", 400)
        headers = {"Cache-Control": "no-store"}
        return StreamingResponse(self._events(watched), 200, headers, "text/event-stream")

    def _admitted(self, request: Request) -> dict[str, Any]:
        principal = self._verifier.verify(http_request(request, b""))
        name = request.path_params["name"]
        return self._gate.call(principal, "beholden:WatchStream", {"Name": name})

    async def _events(self, watched: Mapping[str, Any]) -> AsyncIterator[bytes]:
        with self._feed.watch(watched["Name"]) as watching:
            about = {name: watched[name] for name in ABOUT}
            yield b"event: about\ndata: %b\n\n" % json.dumps(about).encode()
            while True:
                record = await watching.soon(CHECK_S)
                try:
                    await run_in_threadpool(self._still, watched)
                except AccessDenied as refused:
                    yield f"event: end\ndata: {refused}\n\n".encode()
                    return
                yield b"event: record\ndata: %b\n\n" % record if record else b": nothing new\n\n"
