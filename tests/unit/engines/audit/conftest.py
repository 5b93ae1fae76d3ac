import pytest

from beholden.engines.audit.keys import load_signer
from beholden.engines.audit.layout import VERIFIER_KEY
from beholden.engines.audit.note import Verifier
from beholden.engines.audit.records import encode
from beholden.engines.audit.tlog import TileLog
from beholden.engines.audit.writer import LogWriter
from beholden.testing.audit import a_record

ORIGIN = "log.example.org/one"


class Deployment:
    """A log in a folder of its own, the key beside it."""

    def __init__(self, root):
        self.folder, self.key = root / "log", root / "log.key"
        self.head = root / "log.key.head"

    def open(self):
        return TileLog(self.folder, self.key, ORIGIN)

    def grow(self, count, first=0):
        """Add records in one batch, as if so many had waited at once."""
        writer = LogWriter(self.folder, load_signer(self.key, ORIGIN), self.head)
        writer.append([encode(a_record(f"call-{first + n}")) for n in range(count)])
        writer.publish()
        writer.close()
        (self.folder / VERIFIER_KEY).write_text(str(load_signer(self.key, ORIGIN).verifier))
        return self

    @property
    def verifier(self):
        return Verifier.parse((self.folder / VERIFIER_KEY).read_text())

    def checkpoint(self):
        return self.verifier.open((self.folder / "checkpoint").read_text())


@pytest.fixture
def deployment(tmp_path):
    return Deployment(tmp_path)


@pytest.fixture(scope="session")
def log_of_600(tmp_path_factory):
    """The folder of a deployment whose log has 600 entries: two full bundles and a partial one."""
    folder = tmp_path_factory.mktemp("log-of-600")
    Deployment(folder).grow(600)
    return folder
