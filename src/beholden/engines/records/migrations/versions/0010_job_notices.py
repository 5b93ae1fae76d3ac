"""Whether the end of a job was told."""

import sqlalchemy as sa
from alembic import op

revision = "0010_job_notices"
down_revision = "0009_streams"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nobody is told now of what ended before."""
    told: sa.Column[bool] = sa.Column("told", sa.Boolean(), nullable=False, server_default=sa.true())
    op.add_column("jobs", told)
    op.execute(sa.text("UPDATE jobs SET told = false WHERE status = 'IN_PROGRESS'"))
