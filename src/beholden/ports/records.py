"""Collections, faces, users, tags, keys and answers: the one place where facts are committed.

A face is acknowledged when its row and template are committed here. Every method is one
transaction. Each change to a collection's faces or users takes the next numbers of its change
sequence, in commit order, so that a gallery that follows `ChangeFeed` misses nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from beholden.domain.arrays import Float32
from beholden.domain.face import Collection, Face, Hold, NewFace, User
from beholden.domain.gallery import Changes, GalleryRef
from beholden.domain.key import AccessKey, NewSession
from beholden.domain.request_token import Answer, RequestToken
from beholden.ports.erasure import PersonalData


class Collections(Protocol):
    def create(
        self,
        collection_id: str,
        arn: str,
        model_version: str,
        tags: Mapping[str, str],
        purpose: str | None = None,
    ) -> Collection:
        """Bound to `purpose` from the start, if one is given. Raises ResourceAlreadyExists
        ("The collection id: X already exists.")."""
        ...

    def get(self, collection_id: str) -> Collection:
        """Raises ResourceNotFound ("The collection id: X does not exist")."""
        ...

    def list(self, after: int, limit: int) -> Sequence[Collection]:
        """By number, ascending, those numbered over `after` (0 for the first page)."""
        ...

    def delete(self, collection_id: str) -> Collection:
        """Delete with all its faces, users and tags, destroy its data key, and return what was
        deleted. Raises ResourceNotFound."""
        ...


class Faces(Protocol):
    def add(self, collection: Collection, faces: Sequence[NewFace], quota: int) -> Sequence[Face]:
        """Enrol all or none, and return the rows in the same order.

        A face whose (image digest, external image id, box) is enrolled already is not added again:
        its existing row is returned in its place. All are enrolled for one purpose. Raises
        ResourceNotFound if the collection went away meanwhile, QuotaExceeded if it would hold more
        than `quota` faces.
        """
        ...

    def list(
        self,
        collection: Collection,
        after: int,
        limit: int,
        *,
        user_id: str | None = None,
        face_ids: Sequence[str] | None = None,
    ) -> Sequence[Face]:
        """By number, ascending, those numbered over `after`; of one user or of these ids only."""
        ...

    def by_no(self, collection: Collection, nos: Sequence[int]) -> Mapping[int, Face]:
        """Rows by number; those that do not exist (any more) are left out."""
        ...

    def by_id(self, collection: Collection, face_ids: Sequence[str]) -> Mapping[str, Face]:
        """Rows by face id; those that do not exist are left out."""
        ...

    def delete(
        self, collection: Collection, face_ids: Sequence[str], *, with_users: bool = False
    ) -> Sequence[str]:
        """Delete those that exist and return their ids; what is under a legal hold stays. A face
        that is associated with a user leaves its user's template too, and `with_users` a user that
        has no other face goes with it."""
        ...

    def hold(
        self, collection: Collection, face_ids: Sequence[str], hold: Hold | None
    ) -> Sequence[str]:
        """Keep those that exist from being found, or let them be found again (None), and return
        their ids. Galleries see a held face as deleted, and its user's template is made without
        it; `list`, `by_no` and `by_id` still show it, `embeddings` says it is missing."""
        ...

    def embeddings(self, collection: Collection, nos: Sequence[int]) -> Float32:
        """Shape (n, d), in the order asked for. Raises ResourceNotFound if one is missing."""
        ...


class Users(Protocol):
    def create(self, collection: Collection, user_id: str, answer: Answer | None) -> User:
        """Raises ConflictingState if the user id exists, ResourceNotFound if the collection went
        away meanwhile."""
        ...

    def delete(self, collection: Collection, user_id: str, answer: Answer | None) -> None:
        """Delete the user; its faces stay, associated with nobody. Raises ResourceNotFound."""
        ...

    def get(self, collection: Collection, user_id: str) -> User:
        """Raises ResourceNotFound ("The user id: X does not exist")."""
        ...

    def list(self, collection: Collection, after: int, limit: int) -> Sequence[User]:
        """By number, ascending, those numbered over `after` (0 for the first page)."""
        ...

    def by_no(self, collection: Collection, nos: Sequence[int]) -> Mapping[int, User]:
        """Rows by number; those that do not exist (any more) are left out."""
        ...

    def embedding(self, collection: Collection, user: User) -> Float32 | None:
        """The user's template, shape (d,): None while no face is associated."""
        ...

    def associate(
        self, collection: Collection, user: User, face_nos: Sequence[int], answer: Answer | None
    ) -> User:
        """Associate faces with the user and renew its template.

        Raises ConflictingState if the collection changed since `collection` was read (its
        `change_seq` moved on), so that what the caller checked still holds; ResourceNotFound if
        user or collection are gone.
        """
        ...

    def disassociate(
        self, collection: Collection, user: User, face_nos: Sequence[int], answer: Answer | None
    ) -> User:
        """The reverse, with the same errors. A user without faces has no template."""
        ...


class Answers(PersonalData, Protocol):
    def find(self, token: RequestToken) -> Mapping[str, object] | None:
        """What was answered under this token, or None if it is new or older than seven days.
        Raises IdempotentParameterMismatch if it was used with another digest."""
        ...


class Tags(Protocol):
    """Resources that can be tagged are collections; an unknown ARN raises ResourceNotFound."""

    def put(self, arn: str, tags: Mapping[str, str], quota: int) -> None:
        """Add or replace. Raises QuotaExceeded over `quota` tags in all."""
        ...

    def remove(self, arn: str, keys: Sequence[str]) -> None:
        """Keys that are not there are a no-op."""
        ...

    def get(self, arn: str) -> Mapping[str, str]: ...


class Keys(Protocol):
    def create(
        self, holder: str, role: str, purpose: str, may_assume: Sequence[str] = ()
    ) -> tuple[AccessKey, str]:
        """A new enabled key and its secret, which is shown this once; at rest it is sealed."""
        ...

    def open_session(self, parent: AccessKey, new: NewSession) -> tuple[AccessKey, str, str]:
        """A temporary key under a permanent one: it, its secret and its token, both shown this
        once. The secret is sealed; of the token only a digest is kept."""
        ...

    def find(self, key_id: str) -> tuple[AccessKey, str] | None:
        """The key or session and its secret, disabled and expired ones too, or None."""
        ...

    def list(self) -> Sequence[AccessKey]:
        """Keys, in the order of making; no sessions."""
        ...

    def disable(self, key_id: str) -> AccessKey:
        """A no-op on a disabled key. Raises OperatorError if there is no such key."""
        ...


class ChangeFeed(Protocol):
    def changes(self, ref: GalleryRef, after_seq: int) -> Changes:
        """The next batch of changes after `after_seq`, decrypted. An unknown collection has none
        and seq `after_seq`. A seq below `after_seq` says that an older backup was restored: whoever
        follows must start again from 0. A number that was never put may be dropped."""
        ...
