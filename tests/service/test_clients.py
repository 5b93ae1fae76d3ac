"""README's example, the AWS CLI and the JavaScript SDK against the whole service."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from .conftest import Portrait, Service

ROOT = Path(__file__).parents[2]


def environment(service: Service) -> dict[str, str]:
    return os.environ | {
        "AWS_ENDPOINT_URL_REKOGNITION": service.url,
        "AWS_SHARED_CREDENTIALS_FILE": str(service.data_dir / "credentials"),
        "AWS_DEFAULT_REGION": "us-east-1",
    }


def test_the_readme_example_runs_as_it_stands(service: Service) -> None:
    (example,) = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    done = subprocess.run(
        [sys.executable, "-c", example],
        env=environment(service),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    name, similarity = done.stdout.split()
    assert name == "eileen-collins"
    assert float(similarity) > 99


def test_the_aws_cli_finds_a_face(service: Service, portrait: Portrait, tmp_path: Path) -> None:
    bucket = service.data_dir / "buckets" / "cli-photos"
    bucket.mkdir(parents=True, exist_ok=True)
    (bucket / "crew.jpg").write_bytes(portrait.whole)
    image = json.dumps({"S3Object": {"Bucket": "cli-photos", "Name": "crew.jpg"}})
    done = subprocess.run(
        [sys.executable, "-m", "awscli", "rekognition", "detect-faces", "--image", image],
        env=environment(service),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    assert len(answer["FaceDetails"]) == 1


@pytest.mark.parametrize("threshold", [80.0, 100.0])
def test_the_same_picture_matches_itself_at_any_threshold(
    client: Any, collection: str, portrait: Portrait, threshold: float
) -> None:
    client.index_faces(CollectionId=collection, Image={"Bytes": portrait.whole})
    found = client.search_faces_by_image(
        CollectionId=collection, Image={"Bytes": portrait.whole}, FaceMatchThreshold=threshold
    )
    assert found["FaceMatches"][0]["Similarity"] == 100
    compared = client.compare_faces(
        SourceImage={"Bytes": portrait.whole},
        TargetImage={"Bytes": portrait.whole},
        SimilarityThreshold=threshold,
    )
    assert compared["FaceMatches"][0]["Similarity"] == 100
