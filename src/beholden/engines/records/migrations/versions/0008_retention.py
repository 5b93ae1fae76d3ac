"""Retention: when and for what a face was enrolled, holds, and lots with data keys of their own.

What was sealed before stands in lot 0, which is the collection's own key, and is shed: it is sealed
anew with the first sweep.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008_retention"
down_revision = "0007_authorizations"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _lots()
    for table in ("users", "faces", "vectors", "pictures"):
        op.add_column(table, sa.Column("lot", sa.BigInteger(), nullable=False, server_default="0"))
    op.create_index(op.f("ix_users_collection_no_lot"), "users", ["collection_no", "lot"])
    op.create_index(op.f("ix_users_user_id"), "users", ["user_id"])
    _faces()
    _purposes()
    op.execute(
        "INSERT INTO lots (collection_no, no, subject, purpose, texts, first_at, shed_at) "
        "SELECT no, 0, 'face', COALESCE((SELECT MIN(purpose) FROM bindings "
        "WHERE collection_no = collections.no), ''), 0, created_at, created_at FROM collections"
    )


def _lots() -> None:
    op.create_table(
        "lots",
        sa.Column("collection_no", sa.BigInteger(), nullable=False),
        sa.Column("no", sa.BigInteger(), nullable=False),
        sa.Column("subject", sa.String(length=4), nullable=False),
        sa.Column("purpose", sa.String(length=255), nullable=False),
        sa.Column("texts", sa.Integer(), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("shed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("collection_no", "no", name=op.f("pk_lots")),
    )
    op.create_index(op.f("ix_lots_shed_at"), "lots", ["shed_at"])
    op.create_index(op.f("ix_lots_purpose_first_at"), "lots", ["purpose", "first_at"])


def _faces() -> None:
    """A face of which nobody wrote down when it was enrolled counts from when its collection was
    made: no face is kept longer than its term."""
    with op.batch_alter_table("faces") as faces:
        faces.add_column(sa.Column("enrolled_at", sa.DateTime(timezone=True), nullable=True))
        faces.add_column(sa.Column("subject_hash", sa.LargeBinary(length=16), nullable=True))
        faces.add_column(sa.Column("hold", sa.String(length=8), nullable=True))
        faces.add_column(sa.Column("kept", sa.LargeBinary(), nullable=True))
    op.execute(
        "UPDATE faces SET enrolled_at = COALESCE((SELECT created_at FROM collections "
        "WHERE no = faces.collection_no), CURRENT_TIMESTAMP)"
    )
    with op.batch_alter_table("faces") as faces:
        faces.alter_column("enrolled_at", nullable=False)
    op.create_index(op.f("ix_faces_subject_hash"), "faces", ["subject_hash"])
    op.create_index(
        op.f("ix_faces_collection_no_lot_enrolled_at"),
        "faces",
        ["collection_no", "lot", "enrolled_at"],
    )


def _purposes() -> None:
    op.add_column(
        "purposes", sa.Column("grace_days", sa.Integer(), nullable=False, server_default="1")
    )
