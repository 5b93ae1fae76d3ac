"""Whatever is done to a log, both verifiers say so: Beholden's own and tools/verify_log.py."""

import io
import re
import runpy
import shutil
import subprocess
import sys
from contextlib import redirect_stdout
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from beholden.domain.audit import RecordKind
from beholden.engines.audit.keys import load_signer
from beholden.engines.audit.layout import pack, tile_path, unpack
from beholden.engines.audit.merkle import leaf_hash, tree_root
from beholden.engines.audit.note import Checkpoint, CheckpointError
from beholden.engines.audit.records import encode
from beholden.engines.audit.verify import verify
from beholden.engines.audit.writer import LogWriter
from beholden.testing.audit import a_record

TOOL_FILE = Path(__file__).parents[4] / "tools" / "verify_log.py"
TOOL = SimpleNamespace(**runpy.run_path(str(TOOL_FILE)))
SIZE = 600


@pytest.fixture
def log(deployment, log_of_600):
    """A copy that may be harmed."""
    shutil.copytree(log_of_600, deployment.folder.parent, dirs_exist_ok=True)
    return deployment


def bundle(log, number):
    return log.folder / tile_path("entries", number, 256 if number < 2 else SIZE - 512)


def tile(log, number):
    return log.folder / tile_path(0, number, 256 if number < 2 else SIZE - 512)


def edit(log, index, change):
    """Rewrite the bundle that holds an entry: `change(entries, offset)` edits them in place."""
    number, offset = divmod(index, 256)
    entries = unpack(bundle(log, number).read_bytes())
    change(entries, offset)
    bundle(log, number).write_bytes(pack(entries))
    return number, entries


def alter(log, index):
    def change(entries, at):
        entries[at] = entries[at].replace(b"staff", b"stuff")

    edit(log, index, change)


def delete(log, index):
    edit(log, index, lambda entries, at: entries.pop(at))


def insert(log, index):
    edit(log, index, lambda entries, at: entries.insert(at, b"{}"))


def append(log, index):
    edit(log, index, lambda entries, at: entries.append(b"{}"))


def swap(log, index):
    def change(entries, at):
        entries[at], entries[at + 1] = entries[at + 1], entries[at]

    edit(log, index, change)


@pytest.mark.parametrize("index", [0, 100, 255 - 1, 300, 512, SIZE - 2])
@pytest.mark.parametrize("harm", [alter, delete, insert, append, swap])
def test_a_harmed_entry_is_named(log, harm, index):
    harm(log, index)
    first = faults(log)[0]
    start = index - index % 256
    cut_short = f"entries {start} to {min(start + 255, SIZE - 1)}"
    assert re.match(rf"entry {index}\b", first) or first.startswith(cut_short)


def test_an_entry_altered_with_its_leaf_hash_is_placed_by_the_tile_above(log):
    number, entries = edit(log, 300, lambda entries, at: entries.__setitem__(at, b"{}"))
    tile(log, number).write_bytes(b"".join(map(leaf_hash, entries)))
    assert "from 256 to 511" in faults(log)[0] or "entry 300" in faults(log)[0]


def rewrite(log, index):
    """An entry with all the tiles over it: only the signature cannot be made to fit."""
    number, entries = edit(log, index, lambda entries, at: entries.__setitem__(at, entries[0]))
    tile(log, number).write_bytes(b"".join(map(leaf_hash, entries)))
    upper = log.folder / tile_path(1, 0, 2)
    hashes = bytearray(upper.read_bytes())
    if number < 2:
        hashes[number * 32 : number * 32 + 32] = tree_root(list(map(leaf_hash, entries)))
    upper.write_bytes(hashes)


@pytest.mark.parametrize("index", [300, 599])
def test_an_entry_altered_with_every_tile_shows_against_the_signature(log, index):
    rewrite(log, index)
    assert "altered, and its tiles with it" in faults(log)[-1]


@pytest.mark.parametrize("path", ["tile/0/000", "tile/0/002.p/88", "tile/1/000.p/2"])
@pytest.mark.parametrize("harm", ["altered", "missing", "cut short"])
def test_a_harmed_tile_is_found(log, path, harm):
    tile_file = log.folder / path
    data = tile_file.read_bytes()
    if harm == "missing":
        tile_file.unlink()
    else:
        tile_file.write_bytes(data[:-1] + bytes(1) if harm == "altered" else data[:-1])
    assert faults(log)


def test_an_older_partial_tile_is_checked_as_well(deployment):
    log = deployment.open()
    for _ in range(3):
        log.append(a_record())
        log.publish()
    log.close()
    older = deployment.folder / "tile/entries/000.p/2"
    older.write_bytes(older.read_bytes().replace(b"staff", b"stuff"))
    assert verify(deployment.folder, deployment.verifier).faults == (
        "tile/entries/000.p/2 was altered",
    )


@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_missing_bundle_is_named(log, number):
    bundle(log, number).unlink()
    assert str(number * 256) in faults(log)[0] or f"00{number}" in faults(log)[0]


def test_a_signature_by_another_key_is_refused(log, tmp_path):
    mallory = load_signer(tmp_path / "mallory.key", log.verifier.name)
    head = log.checkpoint()
    (log.folder / "checkpoint").write_text(mallory.sign(head))
    assert "not signed" in faults(log)[0]


@pytest.mark.parametrize("content", ["", "nonsense", "\n\n\n"])
def test_a_spoilt_checkpoint_is_refused(log, content):
    (log.folder / "checkpoint").write_text(content)
    assert faults(log)[0].startswith("checkpoint")


def keep_copy(log):
    copy = log.folder.with_name("copy")
    shutil.copytree(log.folder, copy)
    note = (copy / "checkpoint").read_text()
    return copy, note


def test_a_tail_cut_off_with_its_checkpoint_shows_against_a_saved_one(log, tmp_path):
    older, _ = keep_copy(log)
    log.grow(50, first=SIZE)
    saved = (log.folder / "checkpoint").read_text()
    shutil.rmtree(log.folder)
    older.replace(log.folder)
    assert faults(log, agree=False) == ()  # what no verifier can see without it
    assert "entries 600 to 649 were cut off" in faults(log, saved)[0]


def test_a_history_rewritten_with_the_key_shows_against_a_saved_checkpoint(log):
    saved = (log.folder / "checkpoint").read_text()
    shutil.rmtree(log.folder)
    for kept in (log.head, log.head.with_name("log.key.head.size")):
        kept.unlink()
    log.grow(SIZE + 50, first=1)
    assert faults(log, agree=False) == ()
    assert "history was rewritten before entry 600" in faults(log, saved)[0]


def test_a_fork_of_one_size_shows_against_the_other(log):
    signer = load_signer(log.key, log.verifier.name)
    other = signer.sign(Checkpoint(signer.origin, SIZE, bytes(32)))
    assert "history was rewritten" in faults(log, other)[0]


def test_a_saved_checkpoint_narrows_down_where_history_changed(log):
    saved = (log.folder / "checkpoint").read_text()
    log.grow(50, first=SIZE)
    path = log.folder / tile_path("entries", 2, 138)
    entries = unpack(path.read_bytes())
    entries[100] = b"{}"
    path.write_bytes(pack(entries))
    (log.folder / tile_path(0, 2, 138)).write_bytes(b"".join(map(leaf_hash, entries)))
    assert any("from 600 to 649" in fault for fault in faults(log, saved))


def test_a_saved_note_must_be_signed_too(log):
    with pytest.raises(CheckpointError):
        verify(log.folder, log.verifier, ["nonsense"])


@pytest.mark.parametrize("size", [0, 1, 256, SIZE])
def test_a_sound_log_is_sound(deployment, size):
    deployment.grow(size)
    note = (deployment.folder / "checkpoint").read_text()
    assert faults(deployment.grow(3, first=size), note, agree=False) == ()
    assert run_tool(deployment, note).startswith(f"sound: {size + 3} entries")


@pytest.mark.slow
def test_the_tool_as_a_program(log):
    run = [sys.executable, TOOL_FILE, log.folder]
    done = subprocess.run(run, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"sound: {SIZE} entries")
    alter(log, 300)
    done = subprocess.run(run, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert re.fullmatch("NOT SOUND: .*\n", done.stderr)


def extend(log, signer, entries):
    writer = LogWriter(log.folder, signer, log.head)
    writer.append(entries)
    writer.publish()
    writer.close()


def test_an_entry_that_is_no_record_is_a_fault(deployment):
    signer = load_signer(deployment.key, "o")
    extend(deployment, signer, [b"[]"])
    report = verify(deployment.folder, signer.verifier)
    assert "entry 0 is not an audit record" in report.faults[0]


def test_remarks_tell_of_calls_without_an_end_and_of_a_clock_that_went_back(deployment):
    kinds = [("a", RecordKind.INTENT), ("b", RecordKind.INTENT), ("b", RecordKind.OUTCOME)]
    entries = [encode(a_record(call, kind)) for call, kind in kinds]
    moment = a_record().at - timedelta(hours=1)
    entries.append(encode(a_record("c")).replace(b"2026-01-01T00", b"2025-12-31T23"))
    assert moment.isoformat().startswith("2025-12-31T23")
    deployment.grow(0)
    extend(deployment, load_signer(deployment.key, deployment.verifier.name), entries)
    report = verify(deployment.folder, deployment.verifier)
    assert report.sound
    assert [remark.split(":")[0] for remark in report.remarks] == ["entry 3", "entry 0"]


def run_tool(log, *saved):
    files = []
    for number, note in enumerate(saved):
        path = log.folder.with_name(f"saved-{number}")
        path.write_text(note)
        files += ["--checkpoint", str(path)]
    said = io.StringIO()
    try:
        with redirect_stdout(said):
            TOOL.main([str(log.folder), "--key", str(log.verifier), *files])
    except SystemExit as ended:
        said.write(str(ended))
    return said.getvalue()


def faults(log, *saved, agree=True):
    """What Beholden's verifier finds; the independent one must find fault as well."""
    found = verify(log.folder, log.verifier, saved).faults
    if agree or found:
        assert "NOT SOUND" in run_tool(log, *saved)
    return found


def test_entries_of_the_published_log_are_objects_and_no_records(deployment, tmp_path):
    signer = load_signer(deployment.key, "log.example.org/public")
    extend(deployment, signer, [b'{"n":1}'])
    assert verify(deployment.folder, signer.verifier).sound
    extend(deployment, signer, [b"[]"])
    assert "entry 1 is not" in verify(deployment.folder, signer.verifier).faults[0]
