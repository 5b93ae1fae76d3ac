"""The tables of recordings. Whom they show stands there as hashes."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
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

recordings = Table(
    "recordings",
    metadata,
    Column("no", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("bucket", String(63), nullable=False),
    Column("key", Text, nullable=False),
    Column("purpose", String(255), nullable=False),
    Column("authorization_id", String(36), index=True),
    Column("began", UtcDateTime, nullable=False),
    Column("doomed_at", UtcDateTime, index=True),
    Index(None, "purpose", "began"),
    sqlite_autoincrement=True,
)

recorded_people = Table(
    "recorded_people",
    metadata,
    Column(
        "recording_no",
        ForeignKey("recordings.no", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("name_hash", LargeBinary(16), primary_key=True, index=True),
)
