"""The whole service as a stranger runs it: `beholden serve`, and an unmodified boto3 client.

Every response that boto3 parses is also checked against its output shape.
"""

from __future__ import annotations

import configparser
import io
import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import numpy as np
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from PIL import Image, ImageEnhance

from beholden.wire.protocol import check_response
from tests.serving import free_port

READY_WITHIN_S = 60


@dataclass(frozen=True)
class Service:
    """A running server: its folder, its address, its process."""

    data_dir: Path
    url: str
    process: subprocess.Popen[bytes]

    def credentials(self) -> tuple[str, str]:
        parser = configparser.ConfigParser()
        parser.read(self.data_dir / "credentials")
        profile = parser["default"]
        return profile["aws_access_key_id"], profile["aws_secret_access_key"]

    def client(
        self,
        key: str | None = None,
        secret: str | None = None,
        token: str | None = None,
        **config: Any,
    ) -> Any:
        default_key, default_secret = self.credentials()
        client = boto3.client(
            "rekognition",
            endpoint_url=self.url,
            region_name="us-east-1",
            aws_access_key_id=key or default_key,
            aws_secret_access_key=secret or default_secret,
            aws_session_token=token,
            config=Config(retries={"max_attempts": 0}, **config),
        )
        client.meta.events.register("after-call.rekognition.*", _check)
        return client

    def verb(
        self, name: str, *, signer: tuple[str, ...] | None = None, **members: Any
    ) -> tuple[int, dict[str, Any]]:
        """Call one of Beholden's own verbs: the status, and the answer or error.

        `signer` is a key id, its secret and, of a session, the token."""
        headers = {"X-Amz-Target": f"Beholden.{name}", "Content-Type": "application/json"}
        body = json.dumps(members).encode()
        request = AWSRequest("POST", f"{self.url}/", headers, data=body)
        who = Credentials(*(signer or self.credentials()))
        SigV4Auth(who, "rekognition", "us-east-1").add_auth(request)
        sent = urllib.request.Request(request.url, request.data, dict(request.headers))
        try:
            with urllib.request.urlopen(sent) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)


def _check(http_response: Any, parsed: dict[str, Any], model: Any, **_: Any) -> None:
    assert http_response.headers["x-amzn-RequestId"]
    if http_response.status_code == 200:
        given = {k: v for k, v in parsed.items() if k != "ResponseMetadata"}
        check_response(model.name, given)


def start(data_dir: Path, port: int | None = None, **environment: str) -> Service:
    """Start `beholden serve` and wait until it is ready."""
    port = port or free_port()
    url = f"http://127.0.0.1:{port}"
    process = subprocess.Popen(
        [sys.executable, "-m", "beholden", "serve", "--data-dir", data_dir, "--port", str(port)],
        env=os.environ | environment,
        stdout=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + READY_WITHIN_S
    while not ready(url):
        assert process.poll() is None, "beholden serve ended before it was ready"
        assert time.monotonic() < deadline, "beholden serve was not ready in time"
    return Service(data_dir, url, process)


def ready(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/healthz", timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


def stop(service: Service) -> int:
    service.process.terminate()
    return service.process.wait(timeout=30)


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    running = start(tmp_path_factory.mktemp("deployment"))
    yield running
    assert stop(running) == 0


@pytest.fixture(scope="session")
def client(service: Service) -> Any:
    return service.client()


@pytest.fixture
def collection(client: Any) -> Iterator[str]:
    name = f"test-{uuid.uuid4().hex[:12]}"
    client.create_collection(CollectionId=name)
    yield name
    client.delete_collection(CollectionId=name)


def encode(pixels: Any, form: str = "JPEG", **options: Any) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(np.asarray(pixels)).save(buffer, form, **options)
    return buffer.getvalue()


@dataclass(frozen=True)
class Portrait:
    """Views of one person (a public-domain portrait), made by code."""

    pixels: Any

    @property
    def whole(self) -> bytes:
        return encode(self.pixels)

    @property
    def mirrored(self) -> bytes:
        return encode(self.pixels[:, ::-1])

    @property
    def darker(self) -> bytes:
        return encode(ImageEnhance.Brightness(Image.fromarray(self.pixels)).enhance(0.6))

    @property
    def smaller(self) -> bytes:
        return encode(Image.fromarray(self.pixels).resize((300, 300)))

    @property
    def tilted(self) -> bytes:
        return encode(Image.fromarray(self.pixels).rotate(12, resample=Image.Resampling.BICUBIC))

    @property
    def face(self) -> bytes:
        return encode(self.pixels[20:260, 100:340])

    @property
    def twice(self) -> bytes:
        """Two faces: the second is half as large and mirrored."""
        small = np.asarray(Image.fromarray(self.pixels).resize((256, 256)))[:, ::-1]
        right = np.full((512, 256, 3), 128, np.uint8)
        right[:256] = small
        return encode(np.concatenate([self.pixels, right], axis=1))


@pytest.fixture(scope="session")
def portrait() -> Portrait:
    from skimage.data import astronaut

    return Portrait(astronaut())


@pytest.fixture(scope="session")
def landscape() -> bytes:
    """A picture without a face."""
    from skimage.data import coffee

    return encode(coffee())
