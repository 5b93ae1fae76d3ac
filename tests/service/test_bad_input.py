"""Broken and tricky images, and one collection in many hands, against the whole service."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from .conftest import Portrait, Service

MOST_GROWTH_MB = 600


def outcome(call: Any, **request: Any) -> str:
    """The error code of a call, or "answered"."""
    try:
        call(**request)
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return "answered"


def memory_mb(service: Service) -> float:
    status = Path(f"/proc/{service.process.pid}/status").read_text()
    return next(int(line.split()[1]) / 1024 for line in status.splitlines() if "VmHWM" in line)


def test_the_malformed_set_gets_answers_or_client_errors(
    service: Service, client: Any, collection: str, shared_data: Path
) -> None:
    files = [path for path in (shared_data / "malformed").glob("*/*") if path.stat().st_size]
    images = [path for path in files if path.parent.name in ("images", "valid_tricky")]
    before = memory_mb(service)

    def both(path: Path) -> tuple[str, str]:
        image = {"Bytes": path.read_bytes()}
        return (
            outcome(client.detect_faces, Image=image, Attributes=["ALL"]),
            outcome(client.index_faces, CollectionId=collection, Image=image),
        )

    with ThreadPoolExecutor(3) as pool:
        found = list(pool.map(both, images))
    assert len(found) > 200
    assert {code for codes in found for code in codes} <= {
        "answered",
        "InvalidImageFormatException",
        "ImageTooLargeException",
        "InvalidParameterException",
    }
    assert memory_mb(service) - before < MOST_GROWTH_MB


def test_one_collection_in_many_hands_has_one_outcome(client: Any, portrait: Portrait) -> None:
    name = f"hands-{uuid.uuid4().hex[:8]}"

    def hand(number: int) -> list[str]:
        image = {"Bytes": portrait.face}
        return [
            outcome(client.create_collection, CollectionId=name),
            outcome(
                client.index_faces, CollectionId=name, Image=image, ExternalImageId=str(number)
            ),
            outcome(client.delete_collection, CollectionId=name) if number % 3 == 0 else "",
        ]

    with ThreadPoolExecutor(6) as pool:
        codes = {code for codes in pool.map(hand, range(24)) for code in codes}
    assert codes <= {
        "",
        "answered",
        "ResourceAlreadyExistsException",
        "ResourceNotFoundException",
    }
    outcome(client.create_collection, CollectionId=name)
    faces = client.list_faces(CollectionId=name)["Faces"]
    assert client.describe_collection(CollectionId=name)["FaceCount"] == len(faces)
    assert len({face["ExternalImageId"] for face in faces}) == len(faces)
    client.delete_collection(CollectionId=name)
