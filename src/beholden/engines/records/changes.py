"""The change sequence of a collection: taking its next numbers, and following it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

import numpy as np
from sqlalchemy import Connection, Select, bindparam, insert, select, update

from beholden.domain.errors import ResourceNotFound
from beholden.domain.face import Collection
from beholden.domain.gallery import Changes, GalleryRef, Subject
from beholden.engines.records.database import Database
from beholden.engines.records.memo import Memo
from beholden.engines.records.schema import collections, vectors
from beholden.engines.records.sealing import Sealer, read_again
from beholden.ports.vault import Vault

BATCH = 8192


@dataclass(slots=True)
class Change:
    """A transaction that holds the lock of a collection's row.

    Numbers are handed out under that lock, so they are in commit order, and a reader that has seen
    one will never find a lower one appear.
    """

    connection: Connection
    collection_no: int
    seq: int
    face_count: int
    user_count: int

    def take(self, count: int) -> range:
        """The next numbers of the sequence."""
        first = self.seq + 1
        self.seq += count
        return range(first, self.seq + 1)

    def add_vectors(
        self,
        subject: Subject,
        nos: Sequence[int],
        lots: Sequence[int],
        sealed: Sequence[bytes | None],
        qualities: Sequence[float | None],
    ) -> None:
        """Rows for new subjects, whose numbers were just taken."""
        self.connection.execute(
            insert(vectors),
            [
                {
                    "collection_no": self.collection_no,
                    "subject": subject,
                    "no": no,
                    "seq": no,
                    "lot": lot,
                    "sealed": text,
                    "quality": quality,
                }
                for no, lot, text, quality in zip(nos, lots, sealed, qualities, strict=True)
            ],
        )

    def set_vectors(self, sealed: Mapping[int, bytes | None], lot: int | None = None) -> None:
        """Replace vectors by number, each under the next number of the sequence; None drops.
        `lot` is that of the new ones, if it may be another."""
        if not sealed:
            return
        self.connection.execute(
            update(vectors).where(
                vectors.c.collection_no == self.collection_no, vectors.c.no == bindparam("of")
            ),
            [
                {"of": no, "sealed": text, "seq": seq} | ({} if lot is None else {"lot": lot})
                for (no, text), seq in zip(sealed.items(), self.take(len(sealed)), strict=True)
            ],
        )


@contextmanager
def changing(database: Database, collection: Collection) -> Iterator[Change]:
    """Change a collection's faces or users. Raises ResourceNotFound if it is gone, also when
    another by the same name took its place."""
    row_of = collections.c.no == collection.no
    with database.writing() as connection:
        row = connection.execute(select(collections).where(row_of).with_for_update()).one_or_none()
        if row is None:
            raise unknown_collection(collection.collection_id)
        change = Change(connection, row.no, row.change_seq, row.face_count, row.user_count)
        yield change
        connection.execute(
            update(collections)
            .where(row_of, collections.c.change_seq != change.seq)
            .values(
                change_seq=change.seq, face_count=change.face_count, user_count=change.user_count
            )
        )


def unknown_collection(collection_id: str) -> ResourceNotFound:
    return ResourceNotFound(f"The collection id: {collection_id} does not exist")


class SqlChangeFeed:
    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault
        self._newest: Memo[int | None] = Memo(database)

    def changes(self, ref: GalleryRef, after_seq: int) -> Changes:
        newest = self._newest.get(str(ref.collection_no), self._newest_of)
        if newest is None or newest <= after_seq:
            return _no_changes(after_seq if newest is None else newest)
        return read_again(partial(self._changes, ref, after_seq))

    def _newest_of(self, collection_no: str) -> int | None:
        """The number of a collection's last change; None where there is no collection."""
        with self._database.reading() as connection:
            of_collection = collections.c.no == int(collection_no)
            return connection.scalar(select(collections.c.change_seq).where(of_collection))

    def _changes(self, ref: GalleryRef, after_seq: int) -> Changes:
        with self._database.reading() as connection:
            collection = connection.execute(
                select(collections.c.change_seq, collections.c.model_version).where(
                    collections.c.no == ref.collection_no
                )
            ).one_or_none()
            if collection is None:
                return _no_changes(after_seq)
            rows = connection.execute(_batch(ref, after_seq)).all()
        put = [row for row in rows if row.sealed is not None]
        nos = [row.no for row in put]
        sealer = Sealer(self._vault, ref.collection_no, collection.model_version)
        more = len(rows) == BATCH
        # Without snapshot isolation the rows can be newer than the collection's row.
        newest = rows[-1].seq if rows else 0
        return Changes(
            put_nos=np.array(nos, np.int64),
            put_vectors=sealer.open_vectors(
                ref.subject, nos, [row.lot for row in put], [row.sealed for row in put]
            ),
            dropped_nos=np.array([row.no for row in rows if row.sealed is None], np.int64),
            seq=newest if more else max(newest, collection.change_seq),
            more=more,
        )


def _batch(ref: GalleryRef, after_seq: int) -> Select[int, int, int, bytes | None]:
    """Every change has a number of its own, so a batch can end anywhere and lose nothing."""
    return (
        select(vectors.c.no, vectors.c.seq, vectors.c.lot, vectors.c.sealed)
        .where(
            vectors.c.collection_no == ref.collection_no,
            vectors.c.subject == ref.subject,
            vectors.c.seq > after_seq,
        )
        .order_by(vectors.c.seq)
        .limit(BATCH)
    )


def _no_changes(seq: int) -> Changes:
    none = np.empty(0, np.int64)
    return Changes(none, np.empty((0, 0), np.float16), none, seq, more=False)
