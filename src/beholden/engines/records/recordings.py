"""Recordings of stream processors, and whom they show."""

from __future__ import annotations

import hmac
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import ColumnElement, delete, insert, select, update

from beholden.domain.recording import Recorded
from beholden.engines.records.database import Database
from beholden.engines.records.recordings_schema import recorded_people, recordings
from beholden.ports.clock import Clock
from beholden.ports.vault import Vault


class SqlRecordings:
    def __init__(self, database: Database, vault: Vault, clock: Clock) -> None:
        self._database = database
        self._salt = vault.derive("records: whom recordings show")
        self._clock = clock

    def begin(self, recorded: Recorded) -> Recorded:
        row = {
            "bucket": recorded.bucket,
            "key": recorded.key,
            "purpose": recorded.purpose,
            "authorization_id": recorded.authorization_id,
            "began": recorded.began,
        }
        with self._database.writing() as connection:
            made = connection.execute(insert(recordings).values(**row))
        (no,) = made.inserted_primary_key or (0,)
        return replace(recorded, no=no)

    def shows(self, recorded: Recorded, names: Collection[str]) -> None:
        this = recordings.c.no == recorded.no
        with self._database.writing() as connection:
            if connection.execute(select(recordings.c.no).where(this)).first() is None:
                return
            of_it = recorded_people.c.recording_no == recorded.no
            known = set(
                connection.execute(select(recorded_people.c.name_hash).where(of_it)).scalars()
            )
            for name_hash in self._hashes(names) - known:
                row = {"recording_no": recorded.no, "name_hash": name_hash}
                connection.execute(insert(recorded_people).values(**row))

    def wanted(self, recorded: Recorded) -> bool:
        return bool(
            self._found(recordings.c.no == recorded.no, recordings.c.doomed_at.is_(None), limit=1)
        )

    def showing(self, names: Collection[str]) -> Sequence[Recorded]:
        of = recorded_people.c.name_hash.in_(self._hashes(names))
        shown = select(recorded_people.c.recording_no).where(of)
        return self._found(recordings.c.no.in_(shown))

    def under(self, authorization_id: str) -> Sequence[Recorded]:
        return self._found(recordings.c.authorization_id == authorization_id)

    def expired(self, purpose: str, by: datetime, limit: int) -> Sequence[Recorded]:
        over = (recordings.c.purpose == purpose) & (recordings.c.began <= by)
        return self._found(over, recordings.c.doomed_at.is_(None), limit=limit)

    def doomed(self, by: datetime, limit: int) -> Sequence[Recorded]:
        return self._found(recordings.c.doomed_at <= by, limit=limit)

    def doom(self, recorded: Recorded) -> None:
        this = update(recordings).where(recordings.c.no == recorded.no)
        with self._database.writing() as connection:
            connection.execute(this.values(doomed_at=self._clock.now()))

    def forget(self, recorded: Recorded) -> None:
        of_it = recorded_people.c.recording_no == recorded.no
        with self._database.writing() as connection:
            connection.execute(delete(recorded_people).where(of_it))
            connection.execute(delete(recordings).where(recordings.c.no == recorded.no))

    def _found(self, *which: ColumnElement[bool], limit: int | None = None) -> Sequence[Recorded]:
        found = select(recordings).where(*which).order_by(recordings.c.no).limit(limit)
        with self._database.reading() as connection:
            rows = connection.execute(found).all()
        return [
            Recorded(row.bucket, row.key, row.purpose, row.authorization_id, row.began, row.no)
            for row in rows
        ]

    def _hashes(self, names: Collection[str]) -> set[bytes]:
        return {hmac.digest(self._salt, name.encode(), "sha256")[:16] for name in names}
