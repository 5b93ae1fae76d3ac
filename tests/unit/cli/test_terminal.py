"""What people named stands on the terminal as they wrote it."""

import re
from pathlib import Path

import pytest
from rich.table import Table

from beholden import cli
from beholden.cli.terminal import terminal

NAMES = ("[/b] x", "photo [copy].jpg", "[bold]")


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_no_markup(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    table = Table("holder")
    table.add_row(name)

    terminal().print(table)
    terminal().print(f"No face in {name}.")

    assert capsys.readouterr().out.count(name) == 2


def test_nothing_is_printed_another_way() -> None:
    modules = Path(cli.__file__).parent.glob("*.py")

    assert [m.name for m in modules if re.search(r"\bConsole\(", m.read_text())] == ["terminal.py"]
