"""States survive, or are found to be damaged; never half of one."""

import pytest

from beholden.domain.errors import ServerError
from beholden.engines.states.folder import StateFolder


def test_what_was_saved_last_comes_back(tmp_path):
    states = StateFolder(tmp_path / "states")
    assert states.load("misuse") is None
    states.save("misuse", {"position": 1})
    states.save("misuse", {"position": 2, "who": "ä"})
    assert StateFolder(tmp_path / "states").load("misuse") == {"position": 2, "who": "ä"}


@pytest.mark.parametrize("damage", [b"", b"half", b"\xff\xfe", b'0000\n{"position": 9}'])
def test_a_damaged_state_is_none(tmp_path, damage):
    StateFolder(tmp_path).save("misuse", {"position": 1})
    (tmp_path / "misuse.json").write_bytes(damage)
    assert StateFolder(tmp_path).load("misuse") is None


def test_a_full_disk_is_said(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(ServerError, match="misuse"):
        StateFolder(tmp_path / "file").save("misuse", {})
