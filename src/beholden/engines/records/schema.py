"""The tables. `migrations/` builds them; a test holds the two against each other.

In the clear stands what is looked up: ids and numbers. Everything else that is known of a face is
sealed with the data key of its lot (see lots.py): in `faces.about` (box, landmarks, the caller's
external id) and in `vectors.sealed` (the template).
"""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)


class UtcDateTime(TypeDecorator[datetime]):
    """Aware UTC in, aware UTC out, on databases that forget the zone too."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        return value and value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        return value and (value if value.tzinfo else value.replace(tzinfo=UTC))


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def seal_column() -> Column[bytes]:
    """What tells that this deployment wrote the row: see seals.py."""
    return Column("seal", LargeBinary(32))


# `sqlite_autoincrement`: a number is never given out twice, not even after a deletion.
collections = Table(
    "collections",
    metadata,
    Column("no", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("collection_id", String(255), nullable=False, unique=True),
    Column("arn", String(400), nullable=False, unique=True),
    Column("model_version", String(64), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("change_seq", BigInteger, nullable=False),
    Column("face_count", BigInteger, nullable=False),
    Column("user_count", BigInteger, nullable=False),
    sqlite_autoincrement=True,
)


def _collection_no() -> Column[int]:
    """No foreign key: a deleted collection's rows are purged after it, in small steps."""
    return Column("collection_no", BigInteger, primary_key=True, autoincrement=False)


# A face's or user's number is the change that brought it: unique within its collection.
users = Table(
    "users",
    metadata,
    _collection_no(),
    Column("no", BigInteger, primary_key=True, autoincrement=False),
    Column("user_id", String(128), nullable=False, index=True),
    Column("lot", BigInteger, nullable=False, server_default="0"),
    UniqueConstraint("collection_no", "user_id"),
    Index(None, "collection_no", "lot"),
)

faces = Table(
    "faces",
    metadata,
    _collection_no(),
    Column("no", BigInteger, primary_key=True, autoincrement=False),
    Column("face_id", String(36), nullable=False),
    Column("image_id", String(36), nullable=False),
    Column("user_no", BigInteger),
    Column("fingerprint", LargeBinary(32), nullable=False),
    Column("about", LargeBinary, nullable=False),
    Column("lot", BigInteger, nullable=False, server_default="0"),
    Column("enrolled_at", UtcDateTime, nullable=False),
    Column("subject_hash", LargeBinary(16), index=True),
    Column("hold", String(8)),
    # The template of a face that is held, sealed: its row in `vectors` is as if it were deleted.
    Column("kept", LargeBinary),
    UniqueConstraint("collection_no", "face_id"),
    UniqueConstraint("collection_no", "fingerprint"),
    ForeignKeyConstraint(["collection_no", "user_no"], ["users.collection_no", "users.no"]),
    Index(None, "collection_no", "user_no", "no"),
    Index(None, "collection_no", "lot", "enrolled_at"),
)

# What was sealed together, under one data key: `texts` is how many it was given, `shed_at` when
# something in it was first deleted, `first_at` when the first face in it was enrolled.
lots = Table(
    "lots",
    metadata,
    _collection_no(),
    Column("no", BigInteger, primary_key=True, autoincrement=False),
    Column("subject", String(4), nullable=False),
    Column("purpose", String(255), nullable=False),
    Column("texts", Integer, nullable=False),
    Column("first_at", UtcDateTime, nullable=False),
    Column("shed_at", UtcDateTime, index=True),
    Index(None, "purpose", "first_at"),
)

# What galleries follow, apart from `faces` so that a rebuild reads templates and nothing else. A
# row outlives its face or user as a tombstone: `sealed` is null then.
vectors = Table(
    "vectors",
    metadata,
    _collection_no(),
    Column("no", BigInteger, primary_key=True, autoincrement=False),
    Column("subject", String(4), nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("quality", Float),
    Column("lot", BigInteger, nullable=False, server_default="0"),
    Column("sealed", LargeBinary),
    Index(None, "collection_no", "subject", "seq"),
)

tags = Table(
    "tags",
    metadata,
    Column("collection_no", ForeignKey("collections.no", ondelete="CASCADE"), primary_key=True),
    Column("key", String(128), primary_key=True),
    Column("value", String(256), nullable=False),
)

answers = Table(
    "answers",
    metadata,
    Column("scope", String(400), primary_key=True),
    Column("token", String(64), primary_key=True),
    Column("digest", LargeBinary(32), nullable=False),
    Column("response", JSON, nullable=False),
    Column("answered_at", UtcDateTime, nullable=False, index=True),
)

access_keys = Table(
    "access_keys",
    metadata,
    Column("key_id", String(20), primary_key=True),
    Column("holder", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("disabled_at", UtcDateTime),
    Column("may_assume", JSON, nullable=False, server_default="[]"),
    Column("secret", LargeBinary, nullable=False),
    seal_column(),
)

# Collections that are deleted while their data keys and rows may not be.
doomed = Table(
    "doomed",
    metadata,
    Column("collection_no", BigInteger, primary_key=True, autoincrement=False),
)
