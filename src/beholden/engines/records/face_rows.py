"""A face as a row: what is told in the clear, what is sealed, and what tells two faces apart."""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, Select, select

from beholden.domain.face import Face, Hold, NewFace
from beholden.domain.geometry import Box
from beholden.engines.records.schema import faces, users
from beholden.engines.records.sealing import Sealer
from beholden.ports.vault import Vault

BOX_DECIMALS = 3


def face_rows(collection_no: int) -> Select[Any]:
    """The collection's faces with the ids of their users."""
    of_user = (faces.c.collection_no == users.c.collection_no) & (faces.c.user_no == users.c.no)
    return (
        select(
            faces.c.no,
            faces.c.face_id,
            faces.c.image_id,
            faces.c.user_no,
            faces.c.fingerprint,
            faces.c.about,
            faces.c.lot,
            faces.c.hold,
            users.c.user_id,
        )
        .select_from(faces.outerjoin(users, of_user))
        .where(faces.c.collection_no == collection_no)
    )


def face_salt(vault: Vault) -> bytes:
    """The secret under `fingerprint` and `subject_hash`, the same for all that look for faces."""
    return vault.derive("records: face fingerprints")


def fingerprint(salt: bytes, face: NewFace) -> bytes:
    """What two enrolments of one face in one image share: 32 bytes that say nothing of the image
    to who does not hold the salt.

    The box is rounded to a thousandth: two faces are never that close, and one engine on one
    machine answers alike. Another engine or processor may differ by more than rounding hides.
    """
    box = [round(edge, BOX_DECIMALS) for edge in _edges(face.box_ratio)]
    told = json.dumps([face.image_digest.hex(), face.external_image_id, box])
    return hmac.digest(salt, told.encode(), "sha256")


def subject_hash(salt: bytes, external_image_id: str | None) -> bytes | None:
    """By which a person's faces are found in every collection, and by nobody without the salt."""
    if external_image_id is None:
        return None
    return hmac.digest(salt, external_image_id.encode(), "sha256")[:16]


def about(face: NewFace) -> Mapping[str, object]:
    """What is sealed of a face besides its template."""
    return {
        "external_image_id": face.external_image_id,
        "box_ratio": _edges(face.box_ratio),
        "confidence": face.confidence,
        "details": dict(face.details),
    }


def opened(sealer: Sealer, rows: Sequence[Row[Any]]) -> list[Face]:
    """Rows of `face_rows` as faces, in the same order."""
    lots = [row.lot for row in rows]
    known = sealer.open_about([row.no for row in rows], lots, [row.about for row in rows])
    return [_face(row, sealer.model_version, one) for row, one in zip(rows, known, strict=True)]


def _edges(box: Box) -> list[float]:
    return [box.left, box.top, box.width, box.height]


def _face(row: Row[Any], model_version: str, known: Mapping[str, Any]) -> Face:
    return Face(
        no=row.no,
        face_id=row.face_id,
        image_id=row.image_id,
        external_image_id=known["external_image_id"],
        box_ratio=Box(*known["box_ratio"]),
        confidence=known["confidence"],
        model_version=model_version,
        user_id=row.user_id,
        details=known["details"],
        hold=Hold(row.hold) if row.hold else None,
    )


def pieces(values: Iterable[Any], size: int = 4096) -> Iterable[list[Any]]:
    """Lists short enough for one statement's parameters."""
    whole = list(values)
    return (whole[at : at + size] for at in range(0, len(whole), size))


def faces_where(
    connection: Connection, collection_no: int, column: Any, values: Iterable[Any]
) -> list[Row[Any]]:
    """The collection's faces whose `column` is one of `values`, by number, ascending."""
    of_collection = face_rows(collection_no)
    found = [
        row
        for piece in pieces(values)
        for row in connection.execute(of_collection.where(column.in_(piece))).all()
    ]
    return sorted(found, key=lambda row: row.no)
