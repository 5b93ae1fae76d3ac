"""Where a person is enrolled, in memory."""

from __future__ import annotations

from collections.abc import Collection as Names
from collections.abc import Sequence

from beholden.domain.person import Trace
from beholden.testing.records_state import State


class FakeTraces:
    def __init__(self, state: State) -> None:
        self._state = state

    def find(
        self, subjects: Names[str], user_ids: Names[str], face_ids: Names[str]
    ) -> Sequence[Trace]:
        traces = [
            Trace(
                shelf.collection,
                [
                    face
                    for _, face in sorted(shelf.faces.items())
                    if face.external_image_id in subjects
                    or face.user_id in user_ids
                    or face.face_id in face_ids
                ],
                [shelf.user(no) for no, user in sorted(shelf.users.items()) if user in user_ids],
            )
            for shelf in self._state.shelves.values()
        ]
        return [trace for trace in traces if trace.faces or trace.users]
