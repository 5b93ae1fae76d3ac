"""Reading a log back, and the published log: the same on the engines and on the fakes."""

import json

import pytest

from beholden.engines.audit.published import PublishedFolder
from beholden.engines.audit.tlog import TileLog
from beholden.engines.audit.trail import FolderTrail
from beholden.testing.audit import MemoryAudit, a_record
from beholden.testing.trail import FakePublishedLog, FakeTrail


@pytest.fixture(params=["fake", "folder"])
def followed(request, tmp_path):
    """A log, and the trail of it."""
    if request.param == "fake":
        audit = MemoryAudit()
        trail = FakeTrail(audit)
    else:
        audit = TileLog(tmp_path / "log", tmp_path / "key", "log.example.org")
        trail = FolderTrail(tmp_path / "log", audit.publish)
    yield audit, trail
    audit.close()


@pytest.fixture(params=["fake", "folder"])
def published(request, tmp_path):
    made = (
        FakePublishedLog()
        if request.param == "fake"
        else PublishedFolder(tmp_path / "published", tmp_path / "key", "log.example.org")
    )
    yield made
    made.close()


def test_a_trail_gives_entries_in_order_from_wherever(followed):
    audit, trail = followed
    assert (trail.size(), list(trail.entries(0))) == (0, [])
    for number in range(260):
        audit.append(a_record(f"call-{number}"))
    assert trail.size() == 260
    for first in (0, 1, 255, 256, 259, 260):
        found = list(trail.entries(first))
        assert [index for index, _ in found] == list(range(first, 260))
        calls = [json.loads(entry)["call"] for _, entry in found]
        assert calls == [f"call-{number}" for number in range(first, 260)]
    assert "\n260\n" in trail.head()


def test_entries_are_added_where_the_log_ends_and_nowhere_else(published):
    assert published.extend(0, [b'"a"', b'"b"'])
    assert not published.extend(0, [b'"c"'])
    assert not published.extend(3, [b'"c"'])
    assert published.extend(2, [b'"c"'])
    assert list(published.entries(1)) == [(1, b'"b"'), (2, b'"c"')]
    assert published.size() == 3


def test_of_two_publishers_one_is_too_late(tmp_path):
    where = (tmp_path / "published", tmp_path / "key", "log.example.org")
    one, other = PublishedFolder(*where), PublishedFolder(*where)
    assert one.extend(0, [b'"a"'])
    assert not other.extend(0, [b'"a"'])
    assert other.extend(1, [b'"b"'])
    assert [entry for _, entry in one.entries(0)] == [b'"a"', b'"b"']
    one.close()
    other.close()
