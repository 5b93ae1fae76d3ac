"""The state behind FakeRecords: shelves of collections, answers and keys."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import numpy as np

from beholden.domain.arrays import Float16
from beholden.domain.errors import ConflictingState, ResourceNotFound
from beholden.domain.face import Collection, Face, Template, User
from beholden.domain.gallery import Subject
from beholden.domain.key import AccessKey
from beholden.domain.request_token import Answer, RequestToken
from beholden.domain.user_template import user_template
from beholden.ports.clock import Clock

KEPT_FOR = timedelta(days=7)


@dataclass(slots=True)
class Shelf:
    """What is known of one collection; `vectors` holds None for what was dropped."""

    collection: Collection
    tags: dict[str, str]
    faces: dict[int, Face] = field(default_factory=dict)
    templates: dict[int, Template] = field(default_factory=dict)
    by_print: dict[str, int] = field(default_factory=dict)
    users: dict[int, str] = field(default_factory=dict)
    vectors: dict[tuple[Subject, int], tuple[int, Float16 | None]] = field(default_factory=dict)
    purposes: set[str] = field(default_factory=set)
    enrolled: dict[int, tuple[str, datetime]] = field(default_factory=dict)
    pictures: dict[int, bytes] = field(default_factory=dict)

    def next_seq(self) -> int:
        self.collection = replace(self.collection, change_seq=self.collection.change_seq + 1)
        return self.collection.change_seq

    def put(self, subject: Subject, no: int, vector: Float16 | None) -> None:
        self.vectors[subject, no] = (self.next_seq(), vector)

    def count(self) -> None:
        self.collection = replace(
            self.collection, face_count=len(self.faces), user_count=len(self.users)
        )

    def user(self, no: int) -> User:
        count = len(self.faces_of(no))
        return User(no, self.users[no], "ACTIVE" if count else "CREATED", count)

    def user_no(self, user_id: str) -> int:
        for no, known in self.users.items():
            if known == user_id:
                return no
        raise ResourceNotFound(f"The user id: {user_id} does not exist")

    def faces_of(self, user_no: int) -> list[int]:
        user_id = self.users[user_no]
        return [no for no, face in sorted(self.faces.items()) if face.user_id == user_id]

    def renew(self, user_no: int) -> None:
        searched = [no for no in self.faces_of(user_no) if self.faces[no].hold is None]
        templates = [self.templates[no] for no in searched]
        vector = None
        if templates:
            qualities = np.array([template.quality for template in templates], np.float32)
            vector = user_template(np.stack([t.vector for t in templates]), qualities)
        self.put(Subject.USER, user_no, vector)


@dataclass(slots=True)
class State:
    clock: Clock
    shelves: dict[int, Shelf] = field(default_factory=dict)
    made: int = 0
    answers: dict[tuple[str, str], tuple[Answer, datetime]] = field(default_factory=dict)
    keys: dict[str, tuple[AccessKey, str]] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def shelf(self, collection: Collection) -> Shelf:
        if collection.no not in self.shelves:
            raise unknown(collection.collection_id)
        return self.shelves[collection.no]

    def answered(self, token: RequestToken) -> Answer | None:
        answer, at = self.answers.get((token.scope, token.token), (None, None))
        return answer if at and at > self.clock.now() - KEPT_FOR else None

    def check(self, answer: Answer | None) -> None:
        if answer and self.answered(answer.token):
            raise ConflictingState

    def keep(self, answer: Answer | None) -> None:
        if answer:
            self.answers[answer.token.scope, answer.token.token] = (answer, self.clock.now())


def unknown(collection_id: str) -> ResourceNotFound:
    return ResourceNotFound(f"The collection id: {collection_id} does not exist")
