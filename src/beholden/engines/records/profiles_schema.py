"""The tables of policy profiles and of changes that wait for a second person."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Column, Integer, String, Table, Text

from beholden.engines.records.schema import UtcDateTime, metadata, seal_column


def _number() -> Column[int]:
    return Column("no", BigInteger().with_variant(Integer, "sqlite"), primary_key=True)


# A row per choice of a profile, and per change of what the policies of that profile say.
profiles = Table(
    "profiles",
    metadata,
    _number(),
    Column("profile", String(64), nullable=False),
    Column("digest", String(64)),
    Column("at", UtcDateTime, nullable=False),
    seal_column(),
)

proposals = Table(
    "proposals",
    metadata,
    _number(),
    Column("kind", String(64), nullable=False),
    Column("what", JSON, nullable=False),
    Column("proposed_by", Text, nullable=False),
    Column("proposed_at", UtcDateTime, nullable=False),
    Column("closed_by", Text),
    Column("closed_at", UtcDateTime),
    seal_column(),
    sqlite_autoincrement=True,
)
