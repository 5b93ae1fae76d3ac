"""How the server is doing, in Prometheus's format: GET /metrics, for whoever shows the token.

Nothing in here is about anybody: no names or ids of people, no number of faces or of matches.
"""

from __future__ import annotations

import hmac
import time
from collections.abc import Callable, Iterator, Mapping, Sequence

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Summary, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from beholden.domain.errors import OperatorError, UnknownOperation
from beholden.domain.health import StreamHealth
from beholden.domain.job import JobStatus
from beholden.wire import query
from beholden.wire.app import operation_of

LEAST_TOKEN = 16


class Metrics:
    """`streams` and `jobs` (how many there are, by status) are asked at each reading. Without a
    token nobody reads."""

    def __init__(
        self,
        token: str,
        streams: Callable[[], Sequence[StreamHealth]],
        jobs: Callable[[], Mapping[JobStatus, int]],
    ) -> None:
        """Raises OperatorError."""
        if token and len(token) < LEAST_TOKEN:
            raise OperatorError(
                f"BEHOLDEN_METRICS_TOKEN needs {LEAST_TOKEN} characters or more: whoever reads "
                "/metrics sends it as Authorization: Bearer TOKEN."
            )
        self._token = token
        self._registry = CollectorRegistry()
        self._requests = Summary(
            "beholden_request_seconds",
            "How long requests took, by operation and HTTP status.",
            ["operation", "status"],
            registry=self._registry,
        )
        ProcessCollector(registry=self._registry)
        self._registry.register(_State(streams, jobs))

    def routes(self) -> list[BaseRoute]:
        return [Route("/metrics", self.serve)] if self._token else []

    async def serve(self, request: Request) -> Response:
        shown = request.headers.get("authorization", "")
        if not hmac.compare_digest(shown.encode(), f"Bearer {self._token}".encode()):
            headers = {"WWW-Authenticate": "Bearer"}
            return PlainTextResponse("/metrics needs its token.\n", 401, headers)
        text = await run_in_threadpool(generate_latest, self._registry)
        return Response(text, media_type=CONTENT_TYPE_LATEST)

    def counting(self, app: ASGIApp) -> ASGIApp:
        """`app`, with its requests counted."""

        async def counted(scope: Scope, receive: Receive, send: Send) -> None:
            operation = _operation(scope)
            if operation is None:
                await app(scope, receive, send)
                return
            began = time.monotonic()

            async def send_and_count(message: Message) -> None:
                if message["type"] == "http.response.start":
                    passed = time.monotonic() - began
                    self._requests.labels(operation, message["status"]).observe(passed)
                await send(message)

            await app(scope, receive, send_and_count)

        return counted


class _State(Collector):
    def __init__(
        self,
        streams: Callable[[], Sequence[StreamHealth]],
        jobs: Callable[[], Mapping[JobStatus, int]],
    ) -> None:
        self._streams = streams
        self._jobs = jobs

    def describe(self) -> Iterator[Metric]:
        """Nothing is asked for what there is when it is registered."""
        yield from ()

    def collect(self) -> Iterator[Metric]:
        jobs = GaugeMetricFamily("beholden_jobs", "Jobs, by status.", labels=["status"])
        for status, number in self._jobs().items():
            jobs.add_metric([status], number)
        yield jobs
        streams = self._streams()
        for kind, name, told in _STREAMS:
            family = kind(f"beholden_stream_{name}", told, labels=["processor"])
            for one in streams:
                family.add_metric([one.processor], float(getattr(one, name)))
            yield family


# Names are those of StreamHealth.
_STREAMS = (
    (GaugeMetricFamily, "has_picture", "1 while its camera shows something."),
    (GaugeMetricFamily, "late_seconds", "From when the newest frame came until it was looked at."),
    (GaugeMetricFamily, "records_waiting", "Records for receivers that are away."),
    (CounterMetricFamily, "frames", "Frames that were looked at."),
    (CounterMetricFamily, "frames_dropped", "Frames that nobody looked at in time."),
    (CounterMetricFamily, "connections", "Connections to its camera."),
    (CounterMetricFamily, "records_dropped", "Records that no receiver took in time."),
)


def _operation(scope: Scope) -> str | None:
    """Which operation a request is for; None where it is none of the API's."""
    if scope["type"] != "http" or scope["method"] != "POST" or scope["path"] != "/":
        return None
    headers = Headers(scope=scope)
    if query.is_query(headers):
        return query.SERVICE
    try:
        return operation_of(headers.get("x-amz-target"))
    except UnknownOperation:
        return "unknown"
