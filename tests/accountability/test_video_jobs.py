"""What holds for searches in pictures holds for searches in stored video, for as long as a job and
its results last."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from beholden.domain.errors import AccessDenied, ResourceNotFound
from beholden.testing.clock import FakeClock
from tests.accountability.conftest import House
from tests.videos import crossing, write


@pytest.fixture(scope="module")
def shared(tmp_path_factory, models):
    """One deployment, and a clip in its bucket, for all tests: its worker takes a second to
    start."""
    house = House(tmp_path_factory.mktemp("jobs"), "personal", FakeClock(datetime.now(UTC)), models)
    bucket = house.folder / "buckets" / "videos"
    bucket.mkdir(parents=True)
    write(bucket / "clip.mp4", crossing(1, 5, lambda at: True), 5)
    yield house
    house.deployment.close()


@pytest.fixture
def search(shared, portrait, request):
    """Each test with a purpose and a collection of its own."""
    return Search(shared, portrait, request.node.name.removeprefix("test_")[:40])


class Search:
    """Start and get of a search for the astronaut."""

    def __init__(self, house, portrait, name):
        self.house = house
        self.name = name
        self.ann = house.as_("operator", name)
        self.eve = house.as_("admin", "rules", "eve")
        self.ann("CreateCollection", CollectionId=name)
        self.ann("IndexFaces", CollectionId=name, Image=portrait, ExternalImageId="eileen")

    def start(self, **options):
        video = {"S3Object": {"Bucket": "videos", "Name": "clip.mp4"}}
        return self.ann("StartFaceSearch", CollectionId=self.name, Video=video, **options)["JobId"]

    def run(self, **options):
        job_id = self.start(**options)
        self.house.deployment.jobs.run()
        return job_id

    def get(self, job_id):
        return self.ann("GetFaceSearch", JobId=job_id)

    def authorize(self, *people):
        """From now on the purpose demands an authorization: its id."""
        self.purpose(Authorization=True)
        ends = (self.house.clock.now() + timedelta(hours=5)).isoformat()
        where = {"Purpose": self.name, "Collections": [self.name]}
        asked = where | {"Basis": "warrant 7", "ExpiresAt": ends, "People": people}
        return self.ann("beholden:RequestAuthorization", **asked)["AuthorizationId"]

    def purpose(self, **terms):
        self.eve("beholden:PutPurpose", Name=self.name, Basis="contract", RetentionDays=30, **terms)

    def unbind(self):
        self.eve("beholden:UnbindCollection", CollectionId=self.name, Purpose=self.name)


def test_a_job_leaves_the_records_of_a_search_and_so_does_each_release(search):
    job_id = search.run(FaceMatchThreshold=90.0)
    answer = search.get(job_id)
    face = answer["Persons"][0]["FaceMatches"][0]["Face"]["FaceId"]
    started, began, ended = search.house.told("StartFaceSearch")[-3:]
    assert [r["kind"] for r in (started, began, ended)] == ["outcome", "intent", "outcome"]
    assert began["facts"]["grant"] == started["facts"]["grant"]
    released = search.house.last("GetFaceSearch")
    for record in (ended, released):
        facts = record["facts"]
        assert facts["candidates"][0]["face"] == face
        assert facts["threshold_pct"] == 90.0
        assert facts["job"] == job_id
        assert {"gallery", "probe", "model"} <= facts.keys()
    assert released["facts"]["model_cards"].keys() >= {"yunet", "sface"}
    assert "eileen" not in str(search.house.told("GetFaceSearch"))


def test_whoever_is_outside_an_authorization_is_in_no_answer_and_no_record(search):
    search.authorize("somebody-else")
    answer = search.get(search.run())
    assert answer["Persons"]
    assert all(person["FaceMatches"] == [] for person in answer["Persons"])
    ran, released = (search.house.last(f"{verb}FaceSearch")["facts"] for verb in ("Start", "Get"))
    assert (ran["candidates"], released["candidates"]) == ([], [])
    assert ran["outside_authorization"] == ran["tracks"] > 0


def test_an_authorization_for_certain_people_finds_them(search):
    search.authorize("eileen")
    assert search.get(search.run())["Persons"][0]["FaceMatches"]
    ran = search.house.last("StartFaceSearch")["facts"]
    assert (ran["outside_authorization"], len(ran["candidates"])) == (0, ran["tracks"])


def test_what_an_older_job_kept_of_others_is_not_told(search):
    number = search.authorize("eileen")
    job_id = search.run()
    kept = search.house.deployment.gate.services.authorizations
    kept.change(number, lambda one: replace(one, scope=replace(one.scope, people=("bob",))))
    assert all(person["FaceMatches"] == [] for person in search.get(job_id)["Persons"])
    facts = search.house.last("GetFaceSearch")["facts"]
    assert (facts["candidates"], facts["outside_authorization"]) == ([], 1)


def test_results_are_told_to_nobody_once_their_authorization_is_deleted(search):
    search.authorize("eileen")
    job_id = search.run()
    kept = search.house.deployment.gate.services.authorizations
    for one in kept.list():
        kept.delete(one.authorization_id)
    with pytest.raises(AccessDenied, match="authorization-withdrawn"):
        search.get(job_id)


def test_a_revoked_authorization_takes_the_results_along(search):
    number = search.authorize("eileen")
    job_id = search.run()
    search.get(job_id)
    assert search.house.last("GetFaceSearch")["facts"]["granted"]["authorized"]
    search.eve("beholden:RevokeAuthorization", AuthorizationId=number)
    search.purpose(Authorization=False)
    with pytest.raises(AccessDenied, match="authorization-withdrawn"):
        search.get(job_id)


def test_results_stay_when_their_authorization_has_ended_by_its_term(search):
    search.authorize("eileen")
    job_id = search.run()
    search.house.clock.advance(timedelta(hours=5))
    search.house.deployment.sweeper.run()
    assert search.get(job_id)["Persons"][0]["FaceMatches"]


def test_results_are_for_the_purpose_that_they_were_searched_for(search):
    job_id = search.run()
    with pytest.raises(AccessDenied, match="job-purpose"):
        search.house.as_("operator", "marketing")("GetFaceSearch", JobId=job_id)


def test_a_job_is_shown_to_its_purpose_and_to_those_who_oversee(search):
    job_id = search.start()
    stranger = search.house.as_("operator", "marketing")
    assert job_id not in [job["JobId"] for job in stranger("beholden:ListJobs")["Jobs"]]
    assert job_id in [job["JobId"] for job in search.ann("beholden:ListJobs")["Jobs"]]
    assert job_id in [job["JobId"] for job in search.eve("beholden:ListJobs")["Jobs"]]
    for verb in ("beholden:DescribeJob", "beholden:CancelJob"):
        with pytest.raises(AccessDenied, match="job-purpose"):
            stranger(verb, JobId=job_id)
        assert search.ann(verb, JobId=job_id)["JobId"] == job_id


def test_a_gallery_taken_from_the_purpose_takes_the_results_along(search):
    job_id = search.run()
    search.unbind()
    with pytest.raises(AccessDenied, match="gallery-purpose"):
        search.get(job_id)


def test_a_job_whose_grant_ends_before_it_runs_finds_nobody(search):
    job_id = search.start()
    search.unbind()
    search.house.deployment.jobs.run()
    job = search.eve("beholden:DescribeJob", JobId=job_id)
    assert job["Status"] == "FAILED"
    assert "gallery-purpose" in job["StatusMessage"]


def test_a_floor_holds_at_the_start_and_for_results_that_are_older_than_it(search):
    job_id = search.run(FaceMatchThreshold=80.0)
    search.purpose(ThresholdFloor=99.0)
    with pytest.raises(AccessDenied, match="threshold-floor"):
        search.get(job_id)
    with pytest.raises(AccessDenied, match="threshold-floor"):
        search.start(FaceMatchThreshold=80.0)
    search.purpose(FloorRaises=True)
    raised = search.run(FaceMatchThreshold=80.0)
    assert search.get(raised)["JobStatus"] == "SUCCEEDED"
    assert search.house.last("GetFaceSearch")["facts"]["threshold_pct"] == 99.0


def test_no_match_without_two_people_where_the_purpose_demands_them(search):
    job_id = search.run()
    search.purpose(Review=True)
    with pytest.raises(AccessDenied, match="two-person-review"):
        search.start()
    with pytest.raises(AccessDenied, match="two-person-review"):
        search.get(job_id)


def test_an_administrator_can_cancel_anybodys_job(search):
    job_id = search.start()
    search.eve("beholden:CancelJob", JobId=job_id)
    search.house.deployment.jobs.run()
    answer = search.get(job_id)
    assert (answer["JobStatus"], answer["StatusMessage"]) == ("FAILED", "Cancelled by eve.")
    newest = search.eve("beholden:ListJobs")["Jobs"][0]
    assert (newest["JobId"], newest["Status"]) == (job_id, "FAILED")


def test_results_end_after_seven_days(search):
    job_id = search.run()
    search.house.clock.advance(timedelta(days=7, seconds=1))
    search.house.deployment.sweeper.run()
    assert search.house.last("beholden:SweepJobs")["facts"]["destroyed"][-1] == job_id
    with pytest.raises(ResourceNotFound):
        search.get(job_id)
