"""A data key per authorization; those of before share one until one of them changes or ends."""

import sqlalchemy as sa
from alembic import op

revision = "0013_authorization_keys"
down_revision = "0012_seals"
branch_labels = None
depends_on = None


def upgrade() -> None:
    key = sa.Column(
        "data_key", sa.String(length=64), nullable=False, server_default="authorizations"
    )
    op.add_column("authorizations", key)
