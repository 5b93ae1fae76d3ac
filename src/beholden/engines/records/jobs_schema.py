"""The tables of jobs.

In the clear stands what jobs are looked up and claimed by. What was asked, what was found and what
is half done is sealed with the job's own data key, which is destroyed with the job.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
)

from beholden.engines.records.schema import UtcDateTime, metadata

jobs = Table(
    "jobs",
    metadata,
    Column("no", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("job_id", String(64), nullable=False, unique=True),
    Column("kind", String(64), nullable=False),
    Column("purpose", String(255), nullable=False),
    Column("status", String(16), nullable=False, index=True),
    Column("message", Text),
    Column("code", String(64)),
    Column("created_at", UtcDateTime, nullable=False),
    Column("finished_at", UtcDateTime),
    Column("sealed", LargeBinary, nullable=False),
    Column("plan", LargeBinary),
    Column("parts", Integer),
    Column("parts_done", Integer, nullable=False),
    Column("claims", Integer, nullable=False),
    Column("in_vain", Integer, nullable=False),
    Column("leased_until", UtcDateTime),
    Column("told", Boolean, nullable=False),
    sqlite_autoincrement=True,
)


def _job_no() -> Column[int]:
    return Column("job_no", ForeignKey("jobs.no", ondelete="CASCADE"), primary_key=True)


job_parts = Table(
    "job_parts",
    metadata,
    _job_no(),
    Column("no", Integer, primary_key=True, autoincrement=False),
    Column("sealed", LargeBinary, nullable=False),
)

job_items = Table(
    "job_items",
    metadata,
    _job_no(),
    Column("no", BigInteger, primary_key=True, autoincrement=False),
    Column("view", String(32), nullable=False),
    Column("group_no", BigInteger, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Index(None, "job_no", "view", "group_no", "no"),
)
