"""Kinesis Video Streams: GetMedia, an answer without an end in which fragments follow each other.

Credentials and addresses are found as every AWS SDK finds them (AWS_ENDPOINT_URL_KINESIS_VIDEO).
"""

from __future__ import annotations

import errno
from collections.abc import Generator, Iterator, Mapping
from contextlib import closing as closed
from datetime import UTC, datetime
from threading import Event
from typing import Any

import av
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.session import get_session

from beholden.domain.errors import InvalidParameter
from beholden.domain.fragment import Fragment
from beholden.engines.frames.cameras import OPEN_S, READ_S, Picture, decoded, fragment_at
from beholden.engines.frames.matroska import Document, Readable, documents
from beholden.ports.clock import Clock

KINESIS_VIDEO = "kinesisvideo:"
TAG = "AWS_KINESISVIDEO_"
# A fragment begins with all that its decoder must know: nothing is gained by looking ahead.
_OPTIONS = {"probesize": "32"}


class GetMediaCamera:
    """Implements cameras.Camera. `stream` is a name, or an ARN, which names its region."""

    begins_again = False

    def __init__(self, stream: str, region: str, clock: Clock) -> None:
        """Raises InvalidParameter."""
        parts = stream.split(":")
        is_arn = parts[:1] == ["arn"]
        if is_arn and len(parts) != 6:
            raise InvalidParameter("A Kinesis Video Stream is given by its name or its ARN.")
        self._stream = {"StreamARN" if is_arn else "StreamName": stream}
        self._region = parts[3] if is_arn else region
        self._clock = clock
        self._session = get_session()
        self._token: str | None = None

    def pictures(self, closing: Event) -> Generator[Picture, None, None]:
        """Nothing in here waits for longer than READ_S."""
        try:
            with closed(self._media()) as body:
                for document in documents(_Until(closing, body)):
                    yield from self._fragment(document)
                    self._token = document.tags.get(f"{TAG}CONTINUATION_TOKEN")
                    _check(document.tags)
        except ClientError as error:
            raise _away(error.response["Error"]["Code"]) from error
        except BotoCoreError as error:
            raise _away(type(error).__name__) from error

    def _media(self) -> Any:
        """The body. The first call after a connection has ended goes on where that ended; if it
        fails, too, the time that has passed is not made up for."""
        start = {"StartSelectorType": "NOW"}
        if self._token is not None:
            start = {
                "StartSelectorType": "CONTINUATION_TOKEN",
                "ContinuationToken": self._token,
            }
            self._token = None
        where = self._client("kinesisvideo").get_data_endpoint(APIName="GET_MEDIA", **self._stream)
        if "DataEndpoint" not in where:
            raise _away("no data endpoint")
        media = self._client("kinesis-video-media", where["DataEndpoint"])
        return media.get_media(StartSelector=start, **self._stream)["Payload"]

    def _client(self, service: str, endpoint: str | None = None) -> Any:
        config = Config(
            connect_timeout=OPEN_S, read_timeout=READ_S, retries={"total_max_attempts": 1}
        )
        return self._session.create_client(
            service, region_name=self._region, endpoint_url=endpoint, config=config
        )

    def _fragment(self, document: Document) -> Iterator[Picture]:
        came, first = self._clock.now(), None
        with av.open(document, "r", format="matroska", options=_OPTIONS) as container:
            for frame in decoded(container):
                time = frame.time or 0.0
                first = time if first is None else first
                fragment = _fragment(document.tags, came)
                yield Picture(frame, self._clock.now(), fragment, time - first)


class _Until:
    """A body that ends when `closing` is set. Implements matroska.Readable."""

    def __init__(self, closing: Event, body: Readable) -> None:
        self._closing = closing
        self._body = body

    def read(self, amount: int) -> bytes:
        return b"" if self._closing.is_set() else self._body.read(amount)


def _fragment(tags: Mapping[str, str], came: datetime) -> Fragment:
    """What the service says, and else what we know."""
    known = fragment_at(came)
    served, produced = (
        _time(tags[name]) if name in tags else came
        for name in (f"{TAG}SERVER_TIMESTAMP", f"{TAG}PRODUCER_TIMESTAMP")
    )
    return Fragment(int(tags.get(f"{TAG}FRAGMENT_NUMBER", known.number)), served, produced)


def _time(tag: str) -> datetime:
    """Raises ValueError."""
    try:
        return datetime.fromtimestamp(float(tag), UTC)
    except OverflowError as error:
        raise ValueError("a fragment of no known time") from error


def _check(tags: Mapping[str, str]) -> None:
    """Raises ConnectionError where the service said why it goes no further."""
    if f"{TAG}ERROR_CODE" in tags:
        raise _away(tags[f"{TAG}ERROR_CODE"])


def _away(why: str) -> ConnectionError:
    return ConnectionError(errno.EIO, f"Kinesis: {why}")
