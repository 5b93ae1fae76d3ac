"""From an object to a file, in pieces: a video need not fit in memory."""

from __future__ import annotations

import errno
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from obstore.exceptions import BaseError

from beholden.domain.errors import DiskFull, InvalidS3Object, VideoTooLarge

if TYPE_CHECKING:
    from obstore._get import GetResult

UNREADABLE = (
    "Unable to get object metadata from S3. Check object key, region and/or access permissions."
)
BROKE_OFF = "S3 stopped answering while the object was read: start again once it does."
UNREAD = (BaseError, OSError, ValueError)
NO_SPACE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
PIECE_BYTES = 2**20


def copy_object(open_object: Callable[[], GetResult], into: Path, max_bytes: int) -> bytes:
    """Implements ports.blobs.Blobs.copy for the object that `open_object` requests."""
    draft = into.with_name(f"{into.name}.part")
    found = open_object()
    if found.meta["size"] > max_bytes:
        raise VideoTooLarge
    digest = hashlib.sha256()
    try:
        draft.touch(mode=0o600)
        with draft.open("wb") as file:
            for piece in found.stream(min_chunk_size=PIECE_BYTES):
                digest.update(piece)
                file.write(piece)
        draft.rename(into)
    except UNREAD as error:
        full = isinstance(error, OSError) and error.errno in NO_SPACE
        raise (DiskFull() if full else InvalidS3Object(BROKE_OFF)) from error
    finally:
        draft.unlink(missing_ok=True)
    return digest.digest()
