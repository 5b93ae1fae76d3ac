"""The application as an ASGI server sees it: what a socket test could not time or break off."""

import asyncio
import contextlib
import json
import logging
import threading
from dataclasses import dataclass, field

import pytest

from beholden.domain.access import Identifies, Resource
from beholden.domain.errors import AuditUnavailable, NoFaceInImage, OperatorError
from beholden.gate.evidence import RequestDigest
from beholden.gate.gate import Gate
from beholden.gate.registry import Operation
from beholden.testing.audit import MemoryAudit
from beholden.testing.clock import FakeClock
from beholden.testing.policy import UnsafeAllowEverything
from beholden.wire.app import Limits, create_app
from beholden.wire.model import operations

from .conftest import TwoKeys, signed

LISTED = {"CollectionIds": ["staff"], "FaceModelVersions": ["7.0"]}


class FakeGate:
    def __init__(self, respond=lambda: LISTED):
        self.calls = []
        self._respond = respond

    def call(self, principal, operation, request):
        self.calls.append((principal.name, operation, request))
        return self._respond()


@dataclass
class Answer:
    status: int = 0
    headers: dict = field(default_factory=dict)
    body: bytes = b""

    @property
    def document(self):
        return json.loads(self.body)

    @property
    def code(self):
        document = self.document
        assert document["__type"] == document["Code"] == self.headers["x-amzn-errortype"]
        assert self.headers["content-type"] == "application/x-amz-json-1.1"
        assert self.headers["x-amzn-requestid"]
        return self.status, document["Code"]


async def exchange(app, request, messages=None):
    """Send one request, as these ASGI messages if given; a client that then falls silent."""
    answer = Answer()
    pending = messages or [{"type": "http.request", "body": request.body}]
    silence = asyncio.Event()

    async def receive():
        if pending:
            return pending.pop(0)
        await silence.wait()

    async def send(message):
        if message["type"] == "http.response.start":
            answer.status = message["status"]
            pairs = [(name.decode().lower(), value.decode()) for name, value in message["headers"]]
            answer.headers = dict(pairs)
            assert len(pairs) == len(answer.headers)
        else:
            answer.body += message.get("body", b"")

    scope = {
        "type": "http",
        "method": request.method,
        "path": request.path,
        "raw_path": request.path.encode(),
        "query_string": request.query.encode(),
        "headers": [(name.encode(), value.encode()) for name, value in request.headers.items()],
    }
    with contextlib.suppress(RuntimeError):  # Starlette answers, then hands it to the server's log
        await app(scope, receive, send)
    return answer


@pytest.fixture
def serve(clock):
    def app_of(gate=None, **options):
        options.setdefault("offered", operations())
        return create_app(gate or FakeGate(), TwoKeys(), clock, **options)

    return app_of


@pytest.fixture
def ask(serve):
    def answer_of(request, gate=None, messages=None, **options):
        return asyncio.run(exchange(serve(gate, **options), request, messages))

    return answer_of


def test_a_request_goes_through_the_gate_and_back(ask):
    gate = FakeGate()
    answer = ask(signed({"MaxResults": 5, "Unknown": 1}), gate)
    assert gate.calls == [("ann", "ListCollections", {"MaxResults": 5})]
    assert (answer.status, answer.document) == (200, LISTED)
    assert answer.headers["content-type"] == "application/x-amz-json-1.1"
    assert len(answer.headers["x-amzn-requestid"]) == 36


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (signed(operation="DetectHats"), "UnknownOperationException"),
        (signed(operation="beholden:CreateKey"), "UnknownOperationException"),
        (signed(secret="another"), "InvalidSignatureException"),
        (signed(key_id="AKIANOBODY"), "UnrecognizedClientException"),
        (signed(b"{"), "SerializationException"),
        (signed({"MaxResults": "5"}), "SerializationException"),
        (signed({"MaxResults": -1}), "ValidationException"),
    ],
)
def test_refusals_never_reach_the_gate(ask, request_, code):
    gate = FakeGate()
    assert ask(request_, gate).code == (400, code)
    assert gate.calls == []


def test_who_is_not_known_is_not_told_what_is_wrong_with_the_body(ask):
    assert ask(signed(b"{", secret="another")).code == (400, "InvalidSignatureException")


def test_an_operation_that_is_not_built_says_so_to_those_it_knows(ask):
    answer = ask(signed(), offered=())
    assert answer.code == (400, "UnknownOperationException")
    assert answer.document["Message"].startswith("ListCollections is not built yet")
    assert ask(signed(key_id="AKIANOBODY"), offered=()).document["Message"].startswith("The secur")


@pytest.mark.parametrize(("method", "path"), [("GET", "/"), ("PUT", "/"), ("POST", "/elsewhere")])
def test_nothing_else_lives_here(ask, method, path):
    request = signed()
    moved = type(request)(method, path, "", request.headers, request.body)
    assert ask(moved).code == (404, "UnknownOperationException")


def test_ready(ask):
    request = signed()
    answer = ask(type(request)("GET", "/healthz", "", {}, b""))
    assert (answer.status, answer.body) == (200, b"ready\n")
    assert answer.headers["x-amzn-requestid"]


def raising(error):
    def respond():
        raise error

    return FakeGate(respond)


def test_an_error_raised_on_purpose_keeps_its_name_and_message(ask):
    answer = ask(signed(), raising(NoFaceInImage("No face.")))
    assert answer.code == (400, "InvalidParameterException")
    assert answer.document["Message"] == "No face."


@pytest.mark.parametrize(
    "error",
    [RuntimeError("a secret of ours"), OperatorError("/secret"), AuditUnavailable("/secret")],
)
def test_our_own_failures_stay_in_our_log(ask, caplog, error):
    with caplog.at_level(logging.ERROR):
        answer = ask(signed(), raising(error))
    assert answer.code == (500, "InternalServerError")
    assert answer.headers["connection"] == "close"  # Uvicorn closes it after an unforeseen one
    assert "secret" not in answer.body.decode()
    assert answer.headers["x-amzn-requestid"] in caplog.text
    assert "secret" in caplog.text
    assert "Traceback" in caplog.text


def test_that_the_audit_log_is_full_is_said(ask):
    """A real gate on a log that takes nothing: whoever searched must know that nothing was done."""
    listed = Operation(
        "ListCollections",
        lambda request: Resource("Deployment", "collections"),
        lambda request: {},
        Identifies.NOBODY,
        lambda services, call, request: LISTED,
    )
    policy, log, digest = UnsafeAllowEverything(), MemoryAudit(full=True), RequestDigest(b"salt")
    gate = Gate({listed.name: listed}, None, policy, log, FakeClock(), lambda: "call-1", digest)
    answer = ask(signed(), gate)
    assert answer.code == (500, "InternalServerError")
    assert answer.document["Message"] == (
        "The audit log cannot be written or read, so nobody is identified and nothing is released."
    )


def test_a_response_of_the_wrong_shape_is_caught_when_asked_to(ask, caplog):
    wrong = FakeGate(lambda: {"Collections": ["staff"]})
    assert ask(signed(), wrong).status == 200
    assert ask(signed(), wrong, check_responses=True).code == (500, "InternalServerError")
    assert "ListCollections.Collections is not in the model" in caplog.text


SMALL = Limits(body_bytes=100, body_seconds=0.05)


def chunks(*bodies):
    return [{"type": "http.request", "body": body, "more_body": True} for body in bodies]


def test_a_body_over_the_limit_is_refused_by_its_declared_length(ask):
    request = signed(headers={"Content-Length": "101"})
    answer = ask(request, limits=SMALL, messages=chunks(b"x"))
    assert answer.code == (413, "RequestEntityTooLargeException")


def test_a_chunked_body_is_refused_once_it_is_over_the_limit(ask):
    messages = chunks(b"x" * 60, b"x" * 41, b"never read")
    answer = ask(signed(), limits=SMALL, messages=messages)
    assert answer.code == (413, "RequestEntityTooLargeException")
    assert [message["body"] for message in messages] == [b"never read"]


def test_a_chunked_body_within_the_limit_is_put_together(ask):
    messages = [*chunks(b'{"Max', b'Results": 7'), {"type": "http.request", "body": b"}"}]
    gate = FakeGate()
    ask(signed(b'{"MaxResults": 7}'), gate, limits=SMALL, messages=messages)
    assert gate.calls[0][2] == {"MaxResults": 7}


def test_a_client_that_falls_silent_is_sent_away(ask):
    answer = ask(signed(), limits=SMALL, messages=chunks(b"{"))
    assert answer.code == (408, "RequestTimeoutException")
    assert answer.headers["connection"] == "close"


def test_a_client_that_hangs_up_is_no_failure(ask, caplog):
    ask(signed(), messages=[*chunks(b"{"), {"type": "http.disconnect"}])
    assert caplog.text == ""


def test_one_too_many_is_told_to_come_back(serve):
    started, finish = threading.Semaphore(0), threading.Event()

    def respond():
        started.release()
        finish.wait()
        return LISTED

    async def three_at_once():
        app = serve(FakeGate(respond), limits=Limits(workers=2, requests=2))
        two = [asyncio.create_task(exchange(app, signed())) for _ in range(2)]
        for _ in two:
            await asyncio.to_thread(started.acquire)
        third = await exchange(app, signed())
        finish.set()
        answers = await asyncio.gather(*two)
        return third, answers, await exchange(app, signed())

    third, answers, later = asyncio.run(three_at_once())
    assert third.code == (400, "ProvisionedThroughputExceededException")
    assert [answer.status for answer in (*answers, later)] == [200, 200, 200]


def test_the_lifespan_lets_what_runs_finish(serve):
    app = serve()
    sent = []

    async def run():
        events = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]

        async def receive():
            return events.pop(0)

        async def send(message):
            sent.append(message["type"])

        await app({"type": "lifespan"}, receive, send)

    asyncio.run(run())
    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
