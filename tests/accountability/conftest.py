"""A whole deployment in this process, called as anybody."""

from __future__ import annotations

import io

import pytest
from PIL import Image
from skimage.data import astronaut

from beholden.bootstrap import open_deployment
from beholden.config import Settings
from beholden.domain.access import Principal
from beholden.engines.audit.layout import VERIFIER_KEY
from beholden.engines.audit.note import Verifier
from beholden.engines.audit.reading import records


class House:
    """`as_(role, purpose)` gives a caller; `last(action)` is the newest record of an action, and
    `told(action)` are all of them."""

    def __init__(self, folder, profile):
        self._log = folder / "log"
        self.folder = folder
        self.deployment = open_deployment(Settings(data_dir=folder, profile=profile))

    def as_(self, role, purpose="door", name="ann"):
        who = Principal(name, role, purpose, "AKIATEST")
        return lambda operation, **request: self.deployment.gate.call(who, operation, request)

    def agreed(self, operation, **request):
        """An administrator proposes, another approves."""
        number = self.as_("admin", "rules", "eve")(operation, **request)["Proposal"]["Number"]
        return self.as_("admin", "rules", "frank")("beholden:Approve", Number=number)

    def restart(self, profile=None):
        self.deployment.close()
        self.deployment = open_deployment(Settings(data_dir=self.folder, profile=profile))

    def last(self, action):
        return self.told(action)[-1]

    def told(self, action):
        verifier = Verifier.parse((self._log / VERIFIER_KEY).read_text().strip())
        return [record for _, record in records(self._log, verifier) if record["action"] == action]


@pytest.fixture(scope="session")
def portrait():
    data = io.BytesIO()
    Image.fromarray(astronaut()).save(data, "JPEG")
    return {"Bytes": data.getvalue()}


@pytest.fixture
def house(tmp_path, models_dir):
    made = []

    def build(profile="personal"):
        made.append(House(tmp_path / profile, profile))
        return made[-1]

    yield build
    for one in made:
        one.deployment.close()
