"""Buckets through obstore: folders on this machine, or S3, Google Cloud Storage and Azure."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import obstore
from obstore.store import AzureStore, GCSStore, LocalStore, S3Store

from beholden.domain.errors import ImageTooLarge, InvalidS3Object, OperatorError
from beholden.domain.stored import StoredObject
from beholden.engines.blobs.copying import UNREAD, UNREADABLE, copy_object

if TYPE_CHECKING:
    from obstore._get import GetResult
    from obstore.store import ClientConfig, ObjectStore, RetryConfig

MAX_KEY_BYTES = 1024
UNWRITABLE = "Unable to write to S3. Check bucket, object key, region and/or access permissions."
# Plain HTTP is spoken only where the operator's own endpoint setting says http://.
CLIENT: ClientConfig = {"allow_http": True, "connect_timeout": "5s", "timeout": "30s"}
RETRIES: RetryConfig = {"max_retries": 2, "retry_timeout": timedelta(seconds=30)}

# General purpose buckets, by the rules of the S3 user guide ("Bucket naming rules").
BUCKET = re.compile(r"(?!xn--|sthree-)(?!.*\.\.)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
IP_ADDRESS = re.compile(r"\d+\.\d+\.\d+\.\d+")


class LocalBlobs:
    """One folder per bucket under `folder`. It keeps no versions, so naming one is an error."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, bucket: str, key: str, version: str | None, max_bytes: int) -> bytes:
        root = self._root(bucket, key, version)
        return _fetch(lambda: LocalStore(root), key, None, max_bytes)

    def head(self, bucket: str, key: str, version: str | None) -> StoredObject:
        return _head(lambda: LocalStore(self._root(bucket, key, version)), key, None)

    def copy(self, bucket: str, key: str, version: str | None, into: Path, max_bytes: int) -> bytes:
        root = self._root(bucket, key, version)
        return copy_object(lambda: _get(lambda: LocalStore(root), key, None), into, max_bytes)

    def write(self, bucket: str, key: str, source: Path) -> None:
        root = self._writable(bucket, key)
        _put(lambda: LocalStore(root), key, source)

    def delete(self, bucket: str, key: str) -> None:
        root = self._writable(bucket, key)
        if (root / key).exists():
            _delete(lambda: LocalStore(root), key)

    def _writable(self, bucket: str, key: str) -> Path:
        """The bucket's folder. Raises InvalidS3Object unless it is there, and the key inside."""
        _check_names(bucket, key)
        root = (self._folder / bucket).resolve()
        if not root.is_dir() or not (root / key).resolve().is_relative_to(root):
            raise InvalidS3Object(UNWRITABLE)
        return root

    def _root(self, bucket: str, key: str, version: str | None) -> Path:
        """The bucket's folder. Raises InvalidS3Object unless it holds a file of that name."""
        _check_names(bucket, key)
        root = (self._folder / bucket).resolve()
        if version is not None or not _is_file_inside(root, key):
            raise InvalidS3Object(UNREADABLE)
        return root


class CloudBlobs:
    """Buckets of an object store; credentials and endpoint come from its usual environment
    variables (AWS_*, GOOGLE_*, AZURE_*).

    `url` is `s3://`, `gs://` or `az://` for every bucket those credentials can read, or names the
    one bucket to allow: `s3://photos`.
    """

    def __init__(self, url: str) -> None:
        """Raises OperatorError if the URL is of another kind. Connects with the first read."""
        scheme, self._only = urlsplit(url)[:2]
        if scheme not in OPENERS:
            raise OperatorError(f"{url} is not a place for buckets: use s3://, gs:// or az://")
        self._open = lru_cache(maxsize=64)(OPENERS[scheme])

    def read(self, bucket: str, key: str, version: str | None, max_bytes: int) -> bytes:
        return _fetch(self._store(bucket, key), key, version, max_bytes)

    def head(self, bucket: str, key: str, version: str | None) -> StoredObject:
        return _head(self._store(bucket, key), key, version)

    def copy(self, bucket: str, key: str, version: str | None, into: Path, max_bytes: int) -> bytes:
        store = self._store(bucket, key)
        return copy_object(lambda: _get(store, key, version), into, max_bytes)

    def write(self, bucket: str, key: str, source: Path) -> None:
        _put(self._store(bucket, key), key, source)

    def delete(self, bucket: str, key: str) -> None:
        _delete(self._store(bucket, key), key)

    def _store(self, bucket: str, key: str) -> Callable[[], ObjectStore]:
        _check_names(bucket, key)
        if self._only and bucket != self._only:
            raise InvalidS3Object(UNREADABLE)
        return lambda: self._open(bucket)


OPENERS: dict[str, Callable[[str], ObjectStore]] = {
    "s3": lambda bucket: S3Store(bucket, client_options=CLIENT, retry_config=RETRIES),
    "gs": lambda bucket: GCSStore(bucket, client_options=CLIENT, retry_config=RETRIES),
    "az": lambda container: AzureStore(container, client_options=CLIENT, retry_config=RETRIES),
}


def _get(open_store: Callable[[], ObjectStore], key: str, version: str | None) -> GetResult:
    """One request: its head tells the size, and the body is only drawn if that is allowed."""
    try:
        return obstore.get(open_store(), key, options={"version": version} if version else {})
    except UNREAD as error:
        raise InvalidS3Object(UNREADABLE) from error


def _fetch(
    open_store: Callable[[], ObjectStore], key: str, version: str | None, max_bytes: int
) -> bytes:
    found = _get(open_store, key, version)
    if found.meta["size"] > max_bytes:
        raise ImageTooLarge
    try:
        return bytes(found.bytes())
    except UNREAD as error:
        raise InvalidS3Object(UNREADABLE) from error


def _head(open_store: Callable[[], ObjectStore], key: str, version: str | None) -> StoredObject:
    meta = _get(open_store, key, version).meta
    return StoredObject(meta["size"], meta["e_tag"] or str(meta["last_modified"]))


def _put(open_store: Callable[[], ObjectStore], key: str, source: Path) -> None:
    try:
        obstore.put(open_store(), key, source)
    except UNREAD as error:
        raise InvalidS3Object(UNWRITABLE) from error


def _delete(open_store: Callable[[], ObjectStore], key: str) -> None:
    try:
        obstore.delete(open_store(), key)
    except UNREAD as error:
        raise InvalidS3Object(UNWRITABLE) from error


def _check_names(bucket: str, key: str) -> None:
    """Refuse what S3 refuses, and keys whose segments a path would read in another way."""
    named = BUCKET.fullmatch(bucket) and not IP_ADDRESS.fullmatch(bucket)
    fits = len(key.encode(errors="replace")) <= MAX_KEY_BYTES and "\0" not in key
    if not named or not fits or {"", ".", ".."}.intersection(key.split("/")):
        raise InvalidS3Object(UNREADABLE)


def _is_file_inside(root: Path, key: str) -> bool:
    """Links are followed, but not out of the bucket."""
    try:
        target = (root / key).resolve()
        return target.is_file() and target.is_relative_to(root)
    except (OSError, RuntimeError, ValueError):  # RuntimeError: links in a circle
        return False
