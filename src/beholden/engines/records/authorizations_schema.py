"""The table of authorizations: whom they are about, and why, is sealed."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, LargeBinary, String, Table

from beholden.engines.records.schema import UtcDateTime, metadata

authorizations = Table(
    "authorizations",
    metadata,
    Column("authorization_id", String(36), primary_key=True),
    Column("requested_at", UtcDateTime, nullable=False),
    Column("open", Boolean, nullable=False, index=True),
    Column("data_key", String(64), nullable=False, server_default="authorizations"),
    Column("sealed", LargeBinary, nullable=False),
)
