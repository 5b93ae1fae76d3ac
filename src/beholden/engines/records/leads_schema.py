"""The tables of leads, verdicts and pictures.

In the clear stands what leads are found by. What was found, what reviewers said, and every picture
is sealed: a lead with a data key of its own, a picture with that of its collection.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from beholden.engines.records.schema import UtcDateTime, metadata, seal_column

leads = Table(
    "leads",
    metadata,
    Column("no", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("lead_id", String(36), nullable=False, unique=True),
    Column("call_id", String(36), nullable=False, unique=True),
    Column("searcher", Text, nullable=False),
    Column("purpose", String(255), nullable=False, index=True),
    Column("case", Text),
    Column("collection_id", String(255), nullable=False),
    Column("gallery", String(400), nullable=False),
    Column("began", UtcDateTime, nullable=False),
    Column("ended", UtcDateTime, nullable=False),
    Column("authorization", String(255), index=True),
    Column("state", String(16), nullable=False),
    Column("closed_at", UtcDateTime),
    Column("finding", LargeBinary),
    seal_column(),
)

verdicts = Table(
    "verdicts",
    metadata,
    Column("lead_no", ForeignKey("leads.no", ondelete="CASCADE"), primary_key=True),
    Column("no", Integer, primary_key=True, autoincrement=False),
    Column("reviewer", Text, nullable=False),
    Column("key_id", String(32), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("sealed", LargeBinary),
    seal_column(),
    UniqueConstraint("lead_no", "reviewer"),
)

# No foreign key: a deleted collection's rows are purged after it, in small steps.
pictures = Table(
    "pictures",
    metadata,
    Column("collection_no", BigInteger, primary_key=True, autoincrement=False),
    Column("no", BigInteger, primary_key=True, autoincrement=False),
    Column("lot", BigInteger, nullable=False, server_default="0"),
    Column("sealed", LargeBinary, nullable=False),
)
