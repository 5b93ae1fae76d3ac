import json
from dataclasses import asdict
from itertools import count

import pytest

from beholden.domain.access import Identifies, Principal, Resource
from beholden.domain.audit import RecordKind
from beholden.domain.errors import AccessDenied, AuditUnavailable, InvalidParameter, NotOffered
from beholden.gate.evidence import RequestDigest
from beholden.gate.gate import Gate
from beholden.gate.registry import Operation
from beholden.testing.audit import MemoryAudit
from beholden.testing.clock import FakeClock
from beholden.testing.policy import AllowActions, UnsafeAllowEverything

ANN = Principal("ann", "operator", "door-access", "AKIA1", case="case-7")
REQUEST = {"CollectionId": "staff", "Image": {"Bytes": b"the picture"}, "FaceMatchThreshold": 80.0}
INTENT, OUTCOME, FAILURE, REFUSAL, EVIDENCE = (
    RecordKind.INTENT,
    RecordKind.OUTCOME,
    RecordKind.FAILURE,
    RecordKind.REFUSAL,
    RecordKind.EVIDENCE,
)


def search(services, call, request):
    services.append(call)
    call.note(probe="salted", candidates=[{"face": "f-1", "similarity_pct": 99.5}])
    return {"FaceMatches": ["f-1"]}


def build(run=search, *, audit=None, policy=None, restrictions=(), only_reads=False):
    operation = Operation(
        "SearchFacesByImage",
        lambda request: Resource("Collection", request["CollectionId"]),
        lambda request: {"threshold_pct": request["FaceMatchThreshold"]},
        Identifies.NOBODY if only_reads else Identifies.SEARCHES,
        run,
        only_reads,
    )
    ids = count(1)
    return Gate(
        {operation.name: operation},
        [],
        policy or UnsafeAllowEverything(),
        audit if audit is not None else MemoryAudit(),
        FakeClock(),
        lambda: f"id-{next(ids)}",
        RequestDigest(b"salt"),
        restrictions,
    )


def call(gate):
    return gate.call(ANN, "SearchFacesByImage", REQUEST)


def test_an_allowed_call_leaves_intent_and_outcome():
    gate = build()
    assert call(gate) == {"FaceMatches": ["f-1"]}
    intent, outcome = gate.audit.records
    assert (intent.kind, outcome.kind) == (INTENT, OUTCOME)
    assert intent.call_id == outcome.call_id == "id-1"
    assert (intent.principal, intent.role, intent.purpose, intent.case) == (
        "ann",
        "operator",
        "door-access",
        "case-7",
    )
    assert (intent.action, intent.resource) == ("SearchFacesByImage", 'Collection::"staff"')
    assert intent.facts["asked"] == intent.facts["granted"] == {"threshold_pct": 80.0}
    assert intent.facts["policies"] == ["unsafe-allow-everything"]
    assert outcome.facts["candidates"] == [{"face": "f-1", "similarity_pct": 99.5}]
    assert outcome.facts["began"] == "2024-01-01T00:00:00+00:00"


def test_the_operation_gets_a_grant_for_what_was_decided():
    gate = build()
    call(gate)
    (seen,) = gate.services
    assert seen.grant.query == gate.policy.asked[0]
    assert seen.grant.decision.allowed
    assert seen.grant.grant_id != seen.call_id


def test_nothing_runs_before_its_intent_is_durable():
    audit = MemoryAudit()

    def run(_services, _call, _request):
        assert audit.kinds() == [INTENT]
        return {}

    call(build(run, audit=audit))
    assert audit.kinds() == [INTENT, OUTCOME]


def test_what_only_reads_leaves_one_record_before_release():
    gate = build(only_reads=True)
    call(gate)
    assert gate.audit.kinds() == [OUTCOME]


def test_what_identifies_cannot_be_registered_as_reading_only():
    with pytest.raises(ValueError, match="identifies people"):
        Operation("SearchFaces", REQUEST.get, REQUEST.get, Identifies.SEARCHES, search, True)


def test_a_refusal_is_recorded_and_names_action_rule_and_remedy():
    gate = build(policy=AllowActions({"DetectFaces"}))
    with pytest.raises(AccessDenied) as refused:
        call(gate)
    assert str(refused.value) == (
        "User: ann is not authorized to perform: rekognition:SearchFacesByImage on resource: "
        'Collection::"staff": no policy permits this; ask for DetectFaces'
    )
    assert gate.services == []
    (record,) = gate.audit.records
    assert record.kind is REFUSAL
    assert record.facts["reason"] == "no policy permits this; ask for DetectFaces"


def test_a_refusal_that_cannot_be_recorded_is_still_no_answer():
    gate = build(policy=AllowActions(()), audit=MemoryAudit(full=True))
    with pytest.raises(AuditUnavailable):
        call(gate)


def test_without_a_log_nothing_runs():
    gate = build(audit=MemoryAudit(full=True))
    with pytest.raises(AuditUnavailable):
        call(gate)
    assert gate.services == []


def test_if_the_outcome_cannot_be_recorded_nothing_is_released():
    audit = MemoryAudit()

    def run(_services, _call, _request):
        audit.full = True
        return {"FaceMatches": ["f-1"]}

    with pytest.raises(AuditUnavailable):
        call(build(run, audit=audit))
    assert audit.kinds() == [INTENT]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (InvalidParameter("the picture of ann smith"), "InvalidParameterException"),
        (KeyError("ann smith"), "KeyError"),
        (KeyboardInterrupt(), "KeyboardInterrupt"),
        (SystemExit(1), "SystemExit"),
    ],
)
def test_a_failure_is_recorded_by_its_code_alone(error, code):
    def run(_services, call, _request):
        call.note(probe="salted")
        raise error

    gate = build(run)
    with pytest.raises(type(error)):
        call(gate)
    assert gate.audit.kinds() == [INTENT, FAILURE]
    facts = gate.audit.records[-1].facts
    assert (facts["error"], facts["probe"]) == (code, "salted")
    assert "smith" not in json.dumps(facts)


def test_a_failure_that_cannot_be_recorded_says_so():
    audit = MemoryAudit()

    def run(_services, _call, _request):
        audit.full = True
        raise InvalidParameter

    with pytest.raises(AuditUnavailable) as unavailable:
        call(build(run, audit=audit))
    assert isinstance(unavailable.value.__context__, InvalidParameter)


def test_an_operation_that_nobody_registered():
    gate = build()
    with pytest.raises(NotOffered):
        gate.call(ANN, "DetectLabels", {})
    assert gate.audit.records == []


def test_records_hold_nothing_of_the_picture():
    gate = build()
    call(gate)
    written = json.dumps([asdict(record) for record in gate.audit.records], default=str)
    assert "the picture" not in written
    assert len(gate.audit.records[0].facts["request"]) == 64


def test_a_long_list_goes_ahead_in_pages():
    faces = [f"f-{n}" for n in range(600)]

    def run(_services, call, _request):
        call.note(candidates=faces)
        return {}

    gate = build(run)
    call(gate)
    assert gate.audit.kinds() == [INTENT, EVIDENCE, EVIDENCE, EVIDENCE, OUTCOME]
    pages = [record.facts["candidates"] for record in gate.audit.records[1:4]]
    assert [face for page in pages for face in page] == faces
    assert gate.audit.records[-1].facts["candidates"] == {"items": 600, "in": "evidence"}
    assert len({record.call_id for record in gate.audit.records}) == 1


class Floor:
    """A threshold floor: raises what is lower, refuses without a case, withholds the names."""

    name = "threshold-floor"

    def before(self, query, request):
        if query.principal.case is None:
            raise AccessDenied("name a case: sign in with one")
        return {**request, "FaceMatchThreshold": max(99.0, request["FaceMatchThreshold"])}

    def after(self, call, response):
        call.note(withheld=len(response["FaceMatches"]))
        return {**response, "FaceMatches": []}


def test_a_restriction_narrows_the_request_and_both_values_are_recorded():
    seen = []

    def run(_services, _call, request):
        seen.append(request["FaceMatchThreshold"])
        return {"FaceMatches": ["f-1"]}

    gate = build(run, restrictions=[Floor()])
    assert call(gate) == {"FaceMatches": []}
    assert seen == [99.0]
    outcome = gate.audit.records[-1]
    assert outcome.facts["asked"] == {"threshold_pct": 80.0}
    assert outcome.facts["granted"] == {"threshold_pct": 99.0}
    assert outcome.facts["withheld"] == 1


def test_a_restriction_refuses_by_name():
    gate = build(restrictions=[Floor()])
    caseless = Principal("ann", "operator", "door-access", "AKIA1")
    with pytest.raises(AccessDenied, match="name a case"):
        gate.call(caseless, "SearchFacesByImage", REQUEST)
    (record,) = gate.audit.records
    assert record.kind is REFUSAL
    assert record.facts["policies"] == ["threshold-floor"]


def test_restrictions_are_not_asked_once_the_policy_refused():
    class Unreachable(Floor):
        def before(self, query, request):
            raise AssertionError

    with pytest.raises(AccessDenied):
        call(build(policy=AllowActions(()), restrictions=[Unreachable()]))
