import json

import pytest
from typer.testing import CliRunner

from beholden.cli.audit import audit_app
from beholden.domain.audit import RecordKind
from beholden.domain.errors import OperatorError
from beholden.engines.audit.note import Verifier
from beholden.engines.audit.proofs import check_inclusion
from beholden.engines.audit.tlog import TileLog
from beholden.testing.audit import a_record


@pytest.fixture
def log(tmp_path):
    folder = tmp_path / "log"
    opened = TileLog(folder, tmp_path / "key", "log.example.org")
    for kind in (RecordKind.INTENT, RecordKind.OUTCOME):
        for call in ("one", "two"):
            opened.append(a_record(call, kind))
    opened.close()
    return folder


def run(*arguments):
    return CliRunner().invoke(audit_app, [str(argument) for argument in arguments])


def test_a_sound_log_verifies(log, tmp_path):
    done = run("verify", log, "--checkpoint", tmp_path / "key.head")
    assert (done.exit_code, done.output) == (0, "4 entries: sound\n")


def test_a_harmed_log_does_not(log):
    path = log / "tile/entries/000.p/4"
    path.write_bytes(path.read_bytes().replace(b"two", b"owt"))
    done = run("verify", log)
    assert done.exit_code == 1
    assert "FAULT   entry 1 " in done.output
    told = json.loads(run("verify", log, "--json").output)
    assert not told["sound"]
    assert told["faults"][0].startswith("entry 1 ")


def test_another_key_can_be_demanded(log, tmp_path):
    TileLog(tmp_path / "other", tmp_path / "other-key", "log.example.org").close()
    key = (tmp_path / "other/log.vkey").read_text()
    assert run("verify", log, "--key", key).exit_code == 1


def test_what_is_no_log(tmp_path):
    done = run("verify", tmp_path)
    assert isinstance(done.exception, OperatorError)


@pytest.mark.parametrize(
    ("filters", "indexes"),
    [
        ((), [0, 1, 2, 3]),
        (("--last", 1), [3]),
        (("--kind", "intent"), [0, 1]),
        (("--call", "two", "--purpose", "door-access"), [1, 3]),
        (("--principal", "bob"), []),
        (("--action", "SearchFaces"), []),
    ],
)
def test_records_are_filtered(log, filters, indexes):
    shown = json.loads(run("show", "--log", log, "--json", *filters).output)
    assert [record["index"] for record in shown] == indexes


def test_people_see_a_table(log):
    output = run("show", "--log", log, "--last", 1).output
    assert "outcome" in output
    assert "1 candidates" in " ".join(output.split())


def test_a_proof_can_be_handed_over(log, tmp_path):
    done = run("prove", 2, "--log", log, "--entry", tmp_path / "entry")
    key = Verifier.parse((log / "log.vkey").read_text())
    assert check_inclusion((tmp_path / "entry").read_bytes(), done.output, key).size == 4


def test_no_proof_of_what_is_not_there(log):
    assert isinstance(run("prove", 9, "--log", log).exception, OperatorError)
