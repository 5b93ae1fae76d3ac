"""Recordings of stream processors, and whom they show."""

import sqlalchemy as sa
from alembic import op

revision = "0011_recordings"
down_revision = "0010_job_notices"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "recordings",
        sa.Column("no", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("bucket", sa.String(length=63), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("purpose", sa.String(length=255), nullable=False),
        sa.Column("authorization_id", sa.String(length=36), nullable=True),
        sa.Column("began", sa.DateTime(timezone=True), nullable=False),
        sa.Column("doomed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("no", name=op.f("pk_recordings")),
        sqlite_autoincrement=True,
    )
    for columns in (["purpose", "began"], ["authorization_id"], ["doomed_at"]):
        op.create_index(op.f(f"ix_recordings_{'_'.join(columns)}"), "recordings", columns)
    op.create_table(
        "recorded_people",
        sa.Column(
            "recording_no", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("name_hash", sa.LargeBinary(length=16), nullable=False),
        sa.ForeignKeyConstraint(
            ["recording_no"],
            ["recordings.no"],
            name=op.f("fk_recorded_people_recording_no"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("recording_no", "name_hash", name=op.f("pk_recorded_people")),
    )
    op.create_index(op.f("ix_recorded_people_name_hash"), "recorded_people", ["name_hash"])
