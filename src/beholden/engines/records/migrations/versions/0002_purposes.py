"""Purposes, bindings of collections to them, and consents."""

import sqlalchemy as sa
from alembic import op

revision = "0002_purposes"
down_revision = "0001"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "purposes",
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("consent", sa.Boolean(), nullable=False),
        sa.Column("retention_days", sa.Integer(), nullable=True),
        sa.Column("threshold_floor_pct", sa.Float(), nullable=True),
        sa.Column("floor_raises", sa.Boolean(), nullable=False),
        sa.Column("review", sa.Boolean(), nullable=False),
        sa.Column("attributes", sa.JSON(), nullable=False),
        sa.Column("report_sha256", sa.String(length=64), nullable=True),
        sa.Column("report_filed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("declared_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_purposes")),
    )
    op.create_table(
        "bindings",
        sa.Column("collection_no", NUMBER, nullable=False),
        sa.Column("purpose", sa.String(length=255), nullable=False),
        sa.ForeignKeyConstraint(
            ["collection_no"],
            ["collections.no"],
            name=op.f("fk_bindings_collection_no"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("collection_no", "purpose", name=op.f("pk_bindings")),
    )
    op.create_index(op.f("ix_bindings_purpose"), "bindings", ["purpose"])
    op.create_table(
        "consents",
        sa.Column("no", NUMBER, nullable=False),
        sa.Column("subject_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("purpose", sa.String(length=255), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("receipt_sha256", sa.String(length=64), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("no", name=op.f("pk_consents")),
        sa.UniqueConstraint(
            "purpose", "subject_hash", name=op.f("uq_consents_purpose_subject_hash")
        ),
    )
