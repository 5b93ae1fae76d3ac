"""A witness over HTTP (C2SP tlog-witness): one endpoint, for whoever holds a log's signature."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from beholden.ports.witness import NotCosignedError, WitnessDuty

# 63 hashes and a checkpoint with some signatures take a few KiB.
MAX_BODY_BYTES = 64 * 1024


def create_witness(witness: WitnessDuty) -> Starlette:
    """The ASGI application: `POST /add-checkpoint`, and `GET /healthz`."""

    async def add_checkpoint(request: Request) -> Response:
        try:
            body = await _text(request)
            line = await run_in_threadpool(witness.add_checkpoint, body)
        except NotCosignedError as refused:
            return Response(refused.body, refused.status, media_type=refused.media_type)
        return PlainTextResponse(line)

    async def ready(_request: Request) -> Response:
        return PlainTextResponse("ready\n")

    return Starlette(
        routes=[
            Route("/add-checkpoint", add_checkpoint, methods=["POST"]),
            Route("/healthz", ready),
        ]
    )


async def _text(request: Request) -> str:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise NotCosignedError(413, "an add-checkpoint request is smaller\n")
    try:
        return body.decode()
    except UnicodeDecodeError:
        raise NotCosignedError(400, "an add-checkpoint request is UTF-8 text\n") from None
