"""The tables of live video. A camera's address may hold a password, and what a processor was asked
for names a collection: both are sealed. Its notice is public."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Column, Integer, LargeBinary, String, Table, Text

from beholden.engines.records.schema import UtcDateTime, metadata

cameras = Table(
    "cameras",
    metadata,
    Column("name", String(128), primary_key=True),
    Column("arn", Text, nullable=False),
    Column("added_at", UtcDateTime, nullable=False),
    Column("source", LargeBinary, nullable=False),
    Column("notice", JSON),
)

stream_processors = Table(
    "stream_processors",
    metadata,
    Column("no", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("name", String(128), nullable=False, unique=True),
    Column("arn", Text, nullable=False),
    Column("camera", String(128), nullable=False, unique=True),
    Column("status", String(16), nullable=False),
    Column("message", Text),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Column("session_id", String(36)),
    Column("sealed", LargeBinary, nullable=False),
    Column("holder", String(36)),
    Column("leased_until", UtcDateTime),
    sqlite_autoincrement=True,
)
