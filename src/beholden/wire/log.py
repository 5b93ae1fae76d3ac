"""A transparency log over HTTP: C2SP tlog-tiles, and proofs for clients that read no tiles.

/checkpoint                          the signed tree head, with cosignatures of witnesses
/log.vkey                            the log's verifier key
/cosigned/<key id>                   the newest checkpoint that a witness cosigned
/tile/<L>/<N>[.p/<W>]                hashes
/tile/entries/<N>[.p/<W>]            entries: shown to everybody, or to whom the gate allows it
/proof/inclusion?index=              C2SP tlog-proof, for the newest checkpoint
/proof/consistency?from=&to=         one hash in base64 a line (RFC 9162, section 2.1.4)
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable

from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route

from beholden.domain.errors import AccessDenied, AuthenticationError, ResourceNotFound
from beholden.ports.log import ServedLog
from beholden.wire.app import Gate, http_request
from beholden.wire.sigv4 import Verifier

# Who may read a bundle of entries: None for everybody, or what answers for a signed request.
ReadBundle = Callable[[Request, int, int], bytes]

_NUMBER = re.compile(r"((?:x\d{3}/)*)(\d{3})(?:\.p/([1-9]\d{0,2}))?")
_NEVER_CHANGES = "public, max-age=31536000, immutable"
_FOR_THE_CALLER = "private, max-age=31536000, immutable"
_CHANGES = "no-cache"


def log_routes(prefix: str, log: ServedLog, read_bundle: ReadBundle | None = None) -> Mount:
    """The routes of one log under `prefix`. Entries are public unless `read_bundle` is given."""
    served = _Served(log, read_bundle)
    return Mount(
        prefix,
        routes=[
            Route("/checkpoint", served.checkpoint),
            Route("/log.vkey", served.key),
            Route("/cosigned/{key_id}", served.cosigned),
            Route("/tile/entries/{number:path}", served.entries),
            Route("/tile/{level:int}/{number:path}", served.hashes),
            Route("/proof/inclusion", served.inclusion),
            Route("/proof/consistency", served.consistency),
        ],
        middleware=[Middleware(GZipMiddleware)],
    )


class SignedBundles:
    """Reads bundles for whom the gate allows `beholden:ReadLog`: the request must be signed."""

    def __init__(self, gate: Gate, verifier: Verifier) -> None:
        self._gate = gate
        self._verifier = verifier

    def __call__(self, request: Request, number: int, width: int) -> bytes:
        """Raises AuthenticationError, AccessDenied, FileNotFoundError."""
        principal = self._verifier.verify(http_request(request, b""))
        asked = {"Bundle": number, "Width": width}
        try:
            answer = self._gate.call(principal, "beholden:ReadLog", asked)
        except ResourceNotFound as error:
            raise FileNotFoundError(str(error)) from error
        return bytes(answer["Entries"])


class _Served:
    """Handlers. They read files, so they are plain functions: Starlette gives each a thread."""

    def __init__(self, log: ServedLog, read_bundle: ReadBundle | None) -> None:
        self._log = log
        self._read_bundle = read_bundle

    def checkpoint(self, _request: Request) -> Response:
        return _text(self._log.checkpoint(), _CHANGES)

    def key(self, _request: Request) -> Response:
        return _text(self._log.key(), _CHANGES)

    def cosigned(self, request: Request) -> Response:
        key_id = request.path_params["key_id"]
        if not re.fullmatch(r"[0-9a-f]{8}", key_id):
            return _nowhere("no witness has such a key id")
        try:
            return _text(self._log.cosigned(key_id), _CHANGES)
        except FileNotFoundError:
            return _nowhere("that witness has cosigned nothing")

    def hashes(self, request: Request) -> Response:
        level = request.path_params["level"]
        return _tile(request, lambda number, width: self._log.tile(level, number, width))

    def entries(self, request: Request) -> Response:
        read = self._read_bundle
        if read is None:
            return _tile(request, lambda number, width: self._log.tile("entries", number, width))
        try:
            return _tile(
                request, lambda number, width: read(request, number, width), _FOR_THE_CALLER
            )
        except (AccessDenied, AuthenticationError) as error:
            return PlainTextResponse(f"{error}\n", 403)

    def inclusion(self, request: Request) -> Response:
        try:
            return _text(self._log.inclusion(_asked(request, "index")), _CHANGES)
        except (ValueError, IndexError) as error:
            return PlainTextResponse(f"{error}\n", 400)

    def consistency(self, request: Request) -> Response:
        try:
            old, size = _asked(request, "from"), _asked(request, "to")
            proof = self._log.consistency(old, size)
        except (ValueError, IndexError) as error:
            return PlainTextResponse(f"{error}\n", 400)
        return _text("".join(f"{b64encode(node).decode()}\n" for node in proof), _NEVER_CHANGES)


def _tile(
    request: Request, read: Callable[[int, int], bytes], caching: str = _NEVER_CHANGES
) -> Response:
    found = _NUMBER.fullmatch(request.path_params["number"])
    if found is None:
        return _nowhere("not the path of a tile")
    upper, last, width = found.groups()
    number = int(upper.replace("x", "").replace("/", "") + last)
    try:
        data = read(number, int(width or 256))
    except FileNotFoundError:
        return _nowhere("this tile is not there, or not any more: is the full one?")
    return Response(data, media_type="application/octet-stream", headers={"Cache-Control": caching})


def _asked(request: Request, name: str) -> int:
    """Raises ValueError."""
    value = request.query_params.get(name, "")
    if not value.isascii() or not value.isdecimal():
        raise ValueError(f"{name} must be a number")
    return int(value)


def _text(text: str, caching: str) -> Response:
    return PlainTextResponse(text, headers={"Cache-Control": caching})


def _nowhere(message: str) -> Response:
    return PlainTextResponse(f"{message}\n", 404)
