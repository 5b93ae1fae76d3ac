"""What a job or a stream works under ends with its purpose, its key and its gallery's binding."""

import json

import pytest

from beholden.domain.errors import AccessDenied


@pytest.fixture
def home(house):
    home = house("organisation")
    rules(home)("beholden:PutPurpose", Name="door", Basis="contract", RetentionDays=30)
    home.as_("operator")("CreateCollection", CollectionId="staff")
    return home


def rules(home):
    return home.as_("admin", "rules", "eve")


def held(home):
    search = {"CollectionId": "staff", "FaceId": "00000000-0000-0000-0000-000000000000"}
    return home.grant(home.who("operator"), "SearchFaces", **search)


ENDS = {
    "purpose-ended": lambda home: rules(home)("beholden:PutPurpose", Name="door", Ended=True),
    "gallery-purpose": lambda home: rules(home)(
        "beholden:UnbindCollection", CollectionId="staff", Purpose="door"
    ),
    "threshold-floor": lambda home: rules(home)(
        "beholden:PutPurpose", Name="door", ThresholdFloor=99
    ),
    "review-since": lambda home: rules(home)("beholden:PutPurpose", Name="door", Review=True),
    "credential-ended": lambda home: rules(home)(
        "beholden:DisableKey", KeyId=home.who("operator").key_id
    ),
}


@pytest.mark.parametrize("rule", ENDS)
def test_a_grant_ends_by_itself_and_the_log_says_so_once(home, rule):
    gate, grant = home.deployment.gate, held(home)
    gate.recheck(grant)
    ENDS[rule](home)
    for _ in range(2):
        with pytest.raises(AccessDenied, match=rule):
            gate.recheck(grant)
    ends = [r for r in home.told("SearchFaces") if r["facts"].get("grant_ended")]
    assert [(r["kind"], r["facts"]["grant"]) for r in ends] == [("refusal", grant.grant_id)]
    assert rule in ends[0]["facts"]["policies"]


@pytest.mark.parametrize("rule", ENDS)
def test_it_is_not_revived_by_a_restart(home, rule):
    kept = json.loads(json.dumps(home.deployment.gate.store(held(home))))
    home.restart()
    assert home.deployment.gate.revive(kept).query.principal.name == "ann"
    ENDS[rule](home)
    home.restart()
    with pytest.raises(AccessDenied, match=rule):
        home.deployment.gate.revive(kept)
