"""A real server on a free loopback port, and the clients that people use, unmodified."""

import json
import os
import shutil
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import boto3
import pytest
import uvicorn
from botocore.config import Config

from beholden.domain.key import AccessKey
from beholden.wire.app import create_app
from beholden.wire.model import operations

JS = Path(__file__).parent / "js"
SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
KEY = AccessKey("AKIACONFORMANCE00001", "ann", "operator", "testing", datetime.now(UTC), None)


@contextmanager
def running(app):
    """Serve the ASGI app from a thread; yields its URL."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical", access_log=False))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


class SystemClock:
    def now(self):
        return datetime.now(UTC)


class OneKey:
    def find(self, key_id):
        return (KEY, SECRET) if key_id == KEY.key_id else None


class ScriptedGate:
    """Notes what came through the wire and gives back what the test put in `answers`."""

    def __init__(self):
        self.calls = []
        self.answers = {}

    def call(self, principal, operation, request):
        self.calls.append((operation, request))
        answer = self.answers[operation]
        if isinstance(answer, Exception):
            raise answer
        return answer(request) if callable(answer) else answer


@dataclass(frozen=True)
class Clients:
    """The clients, pointed at one endpoint with one key."""

    url: str
    key_id: str = KEY.key_id
    secret: str = SECRET

    @property
    def environment(self):
        return {
            "PATH": os.environ["PATH"],
            "HOME": "/nonexistent",
            "AWS_ENDPOINT_URL_REKOGNITION": self.url,
            "AWS_ACCESS_KEY_ID": self.key_id,
            "AWS_SECRET_ACCESS_KEY": self.secret,
            "AWS_REGION": "eu-west-1",
            "AWS_DEFAULT_REGION": "eu-west-1",
            "AWS_MAX_ATTEMPTS": "1",
        }

    def boto3(self, **options):
        return boto3.client(
            "rekognition",
            **{
                "endpoint_url": self.url,
                "region_name": "eu-west-1",
                "aws_access_key_id": self.key_id,
                "aws_secret_access_key": self.secret,
                "config": Config(retries={"total_max_attempts": 1}),
                **options,
            },
        )

    def cli(self, *arguments):
        """`aws rekognition ...`: exit status, the document on stdout, the text on stderr."""
        done = subprocess.run(
            [sys.executable, "-m", "awscli", "rekognition", *arguments, "--output", "json"],
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        document = json.loads(done.stdout) if done.stdout.strip() else None
        return done.returncode, document, done.stderr

    def javascript(self, *calls):
        """Make (operation, input) calls, `Bytes` in base64; each gives {output} or {error, ...}."""
        done = subprocess.run(
            ["node", str(JS / "call.mjs")],
            env=self.environment,
            input=json.dumps(calls),
            capture_output=True,
            text=True,
            check=True,
        )
        return json.loads(done.stdout)


@pytest.fixture
def gate():
    return ScriptedGate()


@pytest.fixture
def clients(gate):
    app = create_app(gate, OneKey(), SystemClock(), offered=operations(), check_responses=True)
    with running(app) as url:
        yield Clients(url)


@pytest.fixture(scope="session")
def javascript_sdk():
    """The SDK that tests/conformance/js/package.json pins, installed by npm beside it."""
    if not (shutil.which("node") and shutil.which("npm")):
        pytest.skip("node and npm are not installed")
    wanted = json.loads((JS / "package.json").read_text())["dependencies"]
    for name, version in wanted.items():
        installed = JS / "node_modules" / name / "package.json"
        if installed.exists() and json.loads(installed.read_text())["version"] == version:
            continue
        options = ["--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts"]
        subprocess.run(["npm", "install", "--silent", *options], cwd=JS, check=True)
