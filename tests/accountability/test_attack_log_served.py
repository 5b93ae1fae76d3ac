"""Attacks on a log that is looked at from outside: what is harmed on the server's disk, or signed
by another key, is named by whoever verifies the URL; the server itself refuses to go on."""

import subprocess
import sys
from pathlib import Path

import pytest
from starlette.applications import Starlette

from beholden.domain.errors import OperatorError
from beholden.engines.audit.keys import load_signer
from beholden.engines.audit.layout import pack, unpack
from beholden.engines.audit.merkle import leaf_hash
from beholden.engines.audit.note import Checkpoint
from beholden.engines.audit.remote import RemoteFolder
from beholden.engines.audit.served import ServedFolder
from beholden.engines.audit.tlog import TileLog
from beholden.engines.audit.verify import verify
from beholden.testing.audit import a_record
from beholden.wire.log import log_routes

from ..serving import serving

TOOL = Path(__file__).parents[2] / "tools/verify_log.py"
ORIGIN = "log.example.org/city"


@pytest.fixture
def home(tmp_path):
    log = TileLog(tmp_path / "log", tmp_path / "log.key", ORIGIN)
    for number in range(6):
        log.append(a_record(f"call-{number}"))
    log.close()
    return tmp_path


def alter(log, change):
    path = log / "tile/entries/000.p/6"
    entries = unpack(path.read_bytes())
    change(entries)
    path.write_bytes(pack(entries))


def forged_by_another_key(home):
    """Entry, tile and checkpoint made to fit: all but the key."""
    log = home / "log"
    alter(log, lambda entries: entries.__setitem__(3, entries[3].replace(b"ann", b"bob")))
    entries = unpack((log / "tile/entries/000.p/6").read_bytes())
    (log / "tile/0/000.p/6").write_bytes(b"".join(map(leaf_hash, entries)))
    mallory = load_signer(home / "mallory.key", ORIGIN)
    (log / "checkpoint").write_text(mallory.sign(Checkpoint(ORIGIN, 6, bytes(32))))


HARMS = {
    "altered": lambda home: alter(
        home / "log", lambda e: e.__setitem__(3, e[3].replace(b"ann", b"bob"))
    ),
    "deleted": lambda home: alter(home / "log", lambda e: e.pop(3)),
    "inserted": lambda home: alter(home / "log", lambda e: e.insert(3, e[0])),
    "reordered": lambda home: alter(home / "log", lambda e: e.reverse()),
    "cut short": lambda home: alter(home / "log", lambda e: e.pop()),
    "forged": forged_by_another_key,
}


@pytest.mark.parametrize("harm", HARMS)
def test_harm_is_seen_through_the_url_by_both_verifiers(home, harm):
    verifier = load_signer(home / "log.key", ORIGIN).verifier
    with serving(Starlette(routes=[log_routes("/log", ServedFolder(home / "log"))])) as base:
        url = f"{base}/log"
        command = [sys.executable, TOOL, url, "--key", str(verifier)]
        assert verify(RemoteFolder(url), verifier).sound
        assert subprocess.run(command, capture_output=True).returncode == 0
        HARMS[harm](home)
        if harm == "forged":
            # The server shows no checkpoint that its own key did not sign; its files still do not.
            (home / "log/log.vkey").write_text(
                str(load_signer(home / "mallory.key", ORIGIN).verifier)
            )
        assert not verify(RemoteFolder(url), verifier).sound
        told = subprocess.run(command, capture_output=True, text=True)
        assert (told.returncode, told.stdout) == (1, "")
        assert "NOT SOUND" in told.stderr


def test_the_server_does_not_go_on_from_a_checkpoint_of_another_key(home):
    forged_by_another_key(home)
    with pytest.raises(OperatorError, match=f"not signed by {ORIGIN}"):
        TileLog(home / "log", home / "log.key", ORIGIN)
