"""Whether the end of a job was told, and the code of the error it ended with."""

import sqlalchemy as sa
from alembic import op

revision = "0010_job_notices"
down_revision = "0009_streams"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nobody is told now of what ended before."""
    told: sa.Column[bool] = sa.Column(
        "told", sa.Boolean(), nullable=False, server_default=sa.true()
    )
    op.add_column("jobs", told)
    op.add_column("jobs", sa.Column("code", sa.String(length=64), nullable=True))
    op.execute(sa.text("UPDATE jobs SET told = false WHERE status = 'IN_PROGRESS'"))
