"""Rule 2: outside witnesses cosign the log. A server whose log they do not follow identifies
nobody; one that rewrites its history with its own key is caught by them and by a saved one."""

import shutil
import subprocess
import sys
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier

import pytest

from beholden.bootstrap.deployment import open_deployment
from beholden.config import Settings
from beholden.domain.access import Principal
from beholden.domain.errors import AccessDenied, OperatorError
from beholden.engines.audit.keys import load_cosigner, load_signer
from beholden.engines.audit.reading import records
from beholden.engines.audit.tlog import TileLog
from beholden.engines.audit.verify import verify
from beholden.engines.audit.witness import FileWitness
from beholden.engines.audit.witnesses import Terms, Witnesses
from beholden.engines.clock import SystemClock
from beholden.first_start import FirstStart
from beholden.testing.audit import a_record
from beholden.testing.clock import FakeClock
from beholden.wire.witness import create_witness

from ..serving import serving

ORIGIN = "log.example.org/city"
ENTRIES = 20
TERMS = Terms(quorum=1, entries=0)


class Outside:
    """A witness in a place of its own, at one address whenever it is up."""

    def __init__(self, folder):
        self.folder = folder
        self.cosigner = load_cosigner(folder / "key", f"{folder.name}.example.org")
        self.key = self.cosigner.public
        self.logs = {}
        self.port = 0

    def up(self):
        witness = FileWitness(self.folder, self.cosigner, self.logs, SystemClock())
        return serving(create_witness(witness), self.port)


class City:
    """A deployment that needs witnesses before it identifies anybody."""

    def __init__(self, folder, **terms):
        self.folder, self.log, self.terms = folder, folder / "log", terms
        self.clock = FakeClock(datetime.now(UTC))
        self.deployment = None
        self.verifier = load_signer(folder / "log.key", ORIGIN).verifier

    def open(self):
        settings = Settings(
            data_dir=self.folder, log_origin=ORIGIN, witness_entries=ENTRIES, **self.terms
        )
        self.deployment = open_deployment(settings, self.clock)
        return self

    def close(self):
        if self.deployment:
            self.deployment.close()

    def call(self, operation, **request):
        key = self.deployment.keys.create("ann", "operator", "door")[0]
        who = Principal("ann", "operator", "door", key.key_id)
        return self.deployment.gate.call(who, operation, request)

    def search(self, portrait):
        return self.call("SearchFacesByImage", CollectionId="staff", Image=portrait)

    def busy(self):
        """More entries than may go without a cosignature."""
        for _ in range(ENTRIES + 1):
            self.call("ListCollections")


@pytest.fixture
def outside(tmp_path):
    (tmp_path / "witness").mkdir()
    return Outside(tmp_path / "witness")


@pytest.fixture
def city(tmp_path, models_dir):
    made = []

    def build(**terms):
        (tmp_path / "city").mkdir(exist_ok=True)
        made.append(City(tmp_path / "city", **terms))
        return made[-1]

    yield build
    for one in made:
        one.close()


@pytest.fixture
def witnessed(city, outside):
    """(the city, with its witness up and at work)."""
    with outside.up() as url:
        outside.port = int(url.rpartition(":")[2])
        one = city(witnesses=(f"{url} {outside.key}",), witness_quorum=1)
        outside.logs[ORIGIN] = one.verifier
        one.open().deployment.witnesses.round()
        yield one


def test_more_witnesses_than_are_known_cannot_be_asked_for(city):
    with pytest.raises(OperatorError, match="BEHOLDEN_WITNESSES"):
        city(witness_quorum=1).open()


def test_one_witness_twice_is_one(city, outside):
    place = f"http://127.0.0.1:9 {outside.key}"
    with pytest.raises(OperatorError, match="2 witnesses must cosign"):
        city(witnesses=(place, place), witness_quorum=2).open()


def test_it_identifies_while_the_witness_follows_and_not_on_an_old_cosignature(
    witnessed, outside, portrait
):
    witnessed.call("CreateCollection", CollectionId="staff")
    assert witnessed.search(portrait)["FaceMatches"] == []
    report = verify(witnessed.log, witnessed.verifier, (), [outside.key])
    assert report.sound
    assert "witness.example.org cosigned the first" in report.remarks[0]
    # Too old; and a clock that is set back does not make it younger.
    for step in (timedelta(hours=2), -timedelta(hours=4)):
        witnessed.clock.advance(step)
        with pytest.raises(AccessDenied, match="log-cosigned"):
            witnessed.search(portrait)


def test_with_the_witness_down_nobody_is_identified_and_the_rest_goes_on(city, outside, portrait):
    with outside.up() as url:
        outside.port = int(url.rpartition(":")[2])
        one = city(witnesses=(f"{url} {outside.key}",), witness_quorum=1)
        outside.logs[ORIGIN] = one.verifier
        one.open().deployment.witnesses.round()
        one.call("CreateCollection", CollectionId="staff")
    assert one.search(portrait)["FaceMatches"] == []
    one.busy()
    one.deployment.witnesses.round()
    for operation in ("SearchFacesByImage", "IndexFaces"):
        with pytest.raises(AccessDenied, match=r"log-cosigned.*witnesses\.md"):
            one.call(operation, CollectionId="staff", Image=portrait)
    with pytest.raises(AccessDenied, match="log-cosigned"):
        one.call("CompareFaces", SourceImage=portrait, TargetImage=portrait)
    assert one.call("DescribeCollection", CollectionId="staff")["FaceCount"] == 0
    assert one.call("DetectFaces", Image=portrait)["FaceDetails"]
    with outside.up():
        one.deployment.witnesses.round()
        assert one.search(portrait)["FaceMatches"] == []


class Logbook:
    """A log with its witnesses, without the rest of a deployment."""

    def __init__(self, folder, url, outside, terms=TERMS):
        folder.mkdir(exist_ok=True)
        self.home, self.folder = folder, folder / "log"
        self.audit = TileLog(self.folder, folder / "log.key", ORIGIN)
        outside.logs[ORIGIN] = self.verifier = self.audit.verifier
        places = (f"{url} {outside.key}",)
        self.witnesses = Witnesses(self.folder, self.audit, places, terms, SystemClock())

    def grow(self, count):
        for number in range(count):
            self.audit.append(a_record(f"call-{number}"))

    def close(self):
        self.witnesses.close()
        self.audit.close()


@pytest.fixture
def url(outside):
    with outside.up() as base:
        yield base


def test_without_a_quorum_nothing_changes(outside, tmp_path):
    book = Logbook(tmp_path / "city", "http://127.0.0.1:9", outside, Terms(entries=0))
    book.grow(5)
    assert book.witnesses.enough()
    book.close()


def test_what_a_witness_cosigned_counts_after_a_restart(outside, url, tmp_path):
    book = Logbook(tmp_path / "city", url, outside)
    book.grow(3)
    book.witnesses.round()
    book.close()
    book = Logbook(tmp_path / "city", "http://127.0.0.1:9", outside)
    assert book.witnesses.enough()
    book.grow(1)
    assert not book.witnesses.enough()
    book.close()


def test_the_log_says_on_which_terms(outside, tmp_path):
    book = Logbook(tmp_path / "city", "http://127.0.0.1:9", outside)
    start = FirstStart(book.home, book.audit, SystemClock())
    for _ in range(2):
        start.witnesses(book.witnesses.stated(), none=False)
    start.witnesses({"witnesses": [], "quorum": 0}, none=True)
    book.audit.publish()
    told = [record["facts"] for _, record in records(book.folder, book.verifier)]
    assert [facts["quorum"] for facts in told] == [1, 0]
    assert told[0]["witnesses"] == [str(outside.key)]
    assert told[1]["were"]["quorum"] == 1


@pytest.mark.parametrize("longer", [0, 7])
def test_a_history_rewritten_with_the_logs_own_key_is_caught(outside, url, tmp_path, longer):
    honest = Logbook(tmp_path / "city", url, outside)
    honest.grow(9)
    honest.witnesses.round()
    assert honest.witnesses.enough()
    honest.close()
    saved = (honest.folder / "checkpoint").read_text()
    (tmp_path / "forged").mkdir()
    shutil.copy(honest.home / "log.key", tmp_path / "forged/log.key")
    forged = Logbook(tmp_path / "forged", url, outside)
    for number in range(9 + longer):
        forged.audit.append(a_record(f"forged-{number}"))
    forged.audit.publish()
    # The log alone is as it should be: it is its own key that signed it.
    assert verify(forged.folder, honest.verifier).sound
    # A saved checkpoint catches it,
    (fault,) = verify(forged.folder, honest.verifier, [saved]).faults
    assert "history was rewritten before entry 9" in fault
    # the witness cosigns nothing of it, so that the server identifies nobody,
    forged.witnesses.round()
    assert not forged.witnesses.enough()
    assert list(outside.folder.glob("*.fork" if longer == 0 else "*.doubtful"))
    (fault,) = verify(forged.folder, honest.verifier, (), [outside.key]).faults
    assert "no cosignature of witness.example.org" in fault
    # and the cosignature that it had does not fit.
    shutil.copytree(honest.folder / "cosigned", forged.folder / "cosigned")
    (fault,) = verify(forged.folder, honest.verifier, (), [outside.key]).faults
    assert "history was rewritten before entry 9" in fault
    forged.close()


def test_a_log_rolled_back_with_every_checkpoint_of_its_own_is_not_cosigned(outside, url, tmp_path):
    log = Logbook(tmp_path / "city", url, outside)
    log.grow(3)
    log.close()
    shutil.copytree(log.home, tmp_path / "younger")
    log = Logbook(tmp_path / "city", url, outside)
    log.grow(5)
    log.witnesses.round()
    log.close()
    younger = Logbook(tmp_path / "younger", url, outside)
    younger.witnesses.round()
    assert not younger.witnesses.enough()
    (kept,) = (log.folder / "cosigned").iterdir()
    (fault,) = verify(younger.folder, log.verifier, [kept.read_text()]).faults
    assert "entries 3 to 7 were cut off" in fault
    younger.close()


def test_two_views_of_one_log_cannot_both_be_cosigned(outside, url, tmp_path):
    """One key, two histories: each of two auditors is shown another. The witness cosigns one."""
    first = Logbook(tmp_path / "city", url, outside)
    first.grow(2)
    first.close()
    shutil.copytree(first.home, tmp_path / "other-view")
    views = [Logbook(tmp_path / name, url, outside) for name in ("city", "other-view")]
    for number, view in enumerate(views):
        view.audit.append(a_record(f"only-in-view-{number}"))
        view.witnesses.round()
        view.close()
    shown, hidden = (view.folder for view in views)
    assert verify(shown, first.verifier, (), [outside.key]).sound
    faults = verify(hidden, first.verifier, (), [outside.key]).faults
    assert "no cosignature of witness.example.org" in faults[0]
    (note,) = (shown / "cosigned").iterdir()
    assert "history was rewritten" in verify(hidden, first.verifier, [note.read_text()]).faults[0]


class Apart:
    """A witness that cosigns nothing before the others have been asked as well."""

    def __init__(self, witness, all_asked):
        self.witness, self.all_asked = witness, all_asked

    def add_checkpoint(self, body):
        self.all_asked.wait(20)
        return self.witness.add_checkpoint(body)


def test_no_witness_waits_for_another(tmp_path):
    all_asked, logs, places = Barrier(2), {}, []
    with ExitStack() as up:
        for name in ("first", "second"):
            (tmp_path / name).mkdir()
            cosigner = load_cosigner(tmp_path / name / "key", name)
            witness = FileWitness(tmp_path / name, cosigner, logs, SystemClock())
            base = up.enter_context(serving(create_witness(Apart(witness, all_asked))))
            places.append(f"{base} {cosigner.public}")
        audit = TileLog(tmp_path / "log", tmp_path / "log.key", ORIGIN)
        up.callback(audit.close)
        logs[ORIGIN] = audit.verifier
        both = Witnesses(tmp_path / "log", audit, places, Terms(quorum=2), SystemClock())
        audit.append(a_record())
        both.round()
        assert both.enough()


class Liar:
    """A witness that signs whatever it is sent, with another key."""

    def __init__(self, cosigner):
        self.cosigner = cosigner

    def add_checkpoint(self, body):
        return self.cosigner.cosign(body.partition("\n\n")[2], 1)


def test_a_cosignature_by_another_key_does_not_count(outside, tmp_path):
    liar = Liar(load_cosigner(tmp_path / "liar", outside.key.name))
    with serving(create_witness(liar)) as base:
        book = Logbook(tmp_path / "city", base, outside)
        book.grow(1)
        book.witnesses.round()
    assert not book.witnesses.enough()
    assert not (book.folder / "cosigned").exists()
    book.close()


def test_two_processes_the_command_line_and_an_auditor(tmp_path):
    """`beholden witness serve` cosigns the log of another process, and `audit verify` checks it."""
    home = tmp_path / "witness"
    name = "witness.example.org"
    run = [sys.executable, "-m", "beholden"]
    audit = TileLog(tmp_path / "log", tmp_path / "log.key", ORIGIN)
    command = [*run, "witness", "serve", "--name", name, "--dir", home, "--port", "0"]
    process = subprocess.Popen(
        [*command, "--log", str(audit.verifier)], stdout=subprocess.PIPE, text=True
    )
    try:
        key, _, _, url = process.stdout.readline().split()
        witnesses = Witnesses(tmp_path / "log", audit, (f"{url} {key}",), TERMS, SystemClock())
        audit.append(a_record())
        witnesses.round()
        assert witnesses.enough()
    finally:
        process.terminate()
        process.communicate()
    done = subprocess.run(
        [*run, "audit", "verify", tmp_path / "log", "--witness", key],
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert f"{name} cosigned the first 1 entries" in done.stdout
    tool = Path(__file__).parents[2] / "tools/verify_log.py"
    command = [sys.executable, tool, tmp_path / "log", "--witness", key]
    assert subprocess.run(command, capture_output=True).returncode == 0
