"""Terms that are over, and lots whose keys are due to be destroyed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Row, Select, delete, exists, func, select

from beholden.domain.face import Collection, Hold
from beholden.domain.retention import DestroyedKey, Expired, Kept
from beholden.engines.records.changes import changing
from beholden.engines.records.database import Database
from beholden.engines.records.face_rows import face_salt, subject_hash
from beholden.engines.records.leads_schema import leads
from beholden.engines.records.lots import is_lot
from beholden.engines.records.resealing import reseal_some
from beholden.engines.records.schema import collections, faces, lots, users
from beholden.engines.records.sealing import lot_key
from beholden.ports.vault import Vault

OF_LOT = (faces.c.collection_no == lots.c.collection_no) & (faces.c.lot == lots.c.no)


class SqlRetention:
    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault
        self._salt = face_salt(vault)

    def kept(self) -> Sequence[Kept]:
        held = func.count(faces.c.hold)
        first, last = func.min(faces.c.enrolled_at), func.max(faces.c.enrolled_at)
        by_purpose = (
            select(collections.c.collection_id, lots.c.purpose, func.count(), held, first, last)
            .select_from(
                collections.join(lots, lots.c.collection_no == collections.c.no).join(faces, OF_LOT)
            )
            .group_by(collections.c.collection_id, lots.c.purpose)
            .order_by(collections.c.collection_id, lots.c.purpose)
        )
        with self._database.reading() as connection:
            return [Kept(*row) for row in connection.execute(by_purpose)]

    def legal_holds(self, collection_id: str) -> int:
        of_collection = select(func.count()).select_from(
            faces.join(collections, faces.c.collection_no == collections.c.no)
        )
        legal = (collections.c.collection_id == collection_id) & (faces.c.hold == Hold.LEGAL)
        with self._database.reading() as connection:
            return connection.execute(of_collection.where(legal)).scalar_one()

    def expired(self, purpose: str, by: datetime, limit: int) -> Sequence[Expired]:
        over = _enrolled(purpose).where(lots.c.first_at <= by, faces.c.enrolled_at <= by)
        return self._by_collection(over.limit(limit))

    def enrolled(self, subject: str, purpose: str) -> Sequence[Expired]:
        theirs = faces.c.subject_hash == subject_hash(self._salt, subject)
        return self._by_collection(_enrolled(purpose).where(theirs))

    def _by_collection(self, found: Select[Any]) -> Sequence[Expired]:
        with self._database.reading() as connection:
            rows = connection.execute(found).all()
        of_collection = groupby(rows, _collection)
        return [Expired(one, [row.face_id for row in theirs]) for one, theirs in of_collection]

    def expired_leads(self, purpose: str, by: datetime, limit: int) -> Sequence[str]:
        over = select(leads.c.lead_id).where(
            leads.c.purpose == purpose, leads.c.began <= by, leads.c.finding.is_not(None)
        )
        with self._database.reading() as connection:
            return connection.execute(over.limit(limit)).scalars().all()

    def renewable(self, by: datetime) -> bool:
        with self._database.reading() as connection:
            return connection.execute(_shed(by).limit(1)).first() is not None

    def renew(self, by: datetime, limit: int = 100) -> Sequence[DestroyedKey]:
        with self._database.reading() as connection:
            rows = connection.execute(_shed(by).limit(limit)).all()
        renewed = [self._renew(row) for row in rows]
        self._database.forget_deleted()
        return renewed

    def _renew(self, row: Row[Any]) -> DestroyedKey:
        """The key first, its row last: where the process dies in between, the next call goes on."""
        collection = _collection(row)
        sealed_anew = moved = self._reseal(collection, row.lot)
        while moved:
            moved = self._reseal(collection, row.lot)
            sealed_anew += moved
        name = lot_key(collection.no, row.lot)
        if row.lot:
            self._vault.destroy(name)
        with self._database.writing() as connection:
            connection.execute(delete(lots).where(is_lot(collection.no, row.lot)))
        return DestroyedKey(name, sealed_anew)

    def _reseal(self, collection: Collection, lot: int) -> int:
        with changing(self._database, collection) as change:
            return reseal_some(change, self._vault, collection, lot, self._salt)


def _collection(row: Row[Any]) -> Collection:
    """All columns but the first."""
    columns: Sequence[Any] = row[1:]
    return Collection(*columns)


def _enrolled(purpose: str) -> Select[Any]:
    """Face ids, each with its collection, less those under a legal hold. A lot's `first_at` spares
    a look into lots of later faces."""
    return (
        select(faces.c.face_id, collections)
        .select_from(
            lots.join(faces, OF_LOT).join(collections, collections.c.no == lots.c.collection_no)
        )
        .where(
            lots.c.purpose == purpose,
            faces.c.hold.is_distinct_from(Hold.LEGAL),
        )
        .order_by(collections.c.no)
    )


def _shed(by: datetime) -> Select[Any]:
    """Lots with their collections: those that wait since `by`, and those that are empty. Those of
    deleted collections are the purger's."""
    empty = ~exists().where(OF_LOT) & ~exists().where(
        users.c.collection_no == lots.c.collection_no, users.c.lot == lots.c.no
    )
    return (
        select(lots.c.no.label("lot"), collections)
        .select_from(lots.join(collections, collections.c.no == lots.c.collection_no))
        .where(lots.c.shed_at.is_not(None), (lots.c.shed_at <= by) | empty)
    )
