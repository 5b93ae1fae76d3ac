"""What a notifier delivers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Message:
    """`subject` is one line for people; `body` is JSON for programs. `message_id` is the same
    however often it is delivered: letters, digits and hyphens. `to` is an address, for notifiers
    that know more than one receiver."""

    message_id: str
    at: datetime
    subject: str
    body: Mapping[str, object]
    to: str = ""
