import pytest
from starlette.applications import Starlette
from typer.testing import CliRunner

from beholden.cli.witness import witness_app
from beholden.domain.errors import OperatorError
from beholden.engines.audit.cosign import Witness
from beholden.engines.audit.served import ServedFolder
from beholden.engines.audit.tlog import TileLog
from beholden.wire.log import log_routes

from ...serving import serving


def run(*arguments):
    return CliRunner().invoke(witness_app, [str(argument) for argument in arguments])


def test_the_key_is_made_once(tmp_path):
    lines = [run("key", "--name", "w.example.org", "--dir", tmp_path).output for _ in range(2)]
    assert lines[0] == lines[1]
    assert Witness.parse(lines[0]).name == "w.example.org"


def test_what_key_a_log_claims(tmp_path):
    TileLog(tmp_path / "log", tmp_path / "key", "log.example.org").close()
    routes = [log_routes("/log", ServedFolder(tmp_path / "log"))]
    with serving(Starlette(routes=routes)) as base:
        assert run("trust", f"{base}/log").output == (tmp_path / "log/log.vkey").read_text()
        assert isinstance(run("trust", base).exception, OperatorError)


@pytest.mark.parametrize("key", ["nonsense", "a+b+c"])
def test_a_malformed_key_is_refused(tmp_path, key):
    done = run("serve", "--name", "w", "--dir", tmp_path, "--log", key)
    assert isinstance(done.exception, OperatorError)


def test_a_name_must_be_one(tmp_path):
    assert isinstance(run("key", "--name", "two words", "--dir", tmp_path).exception, OperatorError)
