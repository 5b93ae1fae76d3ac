"""The tables of purposes, bindings and consents.

Who consented is looked up by a salted hash of the subject; subject and receipt are sealed.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
)

from beholden.engines.records.schema import UtcDateTime, metadata, seal_column

purposes = Table(
    "purposes",
    metadata,
    Column("name", String(255), primary_key=True),
    Column("basis", Text, nullable=False),
    Column("consent", Boolean, nullable=False),
    Column("retention_days", Integer),
    Column("threshold_floor_pct", Float),
    Column("floor_raises", Boolean, nullable=False),
    Column("review", Boolean, nullable=False),
    Column("attributes", JSON, nullable=False),
    Column("report_sha256", String(64)),
    Column("report_filed_at", UtcDateTime),
    Column("declared_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    Column("authorization", Boolean, nullable=False, server_default=false()),
    Column("grace_days", Integer, nullable=False, server_default="1"),
    seal_column(),
)

bindings = Table(
    "bindings",
    metadata,
    Column("collection_no", ForeignKey("collections.no", ondelete="CASCADE"), primary_key=True),
    Column("purpose", String(255), primary_key=True, index=True),
    seal_column(),
)

consents = Table(
    "consents",
    metadata,
    Column("no", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("subject_hash", LargeBinary(32), nullable=False),
    Column("purpose", String(255), nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("receipt_sha256", String(64), nullable=False),
    Column("recorded_by", Text, nullable=False),
    Column("recorded_at", UtcDateTime, nullable=False),
    Column("withdrawn_at", UtcDateTime),
    seal_column(),
    UniqueConstraint("purpose", "subject_hash"),
)
