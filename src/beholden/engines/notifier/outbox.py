"""An outbox: messages as files until they are delivered, so that a restart loses none."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Thread

from filelock import FileLock, Timeout

from beholden import durable
from beholden.domain.errors import ServerError
from beholden.domain.message import Message

logger = logging.getLogger(__name__)

FIRST_WAIT_S, LONGEST_WAIT_S = 1.0, 300.0
# How often a quiet outbox looks for messages that another process left.
IDLE_S = 30.0


class NotDelivered(Exception):  # noqa: N818 (a fact, and no fault of ours)
    """The receiver did not take the message on. The message says why."""


Deliver = Callable[[Message], None]


class Outbox:
    """The notifier port over `deliver`, which raises NotDelivered.

    The oldest message goes first and is tried again, each time after twice as long, at most five
    minutes; those to the same address wait behind it, since the receiver is away. One process
    delivers at a time.
    """

    def __init__(
        self,
        folder: Path,
        deliver: Deliver,
        first_wait_s: float = FIRST_WAIT_S,
        good_for: timedelta | None = None,
    ) -> None:
        """Make the folder. Delivery starts with the first message, or with `start`. A message that
        could not be delivered while it was `good_for` something is dropped."""
        self._folder = folder
        self._deliver = deliver
        self._first_wait_s = first_wait_s
        self._good_for = good_for
        self._closing = Event()
        self._filled = Event()
        self._thread: Thread | None = None
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def start(self) -> None:
        """Deliver what an earlier process left. A no-op once it runs."""
        if self._thread is None and not self._closing.is_set():
            self._thread = Thread(target=self._work, name="outbox", daemon=True)
            self._thread.start()

    def send(self, message: Message) -> None:
        path = self._folder / f"{message.at:%Y%m%dT%H%M%S.%f}-{message.message_id}.json"
        kept = json.dumps({"to": message.to, "message": shown(message)})
        try:
            durable.replace(path, kept.encode())
        except OSError as error:
            raise ServerError(f"a notification cannot be kept: {error.strerror}") from error
        self.start()
        self._filled.set()

    def deliver(self) -> int:
        """Deliver what waits, oldest first; returns how many. Raises NotDelivered in the end if any
        address did not take its messages, Timeout while another process delivers."""
        done = 0
        away: dict[str, NotDelivered] = {}
        with self._turn():
            for path in sorted(self._folder.glob("*.json")):
                message = _message(path)
                if message.to in away:
                    continue
                try:
                    self._deliver(message)
                except NotDelivered as reason:
                    if not self._given_up(message, reason):
                        away[message.to] = reason
                        continue
                path.unlink()
                done += 1
        if away:
            raise NotDelivered("; ".join(str(reason) for reason in away.values()))
        return done

    def close(self) -> None:
        self._closing.set()
        self._filled.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _given_up(self, message: Message, reason: NotDelivered) -> bool:
        if self._good_for is None or datetime.now(UTC) - message.at < self._good_for:
            return False
        logger.error("%s given up: %s", message.message_id, reason)
        return True

    @contextmanager
    def _turn(self) -> Iterator[None]:
        with FileLock(self._folder / ".lock", timeout=0):
            yield

    def _work(self) -> None:
        wait_s = self._first_wait_s
        while not self._closing.is_set():
            self._filled.clear()
            try:
                self.deliver()
            except NotDelivered as reason:
                logger.warning("not delivered: %s; again in %g s", reason, wait_s)
                self._closing.wait(wait_s)
                wait_s = min(2 * wait_s, LONGEST_WAIT_S)
            except Timeout:
                self._closing.wait(IDLE_S)
            else:
                wait_s = self._first_wait_s
                self._filled.wait(IDLE_S)


def to_json(message: Message) -> str:
    """What is delivered: the message as one JSON object."""
    return json.dumps(shown(message), separators=(",", ":"))


def shown(message: Message) -> dict[str, object]:
    return {
        "id": message.message_id,
        "at": message.at.isoformat(),
        "subject": message.subject,
        "body": dict(message.body),
    }


def _message(path: Path) -> Message:
    file = json.loads(path.read_text(encoding="utf-8"))
    kept, to = file.get("message", file), file.get("to", "")
    at = datetime.fromisoformat(kept["at"])
    return Message(kept["id"], at, kept["subject"], kept["body"], to)
