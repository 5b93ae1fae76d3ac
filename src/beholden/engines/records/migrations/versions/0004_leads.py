"""Leads, verdicts on them, and pictures of enrolled faces for reviewers."""

import sqlalchemy as sa
from alembic import op

revision = "0004_leads"
down_revision = "0003_profiles"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "leads",
        sa.Column("no", NUMBER, nullable=False),
        sa.Column("lead_id", sa.String(length=36), nullable=False),
        sa.Column("call_id", sa.String(length=36), nullable=False),
        sa.Column("searcher", sa.Text(), nullable=False),
        sa.Column("purpose", sa.String(length=255), nullable=False),
        sa.Column("case", sa.Text(), nullable=True),
        sa.Column("collection_id", sa.String(length=255), nullable=False),
        sa.Column("gallery", sa.String(length=400), nullable=False),
        sa.Column("began", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended", sa.DateTime(timezone=True), nullable=False),
        sa.Column("authorization", sa.String(length=255), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finding", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("no", name=op.f("pk_leads")),
        sa.UniqueConstraint("lead_id", name=op.f("uq_leads_lead_id")),
        sa.UniqueConstraint("call_id", name=op.f("uq_leads_call_id")),
    )
    op.create_index(op.f("ix_leads_purpose"), "leads", ["purpose"])
    op.create_index(op.f("ix_leads_authorization"), "leads", ["authorization"])
    op.create_table(
        "verdicts",
        sa.Column("lead_no", NUMBER, nullable=False),
        sa.Column("no", sa.Integer(), nullable=False),
        sa.Column("reviewer", sa.Text(), nullable=False),
        sa.Column("key_id", sa.String(length=32), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["lead_no"], ["leads.no"], name=op.f("fk_verdicts_lead_no"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("lead_no", "no", name=op.f("pk_verdicts")),
        sa.UniqueConstraint("lead_no", "reviewer", name=op.f("uq_verdicts_lead_no_reviewer")),
    )
    op.create_table(
        "pictures",
        sa.Column("collection_no", sa.BigInteger(), nullable=False),
        sa.Column("no", sa.BigInteger(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("collection_no", "no", name=op.f("pk_pictures")),
    )
