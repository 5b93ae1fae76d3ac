"""The table of sessions. Of a session's token only its SHA-256 is kept."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, LargeBinary, String, Table, Text

from beholden.engines.records.schema import UtcDateTime, metadata, seal_column

sessions = Table(
    "sessions",
    metadata,
    Column("key_id", String(20), primary_key=True),
    Column("parent", ForeignKey("access_keys.key_id"), nullable=False),
    Column("role", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("session_name", Text, nullable=False),
    Column("case", Text),
    Column("opened_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False, index=True),
    Column("token_sha256", LargeBinary(32), nullable=False),
    Column("secret", LargeBinary, nullable=False),
    seal_column(),
)
