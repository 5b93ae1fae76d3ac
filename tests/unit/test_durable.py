"""Whole files: under their name at once, or not at all and no trace of the attempt."""

import os
import stat
from concurrent.futures import ThreadPoolExecutor

import pytest

from beholden import durable

WRITERS = [durable.replace, durable.create]


def mode_of(path):
    return stat.S_IMODE(path.stat().st_mode)


def names(folder):
    return [path.name for path in folder.iterdir()]


@pytest.fixture
def synced(monkeypatch):
    """What was made durable, in order: "folder", or a file by what it held."""
    order, fsync = [], os.fsync

    def record(handle):
        folder = stat.S_ISDIR(os.fstat(handle).st_mode)
        order.append("folder" if folder else os.pread(handle, 100, 0))
        fsync(handle)

    monkeypatch.setattr(os, "fsync", record)
    return order


@pytest.mark.parametrize("write", WRITERS)
def test_content_then_name_are_durable_and_the_owner_s_only(write, tmp_path, synced):
    write(tmp_path / "file", b"text")
    assert synced == [b"text", "folder"]
    assert (tmp_path / "file").read_bytes() == b"text"
    assert mode_of(tmp_path / "file") == 0o600
    assert names(tmp_path) == ["file"]


def test_the_last_replaces_and_the_first_stays(tmp_path):
    for content in (b"long before", b"after"):
        durable.replace(tmp_path / "last", content)
        durable.create(tmp_path / "first", content)
    assert (tmp_path / "last").read_bytes() == b"after"
    assert (tmp_path / "first").read_bytes() == b"long before"
    assert sorted(names(tmp_path)) == ["first", "last"]


def test_a_file_for_everybody_keeps_to_the_umask(tmp_path):
    before = os.umask(0o027)
    try:
        durable.replace(tmp_path / "file", b"text", mode=0o644)
    finally:
        os.umask(before)
    assert mode_of(tmp_path / "file") == 0o640


@pytest.mark.parametrize("write", WRITERS)
def test_writers_at_once_do_not_mix(write, tmp_path):
    contents = [bytes([number]) * 10_000 for number in range(16)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda content: write(tmp_path / "file", content), contents))
    assert (tmp_path / "file").read_bytes() in contents
    assert names(tmp_path) == ["file"]


def test_a_failure_leaves_no_draft(tmp_path):
    (tmp_path / "taken" / "below").mkdir(parents=True)
    with pytest.raises(OSError, match="directory"):
        durable.replace(tmp_path / "taken", b"text")
    assert names(tmp_path) == ["taken"]


@pytest.mark.parametrize("write", WRITERS)
def test_what_cannot_be_made_durable_is_not_there(write, tmp_path, monkeypatch):
    def full(_handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write(tmp_path / "file", b"text")
    assert names(tmp_path) == []
