"""A whole deployment in this process, called as anybody."""

from __future__ import annotations

import io
from dataclasses import replace
from functools import partial

import pytest
from PIL import Image
from skimage.data import astronaut

from beholden.bootstrap.deployment import open_deployment
from beholden.bootstrap.models import Models
from beholden.bootstrap.worker import worker_tasks
from beholden.config import Settings
from beholden.domain.access import Principal
from beholden.domain.recording import Recorded
from beholden.engines.audit.layout import VERIFIER_KEY
from beholden.engines.audit.note import Verifier
from beholden.engines.audit.reading import records
from beholden.testing.compute import FakeCompute
from tests.tables import with_tables


class House:
    """`as_(role, purpose)` gives a caller, with a key of its own; `last(action)` is the newest
    record of an action, and `told(action)` are all of them. Time is `clock`'s, if one is given.
    Models cost a second to load, and are the same for every deployment; what worker processes do is
    done in this one."""

    def __init__(self, folder, profile, clock=None, models=None):
        self._log = folder / "log"
        self._keys = {}
        self.folder = folder
        self.clock = clock
        self._models = models
        with_tables(folder)
        self.deployment = self._opened(profile)

    def who(self, role, purpose="door", name="ann", case=None):
        """A principal and the key behind it."""
        holder = (name, role, purpose)
        if holder not in self._keys:
            self._keys[holder] = self.deployment.keys.create(*holder)[0].key_id
        return Principal(*holder, self._keys[holder], case)

    def as_(self, role, purpose="door", name="ann", case=None):
        who = self.who(role, purpose, name, case)
        return lambda operation, **request: self.deployment.gate.call(who, operation, request)

    def grant(self, who, operation, **request):
        """The grant of an allowed call, as a job that it starts would hold it."""
        held, gate = [], self.deployment.gate

        def start(_services, call, _request):
            held.append(call.grant)
            return {}

        started = replace(gate.registry[operation], run=start)
        replace(gate, registry={operation: started}).call(who, operation, request)
        return held[0]

    def agreed(self, operation, **request):
        """An administrator proposes, another approves."""
        number = self.as_("admin", "rules", "eve")(operation, **request)["Proposal"]["Number"]
        return self.as_("admin", "rules", "frank")("beholden:Approve", Number=number)

    def camera(self, name, purpose, source="rtsp://127.0.0.1:1/none"):
        """A camera whose notice names a purpose."""
        admin = self.as_("admin", "rules", "eve")
        admin("beholden:PutCamera", Name=name, Source=source)
        notice = {"Place": "the gate", "Purposes": [purpose], "Operator": "City of Springfield"}
        return admin("beholden:PutNotice", Name=name, **notice)["StreamArn"]

    def recording(self, name, began, ids=(), purpose="door", authorization=None):
        """A video that a stream processor made, in a bucket; its path."""
        services = self.deployment.gate.services
        made = Recorded("kept", f"{name}.mp4", purpose, authorization, began)
        services.recordings.shows(services.recordings.begin(made), frozenset(ids))
        path = self.folder / "buckets" / made.bucket / made.key
        path.parent.mkdir(exist_ok=True)
        path.touch()
        return path

    def restart(self, profile=None):
        self.deployment.close()
        self.deployment = self._opened(profile)

    def _opened(self, profile):
        settings = Settings(data_dir=self.folder, profile=profile)
        compute = FakeCompute(partial(worker_tasks, settings, self._models))
        return open_deployment(settings, self.clock, self._models, compute)

    def last(self, action):
        return self.told(action)[-1]

    def told(self, action):
        self.deployment.log.checkpoint()  # whoever reads it sees what was appended
        verifier = Verifier.parse((self._log / VERIFIER_KEY).read_text().strip())
        return [record for _, record in records(self._log, verifier) if record["action"] == action]


@pytest.fixture(scope="session")
def portrait():
    data = io.BytesIO()
    Image.fromarray(astronaut()).save(data, "JPEG")
    return {"Bytes": data.getvalue()}


@pytest.fixture(scope="module")
def shared_house(tmp_path_factory, models):
    """One under `personal`, for all tests of a module: it takes a second to open."""
    one = House(tmp_path_factory.mktemp("shared") / "personal", "personal", models=models)
    yield one
    one.deployment.close()


@pytest.fixture(scope="session")
def models(models_dir):
    return Models(Settings(models_dir=models_dir))


@pytest.fixture
def house(tmp_path, models):
    made = []

    def build(profile="personal", clock=None):
        made.append(House(tmp_path / profile, profile, clock, models))
        return made[-1]

    yield build
    for one in made:
        one.deployment.close()
