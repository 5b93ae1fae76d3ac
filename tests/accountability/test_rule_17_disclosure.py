"""Rule 17: a packet says what happened in one search, and verifies with the network off."""

import base64
import hashlib
import importlib.util
import io
import json
import subprocess
import sys
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest

from beholden.disclosure.packet import TITLE
from beholden.domain.commitment import commit
from beholden.domain.errors import AccessDenied, ConflictingState, ResourceNotFound
from beholden.testing.clock import FakeClock

OFFLINE = Path(__file__).parents[2] / "src/beholden/disclosure/offline"
WANTED = {"CollectionId": "wanted"}
# Whatever would reach for the network, a name server included, ends the program.
CUT_OFF = """
import runpy, sys
def refuse(event, args):
    if event in ("socket.connect", "socket.bind", "socket.getaddrinfo", "socket.sendto"):
        raise SystemExit(f"reached for the network: {event}")
sys.addaudithook(refuse)
"""


@pytest.fixture(scope="module")
def home(shared_house, portrait):
    home = shared_house
    eve, ann = home.as_("admin", "development", "eve"), home.as_("operator")
    eve("beholden:PutPurpose", Name="door", Review=True)
    ann("CreateCollection", **WANTED)
    ann("IndexFaces", **WANTED, Image=portrait, ExternalImageId="astronaut")
    return home


def disclose(home, one):
    answer = home.as_("admin", "development", "eve")("beholden:Disclose", Id=one)
    return base64.b64decode(answer["Packet"])


def members_of(packet):
    with zipfile.ZipFile(io.BytesIO(packet)) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def openings_of(members):
    return json.loads(members["packet.json"])["openings"]


def entries_of(packet):
    members = members_of(packet).items()
    return [json.loads(data) for name, data in members if name.startswith("log/entries/")]


def zipped(members):
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as packet:
        for name, data in members.items():
            packet.writestr(name, data)
    return whole.getvalue()


def search(home, portrait, case=None):
    """The lead that it leaves."""
    ann = home.as_("operator", case=case)
    (match,) = ann("SearchFacesByImage", **WANTED, Image=portrait)["FaceMatches"]
    return match["Face"]["FaceId"]


def judge(home, lead, name, why, case=None):
    reviewer = home.as_("reviewer", name=name, case=case)
    view = reviewer("beholden:OpenLead", LeadId=lead)["View"]
    reviewer("beholden:JudgeLead", LeadId=lead, View=view, Candidate=1, Reason=why)


@pytest.fixture(scope="module")
def lead(home, portrait):
    """Two reviewers named the same face."""
    lead = search(home, portrait, case="2024-7")
    judge(home, lead, "rita", "the same ear")
    judge(home, lead, "saul", "<b>the scar</b>")
    return lead


@pytest.fixture(scope="module")
def packet(home, lead):
    return disclose(home, lead)


def verify(path, *options):
    """The verifier of the source, not that of the packet, alone and cut off."""
    program = OFFLINE / "verify.py"
    run = f"sys.argv = {[str(program), str(path), *options]!r}\n"
    run += f"runpy.run_path({str(program)!r}, run_name='__main__')"
    done = subprocess.run(
        [sys.executable, "-I", "-c", CUT_OFF + run], capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


def test_the_packet_verifies_with_the_network_off(tmp_path, packet):
    """Unpacked, by the program that is in it, as its page says; and as a zip."""
    with zipfile.ZipFile(io.BytesIO(packet)) as opened:
        opened.extractall(tmp_path / "packet")
    done = subprocess.run(
        [sys.executable, "-I", "verify.py"],
        cwd=tmp_path / "packet",
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("sound: ")
    assert "3 commitments opened" in done.stdout
    (tmp_path / "packet.zip").write_bytes(packet)
    key = members_of(packet)["log/log.vkey"].decode().strip()
    status, said = verify(tmp_path / "packet.zip", "--key", key)
    assert status == 0
    assert "the key that you brought" in said


def test_it_names_probe_threshold_model_all_candidates_reviewers_and_when(home, packet, portrait):
    members = members_of(packet)
    page = members["index.html"].decode()
    told = json.loads(members["packet.json"])
    record = json.loads(members[f"log/entries/{told['search']:09d}.json"])
    facts = record["facts"]
    (candidates,) = (o["value"] for o in told["openings"] if o["fact"] == "candidates")
    expected = [
        "case 2024-7",
        "ann (operator)",
        facts["probe"],
        f"{facts['threshold_pct']} of 100 in use",
        facts["gallery"],
        *(one["face"] for one in candidates),
        *(f"{one['similarity_pct']:.4f}" for one in candidates),
        "rita",
        "saul",
        "the same ear",
        "&lt;b&gt;the scar&lt;/b&gt;",
        *facts["model_cards"].values(),
        "must not be the only ground",
        members["log/log.vkey"].decode().strip(),
    ]
    assert [text for text in expected if text not in page] == []
    assert len(candidates) == 1
    assert members["probe.jpg"].startswith(b"\xff\xd8")
    assert base64.b64encode(members["probe.jpg"]).decode() in page
    assert json.loads(members["models/sface.json"])["name"] == "sface"
    assert "http" not in page
    assert "astronaut" not in page  # people stand under the ids that the log knows


def test_what_the_log_committed_to_is_what_the_packet_shows(packet):
    members = members_of(packet)
    openings = openings_of(members)
    assert sorted(o["fact"] for o in openings) == ["candidates", "verdict", "verdict"]
    for one in openings:
        record = json.loads(members[f"log/entries/{one['entry']:09d}.json"])
        assert record["facts"][one["fact"]]["committed"] == commit(one["salt"], one["value"])


def signed_anew(home, members):
    lines = [
        f"{hashlib.sha256(data).hexdigest()}  {name}"
        for name, data in members.items()
        if name != "MANIFEST"
    ]
    sign = home.deployment.gate.services.excerpts.sign
    return {**members, "MANIFEST": sign("\n".join([TITLE, *lines, ""])).encode()}


def altered(data):
    return data[:-2] + bytes([data[-2] ^ 1]) + data[-1:]


def test_tampering_with_any_member_is_detected(tmp_path, packet):
    """Each file altered, each taken away, one added: by the verifier's own functions, since there
    are many; the program around them runs in the other tests."""
    checks = load_verifier()
    members = members_of(packet)
    assert checks(members) is None
    for name in members:
        assert checks({**members, name: altered(members[name])}), name
        assert checks({other: data for other, data in members.items() if other != name}), name
    assert "was added" in checks({**members, "log/entries/000000001.json": b"{}"})


def load_verifier():
    spec = importlib.util.spec_from_file_location("packet_verifier", OFFLINE / "verify.py")
    program = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(program)

    def check(members):
        try:
            key = program.parse_key(members["log/log.vkey"].decode(), program.LOG)
            program.check_manifest(members, key)
            records = program.check_entries(members, key)
            told = json.loads(members["packet.json"])
            program.check_openings(told, records)
            program.check_models(members, told, records)
        except (program.LogError, ValueError, KeyError, IndexError, UnicodeDecodeError) as error:
            return repr(error)
        return None

    return check


def test_the_program_itself_refuses_a_card_that_the_search_is_not_bound_to(home, tmp_path, packet):
    """Signed by the holder of the key, so that nothing but the search's own record tells."""
    members = members_of(packet)
    members["models/sface.json"] = altered(members["models/sface.json"])
    (tmp_path / "packet.zip").write_bytes(zipped(signed_anew(home, members)))
    status, said = verify(tmp_path / "packet.zip")
    assert (status, "not the model card" in said) == (1, True)


def test_a_tampered_packet_ends_the_program_with_what_is_wrong(tmp_path, packet):
    members = members_of(packet)
    page = members["index.html"].replace(b"rita", b"olga")
    (tmp_path / "packet.zip").write_bytes(zipped({**members, "index.html": page}))
    status, said = verify(tmp_path / "packet.zip")
    assert (status, said.strip()) == (1, "NOT SOUND: index.html was altered")
    (tmp_path / "packet.zip").write_bytes(b"no zip")
    assert verify(tmp_path / "packet.zip")[0] == 1


def test_another_key_signs_another_packet_not_this_one(tmp_path, packet, house):
    """Whoever makes a packet with a key of their own is found out by the published key."""
    other = house()
    other.as_("operator", "development")("CreateCollection", CollectionId="x")
    key = other.deployment.gate.services.log.key().strip()
    (tmp_path / "packet.zip").write_bytes(packet)
    status, said = verify(tmp_path / "packet.zip", "--key", key)
    assert status == 1
    assert "NOT SOUND" in said


def test_not_even_the_holder_of_the_key_shows_other_candidates_than_were_logged(home, packet):
    members = members_of(packet)
    told = json.loads(members["packet.json"])
    for opening in told["openings"]:
        if opening["fact"] == "candidates":
            opening["value"] = [{"face": "somebody else", "similarity_pct": 99.9}]
    members["packet.json"] = json.dumps(told).encode()
    anew = signed_anew(home, members)
    assert "candidates in packet.json are not those" in load_verifier()(anew)


def test_the_logs_key_signs_no_text_that_could_pass_for_a_checkpoint(home):
    sign = home.deployment.gate.services.excerpts.sign
    origin = home.deployment.gate.services.log.key().split("+")[0]
    with pytest.raises(ValueError, match="by the log alone"):
        sign(f"{origin}\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n")


def test_a_lead_that_waits_is_not_disclosed(home, portrait):
    with pytest.raises(ConflictingState, match="waits for its reviewers"):
        disclose(home, search(home, portrait))


def test_what_was_destroyed_is_not_in_the_packet_but_that_it_was_is(tmp_path, home, portrait):
    lead = search(home, portrait)
    home.as_("admin", "development", "eve")("beholden:ExpireLead", LeadId=lead)
    packet = disclose(home, lead)
    members = members_of(packet)
    assert "probe.jpg" not in members
    assert openings_of(members) == []
    assert b"The candidates were destroyed" in members["index.html"]
    assert b"had what was found destroyed" in members["index.html"]
    (tmp_path / "packet.zip").write_bytes(packet)
    assert verify(tmp_path / "packet.zip")[0] == 0


def test_what_the_server_did_of_itself_is_in_the_packet(house, portrait, monkeypatch):
    """The draw for an auditor, and the sweep that destroyed what was found."""
    monkeypatch.setenv("BEHOLDEN_MISUSE_SAMPLE_PCT", "100")
    home = house(clock=FakeClock())
    terms = {"Basis": "law", "RetentionDays": 30, "Review": True}
    home.as_("admin", "development", "eve")("beholden:PutPurpose", Name="door", **terms)
    home.as_("operator")("CreateCollection", **WANTED)
    lead = search(home, portrait)
    home.deployment.oversight.loop.run()
    home.clock.advance(timedelta(days=31))
    home.deployment.sweeper.run()
    packet = disclose(home, lead)
    acts = [one["action"] for one in entries_of(packet) if one["kind"] in ("admin", "outcome")]
    assert acts == ["SearchFacesByImage", "beholden:RaiseAlert", "beholden:SweepRetention"]
    assert b"found its term over" in members_of(packet)["index.html"]
    assert load_verifier()(members_of(packet)) is None


def test_a_search_without_review_is_disclosed_by_its_call(tmp_path, home, portrait):
    ann = home.as_("operator", "development")
    ann("CreateCollection", CollectionId="family")
    ann("IndexFaces", CollectionId="family", Image=portrait)
    ann("SearchFacesByImage", CollectionId="family", Image=portrait)
    search = home.last("SearchFacesByImage")
    packet = disclose(home, search["call"])
    (candidate,) = search["facts"]["candidates"]
    page = members_of(packet)["index.html"].decode()
    assert candidate["face"] in page
    assert "did not demand review" in page
    (tmp_path / "packet.zip").write_bytes(packet)
    assert verify(tmp_path / "packet.zip")[0] == 0


def test_every_disclosure_stands_in_the_log_with_the_packets_hash(home, lead):
    answer = home.as_("admin", "development", "eve")("beholden:Disclose", Id=lead)
    facts = home.last("beholden:Disclose")["facts"]
    assert facts["packet_sha256"] == answer["Sha256"]
    assert lead in facts["disclosed"]
    again = members_of(base64.b64decode(answer["Packet"]))
    assert b"made a packet like this one" in members_of(disclose(home, lead))["index.html"]
    assert again.keys() < members_of(disclose(home, lead)).keys()


@pytest.mark.parametrize("reviewer", ["rita", "tess"], ids=["of-this-lead-too", "of-another"])
def test_a_verdict_on_another_lead_under_this_leads_id_as_case_changes_nothing(
    home, lead, portrait, reviewer
):
    before = members_of(disclose(home, lead))
    judge(home, search(home, portrait), reviewer, "the nose", case=lead)
    after = members_of(disclose(home, lead))
    assert load_verifier()(after) is None
    assert openings_of(after) == openings_of(before)


def test_a_search_under_anothers_call_id_as_case_is_not_in_its_packet(home, portrait):
    ann, call = home.as_("operator", "development"), "SearchFacesByImage"
    ann("CreateCollection", CollectionId="neighbours")
    ann(call, CollectionId="neighbours", Image=portrait)
    asked = home.last(call)["call"]
    home.as_("operator", "development", case=asked)(call, CollectionId="neighbours", Image=portrait)
    told = entries_of(disclose(home, asked))
    assert {one["call"] for one in told if one["action"] == call} == {asked}


@pytest.mark.parametrize("role", ["operator", "reviewer", "auditor", "public"])
def test_only_an_administrator_discloses(home, lead, role):
    with pytest.raises(AccessDenied, match="no policy permits"):
        home.as_(role, name="bob")("beholden:Disclose", Id=lead)


@pytest.mark.parametrize("one", ["nothing", "0" * 36])
def test_there_is_no_packet_of_what_was_no_search(home, one):
    with pytest.raises(ResourceNotFound):
        disclose(home, one)
    with pytest.raises(ResourceNotFound):
        disclose(home, home.told("IndexFaces")[0]["call"])
