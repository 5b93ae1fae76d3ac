"""Jobs and the queue of them."""

from datetime import timedelta

import pytest

from beholden.domain.errors import ClaimLost, ResourceNotFound, TooManyJobs
from beholden.domain.job import JobItem, JobStatus, NewJob

LEASE = timedelta(seconds=10)


def a_job(job_id="a", **changes):
    asked = {"Video": {"S3Object": {"Bucket": "videos", "Name": "one.mp4"}}, "JobTag": "t"}
    return NewJob(job_id, "FaceSearch", "door", asked, {"grant": {"grant_id": "g"}}, **changes)


def start(records, job_id="a", limit=20):
    return records.jobs.add(a_job(job_id), limit, None)


def bodies(items):
    return [item.body["n"] for item in items]


def test_a_job_comes_back_as_it_was_handed_in(records, clock):
    made = start(records)
    assert made == records.jobs.get("a")
    assert (made.kind, made.purpose, made.status) == ("FaceSearch", "door", JobStatus.IN_PROGRESS)
    assert made.request == a_job().request
    assert made.grant == a_job().grant
    assert made.created_at == clock.now()
    with pytest.raises(ResourceNotFound):
        records.jobs.get("b")


def test_only_so_many_are_in_progress(records):
    start(records, "a", 2)
    start(records, "b", 2)
    with pytest.raises(TooManyJobs):
        start(records, "c", 2)
    records.jobs.cancel("a", "cancelled")
    assert start(records, "c", 2).status is JobStatus.IN_PROGRESS
    assert [job.job_id for job in records.jobs.list()] == ["c", "b", "a"]


def test_the_oldest_is_claimed_first_and_by_one_worker(records):
    start(records, "a")
    start(records, "b")
    queue = records.job_queue
    assert [queue.claim(LEASE).job.job_id for _ in range(2)] == ["a", "b"]
    assert queue.claim(LEASE) is None


def test_a_job_is_claimed_by_whoever_wants_it(records):
    for job_id in ("a", "b", "c"):
        start(records, job_id)
    queue = records.job_queue
    assert queue.claim(LEASE, lambda job: job.job_id > "a").job.job_id == "b"
    assert queue.claim(LEASE, lambda job: job.job_id == "b") is None
    assert queue.claim(LEASE).job.job_id == "a"


def test_a_renewed_claim_holds_and_one_that_ran_out_is_lost(records, clock):
    start(records)
    queue = records.job_queue
    first = queue.claim(LEASE)
    clock.advance(timedelta(seconds=9))
    queue.renew(first, LEASE)
    clock.advance(timedelta(seconds=9))
    assert queue.claim(LEASE) is None
    clock.advance(timedelta(seconds=2))
    second = queue.claim(LEASE)
    assert second.job.job_id == "a"
    for late in (
        lambda: queue.renew(first, LEASE),
        lambda: queue.put_part(first, 0, {}),
        lambda: queue.put_items(first, 1, [JobItem({"n": 1})]),
        lambda: queue.plan(first, {}, 1),
        lambda: list(queue.parts(first)),
        lambda: queue.finish(first, JobStatus.SUCCEEDED, None),
    ):
        with pytest.raises(ClaimLost):
            late()
    queue.release(first)
    queue.renew(second, LEASE)


def test_claims_in_vain_are_counted_until_a_part_is_finished(records, clock):
    start(records)
    queue = records.job_queue
    for expected in (0, 1, 2):
        claim = queue.claim(LEASE)
        assert claim.in_vain == expected
        queue.release(claim)
    claim = queue.claim(LEASE)
    queue.plan(claim, {}, 2)
    queue.put_part(claim, 0, {})
    queue.release(claim)
    assert queue.claim(LEASE).in_vain == 0


def test_work_goes_on_where_it_stopped(records):
    start(records)
    queue = records.job_queue
    claim = queue.claim(LEASE)
    queue.plan(claim, {"cut": [0, 5]}, 2)
    queue.put_part(claim, 0, {"done": "first"})
    queue.release(claim)
    claim = queue.claim(LEASE)
    assert claim.job.plan == {"cut": [0, 5]}
    assert (claim.job.parts, claim.job.parts_done) == (2, 1)
    queue.put_part(claim, 1, {"done": "second"})
    assert [part["done"] for part in queue.parts(claim)] == ["first", "second"]
    queue.plan(claim, {"cut": [0]}, 1)
    assert list(queue.parts(claim)) == []


def test_items_are_paged_in_their_order_and_by_group(records):
    start(records)
    queue, jobs = records.job_queue, records.jobs
    claim = queue.claim(LEASE)
    groups = [2, 1, 2, 1, 3]
    queue.put_items(claim, 1, [JobItem({"n": n}, g) for n, g in enumerate(groups, 1)])
    queue.put_items(claim, 6, [JobItem({"n": 6}, 1, "other")])
    job = queue.finish(claim, JobStatus.SUCCEEDED, None)
    first = jobs.page(job, "", 0, 3)
    assert bodies(first) == [1, 2, 3]
    assert bodies(jobs.page(job, "", first[-1].no, 3)) == [4, 5]
    grouped = jobs.page(job, "", 0, 3, grouped=True)
    assert bodies(grouped) == [2, 4, 1]
    assert bodies(jobs.page(job, "", grouped[-1].no, 3, grouped=True)) == [3, 5]
    assert bodies(jobs.page(job, "other", 0, 9)) == [6]
    assert bodies(jobs.groups(job, "", [1, 3])) == [2, 4, 5]


def test_items_an_interrupted_worker_left_are_replaced(records):
    start(records)
    queue = records.job_queue
    claim = queue.claim(LEASE)
    queue.put_items(claim, 1, [JobItem({"n": 1}), JobItem({"n": 2})])
    queue.put_items(claim, 3, [JobItem({"n": 3})])
    queue.release(claim)
    claim = queue.claim(LEASE)
    queue.put_items(claim, 1, [JobItem({"n": 7})])
    job = queue.finish(claim, JobStatus.SUCCEEDED, None)
    assert bodies(records.jobs.page(job, "", 0, 9)) == [7]


def test_a_cancelled_job_is_lost_to_its_worker_and_leaves_nothing(records, clock):
    start(records)
    queue = records.job_queue
    claim = queue.claim(LEASE)
    queue.put_items(claim, 1, [JobItem({"n": 1})])
    job = records.jobs.cancel("a", "Cancelled by ann.")
    assert (job.status, job.message) == (JobStatus.FAILED, "Cancelled by ann.")
    with pytest.raises(ClaimLost):
        queue.put_items(claim, 2, [])
    assert not records.jobs.page(job, "", 0, 9)
    assert records.jobs.cancel("a", "again").message == "Cancelled by ann."
    assert queue.claim(LEASE) is None


def test_results_end_and_nothing_is_left(records, clock):
    for job_id in ("a", "b"):
        start(records, job_id)
        claim = records.job_queue.claim(LEASE)
        records.job_queue.put_items(claim, 1, [JobItem({"n": 1})])
        records.job_queue.finish(claim, JobStatus.SUCCEEDED, None)
        clock.advance(timedelta(hours=1))
    start(records, "c")
    before = clock.now() - timedelta(minutes=90)
    assert records.jobs.expired(before)
    assert [job.job_id for job in records.jobs.expire(before)] == ["a"]
    assert not records.jobs.expired(before)
    assert [job.job_id for job in records.jobs.list()] == ["c", "b"]


def test_a_job_that_is_destroyed_is_lost_to_its_worker_and_gone(records):
    start(records, "a")
    start(records, "b")
    claim = records.job_queue.claim(LEASE)
    records.jobs.destroy("a")
    with pytest.raises(ClaimLost):
        records.job_queue.put_items(claim, 1, [JobItem({"n": 1})])
    with pytest.raises(ResourceNotFound):
        records.jobs.get("a")
    records.jobs.destroy("a")
    assert [job.job_id for job in records.jobs.list()] == ["b"]


def test_ends_are_told_once(records):
    for job_id in ("a", "b"):
        start(records, job_id)
    queue = records.job_queue
    assert queue.untold() == []
    ended = queue.finish(queue.claim(LEASE), JobStatus.SUCCEEDED, None)
    records.jobs.cancel("b", "cancelled")
    assert [job.job_id for job in queue.untold()] == ["a", "b"]
    queue.told(ended)
    assert [job.job_id for job in queue.untold()] == ["b"]
    records.jobs.destroy("b")
    assert queue.untold() == []


def test_how_many_there_are_by_status(records):
    assert records.jobs.tally() == {}
    for job_id in ("a", "b", "c"):
        start(records, job_id)
    records.jobs.cancel("a", "cancelled")
    assert records.jobs.tally() == {JobStatus.IN_PROGRESS: 2, JobStatus.FAILED: 1}
