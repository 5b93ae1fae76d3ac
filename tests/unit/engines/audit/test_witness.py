"""The witness's side of C2SP tlog-witness, request by request."""

from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from beholden.engines.audit.keys import load_cosigner, load_signer
from beholden.engines.audit.merkle import EMPTY_ROOT
from beholden.engines.audit.note import Checkpoint
from beholden.engines.audit.proofs import consistency
from beholden.engines.audit.witness import FileWitness
from beholden.ports.witness import NotCosignedError
from beholden.testing.clock import FakeClock

from .conftest import ORIGIN

pytestmark = pytest.mark.slow


@pytest.fixture
def log(deployment):
    return deployment.grow(5)


@pytest.fixture
def witness(log, tmp_path):
    cosigner = load_cosigner(tmp_path / "witness.key", "witness.example.org")
    return FileWitness(tmp_path / "witness", cosigner, {ORIGIN: log.verifier}, FakeClock())


def body(log, old, note=None, proof=None):
    note = note or (log.folder / "checkpoint").read_text()
    if proof is None:
        proof = consistency(log.folder, old, int(note.split("\n")[1]))
    return "\n".join([f"old {old}", *(b64encode(node).decode() for node in proof), "", note])


def refused(witness, request):
    with pytest.raises(NotCosignedError) as caught:
        witness.add_checkpoint(request)
    return caught.value.status


def test_a_first_checkpoint_and_one_that_extends_it(witness, log):
    first = (log.folder / "checkpoint").read_text()
    now = int(witness.clock.now().timestamp())
    assert witness.cosigner.public.cosigned(first + witness.add_checkpoint(body(log, 0))) == now
    log.grow(600, first=5)
    request = body(log, 5)
    note = request.partition("\n\n")[2]
    assert witness.cosigner.public.cosigned(note + witness.add_checkpoint(request)) == now


def test_the_same_one_again_gets_a_newer_time(witness, log):
    witness.add_checkpoint(body(log, 0))
    witness.clock.advance(timedelta(hours=1))
    note = (log.folder / "checkpoint").read_text() + witness.add_checkpoint(body(log, 5))
    assert witness.cosigner.public.cosigned(note) == int(witness.clock.now().timestamp())


def test_who_does_not_know_where_it_stands_is_told(witness, log):
    witness.add_checkpoint(body(log, 0))
    log.grow(3, first=5)
    with pytest.raises(NotCosignedError) as caught:
        witness.add_checkpoint(body(log, 0))
    answer = caught.value
    assert (answer.status, answer.body, answer.media_type) == (409, "5\n", "text/x.tlog.size")


def test_it_never_goes_back(witness, log):
    older = body(log, 0)
    log.grow(3, first=5)
    witness.add_checkpoint(body(log, 0))
    assert refused(witness, older) == 409
    assert refused(witness, older.replace("old 0", "old 8")) == 400


def test_a_fork_of_one_size_is_refused_and_kept_as_proof(witness, log):
    witness.add_checkpoint(body(log, 0))
    signer = load_signer(log.key, ORIGIN)
    fork = signer.sign(Checkpoint(ORIGIN, 5, bytes(32)))
    assert refused(witness, body(log, 5, fork, [])) == 409
    (kept,) = witness.folder.glob("*.fork")
    assert log.verifier.open(kept.read_text()).root == bytes(32)
    assert log.verifier.open(kept.with_suffix(".checkpoint").read_text()).size == 5


def test_a_history_that_does_not_extend_is_refused(witness, log):
    witness.add_checkpoint(body(log, 0))
    signer = load_signer(log.key, ORIGIN)
    longer = signer.sign(Checkpoint(ORIGIN, 9, bytes(32)))
    assert refused(witness, body(log, 5, longer, [bytes(32)] * 3)) == 422
    assert len(list(witness.folder.glob("*.doubtful"))) == 1
    log.grow(3, first=5)
    assert witness.add_checkpoint(body(log, 5))


def test_signed_by_another_key_or_unknown(witness, log, tmp_path):
    forged = load_signer(tmp_path / "mallory.key", ORIGIN).sign(Checkpoint(ORIGIN, 0, EMPTY_ROOT))
    assert refused(witness, body(log, 0, forged, [])) == 403
    signer = load_signer(tmp_path / "mallory.key", "other.example.org")
    other = signer.sign(Checkpoint("other.example.org", 0, EMPTY_ROOT))
    assert refused(witness, body(log, 0, other, [])) == 404


def test_an_empty_log_has_one_root(witness, log):
    signer = load_signer(log.key, ORIGIN)
    odd = signer.sign(Checkpoint(ORIGIN, 0, bytes(32)))
    assert refused(witness, body(log, 0, odd, [])) == 409
    empty = signer.sign(Checkpoint(ORIGIN, 0, EMPTY_ROOT))
    assert witness.add_checkpoint(body(log, 0, empty, []))


@pytest.mark.parametrize(
    "head", ["", "old", "old x", "old -1", "old 05", "new 0", "old 0\nnot base64", "old 0\n" * 70]
)
def test_what_is_no_request(witness, log, head):
    note = (log.folder / "checkpoint").read_text()
    assert refused(witness, f"{head}\n\n{note}") == 400
    assert refused(witness, "old 0") == 404


def test_what_it_cosigned_outlives_it(witness, log):
    witness.add_checkpoint(body(log, 0))
    again = FileWitness(witness.folder, witness.cosigner, witness.logs, witness.clock)
    assert refused(again, body(log, 0)) == 409


def test_of_many_at_once_none_rolls_back(witness, deployment, log):
    requests = [body(log, 0)]
    for first in range(5, 45, 5):
        log.grow(5, first=first)
        requests.append(body(log, 0))

    def ask(request):
        try:
            witness.add_checkpoint(request)
        except NotCosignedError as refusal:
            return "refused", refusal.status
        return "cosigned", int(request.partition("\n\n")[2].split("\n")[1])

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(ask, requests))
    cosigned = [size for answer, size in answers if answer == "cosigned"]
    assert len(cosigned) == 1
    assert answers.count(("refused", 409)) == len(answers) - 1
    (kept,) = witness.folder.glob("*.checkpoint")
    assert log.verifier.open(kept.read_text()).size == cosigned[0]
