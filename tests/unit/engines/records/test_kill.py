"""kill -9 at any moment: every acknowledged face is there, none twice, the sequence is whole."""

import random
import subprocess
import sys
from collections import Counter

import pytest

from beholden.domain.gallery import GalleryRef, Subject
from beholden.engines.records.database import sqlite_url
from beholden.engines.records.engine import SqlRecords
from beholden.engines.vault.local import LocalVault
from beholden.testing.clock import FakeClock
from beholden.testing.faces import MODEL_VERSION

pytestmark = pytest.mark.slow

# Enrols face after face, from the first: those that are there already come back unchanged.
ENROL = """
import sys
from pathlib import Path
from beholden.engines.records.database import sqlite_url
from beholden.engines.records.engine import SqlRecords
from beholden.engines.vault.local import LocalVault
from beholden.testing.clock import FakeClock
from beholden.testing.faces import a_face

folder = Path(sys.argv[1])
records = SqlRecords(sqlite_url(folder / "records.db"), LocalVault(folder), FakeClock())
staff = records.collections.get("staff")
for seed in range(int(sys.argv[2]), 10**6):
    for face in records.faces.add(staff, [a_face(2 * seed), a_face(2 * seed + 1)], 10**6):
        sys.stdout.write(face.face_id + "\\n")
    sys.stdout.flush()
"""


@pytest.fixture
def records(tmp_path):
    records = SqlRecords(sqlite_url(tmp_path / "records.db"), LocalVault(tmp_path), FakeClock())
    records.collections.create("staff", "arn", MODEL_VERSION, {})
    yield records
    records.close()


def killed(folder, start, after_lines, extra_bytes):
    """Face ids that a child acknowledged before it was killed, `extra_bytes` after some line."""
    child = subprocess.Popen(
        [sys.executable, "-c", ENROL, str(folder), str(start)], stdout=subprocess.PIPE
    )
    told = b"".join(child.stdout.readline() for _ in range(after_lines))
    told += child.stdout.read(extra_bytes)
    child.kill()
    told += child.stdout.read()
    child.wait()
    return [line.decode() for line in told.splitlines(keepends=False) if len(line) == 36]


def test_every_acknowledged_face_survives_and_none_is_there_twice(records, tmp_path):
    chance = random.Random(7)
    acknowledged = []
    for start in (0, 0, 3, 10):
        acknowledged += killed(tmp_path, start, chance.randrange(1, 60), chance.randrange(37))
        staff = records.collections.get("staff")
        faces = records.faces.list(staff, 0, 10**6)
        stored = Counter(face.face_id for face in faces)
        assert set(acknowledged) <= stored.keys()
        assert set(stored.values()) == {1}
        assert (
            staff.face_count
            == len(faces)
            == len(records.faces.embeddings(staff, [face.no for face in faces]))
        )
        assert len(faces) % 2 == 0  # a call enrols all or none
        changes = records.changes.changes(GalleryRef(staff.no, Subject.FACE), 0)
        assert changes.put_nos.tolist() == [face.no for face in faces]
        assert changes.seq == staff.change_seq == len(faces)
