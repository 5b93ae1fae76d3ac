"""A notifier that keeps what it is sent."""

from __future__ import annotations

from beholden.domain.message import Message


class FakeNotifier:
    def __init__(self) -> None:
        self.sent: list[Message] = []

    def send(self, message: Message) -> None:
        if all(message.message_id != known.message_id for known in self.sent):
            self.sent.append(message)

    def close(self) -> None:
        """Nothing to stop."""
