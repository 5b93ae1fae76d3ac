"""Collections, faces, users, tags, answers and access keys."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    _keys_and_answers()
    _collections()
    _users_and_vectors()
    _faces()
    _tags()


def _keys_and_answers() -> None:
    op.create_table(
        "access_keys",
        sa.Column("key_id", sa.String(length=20), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("key_id", name=op.f("pk_access_keys")),
    )
    op.create_table(
        "answers",
        sa.Column("scope", sa.String(length=400), nullable=False),
        sa.Column("token", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("response", sa.JSON(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("scope", "token", name=op.f("pk_answers")),
    )
    op.create_index(op.f("ix_answers_answered_at"), "answers", ["answered_at"])


def _collections() -> None:
    op.create_table(
        "collections",
        sa.Column("no", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("collection_id", sa.String(length=255), nullable=False),
        sa.Column("arn", sa.String(length=400), nullable=False),
        sa.Column("model_version", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("change_seq", sa.BigInteger(), nullable=False),
        sa.Column("face_count", sa.BigInteger(), nullable=False),
        sa.Column("user_count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("no", name=op.f("pk_collections")),
        sa.UniqueConstraint("arn", name=op.f("uq_collections_arn")),
        sa.UniqueConstraint("collection_id", name=op.f("uq_collections_collection_id")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "doomed",
        sa.Column("collection_no", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("collection_no", name=op.f("pk_doomed")),
    )


def _users_and_vectors() -> None:
    op.create_table(
        "users",
        sa.Column("collection_no", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("no", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("user_id", sa.String(length=128), nullable=False),
        sa.PrimaryKeyConstraint("collection_no", "no", name=op.f("pk_users")),
        sa.UniqueConstraint(
            "collection_no", "user_id", name=op.f("uq_users_collection_no_user_id")
        ),
    )
    op.create_table(
        "vectors",
        sa.Column("collection_no", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("no", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("subject", sa.String(length=4), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("quality", sa.Float(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("collection_no", "no", name=op.f("pk_vectors")),
    )
    op.create_index(
        op.f("ix_vectors_collection_no_subject_seq"), "vectors", ["collection_no", "subject", "seq"]
    )


def _faces() -> None:
    op.create_table(
        "faces",
        sa.Column("collection_no", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("no", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("face_id", sa.String(length=36), nullable=False),
        sa.Column("image_id", sa.String(length=36), nullable=False),
        sa.Column("user_no", sa.BigInteger(), nullable=True),
        sa.Column("fingerprint", sa.LargeBinary(length=32), nullable=False),
        sa.Column("about", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["collection_no", "user_no"],
            ["users.collection_no", "users.no"],
            name=op.f("fk_faces_collection_no_user_no"),
        ),
        sa.PrimaryKeyConstraint("collection_no", "no", name=op.f("pk_faces")),
        sa.UniqueConstraint(
            "collection_no", "face_id", name=op.f("uq_faces_collection_no_face_id")
        ),
        sa.UniqueConstraint(
            "collection_no", "fingerprint", name=op.f("uq_faces_collection_no_fingerprint")
        ),
    )
    op.create_index(
        op.f("ix_faces_collection_no_user_no_no"), "faces", ["collection_no", "user_no", "no"]
    )


def _tags() -> None:
    op.create_table(
        "tags",
        sa.Column(
            "collection_no", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("key", sa.String(length=128), nullable=False),
        sa.Column("value", sa.String(length=256), nullable=False),
        sa.ForeignKeyConstraint(
            ["collection_no"],
            ["collections.no"],
            name=op.f("fk_tags_collection_no"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("collection_no", "key", name=op.f("pk_tags")),
    )
