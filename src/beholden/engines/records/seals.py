"""Rows that carry rules are sealed: only who holds the vault can write one that counts.

A seal is an HMAC-SHA256 over all that its row says, under a secret of the vault. It tells a row
that this deployment wrote from one that was written into the database; not an older one of its own
that was put back (the terms logged at each start show that).
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Table, and_, func, select, update

from beholden.domain.errors import AlteredRules, OperatorError
from beholden.engines.records.leads_schema import leads, verdicts
from beholden.engines.records.migrate import migrate
from beholden.engines.records.profiles_schema import profiles, proposals
from beholden.engines.records.purposes_schema import bindings, consents, purposes
from beholden.engines.records.schema import access_keys
from beholden.engines.records.sessions_schema import sessions
from beholden.ports.vault import Vault

RULES = (
    purposes,
    bindings,
    consents,
    profiles,
    proposals,
    access_keys,
    sessions,
    leads,
    verdicts,
)
# Tables of an older revision have no seals.
FIRST = "0012_seals"
# Told, before it holds, how many rows of which table are to be sealed on trust; it may refuse.
Trust = Callable[[Mapping[str, int]], None]


def trust_nothing(_rows: Mapping[str, int]) -> None:
    """Raises OperatorError."""
    raise OperatorError("These records are of a version before seals: nobody vouches for them.")


class Seals:
    def __init__(self, vault: Vault, trust: Trust) -> None:
        self._secret = vault.derive("records: seals of rules")
        self._trust = trust

    def migrate(self, connection: Connection) -> None:
        """Bring the tables to this version. What one before seals has written is sealed as it
        stands, in the same transaction and never again. Raises OperatorError."""
        before = migrate(connection)
        if before is None or before >= FIRST:
            return
        rows = {table.name: _count(connection, table) for table in RULES}
        if any(rows.values()):
            self._trust(rows)
        for table in RULES:
            self.put(connection, table)

    def put(self, connection: Connection, table: Table, *this: ColumnElement[bool]) -> None:
        """Seal the rows that this transaction has written, or has checked and changed."""
        for row in connection.execute(select(table).where(*this)):
            same = (column == row._mapping[column] for column in table.primary_key)
            connection.execute(update(table).where(and_(*same)).values(seal=self._seal(table, row)))

    def check(self, table: Table, rows: Sequence[Row[Any]]) -> None:
        """Raises AlteredRules unless each row, which has all columns of the table, is as sealed."""
        for row in rows:
            self.one(table, row)

    def one(self, table: Table, row: Row[Any] | None) -> None:
        """The same of one row, if there is one."""
        if row is not None and not hmac.compare_digest(
            row._mapping[table.c.seal] or b"", self._seal(table, row)
        ):
            raise AlteredRules(table.name, _name(table, row))

    def _seal(self, table: Table, row: Row[Any]) -> bytes:
        says = [row._mapping[column] for column in table.c if column is not table.c.seal]
        return hmac.digest(self._secret, _text([table.name, says]).encode(), "sha256")


def _count(connection: Connection, table: Table) -> int:
    return connection.scalar(select(func.count()).select_from(table)) or 0


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, bytes):
        return sha256(value).hexdigest()
    raise TypeError(f"a rule holds no {type(value).__name__}")


_text = json.JSONEncoder(default=_plain, sort_keys=True).encode


def _name(table: Table, row: Row[Any]) -> str:
    return "/".join(str(row._mapping[column]) for column in table.primary_key)
