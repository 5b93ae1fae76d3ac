"""Each authorization has a data key of its own; those of before share one, and leave it at once."""

from dataclasses import replace

import pytest
from sqlalchemy import create_engine, text

from beholden.domain.errors import ResourceNotFound
from beholden.engines.records.engine import SqlRecords
from beholden.testing.authorizations import an_authorization
from beholden.testing.clock import FakeClock
from beholden.testing.vault import FakeVault
from tests.tables import with_tables

SHARED = "authorizations"


@pytest.fixture
def vault():
    return FakeVault()


@pytest.fixture
def kept(tmp_path, vault):
    """Two authorizations as they were sealed before."""
    url = with_tables(tmp_path)
    records = SqlRecords(url, vault, FakeClock())
    vault.create(SHARED)
    for number in ("a", "b"):
        records.authorizations.add(an_authorization(number))
    with create_engine(url).begin() as connection:
        rows = connection.execute(text("SELECT * FROM authorizations")).all()
        for row in rows:
            context = [row.authorization_id.encode()]
            sealed = vault.seal(SHARED, vault.open(row.data_key, [row.sealed], context), context)
            this = {"id": row.authorization_id, "key": SHARED, "sealed": sealed[0]}
            put = "UPDATE authorizations SET data_key = :key, sealed = :sealed"
            connection.execute(text(f"{put} WHERE authorization_id = :id"), this)
            vault.destroy(row.data_key)
    yield records.authorizations
    records.close()


def other_scope(one):
    return replace(one, scope=replace(one.scope, people=()))


@pytest.mark.parametrize(
    ("end", "left"),
    [
        (lambda kept: kept.delete("a"), []),
        (lambda kept: kept.change("a", other_scope), [other_scope(an_authorization("a"))]),
    ],
)
def test_the_shared_key_ends_with_the_first_that_leaves_it(kept, vault, end, left):
    end(kept)
    assert sorted(kept.list(), key=lambda one: one.authorization_id) == [
        *left,
        an_authorization("b"),
    ]
    with pytest.raises(ResourceNotFound):
        vault.seal(SHARED, [b""], [b""])


def test_what_changes_nothing_of_the_scope_leaves_the_key(kept, vault):
    kept.change("a", lambda one: replace(one, ended_by="eve"))
    assert kept.get("a").ended_by == "eve"
    assert vault.seal(SHARED, [b""], [b""])
