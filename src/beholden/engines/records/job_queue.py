"""Jobs as workers see them: claimed, renewed, and worked on under a claim that may be lost."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, Select, Update, and_, delete, insert, select, update

from beholden.domain.errors import ClaimLost, ResourceNotFound
from beholden.domain.job import Claim, Job, JobItem, JobStatus
from beholden.engines.records.database import Database
from beholden.engines.records.jobs import JobSealer, end
from beholden.engines.records.jobs_schema import job_items, job_parts, jobs
from beholden.engines.records.memo import Memo
from beholden.ports.clock import Clock
from beholden.ports.vault import Vault

_ALL = select(jobs).order_by(jobs.c.no)
_GOING_ON = _ALL.where(jobs.c.status == JobStatus.IN_PROGRESS)
_UNTOLD = _ALL.where(jobs.c.status != JobStatus.IN_PROGRESS, ~jobs.c.told)


class SqlJobQueue:
    """Servers ask it time and again what there is to do: nothing is read for that until somebody
    commits."""

    def __init__(self, database: Database, vault: Vault, clock: Clock) -> None:
        self._database = database
        self._sealer = JobSealer(vault)
        self._clock = clock
        self._known: Memo[Sequence[Row[Any]]] = Memo(database)

    def claim(
        self, lease: timedelta, wanted: Callable[[Job], bool] = lambda _: True
    ) -> Claim | None:
        now = self._clock.now()
        rows = self._known.get("going on", lambda _: self._read(_GOING_ON))
        free = (row for row in rows if _is_free(row, now))
        found = next((row.no for row in free if wanted(self._sealer.job(row))), None)
        if found is None:
            return None
        still = _GOING_ON.where(jobs.c.no == found).with_for_update(skip_locked=True)
        with self._database.writing() as connection:
            row = connection.execute(still).one_or_none()
            if row is None or not _is_free(row, now):
                return None
            held = {"claims": row.claims + 1, "in_vain": row.in_vain + 1}
            connection.execute(
                update(jobs).where(jobs.c.no == row.no).values(**held, leased_until=now + lease)
            )
        return Claim(self._sealer.job(row), row.claims + 1, row.in_vain)

    def renew(self, claim: Claim, lease: timedelta) -> None:
        with self._held(claim) as connection:
            connection.execute(_of(claim).values(leased_until=self._clock.now() + lease))

    def plan(self, claim: Claim, plan: Mapping[str, object], parts: int) -> None:
        sealed = self._seal(claim, "plan", plan)
        with self._held(claim) as connection:
            connection.execute(_of(claim).values(plan=sealed, parts=parts, parts_done=0))
            connection.execute(delete(job_parts).where(job_parts.c.job_no == claim.job.no))

    def put_part(self, claim: Claim, no: int, part: Mapping[str, object]) -> None:
        sealed = self._seal(claim, f"part {no}", part)
        with self._held(claim) as connection:
            connection.execute(insert(job_parts).values(job_no=claim.job.no, no=no, sealed=sealed))
            done = jobs.c.parts_done + 1
            connection.execute(_of(claim).values(parts_done=done, in_vain=0))

    def parts(self, claim: Claim) -> Iterator[Mapping[str, object]]:
        of_job = select(job_parts).where(job_parts.c.job_no == claim.job.no)
        no = 0
        while True:
            with self._held(claim) as connection:
                row = connection.execute(of_job.where(job_parts.c.no == no)).one_or_none()
            if row is None:
                return
            yield self._sealer.open(claim.job.job_id, [(f"part {no}", row.sealed)])[0]
            no += 1

    def put_items(self, claim: Claim, first: int, items: Iterable[JobItem]) -> None:
        rows = [
            {
                "job_no": claim.job.no,
                "no": no,
                "view": item.view,
                "group_no": item.group,
                "sealed": self._seal(claim, f"item {no}", item.body),
            }
            for no, item in enumerate(items, first)
        ]
        with self._held(claim) as connection:
            left = and_(job_items.c.job_no == claim.job.no, job_items.c.no >= first)
            connection.execute(delete(job_items).where(left))
            if rows:
                connection.execute(insert(job_items), rows)

    def finish(
        self, claim: Claim, status: JobStatus, message: str | None, code: str | None = None
    ) -> Job:
        with self._held(claim) as connection:
            connection.execute(_of(claim).values(code=code))
            end(connection, claim.job.no, status, message, self._clock.now())
            row = connection.execute(select(jobs).where(jobs.c.no == claim.job.no)).one()
        return self._sealer.job(row)

    def untold(self) -> Sequence[Job]:
        rows = self._known.get("untold", lambda _: self._read(_UNTOLD))
        return [self._sealer.job(row) for row in rows]

    def told(self, job: Job) -> None:
        with self._database.writing() as connection:
            connection.execute(update(jobs).where(jobs.c.no == job.no).values(told=True))

    def release(self, claim: Claim) -> None:
        with self._database.writing() as connection:
            connection.execute(
                _of(claim).where(jobs.c.claims == claim.no).values(leased_until=None)
            )

    def _read(self, found: Select[Any]) -> Sequence[Row[Any]]:
        with self._database.reading() as connection:
            return connection.execute(found).all()

    def _seal(self, claim: Claim, place: str, told: Mapping[str, object]) -> bytes:
        """Raises ClaimLost if the job was destroyed meanwhile, and its data key with it."""
        try:
            return self._sealer.seal(claim.job.job_id, place, told)
        except ResourceNotFound:
            raise ClaimLost from None

    @contextmanager
    def _held(self, claim: Claim) -> Iterator[Connection]:
        """A transaction in which the claim holds: the row stays locked until it ends."""
        held = select(jobs.c.no).where(
            jobs.c.no == claim.job.no,
            jobs.c.claims == claim.no,
            jobs.c.status == JobStatus.IN_PROGRESS,
        )
        with self._database.writing() as connection:
            if connection.execute(held.with_for_update()).one_or_none() is None:
                raise ClaimLost
            yield connection


def _is_free(row: Row[Any], now: datetime) -> bool:
    """That nobody works on this job, or nobody any more."""
    return row.leased_until is None or row.leased_until < now


def _of(claim: Claim) -> Update:
    return update(jobs).where(jobs.c.no == claim.job.no)
