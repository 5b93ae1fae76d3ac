"""Manifests in, results and summaries out, without any network."""

import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import pytest

from beholden.domain.errors import InvalidManifest, InvalidParameter, InvalidS3Object
from beholden.domain.job import Job, JobStatus
from beholden.domain.labels import Moderation, ModerationLabel
from beholden.operations.bulk._manifest import Batch, batches, lines, told
from beholden.operations.bulk._work import BATCH, BulkTasks, BulkWork
from beholden.testing.blobs import FakeBlobs


@pytest.fixture
def manifest(tmp_path):
    def write(text):
        path = tmp_path / "manifest"
        path.write_text(text)
        return path

    return write


def test_lines_are_cut_into_batches(manifest):
    path = manifest("".join(f"{n}\n" for n in range(1, 8)))
    cut = batches(path, 3)
    assert [(batch.first, batch.count) for batch in cut] == [(1, 3), (4, 3), (7, 1)]
    shown = [(no, int(line)) for batch in cut for no, line in lines(path, batch)]
    assert shown == [(n, n) for n in range(1, 8)]


def test_blank_lines_count_within_and_not_at_the_end(manifest):
    assert batches(manifest("a\n\nb\n\n\n"), 2) == [Batch(0, 1, 2), Batch(3, 3, 1)]
    assert batches(manifest("a\nb\n\n"), 2) == [Batch(0, 1, 2)]
    assert batches(manifest("no newline"), 2) == [Batch(0, 1, 1)]
    for empty in ("", "\n\n \n"):
        with pytest.raises(InvalidManifest):
            batches(manifest(empty), 2)


@pytest.mark.slow
def test_a_manifest_has_a_million_lines_at_most(manifest):
    """Of two bytes each, 250 MB would be so many parts that the plan alone stops the server."""
    path = manifest("x\n" * 1_000_000)
    assert sum(batch.count for batch in batches(path, BATCH)) == 1_000_000
    with path.open("a") as file:
        file.write("x\n")
    with pytest.raises(InvalidManifest, match="1,000,000 lines"):
        batches(path, BATCH)


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b"not JSON", "ERROR_INVALID_JSON_LINE"),
        (b"\xff\xfe", "ERROR_INVALID_JSON_LINE"),
        (b"[" * 100_000, "ERROR_INVALID_JSON_LINE"),
        (b"[]", "ERROR_MISSING_SOURCE_REF"),
        (b'{"source-ref": 7}', "ERROR_MISSING_SOURCE_REF"),
        (b'{"source-ref": "http://a/b"}', "ERROR_INVALID_SOURCE_REF_FORMAT"),
        (b'{"source-ref": "s3://bucket"}', "ERROR_INVALID_SOURCE_REF_FORMAT"),
        (b'{"source-ref": "s3://b/gone.jpg"}', "InvalidS3ObjectException"),
    ],
)
def test_what_is_wrong_with_a_line_is_said_of_it(line, code):
    def look(_bucket, _key):
        raise InvalidS3Object

    said = told(7, line, look)
    assert (said["line-number"], said["code"]) == (7, code)
    assert said["message"]


def test_a_line_that_is_right_has_its_image_looked_at():
    said = told(1, b'{"source-ref": "s3://b/a/1.jpg"}', lambda *where: {"seen": where})
    assert said == {
        "source-ref": "s3://b/a/1.jpg",
        "detect-moderation-labels": {"seen": ("b", "a/1.jpg")},
    }


class Strict:
    """Moderation that finds something everywhere, surely or not."""

    version = "9"

    def __call__(self, image):
        found = (
            ModerationLabel("Weapons", "Violence", 2, 0.9),
            ModerationLabel("Smoke", "", 1, 0.2),
        )
        return Moderation(found, {})


@dataclass
class Evidence:
    facts: dict = field(default_factory=dict)

    def note(self, **facts):
        self.facts |= facts


class Bulk:
    """A job over a manifest of `count` images, each part by itself."""

    def __init__(self, folder, jpeg, count):
        self.blobs = FakeBlobs()
        refs = [{"source-ref": f"s3://pictures/{n}.jpg"} for n in range(count)]
        for n in range(count - 1):  # the last one is missing
            self.blobs.put("pictures", f"{n}.jpg", jpeg)
        text = "".join(f"{json.dumps(ref)}\n" for ref in refs) + "no JSON\n"
        self.blobs.put("lists", "all.jsonl", text.encode())
        self.blobs.put("results", "there", b"")
        self.tasks = BulkTasks(self.blobs, Strict, folder).named()
        self.work = BulkWork(self.blobs, folder)
        self.job = a_job()

    def run(self):
        task, asked = self.work.plan(self.job)
        self.job = replace(self.job, plan=json.loads(json.dumps(self.tasks[task](asked))))
        parts = [self.part(no) for no in range(self.work.parts(self.job))]
        call = Evidence()
        assert list(self.work.items(call, self.job, iter(parts))) == []
        return len(parts), call.facts

    def part(self, no):
        task, asked = self.work.ask(no, self.job, [self.job])
        return self.work.own(self.job, self.tasks[task](asked))

    def read(self, name):
        return self.blobs.read("results", f"out/j-{name}", None, 10**6).decode()


def a_job(**output):
    request = {
        "Input": {"S3Object": {"Bucket": "lists", "Name": "all.jsonl"}},
        "OutputConfig": {"S3Bucket": "results", "S3KeyPrefix": "out/"} | output,
        "OperationsConfig": {"DetectModerationLabels": {"MinConfidence": 50.0}},
    }
    at = datetime(2026, 1, 1, tzinfo=UTC)
    return Job(
        no=1,
        job_id="j",
        kind="MediaAnalysis",
        purpose="p",
        request=request,
        grant={},
        status=JobStatus.IN_PROGRESS,
        message=None,
        code=None,
        created_at=at,
        finished_at=None,
        plan=None,
        parts=None,
        parts_done=0,
    )


def test_a_job_writes_results_and_summary(tmp_path, portrait_jpeg):
    bulk = Bulk(tmp_path, portrait_jpeg, BATCH + 2)
    parts, noted = bulk.run()
    assert parts == 2
    assert noted == {"images": BATCH + 1, "errors": 2}
    results = [json.loads(line) for line in bulk.read("results.jsonl").splitlines()]
    assert [one["source-ref"] for one in results] == [
        f"s3://pictures/{n}.jpg" for n in range(BATCH + 1)
    ]
    said = results[0]["detect-moderation-labels"]
    assert [label["Name"] for label in said["ModerationLabels"]] == ["Weapons"]
    assert (said["ModerationModelVersion"], said["ContentTypes"]) == ("9", [])
    summary = json.loads(bulk.read("manifest-summary.json"))
    assert summary["statistics"] == {
        "total-json-lines": BATCH + 3,
        "valid-json-lines": BATCH + 1,
        "invalid-json-lines": 2,
    }
    missing, broken = summary["errors"]
    assert (missing["line-number"], missing["code"]) == (BATCH + 2, "InvalidS3ObjectException")
    assert missing["source-ref"] == f"s3://pictures/{BATCH + 1}.jpg"
    assert (broken["line-number"], broken["code"]) == (BATCH + 3, "ERROR_INVALID_JSON_LINE")


def test_a_bucket_that_cannot_be_written_to_is_found_out_first(tmp_path, portrait_jpeg):
    bulk = Bulk(tmp_path, portrait_jpeg, 1)
    task, asked = bulk.work.plan(a_job(S3Bucket="nowhere"))
    with pytest.raises(InvalidParameter, match="Unable to write to S3"):
        bulk.tasks[task](asked)


def test_a_manifest_that_changed_meanwhile_is_refused(tmp_path, portrait_jpeg):
    bulk = Bulk(tmp_path, portrait_jpeg, 1)
    task, asked = bulk.work.plan(bulk.job)
    bulk.job = replace(bulk.job, plan=bulk.tasks[task](asked))
    bulk.work.end(bulk.job)  # as on another machine
    bulk.blobs.put("lists", "all.jsonl", b"{}\n")
    with pytest.raises(InvalidManifest, match="changed"):
        bulk.part(0)
