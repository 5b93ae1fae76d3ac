"""States as files of JSON in a folder. A checksum tells a damaged one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from beholden import durable
from beholden.domain.errors import ServerError


class StateFolder:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def load(self, name: str) -> dict[str, Any] | None:
        try:
            checksum, _, text = self._path(name).read_text(encoding="utf-8").partition("\n")
        except (FileNotFoundError, UnicodeDecodeError):
            return None
        if checksum != sha256(text.encode()).hexdigest():
            return None
        state: dict[str, Any] = json.loads(text)
        return state

    def save(self, name: str, state: Mapping[str, Any]) -> None:
        text = json.dumps(state, separators=(",", ":"))
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            durable.replace(
                self._path(name), f"{sha256(text.encode()).hexdigest()}\n{text}".encode()
            )
        except OSError as error:
            raise ServerError(f"the state {name} cannot be kept: {error.strerror}") from error

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.json"
