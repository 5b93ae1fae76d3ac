"""Cameras and stream processors."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, and_, delete, insert, or_, select, update

from beholden.domain.errors import ResourceInUse, ResourceNotFound, TooManyProcessors
from beholden.domain.stream import (
    AT_REST,
    Camera,
    Notice,
    StreamProcessor,
    StreamStatus,
    check_free,
)
from beholden.engines.records.database import Database
from beholden.engines.records.memo import Memo
from beholden.engines.records.streams_schema import cameras, stream_processors
from beholden.ports.clock import Clock
from beholden.ports.vault import Vault

DATA_KEY = "streams"


class SqlCameras:
    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    def put(self, camera: Camera) -> Camera:
        self._vault.create(DATA_KEY)
        context = [f"camera {camera.name}".encode()]
        sealed = self._vault.seal(DATA_KEY, [camera.source.encode()], context)[0]
        this = cameras.c.name == camera.name
        row = {"name": camera.name, "arn": camera.arn, "added_at": camera.added_at}
        with self._database.writing() as connection:
            changed = connection.execute(update(cameras).where(this).values(source=sealed))
            if not changed.rowcount:
                connection.execute(insert(cameras).values(**row, source=sealed))
            return self._opened(_camera(connection, camera.name))

    def get(self, name: str) -> Camera:
        with self._database.reading() as connection:
            return self._opened(_camera(connection, name))

    def list(self) -> Sequence[Camera]:
        with self._database.reading() as connection:
            rows = connection.execute(select(cameras).order_by(cameras.c.name)).all()
        return [self._opened(row) for row in rows]

    def put_notice(self, name: str, notice: Notice) -> Camera:
        told = asdict(notice) | {"since": notice.since.isoformat()}
        with self._database.writing() as connection:
            _camera(connection, name)
            this = cameras.c.name == name
            connection.execute(update(cameras).where(this).values(notice=told))
            return self._opened(_camera(connection, name))

    def remove(self, name: str) -> Camera:
        with self._database.writing() as connection:
            removed = self._opened(_camera(connection, name))
            connection.execute(delete(cameras).where(cameras.c.name == name))
        return removed

    def _opened(self, row: Row[Any]) -> Camera:
        context = [f"camera {row.name}".encode()]
        (source,) = self._vault.open(DATA_KEY, [row.source], context)
        notice = _notice(row.notice) if row.notice else None
        return Camera(row.name, row.arn, source.decode(), row.added_at, notice)


class SqlStreamProcessors:
    def __init__(self, database: Database, vault: Vault, clock: Clock) -> None:
        self._database = database
        self._vault = vault
        self._clock = clock
        self._known: Memo[Sequence[StreamProcessor]] = Memo(database)

    def add(self, processor: StreamProcessor, limit: int) -> StreamProcessor:
        self._vault.create(DATA_KEY)
        with self._database.writing() as connection:
            others = [self._opened(row) for row in connection.execute(select(stream_processors))]
            check_free(processor, others)
            if len(others) >= limit:
                raise TooManyProcessors
            connection.execute(insert(stream_processors).values(**self._row(processor)))
            return self._opened(_processor(connection, processor.name))

    def get(self, name: str) -> StreamProcessor:
        with self._database.reading() as connection:
            return self._opened(_processor(connection, name))

    def list(self, after: int = 0, limit: int | None = None) -> Sequence[StreamProcessor]:
        """Asked time and again by whoever runs them: read when somebody has committed."""
        return self._known.get(f"{after} {limit}", lambda _: self._list(after, limit))

    def _list(self, after: int, limit: int | None) -> Sequence[StreamProcessor]:
        number = stream_processors.c.no
        found = select(stream_processors).where(number > after).order_by(number).limit(limit)
        with self._database.reading() as connection:
            rows = connection.execute(found).all()
        return [self._opened(row) for row in rows]

    def change(
        self, name: str, change: Callable[[StreamProcessor], StreamProcessor]
    ) -> StreamProcessor:
        with self._database.writing() as connection:
            row = _processor(connection, name, locked=True)
            changed = change(self._opened(row))
            this = stream_processors.c.no == row.no
            connection.execute(update(stream_processors).where(this).values(**self._row(changed)))
        return changed

    def delete(self, name: str) -> StreamProcessor:
        with self._database.writing() as connection:
            row = _processor(connection, name, locked=True)
            if row.status not in AT_REST:
                raise ResourceInUse(f"The stream processor {name} is {row.status}: stop it first.")
            this = stream_processors.c.no == row.no
            connection.execute(delete(stream_processors).where(this))
            return self._opened(row)

    def hold(self, name: str, holder: str, lease: timedelta) -> bool:
        now, row = self._clock.now(), stream_processors.c
        free = or_(row.holder.is_(None), row.holder == holder, row.leased_until < now)
        held = update(stream_processors).where(and_(row.name == name, free))
        with self._database.writing() as connection:
            taken = connection.execute(held.values(holder=holder, leased_until=now + lease))
        return bool(taken.rowcount)

    def release(self, name: str, holder: str) -> None:
        row = stream_processors.c
        mine = update(stream_processors).where(and_(row.name == name, row.holder == holder))
        with self._database.writing() as connection:
            connection.execute(mine.values(holder=None, leased_until=None))

    def _row(self, one: StreamProcessor) -> dict[str, Any]:
        kept = {"request": dict(one.request), "grant": dict(one.grant) if one.grant else None}
        text, context = json.dumps(kept).encode(), f"processor {one.name}".encode()
        return {
            "name": one.name,
            "arn": one.arn,
            "camera": one.camera,
            "status": one.status,
            "message": one.message,
            "created_at": one.created_at,
            "updated_at": one.updated_at,
            "session_id": one.session_id,
            "sealed": self._vault.seal(DATA_KEY, [text], [context])[0],
        }

    def _opened(self, row: Row[Any]) -> StreamProcessor:
        context = f"processor {row.name}".encode()
        (text,) = self._vault.open(DATA_KEY, [row.sealed], [context])
        kept = json.loads(text)
        return StreamProcessor(
            name=row.name,
            arn=row.arn,
            camera=row.camera,
            request=kept["request"],
            created_at=row.created_at,
            updated_at=row.updated_at,
            status=StreamStatus(row.status),
            message=row.message,
            grant=kept["grant"],
            session_id=row.session_id,
            no=row.no,
        )


def _notice(told: Mapping[str, Any]) -> Notice:
    since = datetime.fromisoformat(told["since"])
    return Notice(told["place"], tuple(told["purposes"]), told["operator"], since)


def _camera(connection: Connection, name: str) -> Row[Any]:
    row = connection.execute(select(cameras).where(cameras.c.name == name)).one_or_none()
    if row is None:
        raise ResourceNotFound(f"There is no camera {name}.")
    return row


def _processor(connection: Connection, name: str, *, locked: bool = False) -> Row[Any]:
    found = select(stream_processors).where(stream_processors.c.name == name)
    row = connection.execute(found.with_for_update() if locked else found).one_or_none()
    if row is None:
        raise ResourceNotFound(f"The stream processor {name} does not exist.")
    return row
