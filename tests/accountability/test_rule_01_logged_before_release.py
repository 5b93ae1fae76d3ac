"""Rule 1: every identification-capable call is in the log before its result is released.

Here a server stands in its smallest form: the real gate and the real log in a process of their own,
which prints what it releases. It is killed, its disk fills up, its log is tampered with.
"""

import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from beholden.engines.audit.layout import pack, unpack
from beholden.engines.audit.note import Verifier
from beholden.engines.audit.reading import records
from beholden.engines.audit.tlog import TileLog
from beholden.engines.audit.verify import verify

ORIGIN = "log.example.org/rule-1"
TOOL = Path(__file__).parents[2] / "tools" / "verify_log.py"

# argv: folder, what happens while a search runs, how many searches.
SERVER = """
import os, resource, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4
from beholden.domain.access import Identifies, Principal, Resource
from beholden.engines.audit.tlog import TileLog
from beholden.gate.evidence import RequestDigest
from beholden.gate.gate import Gate
from beholden.gate.registry import Operation
from beholden.testing.policy import UnsafeAllowEverything

folder, mode, searches = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])

class Clock:
    def now(self):
        return datetime.now(UTC)

def search(services, call, request):
    print("ran", call.call_id, flush=True)
    if mode == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    if mode == "full":
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
    call.note(probe="0" * 64, gallery="staff", candidates=[{"face": "f-1"}])
    return {"FaceMatches": [call.call_id]}

class KilledLate:  # the process ends once there is a result, and before it is recorded
    name = "killed-late"

    def before(self, query, request):
        return request

    def after(self, call, response):
        assert response["FaceMatches"]
        os.kill(os.getpid(), signal.SIGKILL)

operation = Operation("SearchFacesByImage", lambda r: Resource("Collection", "staff"),
                      lambda r: {"threshold_pct": 99.0}, Identifies.SEARCHES, search)
log = TileLog(folder / "log", folder / "log.key", "log.example.org/rule-1")
gate = Gate({operation.name: operation}, None, UnsafeAllowEverything(), log, Clock(),
            lambda: str(uuid4()), RequestDigest(b"salt"),
            restrictions=[KilledLate()] if mode == "killed late" else [])
if mode == "full from the start":
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
for _ in range(searches):
    answer = gate.call(Principal("ann", "operator", "door", "AKIA1"), operation.name, {})
    print("released", answer["FaceMatches"][0], flush=True)
log.close()
"""


def serve(folder, mode="well", searches=3):
    return subprocess.Popen(
        [sys.executable, "-c", SERVER, str(folder), mode, str(searches)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def said(output, what):
    return [line.split()[1] for line in output.splitlines() if line.startswith(what)]


def verifier(folder):
    return Verifier.parse((folder / "log" / "log.vkey").read_text())


def logged(folder):
    """(kind, call) of every record, in order, from a log that verifies: also before the next start
    has completed it, and then with all that was durable."""
    assert verify(folder / "log", verifier(folder)).faults == ()
    TileLog(folder / "log", folder / "log.key", ORIGIN).close()
    assert verify(folder / "log", verifier(folder)).faults == ()
    found = [record for _, record in records(folder / "log", verifier(folder))]
    return [(record["kind"], record["call"]) for record in found]


def test_every_search_leaves_intent_and_outcome(tmp_path):
    output, _ = serve(tmp_path).communicate()
    released = said(output, "released")
    assert len(released) == 3
    assert logged(tmp_path) == [(kind, call) for call in released for kind in ("intent", "outcome")]


@pytest.mark.parametrize("moment", ["killed", "killed late"])
def test_killed_before_the_outcome_nothing_is_released_and_the_intent_stands(tmp_path, moment):
    """Between intent and result, and between result and outcome."""
    server = serve(tmp_path, moment)
    output, _ = server.communicate()
    assert server.returncode == -signal.SIGKILL
    assert said(output, "released") == []
    (ran,) = said(output, "ran")
    assert logged(tmp_path) == [("intent", ran)]
    (remark,) = verify(tmp_path / "log", verifier(tmp_path)).remarks
    assert "an intent without an outcome" in remark


@pytest.mark.parametrize("after", [1, 2, 5, 17, 40, 130])
def test_killed_at_any_instant_no_released_result_lacks_its_record(tmp_path, after):
    server = serve(tmp_path, searches=10**9)
    output = "".join(server.stdout.readline() for _ in range(after))
    server.send_signal(signal.SIGKILL)
    output += server.communicate()[0]
    kept = logged(tmp_path)
    assert said(output, "released")[:1] or after < 2
    assert all(("outcome", call) in kept for call in said(output, "released"))
    assert all(("intent", call) in kept for call in said(output, "ran"))
    assert serve(tmp_path).wait() == 0
    assert logged(tmp_path)[: len(kept)] == kept


def test_disk_full_before_the_outcome_nothing_is_released(tmp_path):
    server = serve(tmp_path, "full")
    output, errors = server.communicate()
    assert "AuditUnavailable" in errors
    assert (len(said(output, "ran")), said(output, "released")) == (1, [])


def test_disk_full_before_the_intent_nothing_runs(tmp_path):
    server = serve(tmp_path, "full from the start")
    output, errors = server.communicate()
    assert "AuditUnavailable" in errors
    assert output == ""


def entries_of(folder, change):
    path = max((folder / "log/tile/entries/000.p").iterdir(), key=lambda p: int(p.name))
    entries = unpack(path.read_bytes())
    change(entries)
    path.write_bytes(pack(entries))


def alter(entries):
    entries[3] = entries[3].replace(b"ann", b"bob")


def delete(entries):
    del entries[3]


def insert(entries):
    entries.insert(3, entries[0])


def reorder(entries):
    entries[3], entries[4] = entries[4], entries[3]


def truncate(entries):
    del entries[-1]


@pytest.mark.parametrize("harm", [alter, delete, insert, reorder, truncate])
def test_tampering_is_named_by_both_verifiers(tmp_path, harm):
    serve(tmp_path).wait()
    entries_of(tmp_path, harm)
    faults = verify(tmp_path / "log", verifier(tmp_path)).faults
    assert faults[0].startswith("entry 3 " if harm in (alter, reorder) else "entries 0 to 5 ")
    tool = subprocess.run(
        [sys.executable, str(TOOL), str(tmp_path / "log")], capture_output=True, check=False
    )
    assert tool.returncode == 1


def test_a_truncated_tail_with_an_older_checkpoint_stops_the_server(tmp_path):
    """The copy of the checkpoint beside the key remembers how long the log was."""
    serve(tmp_path).wait()
    shutil.copytree(tmp_path / "log", tmp_path / "older")
    serve(tmp_path).wait()
    shutil.rmtree(tmp_path / "log")
    (tmp_path / "older").replace(tmp_path / "log")
    server = serve(tmp_path)
    output, errors = server.communicate()
    assert output == ""
    assert "altered or cut" in errors


def test_records_hold_no_name_of_the_person_searched_for_and_no_picture(tmp_path):
    serve(tmp_path).wait()
    members = {"action", "at", "call", "case", "facts", "key", "kind", "principal", "purpose"}
    for _, record in records(tmp_path / "log", verifier(tmp_path)):
        assert set(record) == members | {"resource", "role"}
        assert "Bytes" not in json.dumps(record)
