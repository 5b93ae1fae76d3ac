import resource
import shutil
import signal
import subprocess
import sys
import threading
import time

import pytest

from beholden.domain.errors import AuditUnavailable, OperatorError
from beholden.engines.audit.journal import Journal
from beholden.engines.audit.keys import load_signer
from beholden.engines.audit.layout import pack, unpack
from beholden.engines.audit.reading import records
from beholden.engines.audit.records import encode
from beholden.engines.audit.tlog import TileLog
from beholden.engines.audit.verify import verify
from beholden.engines.audit.writer import LogWriter
from beholden.testing.audit import a_record

ORIGIN = "log.example.org/one"
# Appends until it is killed; says which call was acknowledged, once it was.
WRITER = """
import sys
from itertools import count
from pathlib import Path
from beholden.engines.audit.tlog import TileLog
from beholden.testing.audit import a_record
log = TileLog(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
for number in range(int(sys.argv[5])):
    log.append(a_record(f"{sys.argv[4]}-{number}"))
    print(f"{sys.argv[4]}-{number}", flush=True)
log.close()
"""


def eventually(true, within_s=30.0):
    end = time.monotonic() + within_s
    while not true() and time.monotonic() < end:
        threading.Event().wait(0.01)
    return true()


def start_writer(deployment, name, count=10**9):
    arguments = [deployment.folder, deployment.key, ORIGIN, name, count]
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, *map(str, arguments)], stdout=subprocess.PIPE, text=True
    )


def calls(deployment):
    return [record["call"] for _, record in records(deployment.folder, deployment.verifier)]


def assert_sound(deployment, saved=()):
    assert verify(deployment.folder, deployment.verifier, saved).faults == ()


@pytest.mark.parametrize("count", [0, 1, 255, 256, 257, 600])
def test_a_log_reads_back_and_goes_on_after_a_restart(deployment, count):
    deployment.grow(count).grow(3, first=count)
    assert calls(deployment) == [f"call-{n}" for n in range(count + 3)]
    assert_sound(deployment)


def test_readers_see_what_was_appended_once_it_is_published(deployment):
    log = deployment.open()
    for number in range(5):
        logged = log.append(a_record())
        log.publish()
        assert deployment.checkpoint().size == logged.tree_size == number + 1
    log.publish()
    assert deployment.checkpoint().size == 5


def test_what_was_appended_is_published_by_itself(deployment):
    log = deployment.open()
    log.append(a_record())
    assert eventually(lambda: deployment.checkpoint().size == 1)
    log.append(a_record())
    log.close()
    assert deployment.checkpoint().size == 2


def test_checkpoints_come_while_others_append_without_pause(deployment):
    log, done = deployment.open(), threading.Event()

    def append():
        while not done.is_set():
            log.append(a_record("call"))

    appending = [threading.Thread(target=append) for _ in range(8)]
    for thread in appending:
        thread.start()
    assert eventually(lambda: deployment.checkpoint().size > 0)
    covered = deployment.checkpoint().size
    assert eventually(lambda: deployment.checkpoint().size > covered)
    done.set()
    for thread in appending:
        thread.join()
    log.close()


def test_a_checkpoint_that_could_not_be_written_is_tried_again(deployment):
    log = deployment.open()
    checkpoint = deployment.folder / "checkpoint"
    log.append(a_record("before"))
    log.publish()
    checkpoint.unlink()
    checkpoint.mkdir()
    log.append(a_record("durable"))
    log.publish()
    checkpoint.rmdir()
    assert eventually(lambda: checkpoint.is_file() and checkpoint.read_bytes())  # made, then filled
    assert deployment.checkpoint().size == 2
    log.close()


def test_a_closed_log_takes_nothing(deployment):
    log = deployment.open()
    log.close()
    with pytest.raises(AuditUnavailable, match="closed"):
        log.append(a_record("late"))


def test_every_checkpoint_extends_the_one_before(deployment):
    notes = []
    for first in range(0, 520, 130):
        deployment.grow(130, first)
        notes.append((deployment.folder / "checkpoint").read_text())
    assert_sound(deployment, notes)


def test_partial_tiles_stay_until_the_full_one_is_there(deployment):
    log = deployment.grow(202).open()
    partial = deployment.folder / "tile" / "entries" / "000.p"
    for _ in range(3):
        log.append(a_record())
        log.publish()
    assert sorted(path.name for path in partial.iterdir()) == ["202", "203", "204", "205"]
    deployment.grow(51)
    assert not partial.exists()
    assert_sound(deployment)


def test_threads_share_flushes(deployment):
    log = deployment.open()
    threads = [
        threading.Thread(target=lambda: [log.append(a_record()) for _ in range(20)])
        for _ in range(16)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    log.publish()
    widths = list((deployment.folder / "tile" / "entries" / "001.p").iterdir())
    assert deployment.checkpoint().size == 320
    assert len(widths) < 64
    assert_sound(deployment)


@pytest.mark.slow
def test_two_processes_append_to_one_log(deployment):
    writers = [start_writer(deployment, name, 40) for name in ("a", "b")]
    acknowledged = [line for writer in writers for line in writer.communicate()[0].split()]
    assert sorted(calls(deployment)) == sorted(acknowledged)
    assert len(acknowledged) == 80
    assert_sound(deployment)


@pytest.mark.slow
def test_two_logs_in_one_process_append_to_one_folder(deployment):
    one, two = deployment.grow(240).open(), deployment.open()
    for _ in range(20):
        assert two.append(a_record()).index + 1 == one.append(a_record()).index
    two.close()
    one.close()
    assert deployment.checkpoint().size == 280
    assert_sound(deployment)


@pytest.mark.slow
@pytest.mark.parametrize("after", [1, 7, 40, 90, 270])
def test_killed_while_writing_nothing_acknowledged_is_lost(deployment, after):
    writer = start_writer(deployment, "a")
    acknowledged = [writer.stdout.readline().strip() for _ in range(after)]
    writer.send_signal(signal.SIGKILL)
    acknowledged += writer.communicate()[0].split()
    assert_sound(deployment)
    note = (deployment.folder / "checkpoint").read_text()
    deployment.grow(2)
    found = calls(deployment)
    assert found[: len(acknowledged)] == acknowledged
    # At most the one that was being written when the signal came.
    assert len(found) - 2 - len(acknowledged) in (0, 1)
    assert_sound(deployment, [note])


def unpublished(deployment, name):
    """As a writer leaves the log that is killed between the journal and the checkpoint."""
    writer = LogWriter(deployment.folder, load_signer(deployment.key, ORIGIN), deployment.head)
    writer.append([encode(a_record(name))])
    writer.close()


def test_killed_before_a_checkpoint_the_next_start_makes_it(deployment):
    deployment.grow(256)
    note = (deployment.folder / "checkpoint").read_text()
    for number in range(256, 259):
        unpublished(deployment, f"call-{number}")
        assert_sound(deployment, [note])
    deployment.open().close()
    assert calls(deployment) == [f"call-{n}" for n in range(259)]
    assert_sound(deployment, [note])


def test_what_another_process_left_unpublished_is_seen_and_published(deployment):
    log = deployment.grow(255).open()
    for number in range(255, 261, 2):
        unpublished(deployment, f"call-{number}")
        assert log.append(a_record(f"call-{number + 1}")).index == number + 1
    log.publish()
    assert calls(deployment) == [f"call-{n}" for n in range(261)]
    assert_sound(deployment)


class NoSpace:
    """While it lasts, no file grows beyond `limit` bytes: a write is cut short, the next fails."""

    def __init__(self, limit):
        self.limit = limit

    def __enter__(self):
        self.before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (self.limit, self.before[1]))

    def __exit__(self, *_):
        resource.setrlimit(resource.RLIMIT_FSIZE, self.before)


@pytest.mark.parametrize("limit", [0, 100, 1_000, 3_000, 20_000, 60_000])
def test_without_space_nothing_is_acknowledged_and_with_it_the_log_goes_on(deployment, limit):
    log = deployment.open()
    acknowledged = []

    def append_many():
        for number in range(300):
            log.append(a_record(f"call-{number}"))
            acknowledged.append(f"call-{number}")

    with NoSpace(limit), pytest.raises(AuditUnavailable, match="cannot be written"):
        append_many()
    size = log.append(a_record("after")).tree_size
    log.publish()
    assert deployment.checkpoint().size == size
    found = calls(deployment)
    assert found[: len(acknowledged)] == acknowledged
    assert found[-1] == "after"
    assert_sound(deployment)


def test_what_was_durable_before_a_crash_is_completed(deployment):
    """Everything that a power cut may take back goes: the journal alone remains."""
    deployment.grow(300)
    before = (deployment.folder / "checkpoint").read_bytes()
    for partial in deployment.folder.glob("tile/*/*.p"):
        shutil.rmtree(partial)
    (deployment.folder / "checkpoint").write_bytes(b"")
    deployment.head.write_bytes(b"")
    deployment.open().close()
    assert (deployment.folder / "checkpoint").read_bytes() == before
    assert_sound(deployment)


def test_a_copy_without_its_journal_goes_on(deployment):
    deployment.grow(300)
    (deployment.folder / "journal").unlink()
    deployment.grow(1, first=300)
    assert calls(deployment) == [f"call-{n}" for n in range(301)]


def add_to_bundle(deployment):
    """A full bundle that begins as signed and goes on as somebody likes."""
    entries = unpack((deployment.folder / "tile/entries/000.p/20").read_bytes())
    (deployment.folder / "tile/entries/000").write_bytes(pack(entries + entries[:1] * 236))


def add_to_journal(deployment):
    Journal(deployment.folder / "journal", b"no key of theirs").append(20, [b"{}"])


@pytest.mark.parametrize("add", [add_to_bundle, add_to_journal])
def test_nobody_without_the_key_can_slip_entries_in(deployment, add):
    deployment.grow(20)
    add(deployment)
    (deployment.folder / "lock").write_bytes(b"busy".ljust(20))
    deployment.grow(1, first=20)
    assert deployment.checkpoint().size == 21


def test_partial_tiles_that_a_power_cut_spoilt_are_made_again(deployment):
    deployment.grow(300)
    for tile in deployment.folder.glob("tile/*/*.p/*"):
        tile.write_bytes(bytes(len(tile.read_bytes())))
    deployment.open().close()
    assert_sound(deployment)


def cut_tail(deployment):
    deployment.head.replace(deployment.head.with_suffix(".kept"))
    shutil.copytree(deployment.folder, deployment.folder.with_suffix(".old"))
    deployment.grow(10, first=20)
    shutil.rmtree(deployment.folder)
    deployment.folder.with_suffix(".old").replace(deployment.folder)


def cut_journal(deployment):
    """What no checkpoint covers yet, after a kill."""
    kept = (deployment.folder / "journal").read_bytes()
    unpublished(deployment, "killed")
    assert deployment.checkpoint().size == 20
    (deployment.folder / "journal").write_bytes(kept)


def alter_entries(deployment):
    for path in (deployment.folder / "tile/entries/000.p/20", deployment.folder / "journal"):
        path.write_bytes(path.read_bytes().replace(b"call-3", b"call-4"))


def alter_checkpoint(deployment):
    path = deployment.folder / "checkpoint"
    path.write_text(path.read_text().replace("\n20\n", "\n19\n"))


@pytest.mark.parametrize("harm", [cut_tail, cut_journal, alter_entries, alter_checkpoint])
def test_a_log_that_was_altered_or_cut_does_not_start(deployment, harm):
    deployment.grow(20)
    harm(deployment)
    with pytest.raises(OperatorError, match=r"altered or cut|not signed"):
        deployment.open()


def test_a_log_that_another_key_signed_does_not_start(deployment):
    deployment.grow(2)
    deployment.key.unlink()
    with pytest.raises(OperatorError, match="not signed"):
        deployment.open()


def test_a_log_altered_under_a_running_server_stops_it(deployment):
    log, other = deployment.open(), deployment.open()
    other.append(a_record())
    other.publish()
    alter = deployment.folder / "checkpoint"
    alter.write_text(alter.read_text().replace("\n1\n", "\n2\n"))
    with pytest.raises(AuditUnavailable, match="not signed"):
        log.append(a_record())


def test_the_key_is_private_and_kept(deployment):
    deployment.open().close()
    first = deployment.key.read_bytes()
    assert deployment.key.stat().st_mode & 0o777 == 0o600
    deployment.open().close()
    assert deployment.key.read_bytes() == first
    assert deployment.verifier.name == "log.example.org/one"


def test_a_key_that_others_can_read_is_refused(deployment):
    deployment.open().close()
    deployment.key.chmod(0o640)
    with pytest.raises(OperatorError, match="chmod 600"):
        deployment.open()


@pytest.mark.parametrize("content", [b"", b"not a key"])
def test_a_key_file_that_holds_no_key_is_refused(deployment, content):
    deployment.key.write_bytes(content)
    deployment.key.chmod(0o600)
    with pytest.raises(OperatorError, match="not a private key"):
        deployment.open()


@pytest.mark.parametrize("origin", ["", "two words", "a+b"])
def test_an_origin_must_be_a_name(tmp_path, origin):
    with pytest.raises(OperatorError, match="origin"):
        TileLog(tmp_path / "log", tmp_path / "key", origin)


@pytest.mark.slow
def test_two_processes_killed_again_and_again_also_while_they_recover(deployment):
    acknowledged, notes = [], []
    for turn in range(8):
        writers = [start_writer(deployment, f"{turn}{name}") for name in "ab"]
        lines = [writers[turn % 2].stdout.readline() for _ in range(1 + 3 * turn)]
        for writer in writers:
            writer.send_signal(signal.SIGKILL)
        lines += [writer.communicate()[0] for writer in writers]
        acknowledged += "".join(lines).split()
        assert_sound(deployment, notes)
        deployment.open().close()
        found = calls(deployment)
        assert set(acknowledged) <= set(found)
        assert len(set(found)) == len(found)
        notes.append((deployment.folder / "checkpoint").read_text())
