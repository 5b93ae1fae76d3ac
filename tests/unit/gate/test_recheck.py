"""A grant that is held on to: asked about again, kept as JSON, revived by the gate or by nobody."""

import json
from dataclasses import dataclass
from itertools import count

import pytest

from beholden.domain.access import Decision, Identifies, Principal, Resource
from beholden.domain.audit import RecordKind
from beholden.domain.errors import AccessDenied, AuditUnavailable
from beholden.gate.evidence import RequestDigest
from beholden.gate.gate import Gate
from beholden.gate.registry import Operation
from beholden.testing.audit import MemoryAudit
from beholden.testing.clock import FakeClock

ANN = Principal("ann", "operator", "door-access", "AKIA1", case="case-7")
REQUEST = {"CollectionId": "staff"}


@dataclass
class Rule:
    """Permits until it is told not to; sees the facts."""

    stands: bool = True

    def decide(self, query):
        if self.stands and not query.context["purpose_ended"]:
            return Decision(True, "permitted by rule", ("rule",))
        return Decision(False, "forbidden by rule: do otherwise", ("rule",))


@dataclass
class Ended:
    """The one fact of this house."""

    ended: bool = False

    def of(self, _query, _request):
        return {"purpose_ended": self.ended}


class House:
    """A gate whose one operation starts a job; `grant` is what the job holds."""

    def __init__(self):
        self.rule, self.fact, self.audit = Rule(), Ended(), MemoryAudit()
        self.gate = self.restart()
        self.gate.call(ANN, "StartJob", REQUEST)

    def restart(self, salt=b"salt"):
        """The gate of another process, on the same log."""
        ids = count(len(self.audit.records))
        operation = Operation(
            "StartJob",
            lambda request: Resource("Collection", request["CollectionId"]),
            lambda _: {"threshold_pct": 90.0},
            Identifies.SEARCHES,
            self.start,
        )
        return Gate(
            {"StartJob": operation},
            None,
            self.rule,
            self.audit,
            FakeClock(),
            lambda: f"id-{next(ids)}",
            RequestDigest(salt),
            facts=[self.fact],
        )

    def start(self, _services, call, _request):
        self.grant = call.grant
        return {}

    @property
    def refusals(self):
        return [r for r in self.audit.records if r.kind is RecordKind.REFUSAL]


@pytest.fixture
def home():
    return House()


def test_a_grant_that_stands_leaves_no_record(home):
    before = len(home.audit.records)
    home.gate.recheck(home.grant)
    assert len(home.audit.records) == before


@pytest.mark.parametrize("end", ["policy", "fact"])
def test_it_ends_with_policy_and_facts_and_says_why_once_in_the_log(home, end):
    home.rule.stands, home.fact.ended = end != "policy", end == "fact"
    for _ in range(3):
        with pytest.raises(AccessDenied, match=r"perform: rekognition:StartJob.*do otherwise"):
            home.gate.recheck(home.grant)
    (record,) = home.refusals
    assert record.facts["grant"] == home.grant.grant_id
    assert record.facts["known"] == {"purpose_ended": end == "fact"}
    assert (record.principal, record.case) == ("ann", "case-7")


def test_what_has_ended_does_not_begin_again(home):
    home.fact.ended = True
    with pytest.raises(AccessDenied):
        home.gate.recheck(home.grant)
    home.fact.ended = False
    with pytest.raises(AccessDenied, match="do otherwise"):
        home.gate.recheck(home.grant)
    with pytest.raises(AccessDenied, match="do otherwise"):
        home.gate.revive(home.gate.store(home.grant))


def test_an_end_that_cannot_be_recorded_is_still_no_permission(home):
    home.fact.ended = home.audit.full = True
    with pytest.raises(AuditUnavailable):
        home.gate.recheck(home.grant)
    home.audit.full = False
    with pytest.raises(AccessDenied):
        home.gate.recheck(home.grant)
    assert len(home.refusals) == 1


def test_the_intent_names_the_grant(home):
    assert home.audit.records[0].facts["grant"] == home.grant.grant_id


def test_after_a_restart_the_gate_gives_it_back_decided_anew(home):
    kept = json.loads(json.dumps(home.gate.store(home.grant)))
    revived = home.restart().revive(kept)
    assert revived == home.grant
    home.fact.ended = True
    with pytest.raises(AccessDenied, match="do otherwise"):
        home.restart().revive(kept)


def altered(kept, *path, value):
    spoilt = json.loads(json.dumps(kept))
    place = spoilt
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = value
    return spoilt


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("grant", "query", "principal", "name"), "eve"),
        (("grant", "query", "principal", "role"), "admin"),
        (("grant", "query", "resource", "id"), "everybody"),
        (("grant", "query", "context", "threshold_pct"), 10.0),
        (("grant", "grant_id"), "another"),
        (("digest",), "0" * 64),
        (("digest",), "\u00e9"),
        (("digest",), None),
    ],
)
def test_one_that_was_altered_where_it_was_kept_is_nobodys(home, path, value):
    spoilt = altered(home.gate.store(home.grant), *path, value=value)
    with pytest.raises(AccessDenied, match="altered"):
        home.gate.revive(spoilt)


def test_one_of_another_deployment_is_nobodys(home):
    with pytest.raises(AccessDenied, match="altered"):
        home.restart(b"another salt").revive(home.gate.store(home.grant))
    with pytest.raises(AccessDenied, match="altered"):
        home.gate.revive({})


def test_a_digest_that_the_log_shows_of_a_request_stores_no_grant(home):
    """Requests are digested under the same key: no request can be made that reads as a grant."""
    claim = home.gate.store(home.grant)["grant"] | {"grant_id": "forged"}
    with pytest.raises(AccessDenied, match="altered"):
        home.gate.revive({"grant": claim, "digest": home.gate.digest.of(claim)})
