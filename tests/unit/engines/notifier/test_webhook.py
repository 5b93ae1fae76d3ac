"""Signed posts, to a receiver on this machine."""

import base64
import hashlib
import hmac
import json
import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from beholden.domain.errors import OperatorError
from beholden.domain.message import Message
from beholden.engines.notifier.outbox import NotDelivered
from beholden.engines.notifier.webhook import Webhook, secret_of, signature

SECRET = b"sixteen or more of them"
MESSAGE = Message("id-1", datetime(2026, 3, 1, tzinfo=UTC), "Beholden: look", {"count": 11})


@pytest.fixture
def receiver():
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            server.got.append((self.path, dict(self.headers), body))
            self.send_response(server.status)
            self.send_header("Location", "/elsewhere")
            self.end_headers()

        def log_message(self, *_):
            """Quiet."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    server.got, server.status = [], 204
    server.url = f"http://127.0.0.1:{server.server_port}/alerts"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_whoever_knows_the_secret_can_check_the_post(receiver):
    Webhook(receiver.url, SECRET)(MESSAGE)
    ((path, headers, body),) = receiver.got
    assert path == "/alerts"
    assert json.loads(body)["body"] == {"count": 11}
    signed = f"id-1.{headers['webhook-timestamp']}.".encode() + body
    digest = hmac.new(SECRET, signed, hashlib.sha256).digest()
    assert headers["webhook-signature"] == f"v1,{base64.b64encode(digest).decode()}"
    assert headers["webhook-id"] == "id-1"


def test_the_signature_is_that_of_the_standard():
    """The example in the reference libraries of standardwebhooks.com."""
    secret = secret_of("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    body = '{"test": 2432232314}'
    assert (
        signature(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", body)
        == "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    )


@pytest.mark.parametrize("status", [301, 307, 400, 410, 500, 503])
def test_any_answer_but_success_is_no_delivery(receiver, status):
    receiver.status = status
    with pytest.raises(NotDelivered, match=str(status)):
        Webhook(receiver.url, SECRET)(MESSAGE)
    assert len(receiver.got) == 1  # a redirect is not followed: the alert is for this receiver


def test_a_receiver_that_is_away_is_said():
    with pytest.raises(NotDelivered, match="cannot be reached"):
        Webhook("http://127.0.0.1:9/", SECRET)(MESSAGE)


def test_it_starts_with_an_address_and_a_secret_or_not_at_all():
    for url, secret in (("ftp://x", SECRET), ("https://x", b""), ("https://x", b"short")):
        with pytest.raises(OperatorError):
            Webhook(url, secret)
    with pytest.raises(OperatorError, match="base64"):
        secret_of("whsec_%%%")
    assert "sixteen" not in repr(Webhook("https://x", SECRET))
