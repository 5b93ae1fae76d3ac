"""Cameras and stream processors: the same suite for the fake and the engines."""

from dataclasses import replace
from datetime import timedelta

import pytest

from beholden.domain.errors import ResourceInUse, ResourceNotFound, TooManyProcessors
from beholden.domain.stream import Notice, StreamStatus
from beholden.testing.streams import BEGINNING, a_camera, a_processor

LEASE = timedelta(seconds=10)
NOTICE = Notice("main entrance", ("door", "safety"), "City of Springfield", BEGINNING)


def test_a_camera_keeps_its_arn_and_notice_when_it_gets_another_source(records):
    records.cameras.put(a_camera())
    records.cameras.put_notice("gate", NOTICE)
    moved = replace(a_camera(), source="http://new/", arn="arn:another")
    assert records.cameras.put(moved) == replace(a_camera(), source="http://new/", notice=NOTICE)
    assert [camera.name for camera in records.cameras.list()] == ["gate"]


def test_a_camera_that_is_removed_is_gone_with_its_notice(records):
    records.cameras.put(a_camera())
    records.cameras.put_notice("gate", NOTICE)
    assert records.cameras.remove("gate").notice == NOTICE
    for lost in (records.cameras.get, records.cameras.remove):
        with pytest.raises(ResourceNotFound):
            lost("gate")
    with pytest.raises(ResourceNotFound):
        records.cameras.put_notice("gate", NOTICE)
    assert records.cameras.put(a_camera()).notice is None


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (a_processor("watch", "yard"), "a stream processor watch already"),
        (a_processor("second", "gate"), "looks at gate already"),
        (
            replace(a_processor("second", "yard"), request=a_processor().request),
            "writes to this output",
        ),
    ],
)
def test_one_processor_per_name_camera_and_output(records, other, said):
    added = records.stream_processors.add(a_processor(), 10)
    assert replace(added, no=0) == a_processor()
    with pytest.raises(ResourceInUse, match=said):
        records.stream_processors.add(other, 10)


def test_so_many_and_no_more_in_the_order_they_came(records):
    processors = records.stream_processors
    for name in ("b", "a", "c"):
        processors.add(a_processor(name, name), 3)
    with pytest.raises(TooManyProcessors):
        processors.add(a_processor("d", "d"), 3)
    assert [one.name for one in processors.list()] == ["b", "a", "c"]
    first = processors.list(limit=1)
    assert [one.name for one in processors.list(first[0].no, 1)] == ["a"]


def test_a_change_that_raises_changes_nothing(records):
    processors = records.stream_processors
    processors.add(a_processor(), 10)
    started = processors.change("watch", lambda one: one.started("s-1", {"grant": 1}, BEGINNING))
    assert processors.get("watch") == started
    assert (started.status, started.grant) == (StreamStatus.STARTING, {"grant": 1})
    with pytest.raises(ResourceInUse):
        processors.change("watch", lambda one: one.started("s-2", {}, BEGINNING))
    assert processors.get("watch").session_id == "s-1"
    with pytest.raises(ResourceNotFound):
        processors.change("nobody", lambda one: one)


def test_only_what_rests_is_deleted(records):
    processors = records.stream_processors
    processors.add(a_processor(), 10)
    processors.change("watch", lambda one: one.started("s-1", {}, BEGINNING))
    with pytest.raises(ResourceInUse, match="STARTING: stop it first"):
        processors.delete("watch")
    processors.change("watch", lambda one: one.ended(StreamStatus.FAILED, "no camera", BEGINNING))
    assert processors.delete("watch").message == "no camera"
    with pytest.raises(ResourceNotFound):
        processors.delete("watch")


def test_one_holder_at_a_time(records, clock):
    processors = records.stream_processors
    processors.add(a_processor(), 10)
    assert processors.hold("watch", "here", LEASE)
    assert processors.hold("watch", "here", LEASE)
    assert not processors.hold("watch", "there", LEASE)
    processors.release("watch", "there")
    assert not processors.hold("watch", "there", LEASE)
    clock.advance(LEASE + timedelta(seconds=1))
    assert processors.hold("watch", "there", LEASE)
    assert not processors.hold("watch", "here", LEASE)
    processors.release("watch", "there")
    assert processors.hold("watch", "here", LEASE)
    assert not processors.hold("nobody", "here", LEASE)


def test_a_password_is_not_in_the_file(tmp_path, clock):
    from beholden.engines.records.database import sqlite_url
    from beholden.engines.records.engine import SqlRecords
    from beholden.engines.vault.local import LocalVault

    records = SqlRecords(sqlite_url(tmp_path / "records.db"), LocalVault(tmp_path), clock)
    records.cameras.put(a_camera())
    records.stream_processors.add(a_processor(), 10)
    records.close()
    for file in tmp_path.rglob("*"):
        assert file.is_dir() or b"user:secret" not in file.read_bytes()
