"""Sealing a lot's texts anew, in other lots, so that its key can go."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import Column, Row, Table, bindparam, select, update

from beholden.domain.face import Collection
from beholden.domain.gallery import Subject
from beholden.engines.records.changes import Change
from beholden.engines.records.face_rows import subject_hash
from beholden.engines.records.leads_schema import pictures
from beholden.engines.records.lots import Kind, is_lot, take_lots
from beholden.engines.records.pictures import picture_rows
from beholden.engines.records.schema import faces, lots, users, vectors
from beholden.engines.records.sealing import Sealer, about_contexts, picture_contexts
from beholden.ports.vault import Vault

STEP = 1024

Texts = Mapping[int, bytes | None]
Contexts = Callable[[Sequence[int]], list[bytes]]


def reseal_some(change: Change, vault: Vault, collection: Collection, lot: int, salt: bytes) -> int:
    """Move up to STEP faces, or then users, out of a lot and tell how many there were. What they
    are does not change, so galleries have nothing to follow."""
    mover = _Mover(change, Sealer.of(vault, collection), lot)
    return mover.faces(salt) or mover.users()


@dataclass(frozen=True, slots=True)
class _Mover:
    """`to` gives the lot that each number moves to."""

    change: Change
    sealer: Sealer
    lot: int

    def faces(self, salt: bytes) -> int:
        rows = self._rows(faces)
        to = self._lots(Subject.FACE, rows)
        of_pictures = picture_rows(self.change.connection, self.change.collection_no, [*to])
        if not self.lot:
            self._hash(rows, salt)
        self._move(faces.c.kept, {row.no: row.kept for row in rows}, self._of(Subject.FACE), to)
        self._move(faces.c.about, {row.no: row.about for row in rows}, about_contexts, to)
        self._move(pictures.c.sealed, {r.no: r.sealed for r in of_pictures}, picture_contexts, to)
        self._vectors(Subject.FACE, to)
        return len(rows)

    def users(self) -> int:
        to = self._lots(Subject.USER, self._rows(users))
        self._put(users, [{"of": no, "lot": lot} for no, lot in to.items()])
        self._vectors(Subject.USER, to)
        return len(to)

    def _rows(self, table: Table) -> Sequence[Row[Any]]:
        in_lot = (table.c.collection_no == self.change.collection_no) & (table.c.lot == self.lot)
        return self.change.connection.execute(select(table).where(in_lot).limit(STEP)).all()

    def _lots(self, subject: Subject, rows: Sequence[Row[Any]]) -> dict[int, int]:
        was = self.change.connection.execute(
            select(lots.c.purpose, lots.c.first_at).where(
                is_lot(self.change.collection_no, self.lot)
            )
        ).one()
        kind = Kind(subject, was.purpose if subject is Subject.FACE else "", was.first_at)
        taken = take_lots(self.change, self.sealer.vault, kind, len(rows))
        return dict(zip((row.no for row in rows), taken, strict=True))

    def _of(self, subject: Subject) -> Contexts:
        return partial(self.sealer.vector_contexts, subject)

    def _vectors(self, subject: Subject, to: Mapping[int, int]) -> None:
        found = vectors.c.collection_no == self.change.collection_no
        texts = {
            row.no: row.sealed
            for row in self.change.connection.execute(
                select(vectors.c.no, vectors.c.sealed).where(found, vectors.c.no.in_([*to]))
            )
        }
        self._move(vectors.c.sealed, texts, self._of(subject), to)

    def _move(
        self, column: Column[Any], texts: Texts, contexts: Contexts, to: Mapping[int, int]
    ) -> None:
        there = {no: text for no, text in texts.items() if text is not None}
        bound = contexts([*there])
        opened = self.sealer.open([self.lot] * len(there), [*there.values()], bound)
        sealed = self.sealer.seal([to[no] for no in there], opened, bound)
        self._put(
            column.table,
            [
                {"of": no, column.name: text, "lot": to[no]}
                for no, text in zip(there, sealed, strict=True)
            ],
        )

    def _hash(self, rows: Sequence[Row[Any]], salt: bytes) -> None:
        """What the first version did not write down: by what a person's faces are found."""
        nos, sealed = [row.no for row in rows], [row.about for row in rows]
        known = self.sealer.open_about(nos, [self.lot] * len(rows), sealed)
        ids: list[Any] = [one["external_image_id"] for one in known]
        hashes = [subject_hash(salt, one) for one in ids]
        values = [{"of": n, "subject_hash": h} for n, h in zip(nos, hashes, strict=True)]
        self._put(faces, values)

    def _put(self, table: Table, values: Sequence[Mapping[str, object]]) -> None:
        if values:
            this = table.c.no == bindparam("of")
            of_collection = table.c.collection_no == self.change.collection_no
            self.change.connection.execute(update(table).where(of_collection, this), values)
