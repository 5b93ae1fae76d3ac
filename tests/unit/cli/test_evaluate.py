"""What `beholden evaluate` refuses before it looks at anything."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from beholden.cli.app import app
from beholden.domain.errors import OperatorError


@pytest.mark.parametrize("kind", ["detection", "text"])
def test_a_report_does_not_take_the_place_of_its_list(kind: str, tmp_path: Path) -> None:
    given = tmp_path / "list.json"
    given.write_text("[]")

    arguments = ["evaluate", kind, str(given), "--out", str(tmp_path / "list")]
    done = CliRunner().invoke(app, arguments)

    assert isinstance(done.exception, OperatorError)
    assert "is the list itself" in str(done.exception)
    assert given.read_text() == "[]"
