"""Lots: what is sealed together, so that its key can be destroyed without the collection's.

A lot holds up to SIZE faces (or users' templates) of one collection, enrolled for one purpose one
after the other. Once something in it is deleted it takes nothing new (it is *shed*); in time the
rest is sealed anew in another lot and its key destroyed, and with that whatever backups hold of it.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, insert, select, update

from beholden.domain.gallery import Subject
from beholden.engines.records.changes import Change
from beholden.engines.records.schema import lots
from beholden.engines.records.sealing import lot_key
from beholden.ports.vault import Vault

SIZE = 256  # an erasure seals anew whoever shares a lot with the person: see decision 0017
NUMBER_BITS = 62  # drawn, never counted: no number comes back


@dataclass(frozen=True, slots=True)
class Kind:
    """What a lot holds; `first_at` is when the first of these faces was enrolled."""

    subject: Subject
    purpose: str
    first_at: datetime


def take_lots(change: Change, vault: Vault, kind: Kind, count: int) -> list[int]:
    """A lot for each of `count` new texts: what room there is first, then fresh ones."""
    taken: list[int] = []
    while len(taken) < count:
        lot, texts, began = _with_room(change, vault, kind)
        fill = min(SIZE - texts, count - len(taken))
        change.connection.execute(
            update(lots)
            .where(is_lot(change.collection_no, lot))
            .values(texts=texts + fill, first_at=min(began, kind.first_at))
        )
        taken += [lot] * fill
    return taken


def shed(change: Change, nos: Iterable[int], now: datetime) -> None:
    """Something in these lots is deleted."""
    for no in set(nos):
        change.connection.execute(
            update(lots)
            .where(is_lot(change.collection_no, no), lots.c.shed_at.is_(None))
            .values(shed_at=now)
        )


def is_lot(collection_no: int, no: int) -> ColumnElement[bool]:
    return (lots.c.collection_no == collection_no) & (lots.c.no == no)


def _with_room(change: Change, vault: Vault, kind: Kind) -> tuple[int, int, datetime]:
    """A lot that takes texts, how many it was given, and its `first_at`. The key of a new one is
    durable before its row is."""
    row = change.connection.execute(
        select(lots.c.no, lots.c.texts, lots.c.first_at)
        .where(
            lots.c.collection_no == change.collection_no,
            lots.c.subject == kind.subject,
            lots.c.purpose == kind.purpose,
            lots.c.texts < SIZE,
            lots.c.shed_at.is_(None),
        )
        .limit(1)
    ).one_or_none()
    if row is not None:
        return row.no, row.texts, row.first_at
    no = secrets.randbits(NUMBER_BITS) + 1
    vault.create(lot_key(change.collection_no, no))
    change.connection.execute(
        insert(lots).values(
            collection_no=change.collection_no,
            no=no,
            subject=kind.subject,
            purpose=kind.purpose,
            texts=0,
            first_at=kind.first_at,
        )
    )
    return no, 0, kind.first_at
