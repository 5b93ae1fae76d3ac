"""What an interrupted evaluation leaves behind, so that the next run goes on where it stopped.

Embeddings are biometric data, so each entry is sealed under a data key of this one evaluation in
the deployment's vault. When the evaluation is done the key is destroyed, and the file with it.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from beholden.ports.vault import Vault


class WorkFile:
    """Sealed entries by image. One line each: the digest of what was looked at, the sealed bytes in
    hex. A last line cut short by a crash is ignored."""

    def __init__(self, folder: Path, name: str, vault: Vault) -> None:
        """`name` stands for the data list, what is looked for, and the models."""
        self._vault = vault
        self._key = f"evaluation-{name}"
        self._path = folder / f"{name}.work"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        vault.create(self._key)
        self._entries = self._read()
        self._path.touch(mode=0o600)
        self._file = self._path.open("a", encoding="ascii")

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, path: Path) -> bytes | None:
        """The entry of an image, None if there is none or the file changed since."""
        digest = _digest(path)
        sealed = self._entries.get(digest)
        if sealed is None:
            return None
        return self._vault.open(self._key, [bytes.fromhex(sealed)], [digest.encode()])[0]

    def put(self, path: Path, entry: bytes) -> None:
        digest = _digest(path)
        sealed = self._vault.seal(self._key, [entry], [digest.encode()])[0]
        self._file.write(f"{digest} {sealed.hex()}\n")
        self._file.flush()

    def __enter__(self) -> WorkFile:
        return self

    def __exit__(self, *_: object) -> None:
        """Leave it for the next run."""
        self._file.close()

    def destroy(self) -> None:
        """The evaluation is done: nothing of its templates is left."""
        self._file.close()
        self._vault.destroy(self._key)
        self._path.unlink(missing_ok=True)

    def _read(self) -> dict[str, str]:
        if not self._path.exists():
            return {}
        text = self._path.read_text(encoding="ascii")
        whole = text[: text.rfind("\n") + 1]
        if whole != text:
            self._path.write_text(whole, encoding="ascii")
        return dict(line.split(" ", 1) for line in whole.splitlines())


def _digest(path: Path) -> str:
    """Of the path and of what tells whether the file changed: its size and time."""
    try:
        found = path.stat()
        state = [str(path.resolve()), found.st_size, found.st_mtime_ns]
    except OSError:
        state = [str(path), 0, 0]
    return hashlib.sha256(json.dumps(state).encode()).hexdigest()
