"""Access keys and the sessions opened with them; their secrets are sealed."""

from __future__ import annotations

import base64
import secrets
import string
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import Row, bindparam, delete, insert, select, update

from beholden.domain.errors import OperatorError
from beholden.domain.key import AccessKey, NewSession
from beholden.engines.records.database import Database
from beholden.engines.records.memo import Memo
from beholden.engines.records.schema import access_keys
from beholden.engines.records.seals import Seals
from beholden.engines.records.sessions_schema import sessions
from beholden.ports.clock import Clock
from beholden.ports.vault import Vault

DATA_KEY = "access keys"
SECRET_LETTERS = string.ascii_letters + string.digits
DECOY = b"no key"
SESSION_PREFIX = "ASIA"
# A client that comes too late is told that its session has expired, not that there was none.
KEPT_AFTER_EXPIRY = timedelta(days=1)

ONE = select(access_keys).where(access_keys.c.key_id == bindparam("key_id"))
SESSION = (
    select(sessions, access_keys)
    .join(access_keys, access_keys.c.key_id == sessions.c.parent)
    .where(sessions.c.key_id == bindparam("key_id"))
)


class SqlKeys:
    def __init__(self, database: Database, vault: Vault, clock: Clock, seals: Seals) -> None:
        self._database = database
        self._seals = seals
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
        row = {
            "key_id": key.key_id,
            "holder": holder,
            "role": role,
            "purpose": purpose,
            "created_at": now,
            "may_assume": key.may_assume,
            "secret": sealed,
        }
        with self._database.writing() as connection:
            connection.execute(insert(access_keys).values(**row))
            self._seals.put(connection, access_keys, access_keys.c.key_id == key.key_id)
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
            self._seals.put(connection, sessions, sessions.c.key_id == key_id)
            found = connection.execute(SESSION, {"key_id": key_id}).one()
        return self._session(found), secret, token

    def find(self, key_id: str) -> tuple[AccessKey, str] | None:
        """Looked up anew whenever anything was committed since: a disabled key stops at once."""
        return self._known.get(key_id, self._find)

    def _find(self, key_id: str) -> tuple[AccessKey, str] | None:
        with self._database.reading() as connection:
            of_session = key_id.startswith(SESSION_PREFIX)
            one = SESSION if of_session else ONE
            row = connection.execute(one, {"key_id": key_id}).one_or_none()
        if row is None:
            # As much work as for a key that is there: the time taken does not tell them apart.
            self._open_decoy()
            return None
        key = self._session(row) if of_session else self._key(row)
        sealed = row._mapping[(sessions if of_session else access_keys).c.secret]
        secret = self._vault.open(DATA_KEY, [sealed], [key_id.encode()])[0]
        return key, secret.decode()

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
        page = select(access_keys).order_by(access_keys.c.created_at, access_keys.c.key_id)
        with self._database.reading() as connection:
            rows = connection.execute(page).all()
        return [self._key(row) for row in rows]

    def disable(self, key_id: str) -> AccessKey:
        of_key = access_keys.c.key_id == key_id
        with self._database.writing() as connection:
            row = connection.execute(ONE.with_for_update(), {"key_id": key_id}).one_or_none()
            if row is None:
                raise OperatorError(f"There is no key {key_id}: `beholden keys list` shows them.")
            key = self._key(row)
            if key.disabled_at is None:
                key = replace(key, disabled_at=self._clock.now())
                ended = update(access_keys).where(of_key).values(disabled_at=key.disabled_at)
                connection.execute(ended)
                self._seals.put(connection, access_keys, of_key)
        return key

    def _key(self, row: Row[Any]) -> AccessKey:
        self._seals.one(access_keys, row)
        return AccessKey(
            row.key_id,
            row.holder,
            row.role,
            row.purpose,
            row.created_at,
            row.disabled_at,
            tuple(row.may_assume),
        )

    def _session(self, row: Row[Any]) -> AccessKey:
        """A session as the temporary key that it is: it goes with its parent."""
        self._seals.one(access_keys, row)
        self._seals.one(sessions, row)
        told = row._mapping
        return AccessKey(
            key_id=told[sessions.c.key_id],
            holder=row.holder,
            role=told[sessions.c.role],
            purpose=told[sessions.c.purpose],
            created_at=row.opened_at,
            disabled_at=row.disabled_at,
            parent=row.parent,
            session_name=row.session_name,
            case=row.case,
            expires_at=row.expires_at,
            token_sha256=row.token_sha256,
        )


def _new_id(prefix: str) -> str:
    """AKIA (a key) or ASIA (a session) and 16 letters of base32, as AWS writes them."""
    return f"{prefix}{base64.b32encode(secrets.token_bytes(10)).decode()}"
