"""Keys in files: a master key, and one data key per name, wrapped by it or by the key above.

A data key is worth as much as the faces it seals, so it lives in a file of its own beside the
database, not in it: whoever holds a backup of the database alone can read nobody, and whoever
destroys the file ends what every backup holds. Every call looks at that file first, so a key that
another process destroyed stops working here with the next call.
"""

from __future__ import annotations

import hashlib
import secrets
import stat
from collections.abc import Sequence
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from beholden import durable
from beholden.domain.errors import OperatorError, ResourceNotFound, ServerError

KEY_BYTES = 32
NONCE_BYTES = 12
MAGIC = b"BHD1"
KEY_ID_BYTES = 8


class LocalVault:
    """AES-256-GCM with keys under `folder`: `datakeys/` and, unless told otherwise, `master.key`.

    A sealed text is a random nonce (12 bytes), then ciphertext and tag. Random nonces are safe for
    2^32 texts per data key (NIST SP 800-38D, 8.3); a full collection of 20 million faces needs
    about 2^26.
    """

    def __init__(self, folder: Path, master_key: Path | None = None) -> None:
        """Make what is missing. Raises OperatorError if the master key is missing while data keys
        exist, is readable by others, or did not wrap the data keys."""
        self._datakeys = folder / "datakeys"
        self._master_path = master_key or folder / "master.key"
        self._cache: dict[str, tuple[tuple[int, int, AESGCM], AESGCM]] = {}
        try:
            self._datakeys.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._master = self._load_master()
        except OSError as error:
            raise OperatorError(
                f"The keys in {folder} cannot be used: {error}. Check that the folder belongs to "
                "the user who runs Beholden and that its disk has space."
            ) from error
        self._wrapping = AESGCM(_expand(self._master, b"beholden wrap"))
        self._key_id = _expand(self._master, b"beholden master key id")[:KEY_ID_BYTES]
        self._check_wrapping()

    def create(self, name: str) -> None:
        path = self._path(name)
        if path.exists():
            return
        nonce = secrets.token_bytes(NONCE_BYTES)
        wrapped = self._above(name).encrypt(nonce, secrets.token_bytes(KEY_BYTES), name.encode())
        try:
            durable.create(path, MAGIC + self._key_id + nonce + wrapped)
        except OSError as error:
            raise ServerError(f"a data key cannot be written: {error}") from error

    def seal(
        self, name: str, plaintexts: Sequence[bytes], contexts: Sequence[bytes]
    ) -> list[bytes]:
        encrypt = self._data_key(name).encrypt
        nonces = secrets.token_bytes(NONCE_BYTES * len(plaintexts))
        cut = [nonces[at : at + NONCE_BYTES] for at in range(0, len(nonces), NONCE_BYTES)]
        return [
            nonce + encrypt(nonce, plaintext, context)
            for nonce, plaintext, context in zip(cut, plaintexts, contexts, strict=True)
        ]

    def open(self, name: str, sealed: Sequence[bytes], contexts: Sequence[bytes]) -> list[bytes]:
        decrypt = self._data_key(name).decrypt
        try:
            return [
                decrypt(text[:NONCE_BYTES], text[NONCE_BYTES:], context)
                for text, context in zip(sealed, contexts, strict=True)
            ]
        except (InvalidTag, ValueError) as error:
            raise ServerError("a sealed text was altered or belongs elsewhere") from error

    def destroy(self, name: str) -> None:
        path = self._path(name)
        self._cache.pop(name, None)
        try:
            _overwrite(path)
            path.unlink()
            durable.sync(path.parent)
        except FileNotFoundError:
            return
        except OSError as error:
            raise ServerError(f"a data key cannot be destroyed: {error}") from error

    def derive(self, label: str) -> bytes:
        return _expand(self._master, b"beholden derive/" + label.encode())

    def _above(self, name: str) -> AESGCM:
        """What wraps a data key: the one above it, or the master key."""
        above, under, _ = name.rpartition("#")
        return self._data_key(above) if under else self._wrapping

    def _data_key(self, name: str) -> AESGCM:
        path, wrapping = self._path(name), self._above(name)
        try:
            found = path.stat()
            version = (found.st_ino, found.st_mtime_ns, wrapping)
            cached = self._cache.get(name)
            if cached and cached[0] == version:
                return cached[1]
            key = self._unwrap(name, wrapping, path.read_bytes())
        except FileNotFoundError as error:
            self._cache.pop(name, None)
            raise ResourceNotFound from error
        except OSError as error:
            raise ServerError(f"a data key cannot be read: {error}") from error
        self._cache[name] = (version, key)
        return key

    def _unwrap(self, name: str, wrapping: AESGCM, content: bytes) -> AESGCM:
        if content[: len(MAGIC)] == bytes(len(MAGIC)):  # overwritten, not yet unlinked
            raise ResourceNotFound
        start = len(MAGIC) + KEY_ID_BYTES
        nonce, wrapped = content[start : start + NONCE_BYTES], content[start + NONCE_BYTES :]
        try:
            return AESGCM(wrapping.decrypt(nonce, wrapped, name.encode()))
        except (InvalidTag, ValueError) as error:
            raise ServerError(f"the data key {self._path(name).name} is damaged") from error

    def _path(self, name: str) -> Path:
        return self._datakeys / f"{hashlib.sha256(name.encode()).hexdigest()}.key"

    def _load_master(self) -> bytes:
        path = self._master_path
        if not path.exists() and any(self._datakeys.glob("*.key")):
            raise OperatorError(
                f"The master key {path} is missing, and the data keys in {self._datakeys} cannot "
                "be used without it. Restore it from your backup."
            )
        if not path.exists():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            durable.create(path, secrets.token_bytes(KEY_BYTES))
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise OperatorError(f"The master key {path} is open to others: run chmod 600 {path}")
        key = path.read_bytes()
        if len(key) != KEY_BYTES:
            raise OperatorError(
                f"The master key {path} holds {len(key)} bytes, not {KEY_BYTES}. Restore it from "
                "your backup."
            )
        return key

    def _check_wrapping(self) -> None:
        """Each data key names the master key that wrapped it; one look tells a wrong one."""
        for path in self._datakeys.glob("*.key"):
            head = path.read_bytes()[: len(MAGIC) + KEY_ID_BYTES]
            if head.startswith(MAGIC) and head != MAGIC + self._key_id:
                raise OperatorError(
                    f"The master key {self._master_path} is not the one that wrapped "
                    f"{path}. Restore the right one from your backup."
                )
            return


def _expand(master: bytes, info: bytes) -> bytes:
    """HKDF-SHA256 (RFC 5869): independent keys from one, told apart by `info`."""
    return HKDF(hashes.SHA256(), KEY_BYTES, salt=None, info=info).derive(master)


def _overwrite(path: Path) -> None:
    """In place: a fresh file would leave the key in the blocks of the old one."""
    with path.open("r+b") as file:
        file.write(bytes(path.stat().st_size))
    durable.sync(path)
