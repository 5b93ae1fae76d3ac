"""A run of video jobs: which jobs are one, and that each frame is decoded and looked at once."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from beholden.domain.errors import UnreadableVideo
from beholden.domain.job import Job, JobStatus
from beholden.engines.frames.pyav import PyAvFrames
from beholden.operations.video.work import VideoTasks, VideoWork
from beholden.testing.blobs import FakeBlobs
from tests.videos import empty, write

VIDEO = {"S3Object": {"Bucket": "videos", "Name": "a.mp4"}}


class Counting:
    """A kind that counts frames; `made` counts its observers."""

    def __init__(self):
        self.made = 0

    def options(self, request):
        return {"least": request.get("MinConfidence", 50)}

    def observe(self, tools, options):
        self.made += 1
        return Counter(options["least"])


class Counter:
    per_second = None

    def __init__(self, least):
        self.least = least
        self.seen = 0

    def see(self, frame):
        self.seen += 1

    def part(self):
        return {"seen": self.seen, "least": self.least}


class Watched(PyAvFrames):
    decoded = 0

    def read(self, path, segment, rates=None):
        for frame in super().read(path, segment, rates):
            self.decoded += 1
            yield frame


def a_job(job_id, kind="Labels", caller="ann", purpose="door", **request):
    return Job(
        no=1,
        job_id=job_id,
        kind=kind,
        purpose=purpose,
        request={"Video": VIDEO} | request,
        grant={"grant": {"query": {"principal": {"name": caller}}}},
        status=JobStatus.IN_PROGRESS,
        message=None,
        code=None,
        created_at=datetime.now(UTC),
        finished_at=None,
        plan=None,
        parts=None,
        parts_done=0,
    )


class Run:
    def __init__(self, folder):
        self.kinds = {"Labels": Counting(), "Text": Counting()}
        self.frames, self.blobs = Watched(), FakeBlobs()
        path = write(folder / "a.mp4", iter([empty()] * 10), 10)
        self.blobs.put("videos", "a.mp4", path.read_bytes())
        self.work = VideoWork(None, self.kinds, folder)
        tasks = VideoTasks(self.blobs, self.frames, self.kinds, lambda: None, folder)
        self.tasks = tasks.named()

    def plan(self, job):
        task, asked = self.work.plan(job)
        return self.tasks[task](asked)

    def part(self, lead, jobs):
        task, asked = self.work.ask(0, lead, jobs)
        answer = self.tasks[task](asked)
        return [self.work.own(job, answer) for job in jobs]


@pytest.fixture
def run(tmp_path):
    return Run(tmp_path)


def test_jobs_are_one_run_that_look_at_one_video_for_one_caller(run):
    key = run.work.shares(a_job("a"))
    assert run.work.shares(a_job("b", "Text", MinConfidence=9)) == key
    other = {"S3Object": {"Bucket": "videos", "Name": "b.mp4"}}
    version = {"S3Object": VIDEO["S3Object"] | {"Version": "2"}}
    planned = replace(a_job("b"), plan={"sha256": "00"})
    for stranger in (
        a_job("b", caller="eve"),
        a_job("b", purpose="till"),
        a_job("b", Video=other),
        a_job("b", Video=version),
        planned,
    ):
        assert run.work.shares(stranger) != key


def test_a_run_decodes_once_and_gives_each_job_its_own(run):
    jobs = [a_job("a"), a_job("b", "Text"), a_job("c"), a_job("d", MinConfidence=9)]
    plan = run.plan(jobs[0])
    jobs = [replace(job, plan=plan) for job in jobs]
    parts = run.part(jobs[0], jobs)
    assert [part["frames"] for part in parts] == [10] * 4
    assert [part["found"] for part in parts] == [
        {"seen": 10, "least": least} for least in (50, 50, 50, 9)
    ]
    assert run.frames.decoded == 10
    assert (run.kinds["Labels"].made, run.kinds["Text"].made) == (2, 1)


def test_the_copy_is_the_leads_and_is_made_again_where_it_is_gone(run, tmp_path):
    lead = a_job("a")
    lead = replace(lead, plan=run.plan(lead))
    assert (tmp_path / "a" / "video").exists()
    run.work.end(lead)
    assert not (tmp_path / "a").exists()
    other = replace(a_job("b"), plan=lead.plan)
    assert run.part(lead, [other])[0]["frames"] == 10
    run.work.end(lead)
    run.blobs.put("videos", "a.mp4", Path(__file__).read_bytes())
    with pytest.raises(UnreadableVideo, match="changed"):
        run.part(lead, [other])
