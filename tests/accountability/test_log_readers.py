"""Who reads the log over HTTP: hashes everybody, entries whom the gate allows; it is recorded."""

import json

import pytest
from typer.testing import CliRunner

from beholden.cli.app import app
from beholden.wire.app import create_app
from beholden.wire.log import SignedBundles, log_routes
from beholden.wire.sigv4 import Verifier

from ..serving import serving


@pytest.fixture(scope="module")
def url(shared_house):
    one = shared_house.deployment
    signed = SignedBundles(one.gate, Verifier(one.keys.find, one.clock))
    routes = [log_routes("/log", one.log, signed)]
    with serving(create_app(one.gate, one.keys, one.clock, routes=routes)) as base:
        yield f"{base}/log"


@pytest.fixture
def as_(shared_house, tmp_path):
    def write(role):
        key, secret = shared_house.deployment.keys.create("eve", role, "door")
        path = tmp_path / role
        path.write_text(
            f"[default]\naws_access_key_id = {key.key_id}\naws_secret_access_key = {secret}\n"
        )
        return ["--credentials", str(path)]

    return write


def run(*arguments):
    return CliRunner().invoke(app, ["audit", *map(str, arguments)])


def test_an_auditor_verifies_from_afar_and_that_is_recorded(shared_house, url, as_):
    done = run("verify", url, "--json", *as_("auditor"))
    assert json.loads(done.output)["sound"]
    record = shared_house.last("beholden:ReadLog")
    assert (record["principal"], record["role"], record["kind"]) == ("eve", "auditor", "outcome")
    assert record["facts"]["bundle"] == 0


@pytest.mark.parametrize("role", [None, "operator", "reviewer", "public"])
def test_nobody_else_reads_entries(shared_house, url, as_, role):
    done = run("verify", url, *(as_(role) if role else ()))
    assert "not shown to everybody" in str(done.exception)
    if role:
        assert shared_house.last("beholden:ReadLog")["kind"] == "refusal"


def test_anybody_may_keep_a_checkpoint_and_hold_the_log_to_it(shared_house, url, tmp_path):
    saved = tmp_path / "saved"
    saved.write_text(shared_house.deployment.log.checkpoint())
    shared_house.as_("operator")("ListCollections")
    done = run("consistency", saved, "--log", url)
    assert (done.exit_code, done.exception) == (0, None)
    key = shared_house.deployment.log.key().strip()
    assert run("consistency", saved, "--log", url, "--key", key).exit_code == 0


def test_a_checkpoint_of_another_history_is_not_extended(shared_house, url, tmp_path):
    saved = tmp_path / "saved"
    saved.write_text((shared_house.folder / "log/checkpoint").read_text().replace("\n", "\n1", 1))
    done = run("consistency", saved, "--log", url)
    assert "not signed" in str(done.exception)


def test_a_proof_is_handed_over_and_checked_offline(shared_house, url, as_, tmp_path):
    entry, proof = tmp_path / "entry", tmp_path / "proof"
    done = run("prove", 0, "--log", url, "--entry", entry, *as_("auditor"))
    proof.write_text(done.output)
    key = shared_house.deployment.log.key().strip()
    assert "proved" in run("check", proof, "--entry", entry, "--key", key).output
    entry.write_bytes(entry.read_bytes().replace(b"owner", b"ownes"))
    assert run("check", proof, "--entry", entry, "--key", key).exit_code == 1
