"""Rule 10: the public page is computed from the log, names nobody, and anyone can recompute it."""

import contextlib
import json
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from beholden.cli.app import app
from beholden.config import Settings
from beholden.console.page import PublicKeys, feed, html
from beholden.console.transparency import as_csv, as_json
from beholden.domain.audit import RecordKind
from beholden.domain.errors import AccessDenied
from beholden.engines.audit.layout import tile_path
from beholden.gate.call import Call
from beholden.gate.recorder import Recorder
from beholden.testing.clock import FakeClock

TOOL = Path(__file__).parents[2] / "tools" / "recompute_report.py"
SECRETS = ("ursula", "quentin", "AKIA", "case-4711", "suspects", "person-1")


@pytest.fixture(scope="module")
def year(tmp_path_factory, models, portrait):
    """A deployment with real calls of every kind, over two years."""
    from .conftest import House

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BEHOLDEN_MISUSE_SAMPLE_PCT", "100")
        folder = tmp_path_factory.mktemp("public")
        year = House(folder, "organisation", FakeClock(), models)
    admin, ann = (
        year.as_("admin", name="ursula"),
        year.as_("operator", case="case-4711", name="ursula"),
    )
    admin("beholden:PutPurpose", Name="door", Basis="house rules", RetentionDays=30)
    admin("beholden:PutPurpose", Name="archive", Basis="statute 1", RetentionDays=9, Consent=True)
    admin("CreateCollection", CollectionId="suspects")
    with contextlib.suppress(AccessDenied):  # the purpose asks for consent
        year.as_("operator", "archive", "ursula")(
            "IndexFaces", CollectionId="suspects", Image=portrait
        )
    ann("SearchFacesByImage", CollectionId="suspects", Image=portrait)
    face = ann("IndexFaces", CollectionId="suspects", Image=portrait, ExternalImageId="person-1")[
        "FaceRecords"
    ][0]["Face"]["FaceId"]
    year.clock.advance(timedelta(days=40))
    admin("beholden:PutPurpose", Name="door", ThresholdFloor=99, FloorRaises=True)
    ann("SearchFacesByImage", CollectionId="suspects", Image=portrait)
    ann("CompareFaces", SourceImage=portrait, TargetImage=portrait)
    with contextlib.suppress(Exception):
        ann("SearchFaces", CollectionId="suspects", FaceId=face[::-1])
    until = (year.clock.now() + timedelta(days=3)).isoformat()
    asked = {"Purpose": "door", "Collections": ["suspects"], "Basis": "order 7", "ExpiresAt": until}
    made = ann("beholden:RequestAuthorization", **asked)
    year.as_("admin", name="vera")(
        "beholden:ApproveAuthorization", AuthorizationId=made["AuthorizationId"]
    )
    watched(year, admin, ann, until)
    year.clock.advance(timedelta(days=365))
    year.as_("operator", name="quentin")("SearchFaces", CollectionId="suspects", FaceId=face)
    year.deployment.oversight.loop.run()  # its sample makes alerts
    year.deployment.oversight.loop.run()  # which are published in turn
    year.face = face
    yield year
    year.deployment.close()


def watched(year, admin, ann, until):
    """A live search refused for want of an authorization, one started, two that found people,
    and its end. (What a running processor does is tested with rule 5.)"""
    arn = year.camera("gate", "door")
    year.camera("yard", "archive")
    admin("beholden:RemoveCamera", Name="yard")
    ann(
        "CreateStreamProcessor",
        Name="watch",
        Input={"KinesisVideoStream": {"Arn": arn}},
        Output={"KinesisDataStream": {"Arn": arn.replace("kinesisvideo", "kinesis")}},
        Settings={"FaceSearch": {"CollectionId": "suspects", "FaceMatchThreshold": 99.0}},
        RoleArn="arn:aws:iam::000000000000:role/any",
    )
    with contextlib.suppress(AccessDenied):
        ann("StartStreamProcessor", Name="watch")
    terms = {"Purpose": "door", "Collections": ["suspects"], "Basis": "order 8"}
    live = ann("beholden:RequestAuthorization", **terms, Cameras=["gate"], ExpiresAt=until)
    number = live["AuthorizationId"]
    year.as_("admin", name="vera")("beholden:ApproveAuthorization", AuthorizationId=number)
    ann("StartStreamProcessor", Name="watch")
    gate = year.deployment.gate
    grant = gate.revive(gate.services.stream_processors.get("watch").grant)
    for who in ("person-1", "person-2", None):
        call = Call(gate.new_id(), grant)
        call.note(gallery="arn", probe="hash", model="1", threshold_pct=99.0)
        call.note(candidates=[{"face": who, "similarity_pct": 99.5}] if who else [])
        gate.release(call, {"FaceMatches": [{"Face": {"FaceId": who}}] if who else []})
    ended = replace(grant.query, action="StopStreamProcessor")
    facts = {"processor": "watch", "recordings": 3, "recordings_lost": 1}
    Recorder(gate.audit, gate.clock, gate.new_id(), ended).write(RecordKind.OUTCOME, facts)


def recomputed(year, *options):
    folder = year.folder / "published"
    command = [sys.executable, TOOL, folder, "--audit", year.folder / "log", *options]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def page(year, number=None):
    return year.deployment.oversight.counter.report(number)


def test_the_numbers(year):
    report = page(year)
    assert report["totals"] == {
        "searches": 3,
        "matched": 1,
        "unmatched": 2,
        "withheld": 0,
        "videos": 0,
        "videos_matched": 0,
        "live": 1,
        "live_matched": 2,
        "live_recordings": 3,
        "comparisons": 1,
        "enrolments": 1,
        "raised": 3,
        "refused": 2,
        "failed": 1,
    }
    assert [(r["month"], r["purpose"], r["searches"]) for r in report["months"]] == [
        ("2024-01", "archive", 0),
        ("2024-01", "door", 1),
        ("2024-02", "door", 1),
        ("2025-02", "door", 1),
    ]
    assert [(r["threshold_pct"], r["calls"]) for r in report["thresholds"]] == [(80, 1), (99, 4)]
    refused = {"enrolment-basis": 1, "gallery-purpose": 1, "live-basis": 1}  # the first two: a call
    assert report["refusals"] == refused
    assert report["authorizations"] == {"approvals": 2, "requested": 2}
    assert report["alerts"] == {"random-sample": 3}
    assert [profile["value"] for profile in report["profiles"]] == ["organisation"]
    door = next(p for p in report["purposes"] if p["name"] == "door")
    assert (door["since"], door["changed"]) == ("2024-01-01", "2024-02-10")
    assert (door["terms"]["Basis"], door["terms"]["ThresholdFloor"]) == ("house rules", 99)


def test_cameras_and_what_stands_beside_them(year):
    gate, yard = page(year)["cameras"]
    assert gate == {
        "name": "gate",
        "place": "the gate",
        "purposes": ["door"],
        "operator": "City of Springfield",
        "since": "2024-02-10",
        "changed": "2024-02-10",
        "removed": None,
    }
    assert (yard["name"], yard["removed"]) == ("yard", "2024-02-10")
    made = html(page(year), PublicKeys("k", "origin+1+k"))
    assert "City of Springfield" in made
    assert "people found live" in made


@pytest.mark.parametrize("number", [None, 2024, 2025, 2026])
def test_a_second_program_counts_the_same(year, number):
    again = recomputed(year, *(["--year", str(number)] if number else []))
    assert again.returncode == 0, again.stderr
    assert again.stdout == as_json(page(year, number))
    assert "all there" in again.stderr


def test_nothing_that_is_published_names_anybody(year):
    oversight = year.deployment.oversight
    keys = PublicKeys("k", "origin+1+k")
    texts = [entry.decode() for _, entry in oversight.counter._log.entries(0)]
    texts += [html(page(year), keys), as_csv(page(year)), feed(oversight.feed.days(), keys)]
    found = [secret for secret in (*SECRETS, year.face) if any(secret in text for text in texts)]
    assert found == []
    with_names = (year.folder / "log" / tile_path("entries", 0, 256)).parent
    assert with_names.exists()


def test_the_page_works_without_scripts_and_loads_nothing(year):
    made = html(page(year), PublicKeys("k", "origin+1+k"))
    assert "<script" not in made
    assert "src=" not in made
    assert "house rules" in made
    assert "enrolment-basis" in made


def test_a_changed_number_is_found(year, tmp_path):
    """Not even the operator can change what was published, but under a new tree."""
    copy = shutil.copytree(year.folder / "published", tmp_path / "copy")
    (bundle,) = copy.glob("tile/entries/000.p/*")
    before = bundle.read_bytes()
    bundle.write_bytes(before.replace(b'"matched":true', b'"matched":null'))
    assert bundle.read_bytes() != before
    found = subprocess.run(
        [sys.executable, TOOL, copy], capture_output=True, text=True, check=False
    )
    assert "not those that the checkpoint signs" in found.stderr


def test_an_entry_left_out_of_the_published_log_is_found(year, house):
    """A published log of other calls, however well signed, does not fit the audit log."""
    other = house()
    other.deployment.oversight.loop.run()
    command = [sys.executable, TOOL, other.folder / "published", "--audit", year.folder / "log"]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "was not made from this audit log" in found.stderr


def test_a_restart_counts_on_and_a_lost_tally_is_counted_again(year):
    before = page(year)
    year.restart()
    year.deployment.oversight.counter.run()
    kept = json.loads((year.folder / "states/transparency.json").read_text().split("\n", 1)[1])
    year.deployment.close()
    (year.folder / "states" / "transparency.json").write_text("damaged")
    year.restart()
    oversight = year.deployment.oversight
    oversight.publisher.run()
    oversight.counter.run()
    after = page(year)
    assert kept["entries"] == before["entries"]
    assert after["totals"] == before["totals"]
    assert after["months"] == before["months"]


def test_the_yearly_report_has_the_same_numbers(year, tmp_path):
    where = ["--year", "2024", "--out", str(tmp_path / "report"), "--data-dir", str(year.folder)]
    done = CliRunner().invoke(app, ["report", *where])
    assert done.exit_code == 0, done.output
    made = json.loads((tmp_path / "report.json").read_text())
    assert made["year"] == 2024
    assert made["months"] == page(year, 2024)["months"]
    assert "the year 2024" in (tmp_path / "report.html").read_text()
    assert len((tmp_path / "report.csv").read_text().splitlines()) == 4


def test_publishing_can_wait(house, monkeypatch):
    monkeypatch.setenv("BEHOLDEN_PUBLISH_DELAY_HOURS", "24")
    late = house(clock=FakeClock())
    assert Settings().publish_delay_hours == 24
    assert late.deployment.oversight.publisher.run() == 0
    late.clock.advance(timedelta(hours=24))
    assert late.deployment.oversight.publisher.run() > 0
