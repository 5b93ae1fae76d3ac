"""Consent receipts, sealed; they are found by a salted hash of the subject."""

from __future__ import annotations

import hmac
import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Row, Select, delete, insert, select, update

from beholden.domain.consent import Consent
from beholden.domain.errors import ResourceNotFound
from beholden.domain.person import Person
from beholden.engines.records.database import Database
from beholden.engines.records.purposes_schema import consents
from beholden.engines.records.seals import Seals
from beholden.ports.clock import Clock
from beholden.ports.vault import Vault

DATA_KEY = "consents"


class SqlConsents:
    kind = "consents"

    def __init__(self, database: Database, vault: Vault, clock: Clock, seals: Seals) -> None:
        self._database = database
        self._seals = seals
        self._vault = vault
        self._clock = clock
        self._salt = vault.derive("records: consent subjects")

    def add(self, consent: Consent, receipt: str) -> None:
        hashed = self._hash(consent.subject)
        text = json.dumps([consent.subject, receipt]).encode()
        context = _context(hashed, consent.purpose)
        key = _data_key(context)
        self._vault.create(DATA_KEY)
        self._vault.create(key)
        sealed = self._vault.seal(key, [text], [context])[0]
        with self._database.writing() as connection:
            connection.execute(delete(consents).where(_is(hashed, consent.purpose)))
            connection.execute(
                insert(consents).values(
                    subject_hash=hashed,
                    purpose=consent.purpose,
                    sealed=sealed,
                    receipt_sha256=consent.receipt_sha256,
                    recorded_by=consent.recorded_by,
                    recorded_at=consent.recorded_at,
                    withdrawn_at=consent.withdrawn_at,
                )
            )
            self._seals.put(connection, consents, _is(hashed, consent.purpose))

    def withdraw(self, subject: str, purpose: str) -> Consent:
        this = _is(self._hash(subject), purpose)
        with self._database.writing() as connection:
            row = connection.execute(select(consents).where(this).with_for_update()).one_or_none()
            consent = self._consent(_there(row, subject, purpose))
            if consent.withdrawn_at is None:
                consent = replace(consent, withdrawn_at=self._clock.now())
                ended = update(consents).where(this).values(withdrawn_at=consent.withdrawn_at)
                connection.execute(ended)
                self._seals.put(connection, consents, this)
        return consent

    def given(self, subject: str, purpose: str) -> bool:
        this = _is(self._hash(subject), purpose)
        with self._database.reading() as connection:
            row = connection.execute(select(consents).where(this)).one_or_none()
        self._seals.one(consents, row)
        return row is not None and row.withdrawn_at is None

    def list(self, purpose: str | None = None) -> Sequence[Consent]:
        found: Select[Any] = select(consents).order_by(consents.c.no)
        if purpose is not None:
            found = found.where(consents.c.purpose == purpose)
        with self._database.reading() as connection:
            rows = connection.execute(found).all()
        return [self._consent(row) for row in rows]

    def receipt(self, subject: str, purpose: str) -> str:
        this = _is(self._hash(subject), purpose)
        with self._database.reading() as connection:
            row = connection.execute(select(consents).where(this)).one_or_none()
        return self._opened(_there(row, subject, purpose))[1]

    def count(self, person: Person) -> int:
        with self._database.reading() as connection:
            return len(connection.execute(self._of(person)).all())

    def erase(self, person: Person) -> int:
        """The receipts go with what they permitted; that there were some stands in the log. Keys go
        before rows: if this is cut short, it can be done again."""
        with self._database.writing() as connection:
            rows = connection.execute(self._of(person)).all()
            for row in rows:
                self._vault.destroy(_data_key(_context(row.subject_hash, row.purpose)))
            connection.execute(delete(consents).where(consents.c.no.in_([row.no for row in rows])))
        return len(rows)

    def _of(self, person: Person) -> Select[Any]:
        hashes = [self._hash(subject) for subject in person.subjects]
        return select(consents).where(consents.c.subject_hash.in_(hashes))

    def _hash(self, subject: str) -> bytes:
        return hmac.digest(self._salt, subject.encode(), "sha256")

    def _opened(self, row: Row[Any]) -> tuple[str, str]:
        """Subject and receipt."""
        context = _context(row.subject_hash, row.purpose)
        try:
            (text,) = self._vault.open(_data_key(context), [row.sealed], [context])
        except ResourceNotFound:  # sealed before each receipt had a key of its own
            (text,) = self._vault.open(DATA_KEY, [row.sealed], [context])
        subject, receipt = json.loads(text)
        return subject, receipt

    def _consent(self, row: Row[Any]) -> Consent:
        self._seals.one(consents, row)
        return Consent(
            self._opened(row)[0],
            row.purpose,
            row.receipt_sha256,
            row.recorded_by,
            row.recorded_at,
            row.withdrawn_at,
        )


def _is(hashed: bytes, purpose: str) -> Any:
    return (consents.c.purpose == purpose) & (consents.c.subject_hash == hashed)


def _data_key(context: bytes) -> str:
    """The key of one receipt."""
    return f"{DATA_KEY}#{context.hex()}"


def _context(hashed: bytes, purpose: str) -> bytes:
    return b"%b:%b" % (hashed, purpose.encode())


def _there(row: Row[Any] | None, subject: str, purpose: str) -> Row[Any]:
    if row is None:
        raise ResourceNotFound(f"No consent of {subject} to {purpose} is on file.")
    return row
