"""Accountability reports in a folder, each under its hash."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from beholden import durable
from beholden.domain.errors import ServerError

_SHA256 = re.compile(r"[0-9a-f]{64}")


class ReportFolder:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, report: bytes) -> str:
        sha256 = hashlib.sha256(report).hexdigest()
        try:
            self._folder.mkdir(mode=0o700, exist_ok=True)
            durable.replace(self._folder / sha256, report)
        except OSError as error:
            raise ServerError(f"the report cannot be kept: {error.strerror}") from error
        return sha256

    def read(self, sha256: str) -> bytes | None:
        path = self._folder / sha256
        if not _SHA256.fullmatch(sha256) or not path.is_file():
            return None
        return path.read_bytes()
