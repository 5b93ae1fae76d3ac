"""Manifests: one JSON object a line, which names an image; and what is said of each line."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from beholden.domain.errors import ClientError, InvalidManifest

Json = dict[str, Any]

SOURCE = re.compile(r"s3://([^/]+)/(.+)", re.DOTALL)
# So that the plan of a job is small: manifests of two bytes a line would have a hundred million.
MAX_LINES = 1_000_000
# Manifests of Custom Labels, "Understanding the manifest summary".
NOT_JSON = "ERROR_INVALID_JSON_LINE"
NO_SOURCE = "ERROR_MISSING_SOURCE_REF"
ODD_SOURCE = "ERROR_INVALID_SOURCE_REF_FORMAT"


@dataclass(frozen=True, slots=True)
class Batch:
    """`count` lines from byte `offset` on, the first of which is line `first`, from 1."""

    offset: int
    first: int
    count: int


def batches(path: Path, size: int) -> list[Batch]:
    """All lines but blank ones at the end of the file. Raises InvalidManifest if there is none, or
    too many."""
    found: list[Batch] = []
    offset = lines = written = 0
    with path.open("rb") as file:
        for line in file:
            if lines % size == 0:
                found.append(Batch(offset, lines + 1, 0))
            lines += 1
            if lines > MAX_LINES:
                raise InvalidManifest(f"The manifest has more than {MAX_LINES:,} lines.")
            offset += len(line)
            written = lines if line.strip() else written
    full = [b for b in found if b.first <= written]
    if not full:
        raise InvalidManifest
    return [Batch(b.offset, b.first, min(size, written - b.first + 1)) for b in full]


def lines(path: Path, batch: Batch) -> Iterator[tuple[int, bytes]]:
    """The lines of a batch with their numbers."""
    with path.open("rb") as file:
        file.seek(batch.offset)
        for no in range(batch.first, batch.first + batch.count):
            yield no, file.readline()


def told(no: int, line: bytes, look: Callable[[str, str], Json]) -> Json:
    """What the results say of a line, or an error as the summary has it."""
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):  # nested without end: no other line must pay for it
        return _error(no, None, NOT_JSON, "The line is not JSON.")
    source = entry.get("source-ref") if isinstance(entry, dict) else None
    if not isinstance(source, str):
        return _error(no, None, NO_SOURCE, "The line names no image: source-ref is missing.")
    where = SOURCE.fullmatch(source)
    if where is None:
        return _error(no, source, ODD_SOURCE, "source-ref must be s3://BUCKET/NAME.")
    try:
        return {"source-ref": source, "detect-moderation-labels": look(*where.groups())}
    except ClientError as error:
        return _error(no, source, error.code, str(error))


def _error(no: int, source: str | None, code: str, message: str) -> Json:
    named = {} if source is None else {"source-ref": source}
    return {"line-number": no, **named, "code": code, "message": message}


def write_summary(path: Path, total: int, invalid: int, errors: Iterable[str] = ()) -> None:
    """A manifest summary; `total` lines were read. `errors` are JSON, and may be many."""
    statistics = {
        "total-json-lines": total,
        "valid-json-lines": total - invalid,
        "invalid-json-lines": invalid,
    }
    with path.open("w", encoding="utf-8") as file:
        file.write(f'{{"version": "1.0", "statistics": {json.dumps(statistics)}, "errors": [')
        for no, error in enumerate(errors):
            file.write(f",{error}" if no else error)
        file.write("]}")
