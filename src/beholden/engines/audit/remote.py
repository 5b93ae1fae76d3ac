"""A log's folder behind a URL (C2SP tlog-tiles), read as if it lay here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import urllib3

Sign = Callable[[str], Mapping[str, str]]
_TIMEOUT_S = 30.0


def _nothing(_url: str) -> Mapping[str, str]:
    return {}


@dataclass(frozen=True, slots=True)
class RemoteFolder:
    """The part of pathlib.Path that reading a log takes. `sign(url)` makes the headers of a
    request, for a log that shows its entries to some only."""

    url: str
    sign: Sign = _nothing
    pool: urllib3.PoolManager = field(default_factory=urllib3.PoolManager, repr=False)

    def __truediv__(self, name: str) -> RemoteFolder:
        return RemoteFolder(f"{self.url.rstrip('/')}/{name}", self.sign, self.pool)

    def read_bytes(self) -> bytes:
        """Raises FileNotFoundError on 404, PermissionError on 403, OSError on whatever else."""
        try:
            answer = self.pool.request(
                "GET",
                self.url,
                headers={"Accept-Encoding": "gzip", **self.sign(self.url)},
                timeout=_TIMEOUT_S,
                redirect=False,
            )
        except urllib3.exceptions.HTTPError as error:
            raise OSError(f"{self.url}: {error}") from error
        if answer.status == 404:
            raise FileNotFoundError(self.url)
        if answer.status == 403:
            said = answer.data.decode(errors="replace").strip()
            raise PermissionError(f"{self.url} is not shown to everybody: {said[:200]}")
        if answer.status != 200:
            raise OSError(f"{self.url} answers with status {answer.status}")
        return answer.data

    def read_text(self, encoding: str = "utf-8") -> str:
        return self.read_bytes().decode(encoding)


LogFolder = Path | RemoteFolder
