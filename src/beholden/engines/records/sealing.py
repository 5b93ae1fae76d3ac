"""What leaves the process sealed: templates and what is known of a face."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from beholden.domain.arrays import Float16
from beholden.domain.errors import ResourceNotFound
from beholden.domain.face import Collection
from beholden.domain.gallery import Subject
from beholden.ports.vault import Vault

T = TypeVar("T")
Work = Callable[[str, Sequence[bytes], Sequence[bytes]], list[bytes]]


def data_key(collection_no: int) -> str:
    """The name of a collection's data key."""
    return f"collections/{collection_no}"


def lot_key(collection_no: int, lot: int) -> str:
    """The name of a lot's data key, under the collection's. Lot 0 is the collection's own key."""
    return f"{data_key(collection_no)}#{lot}" if lot else data_key(collection_no)


def read_again(read: Callable[[], T]) -> T:
    """What was read may have been sealed anew before it was opened: then it is read once more."""
    try:
        return read()
    except ResourceNotFound:
        return read()


@dataclass(frozen=True, slots=True)
class Sealer:
    """Seals with the data keys of one collection's lots. Each text is bound to its subject's
    number, and a template to its model version: none can be passed off as another's.

    `lots` names the lot of each text.
    """

    vault: Vault
    collection_no: int
    model_version: str

    @classmethod
    def of(cls, vault: Vault, collection: Collection) -> Sealer:
        return cls(vault, collection.no, collection.model_version)

    def seal_vectors(
        self,
        subject: Subject,
        nos: Sequence[int],
        lots: Sequence[int],
        vectors: Sequence[Float16],
    ) -> list[bytes]:
        texts = [vector.tobytes() for vector in vectors]
        return self.seal(lots, texts, self.vector_contexts(subject, nos))

    def open_vectors(
        self, subject: Subject, nos: Sequence[int], lots: Sequence[int], sealed: Sequence[bytes]
    ) -> Float16:
        """Shape (n, d); (0, 0) for none."""
        texts = self.open(lots, sealed, self.vector_contexts(subject, nos))
        width = len(texts[0]) // 2 if texts else 0
        return np.frombuffer(b"".join(texts), np.float16).reshape(len(texts), width)

    def seal_about(
        self, nos: Sequence[int], lots: Sequence[int], about: Sequence[Mapping[str, object]]
    ) -> list[bytes]:
        texts = [json.dumps(one, separators=(",", ":")).encode() for one in about]
        return self.seal(lots, texts, about_contexts(nos))

    def open_about(
        self, nos: Sequence[int], lots: Sequence[int], sealed: Sequence[bytes]
    ) -> list[dict[str, object]]:
        return [json.loads(text) for text in self.open(lots, sealed, about_contexts(nos))]

    def seal(
        self, lots: Sequence[int], texts: Sequence[bytes], contexts: Sequence[bytes]
    ) -> list[bytes]:
        return self._by_lot(self.vault.seal, lots, texts, contexts)

    def open(
        self, lots: Sequence[int], sealed: Sequence[bytes], contexts: Sequence[bytes]
    ) -> list[bytes]:
        return self._by_lot(self.vault.open, lots, sealed, contexts)

    def vector_contexts(self, subject: Subject, nos: Sequence[int]) -> list[bytes]:
        version = self.model_version.encode()
        return [b"%b:%d:%b" % (subject.encode(), no, version) for no in nos]

    def _by_lot(
        self, work: Work, lots: Sequence[int], texts: Sequence[bytes], contexts: Sequence[bytes]
    ) -> list[bytes]:
        """The texts of each lot at once, answered in the order of `texts`."""
        places: defaultdict[int, list[int]] = defaultdict(list)
        for place, lot in enumerate(lots):
            places[lot].append(place)
        done = [b""] * len(texts)
        for lot, at in places.items():
            key = lot_key(self.collection_no, lot)
            answers = work(key, [texts[i] for i in at], [contexts[i] for i in at])
            for place, answer in zip(at, answers, strict=True):
                done[place] = answer
        return done


def about_contexts(nos: Sequence[int]) -> list[bytes]:
    return [b"about:%d" % no for no in nos]


def picture_contexts(nos: Sequence[int]) -> list[bytes]:
    return [b"picture:%d" % no for no in nos]
