"""Rule 6: work that began unapproved stops at its deadline, and what it found goes everywhere."""

from datetime import timedelta

import pytest

from beholden.domain.errors import AccessDenied, ConflictingState, ResourceNotFound
from beholden.domain.job import JobItem, JobStatus, NewJob

from .test_rule_05_authorizations import (  # noqa: F401 (fixtures)
    approve,
    ask,
    clock,
    live,
    recorded,
    wanted,
)

HOUR = timedelta(hours=1)
REASON = "a child is missing: Jo Miller"


def begin(home, **changes):
    later = (home.clock.now() + 10 * 24 * HOUR).isoformat()
    return ask(home, "StartEmergency", **{"Reason": REASON, "ExpiresAt": later} | changes)


def shown(home, number):
    return home.as_("auditor")("beholden:ShowAuthorization", AuthorizationId=number)


def a_job(home, grant, job_id):
    """A finished job with results, as it runs under the grant."""
    stored = home.deployment.gate.store(grant)
    services = home.deployment.gate.services
    services.jobs.add(NewJob(job_id, "FaceSearch", "warrants", {}, stored), 20, None)
    return job_id


def finish(records, job_id):
    claim = records.job_queue.claim(timedelta(seconds=10))
    assert claim.job.job_id == job_id
    records.job_queue.put_items(claim, 1, [JobItem({"n": 1})])
    records.job_queue.finish(claim, JobStatus.SUCCEEDED, None)


@pytest.mark.parametrize(("live_start", "hours"), [(True, 24), (False, 48)])
def test_it_begins_at_once_and_stops_at_its_deadline(
    house,
    clock,  # noqa: F811
    live_start,
    hours,
):
    home = wanted(house, clock)
    begin(home, **({"Cameras": ["north-gate"]} if live_start else {}))
    start = live if live_start else recorded
    grant = start(home)
    home.deployment.gate.recheck(grant)
    clock.advance(hours * HOUR - timedelta(seconds=1))
    home.deployment.gate.recheck(grant)
    clock.advance(timedelta(seconds=1))
    with pytest.raises(AccessDenied, match="authorization"):
        home.deployment.gate.recheck(grant)
    with pytest.raises(AccessDenied, match="authorization"):
        start(home)


def demanding(home):
    """The purpose demands an authorization for pictures, too."""
    home.agreed("beholden:PutPurpose", Name="warrants", Authorization=True)


def upheld(home, portrait):
    """A lead of a search in pictures that two reviewers have upheld."""
    operator = home.as_("operator", "warrants")
    operator("IndexFaces", CollectionId="wanted", Image=portrait, ExternalImageId="jo")
    operator("SearchFacesByImage", CollectionId="wanted", Image=portrait)
    for name in ("rita", "saul"):
        reviewer = home.as_("reviewer", "warrants", name)
        (lead,) = reviewer("beholden:ListLeads")["Leads"]
        view = reviewer("beholden:OpenLead", LeadId=lead["LeadId"])["View"]
        said = {"View": view, "Candidate": 1, "Reason": "the same ear"}
        told = reviewer("beholden:JudgeLead", LeadId=lead["LeadId"], **said)
    assert told["State"] == "upheld"
    return lead["LeadId"]


def state_of(home, lead):
    return home.as_("operator", "warrants")("beholden:GetLead", LeadId=lead)["State"]


def test_an_emergency_that_nothing_demands_takes_nothing_along(house, clock, portrait):  # noqa: F811
    home = wanted(house, clock)
    number = begin(home)
    lead = upheld(home, portrait)
    revoke(home, number, "operator", "ann")
    assert shown(home, number)["State"] == "rejected"
    assert state_of(home, lead) == "upheld"


def test_who_searched_does_not_undo_what_was_upheld(house, clock, portrait):  # noqa: F811
    home = wanted(house, clock)
    demanding(home)
    number = begin(home)
    lead = upheld(home, portrait)
    for role, name in (("operator", "ann"), ("operator", "carl"), ("admin", "Ann")):
        with pytest.raises(AccessDenied, match="upheld-evidence"):
            revoke(home, number, role, name)
    assert state_of(home, lead) == "upheld"
    approve(home, number, "eve")
    revoke(home, number, "admin", "eve")
    assert shown(home, number)["State"] == "rejected"
    assert state_of(home, lead) == "expired"


def test_who_began_it_may_end_it_before_anything_is_upheld(house, clock):  # noqa: F811
    home = wanted(house, clock)
    number = begin(home)
    assert revoke(home, number, "operator", "ann")["State"] == "rejected"


def revoke(home, number, role, name):
    by = home.as_(role, "warrants" if role == "operator" else "rules", name)
    return by("beholden:RevokeAuthorization", AuthorizationId=number)


def test_move_the_clock_and_what_it_found_is_gone_everywhere(house, clock, portrait):  # noqa: F811
    home = wanted(house, clock)
    demanding(home)
    operator = home.as_("operator", "warrants")
    operator("IndexFaces", CollectionId="wanted", Image=portrait, ExternalImageId="jo")
    number = begin(home)
    operator("SearchFacesByImage", CollectionId="wanted", Image=portrait)
    (lead,) = home.as_("reviewer", "warrants", "sue")("beholden:ListLeads")["Leads"]
    services = home.deployment.gate.services
    job = a_job(home, recorded(home), "5f2b")
    video = home.recording("jo", clock.now(), purpose="warrants", authorization=number)
    clock.advance(48 * HOUR)
    home.deployment.sweeper.run()
    with pytest.raises(ResourceNotFound):
        services.jobs.get(job)
    with pytest.raises(ResourceNotFound):
        services.leads.open(lead["LeadId"])
    assert not video.exists()
    told = home.last("beholden:SweepAuthorizations")
    assert (told["kind"], told["role"]) == ("outcome", "system")
    found = {"leads": 1, "jobs": 1, "recordings": 1}
    assert told["facts"]["deleted"] == [{"authorization": number, **found}]
    assert told["facts"]["closed"][0]["State"] == "lapsed"
    assert "Miller" not in str(home.told("beholden:StartEmergency")) + str(told)
    now = shown(home, number)
    assert (now["State"], now["ResultsDeletedAt"]) == ("lapsed", clock.now().isoformat())


def test_a_straggler_goes_too(house, clock):  # noqa: F811
    home = wanted(house, clock)
    begin(home)
    grant = recorded(home)
    clock.advance(48 * HOUR)
    home.deployment.sweeper.run()
    job = a_job(home, grant, "late")
    home.deployment.sweeper.run()
    clock.advance(timedelta(minutes=10))
    home.deployment.sweeper.run()
    with pytest.raises(ResourceNotFound):
        home.deployment.gate.services.jobs.get(job)
    swept = len(home.told("beholden:SweepAuthorizations"))
    home.deployment.sweeper.run()
    assert len(home.told("beholden:SweepAuthorizations")) == swept


def test_approved_in_time_it_goes_on_and_keeps_what_it_found(house, clock):  # noqa: F811
    home = wanted(house, clock)
    number = begin(home)
    grant = recorded(home)
    job = a_job(home, grant, "kept")
    approve(home, number, "eve")
    clock.advance(47 * HOUR)
    approve(home, number, "frank")
    clock.advance(24 * HOUR)
    home.deployment.sweeper.run()
    home.deployment.gate.recheck(grant)
    assert home.deployment.gate.services.jobs.get(job).job_id == job
    assert shown(home, number)["State"] == "approved"


def test_too_late_is_too_late(house, clock):  # noqa: F811
    home = wanted(house, clock)
    number = begin(home)
    approve(home, number, "eve")
    clock.advance(48 * HOUR)
    with pytest.raises(ConflictingState, match="lapsed"):
        approve(home, number, "frank")


def test_rejected_it_is_undone_at_once(house, clock):  # noqa: F811
    home = wanted(house, clock)
    number = begin(home)
    grant = recorded(home)
    job = a_job(home, grant, "undone")
    home.as_("admin", "rules", "eve")("beholden:RevokeAuthorization", AuthorizationId=number)
    with pytest.raises(AccessDenied, match="authorization"):
        home.deployment.gate.recheck(grant)
    with pytest.raises(ResourceNotFound):
        home.deployment.gate.services.jobs.get(job)
    assert shown(home, number)["State"] == "rejected"
    facts = home.last("beholden:RevokeAuthorization")["facts"]
    assert facts["deleted"] == [{"authorization": number, "leads": 0, "jobs": 1, "recordings": 0}]


def test_one_emergency_after_another_is_no_way_around(house, clock):  # noqa: F811
    home = wanted(house, clock)
    begin(home)
    with pytest.raises(AccessDenied, match=r"emergency-again.*waits for approval"):
        begin(home, Basis="another")
    clock.advance(48 * HOUR)
    home.deployment.sweeper.run()
    with pytest.raises(AccessDenied, match=r"emergency-again.*was not approved"):
        begin(home)
    clock.advance(29 * 24 * HOUR)
    begin(home)


def test_it_has_a_reason_and_starts_now(house, clock):  # noqa: F811
    home = wanted(house, clock)
    for changes in ({"Reason": " "}, {"StartsAt": "2024-01-05"}):
        with pytest.raises(Exception, match="emergency"):
            begin(home, **changes)
