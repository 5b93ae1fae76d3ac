"""Messages are delivered at least once, in order, whatever happens meanwhile."""

import json
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from filelock import FileLock, Timeout

from beholden.domain.errors import ServerError
from beholden.domain.message import Message
from beholden.engines.notifier.lines import Lines
from beholden.engines.notifier.outbox import NotDelivered, Outbox

WAIT_S = 10


def a_message(number=1):
    at = datetime(2026, 3, 1, 12, 0, number, tzinfo=UTC)
    return Message(f"id-{number}", at, f"Beholden: {number}", {"count": number})


class Receiver:
    """Takes messages, or refuses the first `refusals`; `seen` is set once `wanted` are there."""

    def __init__(self, refusals=0, wanted=1):
        self.refusals, self.wanted = refusals, wanted
        self.took, self.tries = [], 0
        self.seen = threading.Event()

    def __call__(self, message):
        self.tries += 1
        if self.tries <= self.refusals:
            raise NotDelivered("away")
        self.took.append(message)
        if len(self.took) == self.wanted:
            self.seen.set()


@pytest.fixture
def box(tmp_path):
    made = []

    def build(deliver, first_wait_s=0.001):
        made.append(Outbox(tmp_path / "outbox", deliver, first_wait_s))
        return made[-1]

    yield build
    for one in made:
        one.close()


def test_a_message_arrives_as_it_was_sent(box):
    receiver = Receiver()
    box(receiver).send(a_message())
    assert receiver.seen.wait(WAIT_S)
    assert receiver.took == [a_message()]


def test_it_is_tried_again_until_it_is_taken(box):
    receiver = Receiver(refusals=4)
    box(receiver).send(a_message())
    assert receiver.seen.wait(WAIT_S)
    assert receiver.tries == 5


def test_the_caller_never_waits_for_the_receiver(box):
    inside, leave = threading.Event(), threading.Event()

    def hangs(_message):
        inside.set()
        leave.wait(WAIT_S)

    outbox = box(hangs)
    outbox.send(a_message(1))
    assert inside.wait(WAIT_S)
    outbox.send(a_message(2))  # returns, though nobody takes the first
    leave.set()


def test_what_was_not_delivered_waits_for_the_next_start(box, tmp_path):
    away = Receiver(refusals=10**9)
    first = box(away, first_wait_s=60)
    first.send(a_message(1))
    first.send(a_message(2))
    first.close()
    assert len(list((tmp_path / "outbox").glob("*.json"))) == 2
    receiver = Receiver(wanted=2)
    box(receiver).start()
    assert receiver.seen.wait(WAIT_S)
    assert receiver.took == [a_message(1), a_message(2)]


def test_the_oldest_goes_first_and_the_same_message_waits_once(box, tmp_path):
    away = box(Receiver(refusals=10**9), first_wait_s=60)
    for number in (3, 1, 2, 1):
        away.send(a_message(number))
    away.close()
    receiver = Receiver(wanted=3)
    assert box(receiver).deliver() == 3
    assert [message.message_id for message in receiver.took] == ["id-1", "id-2", "id-3"]


def test_one_process_delivers_at_a_time(box, tmp_path):
    outbox = box(Receiver())
    with FileLock(tmp_path / "outbox" / ".lock"), pytest.raises(Timeout):
        outbox.deliver()


def test_a_message_that_cannot_be_kept_is_said(box, tmp_path):
    outbox = box(Receiver())
    (tmp_path / "outbox").rename(tmp_path / "gone")
    with pytest.raises(ServerError, match="cannot be kept"):
        outbox.send(a_message())
    (tmp_path / "gone").rename(tmp_path / "outbox")


def test_without_a_receiver_messages_go_into_a_file(tmp_path):
    deliver = Lines(tmp_path / "alerts.jsonl")
    deliver(a_message(1))
    deliver(a_message(2))
    lines = [json.loads(line) for line in deliver.path.read_text().splitlines()]
    assert [line["subject"] for line in lines] == ["Beholden: 1", "Beholden: 2"]
    assert deliver.path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(NotDelivered):
        Lines(tmp_path / "nowhere" / "alerts.jsonl")(a_message())


def test_one_address_that_is_away_holds_up_no_other(tmp_path):
    took = []

    def deliver(message):
        if message.to == "away":
            raise NotDelivered("nobody there")
        took.append(message.message_id)

    box = Outbox(tmp_path, deliver)
    box.close()
    for number, to in enumerate(("away", "here", "away", "here"), 1):
        box.send(replace(a_message(number), to=to))
    with pytest.raises(NotDelivered, match="nobody there"):
        box.deliver()
    assert took == ["id-2", "id-4"]
    assert len(list(tmp_path.glob("*.json"))) == 2


def test_what_is_no_good_any_more_is_given_up(tmp_path):
    def refuse(_message):
        raise NotDelivered("away")

    box = Outbox(tmp_path, refuse, good_for=timedelta(days=7))
    box.close()
    box.send(a_message())
    assert box.deliver() == 1
    box.send(replace(a_message(2), at=datetime.now(UTC)))
    with pytest.raises(NotDelivered):
        box.deliver()
