"""The engine, on a schema and policies of its own; tests/accountability tries those that ship."""

import pytest

from beholden.domain.access import Identifies, Principal, Query, Resource
from beholden.domain.errors import OperatorError
from beholden.engines.policy.cedar import CedarPolicy
from beholden.engines.policy.sources import load_schema

SCHEMA_TEXT = """
entity Principal = {
  holder: String, key_id: String, role: String, purpose: String, case?: String
};
entity Collection, Deployment;
type Asked = { threshold_pct?: decimal, attributes?: Set<String> };
action "look", "enrol";
action SearchFaces in ["look"]
  appliesTo { principal: Principal, resource: Collection, context: Asked };
action IndexFaces in ["enrol"]
  appliesTo { principal: Principal, resource: Collection, context: Asked };
"""
ROLES = """
@id("operate") @advice("use a key with role operator")
permit (principal, action in [Action::"look", Action::"enrol"], resource)
when { principal.role == "operator" };

@id("review") @advice("use a key with role reviewer")
permit (principal, action in [Action::"look"], resource)
when { principal.role == "reviewer" };

@id("purpose-carried") @advice("use a key that carries a purpose")
forbid (principal, action, resource) when { principal.purpose == "" };
"""
PERMIT = '@id("all") permit (principal, action, resource);\n'
FLOOR = """
@id("floor") @advice("ask for 99 or more")
forbid (principal, action, resource)
when { context has threshold_pct && context.threshold_pct.lessThan(decimal("99.0")) };
"""
# The comment, the string and the name hold semicolons that end nothing.
GOOD = '// a comment; with a semicolon\n@id("a;b")\npermit (principal, action, resource);\n'


@pytest.fixture
def schema(tmp_path):
    path = tmp_path / "s.cedarschema"
    path.write_text(SCHEMA_TEXT)
    return path


@pytest.fixture
def policy_of(tmp_path, schema):
    def build(*texts):
        paths = []
        for number, text in enumerate(texts):
            paths.append(tmp_path / f"p{number}.cedar")
            paths[-1].write_text(text)
        return CedarPolicy(schema, paths)

    return build


def query(action="SearchFaces", role="operator", purpose="family", case=None, **context):
    principal = Principal("ann", role, purpose, "AKIA1", case)
    return Query(principal, action, Resource("Collection", "staff"), Identifies.SEARCHES, context)


def test_a_permit_names_its_policy(policy_of):
    decision = policy_of(ROLES).decide(query())
    assert decision.allowed
    assert decision.policies == ("operate",)


def test_a_default_denial_says_which_policies_would_and_how(policy_of):
    decision = policy_of(ROLES).decide(query("IndexFaces", "reviewer"))
    assert decision.policies == ()
    assert decision.reason == (
        'no policy permits this to role "reviewer"; see operate: use a key with role operator'
    )


def test_a_forbid_wins_and_names_itself_and_its_remedy(policy_of):
    decision = policy_of(ROLES).decide(query(purpose=""))
    assert decision.policies == ("purpose-carried",)
    assert decision.reason == "forbidden by purpose-carried: use a key that carries a purpose"


def test_no_policy_means_denied(policy_of):
    policy = policy_of('@id("x") forbid (principal, action, resource) when { 1 == 2 };')
    assert policy.decide(query()).reason == 'no policy permits this to role "operator"'


@pytest.mark.parametrize(
    ("threshold", "allowed"), [(99.0, True), (99, True), (98, False), (98.99999, False)]
)
def test_thresholds_are_compared_and_never_rounded_up(policy_of, threshold, allowed):
    decision = policy_of(PERMIT + FLOOR).decide(query(threshold_pct=threshold))
    assert decision.allowed is allowed
    assert allowed or decision.reason == "forbidden by floor: ask for 99 or more"


@pytest.mark.parametrize(
    "context",
    [
        {"threshold_pct": float("nan")},
        {"threshold_pct": 1e300},
        {"threshold_pct": "high"},
        {"unheard_of": 1},
        {"attributes": [b"x"]},
        {"attributes": object()},
    ],
)
def test_what_cannot_be_decided_is_denied(policy_of, context):
    decision = policy_of(PERMIT).decide(query(**context))
    assert not decision.allowed
    assert "cannot decide" in decision.reason


@pytest.mark.parametrize("action", ["Nope", "SearchFaces\n", ""])
def test_an_unknown_action_is_denied(policy_of, action):
    assert not policy_of(PERMIT).decide(query(action)).allowed


def test_odd_names_are_only_names(policy_of):
    policy = policy_of(PERMIT)
    odd = Principal('ann", role: "admin', "x\n", 'p"', "k\\", 'c"')
    asked = Query(odd, "SearchFaces", Resource("Collection", 'a"::\n'), Identifies.SEARCHES)
    assert policy.decide(asked).allowed


def test_cases_can_be_demanded(policy_of):
    policy = policy_of(
        PERMIT + '@id("c") forbid (principal, action, resource) unless { principal has case };'
    )
    assert not policy.decide(query()).allowed
    assert policy.decide(query(case="7")).allowed


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        (GOOD + "\npermit (principal, action resource);", 5, "not a Cedar policy"),
        (GOOD + "\n\n  // why\npermit (principal, action", 7, "not a Cedar policy"),
        ('permit (principal, action == Action::"Serch", resource);', 1, "give this policy a name"),
        ('@id("x")\npermit (principal, action == Action::"Serch", resource);', 1, "fit the schema"),
        (GOOD + '@id("x") permit (principal, action, resource) when { context.odd };', 4, "schema"),
        (GOOD + GOOD, 5, "is taken by .*p0.cedar:2"),
        ('@id("x") permit (principal == ?principal, action, resource);', 1, "templates"),
        (GOOD + "garbage", 4, "not a Cedar policy"),
    ],
)
def test_a_mistake_stops_the_start_and_names_file_and_line(policy_of, text, line, message):
    with pytest.raises(OperatorError, match=rf"p0\.cedar:{line}: .*{message}"):
        policy_of(text)


def test_a_mistake_in_the_second_file_is_named_there(policy_of):
    with pytest.raises(OperatorError, match=r"p1\.cedar:1: "):
        policy_of(GOOD, "permit ();")


@pytest.mark.parametrize("text", ["", "// nothing but a comment; really\n"])
def test_a_file_without_policies_stops_the_start(policy_of, text):
    with pytest.raises(OperatorError, match="no policy in"):
        policy_of(text)


def test_a_missing_file_stops_the_start(tmp_path, schema):
    with pytest.raises(OperatorError, match="cannot be read"):
        CedarPolicy(schema, [tmp_path / "missing.cedar"])


def test_a_broken_schema_stops_the_start(tmp_path):
    (tmp_path / "broken.cedarschema").write_text("entity X = { a: Strin };")
    with pytest.raises(OperatorError, match=r"broken\.cedarschema: not a Cedar schema"):
        load_schema(tmp_path / "broken.cedarschema")


def test_an_edit_on_disk_does_not_change_a_running_policy(tmp_path, schema):
    path = tmp_path / "p.cedar"
    path.write_text('@id("x") forbid (principal, action, resource);')
    policy = CedarPolicy(schema, [path])
    path.write_text(PERMIT)
    assert not policy.decide(query()).allowed
    assert CedarPolicy(schema, [path]).digest != policy.digest


def test_a_decision_is_remembered_for_the_same_query_only(policy_of):
    policy = policy_of(ROLES + FLOOR)
    asked = [
        query(threshold_pct=99.5),
        query(threshold_pct=98.0),
        query(role="reviewer", threshold_pct=99.5),
        query(purpose="", threshold_pct=99.5),
        query(action="IndexFaces", role="reviewer"),
    ]
    first = [policy.decide(one).allowed for one in asked]
    assert first == [True, False, True, False, False]
    assert [policy.decide(one).allowed for one in reversed(asked)] == first[::-1]
