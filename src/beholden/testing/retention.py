"""Terms that are over, in memory, where nothing is sealed and so no key has to end."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from beholden.domain.face import Hold
from beholden.domain.lead import LeadState
from beholden.domain.retention import DestroyedKey, Expired, Kept
from beholden.testing.leads import FakeLeads
from beholden.testing.records_state import Shelf, State


class FakeRetention:
    def __init__(self, state: State, leads: FakeLeads) -> None:
        self._state = state
        self._leads = leads

    def kept(self) -> Sequence[Kept]:
        return [
            Kept(
                shelf.collection.collection_id,
                purpose,
                len(nos),
                sum(shelf.faces[no].hold is not None for no in nos),
                min(shelf.enrolled[no][1] for no in nos),
                max(shelf.enrolled[no][1] for no in nos),
            )
            for shelf in sorted(self._shelves(), key=lambda s: s.collection.collection_id)
            for purpose, nos in sorted(_by_purpose(shelf).items())
        ]

    def legal_holds(self, collection_id: str) -> int:
        return sum(
            face.hold is Hold.LEGAL
            for shelf in self._shelves()
            if shelf.collection.collection_id == collection_id
            for face in shelf.faces.values()
        )

    def expired(self, purpose: str, by: datetime, limit: int) -> Sequence[Expired]:
        found = []
        for shelf in self._shelves():
            face_ids = [
                shelf.faces[no].face_id
                for no in _by_purpose(shelf)[purpose]
                if shelf.enrolled[no][1] <= by and shelf.faces[no].hold is not Hold.LEGAL
            ][:limit]
            limit -= len(face_ids)
            if face_ids:
                found.append(Expired(shelf.collection, face_ids))
        return found

    def enrolled(self, subject: str, purpose: str) -> Sequence[Expired]:
        found = []
        for shelf in self._shelves():
            of = [shelf.faces[no] for no in _by_purpose(shelf)[purpose]]
            face_ids = [
                face.face_id
                for face in of
                if face.external_image_id == subject and face.hold is not Hold.LEGAL
            ]
            if face_ids:
                found.append(Expired(shelf.collection, face_ids))
        return found

    def expired_leads(self, purpose: str, by: datetime, limit: int) -> Sequence[str]:
        return [
            lead.lead_id
            for lead in self._leads.list(purpose=purpose)
            if lead.began <= by and lead.state is not LeadState.EXPIRED
        ][:limit]

    def renewable(self, _by: datetime) -> bool:
        return False

    def renew(self, _by: datetime, _limit: int = 100) -> Sequence[DestroyedKey]:
        return []

    def _shelves(self) -> Sequence[Shelf]:
        return list(self._state.shelves.values())


def _by_purpose(shelf: Shelf) -> dict[str, list[int]]:
    found: defaultdict[str, list[int]] = defaultdict(list)
    for no in sorted(shelf.faces):
        found[shelf.enrolled[no][0]].append(no)
    return found
