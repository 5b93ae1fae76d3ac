"""Delivery by HTTP, signed as Standard Webhooks has it (standardwebhooks.com, version 1), so that
receivers can check it with a library of theirs."""

from __future__ import annotations

import base64
import hmac
import time
from dataclasses import dataclass, field

import urllib3

from beholden.domain.errors import OperatorError
from beholden.domain.message import Message
from beholden.engines.notifier.outbox import NotDelivered, to_json

TIMEOUT_S = 10.0
LEAST_SECRET_BYTES = 16
# What marks a secret in base64, as Standard Webhooks writes them.
BASE64_MARK = "whsec_"


@dataclass(frozen=True, slots=True)
class Webhook:
    """Posts each message to `url`. `secret` signs it: HMAC-SHA-256 over id, time and body. Any
    status but 2xx, a redirect too, is no delivery."""

    url: str
    secret: bytes = field(repr=False)
    _pool: urllib3.PoolManager = field(
        default_factory=lambda: urllib3.PoolManager(retries=False, timeout=TIMEOUT_S), repr=False
    )

    def __post_init__(self) -> None:
        if not self.url.startswith(("https://", "http://")):
            raise OperatorError(f"The webhook {self.url} is no http:// or https:// address.")
        if len(self.secret) < LEAST_SECRET_BYTES:
            raise OperatorError(
                f"A webhook needs a secret of {LEAST_SECRET_BYTES} characters or more, which the "
                "receiver knows, too: set BEHOLDEN_ALERT_WEBHOOK_SECRET for one of alerts, "
                "BEHOLDEN_JOB_WEBHOOK_SECRET for one of jobs."
            )

    def __call__(self, message: Message) -> None:
        """Raises NotDelivered."""
        body = to_json(message)
        sent_at = str(int(time.time()))
        headers = {
            "Content-Type": "application/json",
            "webhook-id": message.message_id,
            "webhook-timestamp": sent_at,
            "webhook-signature": f"v1,{signature(self.secret, message.message_id, sent_at, body)}",
        }
        try:
            answer = self._pool.request(
                "POST", self.url, body=body.encode(), headers=headers, redirect=False
            )
        except urllib3.exceptions.HTTPError as error:
            raise NotDelivered(f"{self.url} cannot be reached: {type(error).__name__}") from error
        if not 200 <= answer.status < 300:
            raise NotDelivered(f"{self.url} answered {answer.status}")


def secret_of(setting: str) -> bytes:
    """The secret that a setting holds: base64 after "whsec_", or else the characters themselves.
    Raises OperatorError."""
    if not setting.startswith(BASE64_MARK):
        return setting.encode()
    try:
        return base64.b64decode(setting.removeprefix(BASE64_MARK), validate=True)
    except ValueError as error:
        raise OperatorError("The webhook's secret is not base64 after whsec_.") from error


def signature(secret: bytes, message_id: str, sent_at: str, body: str) -> str:
    """Base64 of HMAC-SHA-256 over `id.time.body`."""
    signed = f"{message_id}.{sent_at}.{body}".encode()
    return base64.b64encode(hmac.digest(secret, signed, "sha256")).decode()
