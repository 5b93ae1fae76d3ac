"""The records port's suite runs on each of these; set BEHOLDEN_TEST_POSTGRESQL_URL to an empty
database's URL to run it on PostgreSQL too."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from beholden.domain.face import Collection
from beholden.engines.records.engine import SqlRecords
from beholden.engines.records.schema import metadata
from beholden.testing.clock import FakeClock
from beholden.testing.faces import MODEL_VERSION
from beholden.testing.records import FakeRecords
from beholden.testing.vault import FakeVault
from tests.tables import with_tables

POSTGRESQL_URL = os.environ.get("BEHOLDEN_TEST_POSTGRESQL_URL")
ENGINES = ["fake", "sqlite", *(["postgresql"] if POSTGRESQL_URL else [])]
Records = FakeRecords | SqlRecords


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture(params=ENGINES)
def records(request: pytest.FixtureRequest, tmp_path: Path, clock: FakeClock) -> Iterator[Records]:
    engine: Records
    if request.param == "fake":
        engine = FakeRecords(clock)
    elif request.param == "sqlite":
        engine = SqlRecords(with_tables(tmp_path), FakeVault(), clock)
    else:
        emptied(POSTGRESQL_URL)
        engine = SqlRecords(POSTGRESQL_URL, FakeVault(), clock)
    yield engine
    engine.close()


def emptied(url: str) -> None:
    database = create_engine(url)
    with database.begin() as connection:
        metadata.drop_all(connection)
        connection.exec_driver_sql("DROP TABLE IF EXISTS alembic_version")
    database.dispose()


@pytest.fixture
def staff(records: Records) -> Collection:
    return records.collections.create("staff", "arn:staff", MODEL_VERSION, {})
