"""Kinesis Video Streams as GetMedia sends them: a server on this machine that speaks the two calls,
and fragments made by FFmpeg, with the tags that the service adds."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import av

FPS = 10
UNKNOWN = b"\x01" + 7 * b"\xff"
EBML, SEGMENT = b"\x1a\x45\xdf\xa3", b"\x18\x53\x80\x67"
CLUSTER, TAGS, TAG = b"\x1f\x43\xb6\x75", b"\x12\x54\xc3\x67", b"\x73\x73"
SIMPLE_TAG, TAG_NAME, TAG_STRING = b"\x67\xc8", b"\x45\xa3", b"\x44\x87"


def element(kind: bytes, data: bytes) -> bytes:
    return kind + (len(data) | 1 << 28).to_bytes(4, "big") + data


def tags(**values: str) -> bytes:
    """As the service names them."""
    return element(
        TAGS,
        b"".join(
            element(
                TAG,
                element(
                    SIMPLE_TAG,
                    element(TAG_NAME, f"AWS_KINESISVIDEO_{name}".encode())
                    + element(TAG_STRING, value.encode()),
                ),
            )
            for name, value in values.items()
        ),
    )


class _NotSeekable:
    def __init__(self) -> None:
        self.data = io.BytesIO()

    def write(self, data: bytes) -> int:
        return self.data.write(data)


def fragment(pictures: Iterator[Any], number: int, at: float, codec: str = "libx264") -> bytes:
    """A document: `pictures` are (h, w, 3) uint8; the first was taken `at` (seconds since 1970) and
    came to the service half a second later."""
    written = _NotSeekable()
    with av.open(written, "w", format="matroska", options={"live": "1"}) as container:
        options = {"tune": "zerolatency"} if codec == "libx264" else {}
        stream = container.add_stream(codec, rate=FPS, options=options)
        stream.pix_fmt = "yuv420p"
        for no, pixels in enumerate(pictures):
            if no == 0:
                stream.height, stream.width = pixels.shape[:2]
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            frame.pts, frame.time_base = no, Fraction(1, FPS)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    head, cluster, media = written.data.getvalue().partition(CLUSTER)
    known = tags(
        FRAGMENT_NUMBER=str(number),
        SERVER_TIMESTAMP=f"{at + 0.5:.3f}",
        PRODUCER_TIMESTAMP=f"{at:.3f}",
    )
    behind = tags(MILLIS_BEHIND_NOW="0", CONTINUATION_TOKEN=str(number))
    return head + known + cluster + media + behind


class KinesisVideo:
    """`media(asked)` gives what is sent for a StartSelector, piece by piece; then the connection
    ends, or breaks off if it raises ConnectionError. `asked` are all those that came."""

    def __init__(self, media: Callable[[dict[str, str]], Iterator[bytes]]) -> None:
        self.asked: list[dict[str, str]] = []
        self._media = media

    def answer(self, path: str, body: dict[str, Any], url: str) -> Iterator[bytes]:
        if path == "/getDataEndpoint":
            assert body["APIName"] == "GET_MEDIA"
            yield json.dumps({"DataEndpoint": url}).encode()
            return
        assert path == "/getMedia"
        self.asked.append(body["StartSelector"])
        yield from self._media(body["StartSelector"])


@contextmanager
def served(kinesis: KinesisVideo) -> Iterator[str]:
    """Its address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            assert "Credential=" in self.headers["Authorization"]
            self.send_response(200)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            try:
                for piece in kinesis.answer(self.path, body, url):
                    self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
                self.wfile.write(b"0\r\n\r\n")
            except ConnectionError:
                self.close_connection = True

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield url
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
