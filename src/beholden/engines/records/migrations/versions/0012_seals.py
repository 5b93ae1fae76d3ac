"""Seals of the rows that carry rules. The records put them on when they are opened: a migration has
no vault."""

import sqlalchemy as sa
from alembic import op

revision = "0012_seals"
down_revision = "0011_recordings"
branch_labels = None
depends_on = None

TABLES = (
    "purposes",
    "bindings",
    "consents",
    "profiles",
    "proposals",
    "access_keys",
    "sessions",
    "leads",
    "verdicts",
)


def upgrade() -> None:
    for table in TABLES:
        op.add_column(table, sa.Column("seal", sa.LargeBinary(length=32), nullable=True))
