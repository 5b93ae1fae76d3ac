import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from beholden.domain.errors import OperatorError, ResourceNotFound, ServerError
from beholden.engines.vault.local import LocalVault


def files(folder):
    return [path for path in folder.rglob("*") if path.is_file()]


def test_keys_are_their_owners_only_and_leave_no_drafts(tmp_path):
    LocalVault(tmp_path / "vault").create("a")
    assert len(files(tmp_path)) == 2
    assert {stat.S_IMODE(path.stat().st_mode) for path in files(tmp_path)} == {0o600}
    assert stat.S_IMODE((tmp_path / "vault/datakeys").stat().st_mode) == 0o700


def test_what_was_sealed_opens_after_a_restart(tmp_path):
    vault = LocalVault(tmp_path)
    vault.create("a")
    sealed = vault.seal("a", [b"text"], [b"c"])
    again = LocalVault(tmp_path)
    assert again.open("a", sealed, [b"c"]) == [b"text"]
    assert again.derive("pages") == vault.derive("pages")


def test_the_master_key_can_live_elsewhere(tmp_path):
    LocalVault(tmp_path / "vault", tmp_path / "safe" / "key").create("a")
    assert [p.parent.name for p in files(tmp_path / "vault")] == ["datakeys"]
    assert (tmp_path / "safe" / "key").stat().st_size == 32


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_master_key_open_to_others_is_refused(tmp_path, mode):
    LocalVault(tmp_path)
    (tmp_path / "master.key").chmod(mode)
    with pytest.raises(OperatorError, match="chmod 600"):
        LocalVault(tmp_path)


def test_a_lost_master_key_is_not_replaced(tmp_path):
    LocalVault(tmp_path).create("a")
    (tmp_path / "master.key").unlink()
    with pytest.raises(OperatorError, match="Restore it from your backup"):
        LocalVault(tmp_path)
    assert not (tmp_path / "master.key").exists()


def test_a_cut_or_foreign_master_key_is_told(tmp_path):
    LocalVault(tmp_path).create("a")
    (tmp_path / "master.key").write_bytes(bytes(32))
    with pytest.raises(OperatorError, match="not the one that wrapped"):
        LocalVault(tmp_path)
    (tmp_path / "master.key").write_bytes(b"short")
    with pytest.raises(OperatorError, match="5 bytes"):
        LocalVault(tmp_path)


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OperatorError, match="cannot be used"):
        LocalVault(tmp_path / "file" / "vault")


def test_a_data_key_under_another_name_does_not_open(tmp_path):
    vault = LocalVault(tmp_path)
    vault.create("a")
    (one,) = (tmp_path / "datakeys").iterdir()
    vault.create("b")
    (other,) = set((tmp_path / "datakeys").iterdir()) - {one}
    other.write_bytes(one.read_bytes())
    with pytest.raises(ServerError, match="damaged"):
        LocalVault(tmp_path).seal("b", [b"x"], [b""])


def test_destruction_reaches_another_process_at_once(tmp_path):
    here, there = LocalVault(tmp_path), LocalVault(tmp_path)
    here.create("a")
    sealed = there.seal("a", [b"text"], [b""])
    here.destroy("a")
    with pytest.raises(ResourceNotFound):
        there.open("a", sealed, [b""])
    here.create("a")
    assert here.open("a", there.seal("a", [b"new"], [b""]), [b""]) == [b"new"]


def test_destruction_overwrites_the_key(tmp_path):
    vault = LocalVault(tmp_path)
    vault.create("a")
    (path,) = (tmp_path / "datakeys").iterdir()
    os.link(path, tmp_path / "held")
    vault.destroy("a")
    assert not path.exists()
    assert not any((tmp_path / "held").read_bytes())


def test_a_crash_between_overwriting_and_unlinking_leaves_no_key(tmp_path):
    vault = LocalVault(tmp_path)
    vault.create("a")
    (path,) = (tmp_path / "datakeys").iterdir()
    path.write_bytes(bytes(path.stat().st_size))
    with pytest.raises(ResourceNotFound):
        vault.seal("a", [b"x"], [b""])
    LocalVault(tmp_path).destroy("a")
    assert not path.exists()


@pytest.mark.slow
def test_processes_that_start_at_once_share_one_key(tmp_path):
    script = (
        "import sys; from pathlib import Path; from beholden.engines.vault.local import LocalVault;"
        "vault = LocalVault(Path(sys.argv[1])); vault.create('a');"
        "sys.stdin.read(); print(vault.derive('x').hex(), vault.seal('a', [b'x'], [b''])[0].hex())"
    )
    running = [
        subprocess.Popen(
            [sys.executable, "-c", script, str(tmp_path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    told = [process.communicate()[0].split() for process in running]
    vault = LocalVault(Path(tmp_path))
    assert {derived for derived, _ in told} == {vault.derive("x").hex()}
    for _, sealed in told:
        assert vault.open("a", [bytes.fromhex(sealed)], [b""]) == [b"x"]
