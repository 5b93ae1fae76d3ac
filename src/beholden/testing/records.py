"""Records in memory: every port of `ports/records.py` over plain dictionaries.

Each method checks everything before it changes anything, under one lock: all or nothing.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from beholden.domain.arrays import Float32
from beholden.domain.errors import (
    ConflictingState,
    IdempotentParameterMismatch,
    OperatorError,
    QuotaExceeded,
    ResourceAlreadyExists,
    ResourceNotFound,
)
from beholden.domain.face import Collection, User
from beholden.domain.gallery import Changes, GalleryRef, Subject
from beholden.domain.key import AccessKey, NewSession
from beholden.domain.person import Person
from beholden.domain.request_token import Answer, RequestToken
from beholden.ports.clock import Clock
from beholden.testing.alerts import FakeAlerts
from beholden.testing.authorizations import FakeAuthorizations
from beholden.testing.jobs import FakeJobs
from beholden.testing.leads import FakeLeads, FakePictures
from beholden.testing.profiles import FakeProfiles, FakeProposals
from beholden.testing.purposes import FakeConsents, FakePurposes
from beholden.testing.recordings import FakeRecordings
from beholden.testing.records_faces import FakeFaces
from beholden.testing.records_state import Shelf, State, unknown
from beholden.testing.retention import FakeRetention
from beholden.testing.streams import FakeCameras, FakeStreamProcessors
from beholden.testing.traces import FakeTraces

BATCH = 16  # small, so that tests see more than one


class FakeRecords:
    """Each attribute is one port."""

    def __init__(self, clock: Clock) -> None:
        state = State(clock)
        self.collections = FakeCollections(state)
        self.faces = FakeFaces(state)
        self.users = FakeUsers(state)
        self.tags = FakeTags(state)
        self.answers = FakeAnswers(state)
        self.keys = FakeKeys(state)
        self.changes = FakeChangeFeed(state)
        self.purposes = FakePurposes(state)
        self.consents = FakeConsents(clock)
        self.profiles = FakeProfiles()
        self.proposals = FakeProposals(clock)
        self.authorizations = FakeAuthorizations()
        self.alerts = FakeAlerts(clock)
        self.leads = FakeLeads(clock)
        self.pictures = FakePictures(state)
        self.jobs = self.job_queue = FakeJobs(clock)
        self.retention = FakeRetention(state, self.leads)
        self.traces = FakeTraces(state)
        self.cameras = FakeCameras()
        self.stream_processors = FakeStreamProcessors(clock)
        self.recordings = FakeRecordings(clock)

    def sweep(self) -> None:
        """Nothing outlives a deletion in memory."""

    def close(self) -> None:
        """Nothing to release."""


class FakeCollections:
    def __init__(self, state: State) -> None:
        self._state = state

    def create(
        self,
        collection_id: str,
        arn: str,
        model_version: str,
        tags: Mapping[str, str],
        purpose: str | None = None,
    ) -> Collection:
        with self._state.lock:
            if any(s.collection.collection_id == collection_id for s in self._all()):
                raise ResourceAlreadyExists(f"The collection id: {collection_id} already exists.")
            self._state.made += 1
            no, now = self._state.made, self._state.clock.now()
            collection = Collection(no, collection_id, arn, model_version, now, 0, 0, 0)
            bound = {purpose} if purpose is not None else set()
            self._state.shelves[no] = Shelf(collection, dict(tags), purposes=bound)
            return collection

    def get(self, collection_id: str) -> Collection:
        for shelf in self._all():
            if shelf.collection.collection_id == collection_id:
                return shelf.collection
        raise unknown(collection_id)

    def list(self, after: int, limit: int) -> Sequence[Collection]:
        return [s.collection for s in self._all() if s.collection.no > after][:limit]

    def delete(self, collection_id: str) -> Collection:
        with self._state.lock:
            return self._state.shelves.pop(self.get(collection_id).no).collection

    def _all(self) -> tuple[Shelf, ...]:
        return tuple(self._state.shelves.values())


class FakeUsers:
    def __init__(self, state: State) -> None:
        self._state = state

    def create(self, collection: Collection, user_id: str, answer: Answer | None) -> User:
        with self._state.lock:
            shelf = self._state.shelf(collection)
            if user_id in shelf.users.values():
                raise ConflictingState(f"The user id: {user_id} already exists")
            self._state.check(answer)
            no = shelf.collection.change_seq + 1
            shelf.users[no] = user_id
            shelf.put(Subject.USER, no, None)
            shelf.count()
            self._state.keep(answer)
            return shelf.user(no)

    def delete(self, collection: Collection, user_id: str, answer: Answer | None) -> None:
        with self._state.lock:
            shelf = self._state.shelf(collection)
            no = shelf.user_no(user_id)
            self._state.check(answer)
            for face_no in shelf.faces_of(no):
                shelf.faces[face_no] = replace(shelf.faces[face_no], user_id=None)
            del shelf.users[no]
            shelf.put(Subject.USER, no, None)
            shelf.count()
            self._state.keep(answer)

    def get(self, collection: Collection, user_id: str) -> User:
        with self._state.lock:
            shelf = self._state.shelves.get(collection.no)
            if shelf is None:
                raise ResourceNotFound(f"The user id: {user_id} does not exist")
            return shelf.user(shelf.user_no(user_id))

    def list(self, collection: Collection, after: int, limit: int) -> Sequence[User]:
        return [user for user in self._all(collection) if user.no > after][:limit]

    def by_no(self, collection: Collection, nos: Sequence[int]) -> Mapping[int, User]:
        return {user.no: user for user in self._all(collection) if user.no in nos}

    def embedding(self, collection: Collection, user: User) -> Float32 | None:
        shelf = self._state.shelves.get(collection.no)
        _, vector = shelf.vectors.get((Subject.USER, user.no), (0, None)) if shelf else (0, None)
        return None if vector is None else vector.astype(np.float32)

    def associate(
        self, collection: Collection, user: User, face_nos: Sequence[int], answer: Answer | None
    ) -> User:
        return self._move(collection, user, face_nos, answer, now=None, then=user.user_id)

    def disassociate(
        self, collection: Collection, user: User, face_nos: Sequence[int], answer: Answer | None
    ) -> User:
        return self._move(collection, user, face_nos, answer, now=user.user_id, then=None)

    def _move(
        self,
        collection: Collection,
        user: User,
        face_nos: Sequence[int],
        answer: Answer | None,
        *,
        now: str | None,
        then: str | None,
    ) -> User:
        with self._state.lock:
            shelf = self._state.shelf(collection)
            no = shelf.user_no(user.user_id)
            moved = [shelf.faces[one] for one in set(face_nos) if one in shelf.faces]
            as_seen = shelf.collection.change_seq == collection.change_seq and no == user.no
            if not as_seen or [face.user_id for face in moved] != [now] * len(set(face_nos)):
                raise ConflictingState
            self._state.check(answer)
            for face in moved:
                shelf.faces[face.no] = replace(face, user_id=then)
            if moved:
                shelf.renew(no)
            self._state.keep(answer)
            return shelf.user(no)

    def _all(self, collection: Collection) -> Sequence[User]:
        with self._state.lock:
            shelf = self._state.shelves.get(collection.no)
            return [shelf.user(no) for no in sorted(shelf.users)] if shelf else []


class FakeAnswers:
    kind = "answers"

    def __init__(self, state: State) -> None:
        self._state = state

    def find(self, token: RequestToken) -> Mapping[str, object] | None:
        answer = self._state.answered(token)
        if answer and answer.token.digest != token.digest:
            raise IdempotentParameterMismatch
        return dict(answer.response) if answer else None

    def count(self, person: Person) -> int:
        return len(self._naming(person))

    def erase(self, person: Person) -> int:
        found = self._naming(person)
        for key in found:
            del self._state.answers[key]
        return len(found)

    def _naming(self, person: Person) -> list[tuple[str, str]]:
        ids = {json.dumps(one) for one in person.subjects | person.user_ids | person.face_ids}
        told = {key: json.dumps(one.response) for key, (one, _) in self._state.answers.items()}
        return [key for key, text in told.items() if any(one in text for one in ids)]


class FakeTags:
    def __init__(self, state: State) -> None:
        self._state = state

    def put(self, arn: str, tags: Mapping[str, str], quota: int) -> None:
        with self._state.lock:
            merged = self._tags(arn) | dict(tags)
            if len(merged) > quota:
                raise QuotaExceeded(f"A resource can have at most {quota} tags.")
            self._tags(arn).update(tags)

    def remove(self, arn: str, keys: Sequence[str]) -> None:
        with self._state.lock:
            for key in keys:
                self._tags(arn).pop(key, None)

    def get(self, arn: str) -> Mapping[str, str]:
        return dict(sorted(self._tags(arn).items()))

    def _tags(self, arn: str) -> dict[str, str]:
        for shelf in self._state.shelves.values():
            if shelf.collection.arn == arn:
                return shelf.tags
        raise ResourceNotFound(f"The resource {arn} does not exist")


class FakeKeys:
    def __init__(self, state: State) -> None:
        self._state = state

    def create(
        self, holder: str, role: str, purpose: str, may_assume: Sequence[str] = ()
    ) -> tuple[AccessKey, str]:
        now = self._state.clock.now()
        key = AccessKey(self._id("AKIA"), holder, role, purpose, now, None, tuple(may_assume))
        self._state.keys[key.key_id] = (key, secrets.token_hex(20))
        return self._state.keys[key.key_id]

    def open_session(self, parent: AccessKey, new: NewSession) -> tuple[AccessKey, str, str]:
        token = secrets.token_hex(32)
        session = replace(
            parent,
            key_id=self._id("ASIA"),
            role=new.role,
            purpose=new.purpose,
            created_at=self._state.clock.now(),
            may_assume=(),
            parent=parent.key_id,
            session_name=new.name,
            case=new.case,
            expires_at=new.expires_at,
            token_sha256=hashlib.sha256(token.encode()).digest(),
        )
        self._state.keys[session.key_id] = (session, secrets.token_hex(20))
        return *self._state.keys[session.key_id], token

    def _id(self, prefix: str) -> str:
        return f"{prefix}{len(self._state.keys):016d}".translate(str.maketrans("0189", "ABCD"))

    def find(self, key_id: str) -> tuple[AccessKey, str] | None:
        found = self._state.keys.get(key_id)
        if found is None or found[0].parent is None:
            return found
        parent = self._state.keys[found[0].parent][0]
        return replace(found[0], disabled_at=parent.disabled_at), found[1]

    def list(self) -> Sequence[AccessKey]:
        return [key for key, _ in self._state.keys.values() if key.parent is None]

    def disable(self, key_id: str) -> AccessKey:
        if key_id not in self._state.keys:
            raise OperatorError(f"There is no key {key_id}.")
        key, secret = self._state.keys[key_id]
        disabled = replace(key, disabled_at=key.disabled_at or self._state.clock.now())
        self._state.keys[key_id] = (disabled, secret)
        return disabled


class FakeChangeFeed:
    def __init__(self, state: State) -> None:
        self._state = state

    def changes(self, ref: GalleryRef, after_seq: int) -> Changes:
        with self._state.lock:
            shelf = self._state.shelves.get(ref.collection_no)
            found = [
                (seq, no, vector)
                for (subject, no), (seq, vector) in (shelf.vectors.items() if shelf else ())
                if subject is ref.subject and seq > after_seq
            ]
            batch = sorted(found, key=lambda change: change[0])[:BATCH]
            more = len(found) > len(batch)
            last = shelf.collection.change_seq if shelf else after_seq
        put = {no: vector for _, no, vector in batch if vector is not None}
        return Changes(
            put_nos=np.fromiter(put, np.int64),
            put_vectors=np.stack([*put.values()]) if put else np.empty((0, 0), np.float16),
            dropped_nos=np.array([no for _, no, vector in batch if vector is None], np.int64),
            seq=batch[-1][0] if more else last,
            more=more,
        )
