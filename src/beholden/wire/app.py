"""The server: the path of a request from socket to gate and back, as one visible list."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Container, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol
from uuid import uuid4

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from beholden.domain.access import Principal
from beholden.domain.errors import (
    BeholdenError,
    MissingAuthentication,
    NotOffered,
    RequestTimedOut,
    RequestTooLarge,
    Throttled,
    UnknownOperation,
)
from beholden.gate.registry import REGISTRY
from beholden.ports.clock import Clock
from beholden.ports.records import Keys
from beholden.wire import errors, protocol, query, verbs
from beholden.wire.replays import Replays
from beholden.wire.sigv4 import HttpRequest, Verifier
from beholden.wire.validate import validate

WORKERS_PER_CORE = 4


class Gate(Protocol):
    """What decides, records and runs a call. Called from many threads at once."""

    def call(
        self, principal: Principal, operation: str, request: Mapping[str, Any], /
    ) -> dict[str, Any]: ...


@dataclass(frozen=True, slots=True)
class Limits:
    """How much the server takes on. The largest legal request, CompareFaces with two images of
    5 MiB in base64, is 14 MB; all that are still arriving hold `arriving_bytes` together. A request
    waits for one of `workers` threads, and when `requests` of them wait or run, the next is told to
    come back later. Most threads wait at any time, for the log's disk, an inference or the
    interpreter: there are as many as keep every processor busy all the same."""

    body_bytes: int = 16 * 2**20
    body_seconds: float = 30.0
    arriving_bytes: int = 256 * 2**20
    workers: int = field(default_factory=lambda: WORKERS_PER_CORE * len(os.sched_getaffinity(0)))
    requests: int = 64


class Rekognition:
    """The one endpoint of the API."""

    def __init__(
        self,
        gate: Gate,
        verifier: Verifier,
        limits: Limits,
        offered: Container[str],
        *,
        check_responses: bool,
    ) -> None:
        self._gate = gate
        self._verifier = verifier
        self._limits = limits
        self._offered = offered
        self._check_responses = check_responses
        self._admitted = 0
        self._arriving = 0
        self._pool = ThreadPoolExecutor(limits.workers, thread_name_prefix="request")

    async def serve(self, request: Request) -> Response:
        """Read the body within limits, admit, and answer in a worker thread."""
        # Nothing is kept for a request that says neither what it wants nor who sends it.
        answer, media_type = self._spoken(request)
        if "authorization" not in request.headers:
            raise MissingAuthentication
        received = http_request(request, await self._body(request))
        if self._admitted >= self._limits.requests:
            raise Throttled
        self._admitted += 1
        try:
            loop = asyncio.get_running_loop()
            body = await loop.run_in_executor(self._pool, answer, received)
        finally:
            self._admitted -= 1
        return Response(body, media_type=media_type)

    def _spoken(self, request: Request) -> tuple[Callable[[HttpRequest], bytes], str]:
        """What answers a request of this protocol. Raises UnknownOperation."""
        if query.is_query(request.headers):
            return partial(self.answer_query, request.state.request_id), query.CONTENT_TYPE
        operation_of(request.headers.get("x-amz-target"))
        return self.answer, protocol.CONTENT_TYPE

    def answer(self, received: HttpRequest) -> bytes:
        """The request path."""
        operation = operation_of(received.headers.get("x-amz-target"))
        principal = self._verifier.verify(received)
        request = self._read(operation, received.body)
        response = self._gate.call(principal, operation, request)
        if self._check_responses and not verbs.is_verb(operation):
            protocol.check_response(operation, response)
        return protocol.serialise(response)

    def answer_query(self, request_id: str, received: HttpRequest) -> bytes:
        """The request path of STS, on the same endpoint."""
        principal = self._verifier.verify(received, query.SERVICE)
        action, request = query.parse(received.body)
        if f"{query.SERVICE}:{action}" not in self._offered:
            raise UnknownOperation(f"{action} is not offered here.")
        validate(action, request, query.SERVICE)
        response = self._gate.call(principal, f"{query.SERVICE}:{action}", request)
        return query.serialise(action, response, request_id)

    def _read(self, operation: str, body: bytes) -> dict[str, Any]:
        """The request, of the types and within the constraints that are declared for it."""
        if verbs.is_verb(operation):
            return verbs.parse(operation, body)
        if operation not in self._offered:
            raise NotOffered(f"{operation} is not built yet: see the coverage page.")
        request = protocol.parse(operation, body)
        validate(operation, request)
        return request

    def close(self) -> None:
        """Let what runs finish."""
        self._pool.shutdown()

    async def _body(self, request: Request) -> bytes:
        if int(request.headers.get("content-length", 0)) > self._limits.body_bytes:
            raise RequestTooLarge
        body = bytearray()
        try:
            async with asyncio.timeout(self._limits.body_seconds):
                async for chunk in request.stream():
                    body += chunk
                    self._arriving += len(chunk)
                    if len(body) > self._limits.body_bytes:
                        raise RequestTooLarge
                    if self._arriving > self._limits.arriving_bytes:
                        raise Throttled
        except TimeoutError:
            raise RequestTimedOut from None
        finally:
            self._arriving -= len(body)
        return bytes(body)


class RequestIds:
    """Gives every request its id, and every answer the header that carries it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = str(uuid4())
        scope.setdefault("state", {})["request_id"] = request_id
        header = (b"x-amzn-RequestId", request_id.encode())

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), header]
            await send(message)

        await self._app(scope, receive, send_with_id)


def create_app(
    gate: Gate,
    keys: Keys,
    clock: Clock,
    *,
    limits: Limits | None = None,
    offered: Container[str] = REGISTRY,
    check_responses: bool = False,
    routes: Sequence[BaseRoute] = (),
    replays: Replays | None = None,
) -> ASGIApp:
    """The ASGI application: the API at `/`, readiness at `/healthz`, and further `routes`.

    `offered` names the operations that are built; `check_responses` checks each response against
    its output shape before it leaves, for tests and debugging; without `replays` a signed request
    can be sent again for 15 minutes.
    """
    endpoint = Rekognition(
        gate,
        Verifier(keys.find, clock, replays),
        limits or Limits(),
        offered,
        check_responses=check_responses,
    )

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        yield
        endpoint.close()

    app = Starlette(
        routes=[Route("/", endpoint.serve, methods=["POST"]), Route("/healthz", _ready), *routes],
        exception_handlers={
            BeholdenError: errors.refused,
            ClientDisconnect: errors.gone,
            404: errors.nowhere,
            405: errors.nowhere,
            Exception: errors.failed,
        },
        lifespan=lifespan,
    )
    return RequestIds(app)


def operation_of(target: str | None) -> str:
    """Rekognition's or Beholden's own. Raises UnknownOperation."""
    if target is not None and target.startswith(verbs.TARGET_PREFIX):
        return verbs.operation_of(target)
    return protocol.operation_of(target)


async def _ready(_request: Request) -> Response:
    return PlainTextResponse("ready\n")


def http_request(request: Request, body: bytes) -> HttpRequest:
    """A request as its signature covers it."""
    headers: dict[str, str] = {}
    for raw_name, raw_value in request.scope["headers"]:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        headers[name] = f"{headers[name]},{value}" if name in headers else value
    return HttpRequest(
        method=request.method,
        path=request.scope["raw_path"].decode("latin-1"),
        query=request.scope["query_string"].decode("latin-1"),
        headers=headers,
        body=body,
    )
