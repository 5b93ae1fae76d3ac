"""Access keys; their secrets are sealed."""

from __future__ import annotations

import base64
import secrets
import string
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, bindparam, insert, select, update

from beholden.domain.errors import OperatorError
from beholden.domain.key import AccessKey
from beholden.engines.records.database import Database
from beholden.engines.records.memo import Memo
from beholden.engines.records.schema import access_keys
from beholden.ports.clock import Clock
from beholden.ports.vault import Vault

DATA_KEY = "access keys"
SECRET_LETTERS = string.ascii_letters + string.digits
DECOY = b"no key"
SHOWN = [column for column in access_keys.c if column is not access_keys.c.secret]
ONE = select(*SHOWN, access_keys.c.secret).where(access_keys.c.key_id == bindparam("key_id"))


class SqlKeys:
    def __init__(self, database: Database, vault: Vault, clock: Clock) -> None:
        self._database = database
        self._vault = vault
        self._clock = clock
        self._decoy: bytes | None = None
        self._known: Memo[tuple[AccessKey, str] | None] = Memo(database)

    def create(self, holder: str, role: str, purpose: str) -> tuple[AccessKey, str]:
        key = AccessKey(_new_id(), holder, role, purpose, self._clock.now(), None)
        secret = "".join(secrets.choice(SECRET_LETTERS) for _ in range(40))
        self._vault.create(DATA_KEY)
        sealed = self._vault.seal(DATA_KEY, [secret.encode()], [key.key_id.encode()])[0]
        columns = {column.name: getattr(key, column.name) for column in SHOWN}
        with self._database.writing() as connection:
            connection.execute(insert(access_keys).values(**columns, secret=sealed))
        return key, secret

    def find(self, key_id: str) -> tuple[AccessKey, str] | None:
        """Looked up anew whenever anything was committed since: a disabled key stops at once."""
        return self._known.get(key_id, self._find)

    def _find(self, key_id: str) -> tuple[AccessKey, str] | None:
        with self._database.reading() as connection:
            row = connection.execute(ONE, {"key_id": key_id}).one_or_none()
        if row is None:
            # As much work as for a key that is there: the time taken does not tell them apart.
            self._open_decoy()
            return None
        *shown, sealed = row
        secret = self._vault.open(DATA_KEY, [sealed], [key_id.encode()])[0]
        return AccessKey(*shown), secret.decode()

    def _open_decoy(self) -> None:
        if self._decoy is None:
            self._vault.create(DATA_KEY)
            self._decoy = self._vault.seal(DATA_KEY, [bytes(40)], [DECOY])[0]
        self._vault.open(DATA_KEY, [self._decoy], [DECOY])

    def list(self) -> Sequence[AccessKey]:
        page = select(*SHOWN).order_by(access_keys.c.created_at, access_keys.c.key_id)
        with self._database.reading() as connection:
            return [_key(row) for row in connection.execute(page)]

    def disable(self, key_id: str) -> AccessKey:
        of_key = access_keys.c.key_id == key_id
        enabled = access_keys.c.disabled_at.is_(None)
        with self._database.writing() as connection:
            connection.execute(
                update(access_keys).where(of_key, enabled).values(disabled_at=self._clock.now())
            )
            row = connection.execute(select(*SHOWN).where(of_key)).one_or_none()
        if row is None:
            raise OperatorError(f"There is no key {key_id}: `beholden keys list` shows them.")
        return _key(row)


def _new_id() -> str:
    """AKIA and 16 letters of base32, as AWS writes them."""
    return f"AKIA{base64.b32encode(secrets.token_bytes(10)).decode()}"


def _key(row: Row[Any]) -> AccessKey:
    return AccessKey(**row._mapping)
