"""Bulk jobs through boto3: a manifest in a bucket, results and a summary beside it."""

from __future__ import annotations

import json
import threading
import time
import uuid
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from .conftest import Portrait, Service
from .test_video import code

WITHIN_S = 180


@pytest.fixture(scope="module")
def buckets(service: Service, portrait: Portrait, landscape: bytes) -> Path:
    folder = service.data_dir / "buckets"
    for name in ("pictures", "manifests", "moderated"):
        (folder / name).mkdir(exist_ok=True)
    (folder / "pictures" / "one.jpg").write_bytes(portrait.whole)
    (folder / "pictures" / "two.jpg").write_bytes(landscape)
    (folder / "pictures" / "broken.jpg").write_bytes(portrait.whole[:2000])
    return folder


def manifest(buckets: Path, lines: list[str]) -> dict[str, Any]:
    name = f"{uuid.uuid4().hex}.jsonl"
    (buckets / "manifests" / name).write_text("".join(f"{line}\n" for line in lines))
    return {"S3Object": {"Bucket": "manifests", "Name": name}}


def line(name: str) -> str:
    return json.dumps({"source-ref": f"s3://pictures/{name}"})


def start(client: Any, given: dict[str, Any], **options: Any) -> str:
    request = {
        "OperationsConfig": {"DetectModerationLabels": {"MinConfidence": 0.0}},
        "Input": given,
        "OutputConfig": {"S3Bucket": "moderated", "S3KeyPrefix": "out"},
    }
    return str(client.start_media_analysis_job(**request | options)["JobId"])


def ended(client: Any, job_id: str) -> dict[str, Any]:
    deadline = time.monotonic() + WITHIN_S
    while True:
        job: dict[str, Any] = client.get_media_analysis_job(JobId=job_id)
        if job["Status"] in ("SUCCEEDED", "FAILED"):
            return job
        assert time.monotonic() < deadline, "the job did not end"
        threading.Event().wait(0.2)


def test_results_are_what_the_operation_says_of_each_image(client: Any, buckets: Path) -> None:
    names = ("one.jpg", "broken.jpg", "two.jpg", "one.jpg", "gone.jpg")
    given = manifest(buckets, [*map(line, names), "{}"])
    job = ended(client, start(client, given, JobName="nightly"))
    assert (job["Status"], job["JobName"], job["Input"]) == ("SUCCEEDED", "nightly", given)
    assert job["CompletionTimestamp"] >= job["CreationTimestamp"]
    assert job["Results"]["S3Object"] == {
        "Bucket": "moderated",
        "Name": f"out/{job['JobId']}-results.jsonl",
    }
    found = (buckets / "moderated" / job["Results"]["S3Object"]["Name"]).read_text()
    results = [json.loads(row) for row in found.splitlines()]
    assert [one["source-ref"] for one in results] == [
        f"s3://pictures/{name}" for name in ("one.jpg", "two.jpg", "one.jpg")
    ]
    for one in results:
        bucket, _, name = one["source-ref"].removeprefix("s3://").partition("/")
        image = {"S3Object": {"Bucket": bucket, "Name": name}}
        alone = client.detect_moderation_labels(Image=image, MinConfidence=0.0)
        for member, value in one["detect-moderation-labels"].items():
            assert alone[member] == value
    version = alone["ModerationModelVersion"]
    assert job["Results"]["ModelVersions"] == {"Moderation": version}
    summary = json.loads(
        (buckets / "moderated" / job["ManifestSummary"]["S3Object"]["Name"]).read_text()
    )
    assert summary["statistics"] == {
        "total-json-lines": 6,
        "valid-json-lines": 3,
        "invalid-json-lines": 3,
    }
    assert [(e["line-number"], e["code"]) for e in summary["errors"]] == [
        (2, "InvalidImageFormatException"),
        (5, "InvalidS3ObjectException"),
        (6, "ERROR_MISSING_SOURCE_REF"),
    ]


def test_jobs_are_listed_newest_first(client: Any, buckets: Path) -> None:
    given = manifest(buckets, [line("one.jpg")])
    started = [start(client, given) for _ in range(3)]
    for job_id in started:
        ended(client, job_id)
    listed, token = [], {}
    while True:
        page = client.list_media_analysis_jobs(MaxResults=2, **token)
        assert len(page["MediaAnalysisJobs"]) <= 2
        listed += [job["JobId"] for job in page["MediaAnalysisJobs"]]
        if "NextToken" not in page:
            break
        token = {"NextToken": page["NextToken"]}
    assert listed[:3] == started[::-1]


def test_what_is_wrong_is_said_at_the_start(client: Any, buckets: Path) -> None:
    good = manifest(buckets, [line("one.jpg")])
    (buckets / "manifests" / "empty.jsonl").touch()
    adapter = "arn:aws:rekognition:us-east-1:123456789012:project/p/version/v/1700000000000"
    moderation = {"DetectModerationLabels": {"ProjectVersion": adapter}}
    for given, options, wanted in (
        ("empty.jsonl", {}, "InvalidManifestException"),
        ("gone.jsonl", {}, "InvalidS3ObjectException"),
        (None, {"OperationsConfig": {}}, "InvalidParameterException"),
        (None, {"OperationsConfig": moderation}, "ResourceNotFoundException"),
        (None, {"KmsKeyId": "alias/ours"}, "InvalidParameterException"),
    ):
        where = {"S3Object": {"Bucket": "manifests", "Name": given}} if given else good
        with pytest.raises(ClientError) as error:
            start(client, where, **options)
        assert code(error) == wanted


def test_what_turns_out_later_is_said_as_failure(client: Any, buckets: Path) -> None:
    blank = manifest(buckets, ["", ""])
    good = manifest(buckets, [line("one.jpg")])
    for given, output, wanted in (
        (blank, "moderated", "INVALID_MANIFEST"),
        (good, "no-such-bucket", "INVALID_OUTPUT_CONFIG"),
    ):
        job = ended(client, start(client, given, OutputConfig={"S3Bucket": output}))
        assert job["Status"] == "FAILED"
        assert job["FailureDetails"]["Code"] == wanted
        assert job["FailureDetails"]["Message"]
        assert "Results" not in job


def test_the_same_token_starts_one_job(client: Any, buckets: Path) -> None:
    given, token = manifest(buckets, [line("one.jpg")]), uuid.uuid4().hex
    assert len({start(client, given, ClientRequestToken=token) for _ in range(2)}) == 1
