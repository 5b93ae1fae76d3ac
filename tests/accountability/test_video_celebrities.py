"""Public figures in stored video: what holds for them in pictures, for as long as results last."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from beholden.domain.celebrity import COLLECTION
from beholden.domain.errors import AccessDenied
from beholden.operations.video.celebrities import rank
from beholden.testing.clock import FakeClock
from beholden.wire.protocol import check_response
from tests.accountability.conftest import House
from tests.videos import crossing, write

WHO = {"ExternalImageId": "3Ir0du6", "Name": "Eileen Collins"}
SAID = {"Urls": ["www.nasa.gov/eileen-collins"], "KnownGender": "Female"}
VIDEO = {"S3Object": {"Bucket": "videos", "Name": "clip.mp4"}}
# The portrait is on screen but in the second second.
TIMES = [*range(0, 1000, 200), *range(2000, 3000, 200)]


@pytest.fixture(scope="module")
def home(tmp_path_factory, models):
    clock = FakeClock(datetime.now(UTC))
    house = House(tmp_path_factory.mktemp("celebrities"), "personal", clock, models)
    bucket = house.folder / "buckets" / "videos"
    bucket.mkdir(parents=True)
    write(bucket / "clip.mp4", crossing(3, 5, lambda at: not 1 <= at < 2), 5)
    yield house
    house.deployment.close()


def run(home, purpose="celebrities", **options):
    ann = home.as_("operator", purpose)
    job_id = ann("StartCelebrityRecognition", Video=VIDEO, **options)["JobId"]
    home.deployment.jobs.run()
    return job_id


def get(home, job_id, purpose="celebrities", **options):
    answer = home.as_("operator", purpose)("GetCelebrityRecognition", JobId=job_id, **options)
    check_response("GetCelebrityRecognition", answer)
    return answer


@pytest.fixture(scope="module")
def recognised(home, portrait):
    """A job that ran before anybody was imported, and one after."""
    before = run(home)
    who = {**WHO, **SAID, "Image": portrait["Bytes"]}
    home.as_("operator", "celebrities")("beholden:AddCelebrity", **who)
    return before, run(home, JobTag="news")


def test_nobody_is_recognised_before_they_are_imported(home, recognised):
    answer = get(home, recognised[0])
    assert (answer["JobStatus"], answer["Celebrities"]) == ("SUCCEEDED", [])


def test_who_is_recognised_when(home, recognised):
    answer = get(home, recognised[1])
    assert (answer["JobStatus"], answer["JobTag"]) == ("SUCCEEDED", "news")
    assert answer["VideoMetadata"]["DurationMillis"] == 3000
    assert [found["Timestamp"] for found in answer["Celebrities"]] == TIMES
    for found in answer["Celebrities"]:
        celebrity = found["Celebrity"]
        assert (celebrity["Id"], celebrity["Name"]) == ("3Ir0du6", "Eileen Collins")
        assert celebrity["KnownGender"] == {"Type": "Female"}
        assert celebrity["Urls"] == SAID["Urls"]
        assert celebrity["Confidence"] >= 95
        assert celebrity["BoundingBox"] == celebrity["Face"]["BoundingBox"]
        assert {"AgeRange", "Gender", "Emotions"}.isdisjoint(celebrity["Face"])


@pytest.mark.parametrize("order", ["TIMESTAMP", "ID"])
def test_results_come_in_pages(home, recognised, order):
    pages, token = [], {}
    while True:
        page = get(home, recognised[1], SortBy=order, MaxResults=4, **token)
        pages.append([found["Timestamp"] for found in page["Celebrities"]])
        if "NextToken" not in page:
            break
        token = {"NextToken": page["NextToken"]}
    assert [len(page) for page in pages] == [4, 4, 2]
    assert [at for page in pages for at in page] == TIMES


def test_the_log_holds_the_evidence_and_no_name(home, recognised):
    get(home, recognised[1])
    released = home.last("GetCelebrityRecognition")["facts"]
    ran = home.last("StartCelebrityRecognition")["facts"]
    for facts in (released, ran):
        assert facts["threshold_pct"] == 95.0
        assert {candidate["similarity_pct"] >= 95 for candidate in facts["candidates"]} == {True}
        assert "Eileen" not in str(facts)
    assert released["model_cards"]


def test_a_floor_that_was_raised_holds_for_old_results(home, recognised):
    eve = home.as_("admin", "rules", "eve")
    similarity = get(home, recognised[1])["Celebrities"][0]["Celebrity"]["Confidence"]
    assert similarity < 99.999
    terms = {"Name": "celebrities", "Basis": "contract", "RetentionDays": 30}
    eve("beholden:PutPurpose", **terms, ThresholdFloor=99.999)
    try:
        assert get(home, recognised[1])["Celebrities"] == []
    finally:
        eve("beholden:PutPurpose", **terms, ThresholdFloor=0.0)


@pytest.fixture
def authorize(home, recognised):
    """Makes an authorization for somebody, which the purpose demands for so long; its id."""
    eve, ann = home.as_("admin", "rules", "eve"), home.as_("operator", "celebrities")
    terms = {"Name": "celebrities", "Basis": "contract", "RetentionDays": 30}
    eve("beholden:PutPurpose", **terms, Authorization=True)
    ends = (datetime.now(UTC) + timedelta(hours=5)).isoformat()
    ask = {"Purpose": "celebrities", "Collections": [COLLECTION], "Basis": "warrant 7"}
    made = []

    def make(who):
        asked = ask | {"ExpiresAt": ends, "People": [who]}
        made.append(ann("beholden:RequestAuthorization", **asked)["AuthorizationId"])
        return made[-1]

    yield make
    for number in made:
        ann("beholden:RevokeAuthorization", AuthorizationId=number)
    eve("beholden:PutPurpose", **terms, Authorization=False)


def test_whoever_is_outside_an_authorization_is_not_recognised(home, authorize):
    authorize("somebody")
    assert get(home, run(home))["Celebrities"] == []
    facts = home.last("StartCelebrityRecognition")["facts"]
    assert (facts["candidates"], facts["outside_authorization"]) == ([], facts["tracks"])


def test_whom_an_older_job_recognised_outside_it_is_not_told(home, authorize):
    number = authorize(WHO["ExternalImageId"])
    job_id = run(home)
    assert get(home, job_id)["Celebrities"]
    kept = home.deployment.gate.services.authorizations
    kept.change(number, lambda one: replace(one, scope=replace(one.scope, people=("bob",))))
    assert get(home, job_id)["Celebrities"] == []
    facts = home.last("GetCelebrityRecognition")["facts"]
    assert (facts["candidates"], facts["outside_authorization"]) == ([], 1)


def test_another_purpose_gets_nothing(home, recognised):
    with pytest.raises(AccessDenied, match=r"job-purpose|gallery-purpose"):
        get(home, recognised[1], "marketing")
    with pytest.raises(AccessDenied, match="gallery-purpose"):
        run(home, "marketing")


def test_where_two_people_must_review_it_is_refused(home, recognised):
    eve = home.as_("admin", "rules", "eve")
    eve("beholden:PutPurpose", Name="reviewed", Basis="law", RetentionDays=30, Review=True)
    eve("beholden:BindCollection", CollectionId=COLLECTION, Purpose="reviewed")
    with pytest.raises(AccessDenied, match="two-person-review"):
        run(home, "reviewed")


def test_results_go_with_the_gallery_s_binding_and_with_the_person(home, recognised):
    eve = home.as_("admin", "rules", "eve")
    eve("beholden:UnbindCollection", CollectionId=COLLECTION, Purpose="celebrities")
    with pytest.raises(AccessDenied, match="gallery-purpose"):
        get(home, recognised[1])
    eve("beholden:BindCollection", CollectionId=COLLECTION, Purpose="celebrities")
    home.as_("operator", "celebrities")("beholden:RemoveCelebrity", Id="3Ir0du6")
    assert get(home, recognised[1])["Celebrities"] == []


def test_ids_rank_as_they_sort():
    ids = ["0", "01", "1", "3Ir0du6", "3Ir0du6a", "A", "Zz", "a", "zzzzzzzzzz"]
    assert sorted(ids) == sorted(ids, key=rank)
    assert 0 < rank("zzzzzzzzzz") < 2**63
