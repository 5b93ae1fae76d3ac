"""Made-up requests through the whole service in this process: wire, gate, operations, models.

None may be anything but an answer of the right shape or a client error. BEHOLDEN_EXAMPLES sets how
many are made up.
"""

import configparser
import io
import json
import os
from base64 import b64encode
from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from skimage.data import astronaut

from beholden.bootstrap.deployment import open_deployment
from beholden.config import Settings
from beholden.domain.errors import ClientError
from beholden.gate.registry import REGISTRY
from beholden.wire.app import Limits, Rekognition
from beholden.wire.model import operations
from beholden.wire.sigv4 import Verifier

from ..signing import signed
from .strategies import requests, spoilt

EXAMPLES = int(os.environ.get("BEHOLDEN_EXAMPLES", "300"))
ARN = "arn:aws:rekognition:us-east-1:000000000000:collection/"
S3_NAMES = ["../../records.db", "\0"]
DESTRUCTIVE = {"DeleteCollection", "DeleteFaces"}  # these leave the first collection alone
NOBODYS_FACE = "00000000-0000-0000-0000-000000000000"


def portrait(side, form):
    buffer = io.BytesIO()
    Image.fromarray(astronaut()).resize((side, side)).save(buffer, form)
    return buffer.getvalue()


class World:
    """A deployment with collections, a face and a user in two of them, and what is known of it."""

    def __init__(self, deployment, key_id, secret):
        self._key = key_id, secret
        verifier = Verifier(deployment.keys.find, deployment.clock)
        self._endpoint = Rekognition(
            deployment.gate, verifier, Limits(), REGISTRY, check_responses=True
        )
        self.answered = Counter()
        collections, faces = ["alpha", "beta"], [NOBODYS_FACE]
        self._images = [portrait(256, "JPEG"), portrait(100, "PNG"), portrait(20, "PNG"), b"GIF8"]
        image = {"Bytes": b64encode(self._images[0]).decode()}
        for name in collections:
            self._send("CreateCollection", {"CollectionId": name})
            enrolled = self._send("IndexFaces", {"CollectionId": name, "Image": image})
            self._send("CreateUser", {"CollectionId": name, "UserId": "ann"})
            faces += [record["Face"]["FaceId"] for record in enrolled["FaceRecords"]]
        self.bodies = self._bodies([*collections, "gone"], faces)

    def ask(self, operation, body):
        """Send one; a client error is counted, any other is the test's to fail on."""
        outcome = "an answer"
        try:
            self._endpoint.answer(signed(body, operation, *self._key))
        except ClientError as error:
            outcome = error.code
        self.answered[operation, outcome] += 1

    def _send(self, operation, request):
        return json.loads(self._endpoint.answer(signed(request, operation, *self._key)))

    def _bodies(self, collections, faces):
        face_id = st.sampled_from(faces)
        images = [st.just({"Bytes": image}) for image in self._images]
        images += [st.just({"S3Object": {"Bucket": "photos", "Name": name}}) for name in S3_NAMES]
        known = {
            **dict.fromkeys(("Image", "SourceImage", "TargetImage"), st.one_of(images)),
            "FaceId": face_id,
            "FaceIds": st.lists(face_id, min_size=1, max_size=3),
            "UserId": st.sampled_from(["ann", "bob"]),
            "ClientRequestToken": st.sampled_from(["one", "two"]),
            "ResourceArn": st.sampled_from([f"{ARN}{name}" for name in collections]),
        }

        def body(operation):
            there = collections[1:] if operation in DESTRUCTIVE else collections
            of_it = known | {"CollectionId": st.sampled_from(there)}
            return st.tuples(st.just(operation), spoilt(requests(operation, of_it)))

        return st.one_of([body(name) for name in sorted(operations() & REGISTRY.keys())])


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    folder = tmp_path_factory.mktemp("deployment")
    deployment = open_deployment(Settings(data_dir=folder))
    credentials = configparser.ConfigParser()
    credentials.read(folder / "credentials")
    key = credentials["default"]
    yield World(deployment, key["aws_access_key_id"], key["aws_secret_access_key"])
    deployment.close()


def test_never_a_failure_of_ours(world):
    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(case=world.bodies)
    def ask(case):
        world.ask(*case)

    ask()
    answered = {operation for operation, outcome in world.answered if outcome == "an answer"}
    assert len(answered) > 5, world.answered  # half get past the first door, at random
