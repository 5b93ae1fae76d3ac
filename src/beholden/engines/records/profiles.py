"""Policy profiles chosen and loaded, and proposals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, Select, insert, select, update

from beholden.domain.errors import ResourceNotFound
from beholden.domain.profile import Profile
from beholden.domain.proposal import Proposal
from beholden.engines.records.database import Database
from beholden.engines.records.profiles_schema import profiles, proposals
from beholden.engines.records.seals import Seals
from beholden.ports.clock import Clock

_LAST = select(profiles).order_by(profiles.c.no.desc()).limit(1)
_WAITING = select(proposals).where(proposals.c.closed_at.is_(None))


class SqlProfiles:
    def __init__(self, database: Database, clock: Clock, seals: Seals) -> None:
        self._database = database
        self._seals = seals
        self._clock = clock

    def current(self) -> Profile | None:
        row = self._last()
        return None if row is None else Profile(row.profile)

    def loaded(self) -> str | None:
        row = self._last()
        return None if row is None else row.digest

    def choose(self, profile: Profile) -> None:
        self._insert(profile, None)

    def load(self, digest: str) -> None:
        row = self._last()
        if row is None:
            raise ResourceNotFound("No profile has been chosen.")
        self._insert(row.profile, digest)

    def _last(self) -> Row[Any] | None:
        with self._database.reading() as connection:
            row = connection.execute(_LAST).one_or_none()
        self._seals.one(profiles, row)
        return row

    def _insert(self, profile: str, digest: str | None) -> None:
        row = {"profile": str(profile), "digest": digest, "at": self._clock.now()}
        with self._database.writing() as connection:
            no = connection.execute(insert(profiles).values(**row).returning(profiles.c.no))
            self._seals.put(connection, profiles, profiles.c.no == no.scalar_one())


class SqlProposals:
    def __init__(self, database: Database, clock: Clock, seals: Seals) -> None:
        self._database = database
        self._seals = seals
        self._clock = clock

    def add(self, kind: str, what: Mapping[str, object], proposed_by: str) -> Proposal:
        at = self._clock.now()
        row = {"kind": kind, "what": dict(what), "proposed_by": proposed_by, "proposed_at": at}
        with self._database.writing() as connection:
            no = connection.execute(
                insert(proposals).values(**row).returning(proposals.c.no)
            ).scalar_one()
            self._seals.put(connection, proposals, proposals.c.no == no)
        return Proposal(no, kind, what, proposed_by, at)

    def waiting(self) -> Sequence[Proposal]:
        with self._database.reading() as connection:
            rows = connection.execute(_WAITING.order_by(proposals.c.no)).all()
        self._seals.check(proposals, rows)
        return [_proposal(row) for row in rows]

    def get(self, no: int) -> Proposal:
        with self._database.reading() as connection:
            return _proposal(self._row(connection, _WAITING, no))

    def close(self, no: int, closed_by: str) -> None:
        this = proposals.c.no == no
        with self._database.writing() as connection:
            self._row(connection, _WAITING.with_for_update(), no)
            closed = {"closed_by": closed_by, "closed_at": self._clock.now()}
            connection.execute(update(proposals).where(this).values(**closed))
            self._seals.put(connection, proposals, this)

    def _row(self, connection: Connection, waiting: Select[Any], no: int) -> Row[Any]:
        row = connection.execute(waiting.where(proposals.c.no == no)).one_or_none()
        if row is None:
            raise ResourceNotFound(f"No proposal {no} waits for approval.")
        self._seals.one(proposals, row)
        return row


def _proposal(row: Row[Any]) -> Proposal:
    return Proposal(row.no, row.kind, row.what, row.proposed_by, row.proposed_at)
