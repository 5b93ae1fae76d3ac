"""Telling the outside world."""

from __future__ import annotations

from typing import Protocol

from beholden.domain.message import Message


class Notifier(Protocol):
    def send(self, message: Message) -> None:
        """Take a message on, durable when this returns, and deliver it later: at least once, in
        this process or the next, however long the receiver is away. Never waits for the receiver.
        A message of a known `message_id` that was not delivered yet is a no-op.
        Raises ServerError if it cannot be kept."""
        ...

    def close(self) -> None:
        """Stop delivering; what is left waits for the next start. Safe to call twice."""
        ...
