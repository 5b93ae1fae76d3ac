import subprocess
import sys

import pytest
from typer.testing import CliRunner

from beholden.cli.app import LINES, app


@pytest.mark.parametrize("name", LINES)
def test_every_command_that_is_listed_is_there(name):
    told = CliRunner().invoke(app, [name, "--help"])
    assert told.exit_code == 0
    assert f"beholden {name}" in told.output or f" {name} " in told.output


def test_a_group_says_of_itself_what_the_list_says():
    told = CliRunner().invoke(app, ["keys", "--help"])
    assert LINES["keys"][1] in told.output


@pytest.mark.parametrize("command", ["report", "keys list"])
def test_a_default_that_is_told_in_words_is_shown(command):
    told = CliRunner(env={"COLUMNS": "200"}).invoke(app, [*command.split(), "--help"])
    assert "[default: BEHOLDEN_DATA_DIR" in told.output


def test_the_list_of_commands_imports_none_of_them():
    code = (
        "import sys; from beholden.cli.app import app; app(['--help'], standalone_mode=False);"
        "sys.exit(str([m for m in ('numpy', 'pydantic', 'beholden.cli.keys') if m in sys.modules]))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "index-faces" in ran.stdout
    assert ran.stderr == "[]\n"
