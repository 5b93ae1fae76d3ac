"""The table of alerts."""

from __future__ import annotations

from sqlalchemy import JSON, Column, Integer, String, Table, Text

from beholden.engines.records.schema import UtcDateTime, metadata

alerts = Table(
    "alerts",
    metadata,
    Column("alert_id", String(64), primary_key=True),
    Column("pattern", String(64), nullable=False),
    Column("at", UtcDateTime, nullable=False, index=True),
    Column("subject", Text, nullable=False),
    Column("principals", JSON, nullable=False),
    Column("count", Integer, nullable=False),
    Column("limit", Integer, nullable=False),
    Column("entries", JSON, nullable=False),
    Column("text", Text, nullable=False),
    Column("settled", String(64)),
    Column("settled_by", Text),
    Column("settled_at", UtcDateTime),
    Column("note", Text, nullable=False),
)
