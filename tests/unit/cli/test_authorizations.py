"""Sessions and authorizations from the command line, over a deployment of its own."""

import json

import pytest
from typer.testing import CliRunner

from beholden.cli.app import app
from beholden.config import Settings

pytestmark = pytest.mark.slow


@pytest.fixture
def beholden(tmp_path, models_dir):
    def run(*words):
        done = CliRunner().invoke(app, [*words, "--data-dir", str(tmp_path)])
        assert done.exit_code == 0, done.output
        return done.output

    assert Settings().models_dir == models_dir
    return run


def test_a_session_and_an_authorization(beholden):
    case = beholden("assume-role", "operator", "--case", "2026-0117")
    assert case.splitlines()[0].startswith("export AWS_ACCESS_KEY_ID=ASIA")
    assert "export AWS_SESSION_TOKEN=" in case
    asked = beholden(
        *("authorizations", "request", "--basis", "own garden", "--purpose", "development"),
        *("--collection", "family", "--camera", "gate", "--hours", "2"),
    )
    made = json.loads(asked)
    assert (made["State"], made["Cameras"], made["People"]) == ("approved", ["gate"], None)
    (listed,) = json.loads(beholden("authorizations", "list", "--json"))
    assert listed == made
