"""Access keys and the sessions opened with them; their secrets are sealed."""

from __future__ import annotations

import base64
import secrets
import string
from collections.abc import Sequence
from datetime import timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import bindparam, delete, insert, select, update

from beholden.domain.errors import OperatorError
from beholden.domain.key import AccessKey, NewSession
from beholden.engines.records.database import Database
from beholden.engines.records.memo import Memo
from beholden.engines.records.schema import access_keys
from beholden.engines.records.sessions_schema import sessions
from beholden.ports.clock import Clock
from beholden.ports.vault import Vault

DATA_KEY = "access keys"
SECRET_LETTERS = string.ascii_letters + string.digits
DECOY = b"no key"
SESSION_PREFIX = "ASIA"
# A client that comes too late is told that its session has expired, not that there was none.
KEPT_AFTER_EXPIRY = timedelta(days=1)

SHOWN = [column for column in access_keys.c if column is not access_keys.c.secret]
ONE = select(*SHOWN, access_keys.c.secret).where(access_keys.c.key_id == bindparam("key_id"))
# A session as the temporary key that it is: it goes with its parent.
SESSION = (
    select(
        sessions.c.key_id,
        access_keys.c.holder,
        sessions.c.role,
        sessions.c.purpose,
        sessions.c.opened_at.label("created_at"),
        access_keys.c.disabled_at,
        sessions.c.parent,
        sessions.c.session_name,
        sessions.c.case,
        sessions.c.expires_at,
        sessions.c.token_sha256,
        sessions.c.secret,
    )
    .join(access_keys, access_keys.c.key_id == sessions.c.parent)
    .where(sessions.c.key_id == bindparam("key_id"))
)


class SqlKeys:
    def __init__(self, database: Database, vault: Vault, clock: Clock) -> None:
        self._database = database
        self._vault = vault
        self._clock = clock
        self._decoy: bytes | None = None
        self._known: Memo[tuple[AccessKey, str] | None] = Memo(database)

    def create(
        self, holder: str, role: str, purpose: str, may_assume: Sequence[str] = ()
    ) -> tuple[AccessKey, str]:
        now = self._clock.now()
        key = AccessKey(_new_id("AKIA"), holder, role, purpose, now, None, tuple(may_assume))
        secret, sealed = self._new_secret(key.key_id)
        columns = {column.name: getattr(key, column.name) for column in SHOWN}
        with self._database.writing() as connection:
            connection.execute(insert(access_keys).values(**columns, secret=sealed))
        return key, secret

    def open_session(self, parent: AccessKey, new: NewSession) -> tuple[AccessKey, str, str]:
        now, token = self._clock.now(), secrets.token_urlsafe(64)
        key_id = _new_id(SESSION_PREFIX)
        secret, sealed = self._new_secret(key_id)
        row = {
            "key_id": key_id,
            "parent": parent.key_id,
            "role": new.role,
            "purpose": new.purpose,
            "session_name": new.name,
            "case": new.case,
            "opened_at": now,
            "expires_at": new.expires_at,
            "token_sha256": sha256(token.encode()).digest(),
            "secret": sealed,
        }
        with self._database.writing() as connection:
            connection.execute(
                delete(sessions).where(sessions.c.expires_at < now - KEPT_AFTER_EXPIRY)
            )
            connection.execute(insert(sessions).values(**row))
            found = connection.execute(SESSION, {"key_id": key_id}).one()
        return _key(found), secret, token

    def find(self, key_id: str) -> tuple[AccessKey, str] | None:
        """Looked up anew whenever anything was committed since: a disabled key stops at once."""
        return self._known.get(key_id, self._find)

    def _find(self, key_id: str) -> tuple[AccessKey, str] | None:
        with self._database.reading() as connection:
            one = SESSION if key_id.startswith(SESSION_PREFIX) else ONE
            row = connection.execute(one, {"key_id": key_id}).one_or_none()
        if row is None:
            # As much work as for a key that is there: the time taken does not tell them apart.
            self._open_decoy()
            return None
        secret = self._vault.open(DATA_KEY, [row.secret], [key_id.encode()])[0]
        return _key(row), secret.decode()

    def _new_secret(self, key_id: str) -> tuple[str, bytes]:
        """A secret, and how it is kept: sealed, and bound to its key."""
        secret = "".join(secrets.choice(SECRET_LETTERS) for _ in range(40))
        self._vault.create(DATA_KEY)
        return secret, self._vault.seal(DATA_KEY, [secret.encode()], [key_id.encode()])[0]

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


def _new_id(prefix: str) -> str:
    """AKIA (a key) or ASIA (a session) and 16 letters of base32, as AWS writes them."""
    return f"{prefix}{base64.b32encode(secrets.token_bytes(10)).decode()}"


def _key(row: Any) -> AccessKey:
    columns = dict(row._mapping)
    columns.pop("secret", None)
    return AccessKey(**columns | {"may_assume": tuple(columns.get("may_assume", ()))})
