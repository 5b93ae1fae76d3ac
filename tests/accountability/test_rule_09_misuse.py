"""Rule 9: misuse is looked for, and a replayed pattern is flagged within a minute.

Further patterns, without the models: tests/unit/oversight/test_misuse.py.
"""

import io
import json
from datetime import timedelta
from functools import partial

import pytest
from PIL import Image
from skimage.data import astronaut
from typer.testing import CliRunner

from beholden.bootstrap.deployment import open_deployment
from beholden.cli.app import app
from beholden.config import Settings
from beholden.domain.errors import AccessDenied, ConflictingState, InvalidParameter
from beholden.domain.face import NewFace, Template
from beholden.domain.geometry import Box
from beholden.engines.audit.layout import VERIFIER_KEY
from beholden.engines.audit.note import Verifier
from beholden.engines.audit.reading import records
from beholden.testing.clock import FakeClock
from beholden.testing.faces import a_vector

# What an officer's own cases look like, and what hides among them.
REAL_CASES = ("2025-00417", "2025-00533", "2025-00871")


@pytest.fixture(scope="module")
def pictures():
    """No two alike: the log cannot tell that they show one person."""

    def picture(shade):
        data = io.BytesIO()
        small = Image.fromarray(astronaut()).resize((256, 256))
        small.point(lambda value: value * shade // 100).save(data, "JPEG")
        return {"Bytes": data.getvalue()}

    return [picture(100 - number) for number in range(14)]


@pytest.fixture
def station(house, monkeypatch):
    """A gallery with nobody in it, so that no search finds the same person twice."""
    monkeypatch.setenv("BEHOLDEN_MISUSE_SAMPLE_PCT", "0")
    station = house(clock=FakeClock())
    station.as_("admin")("CreateCollection", CollectionId="bookings")
    return station


def search(station, picture, case, name="dan"):
    station.as_("operator", name=name, case=case)(
        "SearchFacesByImage", CollectionId="bookings", Image=picture
    )


def within_a_minute(station):
    """What the server's loop finds, run as often as it runs by itself."""
    every = Settings().oversight_every_s
    auditor = station.as_("auditor", name="ada")
    for _ in range(int(60 / every)):
        station.clock.advance(timedelta(seconds=every))
        station.deployment.oversight.loop.run()
        if found := auditor("beholden:ListAlerts")["Alerts"]:
            return found
    return []


def told_outside(station):
    """Alert ids in the file that a deployment without a receiver writes, or still in the outbox."""
    folder = station.folder / "alerts"
    lines = (folder / "alerts.jsonl").read_text().splitlines()
    left = [path.read_text() for path in (folder / "outbox").glob("*.json")]
    return [json.loads(text)["id"] for text in [*lines, *left]]


def test_real_case_numbers_on_improper_searches(station, pictures):
    """Evansville: an officer searched for people of his own interest under a genuine case, in
    which a colleague had searched before."""
    for number, case in enumerate(REAL_CASES):
        search(station, pictures[number], case, name="bea")
    assert within_a_minute(station) == []
    for picture in pictures[3:9]:
        search(station, picture, REAL_CASES[0])
    station.restart()  # half-way: what was seen is not forgotten
    for picture in pictures[9:13]:
        search(station, picture, REAL_CASES[0])
    (alert,) = within_a_minute(station)
    assert alert["Pattern"] == "one-case-many-probes"
    assert (alert["Subject"], alert["Count"], alert["Limit"]) == (REAL_CASES[0], 11, 10)
    assert alert["Principals"] == ["bea", "dan"]
    (logged,) = station.told("beholden:RaiseAlert")
    assert logged["facts"]["alert"] == alert["AlertId"]
    assert len(alert["Entries"]) == 11

    station.deployment.close()  # nor is it told twice, though how far it was read is lost
    (station.folder / "states" / "misuse.json").unlink()
    for command in (["audit", "watch"], ["alerts", "list", "--json"]):
        done = CliRunner().invoke(app, [*command, "--data-dir", str(station.folder)])
        assert done.exit_code == 0, done.output
    assert json.loads(done.stdout) == [alert]
    assert len(station.told("beholden:RaiseAlert")) == 1
    assert told_outside(station) == [alert["AlertId"]]


def test_a_decoy_hides_no_search_under_a_real_case(station, pictures):
    """Each picture is searched once more in a gallery with one face, which every search finds."""
    station.as_("admin")("CreateCollection", CollectionId="decoy")
    services = station.deployment.gate.services
    template = Template(a_vector(7, 128), services.model_version, 0.5)
    face = NewFace("decoy", "picture", None, b"decoy", Box(0, 0, 1, 1), 0.9, template)
    services.faces.add(services.collections.get("decoy"), [face], 9)
    dan = station.as_("operator", name="dan", case=REAL_CASES[0])
    for picture in pictures[:11]:
        search(station, picture, REAL_CASES[0])
        anyone = {"CollectionId": "decoy", "FaceMatchThreshold": 0}
        assert dan("SearchFacesByImage", **anyone, Image=picture)["FaceMatches"]
    (alert,) = within_a_minute(station)
    assert (alert["Pattern"], alert["Count"]) == ("one-case-many-probes", 11)


def test_asking_a_user_for_many_faces_is_seen_as_searching_for_each(station):
    services, dan = station.deployment.gate.services, station.as_("operator", case=REAL_CASES[0])
    bookings = services.collections.get("bookings")
    template = partial(Template, model_version=services.model_version, quality=0.5)
    new = [
        NewFace(
            f"face-{n}", f"picture-{n}", None, b"%d" % n, Box(0, 0, 1, 1), 0.9, template(vector)
        )
        for n, vector in enumerate(a_vector(seed, 128) for seed in range(12))
    ]
    first, *others = (face.face_id for face in services.faces.add(bookings, new, 99))
    user = {"CollectionId": "bookings", "UserId": "the-neighbour"}
    dan("CreateUser", **user)
    for _ in range(2):  # the second one is answered from memory, and does not end the watch
        dan("AssociateFaces", **user, FaceIds=[first], ClientRequestToken="once")
        assert "compared" not in station.last("AssociateFaces")["facts"]
    told = dan("AssociateFaces", **user, FaceIds=others, UserMatchThreshold=100)
    compared = station.last("AssociateFaces")["facts"]["compared"]
    assert compared == [
        {
            "face": one["FaceId"],
            "user": services.hashes.of(b"the-neighbour"),
            "similarity_pct": one["Confidence"],
        }
        for one in told["UnsuccessfulFaceAssociations"]
    ]
    (alert,) = within_a_minute(station)
    assert (alert["Pattern"], alert["Count"]) == ("one-case-many-probes", 11)


def test_an_auditor_settles_what_they_looked_into_and_nobody_their_own(station, pictures):
    for case in REAL_CASES:
        search(station, pictures[0], case)
    (alert,) = within_a_minute(station)
    assert (alert["Pattern"], alert["Count"]) == ("one-probe-many-cases", 3)
    verdict = {"AlertId": alert["AlertId"], "As": "misuse", "Note": "his neighbour, three times"}
    with pytest.raises(AccessDenied, match="own-alert"):
        station.as_("admin", name="D an")("beholden:SettleAlert", **verdict)
    for role in ("operator", "reviewer"):
        with pytest.raises(AccessDenied, match="role"):
            station.as_(role, name="bea")("beholden:ListAlerts")
    auditor = station.as_("auditor", name="ada")
    for bad in ({"As": "fine"}, {"Note": " "}):
        with pytest.raises(InvalidParameter):
            auditor("beholden:SettleAlert", **verdict | bad)
    assert auditor("beholden:SettleAlert", **verdict)["SettledBy"] == "ada"
    assert auditor("beholden:ListAlerts")["Alerts"] == []
    assert len(auditor("beholden:ListAlerts", Settled=True)["Alerts"]) == 1
    assert station.last("beholden:SettleAlert")["facts"]["settled"] == "misuse"
    with pytest.raises(ConflictingState):
        auditor("beholden:SettleAlert", **verdict)


def test_whoever_blinds_it_by_settings_stands_in_the_log(tmp_path, models):
    for sample_pct in (1.0, 0.0, 0.0, 1.0):
        settings = Settings(data_dir=tmp_path / "house", misuse_sample_pct=sample_pct)
        open_deployment(settings, models=models).close()
    log = tmp_path / "house/log"
    verifier = Verifier.parse((log / VERIFIER_KEY).read_text().strip())
    told = [r["facts"] for _, r in records(log, verifier) if r["action"].endswith("OversightTerms")]
    assert [(one["sample_pct"], (one["were"] or {}).get("sample_pct")) for one in told] == [
        (0.0, None),
        (1.0, 0.0),
    ]
