"""Rows that carry rules are sealed: only who holds the vault can write one that counts.

A seal is an HMAC-SHA256 over all that its row says, under a secret of the vault. It tells a row
that this deployment wrote from one that was written into the database; not an older one of its own
that was put back (the terms logged at each start show that).
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Table, and_, select, update

from beholden.domain.errors import AlteredRules, OperatorError, ResourceNotFound
from beholden.engines.records.database import Database
from beholden.engines.records.leads_schema import leads, verdicts
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
# A data key that seals nothing: that it is there says, outside the database, that seals are due.
ADOPTED = "rules are sealed"


class Seals:
    def __init__(self, database: Database, vault: Vault) -> None:
        """Seal, once, what a version before seals has written. Raises OperatorError if the vault
        does not know of the seals that are there."""
        self._secret = vault.derive("records: seals of rules")
        if _unknown(vault):
            with database.writing() as connection:
                for table in RULES:
                    self._adopt(connection, table)
            vault.create(ADOPTED)

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

    def _adopt(self, connection: Connection, table: Table) -> None:
        sealed = select(table).where(table.c.seal.is_not(None))
        try:
            self.check(table, connection.execute(sealed).all())
        except AlteredRules as error:
            raise OperatorError(str(error)) from error
        self.put(connection, table, table.c.seal.is_(None))

    def _seal(self, table: Table, row: Row[Any]) -> bytes:
        says = [row._mapping[column] for column in table.c if column is not table.c.seal]
        return hmac.digest(self._secret, _text([table.name, says]).encode(), "sha256")


def _unknown(vault: Vault) -> bool:
    try:
        vault.seal(ADOPTED, [], [])
    except ResourceNotFound:
        return True
    return False


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, bytes):
        return sha256(value).hexdigest()
    raise TypeError(f"a rule holds no {type(value).__name__}")


_text = json.JSONEncoder(default=_plain, sort_keys=True).encode


def _name(table: Table, row: Row[Any]) -> str:
    return "/".join(str(row._mapping[column]) for column in table.primary_key)
