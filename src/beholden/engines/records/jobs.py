"""Jobs as those see them who start them and ask for results."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Connection,
    Row,
    Select,
    delete,
    func,
    insert,
    literal,
    select,
    tuple_,
    update,
)

from beholden.domain.errors import ResourceNotFound, TooManyJobs
from beholden.domain.job import Job, JobStatus, NewJob, ShownItem
from beholden.domain.request_token import Answer
from beholden.engines.records.answers import keep
from beholden.engines.records.database import Database
from beholden.engines.records.jobs_schema import job_items, job_parts, jobs
from beholden.ports.clock import Clock
from beholden.ports.vault import Vault

_RUNNING = jobs.c.status == JobStatus.IN_PROGRESS


class SqlJobs:
    def __init__(self, database: Database, vault: Vault, clock: Clock) -> None:
        self._database = database
        self._sealer = JobSealer(vault)
        self._clock = clock

    def add(self, job: NewJob, limit: int, answer: Answer | None) -> Job:
        """The data key is durable before the row is: a job is never without one."""
        asked = {"request": dict(job.request), "grant": dict(job.grant)}
        self._sealer.create(job.job_id)
        row = {
            "job_id": job.job_id,
            "kind": job.kind,
            "purpose": job.purpose,
            "status": JobStatus.IN_PROGRESS,
            "created_at": self._clock.now(),
            "sealed": self._sealer.seal(job.job_id, "asked", asked),
            "parts_done": 0,
            "claims": 0,
            "in_vain": 0,
            "told": False,
        }
        with self._database.writing() as connection:
            keep(connection, self._clock, answer)
            if connection.execute(select(func.count()).where(_RUNNING)).scalar_one() >= limit:
                raise TooManyJobs
            connection.execute(insert(jobs).values(**row))
            return self._sealer.job(_row(connection, job.job_id))

    def get(self, job_id: str) -> Job:
        with self._database.reading() as connection:
            return self._sealer.job(_row(connection, job_id))

    def list(self) -> Sequence[Job]:
        with self._database.reading() as connection:
            rows = connection.execute(select(jobs).order_by(jobs.c.no.desc())).all()
        return [self._sealer.job(row) for row in rows]

    def tally(self) -> Mapping[JobStatus, int]:
        found = select(jobs.c.status, func.count()).group_by(jobs.c.status)
        with self._database.reading() as connection:
            return {JobStatus(status): number for status, number in connection.execute(found)}

    def page(
        self, job: Job, view: str, after: int, limit: int, *, grouped: bool = False
    ) -> Sequence[ShownItem]:
        found = _items(job, view).limit(limit)
        if grouped:
            order = (job_items.c.group_no, job_items.c.no)
            group = select(job_items.c.group_no).where(
                job_items.c.job_no == job.no, job_items.c.no == after
            )
            if after:
                found = found.where(
                    tuple_(*order) > tuple_(group.scalar_subquery(), literal(after))
                )
            return self._open(job, found.order_by(*order))
        return self._open(job, found.where(job_items.c.no > after).order_by(job_items.c.no))

    def groups(self, job: Job, view: str, groups: Sequence[int]) -> Sequence[ShownItem]:
        found = _items(job, view).where(job_items.c.group_no.in_(groups))
        return self._open(job, found.order_by(job_items.c.no))

    def cancel(self, job_id: str, message: str) -> Job:
        with self._database.writing() as connection:
            row = _row(connection, job_id, locked=True)
            if row.status == JobStatus.IN_PROGRESS:
                end(connection, row.no, JobStatus.FAILED, message, self._clock.now())
            return self._sealer.job(_row(connection, job_id))

    def destroy(self, job_id: str) -> None:
        with self._database.writing() as connection:
            of_job = jobs.c.job_id == job_id
            numbers = connection.execute(select(jobs.c.no).where(of_job)).scalars().all()
            _delete(connection, numbers)
        if numbers:
            self._sealer.destroy(job_id)

    def expire(self, before: datetime) -> Sequence[Job]:
        with self._database.writing() as connection:
            rows = connection.execute(_finished(before)).all()
            ended = [self._sealer.job(row) for row in rows]
            _delete(connection, [job.no for job in ended])
        for job in ended:
            self._sealer.destroy(job.job_id)
        return ended

    def expired(self, before: datetime) -> bool:
        with self._database.reading() as connection:
            return connection.execute(_finished(before).limit(1)).first() is not None

    def _open(self, job: Job, found: Select[Any]) -> Sequence[ShownItem]:
        with self._database.reading() as connection:
            rows = connection.execute(found).all()
        bodies = self._sealer.open(job.job_id, [(f"item {r.no}", r.sealed) for r in rows])
        return [ShownItem(r.no, r.group_no, b) for r, b in zip(rows, bodies, strict=True)]


def _delete(connection: Connection, numbers: Sequence[int]) -> None:
    for table in (job_items, job_parts):
        connection.execute(delete(table).where(table.c.job_no.in_(numbers)))
    connection.execute(delete(jobs).where(jobs.c.no.in_(numbers)))


class JobSealer:
    """Seals what is known of a job as JSON, each text bound to its place."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def create(self, job_id: str) -> None:
        self._vault.create(_data_key(job_id))

    def destroy(self, job_id: str) -> None:
        self._vault.destroy(_data_key(job_id))

    def seal(self, job_id: str, place: str, told: Mapping[str, object]) -> bytes:
        text = json.dumps(told, separators=(",", ":")).encode()
        return self._vault.seal(_data_key(job_id), [text], [place.encode()])[0]

    def open(self, job_id: str, sealed: Sequence[tuple[str, bytes]]) -> list[dict[str, Any]]:
        """From (place, sealed text) pairs."""
        places = [place.encode() for place, _ in sealed]
        texts = self._vault.open(_data_key(job_id), [text for _, text in sealed], places)
        return [json.loads(text) for text in texts]

    def job(self, row: Row[Any]) -> Job:
        sealed = [("asked", row.sealed), *([("plan", row.plan)] if row.plan else [])]
        asked, *plan = self.open(row.job_id, sealed)
        return Job(
            no=row.no,
            job_id=row.job_id,
            kind=row.kind,
            purpose=row.purpose,
            request=asked["request"],
            grant=asked["grant"],
            status=JobStatus(row.status),
            message=row.message,
            code=row.code,
            created_at=row.created_at,
            finished_at=row.finished_at,
            plan=plan[0] if plan else None,
            parts=row.parts,
            parts_done=row.parts_done,
        )


def end(
    connection: Connection, job_no: int, status: JobStatus, message: str | None, at: datetime
) -> None:
    """A job's last change of state: nobody holds it any more, and half-done work goes."""
    ended = {"status": status, "message": message, "finished_at": at, "leased_until": None}
    connection.execute(
        update(jobs).where(jobs.c.no == job_no).values(**ended, claims=jobs.c.claims + 1)
    )
    connection.execute(delete(job_parts).where(job_parts.c.job_no == job_no))
    if status is JobStatus.FAILED:
        connection.execute(delete(job_items).where(job_items.c.job_no == job_no))


def _data_key(job_id: str) -> str:
    return f"jobs/{job_id}"


def _items(job: Job, view: str) -> Select[Any]:
    return select(job_items).where(job_items.c.job_no == job.no, job_items.c.view == view)


def _finished(before: datetime) -> Select[Any]:
    return select(jobs).where(jobs.c.finished_at < before).order_by(jobs.c.no)


def _row(connection: Connection, job_id: str, *, locked: bool = False) -> Row[Any]:
    found = select(jobs).where(jobs.c.job_id == job_id)
    row = connection.execute(found.with_for_update() if locked else found).one_or_none()
    if row is None:
        raise ResourceNotFound(f"Could not find JobId {job_id}")
    return row
