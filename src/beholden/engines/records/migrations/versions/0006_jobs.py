"""Jobs, their half-done work and their results."""

import sqlalchemy as sa
from alembic import op

revision = "0006_jobs"
down_revision = "0005_alerts"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "jobs",
        sa.Column("no", NUMBER, nullable=False),
        sa.Column("job_id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("purpose", sa.String(length=255), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("message", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("plan", sa.LargeBinary(), nullable=True),
        sa.Column("parts", sa.Integer(), nullable=True),
        sa.Column("parts_done", sa.Integer(), nullable=False),
        sa.Column("claims", sa.Integer(), nullable=False),
        sa.Column("in_vain", sa.Integer(), nullable=False),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("no", name=op.f("pk_jobs")),
        sa.UniqueConstraint("job_id", name=op.f("uq_jobs_job_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_jobs_status"), "jobs", ["status"])
    _of_jobs("job_parts", sa.Column("no", sa.Integer(), autoincrement=False, nullable=False))
    _of_jobs(
        "job_items",
        sa.Column("no", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("view", sa.String(length=32), nullable=False),
        sa.Column("group_no", sa.BigInteger(), nullable=False),
    )
    op.create_index(
        op.f("ix_job_items_job_no_view_group_no_no"),
        "job_items",
        ["job_no", "view", "group_no", "no"],
    )


def _of_jobs(name: str, *columns: sa.Column[int] | sa.Column[str]) -> None:
    op.create_table(
        name,
        sa.Column("job_no", NUMBER, nullable=False),
        *columns,
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["job_no"], ["jobs.no"], name=op.f(f"fk_{name}_job_no"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("job_no", "no", name=op.f(f"pk_{name}")),
    )
