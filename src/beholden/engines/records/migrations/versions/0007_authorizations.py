"""Sessions, authorizations, and what keys and purposes say of them."""

import sqlalchemy as sa
from alembic import op

revision = "0007_authorizations"
down_revision = "0006_jobs"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "access_keys", sa.Column("may_assume", sa.JSON(), nullable=False, server_default="[]")
    )
    op.add_column(
        "purposes",
        sa.Column("authorization", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    op.create_table(
        "sessions",
        sa.Column("key_id", sa.String(length=20), nullable=False),
        sa.Column("parent", sa.String(length=20), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("session_name", sa.Text(), nullable=False),
        sa.Column("case", sa.Text(), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("token_sha256", sa.LargeBinary(length=32), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["parent"], ["access_keys.key_id"], name=op.f("fk_sessions_parent")
        ),
        sa.PrimaryKeyConstraint("key_id", name=op.f("pk_sessions")),
    )
    op.create_index(op.f("ix_sessions_expires_at"), "sessions", ["expires_at"])
    op.create_table(
        "authorizations",
        sa.Column("authorization_id", sa.String(length=36), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("authorization_id", name=op.f("pk_authorizations")),
    )
    op.create_index(op.f("ix_authorizations_open"), "authorizations", ["open"])
