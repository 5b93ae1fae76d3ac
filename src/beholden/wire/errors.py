"""Exceptions as AWS's clients expect them; nothing of our insides leaves with one."""

from __future__ import annotations

import json
import logging

from starlette.requests import Request
from starlette.responses import Response

from beholden.domain.errors import (
    AuditUnavailable,
    BeholdenError,
    ClientError,
    RequestTimedOut,
    ServerError,
    UnknownOperation,
)
from beholden.wire import query
from beholden.wire.protocol import CONTENT_TYPE

_log = logging.getLogger(__name__)


def refused(request: Request, error: Exception) -> Response:
    """An error raised on purpose. What is the client's to mend is said; the rest is for our log."""
    if isinstance(error, ClientError):
        return _answer(request, error, str(error))
    return failed(request, error)


def failed(request: Request, error: Exception) -> Response:
    """Our failure: the traceback goes to the log, under the request id that the client is told.
    That nobody was identified, for want of the audit log, is said too: in words of its own."""
    _log.error("request %s failed", request.state.request_id, exc_info=error)
    told = AuditUnavailable() if isinstance(error, AuditUnavailable) else ServerError()
    return _answer(request, told, str(told))


def nowhere(request: Request, _error: Exception) -> Response:
    """Any other path or method: no operation lives there."""
    error = UnknownOperation()
    return _answer(request, error, str(error), status=404)


def gone(_request: Request, _error: Exception) -> Response:
    """The client hung up while sending: nobody is there to be told."""
    return Response(status_code=400)


def _answer(
    request: Request, error: BeholdenError, message: str, status: int | None = None
) -> Response:
    # Uvicorn closes the connection after a failure that nobody foresaw: clients must know.
    ends = isinstance(error, RequestTimedOut | ServerError)
    headers = {"connection": "close"} if ends else {}
    if query.is_query(request.headers):
        code, xml = query.error(error, message, request.state.request_id)
        return Response(xml, code, headers=headers, media_type=query.CONTENT_TYPE)
    body = {"__type": error.code, "Code": error.code, "Message": message}
    headers["x-amzn-ErrorType"] = error.code
    return Response(
        json.dumps(body), status or error.status, headers=headers, media_type=CONTENT_TYPE
    )
