"""Enrolled faces in memory."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from beholden.domain.arrays import Float32
from beholden.domain.errors import InvalidParameter, QuotaExceeded, ResourceNotFound
from beholden.domain.face import Collection, Face, Hold, NewFace
from beholden.domain.gallery import Subject
from beholden.testing.records_state import Shelf, State


class FakeFaces:
    def __init__(self, state: State) -> None:
        self._state = state

    def add(self, collection: Collection, faces: Sequence[NewFace], quota: int) -> Sequence[Face]:
        with self._state.lock:
            shelf = self._state.shelf(collection)
            if any(f.template.model_version != collection.model_version for f in faces):
                raise InvalidParameter(f"Not of model version {collection.model_version}.")
            new: dict[str, NewFace] = {}
            for face in faces:
                if _print(face) not in shelf.by_print:
                    new.setdefault(_print(face), face)
            if len(shelf.faces) + len(new) > quota:
                raise QuotaExceeded(f"A collection can hold at most {quota} faces.")
            for one, face in new.items():
                self._enrol(shelf, one, face)
            shelf.count()
            for face in faces:
                if face.picture is not None:
                    shelf.pictures.setdefault(shelf.by_print[_print(face)], face.picture)
            return [shelf.faces[shelf.by_print[_print(face)]] for face in faces]

    def _enrol(self, shelf: Shelf, one: str, face: NewFace) -> None:
        no = shelf.collection.change_seq + 1
        shelf.put(Subject.FACE, no, face.template.vector)
        shelf.by_print[one] = no
        shelf.templates[no] = face.template
        shelf.enrolled[no] = (face.purpose, self._state.clock.now())
        shelf.faces[no] = Face(
            no=no,
            face_id=face.face_id,
            image_id=face.image_id,
            external_image_id=face.external_image_id,
            box_ratio=face.box_ratio,
            confidence=face.confidence,
            model_version=face.template.model_version,
            user_id=None,
            details=dict(face.details),
        )

    def list(
        self,
        collection: Collection,
        after: int,
        limit: int,
        *,
        user_id: str | None = None,
        face_ids: Sequence[str] | None = None,
    ) -> Sequence[Face]:
        return [
            face
            for face in self._all(collection)
            if face.no > after
            and user_id in (None, face.user_id)
            and (face_ids is None or face.face_id in face_ids)
        ][:limit]

    def by_no(self, collection: Collection, nos: Sequence[int]) -> Mapping[int, Face]:
        return {face.no: face for face in self._all(collection) if face.no in nos}

    def by_id(self, collection: Collection, face_ids: Sequence[str]) -> Mapping[str, Face]:
        return {face.face_id: face for face in self._all(collection) if face.face_id in face_ids}

    def delete(
        self, collection: Collection, face_ids: Sequence[str], *, with_users: bool = False
    ) -> Sequence[str]:
        with self._state.lock:
            shelf = self._state.shelf(collection)
            gone = [f for f in self._all(collection) if f.face_id in face_ids]
            gone = [face for face in gone if face.hold is not Hold.LEGAL]
            for face in gone:
                del shelf.faces[face.no], shelf.templates[face.no]
                shelf.pictures.pop(face.no, None)
                shelf.put(Subject.FACE, face.no, None)
            shelf.by_print = {p: no for p, no in shelf.by_print.items() if no in shelf.faces}
            for user_no in _users_of(shelf, gone):
                if with_users and not shelf.faces_of(user_no):
                    del shelf.users[user_no]
                    shelf.put(Subject.USER, user_no, None)
                else:
                    shelf.renew(user_no)
            shelf.count()
            return [face.face_id for face in gone]

    def hold(
        self, collection: Collection, face_ids: Sequence[str], hold: Hold | None
    ) -> Sequence[str]:
        with self._state.lock:
            shelf = self._state.shelf(collection)
            found = [face for face in self._all(collection) if face.face_id in face_ids]
            for face in found:
                shelf.faces[face.no] = replace(face, hold=hold)
                if (hold is None) != (face.hold is None):
                    vector = shelf.templates[face.no].vector if hold is None else None
                    shelf.put(Subject.FACE, face.no, vector)
            for user_no in _users_of(shelf, found):
                shelf.renew(user_no)
            return [face.face_id for face in found]

    def embeddings(self, collection: Collection, nos: Sequence[int]) -> Float32:
        shelf = self._state.shelves.get(collection.no)
        searched = {no for no, face in shelf.faces.items() if not face.hold} if shelf else set()
        if shelf is None or not searched >= set(nos):
            raise ResourceNotFound("A face went away meanwhile")
        vectors = [shelf.templates[no].vector for no in nos]
        return np.array(vectors, np.float32).reshape(len(nos), -1 if nos else 0)

    def _all(self, collection: Collection) -> Sequence[Face]:
        with self._state.lock:
            shelf = self._state.shelves.get(collection.no)
            return [shelf.faces[no] for no in sorted(shelf.faces)] if shelf else []


def _users_of(shelf: Shelf, faces: Sequence[Face]) -> Sequence[int]:
    return [shelf.user_no(u) for u in sorted({f.user_id for f in faces if f.user_id is not None})]


def _print(face: NewFace) -> str:
    box = face.box_ratio
    edges = [round(edge, 3) for edge in (box.left, box.top, box.width, box.height)]
    return json.dumps([face.image_digest.hex(), face.external_image_id, edges])
